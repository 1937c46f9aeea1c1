//! The operations of this room composed of dfdx's own, differentiable everywhere and slower on the CPU.
//!
//! The feature `cuda` computes with them, and the hand-written CPU kernels are tested against them.

#![allow(
    clippy::needless_pass_by_value,
    reason = "operations take tensors by value, as dfdx's own do"
)]

mod conv;
mod dense;
mod features;
mod gather;
mod losses;
mod normalize;
mod pool;
pub mod tangent;

pub use conv::{conv_transpose2d, conv2d};
pub use dense::{activate, dense};
pub use features::{columns, masked, maxout, minibatch_stddev, resample, sum, upsample_nearest};
pub use losses::{cross_entropy, restoration, softmax_cross_entropy};
pub use normalize::{batch_norm, layer_norm};
pub use pool::avg_pool2d;
