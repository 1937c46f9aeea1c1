//! A batch of activations on the tape.

use super::device::{Recording, Tape, Tensor, device};
use super::loss::Loss;
use crate::error::Result;
use dfdx::shapes::{Axes2, HasShape, Rank0};
use dfdx::tensor::{NoneTape, PutTape, SplitTape, TensorFromVec};
use dfdx::tensor_ops::MeanTo;
#[cfg(not(feature = "cuda"))]
use {super::buffer::Buffer, super::parameter, std::sync::Arc};

/// A matrix of activations `[rows, columns]`, one row a sample.
///
/// On the CPU the numbers are on the host, where our kernels borrow them (dfdx lends no slice of a
/// tensor's value), and `key` is what dfdx's tape knows the batch by: a tensor of that shape but
/// with a single number behind it. A whole tensor is made where dfdx's own operations need one.
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
    key: Tensor<T>,
    #[cfg(not(feature = "cuda"))]
    host: Arc<Buffer>,
}

impl Batch<NoneTape> {
    /// A batch of `rows × columns` numbers, row-major.
    ///
    /// # Errors
    /// [`Error::Device`](crate::Error::Device) when the count is wrong or the device is out of memory.
    pub fn new(values: Vec<f32>, rows: usize, columns: usize) -> Result<Self> {
        #[cfg(not(feature = "cuda"))]
        return match values.len() == rows * columns {
            true => Batch::of(values.into(), rows, columns),
            false => Err(dfdx::tensor::CpuError::WrongNumElements.into()),
        };
        #[cfg(feature = "cuda")]
        Ok(Batch {
            key: device().try_tensor_from_vec(values, (rows, columns))?,
        })
    }

    #[cfg(not(feature = "cuda"))]
    pub(super) fn of(values: Buffer, rows: usize, columns: usize) -> Result<Self> {
        Ok(Batch {
            key: parameter::key(rows, columns)?,
            host: Arc::new(values),
        })
    }

    /// Starts recording: what is computed from the result can be differentiated.
    pub fn record(self) -> Batch<Recording> {
        self.with_tape(Recording::default())
    }

    /// The same batch with `tape`.
    pub(crate) fn with_tape<T>(self, tape: T) -> Batch<T> {
        Batch {
            key: self.key.put_tape(tape),
            #[cfg(not(feature = "cuda"))]
            host: self.host,
        }
    }
}

impl<T> Batch<T> {
    /// Samples in the batch.
    pub fn rows(&self) -> usize {
        self.key.shape().0
    }

    /// Numbers a sample.
    pub fn columns(&self) -> usize {
        self.key.shape().1
    }

    /// The numbers, row-major, on the host.
    pub fn values(&self) -> impl std::ops::Deref<Target = Vec<f32>> + use<T> {
        #[cfg(not(feature = "cuda"))]
        return Values(self.host.clone());
        #[cfg(feature = "cuda")]
        Box::new(super::parameter::numbers(&self.key.retaped()))
    }

    #[cfg(not(feature = "cuda"))]
    pub(super) fn host(&self) -> Arc<Buffer> {
        self.host.clone()
    }

    pub(super) fn key(&self) -> &Tensor<T> {
        &self.key
    }
}

/// Numbers that a batch shares.
#[cfg(not(feature = "cuda"))]
struct Values(Arc<Buffer>);

#[cfg(not(feature = "cuda"))]
impl std::ops::Deref for Values {
    type Target = Vec<f32>;
    fn deref(&self) -> &Vec<f32> {
        &self.0
    }
}

impl<T: Tape> Batch<T> {
    /// dfdx's tensor of these numbers, tape included.
    ///
    /// # Errors
    /// [`Error::Device`](crate::Error::Device) when the device is out of memory.
    pub fn into_tensor(self) -> Result<Tensor<T>> {
        #[cfg(not(feature = "cuda"))]
        {
            let (key, mut tape) = self.key.split_tape();
            let tensor = device().try_tensor_from_vec(self.host.to_vec(), *key.shape())?;
            if T::OWNS_TAPE {
                let copy = tensor.clone();
                tape.add_backward_op(move |store| {
                    let gradient = std::mem::take(&mut **store.get_or_alloc_mut(&copy)?);
                    parameter::add_gradient(store, &key, &gradient);
                    Ok(())
                });
            }
            Ok(tensor.put_tape(tape))
        }
        #[cfg(feature = "cuda")]
        Ok(self.key)
    }

    /// Takes over a tensor that dfdx computed.
    ///
    /// # Errors
    /// [`Error::Device`](crate::Error::Device) when the device is out of memory.
    pub(crate) fn from_tensor(tensor: Tensor<T>) -> Result<Self> {
        #[cfg(not(feature = "cuda"))]
        {
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
        #[cfg(feature = "cuda")]
        Ok(Batch { key: tensor })
    }

    /// The batch without its tape, and the tape.
    pub fn split(self) -> (Batch, T) {
        let (key, tape) = self.key.split_tape();
        let batch = Batch {
            key,
            #[cfg(not(feature = "cuda"))]
            host: self.host,
        };
        (batch, tape)
    }

    /// A copy that does not record: gradients stop here.
    pub fn detached(&self) -> Batch {
        Batch {
            key: self.key.retaped(),
            #[cfg(not(feature = "cuda"))]
            host: self.host.clone(),
        }
    }
}

impl Batch<Recording> {
    /// The mean over all numbers.
    ///
    /// # Errors
    /// [`Error::Device`](crate::Error::Device) when the device fails.
    pub fn mean(self) -> Result<Loss> {
        let mean = self.into_tensor()?.try_mean::<Rank0, Axes2<0, 1>>()?;
        Ok(Loss(mean))
    }

    /// ⟨r, y⟩ for fixed numbers r of the same shape: its gradient with respect to what y = f(x) was
    /// computed from is (∂f/∂x)ᵀ r.
    ///
    /// # Errors
    /// [`Error::Device`](crate::Error::Device) when the device fails.
    pub fn dot(self, r: &Batch) -> Result<Loss> {
        #[cfg(not(feature = "cuda"))]
        {
            use super::device::Scalar;
            use dfdx::tensor::{Tape as _, TensorFrom};
            let (key, mut tape) = self.key.split_tape();
            let products = self.host.iter().zip(r.host.iter());
            let sum: f64 = products.map(|(y, r)| f64::from(*y) * f64::from(*r)).sum();
            let sum: Scalar<NoneTape> = device().try_tensor(sum as f32)?;
            let (copy, r) = (sum.clone(), r.host.clone());
            tape.add_backward_op(move |store| {
                let g = store.get_or_alloc_mut(&copy)?[0];
                let gradient: Vec<f32> = r.iter().map(|r| g * r).collect();
                parameter::add_gradient(store, &key, &gradient);
                Ok(())
            });
            Ok(Loss(sum.put_tape(tape)))
        }
        #[cfg(feature = "cuda")]
        {
            use dfdx::tensor_ops::{SumTo, TryMul};
            let products = self.key.try_mul(r.key.retaped::<Recording>())?;
            Ok(Loss(products.try_sum::<Rank0, Axes2<0, 1>>()?))
        }
    }
}

/// The result of an operation of ours on host slices: `values` as a batch with `tape`, on which
/// `backward` is recorded. It receives the result, its gradient and the store to add to.
#[cfg(not(feature = "cuda"))]
pub(super) fn recorded<T: Tape>(
    values: Buffer,
    (rows, columns): (usize, usize),
    mut tape: T,
    backward: impl FnOnce(
        &[f32],
        Buffer,
        &mut parameter::Store,
    ) -> std::result::Result<(), dfdx::tensor::CpuError>
    + 'static,
) -> Result<Batch<T>> {
    let result = Batch::of(values, rows, columns)?;
    if T::OWNS_TAPE {
        let output = result.clone();
        tape.add_backward_op(move |store| {
            // Every consumer has run by now and nobody reads this gradient again: take it.
            let gradient = parameter::take_gradient(store, &output.key, rows * columns);
            backward(&output.host, gradient, store)
        });
    }
    Ok(result.with_tape(tape))
}
