//! The density of independent normal distributions, as a loss.

use super::batch::Batch;
use super::device::Recording;
use super::loss::Loss;
use crate::error::Result;
use dfdx::shapes::{Axes2, Rank0};
use dfdx::tensor::WithEmptyTape;
use dfdx::tensor_ops::MeanTo;

/// Computes the mean of ((x − μ)/σ)²/2 + ln σ over the rows and columns of x `[n, m]`.
///
/// This is −ln N(x; μ, σ) without its constant ln √(2π).
///
/// ```
/// use ganscope::tensor::{Batch, normal::negative_log_density};
/// let of = |value| Batch::new(vec![value], 1, 1);
/// // Off by 2 with σ = e.
/// let loss = negative_log_density(of(4.0)?, of(2.0)?.record(), of(1.0)?.record())?;
/// assert!((loss.value() - (0.5 * 4.0 * (-2f64).exp() + 1.0)).abs() < 1e-6);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Device`](crate::Error::Device) when the device fails.
///
/// # Panics
/// When the shapes differ.
pub fn negative_log_density(
    x: Batch,
    mean: Batch<Recording>,
    log_sigma: Batch<Recording>,
) -> Result<Loss> {
    let (x, mean, log_sigma) = (
        x.into_tensor()?,
        mean.into_tensor()?,
        log_sigma.into_tensor()?,
    );
    let precision = log_sigma.with_empty_tape().negate().exp();
    let distance = (mean - x) * precision;
    let terms = distance.square() * 0.5 + log_sigma;
    Ok(Loss(terms.mean::<Rank0, Axes2<0, 1>>()))
}
