//! ganscope: an executable reading of an article on the interpretability of GANs.

mod error;
pub mod files;
pub mod random;

pub mod data;
pub mod evaluate;
pub mod report;

pub use error::{Error, Result};
