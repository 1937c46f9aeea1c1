//! Information theory in f64: knows nothing of networks.

mod conditional;
pub mod discrete;
pub mod divergence;
mod estimate;
pub mod exact;
pub mod gaussian;
pub mod histogram;
mod kd_tree;
pub mod kernel;
mod kind;
mod knn;
mod knn_divergence;
mod knn_entropy;
mod ksg;
mod local_nonuniformity;
pub mod measure;
mod mixed;
mod neighbours;
pub mod quadrature;
pub mod resampling;
mod sample;
mod unit;

pub use conditional::conditional_information;
pub use divergence::{jensen_shannon, optimal_discriminator};
pub use estimate::Estimate;
pub(crate) use estimate::NO_ERROR;
pub use kind::Kind;
pub use knn::Knn;
pub use knn_divergence::divergence_knn;
pub use knn_entropy::entropy_knn;
pub use ksg::{Ksg, ksg};
pub use local_nonuniformity::local_nonuniformity;
pub use mixed::{discrete_continuous, mixture_conditional_information, mixture_information};
pub use neighbours::Norm;
pub use sample::Sample;
pub use unit::{Bits, Nats, Unit};
