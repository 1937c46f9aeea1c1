//! Information theory in f64: knows nothing of networks.

pub mod divergence;
pub mod quadrature;
mod unit;

pub use divergence::{jensen_shannon, kullback_leibler, optimal_discriminator};
pub use unit::Nats;
