//! A batch of activations on the tape.

use super::{Device, Recording, Tape, Tensor, device};
use crate::error::Result;
use dfdx::shapes::{Axes2, HasShape, Rank0};
use dfdx::tensor::{NoneTape, PutTape, SplitTape, TensorFromVec, Trace};
use dfdx::tensor_ops::MeanTo;
use std::sync::Arc;

/// One number on the tape: a loss.
pub type Scalar<T = Recording> = dfdx::tensor::Tensor<Rank0, f32, Device, T>;

/// A matrix of activations `[rows, columns]`, one row a sample.
///
/// ```
/// use ganscope::tensor::Batch;
/// let x = Batch::new(vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 2, 3)?;
/// assert_eq!((x.rows(), x.columns()), (2, 3));
/// assert_eq!(x.values()[3], 4.0);
/// # Ok::<(), ganscope::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Batch<T = NoneTape> {
    tensor: Tensor<T>,
    /// The same numbers where our kernels can borrow them: dfdx lends no slice of a tensor's value.
    #[cfg(not(feature = "cuda"))]
    host: Arc<Vec<f32>>,
}

impl Batch<NoneTape> {
    /// A batch of `rows × columns` numbers, row-major.
    ///
    /// # Errors
    /// [`Error::Device`](crate::Error::Device) when the count is wrong or the device is out of memory.
    pub fn new(values: Vec<f32>, rows: usize, columns: usize) -> Result<Self> {
        #[cfg(not(feature = "cuda"))]
        {
            let host = Arc::new(values);
            let tensor = device().try_tensor_from_vec(host.to_vec(), (rows, columns))?;
            Ok(Batch { tensor, host })
        }
        #[cfg(feature = "cuda")]
        Ok(Batch {
            tensor: device().try_tensor_from_vec(values, (rows, columns))?,
        })
    }

    /// Starts recording: what is computed from the result can be differentiated.
    pub fn record(self) -> Batch<Recording> {
        self.with_tape(Recording::default())
    }

    /// The same batch with `tape`.
    pub(crate) fn with_tape<T>(self, tape: T) -> Batch<T> {
        Batch {
            tensor: self.tensor.put_tape(tape),
            #[cfg(not(feature = "cuda"))]
            host: self.host,
        }
    }
}

impl<T> Batch<T> {
    /// Samples in the batch.
    pub fn rows(&self) -> usize {
        self.tensor.shape().0
    }

    /// Numbers a sample.
    pub fn columns(&self) -> usize {
        self.tensor.shape().1
    }

    /// The numbers, row-major, on the host.
    pub fn values(&self) -> Arc<Vec<f32>> {
        #[cfg(not(feature = "cuda"))]
        return self.host.clone();
        #[cfg(feature = "cuda")]
        Arc::new(self.tensor.as_vec())
    }

    /// dfdx's tensor, tape included.
    pub fn into_tensor(self) -> Tensor<T> {
        self.tensor
    }

    /// dfdx's tensor.
    pub(crate) fn tensor(&self) -> &Tensor<T> {
        &self.tensor
    }
}

impl<T: Tape> Batch<T> {
    /// Takes over a tensor that dfdx computed.
    pub(crate) fn from_tensor(tensor: Tensor<T>) -> Self {
        Batch {
            #[cfg(not(feature = "cuda"))]
            host: Arc::new(tensor.as_vec()),
            tensor,
        }
    }

    /// The batch without its tape, and the tape.
    pub fn split(self) -> (Batch, T) {
        let (tensor, tape) = self.tensor.split_tape();
        let batch = Batch {
            tensor,
            #[cfg(not(feature = "cuda"))]
            host: self.host,
        };
        (batch, tape)
    }

    /// A copy that does not record: gradients stop here.
    pub fn detached(&self) -> Batch {
        Batch {
            tensor: self.tensor.retaped(),
            #[cfg(not(feature = "cuda"))]
            host: self.host.clone(),
        }
    }

    /// The mean over all numbers.
    ///
    /// # Errors
    /// [`Error::Device`](crate::Error::Device) when the device fails.
    pub fn mean(self) -> Result<Scalar<T>> {
        Ok(self.tensor.try_mean::<Rank0, Axes2<0, 1>>()?)
    }
}

/// The result of an operation of ours on host slices: `values` as a batch with `tape`, on which
/// `backward` is recorded. It receives the gradient of the result and the store to add to.
#[cfg(not(feature = "cuda"))]
pub(crate) fn recorded<T: Tape>(
    values: Vec<f32>,
    (rows, columns): (usize, usize),
    mut tape: T,
    backward: impl FnOnce(&[f32], Vec<f32>, &mut super::parameter::Store) + 'static,
) -> Result<Batch<T>> {
    let result = Batch::new(values, rows, columns)?;
    if T::OWNS_TAPE {
        let output = result.clone();
        tape.add_backward_op(move |store| {
            // Every consumer has run by now and nobody reads this gradient again: take it.
            let gradient = std::mem::take(&mut **store.get_or_alloc_mut(&output.tensor)?);
            backward(&output.host, gradient, store);
            Ok(())
        });
    }
    Ok(result.with_tape(tape))
}

/// Makes `trace` visible where only `Batch` is imported.
impl From<Batch> for Tensor<Recording> {
    fn from(batch: Batch) -> Self {
        batch.tensor.leaky_traced()
    }
}
