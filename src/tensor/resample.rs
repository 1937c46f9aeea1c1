//! Images resampled: every pixel a weighted sum of four pixels of the same channel,
//!
//! $$ y_p = \sum_{k=1}^{4} w_{pk}\, x_{i(p, k)} $$
//!
//! with i and w of each sample's own. Linear in x, so that gradients go through.

use super::{Batch, Needs, Tape};
use crate::error::Result;

/// Pixels that one is made of.
pub const TAPS: usize = 4;

/// Channels `[n, channels · plane]` resampled by `taps` `[n, plane, 4]`: (pixel of the plane, weight).
///
/// ```
/// use ganscope::tensor::{Batch, Needs, resample::resample};
/// let x = Batch::new(vec![1.0, 2.0, 10.0, 20.0], 1, 4)?; // two channels of two pixels
/// let taps = [(1, 1.0), (0, 0.0), (0, 0.0), (0, 0.0), (0, 0.5), (1, 0.5), (0, 0.0), (0, 0.0)];
/// assert_eq!(*resample(x, &taps, 2, Needs::ALL)?.values(), [2.0, 1.5, 20.0, 15.0]);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Device`](crate::Error::Device) when the device fails. Sizes are the caller's to check.
#[cfg(not(feature = "cuda"))]
pub fn resample<T: Tape>(
    x: Batch<T>,
    taps: &[(usize, f32)],
    plane: usize,
    needs: Needs,
) -> Result<Batch<T>> {
    use super::parameter::{input_gradient, zeroed};
    let (x, tape) = x.split();
    let (n, m) = (x.rows(), x.columns());
    let mut y = super::buffer::Buffer::any(n * m);
    let xs = x.host();
    let planes = y.chunks_exact_mut(plane).zip(xs.chunks_exact(plane));
    for (place, (y, x)) in planes.enumerate() {
        let taps = taps_of(taps, place, (m, plane));
        for (y, taps) in y.iter_mut().zip(taps) {
            *y = taps.iter().map(|&(i, w)| w * x[i]).sum();
        }
    }
    let taps = taps.to_vec();
    super::batch::recorded(y, (n, m), tape, move |_, dy, store| {
        if !needs.input {
            return Ok(());
        }
        let dx = zeroed(input_gradient(store, &x));
        let planes = dx.chunks_exact_mut(plane).zip(dy.chunks_exact(plane));
        for (place, (dx, dy)) in planes.enumerate() {
            for (dy, taps) in dy.iter().zip(taps_of(&taps, place, (m, plane))) {
                taps.iter().for_each(|&(i, w)| dx[i] += w * dy);
            }
        }
        Ok(())
    })
}

/// The taps of the pixels of plane `place`, counted over all samples of `m` numbers.
#[cfg(not(feature = "cuda"))]
fn taps_of(
    taps: &[(usize, f32)],
    place: usize,
    (m, plane): (usize, usize),
) -> &[[(usize, f32); TAPS]] {
    let sample = place / (m / plane);
    &taps.as_chunks().0[sample * plane..][..plane]
}

/// The same, composed of dfdx's operations.
#[cfg(feature = "cuda")]
pub fn resample<T: Tape>(
    x: Batch<T>,
    taps: &[(usize, f32)],
    plane: usize,
    _: Needs,
) -> Result<Batch<T>> {
    Batch::from_tensor(super::composed::resample(x.into_tensor()?, taps, plane)?)
}
