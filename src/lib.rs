//! ganscope: an executable reading of an article on the interpretability of GANs.
//!
//! A module uses only modules above it in this list.

mod error;
pub mod files;
pub mod random;

pub mod tensor;

pub mod data;

pub mod nn;

pub mod optim;

pub mod gan;

pub use error::{Error, Result};
