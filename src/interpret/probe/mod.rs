//! Linear probes: what can be read linearly from the layers of a network (Alain & Bengio 2017).
//!
//! | item | computes |
//! |---|---|
//! | [`LogisticRegression`], [`probe_classes`] | a linear classifier, and its accuracy on held-out samples |
//! | [`RidgeRegression`], [`probe_numeric`] | a linear regression, and its R² on held-out samples |
//! | [`probe_layers`], [`probe_layers_numeric`] | probes of the input and of all layers, beside those of a network with random weights |

mod features;
mod layers;
mod logistic;
mod minimize;
mod probing;
mod ridge;
mod standardize;

pub use features::Reduction;
pub use layers::{Difference, LayerProbe, LayerProbes, probe_layers, probe_layers_numeric};
pub use logistic::LogisticRegression;
pub use probing::{Probe, ProbeQuantity, ProbeSettings, probe_classes, probe_numeric};
pub use ridge::RidgeRegression;
