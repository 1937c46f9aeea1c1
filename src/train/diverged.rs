//! Where a number stopped being finite.

use super::Trainer;
use super::doctor::divergence::verdict;
use crate::error::{Error, Result};
use crate::tensor::Batch;

impl Trainer {
    /// Where a number stopped being finite: the first layer in the order of computation; else the
    /// layer whose gradient did, or, without one, the loss.
    pub(super) fn diverged(
        &self,
        network: &str,
        layer: Option<String>,
        z: Batch,
        seen: &[Batch],
    ) -> Error {
        let error = |network: &str, layer, what: &str| self.broken(network, layer, what);
        let g = &self.generator.network;
        if let Ok(Some((layer, what))) = g.first_not_finite(z) {
            return error("generator", layer, what);
        }
        for x in seen {
            let found = self.discriminator.network.first_not_finite(x.clone());
            if let Ok(Some((layer, what))) = found {
                return error("discriminator", layer, what);
            }
        }
        match layer {
            Some(layer) => error(network, layer, "a gradient"),
            None => {
                let d = &self.discriminator.network;
                let last = d.spec().layers.len().saturating_sub(1).to_string();
                let what = format!("the {network}'s loss on its output");
                error(d.name(), d.describe(&last), &what)
            }
        }
    }

    /// Refuses weights that are not finite: the last update may have made them so, and no step has
    /// used them yet.
    pub(super) fn check_weights(&self) -> Result<()> {
        for player in [&self.generator, &self.discriminator] {
            for (name, parameter) in player.network.parameters() {
                if parameter.values().iter().any(|v| !v.is_finite()) {
                    let network = &player.network;
                    let layer = network.describe(&name);
                    return Err(self.broken(network.name(), layer, "a weight"));
                }
            }
        }
        Ok(())
    }

    fn broken(&self, network: &str, layer: String, what: &str) -> Error {
        Error::Diverged {
            step: self.step,
            network: network.into(),
            layer,
            what: what.into(),
            remedy: verdict(self, network, &[]),
        }
    }
}
