//! The reconstruction error of an auto-encoder: the mean absolute difference.

use super::backend;
use super::batch::Batch;
use super::device::Tape;
use crate::error::Result;

/// Computes 𝓛 `[n, 1]` with 𝓛ᵢ = (1/m) Σⱼ |xᵢⱼ − yᵢⱼ|, for x and y `[n, m]`. Both get a gradient.
///
/// ```
/// use ganscope::tensor::{Batch, restoration::error};
/// let x = Batch::new(vec![1.0, 2.0, 0.0, 0.0], 2, 2)?;
/// let y = Batch::new(vec![0.0, 4.0, 0.0, 1.0], 2, 2)?;
/// assert_eq!(*error(&x, y)?.values(), [1.5, 0.5]);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Device`](crate::Error::Device) when the device fails.
pub fn error<T: Tape>(x: &Batch, y: Batch<T>) -> Result<Batch<T>> {
    Ok(Batch(backend::reconstruction_error(&x.0, y.0)?))
}
