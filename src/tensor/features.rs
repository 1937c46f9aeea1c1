//! Operations on the features of each sample that are composed of dfdx's own on every device.

use super::batch::Batch;
use super::composed;
use super::device::Tape;
use crate::error::Result;

/// Computes the largest of each `pieces` consecutive features (Goodfellow et al. 2013), for
/// x `[n, k·pieces]`; the result is `[n, k]`.
///
/// ```
/// use ganscope::tensor::{Batch, features::maxout};
/// let x = Batch::new(vec![1.0, 5.0, -2.0, -3.0], 1, 4)?;
/// assert_eq!(*maxout(x, 2)?.values(), [5.0, -2.0]);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Device`](crate::Error::Device) when the device fails.
pub fn maxout<T: Tape>(x: Batch<T>, pieces: usize) -> Result<Batch<T>> {
    Batch::from_tensor(composed::maxout(x.into_tensor()?, pieces)?)
}

/// Repeats every pixel of x `[n, channels·height·width]` `factor × factor` times.
///
/// ```
/// use ganscope::tensor::{Batch, features::upsample_nearest};
/// let x = Batch::new(vec![1.0, 2.0], 1, 2)?;
/// assert_eq!(*upsample_nearest(x, (1, 1, 2), 2)?.values(), [1.0, 1.0, 2.0, 2.0, 1.0, 1.0, 2.0, 2.0]);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Device`](crate::Error::Device) when the device fails.
pub fn upsample_nearest<T: Tape>(
    x: Batch<T>,
    image: (usize, usize, usize),
    factor: usize,
) -> Result<Batch<T>> {
    Batch::from_tensor(composed::upsample_nearest(x.into_tensor()?, image, factor)?)
}

/// Multiplies each number by the number of `mask` in the same place.
///
/// # Errors
/// [`Error::Device`](crate::Error::Device) when the device fails.
pub fn masked<T: Tape>(x: Batch<T>, mask: Batch) -> Result<Batch<T>> {
    Batch::from_tensor(composed::masked(x.into_tensor()?, mask.into_tensor()?)?)
}

/// Appends one channel that holds the mean, over all features, of their standard deviation over the
/// batch (Karras et al. 2018), by which D recognises a batch of samples that are too similar.
///
/// x is `[n, channels·plane]`, the result `[n, (channels + 1)·plane]`.
///
/// # Errors
/// [`Error::Device`](crate::Error::Device) when the device fails.
pub fn minibatch_stddev<T: Tape>(x: Batch<T>, plane: usize) -> Result<Batch<T>> {
    Batch::from_tensor(composed::minibatch_stddev(x.into_tensor()?, plane)?)
}
