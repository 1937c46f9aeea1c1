//! Boundary-equilibrium GAN (Berthelot et al. 2017).
//!
//! D is an auto-encoder, and the score of a sample v is its reconstruction error
//! $\mathcal{L}(v) = \tfrac1n\sum_i |v_i - D(v)_i|$. D learns to reconstruct real samples and, with the weight k,
//! *not* to reconstruct generated ones:
//!
//! $$ L_D = \mathbb{E}_x[\mathcal{L}(x)] - k_t\,\mathbb{E}_z[\mathcal{L}(G(z))], \qquad
//!    L_G = \mathbb{E}_z[\mathcal{L}(G(z))] $$
//! $$ k_{t+1} = \min(1, \max(0,\; k_t + \lambda_k(\gamma\,\mathcal{L}(x) - \mathcal{L}(G(z))))) $$
//! $$ M = \mathcal{L}(x) + |\gamma\,\mathcal{L}(x) - \mathcal{L}(G(z))| $$
//!
//! k is adjusted so that 𝓛(G(z)) stays at γ𝓛(x). M measures convergence: it falls as real samples are
//! reconstructed better and that balance is kept.

use crate::error::{Error, Result};
use crate::gan::objective::{MeanOutputs, Measurement, Objective};
use crate::tensor::scores::mean;
use crate::tensor::{Loss, Scores};
use serde::{Deserialize, Serialize};

/// The objective at one value of k.
///
/// ```
/// use ganscope::gan::{Began, MeanOutputs, Objective, Scores};
/// use ganscope::tensor::Batch;
/// let began = Began { gamma: 0.5, lambda_k: 0.01, k: 0.2 };
/// let error = |e| Scores::of(Batch::new(vec![e], 1, 1)?.record());
/// assert!((began.discriminator(error(0.3)?, error(0.4)?).value() - 0.22).abs() < 1e-6);
/// // Generated samples are reconstructed worse than γ times the real ones, so k falls.
/// let errors = MeanOutputs { real: 0.3, generated: 0.4, slope: None };
/// assert!((began.next(&errors).k - (0.2 + 0.01 * (0.15 - 0.4))).abs() < 1e-12);
/// assert!((began.convergence(0.3, 0.4) - 0.55).abs() < 1e-12);
/// # Ok::<(), ganscope::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Began {
    /// γ, the diversity ratio: the error of generated samples relative to that of real ones that k aims at.
    pub gamma: f64,
    /// λ_k, the learning rate of k.
    pub lambda_k: f64,
    /// k; in a configuration, its initial value.
    pub k: f64,
}

impl Default for Began {
    fn default() -> Self {
        Self {
            gamma: 0.5,
            lambda_k: 0.001,
            k: 0.0,
        }
    }
}

impl Began {
    /// Returns the convergence measure M for the mean errors 𝓛(x) and 𝓛(G(z)).
    pub fn convergence(&self, real: f64, generated: f64) -> f64 {
        real + (self.gamma * real - generated).abs()
    }
}

impl Objective for Began {
    fn discriminator(&self, real: Scores, generated: Scores) -> Loss {
        mean(real) + mean(generated) * -self.k
    }

    fn generator(&self, generated: Scores) -> Loss {
        mean(generated)
    }

    fn reconstructs(&self) -> bool {
        true
    }

    /// A reconstruction error determines no probability.
    fn probability(&self, _: f64) -> Option<f64> {
        None
    }

    fn equilibrium(&self) -> Option<f64> {
        None
    }

    /// k and the convergence measure M.
    fn measurements(&self, means: &MeanOutputs) -> Vec<Measurement> {
        vec![
            Measurement {
                key: "k",
                value: self.k,
            },
            Measurement {
                key: "convergence",
                value: self.convergence(means.real, means.generated),
            },
        ]
    }

    /// The same objective with the next k.
    fn next(&self, means: &MeanOutputs) -> Self {
        let k = self.k + self.lambda_k * (self.gamma * means.real - means.generated);
        Began {
            k: k.clamp(0.0, 1.0),
            ..*self
        }
    }

    fn validate(&self) -> Result<()> {
        let settings = [
            ("gamma", self.gamma),
            ("lambda_k", self.lambda_k),
            ("k", self.k),
        ];
        match settings.iter().find(|(_, v)| !(0.0..=1.0).contains(v)) {
            None => Ok(()),
            Some((name, value)) => Err(Error::setting(
                format!("objective.{name}"),
                format!("objective.{name} must be in [0, 1], not {value}"),
            )),
        }
    }
}
