//! Relativistic pairing GAN (Jolicoeur-Martineau 2019; with R₁ and R₂: Huang et al. 2024, "R3GAN").
//!
//! $$ L_D = \mathbb{E}_{x,z}[-\log\sigma(D(x) - D(G(z)))], \qquad
//!    L_G = \mathbb{E}_{x,z}[-\log\sigma(D(G(z)) - D(x))] $$
//!
//! D only decides which sample of a pair is real. Each generated sample is compared with a real one, so G gains
//! nothing by ignoring some of the real samples.

use crate::gan::objective::Objective;
use crate::tensor::logistic::cross_entropy;
use crate::tensor::{Loss, Scores};
use serde::{Deserialize, Serialize};

/// D compares a real sample with a generated one.
///
/// ```
/// use ganscope::gan::{Objective, Relativistic, Scores};
/// use ganscope::tensor::Batch;
/// let score = |s| Scores::of(Batch::new(vec![s], 1, 1)?.record());
/// // ln(1 + e^{−2}) where the score of the real sample is higher by 2.
/// let l_d = Relativistic {}.discriminator(score(1.5)?, score(-0.5)?);
/// assert!((l_d.value() - 0.126_928).abs() < 1e-6);
/// let l_g = Relativistic {}.generator_against(score(1.5)?, score(-0.5)?);
/// assert!((l_g.value() - 2.126_928).abs() < 1e-6);
/// # Ok::<(), ganscope::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Relativistic {}

impl Objective for Relativistic {
    fn discriminator(&self, real: Scores, generated: Scores) -> Loss {
        cross_entropy(real - generated, 1.0)
    }

    /// L_G against a real sample of score 0.
    fn generator(&self, generated: Scores) -> Loss {
        cross_entropy(generated, 1.0)
    }

    fn generator_against(&self, real: Scores, generated: Scores) -> Loss {
        cross_entropy(generated - real, 1.0)
    }

    fn compares_pairs(&self) -> bool {
        true
    }

    /// Only the difference of two scores determines a probability.
    fn probability(&self, _: f64) -> Option<f64> {
        None
    }

    fn equilibrium(&self) -> Option<f64> {
        Some(std::f64::consts::LN_2)
    }
}
