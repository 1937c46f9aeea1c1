//! The operations on a GPU, composed of dfdx's own.
//!
//! Every gradient is computed, whatever is needed. dfdx adds by atomic operations in no fixed order, so
//! two runs agree only to rounding.

mod activate;
mod array;
mod columns;
mod conv;
mod dense;
mod gradient;
mod logistic;
mod norm_tangent;
mod normalize;
mod pool;
mod resample;
mod restoration;
mod softmax;
mod sum;
mod weights;

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
