//! Weights, and the gradients of a backward pass.

use super::device::{Device, Tensor, device};
use super::{Batch, Loss};
use crate::error::Result;
use dfdx::tensor_ops::Backward;
use std::sync::Arc;
#[cfg(not(feature = "cuda"))]
use {super::buffer::Buffer, dfdx::shapes::Axes2, dfdx::tensor_ops::BroadcastTo};

/// dfdx's own gradient store.
pub(super) type Store = dfdx::tensor::Gradients<f32, Device>;

/// A weight tensor of any rank, in PyTorch's layout.
///
/// The numbers live on the host, where optimisers and the CPU's kernels borrow them; `key` is what
/// dfdx's tape knows the parameter by, as in [`Batch`], and on a GPU holds them too.
#[derive(Debug, Clone)]
pub struct Parameter {
    shape: Vec<usize>,
    key: Tensor,
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
        let key = match values.len() == rows * columns {
            true => key(rows, columns)?,
            false => return Err(dfdx::tensor::CpuError::WrongNumElements.into()),
        };
        #[cfg(feature = "cuda")]
        let key = dfdx::tensor::TensorFromVec::try_tensor_from_vec(
            &device(),
            values.clone(),
            (rows, columns),
        )?;
        Ok(Parameter {
            shape: shape.to_vec(),
            key,
            values: Arc::new(values),
        })
    }

    /// PyTorch's shape, `[out, in]` or `[out, in, height, width]`, say.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The numbers, row-major.
    pub fn values(&self) -> Arc<Vec<f32>> {
        self.values.clone()
    }

    /// Changes the numbers in place.
    pub fn update(&mut self, change: impl FnOnce(&mut [f32])) {
        let values = Arc::make_mut(&mut self.values);
        change(values.as_mut_slice());
        #[cfg(feature = "cuda")]
        self.key.copy_from(values);
    }

    /// The parameter as a tensor `[first, rest]` on the device.
    #[cfg(feature = "cuda")]
    pub(super) fn tensor(&self) -> Tensor {
        self.key.clone()
    }

    /// The gradient out of the store.
    #[cfg(not(feature = "cuda"))]
    pub(super) fn lent(&self, store: &mut Store) -> Lent {
        Lent::of(store, &self.key, self.values.len())
    }

    /// Where the gradient is summed during a backward pass, and whether it holds a sum already.
    #[cfg(not(feature = "cuda"))]
    pub(super) fn gradient<'a>(&self, store: &'a mut Store) -> (&'a mut [f32], bool) {
        gradient(store, &self.key, self.values.len())
    }
}

/// A tensor that is only a name on the tape: its shape is `[rows, columns]`, its storage one zero.
#[cfg(not(feature = "cuda"))]
pub(super) fn key(rows: usize, columns: usize) -> Result<Tensor> {
    use dfdx::tensor::ZerosTensor;
    let zero = device().try_zeros::<()>()?;
    Ok(zero.try_broadcast_like::<_, Axes2<0, 1>>(&(rows, columns))?)
}

/// Where the store keeps the gradient of `key`.
#[cfg(not(feature = "cuda"))]
fn slot<'a>(store: &'a mut Store, key: &Tensor) -> &'a mut Vec<f32> {
    store
        .get_or_alloc_mut(key)
        .expect("host memory: allocation aborts, never fails")
}

/// The gradient of `key`, `len` numbers, and whether it holds a sum already; if not, its numbers are
/// arbitrary and must be overwritten.
///
/// dfdx allocates a gradient as long as the storage, which for a [`key`] is 1.
#[cfg(not(feature = "cuda"))]
pub(super) fn gradient<'a>(
    store: &'a mut Store,
    key: &Tensor,
    len: usize,
) -> (&'a mut [f32], bool) {
    let slot = slot(store, key);
    let holds = slot.len() == len;
    if !holds {
        *slot = Buffer::any(len).into_vec();
    }
    (slot.as_mut_slice(), holds)
}

/// A [`gradient`] out of the store, which lends one at a time: for who computes several side by side.
#[cfg(not(feature = "cuda"))]
pub(super) struct Lent {
    key: Tensor,
    pub values: Vec<f32>,
    pub holds: bool,
}

#[cfg(not(feature = "cuda"))]
impl Lent {
    pub fn of(store: &mut Store, key: &Tensor, len: usize) -> Self {
        let (_, holds) = gradient(store, key, len);
        Lent {
            key: key.clone(),
            values: std::mem::take(slot(store, key)),
            holds,
        }
    }

    pub fn give_back(self, store: &mut Store) {
        *slot(store, &self.key) = self.values;
    }
}

/// Adds to the gradient of `key`.
#[cfg(not(feature = "cuda"))]
pub(super) fn add_gradient(store: &mut Store, key: &Tensor, change: &[f32]) {
    let (sum, holds) = gradient(store, key, change.len());
    match holds {
        true => sum.iter_mut().zip(change).for_each(|(sum, g)| *sum += g),
        false => sum.copy_from_slice(change),
    }
}

/// The gradient of a batch as a slice to add to.
#[cfg(not(feature = "cuda"))]
pub(super) fn input_gradient<'a>(store: &'a mut Store, batch: &Batch) -> (&'a mut [f32], bool) {
    gradient(store, batch.key(), batch.rows() * batch.columns())
}

/// Takes out the gradient of `key`; zeros where nothing was added.
#[cfg(not(feature = "cuda"))]
pub(super) fn take_gradient(store: &mut Store, key: &Tensor, len: usize) -> Buffer {
    let slot = slot(store, key);
    match slot.len() == len {
        true => Buffer::back(std::mem::take(slot)),
        false => Buffer::zeros(len),
    }
}

/// The slice of a gradient, zeroed if it held nothing: for who can only add.
#[cfg(not(feature = "cuda"))]
pub(super) fn zeroed((slice, holds): (&mut [f32], bool)) -> &mut [f32] {
    if !holds {
        slice.fill(0.0);
    }
    slice
}

/// The numbers of a tensor, row-major. (dfdx's `as_vec` walks them one by one.)
pub(super) fn numbers(tensor: &Tensor) -> Vec<f32> {
    let plain = dfdx::tensor_ops::ReshapeTo::contiguous(tensor.clone());
    let (rows, columns) = *dfdx::shapes::HasShape::shape(&plain);
    let mut numbers = vec![0.0; rows * columns];
    plain.copy_into(&mut numbers);
    numbers
}

/// The gradients of one backward pass.
pub struct Gradients(Store);

impl Gradients {
    /// Runs the tape of `loss` backwards.
    ///
    /// # Errors
    /// [`Error::Device`](crate::Error::Device) when the device fails.
    pub fn of(loss: Loss) -> Result<Self> {
        Ok(Gradients(loss.0.try_backward()?))
    }

    /// Takes out the gradient of a parameter; zeros where the loss does not depend on it.
    ///
    /// # Errors
    /// [`Error::Device`](crate::Error::Device) when the device fails.
    pub fn take(&mut self, parameter: &Parameter) -> Result<Vec<f32>> {
        #[cfg(not(feature = "cuda"))]
        return Ok(take_gradient(&mut self.0, &parameter.key, parameter.values.len()).into_vec());
        #[cfg(feature = "cuda")]
        self.take_tensor(&parameter.key)
    }

    /// Gives a gradient's memory back for the next step.
    pub(crate) fn done_with(gradient: Vec<f32>) {
        #[cfg(not(feature = "cuda"))]
        drop(Buffer::back(gradient));
        #[cfg(feature = "cuda")]
        drop(gradient);
    }

    /// Takes out the gradient of a batch that took part in the recording.
    ///
    /// # Errors
    /// [`Error::Device`](crate::Error::Device) when the device fails.
    pub fn take_input(&mut self, batch: &Batch) -> Result<Vec<f32>> {
        #[cfg(not(feature = "cuda"))]
        {
            let len = batch.rows() * batch.columns();
            Ok(take_gradient(&mut self.0, batch.key(), len).into_vec())
        }
        #[cfg(feature = "cuda")]
        self.take_tensor(batch.key())
    }

    /// The gradient of a tensor of dfdx's own.
    ///
    /// # Errors
    /// [`Error::Device`](crate::Error::Device) when the device fails.
    pub fn take_tensor(&mut self, tensor: &Tensor) -> Result<Vec<f32>> {
        self.0.get_or_alloc_mut(tensor)?;
        Ok(numbers(&self.0.get(tensor)))
    }
}
