//! The original GAN as it is trained (Goodfellow et al. 2014, section 3).
//!
//! $$ L_D = -\mathbb{E}_x[\log D(x)] - \mathbb{E}_z[\log(1 - D(G(z)))] $$
//! $$ L_G = -\mathbb{E}_z[\log D(G(z))] $$
//!
//! The same D, but G's gradient with respect to the score is σ(s) − 1: strongest where D is
//! confident that it sees a fake.

use super::saturating::{discriminator, equilibrium, sigmoid};
use super::{Loss, Objective, Scores, cross_entropy};
use serde::{Deserialize, Serialize};

/// G maximises the probability that D is mistaken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NonSaturating {
    /// Real samples get the target 1 − this (one-sided, Salimans et al. 2016); 0 is off.
    pub label_smoothing: f64,
}

impl Objective for NonSaturating {
    fn discriminator(&self, real: Scores, generated: Scores) -> Loss {
        discriminator(real, generated, self.label_smoothing)
    }

    fn generator(&self, generated: Scores) -> Loss {
        cross_entropy(generated, 1.0)
    }

    fn probability(&self, score: f64) -> Option<f64> {
        Some(sigmoid(score))
    }

    fn equilibrium(&self) -> Option<f64> {
        Some(equilibrium(self.label_smoothing))
    }
}
