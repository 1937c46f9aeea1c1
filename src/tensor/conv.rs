//! Convolution and transposed convolution in two dimensions, with bias and activation fused.

use super::activation::Activation;
use super::backend;
use super::batch::Batch;
use super::device::Tape;
use super::needs::Needs;
use super::parameter::Parameter;
use crate::error::Result;

pub use super::geometry::Geometry;

/// Computes y = σ(W ∗ x + b) for x `[n, channels·height·width]`, W `[filters, channels, kernel, kernel]`
/// and b `[filters]`; y is `[n, filters·out_height·out_width]`.
///
/// As in every deep-learning library, this "convolution" is a cross-correlation.
///
/// # Errors
/// [`Error::Device`](crate::Error::Device) when the device fails. The caller checks the shapes.
pub fn conv2d<T: Tape>(
    x: Batch<T>,
    w: &Parameter,
    b: Option<&Parameter>,
    g: Geometry,
    activation: Activation,
    needs: Needs,
) -> Result<Batch<T>> {
    let b = b.map(|b| &b.0);
    Ok(Batch(backend::conv2d(x.0, &w.0, b, g, activation, needs)?))
}

/// Computes y = σ(Wᵀ ∗ x + b), the adjoint of [`conv2d`], for x `[n, filters·out_height·out_width]`,
/// W `[filters, channels, kernel, kernel]` and b `[channels]`; y is `[n, channels·height·width]`.
///
/// # Errors
/// [`Error::Device`](crate::Error::Device) when the device fails. The caller checks the shapes.
pub fn conv_transpose2d<T: Tape>(
    x: Batch<T>,
    w: &Parameter,
    b: Option<&Parameter>,
    g: Geometry,
    activation: Activation,
    needs: Needs,
) -> Result<Batch<T>> {
    let b = b.map(|b| &b.0);
    let y = backend::conv_transpose2d(x.0, &w.0, b, g, activation, needs)?;
    Ok(Batch(y))
}
