//! Resampling of images.

use super::array::{Array, recorded};
use super::buffer::Buffer;
use crate::error::Result;
use crate::tensor::device::Tape;
use crate::tensor::needs::Needs;
use crate::tensor::taps::TAPS;

pub fn resample<T: Tape>(
    x: Array<T>,
    taps: &[(usize, f32)],
    plane: usize,
    needs: Needs,
) -> Result<Array<T>> {
    let (x, tape) = x.split();
    let (n, m) = (x.rows(), x.columns());
    let mut y = Buffer::any(n * m);
    let xs = x.host();
    let planes = y.chunks_exact_mut(plane).zip(xs.chunks_exact(plane));
    for (index, (y, x)) in planes.enumerate() {
        let taps = taps_of_plane(taps, index, (m, plane));
        for (y, taps) in y.iter_mut().zip(taps) {
            *y = taps.iter().map(|&(i, w)| w * x[i]).sum();
        }
    }
    let taps = taps.to_vec();
    recorded(y, (n, m), tape, move |_, dy, store| {
        if !needs.input {
            return Ok(());
        }
        let dx = x.gradient(store).sum();
        let planes = dx.chunks_exact_mut(plane).zip(dy.chunks_exact(plane));
        for (index, (dx, dy)) in planes.enumerate() {
            for (dy, taps) in dy.iter().zip(taps_of_plane(&taps, index, (m, plane))) {
                taps.iter().for_each(|&(i, w)| dx[i] += w * dy);
            }
        }
        Ok(())
    })
}

/// Returns the taps of each pixel of plane `index`, counted over all samples of `m` numbers.
fn taps_of_plane(
    taps: &[(usize, f32)],
    index: usize,
    (m, plane): (usize, usize),
) -> &[[(usize, f32); TAPS]] {
    let sample = index / (m / plane);
    &taps.as_chunks().0[sample * plane..][..plane]
}
