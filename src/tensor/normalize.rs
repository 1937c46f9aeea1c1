//! Batch normalisation (Ioffe & Szegedy 2015) and layer normalisation (Ba et al. 2016).
//!
//! $$ y = \gamma\,\frac{x - \mu}{\sqrt{\sigma^2 + \varepsilon}} + \beta $$
//!
//! Batch norm takes μ and σ² of each channel over batch and plane, layer norm of each sample over its
//! features.

use super::backend;
use super::batch::Batch;
use super::device::Tape;
use super::needs::Needs;
use super::parameter::Parameter;
use crate::error::Result;

pub use super::moments::Moments;

/// Computes the batch norm of x `[n, channels·plane]`; γ and β are `[channels]`.
///
/// With `running` moments, μ and σ² are these constants. Otherwise they are the moments of this batch,
/// which are returned beside y, so that the layer can update its running moments.
///
/// # Errors
/// [`Error::Device`](crate::Error::Device) when the device fails.
pub fn batch_norm<T: Tape>(
    x: Batch<T>,
    gamma: &Parameter,
    beta: &Parameter,
    eps: f32,
    running: Option<&Moments>,
    needs: Needs,
) -> Result<(Batch<T>, Option<Moments>)> {
    let (y, moments) = backend::batch_norm(x.0, &gamma.0, &beta.0, eps, running, needs)?;
    Ok((Batch(y), moments))
}

/// Computes the layer norm of x `[n, features]`; γ and β have `features` numbers in any shape.
///
/// # Errors
/// [`Error::Device`](crate::Error::Device) when the device fails.
pub fn layer_norm<T: Tape>(
    x: Batch<T>,
    gamma: &Parameter,
    beta: &Parameter,
    eps: f32,
    needs: Needs,
) -> Result<Batch<T>> {
    let y = backend::layer_norm(x.0, &gamma.0, &beta.0, eps, needs)?;
    Ok(Batch(y))
}
