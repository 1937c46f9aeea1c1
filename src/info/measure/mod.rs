//! A quantity of a table: the choice of an estimator that fits the data, the reason for it, and the estimate.
//!
//! | quantity | variables | |
//! |---|---|---|
//! | entropy | x | H(x), differential where x is continuous |
//! | cross-entropy, kl, js | p and q, a sample of each | H(p, q), KL(p‖q), JSD(p‖q) |
//! | mi | x, y | I(x; y) |
//! | conditional-entropy | x, y | H(y \| x) |
//! | conditional-mi | x, y, z | I(x; y \| z) |
//!
//! Before distances are measured, every column is divided by its standard deviation σⱼ. This changes no divergence and
//! no mutual information; to an entropy Σ ln σⱼ is added back.
//!
//! Each estimator describes itself by a [`Descriptor`] in its own file; [`estimators`] lists them. [`Measurement`] puts
//! the steps together: choose an estimator, refuse what it cannot measure, run it, and add notes.

mod choice;
mod distances;
mod estimators;
mod linear;
mod measurement;
mod notes;
mod refusals;
mod text;

pub use super::estimator::{Auto, Columns, Cost, Descriptor, Quantity, Variable};
pub use estimators::{estimators, markdown, named};
pub use measurement::{Measured, Measurement};
