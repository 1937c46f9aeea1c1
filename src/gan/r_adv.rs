//! The article's adversarial regulariser R_adv (§3.3), as written and repaired.
//!
//! As written, over a data set X, with n the number of samplings:
//!
//! $$ R_{adv}(G) = -\frac{1}{|X|}\sum_{x \in X}\log D(x) + \frac1n\sum_{i=1}^n \log\,(1 - \varepsilon)^n $$
//!
//! G stands in neither term, so its gradient is exactly zero; and the second is the constant
//! n log(1 − ε). What the article says of it (a pull on generated images that is strongest early and
//! decays exponentially) is true of the repaired form, with t the training step:
//!
//! $$ R_{adv}(G) = (1 - \varepsilon)^t\,\bigl(-\mathbb{E}_z[\log D(G(z))]\bigr) $$

use super::{Loss, Scores, cross_entropy};
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};

/// λ R_adv, added to L_G.
///
/// ```
/// use ganscope::gan::{RAdv, Scores};
/// use ganscope::tensor::Batch;
/// let score = |s| Scores::of(Batch::new(vec![s], 1, 1)?.record());
/// let repaired = RAdv::Repaired { lambda: 2.0, epsilon: 0.1 };
/// // 2 · 0.9³ · ln 2 where D cannot tell.
/// let r = repaired.of(None, score(0.0)?, 3).ok_or("none")?;
/// assert!((r.value() - 2.0 * 0.729 * 0.693_147).abs() < 1e-6);
/// // ln 2 + n ln 0.9 for n = 1, whatever the step.
/// let written = RAdv::AsWritten { lambda: 1.0, epsilon: 0.1 };
/// let r = written.of(Some(score(0.0)?), score(0.0)?, 3).ok_or("none")?;
/// assert!((r.value() - (0.693_147 - 0.105_361)).abs() < 1e-6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum RAdv {
    /// Left out. (Braces, because serde lets a unit variant pass with unknown fields.)
    None {},
    /// In the article's symbols; X and n are the batch.
    AsWritten {
        #[serde(default = "tenth")]
        lambda: f64,
        #[serde(default = "thousandth")]
        epsilon: f64,
    },
    /// On generated samples, with a weight that decays.
    Repaired {
        #[serde(default = "tenth")]
        lambda: f64,
        #[serde(default = "thousandth")]
        epsilon: f64,
    },
}

fn tenth() -> f64 {
    0.1
}
fn thousandth() -> f64 {
    1e-3
}

impl Default for RAdv {
    fn default() -> Self {
        RAdv::None {}
    }
}

impl RAdv {
    /// Refuses settings that mean nothing.
    ///
    /// # Errors
    /// [`Error::Config`] naming the setting.
    pub fn validate(&self) -> Result<()> {
        match *self {
            RAdv::AsWritten { lambda, epsilon } | RAdv::Repaired { lambda, epsilon } => {
                super::weight("r_adv.lambda", lambda)?;
                match (0.0..1.0).contains(&epsilon) {
                    true => Ok(()),
                    false => Err(Error::setting(
                        "r_adv.epsilon",
                        format!("r_adv.epsilon must be in [0, 1), not {epsilon}"),
                    )),
                }
            }
            RAdv::None {} => Ok(()),
        }
    }

    /// Whether it looks at D's scores of real samples.
    pub fn reads_real(&self) -> bool {
        matches!(self, RAdv::AsWritten { .. })
    }

    /// The term at step t, from D's scores (logits of D(x)); none where it is left out, or lacks the
    /// [real](Self::reads_real) scores.
    pub fn of(&self, real: Option<Scores>, generated: Scores, t: u64) -> Option<Loss> {
        let decay = |epsilon: f64| (t as f64 * (-epsilon).ln_1p()).exp();
        match *self {
            RAdv::None {} => None,
            RAdv::AsWritten { lambda, epsilon } => {
                let real = real?;
                let n = real.values().len() as f64;
                let constant = n * (-epsilon).ln_1p();
                Some((cross_entropy(real, 1.0) + constant) * lambda)
            }
            RAdv::Repaired { lambda, epsilon } => {
                Some(cross_entropy(generated, 1.0) * (lambda * decay(epsilon)))
            }
        }
    }
}
