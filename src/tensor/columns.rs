//! Some columns of a batch, such as one of the heads of a network that has several.

use super::backend;
use super::batch::Batch;
use super::device::Tape;
use crate::error::Result;
use std::ops::Range;

/// Returns the columns `range` of x `[n, m]`; the range must lie within 0..m.
///
/// ```
/// use ganscope::tensor::{Batch, columns::columns};
/// let x = Batch::new(vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 2, 3)?;
/// assert_eq!(*columns(x, 1..3)?.values(), [2.0, 3.0, 5.0, 6.0]);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Device`](crate::Error::Device) when the device fails.
pub fn columns<T: Tape>(x: Batch<T>, range: Range<usize>) -> Result<Batch<T>> {
    Ok(Batch(backend::columns(x.0, range)?))
}
