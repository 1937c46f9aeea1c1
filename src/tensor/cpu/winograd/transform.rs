//! The transformations of tiles: Bᵀ X B and A Y Aᵀ, and their adjoints.
//!
//! The rows of A evaluate polynomials at the points 0, 1, −1, ½ and ∞, and B interpolates.

use pulp::{Simd, WithSimd};

/// Outputs of a tile along an axis, m.
pub const OUTPUTS: usize = 4;
/// Taps along an axis of a phase, r.
pub const TAPS: usize = 2;
/// Points at which polynomials are evaluated, n.
pub const POINTS: usize = OUTPUTS + TAPS - 1;
/// Pairs of points.
pub const PAIRS: usize = POINTS * POINTS;

/// Images that are interleaved.
pub const LANES: usize = 16;

/// A matrix t `[POINTS, SPAN]` that transforms an axis of a tile, which has `SPAN` numbers.
pub trait Transformation<const SPAN: usize>: Copy {
    /// Returns t x.
    fn analyse<S: Simd>(self, simd: S, x: [S::f32s; SPAN]) -> [S::f32s; POINTS];

    /// Returns tᵀ v.
    fn synthesise<S: Simd>(self, simd: S, v: [S::f32s; POINTS]) -> [S::f32s; SPAN];
}

/// Bᵀ: the coefficients of Π (x − q) over the finite points q other than p, and over all of them for ∞.
#[derive(Clone, Copy)]
pub struct Inputs;

impl Transformation<POINTS> for Inputs {
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

/// A: the powers of each point, and the highest power for ∞.
#[derive(Clone, Copy)]
pub struct Outputs;

impl Transformation<OUTPUTS> for Outputs {
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

/// Computes t x tᵀ for tiles x of a plane, which begin `OUTPUTS` apart. The element of
/// a pair of points and a tile goes to `out[pair][at + tile·LANES..]`.
pub struct Analyse<'a, 'b, T, const SPAN: usize> {
    pub by: T,
    pub plane: &'a [f32],
    /// Distances between the rows and between the columns of a tile, in vectors of `LANES`.
    pub steps: (usize, usize),
    pub tiles: (usize, usize),
    pub out: &'a mut [&'b mut [f32]],
    pub at: usize,
}

impl<T: Transformation<SPAN>, const SPAN: usize> WithSimd for Analyse<'_, '_, T, SPAN> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let parts = LANES / S::F32_LANES;
        let (x, _) = S::as_simd_f32s(self.plane);
        let zero = simd.splat_f32s(0.0);
        for tile in 0..self.tiles.0 * self.tiles.1 {
            let (y, x_step) = self.steps;
            let corner = (tile / self.tiles.1 * y + tile % self.tiles.1 * x_step) * OUTPUTS;
            for part in 0..parts {
                let mut half = [[zero; SPAN]; POINTS];
                for j in 0..SPAN {
                    let mut column = [zero; SPAN];
                    for i in 0..SPAN {
                        column[i] = x[(corner + i * y + j * x_step) * parts + part];
                    }
                    let column = self.by.analyse(simd, column);
                    for e in 0..POINTS {
                        half[e][j] = column[e];
                    }
                }
                let at = self.at + tile * LANES;
                for (out, half) in self.out.chunks_exact_mut(POINTS).zip(half) {
                    let row = self.by.analyse(simd, half);
                    for (out, x) in out.iter_mut().zip(row) {
                        S::as_mut_simd_f32s(&mut out[at..at + LANES]).0[part] = x;
                    }
                }
            }
        }
    }
}

/// Computes the sum of tᵀ v t over the tiles of a plane: the adjoint of [`Analyse`].
pub struct Synthesise<'a, T, const SPAN: usize> {
    pub by: T,
    pub v: &'a [f32],
    pub stride: usize,
    pub tiles: (usize, usize),
    pub plane: &'a mut [f32],
    /// Distances between the rows and between the columns of a tile, in vectors of `LANES`.
    pub steps: (usize, usize),
}

impl<T: Transformation<SPAN>, const SPAN: usize> WithSimd for Synthesise<'_, T, SPAN> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let parts = LANES / S::F32_LANES;
        let (v, _) = S::as_simd_f32s(self.v);
        let (x, _) = S::as_mut_simd_f32s(self.plane);
        let zero = simd.splat_f32s(0.0);
        let stride = self.stride / LANES;
        for tile in 0..self.tiles.0 * self.tiles.1 {
            let (tile_y, tile_x) = (tile / self.tiles.1, tile % self.tiles.1);
            let (y, x_step) = self.steps;
            let corner = (tile_y * y + tile_x * x_step) * OUTPUTS;
            for part in 0..parts {
                let mut half = [[zero; POINTS]; SPAN];
                for e in 0..POINTS {
                    let mut row = [zero; POINTS];
                    for f in 0..POINTS {
                        row[f] = v[((e * POINTS + f) * stride + tile) * parts + part];
                    }
                    let row = self.by.synthesise(simd, row);
                    for j in 0..SPAN {
                        half[j][e] = row[j];
                    }
                }
                for j in 0..SPAN {
                    let column = self.by.synthesise(simd, half[j]);
                    for i in 0..SPAN {
                        let x = &mut x[(corner + i * y + j * x_step) * parts + part];
                        // The first rows and columns of a tile are the last ones of its neighbours.
                        let above = i < SPAN - OUTPUTS && tile_y > 0;
                        let left = j < SPAN - OUTPUTS && tile_x > 0;
                        *x = if above || left {
                            simd.add_f32s(*x, column[i])
                        } else {
                            column[i]
                        };
                    }
                }
            }
        }
    }
}
