//! The weights of a layer, in host memory and on the device.

use crate::error::Result;
use crate::tensor::device::{Store, Tensor, device, to_host};
use dfdx::tensor::TensorFromVec;
use std::sync::Arc;

/// The numbers of a [`Parameter`](crate::tensor::Parameter) and their copy on the device.
#[derive(Debug, Clone)]
pub struct Weights {
    shape: Vec<usize>,
    tensor: Tensor,
    values: Arc<Vec<f32>>,
}

impl Weights {
    pub fn new(values: Vec<f32>, shape: &[usize]) -> Result<Self> {
        let rows = shape.first().copied().unwrap_or(1);
        let columns = shape.iter().skip(1).product();
        Ok(Weights {
            shape: shape.to_vec(),
            tensor: device().try_tensor_from_vec(values.clone(), (rows, columns))?,
            values: Arc::new(values),
        })
    }

    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    pub fn values(&self) -> Arc<Vec<f32>> {
        self.values.clone()
    }

    pub fn update(&mut self, change: impl FnOnce(&mut [f32])) {
        let values = Arc::make_mut(&mut self.values);
        change(values.as_mut_slice());
        self.tensor.copy_from(values);
    }

    /// Returns the weights as a tensor `[first, rest]` on the device.
    pub fn tensor(&self) -> Tensor {
        self.tensor.clone()
    }

    pub fn take_gradient(&self, store: &mut Store) -> Result<Vec<f32>> {
        store.get_or_alloc_mut(&self.tensor)?;
        Ok(to_host(&store.get(&self.tensor)))
    }
}
