//! ganscope: an executable reading of an article on the interpretability of GANs.
//!
//! A module uses only modules above it in this list; `ARCHITECTURE.md` says what each holds.

mod error;
pub mod files;
pub mod random;

pub mod tensor;

pub mod data;

pub mod info;

pub mod nn;

pub mod optim;

pub mod gan;

pub mod evaluate;

pub mod train;

pub mod interpret;

pub mod explain;
pub mod report;

pub mod study;

pub mod claims;

mod display;
pub mod prelude;

#[cfg(feature = "cli")]
pub mod cli;

pub use error::{Error, Result};

/// The README's example runs.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
