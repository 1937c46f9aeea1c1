//! Networks from their description: shapes, values, gradients, state.

mod common;
mod gradients;
mod layers;
mod plain;
mod shapes;
mod spectral;
mod state;
mod values;
