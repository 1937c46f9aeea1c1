//! A batch of activations.

use super::backend::Array;
use super::device::{Recording, Tape, Tensor};
use super::loss::Loss;
use crate::error::Result;
use dfdx::shapes::{Axes2, Rank0};
use dfdx::tensor::NoneTape;
use dfdx::tensor_ops::MeanTo;

/// A matrix of activations `[rows, columns]` with one sample per row, recorded on a tape or not.
///
/// ```
/// use ganscope::tensor::Batch;
/// let x = Batch::new(vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 2, 3)?;
/// assert_eq!((x.rows(), x.columns()), (2, 3));
/// assert_eq!(x.values()[3], 4.0);
/// # Ok::<(), ganscope::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Batch<T = NoneTape>(pub(super) Array<T>);

impl Batch<NoneTape> {
    /// Makes a batch of `rows × columns` numbers, row-major.
    ///
    /// # Errors
    /// [`Error::Device`](crate::Error::Device) when the count is wrong or the device is out of memory.
    pub fn new(values: Vec<f32>, rows: usize, columns: usize) -> Result<Self> {
        Ok(Batch(Array::new(values, rows, columns)?))
    }

    /// Starts recording: what is computed from the returned batch can be differentiated.
    pub fn record(self) -> Batch<Recording> {
        self.with_tape(Recording::default())
    }

    /// Returns the same batch with `tape`.
    pub(crate) fn with_tape<T>(self, tape: T) -> Batch<T> {
        Batch(self.0.with_tape(tape))
    }
}

impl<T> Batch<T> {
    /// Number of samples in the batch.
    pub fn rows(&self) -> usize {
        self.0.rows()
    }

    /// Number of features per sample.
    pub fn columns(&self) -> usize {
        self.0.columns()
    }

    /// Returns the numbers on the host, row-major.
    pub fn values(&self) -> impl std::ops::Deref<Target = Vec<f32>> + use<T> {
        self.0.values()
    }
}

impl<T: Tape> Batch<T> {
    /// Makes a dfdx tensor of these numbers, with the tape.
    ///
    /// # Errors
    /// [`Error::Device`](crate::Error::Device) when the device is out of memory.
    pub fn into_tensor(self) -> Result<Tensor<T>> {
        self.0.into_tensor()
    }

    /// Makes a batch of a tensor that dfdx computed, with the tape.
    ///
    /// # Errors
    /// [`Error::Device`](crate::Error::Device) when the device is out of memory.
    pub(crate) fn from_tensor(tensor: Tensor<T>) -> Result<Self> {
        Ok(Batch(Array::from_tensor(tensor)?))
    }

    /// Separates the batch from its tape.
    pub fn split(self) -> (Batch, T) {
        let (batch, tape) = self.0.split();
        (Batch(batch), tape)
    }

    /// Returns a copy that is not recorded: no gradient flows through it.
    pub fn detached(&self) -> Batch {
        Batch(self.0.detached())
    }
}

impl Batch<Recording> {
    /// Computes the mean over all numbers.
    ///
    /// # Errors
    /// [`Error::Device`](crate::Error::Device) when the device fails.
    pub fn mean(self) -> Result<Loss> {
        let mean = self.into_tensor()?.try_mean::<Rank0, Axes2<0, 1>>()?;
        Ok(Loss(mean))
    }

    /// Computes ⟨r, y⟩ for fixed numbers r of the same shape.
    ///
    /// Its gradient with respect to the x that y = f(x) was computed from is (∂f/∂x)ᵀ r.
    ///
    /// # Errors
    /// [`Error::Device`](crate::Error::Device) when the device fails.
    pub fn dot(self, r: &Batch) -> Result<Loss> {
        Ok(Loss(self.0.dot(&r.0)?))
    }
}
