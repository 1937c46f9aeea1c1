//! The article's adversarial regulariser R_adv (§3.3), as written and in a repaired form.
//!
//! As written, for a dataset X and n samples drawn:
//!
//! $$ R_{adv}(G) = -\frac{1}{|X|}\sum_{x \in X}\log D(x) + \frac1n\sum_{i=1}^n \log\,(1 - \varepsilon)^n $$
//!
//! Neither term depends on G, so the gradient with respect to G is exactly zero, and the second term is the
//! constant n log(1 − ε). The article describes an influence on generated images that is strongest early in
//! training and decays exponentially. The repaired form, with t the training step, has this property:
//!
//! $$ R_{adv}(G) = (1 - \varepsilon)^t\,\bigl(-\mathbb{E}_z[\log D(G(z))]\bigr) $$

use super::term_weight;
use crate::error::{Error, Result};
use crate::tensor::logistic::cross_entropy;
use crate::tensor::{Loss, Scores};
use serde::{Deserialize, Serialize};

/// The term λ R_adv, which is added to L_G.
///
/// ```
/// use ganscope::gan::{RAdv, Scores};
/// use ganscope::tensor::Batch;
/// let score = |s| Scores::of(Batch::new(vec![s], 1, 1)?.record());
/// let repaired = RAdv::Repaired { lambda: 2.0, epsilon: 0.1 };
/// // 2 · 0.9³ · ln 2 where D(x) = ½.
/// let r = repaired.of(None, score(0.0)?, 3).ok_or("none")?;
/// assert!((r.value() - 2.0 * 0.729 * 0.693_147).abs() < 1e-6);
/// // ln 2 + n ln 0.9 for n = 1, at every step.
/// let written = RAdv::AsWritten { lambda: 1.0, epsilon: 0.1 };
/// let r = written.of(Some(score(0.0)?), score(0.0)?, 3).ok_or("none")?;
/// assert!((r.value() - (0.693_147 - 0.105_361)).abs() < 1e-6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum RAdv {
    /// No regulariser. (With braces, because serde accepts unknown fields for a unit variant.)
    None {},
    /// The formula of the article, where X is the batch of real samples and n its size.
    AsWritten {
        /// Weight λ of the term; default 0.1.
        #[serde(default = "default_lambda")]
        lambda: f64,
        /// ε of the formula, in [0, 1); default 0.001.
        #[serde(default = "default_epsilon")]
        epsilon: f64,
    },
    /// The repaired form: a term on generated samples whose weight decays.
    Repaired {
        /// Weight λ of the term; default 0.1.
        #[serde(default = "default_lambda")]
        lambda: f64,
        /// Fraction ε of the weight that is lost at each step, in [0, 1); default 0.001.
        #[serde(default = "default_epsilon")]
        epsilon: f64,
    },
}

fn default_lambda() -> f64 {
    0.1
}
fn default_epsilon() -> f64 {
    1e-3
}

impl Default for RAdv {
    fn default() -> Self {
        RAdv::None {}
    }
}

impl RAdv {
    /// Checks λ and ε.
    ///
    /// # Errors
    /// [`Error::Config`] naming the setting.
    pub fn validate(&self) -> Result<()> {
        match *self {
            RAdv::AsWritten { lambda, epsilon } | RAdv::Repaired { lambda, epsilon } => {
                term_weight::check("r_adv.lambda", lambda)?;
                if (0.0..1.0).contains(&epsilon) {
                    return Ok(());
                }
                Err(Error::setting(
                    "r_adv.epsilon",
                    format!("r_adv.epsilon must be in [0, 1), not {epsilon}"),
                ))
            }
            RAdv::None {} => Ok(()),
        }
    }

    /// Whether the term depends on D's scores of real samples.
    pub fn reads_real(&self) -> bool {
        matches!(self, RAdv::AsWritten { .. })
    }

    /// Returns the term at step t, computed from D's scores (logits of D(x)). Returns `None` where there is no
    /// regulariser, and where the scores of real samples are missing although the term
    /// [depends](Self::reads_real) on them.
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
