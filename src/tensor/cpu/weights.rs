//! The weights of a layer in host memory.

use super::gradient::{Gradient, OwnedGradient, key, take_gradient};
use crate::error::Result;
use crate::tensor::device::{Store, Tensor};
use dfdx::tensor::CpuError;
use std::sync::Arc;

/// The numbers of a [`Parameter`](crate::tensor::Parameter) and the key by which the tape knows it.
#[derive(Debug, Clone)]
pub struct Weights {
    shape: Vec<usize>,
    key: Tensor,
    values: Arc<Vec<f32>>,
}

impl Weights {
    pub fn new(values: Vec<f32>, shape: &[usize]) -> Result<Self> {
        let rows = shape.first().copied().unwrap_or(1);
        let columns = shape.iter().skip(1).product();
        if values.len() != rows * columns {
            return Err(CpuError::WrongNumElements.into());
        }
        Ok(Weights {
            shape: shape.to_vec(),
            key: key(rows, columns)?,
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
        change(Arc::make_mut(&mut self.values).as_mut_slice());
    }

    /// Borrows the gradient of the weights from the store.
    pub fn gradient<'a>(&self, store: &'a mut Store) -> Gradient<'a> {
        Gradient::of(store, &self.key, self.values.len())
    }

    /// Takes the gradient of the weights out of the store for parallel work.
    pub fn own_gradient(&self, store: &mut Store) -> OwnedGradient {
        OwnedGradient::take(store, &self.key, self.values.len())
    }

    pub fn take_gradient(&self, store: &mut Store) -> Result<Vec<f32>> {
        Ok(take_gradient(store, &self.key, self.values.len()).into_vec())
    }
}
