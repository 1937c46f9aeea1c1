//! The dfdx types that this room builds on, for the device of this build.

use crate::error::Error;
use dfdx::shapes::Rank0;
use dfdx::tensor::{AutoDevice, NoneTape, OwnedTape};

/// dfdx's device of this build: the CPU, or a GPU with the feature `cuda`.
pub type Device = AutoDevice;
/// A matrix `[rows, columns]` of `f32` on the device.
pub type Tensor<T = NoneTape> = dfdx::tensor::Tensor<(usize, usize), f32, Device, T>;
/// A tape that records operations for the backward pass.
pub type Recording = OwnedTape<f32, Device>;
/// A single `f32` on the device.
pub type Scalar<T = Recording> = dfdx::tensor::Tensor<Rank0, f32, Device, T>;
#[cfg(not(feature = "cuda"))]
pub(super) use dfdx::tensor::CpuError as DeviceError;
#[cfg(feature = "cuda")]
pub(super) use dfdx::tensor::CudaError as DeviceError;

/// A tape of either kind: [`Recording`], or dfdx's `NoneTape` for inference.
pub trait Tape: dfdx::tensor::Tape<f32, Device> + 'static {}
impl<T: dfdx::tensor::Tape<f32, Device> + 'static> Tape for T {}

/// Returns the device of this thread. (A CUDA stream belongs to one thread.)
pub fn device() -> Device {
    thread_local!(static DEVICE: Device = Device::default());
    DEVICE.with(Device::clone)
}

impl From<DeviceError> for Error {
    fn from(error: DeviceError) -> Self {
        Error::Device(error.to_string())
    }
}
