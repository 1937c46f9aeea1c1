//! Inversion: the latent z from which G makes a given sample.

mod invert;
mod summary;

pub use invert::{Inversion, InversionSettings, Inversions, invert};
pub use summary::{InversionSummary, PsnrDifference};
