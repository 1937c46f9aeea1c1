//! A number that is not finite, and where it was found.

use crate::error::Error;
use crate::nn::Network;

/// Place where a number is not finite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NotFinite {
    /// Name of the network.
    pub network: String,
    /// Layer, as [`Network::describe`] writes it.
    pub layer: String,
    /// Quantity that is not finite, such as `a gradient`.
    pub quantity: String,
}

impl NotFinite {
    /// A number that belongs to a layer of `network`.
    pub fn in_layer(network: &Network, layer: String, quantity: &str) -> Self {
        NotFinite {
            network: network.name().into(),
            layer,
            quantity: quantity.into(),
        }
    }

    /// The loss of `player`, which is computed from the outputs of D.
    pub fn in_loss(player: &str, d: &Network) -> Self {
        let last = d.spec().layers.len().saturating_sub(1).to_string();
        let quantity = format!("the {player}'s loss, which is computed from this output,");
        Self::in_layer(d, d.describe(&last), &quantity)
    }

    /// The first weight of `network` that is not finite, if there is one.
    pub fn in_weights(network: &Network) -> Option<Self> {
        let parameters = network.parameters();
        let broken = |parameter: &crate::tensor::Parameter| {
            parameter.values().iter().any(|v| !v.is_finite())
        };
        let (name, _) = parameters.iter().find(|(_, p)| broken(p))?;
        Some(Self::in_layer(network, network.describe(name), "a weight"))
    }

    /// The error that ends a run at `step`.
    pub fn into_error(self, step: u64, remedy: String) -> Error {
        Error::Diverged {
            step,
            network: self.network,
            layer: self.layer,
            what: self.quantity,
            remedy,
        }
    }
}
