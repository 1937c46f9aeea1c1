//! One side of a correlation, the images or the maps, and its transformation.

use super::transform::{Analyse, LANES, Synthesise, Transformation, outputs};
use crate::tensor::cpu::buffer::Buffer;
use rayon::prelude::*;
use std::cell::RefCell;
use std::ops::Range;

/// Pixels of a row that are interleaved at once.
const BLOCK: usize = 4;
/// Columns of a matrix product: enough for it to be fast, and few enough for its matrices to stay in the cache.
const COLUMNS: usize = 128;

/// Numbers between the matrices of two pairs of points. Without this cache line, equal places of all matrices would be a
/// multiple of 4 KiB apart and compete for the same few lines of the cache.
const GAP: usize = LANES;

/// Returns how far apart the matrices `[rows, columns]` of two pairs of points begin.
pub fn spacing(rows: usize, columns: usize) -> usize {
    rows * columns + GAP
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
pub struct Chunk {
    strips: Vec<Strip>,
    /// Number of columns of the matrices.
    pub columns: usize,
}

impl Chunk {
    /// Divides a batch of images with so many tiles along each axis into chunks of about [`COLUMNS`] columns.
    pub fn divide(images: usize, tiles: (usize, usize)) -> Vec<Self> {
        let band = (COLUMNS / (tiles.1 * LANES)).clamp(1, tiles.0);
        let mut chunks: Vec<Chunk> = Vec::new();
        for image in (0..images).step_by(LANES) {
            for first in (0..tiles.0).step_by(band) {
                let rows = band.min(tiles.0 - first);
                let columns = rows * tiles.1 * LANES;
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
}

/// The images or the maps of a correlation, `[batch, channels, height, width]`.
///
/// A channel of interleaved images is a *plane* `[rows, columns, LANES]`, with room for the padding and for whole
/// tiles. It consists of `stride²` phases, each of which is transformed by `by`.
pub struct Side<T, const SPAN: usize, const POINTS: usize> {
    /// Transformation of the tiles.
    pub by: T,
    /// Number of channels.
    pub channels: usize,
    /// Height in pixels.
    pub height: usize,
    /// Width in pixels.
    pub width: usize,
    /// Number of zeros added at each edge.
    pub padding: usize,
    /// Distance between the pixels of a phase.
    pub stride: usize,
    /// Tiles along the height and along the width.
    pub tiles: (usize, usize),
}

impl<T: Transformation<SPAN, POINTS>, const SPAN: usize, const POINTS: usize>
    Side<T, SPAN, POINTS>
{
    /// Outputs of a tile along an axis.
    const OUTPUTS: usize = outputs(POINTS);

    /// Returns the size of one image.
    pub fn len(&self) -> usize {
        self.channels * self.pixels()
    }

    /// Returns the number of phases of all channels.
    pub fn phases(&self) -> usize {
        self.channels * self.stride * self.stride
    }

    fn pixels(&self) -> usize {
        self.height * self.width
    }

    fn rows(&self) -> usize {
        self.stride * (self.tiles.0 * Self::OUTPUTS + SPAN - Self::OUTPUTS)
    }

    fn columns(&self) -> usize {
        self.stride * (self.tiles.1 * Self::OUTPUTS + SPAN - Self::OUTPUTS)
    }

    /// Returns the transformed tiles, a matrix `[phases, columns of the chunk]` for each pair of points.
    pub fn analyse(&self, batch: &[f32], chunk: &Chunk) -> Buffer {
        let (s, columns) = (self.stride, self.columns());
        let mut out = Buffer::any(POINTS * POINTS * spacing(self.phases(), chunk.columns));
        by_channel(&mut out, self.channels, s * s * chunk.columns, GAP)
            .into_par_iter()
            .enumerate()
            .for_each(|(channel, mut out)| {
                with_scratch(self.rows() * columns * LANES, |plane| {
                    let mut current = None;
                    for strip in &chunk.strips {
                        if current.replace(strip.image) != Some(strip.image) {
                            let group = batch.chunks_exact(self.len());
                            self.interleave(channel, group.skip(strip.image), plane);
                        }
                        for phase in 0..s * s {
                            let corner = self.corner(strip, phase);
                            pulp::Arch::new().dispatch(Analyse {
                                by: self.by,
                                plane: &plane[corner..],
                                steps: (s * columns, s),
                                tiles: (strip.rows, self.tiles.1),
                                out: &mut out,
                                at: phase * chunk.columns + strip.column,
                            });
                        }
                    }
                });
            });
        out
    }

    /// Adds transformed tiles to the batch: the adjoint of [`analyse`](Self::analyse).
    pub fn synthesise(&self, tiles: &[f32], chunk: &Chunk, batch: &mut [f32]) {
        let (s, columns) = (self.stride, self.columns());
        by_channel(batch, self.channels, self.pixels(), 0)
            .into_par_iter()
            .enumerate()
            .for_each(|(channel, mut images)| {
                with_scratch(self.rows() * columns * LANES, |plane| {
                    for strip in &chunk.strips {
                        for phase in 0..s * s {
                            let row = channel * s * s + phase;
                            let corner = self.corner(strip, phase);
                            pulp::Arch::new().dispatch(Synthesise {
                                by: self.by,
                                v: &tiles[row * chunk.columns + strip.column..],
                                stride: spacing(self.phases(), chunk.columns),
                                tiles: (strip.rows, self.tiles.1),
                                plane: &mut plane[corner..],
                                steps: (s * columns, s),
                            });
                        }
                        let first = strip.first * Self::OUTPUTS * s;
                        let rows =
                            first..first + s * (strip.rows * Self::OUTPUTS + SPAN - Self::OUTPUTS);
                        self.separate(plane, rows, &mut images[strip.image..]);
                    }
                });
            });
    }

    /// Returns the offset in a plane of the first number of a phase in a strip.
    fn corner(&self, strip: &Strip, phase: usize) -> usize {
        let s = self.stride;
        let row = strip.first * Self::OUTPUTS * s + phase / s;
        (row * self.columns() + phase % s) * LANES
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
        for y in 0..self.height.min(self.rows() - self.padding) {
            let at = ((y + self.padding) * self.columns() + self.padding) * LANES;
            let (out, _) = out[at..].as_chunks_mut::<LANES>();
            let width = self.width.min(self.columns() - self.padding);
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
        let width = self.width.min(self.columns() - self.padding);
        let last = rows.end.min(self.height + self.padding);
        for row in rows.start.max(self.padding)..last {
            let at = (row * self.columns() + self.padding) * LANES;
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

/// Returns the planes of each channel of images `[channels, plane]` that are `gap` numbers apart.
pub fn by_channel(
    images: &mut [f32],
    channels: usize,
    plane: usize,
    gap: usize,
) -> Vec<Vec<&mut [f32]>> {
    let mut by_channel: Vec<Vec<&mut [f32]>> = Vec::new();
    by_channel.resize_with(channels, Vec::new);
    for image in images.chunks_exact_mut(channels * plane + gap) {
        for (planes, plane) in by_channel.iter_mut().zip(image.chunks_exact_mut(plane)) {
            planes.push(plane);
        }
    }
    by_channel
}

/// Calls `f` with `len` numbers of a buffer of this thread, which are arbitrary.
///
/// `f` must not wait for another task: rayon could run a second task on this thread, which would borrow
/// the buffer again.
pub fn with_scratch<R>(len: usize, f: impl FnOnce(&mut [f32]) -> R) -> R {
    thread_local!(static SCRATCH: RefCell<Vec<f32>> = RefCell::default());
    SCRATCH.with_borrow_mut(|scratch| {
        if scratch.len() < len {
            scratch.resize(len, 0.0);
        }
        f(&mut scratch[..len])
    })
}
