//! The original GAN with the loss of G that is used in practice (Goodfellow et al. 2014, section 3).
//!
//! $$ L_D = -\mathbb{E}_x[\log D(x)] - \mathbb{E}_z[\log(1 - D(G(z)))] $$
//! $$ L_G = -\mathbb{E}_z[\log D(G(z))] $$
//!
//! L_D is that of the minimax form. The gradient of L_G with respect to the score is σ(s) − 1, which is largest
//! where D is certain that a sample is generated.

use super::saturating::{check_smoothing, discriminator, equilibrium, sigmoid};
use crate::error::Result;
use crate::gan::objective::Objective;
use crate::tensor::logistic::cross_entropy;
use crate::tensor::{Loss, Scores};
use serde::{Deserialize, Serialize};

/// G maximises log D(G(z)).
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NonSaturating {
    /// Amount by which the target for real samples lies below 1 (one-sided, Salimans et al. 2016); 0 for no
    /// smoothing.
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

    fn scores_are_logits(&self) -> bool {
        true
    }

    fn equilibrium(&self) -> Option<f64> {
        Some(equilibrium(self.label_smoothing))
    }

    fn validate(&self) -> Result<()> {
        check_smoothing(self.label_smoothing)
    }
}
