//! Networks as data: a [`NetworkSpec`] lists layers, a [`Network`] is built from it at run time.

mod affine;
mod display;
mod init;
mod layer;
mod memory;
mod network;
pub mod presets;
mod saturation;
mod spec;
mod spectral;
mod state;
mod tangent;

pub use affine::AffineRanges;
pub use init::Initializer;
pub use network::{Network, Pass};
pub use spec::{LayerSpec, NetworkSpec};
pub use state::{StateDict, StateTensor, StateValues};
