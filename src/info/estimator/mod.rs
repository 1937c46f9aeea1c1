//! The description of an estimator that `ganscope measure` offers, and the data that it is run on.
//!
//! Each estimator describes itself in its own file by a [`Descriptor`]; [`measure`](super::measure) lists them.

mod combine;
mod data;
mod descriptor;
mod input;
mod quantity;
mod scaling;
mod summary;

pub use data::Variable;
pub use descriptor::{Auto, Columns, Cost, Descriptor};
pub use quantity::Quantity;

pub(super) use combine::{combined, labelled, of_dimension};
pub(super) use data::{Data, JointRows, TwoSamples, stacked};
pub(super) use input::{Input, Settings};
pub(super) use scaling::{scaled_back, standardised, standardised_together, with_scaling};
pub(super) use summary::{MANY_COLUMNS, Summary};
