//! Resampling of images: every pixel becomes a weighted sum of four pixels of the same channel,
//!
//! $$ y_p = \sum_{k=1}^{4} w_{pk}\, x_{i(p, k)} $$
//!
//! where each sample has indices i and weights w of its own. The result is linear in x.

use super::backend;
use super::batch::Batch;
use super::device::Tape;
use super::needs::Needs;
use crate::error::Result;

pub use super::taps::TAPS;

/// Resamples the channels of x `[n, channels · plane]` by `taps` `[n, plane, 4]`, which are pairs of
/// (pixel of the plane, weight).
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
/// [`Error::Device`](crate::Error::Device) when the device fails. The caller checks the sizes.
pub fn resample<T: Tape>(
    x: Batch<T>,
    taps: &[(usize, f32)],
    plane: usize,
    needs: Needs,
) -> Result<Batch<T>> {
    Ok(Batch(backend::resample(x.0, taps, plane, needs)?))
}
