//! Tiles of 4 × 4 outputs: the points 0, 1, −1, ½ and ∞.

use super::transform::{Inputs, Outputs, TAPS, Transformation};
use pulp::Simd;

/// Outputs along an axis, m.
pub const OUTPUTS: usize = 4;
/// Points at which polynomials are evaluated, n.
pub const POINTS: usize = 5;

/// The matrix G, which transforms the weights: a row for each point.
pub const G: [[f32; TAPS]; POINTS] = [
    [2.0, 0.0],
    [1.0, 1.0],
    [-1.0 / 3.0, 1.0 / 3.0],
    [-8.0 / 3.0, -4.0 / 3.0],
    [0.0, 1.0],
];

impl Transformation<POINTS, POINTS> for Inputs {
    #[inline(always)]
    fn analyse<S: Simd>(
        self,
        simd: S,
        [x0, x1, x2, x3, x4]: [S::f32s; POINTS],
    ) -> [S::f32s; POINTS] {
        let half = |x| simd.mul_f32s(simd.splat_f32s(0.5), x);
        let (add, sub) = (|x, y| simd.add_f32s(x, y), |x, y| simd.sub_f32s(x, y));
        [
            add(sub(x3, x1), half(sub(x0, x2))),
            add(x3, half(sub(x2, x1))),
            add(sub(x3, x2), half(sub(x1, x2))),
            sub(x3, x1),
            add(sub(x4, x2), half(sub(x1, x3))),
        ]
    }

    #[inline(always)]
    fn synthesise<S: Simd>(
        self,
        simd: S,
        [v0, v1, v2, v3, v4]: [S::f32s; POINTS],
    ) -> [S::f32s; POINTS] {
        let half = |x| simd.mul_f32s(simd.splat_f32s(0.5), x);
        let (add, sub) = (|x, y| simd.add_f32s(x, y), |x, y| simd.sub_f32s(x, y));
        let sum = add(v0, v3);
        [
            half(v0),
            sub(half(add(sub(v2, v1), v4)), sum),
            sub(half(sub(sub(v1, v0), v2)), add(v2, v4)),
            sub(add(sum, add(v1, v2)), half(v4)),
            v4,
        ]
    }
}

impl Transformation<OUTPUTS, POINTS> for Outputs {
    #[inline(always)]
    fn analyse<S: Simd>(self, simd: S, [y0, y1, y2, y3]: [S::f32s; OUTPUTS]) -> [S::f32s; POINTS] {
        let half = |x| simd.mul_f32s(simd.splat_f32s(0.5), x);
        let (add, sub) = (|x, y| simd.add_f32s(x, y), |x, y| simd.sub_f32s(x, y));
        let (even, odd) = (add(y0, y2), add(y1, y3));
        [
            y0,
            add(even, odd),
            sub(even, odd),
            add(y0, half(add(y1, half(add(y2, half(y3)))))),
            y3,
        ]
    }

    #[inline(always)]
    fn synthesise<S: Simd>(
        self,
        simd: S,
        [v0, v1, v2, v3, v4]: [S::f32s; POINTS],
    ) -> [S::f32s; OUTPUTS] {
        let half = |x| simd.mul_f32s(simd.splat_f32s(0.5), x);
        let (add, sub) = (|x, y| simd.add_f32s(x, y), |x, y| simd.sub_f32s(x, y));
        let (sum, difference) = (add(v1, v2), sub(v1, v2));
        let (second, fourth) = (half(v3), half(half(v3)));
        [
            add(add(v0, sum), v3),
            add(difference, second),
            add(sum, fourth),
            add(add(difference, half(fourth)), v4),
        ]
    }
}
