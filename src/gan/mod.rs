//! What G and D want: one file an objective, its equation above the code.
//!
//! An objective is a pure function of D's scores; what state a method needs lives in its recipe.

mod adagan;
pub mod as_written;
mod began;
pub mod bounds;
pub mod dirac;
mod hinge;
mod infogan;
mod least_squares;
mod nonsaturating;
mod penalty;
mod r_adv;
mod recipe;
mod relativistic;
mod saturating;
mod wasserstein;

pub use adagan::{Boosting, reweight};
pub use began::Began;
pub use hinge::Hinge;
pub use infogan::{Codes, Information};
pub use least_squares::LeastSquares;
pub use nonsaturating::NonSaturating;
pub use penalty::{Penalty, PenaltyConfig};
pub use r_adv::RAdv;
pub use recipe::{RECIPES, Recipe};
pub use relativistic::Relativistic;
pub use saturating::Saturating;
pub use wasserstein::Wasserstein;

pub use crate::tensor::{Loss, Scores};

use crate::error::{Error, Result};
use crate::tensor::logistic::cross_entropy;
use crate::tensor::scores::{mean, squared_error};
use crate::tensor::{Batch, Recording, restoration};
use serde::{Deserialize, Serialize};

impl Scores {
    /// The scores of x `[n, m]` by D's outputs for it: the first, or, for an auto-encoder, how badly it
    /// restored x.
    ///
    /// # Errors
    /// [`Error::Device`] when the device is out of memory.
    pub fn read(objective: &dyn Objective, x: &Batch, outputs: Batch<Recording>) -> Result<Self> {
        match objective.restores() {
            true => Scores::of(restoration::error(x, outputs)?),
            false => Scores::of(outputs),
        }
    }
}

/// The losses of D and G, and how D's scores are to be read.
pub trait Objective {
    /// L_D, to be minimised by D.
    fn discriminator(&self, real: Scores, generated: Scores) -> Loss;

    /// L_G, to be minimised by G.
    fn generator(&self, generated: Scores) -> Loss;

    /// L_G where G is judged beside real samples.
    fn generator_against(&self, _real: Scores, generated: Scores) -> Loss {
        self.generator(generated)
    }

    /// Whether G is.
    fn compares(&self) -> bool {
        false
    }

    /// Whether D is an auto-encoder, and a score its error.
    fn restores(&self) -> bool {
        false
    }

    /// P(real | x) according to a score, where the score says so much.
    fn probability(&self, score: f64) -> Option<f64>;

    /// L_D when p_θ = p_r and D is optimal.
    fn equilibrium(&self) -> Option<f64>;
}

/// Refuses what cannot weigh a term of a loss.
fn weight(setting: &str, value: f64) -> Result<()> {
    match value >= 0.0 && (value as f32).is_finite() {
        true => Ok(()),
        false => Err(Error::Usage(format!(
            "{setting} must be at least 0 and finite in single precision, not {value}"
        ))),
    }
}

/// An objective with its settings, as it stands in a configuration.
///
/// ```
/// use ganscope::gan::{LeastSquares, ObjectiveConfig};
/// let lsgan: ObjectiveConfig = serde_json::from_str(r#"{ "kind": "lsgan" }"#)?;
/// assert_eq!(lsgan, ObjectiveConfig::Lsgan(LeastSquares { a: 0.0, b: 1.0, c: 1.0 }));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum ObjectiveConfig {
    Gan(Saturating),
    Nsgan(NonSaturating),
    Lsgan(LeastSquares),
    Wgan(Wasserstein),
    Hinge(Hinge),
    Relativistic(Relativistic),
    Began(Began),
}

impl ObjectiveConfig {
    /// The objective.
    pub fn objective(&self) -> &dyn Objective {
        match self {
            ObjectiveConfig::Gan(o) => o,
            ObjectiveConfig::Nsgan(o) => o,
            ObjectiveConfig::Lsgan(o) => o,
            ObjectiveConfig::Wgan(o) => o,
            ObjectiveConfig::Hinge(o) => o,
            ObjectiveConfig::Relativistic(o) => o,
            ObjectiveConfig::Began(o) => o,
        }
    }

    /// The objective of the next step, after mean scores of real and generated samples: BEGAN's k moves.
    pub fn after(&self, real: f64, generated: f64) -> Self {
        match self {
            ObjectiveConfig::Began(game) => ObjectiveConfig::Began(game.after(real, generated)),
            other => *other,
        }
    }

    /// Its name in a configuration.
    pub fn kind(&self) -> &'static str {
        match self {
            ObjectiveConfig::Gan(_) => "gan",
            ObjectiveConfig::Nsgan(_) => "nsgan",
            ObjectiveConfig::Lsgan(_) => "lsgan",
            ObjectiveConfig::Wgan(_) => "wgan",
            ObjectiveConfig::Hinge(_) => "hinge",
            ObjectiveConfig::Relativistic(_) => "relativistic",
            ObjectiveConfig::Began(_) => "began",
        }
    }

    /// Refuses settings that mean nothing.
    ///
    /// # Errors
    /// [`Error::Usage`] naming the setting.
    pub fn validate(&self) -> Result<()> {
        match *self {
            ObjectiveConfig::Gan(Saturating { label_smoothing: s })
            | ObjectiveConfig::Nsgan(NonSaturating { label_smoothing: s }) => {
                match (0.0..1.0).contains(&s) {
                    true => Ok(()),
                    false => Err(Error::Usage(format!(
                        "objective.label_smoothing must be in [0, 1), not {s}"
                    ))),
                }
            }
            ObjectiveConfig::Lsgan(LeastSquares { a, b, c }) => {
                match a.is_finite() && b.is_finite() && c.is_finite() && a != b {
                    true => Ok(()),
                    false => Err(Error::Usage(format!(
                        "objective.a, b and c must be finite and a different from b, not {a}, {b}, {c}"
                    ))),
                }
            }
            ObjectiveConfig::Began(Began { gamma, lambda_k, k }) => {
                let settings = [("gamma", gamma), ("lambda_k", lambda_k), ("k", k)];
                match settings.iter().find(|(_, v)| !(0.0..=1.0).contains(v)) {
                    None => Ok(()),
                    Some((name, value)) => Err(Error::Usage(format!(
                        "objective.{name} must be in [0, 1], not {value}"
                    ))),
                }
            }
            ObjectiveConfig::Wgan(_)
            | ObjectiveConfig::Hinge(_)
            | ObjectiveConfig::Relativistic(_) => Ok(()),
        }
    }
}
