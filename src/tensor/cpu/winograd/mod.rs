//! The sums of a convolution by Winograd's algorithm, for kernels of twice the stride, such as 4 × 4 with
//! stride 2.
//!
//! Each phase of the image is correlated with 2 × 2 taps at stride 1. In one dimension, m outputs yᵢ = Σⱼ gⱼ xᵢ₊ⱼ
//! of r = 2 taps are computed from n = m + r − 1 inputs with n multiplications in place of 2m (Winograd 1980, Lavin &
//! Gray 2016):
//!
//! $$ y = A^\top \big[ (G g) \odot (B^\top x) \big] $$
//!
//! where the rows of G and A evaluate polynomials at n points, and B interpolates. A tile of m × m outputs applies the
//! matrices along both axes, so that there are n² pairs of points p. There are two sizes of tiles, and the one that
//! takes fewer multiplications is used. With m = 4 a tile takes 25 multiplications in place of 64. With m = 7 it takes
//! 64 in place of 196; an image of 28 × 28 pixels that has been halved twice is exactly one such tile. In f32, m = 4 has
//! the rounding error of the products themselves, and m = 7 about four times as much. The sums over channels, phases,
//! filters and tiles are matrix products, one for each p:
//!
//! - forward: Yₚ = Uₚ Vₚ, with U = G W Gᵀ and V = Bᵀ X B, and Y is Aᵀ Yₚ A;
//! - transpose, its adjoint: Vₚ = Uₚᵀ Yₚ, with Y = A dY Aᵀ, and dX is B Vₚ Bᵀ;
//! - weight gradient: dUₚ = Yₚ Vₚᵀ, and dW is Gᵀ dUₚ G.
//!
//! Sixteen images are interleaved, so that the transformations are computed on vectors over the images.

mod side;
mod tile_of_4;
mod tile_of_7;
mod transform;

use super::buffer::Buffer;
use super::correlation::{Correlation, Sums};
use crate::tensor::gemm::{View, gemm_serial};
use crate::tensor::geometry::Geometry;
use pulp::{Simd, WithSimd};
use rayon::prelude::*;
use side::{Chunk, Side, by_channel, spacing, with_scratch};
use transform::{Inputs, Outputs, TAPS, Transformation};

/// Smallest numbers of channels and of filters for which the transformations cost less than they save: with 16 and 32
/// they cost a third more, with 32 and 64 the products take three quarters of the time.
const MIN_CHANNELS: usize = 32;

/// Returns the sums for the sizes `g`, if the algorithm applies and saves time.
pub fn winograd(g: Geometry) -> Option<Box<dyn Correlation>> {
    if g.kernel != TAPS * g.stride || g.channels.min(g.filters) < MIN_CHANNELS {
        return None;
    }
    let products = |outputs: usize, points: usize| {
        let tiles = g.out_height().div_ceil(outputs) * g.out_width().div_ceil(outputs);
        tiles * points * points
    };
    let of_4 = products(tile_of_4::OUTPUTS, tile_of_4::POINTS);
    let of_7 = products(tile_of_7::OUTPUTS, tile_of_7::POINTS);
    Some(if of_4 <= of_7 {
        Box::new(Winograd::new(g, tile_of_4::G))
    } else {
        Box::new(Winograd::new(g, tile_of_7::G))
    })
}

/// The sums of one geometry, with tiles of `M` × `M` outputs and `N` points along an axis.
struct Winograd<const M: usize, const N: usize> {
    g: Geometry,
    /// G: the powers of each finite point p divided by Π (p − q) over the other points q, and the highest power
    /// for ∞.
    powers: [[f32; TAPS]; N],
    images: Side<Inputs, N, N>,
    maps: Side<Outputs, M, N>,
}

impl<const M: usize, const N: usize> Winograd<M, N>
where
    Inputs: Transformation<N, N>,
    Outputs: Transformation<M, N>,
{
    fn new(g: Geometry, powers: [[f32; TAPS]; N]) -> Self {
        let tiles = (g.out_height().div_ceil(M), g.out_width().div_ceil(M));
        Winograd {
            g,
            powers,
            images: Side {
                by: Inputs,
                channels: g.channels,
                height: g.height,
                width: g.width,
                padding: g.padding,
                stride: g.stride,
                tiles,
            },
            maps: Side {
                by: Outputs,
                channels: g.filters,
                height: g.out_height(),
                width: g.out_width(),
                padding: 0,
                stride: 1,
                tiles,
            },
        }
    }

    /// Factor of a tap in the transformed weights at a pair of points, G ⊗ G.
    fn factor(&self, pair: usize, tap: usize) -> f32 {
        self.powers[pair / N][tap / TAPS] * self.powers[pair % N][tap % TAPS]
    }

    /// Returns the weights `[taps of a phase, filters, planes]`.
    fn taps(&self, weights: &[f32]) -> Buffer {
        let mut taps = Buffer::any(weights.len());
        by_channel(&mut taps, self.g.filters, self.images.phases(), 0)
            .into_par_iter()
            .zip(weights.par_chunks_exact(self.g.taps()))
            .for_each(|(mut taps, filter)| {
                self.each_weight(|tap, plane, weight| taps[tap][plane] = filter[weight]);
            });
        taps
    }

    /// Calls `visit(tap of a phase, plane, index in a filter)` for every weight of a filter.
    #[inline(always)]
    fn each_weight(&self, mut visit: impl FnMut(usize, usize, usize)) {
        let (s, k) = (self.g.stride, self.g.kernel);
        for tap_y in 0..TAPS {
            for tap_x in 0..TAPS {
                for phase in 0..s * s {
                    let (y, x) = (tap_y * s + phase / s, tap_x * s + phase % s);
                    for channel in 0..self.g.channels {
                        let weight = (channel * k + y) * k + x;
                        visit(tap_y * TAPS + tap_x, channel * s * s + phase, weight);
                    }
                }
            }
        }
    }

    /// Adds Yₚ Vₚᵀ to dU `[pairs, filters, planes]`, or replaces dU.
    fn weight_gradient(&self, v: &[f32], y: &[f32], columns: usize, add: bool, du: &mut [f32]) {
        let (filters, planes) = (self.g.filters, self.images.phases());
        du.par_chunks_exact_mut(filters * planes)
            .enumerate()
            .for_each(|(pair, du)| {
                let y = View::rows(&y[pair * spacing(filters, columns)..], columns);
                let v = View::rows(&v[pair * spacing(planes, columns)..], columns);
                gemm_serial(du, (filters, planes, columns), y, v.t(), add);
            });
    }

    /// Adds Gᵀ dU G to the gradient of the weights.
    fn synthesise_weights(&self, du: &[f32], gradient: &mut [f32]) {
        let (filters, planes) = (self.g.filters, self.images.phases());
        gradient
            .par_chunks_exact_mut(self.g.taps())
            .enumerate()
            .for_each(|(filter, gradient)| {
                with_scratch(self.g.taps(), |taps| {
                    taps.fill(0.0);
                    for pair in 0..N * N {
                        let du = &du[(pair * filters + filter) * planes..][..planes];
                        for (tap, w) in taps.chunks_exact_mut(planes).enumerate() {
                            pulp::Arch::new().dispatch(Add(w, self.factor(pair, tap), du));
                        }
                    }
                    self.each_weight(|tap, plane, weight| {
                        gradient[weight] += taps[tap * planes + plane];
                    });
                });
            });
    }

    /// Returns the products of Uₚ, or its transpose, with the matrices `b` of all pairs of points.
    fn products(&self, taps: &[f32], transposed: bool, b: &[f32], columns: usize) -> Buffer {
        let (filters, planes) = (self.g.filters, self.images.phases());
        let (m, k) = if transposed {
            (planes, filters)
        } else {
            (filters, planes)
        };
        let mut c = Buffer::any(N * N * spacing(m, columns));
        c.par_chunks_exact_mut(spacing(m, columns))
            .enumerate()
            .for_each(|(pair, c)| {
                with_scratch(filters * planes, |u| {
                    pulp::Arch::new().dispatch(Combine {
                        factors: std::array::from_fn(|tap| self.factor(pair, tap)),
                        taps,
                        u,
                    });
                    let a = View::rows(u, planes);
                    let a = if transposed { a.t() } else { a };
                    let b = View::rows(&b[pair * spacing(k, columns)..], columns);
                    gemm_serial(&mut c[..m * columns], (m, columns, k), a, b, false);
                });
            });
        c
    }
}

impl<const M: usize, const N: usize> Correlation for Winograd<M, N>
where
    Inputs: Transformation<N, N>,
    Outputs: Transformation<M, N>,
{
    fn add(&self, x: &[f32], w: &[f32], y: &[f32], mut sums: Sums<'_>) {
        let (to_maps, to_images) = (sums.maps.is_some(), sums.images.is_some());
        let taps = (to_maps || to_images).then(|| self.taps(w));
        let du_len = N * N * self.g.filters * self.images.phases();
        let mut du = sums.weights.is_some().then(|| Buffer::any(du_len));
        let images = (x.len() / self.images.len()).max(y.len() / self.maps.len());
        for (i, chunk) in Chunk::divide(images, self.maps.tiles).iter().enumerate() {
            let v = (to_maps || du.is_some()).then(|| self.images.analyse(x, chunk));
            let y = (to_images || du.is_some()).then(|| self.maps.analyse(y, chunk));
            if let (Some(du), Some(v), Some(y)) = (&mut du, &v, &y) {
                self.weight_gradient(v, y, chunk.columns, i > 0, du);
            }
            if let (Some(images), Some(y), Some(taps)) = (&mut sums.images, &y, &taps) {
                let v = self.products(taps, true, y, chunk.columns);
                self.images.synthesise(&v, chunk, images);
            }
            if let (Some(maps), Some(v), Some(taps)) = (&mut sums.maps, &v, &taps) {
                let y = self.products(taps, false, v, chunk.columns);
                self.maps.synthesise(&y, chunk, maps);
            }
        }
        if let (Some(du), Some(weights), 1..) = (du, sums.weights, images) {
            self.synthesise_weights(&du, weights);
        }
    }
}

/// Computes y ← y + c·x.
struct Add<'a>(&'a mut [f32], f32, &'a [f32]);

impl WithSimd for Add<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Add(y, c, x) = self;
        if c != 0.0 {
            for (y, x) in y.iter_mut().zip(x) {
                *y += c * x;
            }
        }
    }
}

/// Computes Uₚ, the sum of the taps times their factors.
struct Combine<'a> {
    factors: [f32; TAPS * TAPS],
    taps: &'a [f32],
    u: &'a mut [f32],
}

impl WithSimd for Combine<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let n = self.u.len();
        // At the points 0 and ∞ some factors are 0.
        let taps = self.factors.iter().zip(self.taps.chunks_exact(n));
        let mut taps = taps.filter(|(factor, _)| **factor != 0.0);
        match [taps.next(), taps.next(), taps.next(), taps.next()] {
            [Some((a, w)), None, ..] => {
                self.u.iter_mut().zip(w).for_each(|(u, w)| *u = a * w);
            }
            [Some((a, w)), Some((b, x)), None, _] => {
                for i in 0..n {
                    self.u[i] = a * w[i] + b * x[i];
                }
            }
            [Some((a, w)), Some((b, x)), Some((c, y)), Some((d, z))] => {
                for i in 0..n {
                    self.u[i] = a * w[i] + b * x[i] + c * y[i] + d * z[i];
                }
            }
            _ => self.u.fill(0.0), // cannot happen: one, two or four factors are not 0
        }
    }
}
