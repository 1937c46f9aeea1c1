//! Weights, and the gradients of a backward pass.

#[cfg(feature = "cuda")]
use super::Tensor;
use super::{Batch, Device, Recording, Scalar, device};
use crate::error::Result;
use dfdx::tensor::TensorFromVec;
use dfdx::tensor_ops::Backward;
use std::sync::Arc;

/// dfdx's own gradient store.
pub(crate) type Store = dfdx::tensor::Gradients<f32, Device>;

/// A weight tensor of any rank, in PyTorch's layout.
///
/// On the CPU the numbers live on the host, where kernels and optimisers borrow them; `key` is what
/// dfdx's tape knows the parameter by, and its value is never read.
#[derive(Debug, Clone)]
pub struct Parameter {
    shape: Vec<usize>,
    key: super::Tensor,
    #[cfg(not(feature = "cuda"))]
    values: Arc<Vec<f32>>,
}

impl Parameter {
    /// A parameter of this shape with these numbers, row-major.
    ///
    /// # Errors
    /// [`Error::Device`](crate::Error::Device) when the count is wrong or memory runs out.
    pub fn new(values: Vec<f32>, shape: &[usize]) -> Result<Self> {
        let rows = shape.first().copied().unwrap_or(1);
        let columns = shape.iter().skip(1).product();
        #[cfg(not(feature = "cuda"))]
        return Ok(Parameter {
            shape: shape.to_vec(),
            key: device().try_tensor_from_vec(vec![0.0; values.len()], (rows, columns))?,
            values: Arc::new(values),
        });
        #[cfg(feature = "cuda")]
        Ok(Parameter {
            shape: shape.to_vec(),
            key: device().try_tensor_from_vec(values, (rows, columns))?,
        })
    }

    /// PyTorch's shape, `[out, in]` or `[out, in, height, width]`, say.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The numbers, row-major.
    pub fn values(&self) -> Arc<Vec<f32>> {
        #[cfg(not(feature = "cuda"))]
        return self.values.clone();
        #[cfg(feature = "cuda")]
        Arc::new(self.key.as_vec())
    }

    /// Changes the numbers in place.
    pub fn update(&mut self, change: impl FnOnce(&mut [f32])) {
        #[cfg(not(feature = "cuda"))]
        change(Arc::make_mut(&mut self.values).as_mut_slice());
        #[cfg(feature = "cuda")]
        {
            let mut values = self.key.as_vec();
            change(&mut values);
            self.key.copy_from(&values);
        }
    }

    /// The parameter as a tensor `[first, rest]` on the device.
    #[cfg(feature = "cuda")]
    pub(crate) fn tensor(&self) -> Tensor {
        self.key.clone()
    }

    /// Where the gradient is summed during a backward pass.
    #[cfg(not(feature = "cuda"))]
    pub(crate) fn gradient<'a>(&self, store: &'a mut Store) -> &'a mut [f32] {
        store
            .get_or_alloc_mut(&self.key)
            .expect("host memory: allocation aborts rather than fails")
    }
}

/// The gradients of one backward pass.
pub struct Gradients(Store);

impl Gradients {
    /// Runs the tape of `loss` backwards.
    ///
    /// # Errors
    /// [`Error::Device`](crate::Error::Device) when the device fails.
    pub fn of(loss: Scalar<Recording>) -> Result<Self> {
        Ok(Gradients(loss.try_backward()?))
    }

    /// Takes out the gradient of a parameter; zeros where the loss does not depend on it.
    ///
    /// # Errors
    /// [`Error::Device`](crate::Error::Device) when the device fails.
    pub fn take(&mut self, parameter: &Parameter) -> Result<Vec<f32>> {
        self.take_tensor(&parameter.key)
    }

    /// Takes out the gradient of a batch that took part in the recording.
    ///
    /// # Errors
    /// [`Error::Device`](crate::Error::Device) when the device fails.
    pub fn take_input(&mut self, batch: &Batch) -> Result<Vec<f32>> {
        self.take_tensor(batch.tensor())
    }

    fn take_tensor(&mut self, tensor: &super::Tensor) -> Result<Vec<f32>> {
        #[cfg(not(feature = "cuda"))]
        return Ok(std::mem::take(&mut **self.0.get_or_alloc_mut(tensor)?));
        #[cfg(feature = "cuda")]
        {
            self.0.get_or_alloc_mut(tensor)?;
            Ok(self.0.get(tensor).as_vec())
        }
    }
}

/// Adds `change` to the gradient of an activation.
#[cfg(not(feature = "cuda"))]
pub(crate) fn input_gradient<'a>(store: &'a mut Store, batch: &Batch) -> &'a mut [f32] {
    store
        .get_or_alloc_mut(batch.tensor())
        .expect("host memory: allocation aborts rather than fails")
}
