//! The gradients of a loss.

use super::backend::recycle;
use super::batch::Batch;
use super::device::{Store, Tensor, to_host};
use super::loss::Loss;
use super::parameter::Parameter;
use crate::error::Result;
use dfdx::tensor_ops::Backward;

/// The gradients of one loss with respect to all parameters and batches that took part in it.
pub struct Gradients(Store);

impl Gradients {
    /// Differentiates `loss` by a backward pass over its tape.
    ///
    /// # Errors
    /// [`Error::Device`](crate::Error::Device) when the device fails.
    pub fn of(loss: Loss) -> Result<Self> {
        Ok(Gradients(loss.0.try_backward()?))
    }

    /// Takes out the gradient of a parameter: zeros where the loss does not depend on it.
    ///
    /// # Errors
    /// [`Error::Device`](crate::Error::Device) when the device fails.
    pub fn take(&mut self, parameter: &Parameter) -> Result<Vec<f32>> {
        parameter.0.take_gradient(&mut self.0)
    }

    /// Takes out the gradient of a batch that was recorded.
    ///
    /// # Errors
    /// [`Error::Device`](crate::Error::Device) when the device fails.
    pub fn take_input(&mut self, batch: &Batch) -> Result<Vec<f32>> {
        batch.0.take_gradient(&mut self.0)
    }

    /// Takes out the gradient of a tensor of dfdx's.
    ///
    /// # Errors
    /// [`Error::Device`](crate::Error::Device) when the device fails.
    pub fn take_tensor(&mut self, tensor: &Tensor) -> Result<Vec<f32>> {
        self.0.get_or_alloc_mut(tensor)?;
        Ok(to_host(&self.0.get(tensor)))
    }

    /// Returns the memory of a gradient for use in the next step.
    pub(crate) fn done_with(gradient: Vec<f32>) {
        recycle(gradient);
    }
}
