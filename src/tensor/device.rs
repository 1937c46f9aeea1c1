//! dfdx's types for the device of this build, under names of our own.

use crate::error::Error;
use dfdx::shapes::{HasShape, Rank0};
use dfdx::tensor::{AutoDevice, NoneTape, OwnedTape};
use dfdx::tensor_ops::ReshapeTo;

/// dfdx's device of this build: the CPU, or a GPU with the feature `cuda`.
pub type Device = AutoDevice;
/// A matrix `[rows, columns]` of `f32` on the device.
pub type Tensor<T = NoneTape> = dfdx::tensor::Tensor<(usize, usize), f32, Device, T>;
/// A tape that records operations for the backward pass.
pub type Recording = OwnedTape<f32, Device>;
/// A single `f32` on the device.
pub type Scalar<T = Recording> = dfdx::tensor::Tensor<Rank0, f32, Device, T>;
/// dfdx's gradients of one backward pass, by the tensor that they belong to.
pub(super) type Store = dfdx::tensor::Gradients<f32, Device>;
#[cfg(not(feature = "cuda"))]
use dfdx::tensor::CpuError as DeviceError;
#[cfg(feature = "cuda")]
use dfdx::tensor::CudaError as DeviceError;

/// A tape of either kind: [`Recording`], or dfdx's `NoneTape` for inference.
pub trait Tape: dfdx::tensor::Tape<f32, Device> + 'static {}
impl<T: dfdx::tensor::Tape<f32, Device> + 'static> Tape for T {}

/// Returns the device of this thread. (A CUDA stream belongs to one thread.)
pub fn device() -> Device {
    thread_local!(static DEVICE: Device = Device::default());
    DEVICE.with(Device::clone)
}

/// Copies a tensor to the host, row-major. (dfdx's `as_vec` is slow: it visits the numbers one by one.)
pub(super) fn to_host(tensor: &Tensor) -> Vec<f32> {
    let contiguous = ReshapeTo::contiguous(tensor.clone());
    let (rows, columns) = *contiguous.shape();
    let mut numbers = vec![0.0; rows * columns];
    contiguous.copy_into(&mut numbers);
    numbers
}

impl From<DeviceError> for Error {
    fn from(error: DeviceError) -> Self {
        Error::Device(error.to_string())
    }
}
