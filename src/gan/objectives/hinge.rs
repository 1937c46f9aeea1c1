//! The hinge loss (Lim & Ye 2017), with which SNGAN, SAGAN and BigGAN were trained.
//!
//! $$ L_D = \mathbb{E}_x[\max(0, 1 - D(x))] + \mathbb{E}_z[\max(0, 1 + D(G(z)))], \qquad
//!    L_G = -\mathbb{E}_z[D(G(z))] $$
//!
//! L_D ignores samples that D already classifies with a margin of 1.

use crate::gan::objective::Objective;
use crate::tensor::scores::mean;
use crate::tensor::{Loss, Scores};
use serde::{Deserialize, Serialize};

/// The hinge loss with a margin of 1 for real and for generated samples.
///
/// ```
/// use ganscope::gan::{Hinge, Objective, Scores};
/// use ganscope::tensor::Batch;
/// let scores = |s| Scores::of(Batch::new(s, 2, 1)?.record());
/// // Real: max(0, 1 − 3) and max(0, 1 − ½); generated: max(0, 1 − 2) and max(0, 1 + 1).
/// let l_d = Hinge {}.discriminator(scores(vec![3.0, 0.5])?, scores(vec![-2.0, 1.0])?);
/// assert!((l_d.value() - (0.25 + 1.0)).abs() < 1e-6);
/// # Ok::<(), ganscope::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hinge {}

impl Objective for Hinge {
    fn discriminator(&self, real: Scores, generated: Scores) -> Loss {
        let below = |s: Scores| mean((s * -1.0 + 1.0).relu());
        let above = |s: Scores| mean((s + 1.0).relu());
        below(real) + above(generated)
    }

    fn generator(&self, generated: Scores) -> Loss {
        mean(generated) * -1.0
    }

    /// The optimal D is the sign of p_r − p_θ, which does not determine their ratio.
    fn probability(&self, _: f64) -> Option<f64> {
        None
    }

    /// At equilibrium every constant in [−1, 1] is an optimal D.
    fn equilibrium(&self) -> Option<f64> {
        Some(2.0)
    }
}
