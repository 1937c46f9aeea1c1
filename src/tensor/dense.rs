//! A fully connected layer with bias and activation fused, and an activation on its own.

use super::activation::Activation;
use super::backend;
use super::batch::Batch;
use super::device::Tape;
use super::needs::Needs;
use super::parameter::Parameter;
use crate::error::Result;

/// Computes y = σ(x Wᵀ + b) for x `[n, in]`, W `[out, in]` and b `[out]`; y is `[n, out]`.
///
/// The backward pass computes only the gradients in `needs`.
///
/// ```
/// use ganscope::tensor::{Batch, Needs, Parameter, activation::Activation, dense::dense};
/// let x = Batch::new(vec![1.0, 2.0], 1, 2)?;
/// let w = Parameter::new(vec![1.0, 1.0, 1.0, -1.0], &[2, 2])?;
/// let b = Parameter::new(vec![0.5, 0.5], &[2])?;
/// let y = dense(x, &w, Some(&b), Activation::Relu, Needs::ALL)?;
/// assert_eq!(*y.values(), [3.5, 0.0]);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Device`](crate::Error::Device) when the device fails. The caller checks the shapes.
pub fn dense<T: Tape>(
    x: Batch<T>,
    w: &Parameter,
    b: Option<&Parameter>,
    activation: Activation,
    needs: Needs,
) -> Result<Batch<T>> {
    let b = b.map(|b| &b.0);
    Ok(Batch(backend::dense(x.0, &w.0, b, activation, needs)?))
}

/// Computes σ(x) for each number.
///
/// # Errors
/// [`Error::Device`](crate::Error::Device) when the device fails.
pub fn activate<T: Tape>(x: Batch<T>, activation: Activation) -> Result<Batch<T>> {
    Ok(Batch(backend::activate(x.0, activation)?))
}
