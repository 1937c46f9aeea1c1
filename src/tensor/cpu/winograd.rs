//! The sums of a convolution by Winograd's algorithm, for kernels of twice the stride, such as 4 × 4 with
//! stride 2.
//!
//! Each phase of the image is correlated with 2 × 2 taps at stride 1. In one dimension, m = 4 outputs
//! yᵢ = Σⱼ gⱼ xᵢ₊ⱼ of r = 2 taps are computed from n = m + r − 1 = 5 inputs with 5 multiplications in place
//! of 8 (Winograd 1980, Lavin & Gray 2016):
//!
//! $$ y = A^\top \big[ (G g) \odot (B^\top x) \big] $$
//!
//! where the rows of G and A evaluate polynomials at the points 0, 1, −1, ½ and ∞, and B interpolates. A tile
//! of 4 × 4 outputs applies the matrices along both axes, so that there are 25 pairs of points p, and takes
//! 25 multiplications in place of 64. The sums over channels, phases, filters and tiles are matrix products,
//! one for each p:
//!
//! - forward: Yₚ = Uₚ Vₚ, with U = G W Gᵀ and V = Bᵀ X B, and Y is Aᵀ Yₚ A;
//! - transpose, its adjoint: Vₚ = Uₚᵀ Yₚ, with Y = A dY Aᵀ, and dX is B Vₚ Bᵀ;
//! - weight gradient: dUₚ = Yₚ Vₚᵀ, and dW is Gᵀ dUₚ G.
//!
//! Sixteen images are interleaved, so that the transformations are computed on vectors over the images.

use super::buffer::Buffer;
use super::correlation::{Correlation, Sums};
use crate::tensor::gemm::{View, gemm_serial};
use crate::tensor::geometry::Geometry;
use pulp::{Simd, WithSimd};
use rayon::prelude::*;
use std::cell::RefCell;
use std::ops::Range;

/// Outputs of a tile along an axis, m.
const OUTPUTS: usize = 4;
/// Taps along an axis of a phase, r.
const TAPS: usize = 2;
/// Points at which polynomials are evaluated, n.
const POINTS: usize = OUTPUTS + TAPS - 1;
/// Pairs of points.
const PAIRS: usize = POINTS * POINTS;

/// Images that are interleaved.
const LANES: usize = 16;
/// Pixels of a row that are interleaved at once.
const BLOCK: usize = 4;
/// Columns of a matrix product: enough for it to be fast, and few enough for its matrices to stay in the cache.
const COLUMNS: usize = 128;
/// Smallest numbers of channels and of filters for which the transformations cost less than they save.
const MIN_CHANNELS: usize = 8;

/// G: the powers of each finite point p divided by Π (p − q) over the other points q, and the highest power for ∞.
const G: [[f32; TAPS]; POINTS] = [
    [2.0, 0.0],
    [1.0, 1.0],
    [-1.0 / 3.0, 1.0 / 3.0],
    [-8.0 / 3.0, -4.0 / 3.0],
    [0.0, 1.0],
];

/// The transformation of an axis of a tile, which has `SPAN` numbers.
trait Transformation<const SPAN: usize>: Copy {
    /// Returns t x.
    fn analyse<S: Simd>(self, simd: S, x: [S::f32s; SPAN]) -> [S::f32s; POINTS];

    /// Returns tᵀ v.
    fn synthesise<S: Simd>(self, simd: S, v: [S::f32s; POINTS]) -> [S::f32s; SPAN];
}

/// Bᵀ: the coefficients of Π (x − q) over the finite points q other than p, and over all of them for ∞.
#[derive(Clone, Copy)]
struct Inputs;

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
struct Outputs;

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

/// The sums of one geometry.
pub struct Winograd {
    g: Geometry,
    /// Planes of the images and of the maps.
    image: Plane,
    map: Plane,
    /// Tiles along the height and along the width.
    tiles: (usize, usize),
}

/// Rows of tiles of one group of interleaved images.
struct Strip {
    /// Index of the first image.
    image: usize,
    /// First row of tiles.
    first: usize,
    /// Number of rows of tiles.
    rows: usize,
    /// First column in the matrices.
    column: usize,
}

/// Strips that are computed together.
struct Chunk {
    strips: Vec<Strip>,
    columns: usize,
}

impl Chunk {
    fn is_first(&self) -> bool {
        self.strips
            .iter()
            .any(|strip| (strip.image, strip.first) == (0, 0))
    }
}

impl Winograd {
    /// Returns the sums for the sizes `g`, if the algorithm applies and saves time.
    pub fn new(g: Geometry) -> Option<Self> {
        let fits = g.kernel == TAPS * g.stride && g.channels.min(g.filters) >= MIN_CHANNELS;
        let tiles = (
            g.out_height().div_ceil(OUTPUTS),
            g.out_width().div_ceil(OUTPUTS),
        );
        fits.then(|| Winograd {
            g,
            image: Plane {
                height: g.height,
                width: g.width,
                padding: g.padding,
                rows: g.stride * (tiles.0 * OUTPUTS + TAPS - 1),
                columns: g.stride * (tiles.1 * OUTPUTS + TAPS - 1),
            },
            map: Plane {
                height: g.out_height(),
                width: g.out_width(),
                padding: 0,
                rows: tiles.0 * OUTPUTS,
                columns: tiles.1 * OUTPUTS,
            },
            tiles,
        })
    }

    /// Divides a batch into chunks of about [`COLUMNS`] columns.
    fn chunks(&self, images: usize) -> Vec<Chunk> {
        let band = (COLUMNS / (self.tiles.1 * LANES)).clamp(1, self.tiles.0);
        let mut chunks: Vec<Chunk> = Vec::new();
        for image in (0..images).step_by(LANES) {
            for first in (0..self.tiles.0).step_by(band) {
                let rows = band.min(self.tiles.0 - first);
                let columns = rows * self.tiles.1 * LANES;
                let chunk = match chunks.last_mut() {
                    Some(chunk) if chunk.columns + columns <= COLUMNS => chunk,
                    _ => chunks.push_mut(Chunk {
                        strips: Vec::new(),
                        columns: 0,
                    }),
                };
                let column = chunk.columns;
                chunk.strips.push(Strip {
                    image,
                    first,
                    rows,
                    column,
                });
                chunk.columns += columns;
            }
        }
        chunks
    }

    /// Number of phases.
    fn phase_count(&self) -> usize {
        self.g.stride * self.g.stride
    }

    /// Number of planes of a channel and a phase.
    fn planes(&self) -> usize {
        self.g.channels * self.phase_count()
    }

    /// Returns V `[pairs, planes, columns]`, the transformed images.
    fn analyse_images(&self, images: &[f32], chunk: &Chunk) -> Buffer {
        let (s, columns) = (self.g.stride, self.image.columns);
        let mut v = Buffer::any(PAIRS * self.planes() * chunk.columns);
        by_channel(&mut v, self.g.channels, s * s * chunk.columns)
            .into_par_iter()
            .enumerate()
            .for_each(|(c, mut v)| {
                with_scratch(self.image.len(), |plane| {
                    let mut current = None;
                    for strip in &chunk.strips {
                        if current.replace(strip.image) != Some(strip.image) {
                            let group = images.chunks_exact(self.g.image_len());
                            self.image.interleave(c, group.skip(strip.image), plane);
                        }
                        for phase in 0..s * s {
                            let first = strip.first * OUTPUTS * s * columns;
                            pulp::Arch::new().dispatch(Analyse {
                                by: Inputs,
                                plane: &plane[(first + phase / s * columns + phase % s) * LANES..],
                                steps: (s * columns, s),
                                tiles: (strip.rows, self.tiles.1),
                                out: &mut v,
                                at: phase * chunk.columns + strip.column,
                            });
                        }
                    }
                });
            });
        v
    }

    /// Returns Y `[pairs, filters, columns]`, the transformed maps.
    fn analyse_maps(&self, maps: &[f32], chunk: &Chunk) -> Buffer {
        let columns = self.map.columns;
        let mut y = Buffer::any(PAIRS * self.g.filters * chunk.columns);
        by_channel(&mut y, self.g.filters, chunk.columns)
            .into_par_iter()
            .enumerate()
            .for_each(|(f, mut y)| {
                with_scratch(self.map.len(), |plane| {
                    let mut current = None;
                    for strip in &chunk.strips {
                        if current.replace(strip.image) != Some(strip.image) {
                            let group = maps.chunks_exact(self.g.map_len());
                            self.map.interleave(f, group.skip(strip.image), plane);
                        }
                        pulp::Arch::new().dispatch(Analyse {
                            by: Outputs,
                            plane: &plane[strip.first * OUTPUTS * columns * LANES..],
                            steps: (columns, 1),
                            tiles: (strip.rows, self.tiles.1),
                            out: &mut y,
                            at: strip.column,
                        });
                    }
                });
            });
        y
    }

    /// Adds the maps of Y `[pairs, filters, columns]`.
    fn synthesise_maps(&self, y: &[f32], chunk: &Chunk, maps: &mut [f32]) {
        let columns = self.map.columns;
        by_channel(maps, self.g.filters, self.g.positions())
            .into_par_iter()
            .enumerate()
            .for_each(|(f, mut maps)| {
                with_scratch(self.map.len(), |plane| {
                    for strip in &chunk.strips {
                        let first = strip.first * OUTPUTS;
                        pulp::Arch::new().dispatch(Synthesise {
                            by: Outputs,
                            v: &y[f * chunk.columns + strip.column..],
                            stride: self.g.filters * chunk.columns,
                            tiles: (strip.rows, self.tiles.1),
                            plane: &mut plane[first * columns * LANES..],
                            steps: (columns, 1),
                        });
                        let rows = first..first + strip.rows * OUTPUTS;
                        self.map.separate(plane, rows, &mut maps[strip.image..]);
                    }
                });
            });
    }

    /// Adds the images of V `[pairs, planes, columns]`.
    fn synthesise_images(&self, v: &[f32], chunk: &Chunk, images: &mut [f32]) {
        let (s, columns) = (self.g.stride, self.image.columns);
        by_channel(images, self.g.channels, self.g.height * self.g.width)
            .into_par_iter()
            .enumerate()
            .for_each(|(c, mut images)| {
                with_scratch(self.image.len(), |plane| {
                    for strip in &chunk.strips {
                        let first = strip.first * OUTPUTS * s;
                        for phase in 0..s * s {
                            let corner = (first + phase / s) * columns + phase % s;
                            pulp::Arch::new().dispatch(Synthesise {
                                by: Inputs,
                                v: &v[(c * s * s + phase) * chunk.columns + strip.column..],
                                stride: self.planes() * chunk.columns,
                                tiles: (strip.rows, self.tiles.1),
                                plane: &mut plane[corner * LANES..],
                                steps: (s * columns, s),
                            });
                        }
                        let rows = first..first + s * (strip.rows * OUTPUTS + TAPS - 1);
                        self.image.separate(plane, rows, &mut images[strip.image..]);
                    }
                });
            });
    }

    /// Returns the weights `[taps of a phase, filters, planes]`.
    fn taps(&self, weights: &[f32]) -> Buffer {
        let mut taps = Buffer::any(weights.len());
        by_channel(&mut taps, self.g.filters, self.planes())
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

    /// Adds Yₚ Vₚᵀ to dU `[pairs, filters, planes]`, or replaces dU in the first chunk.
    fn add_weight_gradient(&self, v: &[f32], y: &[f32], chunk: &Chunk, du: &mut [f32]) {
        let (filters, planes, columns) = (self.g.filters, self.planes(), chunk.columns);
        du.par_chunks_exact_mut(filters * planes)
            .enumerate()
            .for_each(|(pair, du)| {
                let y = View::rows(&y[pair * filters * columns..], columns);
                let v = View::rows(&v[pair * planes * columns..], columns);
                gemm_serial(du, (filters, planes, columns), y, v.t(), !chunk.is_first());
            });
    }

    /// Adds Gᵀ dU G to the gradient of the weights.
    fn synthesise_weights(&self, du: &[f32], gradient: &mut [f32]) {
        let (filters, planes) = (self.g.filters, self.planes());
        gradient
            .par_chunks_exact_mut(self.g.taps())
            .enumerate()
            .for_each(|(filter, gradient)| {
                with_scratch(self.g.taps(), |taps| {
                    taps.fill(0.0);
                    for pair in 0..PAIRS {
                        let du = &du[(pair * filters + filter) * planes..][..planes];
                        for (tap, w) in taps.chunks_exact_mut(planes).enumerate() {
                            pulp::Arch::new().dispatch(Add(w, factor(pair, tap), du));
                        }
                    }
                    self.each_weight(|tap, plane, weight| {
                        gradient[weight] += taps[tap * planes + plane];
                    });
                });
            });
    }

    /// Returns `[pairs, .., columns]`, the products of Uₚ, or its transpose, with `[pairs, .., columns]`.
    fn products(&self, taps: &[f32], transposed: bool, b: &[f32], columns: usize) -> Buffer {
        let (filters, planes) = (self.g.filters, self.planes());
        let (m, k) = if transposed {
            (planes, filters)
        } else {
            (filters, planes)
        };
        let mut c = Buffer::any(PAIRS * m * columns);
        c.par_chunks_exact_mut(m * columns)
            .enumerate()
            .for_each(|(pair, c)| {
                with_scratch(filters * planes, |u| {
                    pulp::Arch::new().dispatch(Combine {
                        factors: std::array::from_fn(|tap| factor(pair, tap)),
                        taps,
                        u,
                    });
                    let a = View::rows(u, planes);
                    let a = if transposed { a.t() } else { a };
                    let b = View::rows(&b[pair * k * columns..], columns);
                    gemm_serial(c, (m, columns, k), a, b, false);
                });
            });
        c
    }
}

impl Correlation for Winograd {
    fn add(&self, x: &[f32], w: &[f32], y: &[f32], mut sums: Sums<'_>) {
        let images = (x.len() / self.g.image_len()).max(y.len() / self.g.map_len());
        let taps = (sums.maps.is_some() || sums.images.is_some()).then(|| self.taps(w));
        let mut du = sums.weights.is_some().then(|| {
            let len = PAIRS * self.g.filters * self.planes();
            if images == 0 {
                Buffer::zeros(len)
            } else {
                Buffer::any(len)
            }
        });
        for chunk in self.chunks(images) {
            let (on_x, on_y) = (sums.maps.is_some(), sums.images.is_some());
            let v = (on_x || du.is_some()).then(|| self.analyse_images(x, &chunk));
            let y = (on_y || du.is_some()).then(|| self.analyse_maps(y, &chunk));
            if let (Some(du), Some(v), Some(y)) = (&mut du, &v, &y) {
                self.add_weight_gradient(v, y, &chunk, du);
            }
            if let (Some(images), Some(y), Some(taps)) = (&mut sums.images, &y, &taps) {
                let v = self.products(taps, true, y, chunk.columns);
                self.synthesise_images(&v, &chunk, images);
            }
            if let (Some(maps), Some(v), Some(taps)) = (&mut sums.maps, &v, &taps) {
                let y = self.products(taps, false, v, chunk.columns);
                self.synthesise_maps(&y, &chunk, maps);
            }
        }
        if let (Some(du), Some(weights)) = (du, sums.weights) {
            self.synthesise_weights(&du, weights);
        }
    }
}

/// A channel of interleaved images or maps `[rows, columns, LANES]`, with room for padding and whole tiles.
struct Plane {
    height: usize,
    width: usize,
    padding: usize,
    rows: usize,
    columns: usize,
}

impl Plane {
    fn len(&self) -> usize {
        self.rows * self.columns * LANES
    }

    /// Interleaves a channel of at most [`LANES`] images; everything else in `out` becomes 0.
    fn interleave<'a>(
        &self,
        channel: usize,
        images: impl Iterator<Item = &'a [f32]>,
        out: &mut [f32],
    ) {
        out.fill(0.0);
        let (pixels, missing) = (
            self.height * self.width,
            vec![0.0; self.height * self.width],
        );
        let mut group = [missing.as_slice(); LANES];
        for (slot, image) in group.iter_mut().zip(images) {
            *slot = &image[channel * pixels..][..pixels];
        }
        for y in 0..self.height.min(self.rows - self.padding) {
            let at = ((y + self.padding) * self.columns + self.padding) * LANES;
            let (out, _) = out[at..].as_chunks_mut::<LANES>();
            let width = self.width.min(self.columns - self.padding);
            let mut rows = [missing.as_slice(); LANES];
            for (row, image) in rows.iter_mut().zip(group) {
                *row = &image[y * self.width..][..width];
            }
            for (block, out) in out[..width].chunks_mut(BLOCK).enumerate() {
                let at = block * BLOCK;
                for (lane, row) in rows.iter().enumerate() {
                    for (out, x) in out.iter_mut().zip(&row[at..]) {
                        out[lane] = *x;
                    }
                }
            }
        }
    }

    /// Adds the rows `rows` to a channel of at most [`LANES`] images.
    fn separate(&self, plane: &[f32], rows: Range<usize>, images: &mut [&mut [f32]]) {
        let width = self.width.min(self.columns - self.padding);
        let last = rows.end.min(self.height + self.padding);
        for row in rows.start.max(self.padding)..last {
            let at = (row * self.columns + self.padding) * LANES;
            let (from, _) = plane[at..at + width * LANES].as_chunks::<LANES>();
            let at = (row - self.padding) * self.width;
            for (block, from) in from.chunks(BLOCK).enumerate() {
                let at = at + block * BLOCK;
                for (lane, image) in images.iter_mut().take(LANES).enumerate() {
                    let to = image[at..at + from.len()].iter_mut();
                    to.zip(from).for_each(|(to, from)| *to += from[lane]);
                }
            }
        }
    }
}

/// Returns the planes of each channel of images `[.., channels, plane]`.
fn by_channel(images: &mut [f32], channels: usize, plane: usize) -> Vec<Vec<&mut [f32]>> {
    let mut planes: Vec<Vec<&mut [f32]>> = Vec::new();
    planes.resize_with(channels, Vec::new);
    for (i, plane) in images.chunks_exact_mut(plane).enumerate() {
        planes[i % channels].push(plane);
    }
    planes
}

/// Factor of a tap in the transformed weights at a pair of points, G ⊗ G.
#[inline(always)]
fn factor(pair: usize, tap: usize) -> f32 {
    G[pair / POINTS][tap / TAPS] * G[pair % POINTS][tap % TAPS]
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
        let (n, [a, b, c, d]) = (self.u.len(), self.factors);
        let (first, second) = self.taps.split_at(2 * n);
        let (w, x) = first.split_at(n);
        let (y, z) = second.split_at(n);
        let z = &z[..n];
        for i in 0..n {
            self.u[i] = a * w[i] + b * x[i] + c * y[i] + d * z[i];
        }
    }
}

/// Computes t x tᵀ for tiles x of a plane, which begin `OUTPUTS` apart. The element of
/// a pair of points and a tile goes to `out[pair][at + tile·LANES..]`.
struct Analyse<'a, 'b, T, const SPAN: usize> {
    by: T,
    plane: &'a [f32],
    /// Distances between the rows and between the columns of a tile, in vectors of `LANES`.
    steps: (usize, usize),
    tiles: (usize, usize),
    out: &'a mut [&'b mut [f32]],
    at: usize,
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
struct Synthesise<'a, T, const SPAN: usize> {
    by: T,
    v: &'a [f32],
    stride: usize,
    tiles: (usize, usize),
    plane: &'a mut [f32],
    /// Distances between the rows and between the columns of a tile, in vectors of `LANES`.
    steps: (usize, usize),
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

/// Calls `f` with `len` numbers of a buffer of this thread, which are arbitrary.
///
/// `f` must not wait for another task: rayon could run a second task on this thread, which would borrow
/// the buffer again.
fn with_scratch<R>(len: usize, f: impl FnOnce(&mut [f32]) -> R) -> R {
    thread_local!(static SCRATCH: RefCell<Vec<f32>> = RefCell::default());
    SCRATCH.with_borrow_mut(|scratch| {
        if scratch.len() < len {
            scratch.resize(len, 0.0);
        }
        f(&mut scratch[..len])
    })
}
