//! The sum of two batches.

use super::backend;
use super::batch::Batch;
use super::device::Tape;
use crate::error::Result;

/// Computes a + b for two batches of the same shape. The gradient flows to both, if b was computed on the tape of a.
///
/// ```
/// use ganscope::tensor::{Batch, sum::sum};
/// let (a, b) = (Batch::new(vec![1.0, 2.0], 1, 2)?, Batch::new(vec![0.5, -2.0], 1, 2)?);
/// assert_eq!(*sum(a, &b)?.values(), [1.5, 0.0]);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Device`](crate::Error::Device) when the device fails. The caller checks the shapes.
pub fn sum<T: Tape>(a: Batch<T>, b: &Batch) -> Result<Batch<T>> {
    Ok(Batch(backend::sum(a.0, &b.0)?))
}
