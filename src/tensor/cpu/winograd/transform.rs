//! The transformations of tiles: Bᵀ X B and A Y Aᵀ, and their adjoints.

use pulp::{Simd, WithSimd};

/// Taps along an axis of a phase, r.
pub const TAPS: usize = 2;

/// Returns the outputs of a tile along an axis, m, when polynomials are evaluated at n points.
pub const fn outputs(points: usize) -> usize {
    points + 1 - TAPS
}

/// Images that are interleaved.
pub const LANES: usize = 16;

/// A matrix t `[POINTS, SPAN]` that transforms an axis of a tile, which has `SPAN` numbers.
pub trait Transformation<const SPAN: usize, const POINTS: usize>: Copy + Sync {
    /// Returns t x.
    fn analyse<S: Simd>(self, simd: S, x: [S::f32s; SPAN]) -> [S::f32s; POINTS];

    /// Returns tᵀ v.
    fn synthesise<S: Simd>(self, simd: S, v: [S::f32s; POINTS]) -> [S::f32s; SPAN];
}

/// Bᵀ: the coefficients of Π (x − q) over the finite points q other than p, and over all of them for ∞.
#[derive(Clone, Copy)]
pub struct Inputs;

/// A: the powers of each point, and the highest power for ∞.
#[derive(Clone, Copy)]
pub struct Outputs;

/// Computes t x tᵀ for tiles x of a plane, which begin [`outputs(POINTS)`](outputs) apart. The element of
/// a pair of points and a tile goes to `out[pair][at + tile·LANES..]`.
pub struct Analyse<'a, 'b, T, const SPAN: usize, const POINTS: usize> {
    pub by: T,
    pub plane: &'a [f32],
    /// Distances between the rows and between the columns of a tile, in vectors of `LANES`.
    pub steps: (usize, usize),
    pub tiles: (usize, usize),
    pub out: &'a mut [&'b mut [f32]],
    pub at: usize,
}

impl<T: Transformation<SPAN, POINTS>, const SPAN: usize, const POINTS: usize> WithSimd
    for Analyse<'_, '_, T, SPAN, POINTS>
{
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let parts = LANES / S::F32_LANES;
        let (x, _) = S::as_simd_f32s(self.plane);
        let zero = simd.splat_f32s(0.0);
        for tile in 0..self.tiles.0 * self.tiles.1 {
            let (y, x_step) = self.steps;
            let corner = (tile / self.tiles.1 * y + tile % self.tiles.1 * x_step) * outputs(POINTS);
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
pub struct Synthesise<'a, T, const SPAN: usize, const POINTS: usize> {
    pub by: T,
    pub v: &'a [f32],
    pub stride: usize,
    pub tiles: (usize, usize),
    pub plane: &'a mut [f32],
    /// Distances between the rows and between the columns of a tile, in vectors of `LANES`.
    pub steps: (usize, usize),
}

impl<T: Transformation<SPAN, POINTS>, const SPAN: usize, const POINTS: usize> WithSimd
    for Synthesise<'_, T, SPAN, POINTS>
{
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
            let corner = (tile_y * y + tile_x * x_step) * outputs(POINTS);
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
                        let above = i < SPAN - outputs(POINTS) && tile_y > 0;
                        let left = j < SPAN - outputs(POINTS) && tile_x > 0;
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
