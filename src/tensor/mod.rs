//! The only room that touches dfdx's device and tape.
//!
//! dfdx provides the device, the tape and the element-wise operations. What it lacks on stable Rust is
//! defined here as operations recorded on its tape: convolutions, dense layers with bias and activation
//! fused, batch and layer norm, and the derivatives of all of them along a direction ([`tangent`]).
//!
//! The public functions have one documentation and two implementations with the same signatures. The
//! folder `cpu/` computes on host slices with the crate `gemm` and rayon; the folder `cuda/`, which the
//! feature `cuda` selects, composes dfdx's own operations ([`composed`]). The tests compare the two on
//! the CPU, where `composed` is compiled as well.
//!
//! All activations are matrices `[batch, features]`; an image is a row in channel-height-width order,
//! so flattening and reshaping cost nothing.

pub mod activation;
mod backend;
mod batch;
pub mod columns;
pub mod composed;
pub mod conv;
#[cfg(not(feature = "cuda"))]
mod cpu;
#[cfg(feature = "cuda")]
mod cuda;
pub mod dense;
mod device;
pub mod features;
pub(crate) mod gemm;
mod geometry;
mod gradients;
mod groups;
mod lanes;
pub mod logistic;
mod loss;
mod moments;
pub mod mutual_information;
mod needs;
pub mod normal;
pub mod normalize;
pub mod operator;
mod parameter;
pub mod pool;
pub mod resample;
pub mod restoration;
pub mod scores;
pub mod softmax;
pub mod sum;
pub mod tangent;
mod taps;
mod threads;

pub use batch::Batch;
pub use device::{Device, Recording, Scalar, Tape, Tensor, device};
pub use gradients::Gradients;
pub use loss::Loss;
pub use needs::Needs;
pub use parameter::Parameter;
pub use scores::Scores;
pub use threads::use_threads;
