//! The original GAN in its minimax form (Goodfellow et al. 2014, eq. 1).
//!
//! $$ L_D = -\mathbb{E}_x[\log D(x)] - \mathbb{E}_z[\log(1 - D(G(z)))] $$
//! $$ L_G = \mathbb{E}_z[\log(1 - D(G(z)))] $$
//!
//! with D(x) = σ(s) of the score s. For an optimal D, −L_D = 2·JSD(p_r‖p_θ) − ln 4. L_G *saturates*: its
//! gradient with respect to the score is −σ(s), which vanishes where D is certain that a sample is generated.

use crate::error::{Error, Result};
use crate::gan::objective::Objective;
use crate::tensor::logistic::cross_entropy;
use crate::tensor::{Loss, Scores};
use serde::{Deserialize, Serialize};

/// D and G play for the same value function.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Saturating {
    /// Amount by which the target for real samples lies below 1 (one-sided, Salimans et al. 2016); 0 for no
    /// smoothing.
    pub label_smoothing: f64,
}

impl Objective for Saturating {
    fn discriminator(&self, real: Scores, generated: Scores) -> Loss {
        discriminator(real, generated, self.label_smoothing)
    }

    fn generator(&self, generated: Scores) -> Loss {
        cross_entropy(generated, 0.0) * -1.0
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

/// L_D of the saturating and of the non-saturating form.
pub(super) fn discriminator(real: Scores, generated: Scores, smoothing: f64) -> Loss {
    cross_entropy(real, 1.0 - smoothing) + cross_entropy(generated, 0.0)
}

pub(super) fn sigmoid(score: f64) -> f64 {
    1.0 / (1.0 + (-score).exp())
}

/// L_D where p_θ = p_r: D is then constant at half the target for real samples; ln 4 without smoothing.
pub(super) fn equilibrium(smoothing: f64) -> f64 {
    let target = 1.0 - smoothing;
    let d = target / 2.0;
    -target * d.ln() - (1.0 - target) * (1.0 - d).ln() - (1.0 - d).ln()
}

pub(super) fn check_smoothing(smoothing: f64) -> Result<()> {
    if (0.0..1.0).contains(&smoothing) {
        return Ok(());
    }
    Err(Error::setting(
        "objective.label_smoothing",
        format!("objective.label_smoothing must be in [0, 1), not {smoothing}"),
    ))
}
