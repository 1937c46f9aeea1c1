//! Networks built from their description: shapes, values, gradients, state.

mod common;
mod gradients;
mod layers;
mod penalties;
mod plain;
mod residual;
mod shapes;
mod spectral;
mod state;
mod tangents;
mod values;
