//! A matrix of activations in host memory.

use super::buffer::Buffer;
use super::gradient::{Gradient, OwnedGradient, key, take_gradient};
use crate::error::Result;
use crate::tensor::device::{Recording, Scalar, Store, Tape, Tensor, device};
use dfdx::shapes::HasShape;
use dfdx::tensor::{CpuError, NoneTape, PutTape, SplitTape, Tape as _, TensorFrom, TensorFromVec};
use std::ops::Deref;
use std::sync::Arc;

/// The numbers of a [`Batch`](crate::tensor::Batch) and the key by which the tape knows it.
#[derive(Debug, Clone)]
pub struct Array<T = NoneTape> {
    key: Tensor<T>,
    host: Arc<Buffer>,
}

impl Array {
    pub fn new(values: Vec<f32>, rows: usize, columns: usize) -> Result<Self> {
        if values.len() != rows * columns {
            return Err(CpuError::WrongNumElements.into());
        }
        Array::of(values.into(), rows, columns)
    }

    /// Makes an array of a buffer, which has `rows × columns` numbers.
    fn of(values: Buffer, rows: usize, columns: usize) -> Result<Self> {
        Ok(Array {
            key: key(rows, columns)?,
            host: Arc::new(values),
        })
    }

    pub fn with_tape<T>(self, tape: T) -> Array<T> {
        Array {
            key: self.key.put_tape(tape),
            host: self.host,
        }
    }

    /// Borrows the gradient of the array from the store.
    pub fn gradient<'a>(&self, store: &'a mut Store) -> Gradient<'a> {
        Gradient::of(store, &self.key, self.host.len())
    }

    /// Takes the gradient of the array out of the store for parallel work.
    pub fn own_gradient(&self, store: &mut Store) -> OwnedGradient {
        OwnedGradient::take(store, &self.key, self.host.len())
    }

    pub fn take_gradient(&self, store: &mut Store) -> Result<Vec<f32>> {
        Ok(take_gradient(store, &self.key, self.host.len()).into_vec())
    }
}

impl<T> Array<T> {
    pub fn rows(&self) -> usize {
        self.key.shape().0
    }

    pub fn columns(&self) -> usize {
        self.key.shape().1
    }

    pub fn values(&self) -> impl Deref<Target = Vec<f32>> + use<T> {
        SharedValues(self.host.clone())
    }

    /// Returns the numbers, shared with this array.
    pub fn host(&self) -> Arc<Buffer> {
        self.host.clone()
    }
}

/// Numbers shared with an array.
struct SharedValues(Arc<Buffer>);

impl Deref for SharedValues {
    type Target = Vec<f32>;
    fn deref(&self) -> &Vec<f32> {
        &self.0
    }
}

impl<T: Tape> Array<T> {
    pub fn into_tensor(self) -> Result<Tensor<T>> {
        let (key, mut tape) = self.key.split_tape();
        let tensor = device().try_tensor_from_vec(self.host.to_vec(), *key.shape())?;
        if T::OWNS_TAPE {
            let copy = tensor.clone();
            tape.add_backward_op(move |store| {
                let gradient = std::mem::take(&mut **store.get_or_alloc_mut(&copy)?);
                Gradient::of(store, &key, gradient.len()).add(&gradient);
                Ok(())
            });
        }
        Ok(tensor.put_tape(tape))
    }

    pub fn from_tensor(tensor: Tensor<T>) -> Result<Self> {
        let (rows, columns) = *tensor.shape();
        let (tensor, tape) = tensor.split_tape();
        let values = tensor.as_vec().into();
        recorded(values, (rows, columns), tape, move |_, gradient, store| {
            // A tensor of dfdx's own has a gradient of full size.
            let sum = store.get_or_alloc_mut(&tensor)?;
            sum.iter_mut()
                .zip(gradient.iter())
                .for_each(|(sum, g)| *sum += g);
            Ok(())
        })
    }

    pub fn split(self) -> (Array, T) {
        let (key, tape) = self.key.split_tape();
        let host = self.host;
        (Array { key, host }, tape)
    }

    pub fn detached(&self) -> Array {
        Array {
            key: self.key.retaped(),
            host: self.host.clone(),
        }
    }
}

impl Array<Recording> {
    pub fn dot(self, r: &Array) -> Result<Scalar> {
        let (y, mut tape) = self.split();
        let products = y.host.iter().zip(r.host.iter());
        let sum: f64 = products.map(|(y, r)| f64::from(*y) * f64::from(*r)).sum();
        let sum: Scalar<NoneTape> = device().try_tensor(sum as f32)?;
        let (copy, r) = (sum.clone(), r.host.clone());
        tape.add_backward_op(move |store| {
            let g = store.get_or_alloc_mut(&copy)?[0];
            let gradient: Vec<f32> = r.iter().map(|r| g * r).collect();
            y.gradient(store).add(&gradient);
            Ok(())
        });
        Ok(sum.put_tape(tape))
    }
}

/// Makes an array of the result of an operation, with `tape`, on which `backward` is recorded.
///
/// `backward` receives the result, its gradient and the store whose gradients it adds to.
pub fn recorded<T: Tape>(
    values: Buffer,
    (rows, columns): (usize, usize),
    mut tape: T,
    backward: impl FnOnce(&[f32], Buffer, &mut Store) -> std::result::Result<(), CpuError> + 'static,
) -> Result<Array<T>> {
    let result = Array::of(values, rows, columns)?;
    if T::OWNS_TAPE {
        let output = result.clone();
        tape.add_backward_op(move |store| {
            // All operations that read the result have run by now, so its gradient is complete.
            let gradient = take_gradient(store, &output.key, rows * columns);
            backward(&output.host, gradient, store)
        });
    }
    Ok(result.with_tape(tape))
}
