//! Information theory in f64: knows nothing of networks.

pub mod divergence;
mod estimate;
pub mod quadrature;
mod sample;
mod unit;

pub use divergence::{jensen_shannon, kullback_leibler, optimal_discriminator};
pub use estimate::Estimate;
pub use sample::Sample;
pub use unit::{Bits, Nats, Unit};
