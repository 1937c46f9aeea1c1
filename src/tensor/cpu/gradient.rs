//! The gradients of keys during a backward pass.

use super::buffer::Buffer;
use crate::error::Result;
use crate::tensor::device::{Store, Tensor, device};
use dfdx::shapes::Axes2;
use dfdx::tensor::ZerosTensor;
use dfdx::tensor_ops::BroadcastTo;

/// Makes a key: a tensor of shape `[rows, columns]` whose storage is one zero.
pub fn key(rows: usize, columns: usize) -> Result<Tensor> {
    let zero = device().try_zeros::<()>()?;
    Ok(zero.try_broadcast_like::<_, Axes2<0, 1>>(&(rows, columns))?)
}

/// Returns the vector in which the store keeps the gradient of `key`.
fn slot<'a>(store: &'a mut Store, key: &Tensor) -> &'a mut Vec<f32> {
    store
        .get_or_alloc_mut(key)
        .expect("an allocation of host memory aborts when it fails, and returns no error")
}

/// The gradient of a key, borrowed from the store to be added to.
pub struct Gradient<'a> {
    values: &'a mut [f32],
    has_sum: bool,
}

impl<'a> Gradient<'a> {
    /// Borrows the gradient of `key`, which has `len` numbers.
    ///
    /// dfdx allocates a gradient as long as the storage, which is 1 for a [`key`].
    pub fn of(store: &'a mut Store, key: &Tensor, len: usize) -> Self {
        let slot = slot(store, key);
        let has_sum = slot.len() == len;
        if !has_sum {
            *slot = Buffer::any(len).into_vec();
        }
        Gradient {
            values: slot.as_mut_slice(),
            has_sum,
        }
    }

    /// Returns the slice to add to: zeros if nothing has been added yet.
    pub fn sum(self) -> &'a mut [f32] {
        if !self.has_sum {
            self.values.fill(0.0);
        }
        self.values
    }

    /// Adds `change`.
    pub fn add(self, change: &[f32]) {
        if self.has_sum {
            let sums = self.values.iter_mut();
            sums.zip(change).for_each(|(sum, g)| *sum += g);
        } else {
            self.values.copy_from_slice(change);
        }
    }
}

/// A gradient taken out of the store, which lends only one at a time, so that several can be computed in
/// parallel.
pub struct OwnedGradient {
    key: Tensor,
    /// The numbers, which are arbitrary unless `has_sum`.
    pub values: Vec<f32>,
    /// Whether the values are a sum to add to. Otherwise they must be overwritten.
    pub has_sum: bool,
}

impl OwnedGradient {
    /// Takes the gradient of `key`, which has `len` numbers, out of the store.
    pub fn take(store: &mut Store, key: &Tensor, len: usize) -> Self {
        let has_sum = Gradient::of(store, key, len).has_sum;
        OwnedGradient {
            key: key.clone(),
            values: std::mem::take(slot(store, key)),
            has_sum,
        }
    }

    /// Returns the slice to add to: zeros if nothing has been added yet.
    pub fn sum(&mut self) -> &mut [f32] {
        let gradient = Gradient {
            values: &mut self.values,
            has_sum: self.has_sum,
        };
        gradient.sum()
    }

    /// Puts the gradient back into the store.
    pub fn put_back(self, store: &mut Store) {
        *slot(store, &self.key) = self.values;
    }
}

/// Takes out the gradient of `key`, which has `len` numbers: zeros where nothing was added.
pub fn take_gradient(store: &mut Store, key: &Tensor, len: usize) -> Buffer {
    let slot = slot(store, key);
    if slot.len() == len {
        Buffer::back(std::mem::take(slot))
    } else {
        Buffer::zeros(len)
    }
}

/// Returns the memory of a gradient to the pool.
pub fn recycle(gradient: Vec<f32>) {
    drop(Buffer::back(gradient));
}
