//! A matrix of activations on the device.

use crate::error::Result;
use crate::tensor::device::{Recording, Scalar, Store, Tape, Tensor, device, to_host};
use dfdx::shapes::{Axes2, HasShape, Rank0};
use dfdx::tensor::{NoneTape, PutTape, SplitTape, TensorFromVec};
use dfdx::tensor_ops::{SumTo, TryMul};
use std::ops::Deref;

/// The tensor of a [`Batch`](crate::tensor::Batch).
#[derive(Debug, Clone)]
pub struct Array<T = NoneTape>(Tensor<T>);

impl Array {
    pub fn new(values: Vec<f32>, rows: usize, columns: usize) -> Result<Self> {
        Ok(Array(
            device().try_tensor_from_vec(values, (rows, columns))?,
        ))
    }

    pub fn with_tape<T>(self, tape: T) -> Array<T> {
        Array(self.0.put_tape(tape))
    }

    /// Returns the tensor, which the tape knows as this array.
    pub fn tensor(&self) -> Tensor {
        self.0.clone()
    }

    pub fn take_gradient(&self, store: &mut Store) -> Result<Vec<f32>> {
        store.get_or_alloc_mut(&self.0)?;
        Ok(to_host(&store.get(&self.0)))
    }
}

impl<T> Array<T> {
    pub fn rows(&self) -> usize {
        self.0.shape().0
    }

    pub fn columns(&self) -> usize {
        self.0.shape().1
    }

    pub fn values(&self) -> impl Deref<Target = Vec<f32>> + use<T> {
        Box::new(to_host(&self.0.retaped()))
    }
}

impl<T: Tape> Array<T> {
    pub fn into_tensor(self) -> Result<Tensor<T>> {
        Ok(self.0)
    }

    pub fn from_tensor(tensor: Tensor<T>) -> Result<Self> {
        Ok(Array(tensor))
    }

    pub fn split(self) -> (Array, T) {
        let (tensor, tape) = self.0.split_tape();
        (Array(tensor), tape)
    }

    pub fn detached(&self) -> Array {
        Array(self.0.retaped())
    }
}

impl Array<Recording> {
    pub fn dot(self, r: &Array) -> Result<Scalar> {
        let products = self.0.try_mul(r.0.retaped::<Recording>())?;
        Ok(products.try_sum::<Rank0, Axes2<0, 1>>()?)
    }
}
