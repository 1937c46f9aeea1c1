//! Tiles of 7 × 7 outputs: the points 0, 1, −1, 2, −2, ½, −½ and ∞.
//!
//! The values of a polynomial at p and −p are the sum and the difference of its even and its odd part.

use super::transform::{Inputs, Outputs, TAPS, Transformation};
use pulp::Simd;

/// Outputs along an axis, m.
pub const OUTPUTS: usize = 7;
/// Points at which polynomials are evaluated, n.
pub const POINTS: usize = 8;

/// The matrix G, which transforms the weights: a row for each point.
pub const G: [[f32; TAPS]; POINTS] = [
    [-1.0, 0.0],
    [-2.0 / 9.0, -2.0 / 9.0],
    [-2.0 / 9.0, 2.0 / 9.0],
    [1.0 / 90.0, 1.0 / 45.0],
    [1.0 / 90.0, -1.0 / 45.0],
    [32.0 / 45.0, 16.0 / 45.0],
    [32.0 / 45.0, -16.0 / 45.0],
    [0.0, 1.0],
];

/// Returns the sum and the difference of the values at p and −p.
#[inline(always)]
fn even_and_odd<S: Simd>(simd: S, at_p: S::f32s, at_minus_p: S::f32s) -> (S::f32s, S::f32s) {
    (
        simd.add_f32s(at_p, at_minus_p),
        simd.sub_f32s(at_p, at_minus_p),
    )
}

impl Transformation<POINTS, POINTS> for Inputs {
    #[inline(always)]
    fn analyse<S: Simd>(
        self,
        simd: S,
        [x0, x1, x2, x3, x4, x5, x6, x7]: [S::f32s; POINTS],
    ) -> [S::f32s; POINTS] {
        let (add, sub) = (|x, y| simd.add_f32s(x, y), |x, y| simd.sub_f32s(x, y));
        let fma = |c, x, y| simd.mul_add_f32s(simd.splat_f32s(c), x, y);
        let half = |x| simd.mul_f32s(simd.splat_f32s(0.5), x);
        let twice = |x| add(x, x);
        let (even_1, odd_1) = (fma(-4.25, x4, add(x2, x6)), fma(-4.25, x3, add(x1, x5)));
        let (even_2, odd_2) = (
            fma(0.25, x2, fma(-1.25, x4, x6)),
            fma(-2.5, x3, fma(0.5, x1, twice(x5))),
        );
        let (even_half, odd_half) = (
            fma(4.0, x2, fma(-5.0, x4, x6)),
            fma(-2.5, x3, fma(2.0, x1, half(x5))),
        );
        [
            fma(5.25, sub(x2, x4), sub(x6, x0)),
            add(even_1, odd_1),
            sub(even_1, odd_1),
            add(even_2, odd_2),
            sub(even_2, odd_2),
            add(even_half, odd_half),
            sub(even_half, odd_half),
            fma(5.25, sub(x3, x5), sub(x7, x1)),
        ]
    }

    #[inline(always)]
    fn synthesise<S: Simd>(
        self,
        simd: S,
        [v0, v1, v2, v3, v4, v5, v6, v7]: [S::f32s; POINTS],
    ) -> [S::f32s; POINTS] {
        let (add, sub) = (|x, y| simd.add_f32s(x, y), |x, y| simd.sub_f32s(x, y));
        let fma = |c, x, y| simd.mul_add_f32s(simd.splat_f32s(c), x, y);
        let (even_1, odd_1) = even_and_odd(simd, v1, v2);
        let (even_2, odd_2) = even_and_odd(simd, v3, v4);
        let (even_half, odd_half) = even_and_odd(simd, v5, v6);
        let odd_2_and_half = add(odd_2, odd_half);
        [
            simd.neg_f32s(v0),
            fma(2.0, odd_half, fma(0.5, odd_2, sub(odd_1, v7))),
            fma(4.0, even_half, fma(0.25, even_2, fma(5.25, v0, even_1))),
            fma(
                -2.5,
                odd_2_and_half,
                fma(-4.25, odd_1, simd.mul_f32s(simd.splat_f32s(5.25), v7)),
            ),
            fma(
                -5.0,
                even_half,
                fma(
                    -1.25,
                    even_2,
                    fma(-4.25, even_1, simd.mul_f32s(simd.splat_f32s(-5.25), v0)),
                ),
            ),
            fma(0.5, odd_half, fma(2.0, odd_2, fma(-5.25, v7, odd_1))),
            add(add(v0, even_1), add(even_2, even_half)),
            v7,
        ]
    }
}

impl Transformation<OUTPUTS, POINTS> for Outputs {
    #[inline(always)]
    fn analyse<S: Simd>(
        self,
        simd: S,
        [y0, y1, y2, y3, y4, y5, y6]: [S::f32s; OUTPUTS],
    ) -> [S::f32s; POINTS] {
        let (add, sub) = (|x, y| simd.add_f32s(x, y), |x, y| simd.sub_f32s(x, y));
        let fma = |c, x, y| simd.mul_add_f32s(simd.splat_f32s(c), x, y);
        // Σ yᵢ pⁱ over even and over odd i, for p and p² given.
        let even = |square| fma(square, fma(square, fma(square, y6, y4), y2), y0);
        let odd = |p, square| {
            let sum = fma(square, fma(square, y5, y3), y1);
            simd.mul_f32s(simd.splat_f32s(p), sum)
        };
        let (even_1, odd_1) = (add(add(y0, y2), add(y4, y6)), add(add(y1, y3), y5));
        let (even_2, odd_2) = (even(4.0), odd(2.0, 4.0));
        let (even_half, odd_half) = (even(0.25), odd(0.5, 0.25));
        [
            y0,
            add(even_1, odd_1),
            sub(even_1, odd_1),
            add(even_2, odd_2),
            sub(even_2, odd_2),
            add(even_half, odd_half),
            sub(even_half, odd_half),
            y6,
        ]
    }

    #[inline(always)]
    fn synthesise<S: Simd>(
        self,
        simd: S,
        [v0, v1, v2, v3, v4, v5, v6, v7]: [S::f32s; POINTS],
    ) -> [S::f32s; OUTPUTS] {
        let add = |x, y| simd.add_f32s(x, y);
        let fma = |c, x, y| simd.mul_add_f32s(simd.splat_f32s(c), x, y);
        let (even_1, odd_1) = even_and_odd(simd, v1, v2);
        let (even_2, odd_2) = even_and_odd(simd, v3, v4);
        let (even_half, odd_half) = even_and_odd(simd, v5, v6);
        // Σ pⁱ vₚ over the points ±1, ±2 and ±½.
        let even = |i: i32| fma(2f32.powi(i), even_2, fma(0.5f32.powi(i), even_half, even_1));
        let odd = |i: i32| fma(2f32.powi(i), odd_2, fma(0.5f32.powi(i), odd_half, odd_1));
        [
            add(v0, add(even_1, add(even_2, even_half))),
            odd(1),
            even(2),
            odd(3),
            even(4),
            odd(5),
            add(even(6), v7),
        ]
    }
}
