//! Boundary-equilibrium GAN (Berthelot et al. 2017).
//!
//! D is an auto-encoder, and what is scored is how badly it restores a sample v:
//! $\mathcal{L}(v) = \tfrac1n\sum_i |v_i - D(v)_i|$. D learns to restore real samples and, as far as k
//! says, *not* the generated ones:
//!
//! $$ L_D = \mathbb{E}_x[\mathcal{L}(x)] - k_t\,\mathbb{E}_z[\mathcal{L}(G(z))], \qquad
//!    L_G = \mathbb{E}_z[\mathcal{L}(G(z))] $$
//! $$ k_{t+1} = \min(1, \max(0,\; k_t + \lambda_k(\gamma\,\mathcal{L}(x) - \mathcal{L}(G(z))))) $$
//! $$ M = \mathcal{L}(x) + |\gamma\,\mathcal{L}(x) - \mathcal{L}(G(z))| $$
//!
//! The controller holds 𝓛(G(z)) at γ𝓛(x); M, which falls as the two are met, measures convergence.

use super::{Loss, Objective, Scores, mean};
use serde::{Deserialize, Serialize};

/// The game at one value of k; [`after`](Self::after) is the game of the next step.
///
/// ```
/// use ganscope::gan::{Began, Objective, Scores};
/// use ganscope::tensor::Batch;
/// let game = Began { gamma: 0.5, lambda_k: 0.01, k: 0.2 };
/// let error = |e| Scores::of(Batch::new(vec![e], 1, 1)?.record());
/// assert!((game.discriminator(error(0.3)?, error(0.4)?).value() - 0.22).abs() < 1e-6);
/// // Generated samples are restored too badly: D has to press them less.
/// assert!((game.after(0.3, 0.4).k - (0.2 + 0.01 * (0.15 - 0.4))).abs() < 1e-12);
/// assert!((game.convergence(0.3, 0.4) - 0.55).abs() < 1e-12);
/// # Ok::<(), ganscope::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Began {
    /// γ, the diversity: how much worse than real samples generated ones may be restored.
    pub gamma: f64,
    /// λ_k, the learning rate of k.
    pub lambda_k: f64,
    /// k at the start.
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
    /// The game after mean errors 𝓛(x) and 𝓛(G(z)).
    pub fn after(&self, real: f64, generated: f64) -> Self {
        let k = self.k + self.lambda_k * (self.gamma * real - generated);
        Began {
            k: k.clamp(0.0, 1.0),
            ..*self
        }
    }

    /// M.
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

    fn restores(&self) -> bool {
        true
    }

    /// An error of reconstruction says nothing of a probability.
    fn probability(&self, _: f64) -> Option<f64> {
        None
    }

    fn equilibrium(&self) -> Option<f64> {
        None
    }
}
