//! The sums of a convolution as products with a matrix of patches, for any kernel and stride.
//!
//! A few images are computed together. They are interleaved (image index innermost) and split into the
//! `stride²` phases of their padded plane, so that each row of a patch matrix is a run of
//! `out_width · images` consecutive numbers, which is copied and added as vectors whatever the stride.

use super::buffer::Buffer;
use super::correlation::{Correlation, Sums};
use crate::tensor::gemm::{View, gemm_serial};
use crate::tensor::geometry::Geometry;
use rayon::prelude::*;
use std::cell::RefCell;

/// Largest size of a patch matrix that stays in the second-level cache.
const MAX_PATCH_NUMBERS: usize = 1 << 19;

/// Numbers of one image that are interleaved before those of the next image.
///
/// The images are not read in turn, because they often lie a multiple of 4 KiB apart, and such addresses
/// share a few lines of the first-level cache.
const BLOCK: usize = 32;

/// The sums of one geometry.
pub struct Patches {
    g: Geometry,
    /// Rows of a phase that a patch can reach.
    rows: usize,
    /// Columns of a phase that a patch can reach.
    columns: usize,
    /// Number of images that are computed together.
    group_size: usize,
}

/// Buffers that a thread reuses for its next images.
#[derive(Default)]
struct Scratch {
    phases: Vec<f32>,
    patches: Vec<f32>,
    maps: Vec<f32>,
}

impl Patches {
    /// Returns the sums for the sizes `g`.
    pub fn new(g: Geometry) -> Self {
        let reach = (g.kernel - 1) / g.stride;
        let patches = g.taps() * g.positions();
        Patches {
            g,
            rows: g.out_height() + reach,
            columns: g.out_width() + reach,
            // The group size depends on the sizes alone, so the sums do not depend on the number of threads.
            group_size: (MAX_PATCH_NUMBERS / patches.max(1)).clamp(1, 16),
        }
    }

    /// Returns (phase, row within the phase) of an image row, or the same of a column.
    fn phase(&self, coordinate: usize) -> (usize, usize) {
        let padded = coordinate + self.g.padding;
        (padded % self.g.stride, padded / self.g.stride)
    }

    /// Returns the offset of (channel, phase row, phase column) in `phases`.
    fn plane(&self, channel: usize, phase_y: usize, phase_x: usize, count: usize) -> usize {
        let s = self.g.stride;
        ((channel * s + phase_y) * s + phase_x) * self.rows * self.columns * count
    }

    /// Splits images `[count, channels, height, width]` into phases `[channels, s, s, rows, columns, count]`.
    fn split(&self, images: &[f32], count: usize, scratch: &mut Scratch) {
        let g = &self.g;
        let planes = g.channels * g.stride * g.stride;
        scratch.phases.clear();
        scratch
            .phases
            .resize(planes * self.rows * self.columns * count, 0.0);
        self.each_row(count, |offset, channel, y, x0, columns| {
            let from = (channel * g.height + y) * g.width + x0;
            let to = &mut scratch.phases[offset..offset + columns * count];
            for (b, image) in images.chunks_exact(g.image_len()).enumerate() {
                let from = image[from..].iter().step_by(g.stride);
                let to = to.chunks_exact_mut(count);
                to.zip(from).for_each(|(to, from)| to[b] = *from);
            }
        });
    }

    /// Adds the phases to the images: the adjoint of [`split`](Self::split).
    fn merge(&self, images: &mut [f32], count: usize, phases: &[f32]) {
        let g = &self.g;
        self.each_row(count, |offset, channel, y, x0, columns| {
            let to = (channel * g.height + y) * g.width + x0;
            let from = &phases[offset..offset + columns * count];
            for (b, image) in images.chunks_exact_mut(g.image_len()).enumerate() {
                let to = image[to..].iter_mut().step_by(g.stride);
                let from = from.chunks_exact(count);
                to.zip(from).for_each(|(to, from)| *to += from[b]);
            }
        });
    }

    /// Calls `visit(offset in phases, channel, y, first x, number of x)` for every image row and every
    /// column phase, whose x are `stride` apart. Rows that no patch reaches are left out.
    fn each_row(&self, count: usize, mut visit: impl FnMut(usize, usize, usize, usize, usize)) {
        let g = &self.g;
        for channel in 0..g.channels {
            for y in 0..g.height {
                let (phase_y, row) = self.phase(y);
                if row >= self.rows {
                    continue;
                }
                for x0 in 0..g.stride.min(g.width) {
                    let (phase_x, column) = self.phase(x0);
                    let available = (g.width - x0).div_ceil(g.stride);
                    let columns = available.min(self.columns.saturating_sub(column));
                    let offset = self.plane(channel, phase_y, phase_x, count)
                        + (row * self.columns + column) * count;
                    visit(offset, channel, y, x0, columns);
                }
            }
        }
    }

    /// Copies the phases to the patches `[channels·kernel², out_height·out_width·count]`.
    fn gather(&self, count: usize, scratch: &mut Scratch) {
        let run = self.g.out_width() * count;
        let columns = self.g.out_height() * run;
        scratch.patches.resize(self.g.taps() * columns, 0.0);
        let patches = scratch.patches.chunks_exact_mut(columns);
        for (tap, patch) in patches.enumerate() {
            let base = self.tap(tap, count);
            for (oy, to) in patch.chunks_exact_mut(run).enumerate() {
                let from = base + oy * self.columns * count;
                to.copy_from_slice(&scratch.phases[from..from + run]);
            }
        }
    }

    /// Sums the patches into the phases: the adjoint of [`gather`](Self::gather).
    fn scatter(&self, count: usize, scratch: &mut Scratch) {
        let g = &self.g;
        let run = g.out_width() * count;
        let planes = g.channels * g.stride * g.stride;
        scratch.phases.clear();
        scratch
            .phases
            .resize(planes * self.rows * self.columns * count, 0.0);
        let patches = scratch.patches.chunks_exact(g.out_height() * run);
        for (tap, patch) in patches.enumerate() {
            let base = self.tap(tap, count);
            for (oy, from) in patch.chunks_exact(run).enumerate() {
                let to = base + oy * self.columns * count;
                let to = &mut scratch.phases[to..to + run];
                to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
            }
        }
    }

    /// Returns the offset in `phases` of the number under kernel element `tap` at output position (0, 0).
    fn tap(&self, tap: usize, count: usize) -> usize {
        let (k, s) = (self.g.kernel, self.g.stride);
        let (channel, ky, kx) = (tap / (k * k), tap / k % k, tap % k);
        self.plane(channel, ky % s, kx % s, count) + (ky / s * self.columns + kx / s) * count
    }

    /// Computes `maps` += W · gather(`images`).
    fn forward(&self, images: &[f32], weights: &[f32], maps: &mut [f32]) {
        let (image, map) = (self.g.image_len(), self.g.map_len());
        maps.par_chunks_mut(map * self.group_size)
            .zip(images.par_chunks(image * self.group_size))
            .for_each(|(maps, images)| {
                with_scratch(|scratch| {
                    let count = images.len() / image;
                    let columns = self.g.positions() * count;
                    self.split(images, count, scratch);
                    self.gather(count, scratch);
                    scratch.maps.resize(self.g.filters * columns, 0.0);
                    gemm_serial(
                        &mut scratch.maps,
                        (self.g.filters, columns, self.g.taps()),
                        View::rows(weights, self.g.taps()),
                        View::rows(&scratch.patches, columns),
                        false,
                    );
                    for (b, out) in maps.chunks_exact_mut(map).enumerate() {
                        let from = scratch.maps[b..].iter().step_by(count);
                        out.iter_mut().zip(from).for_each(|(out, y)| *out += y);
                    }
                });
            });
    }

    /// Computes `images` += scatter(Wᵀ · `maps`).
    fn transpose(&self, maps: &[f32], weights: &[f32], images: &mut [f32]) {
        let (image, map) = (self.g.image_len(), self.g.map_len());
        images
            .par_chunks_mut(image * self.group_size)
            .zip(maps.par_chunks(map * self.group_size))
            .for_each(|(images, maps)| {
                with_scratch(|scratch| {
                    let count = maps.len() / map;
                    let columns = self.g.positions() * count;
                    interleave(maps, count, &mut scratch.maps);
                    scratch.patches.resize(self.g.taps() * columns, 0.0);
                    gemm_serial(
                        &mut scratch.patches,
                        (self.g.taps(), columns, self.g.filters),
                        View::rows(weights, self.g.taps()).t(),
                        View::rows(&scratch.maps, columns),
                        false,
                    );
                    self.scatter(count, scratch);
                    self.merge(images, count, &scratch.phases);
                });
            });
    }

    /// Computes `gradient` += `maps` · gather(`images`)ᵀ, summed over the batch.
    ///
    /// The product is computed transposed: it then has to transpose `maps` and not the patches, which
    /// are `taps / filters` times as many numbers.
    fn weight_gradient(&self, images: &[f32], maps: &[f32], gradient: &mut [f32]) {
        let (image, map) = (self.g.image_len(), self.g.map_len());
        let chunks = (images.len() / image.max(1)).div_ceil(self.group_size);
        let group = chunks.div_ceil(8).max(1) * self.group_size;
        let partial: Vec<Buffer> = images
            .par_chunks(image * group)
            .zip(maps.par_chunks(map * group))
            .map(|(images, maps)| {
                with_scratch(|scratch| {
                    let mut sum = Buffer::zeros(gradient.len());
                    let pairs = images.chunks(image * self.group_size);
                    for (images, maps) in pairs.zip(maps.chunks(map * self.group_size)) {
                        let count = images.len() / image;
                        let columns = self.g.positions() * count;
                        self.split(images, count, scratch);
                        self.gather(count, scratch);
                        interleave(maps, count, &mut scratch.maps);
                        gemm_serial(
                            &mut sum,
                            (self.g.taps(), self.g.filters, columns),
                            View::rows(&scratch.patches, columns),
                            View::rows(&scratch.maps, columns).t(),
                            true,
                        );
                    }
                    sum
                })
            })
            .collect();
        for (filter, row) in gradient.chunks_exact_mut(self.g.taps()).enumerate() {
            for part in &partial {
                let column = part[filter..].iter().step_by(self.g.filters);
                row.iter_mut().zip(column).for_each(|(sum, x)| *sum += x);
            }
        }
    }
}

impl Correlation for Patches {
    fn add(&self, x: &[f32], w: &[f32], y: &[f32], sums: Sums<'_>) {
        if let Some(weights) = sums.weights {
            self.weight_gradient(x, y, weights);
        }
        if let Some(images) = sums.images {
            self.transpose(y, w, images);
        }
        if let Some(maps) = sums.maps {
            self.forward(x, w, maps);
        }
    }
}

/// Calls `f` with the buffers of this thread.
///
/// `f` must not wait for another task: rayon could run a second task on this thread, which would borrow
/// the buffers again.
fn with_scratch<R>(f: impl FnOnce(&mut Scratch) -> R) -> R {
    thread_local!(static SCRATCH: RefCell<Scratch> = RefCell::default());
    SCRATCH.with_borrow_mut(f)
}

/// Transposes `[count, length]` to `[length, count]`.
fn interleave(maps: &[f32], count: usize, out: &mut Vec<f32>) {
    let length = maps.len() / count;
    out.resize(maps.len(), 0.0);
    for (block, out) in out.chunks_mut(BLOCK * count).enumerate() {
        for b in 0..count {
            let from = &maps[b * length + block * BLOCK..];
            let to = out.chunks_exact_mut(count);
            to.zip(from).for_each(|(to, from)| to[b] = *from);
        }
    }
}
