//! The weights of a layer.

use super::backend::Weights;
use crate::error::Result;
use std::sync::Arc;

/// A weight tensor of any rank, in PyTorch's layout.
///
/// The numbers are in host memory, where the optimisers change them; on a GPU there is a copy on the
/// device.
#[derive(Debug, Clone)]
pub struct Parameter(pub(super) Weights);

impl Parameter {
    /// Makes a parameter of this shape from numbers in row-major order.
    ///
    /// # Errors
    /// [`Error::Device`](crate::Error::Device) when the count is wrong or the device is out of memory.
    pub fn new(values: Vec<f32>, shape: &[usize]) -> Result<Self> {
        Ok(Parameter(Weights::new(values, shape)?))
    }

    /// Returns PyTorch's shape, such as `[out, in]` or `[out, in, height, width]`.
    pub fn shape(&self) -> &[usize] {
        self.0.shape()
    }

    /// Returns the numbers, row-major.
    pub fn values(&self) -> Arc<Vec<f32>> {
        self.0.values()
    }

    /// Changes the numbers in place.
    pub fn update(&mut self, change: impl FnOnce(&mut [f32])) {
        self.0.update(change);
    }
}
