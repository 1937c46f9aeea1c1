//! Average pooling.

use super::array::{Array, recorded};
use super::buffer::Buffer;
use crate::error::Result;
use crate::tensor::device::Tape;
use crate::tensor::geometry::Geometry;
use crate::tensor::needs::Needs;
use rayon::prelude::*;

pub fn avg_pool2d<T: Tape>(x: Array<T>, g: Geometry, needs: Needs) -> Result<Array<T>> {
    let (x, tape) = x.split();
    let n = x.rows();
    let mut y = Buffer::any(n * g.map_len());
    let area = (g.kernel * g.kernel) as f32;
    let (plane, positions) = (g.height * g.width, g.positions());
    y.par_chunks_exact_mut(positions)
        .zip(x.host().par_chunks_exact(plane))
        .for_each(|(y, x)| {
            for (position, y) in y.iter_mut().enumerate() {
                *y = rows(g, position)
                    .map(|row| x[row].iter().sum::<f32>())
                    .sum::<f32>()
                    / area;
            }
        });
    recorded(y, (n, g.map_len()), tape, move |_, dy, store| {
        if !needs.input {
            return Ok(());
        }
        let dx = x.gradient(store).sum();
        dx.par_chunks_exact_mut(plane)
            .zip(dy.par_chunks_exact(positions))
            .for_each(|(dx, dy)| {
                for (position, dy) in dy.iter().enumerate() {
                    for row in rows(g, position) {
                        dx[row].iter_mut().for_each(|dx| *dx += dy / area);
                    }
                }
            });
        Ok(())
    })
}

/// The ranges of pixels, one for each row of the window, at a position of it.
fn rows(g: Geometry, position: usize) -> impl Iterator<Item = std::ops::Range<usize>> {
    let (top, left) = (position / g.out_width(), position % g.out_width());
    let first = top * g.stride * g.width + left * g.stride;
    (0..g.kernel).map(move |row| {
        let start = first + row * g.width;
        start..start + g.kernel
    })
}
