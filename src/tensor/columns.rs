//! Some columns of a batch: one head of a network that has several.

use super::{Batch, Tape};
use crate::error::Result;
use std::ops::Range;

/// Columns `range` of x `[n, m]`, which must lie within it.
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
#[cfg(not(feature = "cuda"))]
pub fn columns<T: Tape>(x: Batch<T>, range: Range<usize>) -> Result<Batch<T>> {
    use super::parameter::{input_gradient, zeroed};
    let (x, tape) = x.split();
    let (n, m, k) = (x.rows(), x.columns(), range.len());
    let mut y = super::buffer::Buffer::any(n * k);
    for (y, x) in y.chunks_exact_mut(k).zip(x.host().chunks_exact(m)) {
        y.copy_from_slice(&x[range.clone()]);
    }
    super::batch::recorded(y, (n, k), tape, move |_, dy, store| {
        let dx = zeroed(input_gradient(store, &x));
        for (dx, dy) in dx.chunks_exact_mut(m).zip(dy.chunks_exact(k)) {
            let sums = dx[range.clone()].iter_mut();
            sums.zip(dy).for_each(|(sum, dy)| *sum += dy);
        }
        Ok(())
    })
}

/// The same, composed of dfdx's operations.
#[cfg(feature = "cuda")]
pub fn columns<T: Tape>(x: Batch<T>, range: Range<usize>) -> Result<Batch<T>> {
    Batch::from_tensor(super::composed::columns(x.into_tensor()?, range)?)
}
