//! Networks as data: a [`NetworkSpec`] lists the layers, and a [`Network`] is built from it at run time.
//!
//! | file | holds |
//! |---|---|
//! | [`layers`] | one file per layer, and the list of all layers |
//! | `layer` | what a layer has to define |
//! | `spec`, `plan`, `limits`, `memory` | the description of a network, and its checks of shapes, sizes and memory |
//! | `network`, `run`, `pass` | the network at run time, how it is applied, and what a forward pass is for |
//! | `init` | distributions of the initial weights |
//! | `spectral`, `spectral_norms` | spectral normalisation, and the norms of all layers |
//! | `parts` | a network as two networks that are applied one after the other |
//! | `tangent`, `jacobian`, `saturation` | derivatives of a network, and its saturated activations |
//! | `state_dict`, `network_state` | named tensors in a file, and a network's weights in them |
//! | [`presets`] | the networks that a dataset gets when a configuration names none |

mod init;
mod jacobian;
mod layer;
pub mod layers;
mod limits;
mod memory;
mod network;
mod network_state;
mod parts;
mod pass;
mod plan;
pub mod presets;
mod run;
mod saturation;
mod spec;
mod spectral;
mod spectral_norms;
mod state_dict;
mod tangent;

pub use init::Initializer;
pub use layers::LayerSpec;
pub use network::Network;
pub use pass::Pass;
pub use spec::NetworkSpec;
pub use state_dict::{StateDict, StateTensor, StateValues};
pub use tangent::Trace;
