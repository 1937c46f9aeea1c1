//! The operations on host slices, with the crate `gemm` and rayon.
//!
//! dfdx gives no access to the slice of a tensor's value, so the numbers of an [`Array`] are in a buffer
//! of ours, and the tape knows it by a *key*: a tensor of the same shape whose storage is one zero. An
//! operation computes on the buffers and records a closure that finds the gradients by their keys.
//! Where dfdx's own operations follow, [`Array::into_tensor`] makes a real tensor and records how its
//! gradient comes back.
//!
//! Work is divided by size, never by the number of threads, and sums are added in a fixed order, so that
//! the results do not depend on the number of threads. What each operation computes is documented at its
//! public function.

mod activate;
mod array;
mod buffer;
mod columns;
mod conv;
mod correlation;
mod dense;
mod gradient;
mod logistic;
mod norm_tangent;
mod normalize;
mod patches;
mod pool;
mod resample;
mod restoration;
mod softmax;
mod sum;
mod weights;
mod winograd;

pub use activate::{activate, activate_tangent};
pub use array::Array;
pub use columns::columns;
pub use conv::{conv_transpose2d, conv2d};
pub use dense::dense;
pub use gradient::recycle;
pub use logistic::logistic_cross_entropy;
pub use norm_tangent::norm_tangent;
pub use normalize::{batch_norm, layer_norm};
pub use pool::avg_pool2d;
pub use resample::resample;
pub use restoration::reconstruction_error;
pub use softmax::softmax_cross_entropy;
pub use sum::sum;
pub use weights::Weights;
