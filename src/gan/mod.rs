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

use crate::error::{Error, Result};
use crate::tensor::columns::columns;
use crate::tensor::{Batch, Recording, Scalar, Tensor, logistic, restoration};
use dfdx::shapes::{Axes2, Rank0};
use dfdx::tensor_ops::MeanTo;
use serde::{Deserialize, Serialize};

/// D's raw outputs for a batch, `[n, 1]`, on the tape.
pub struct Scores(Tensor<Recording>);

impl Scores {
    /// D's first output; any others are Q's.
    ///
    /// # Errors
    /// [`Error::Device`] when the device is out of memory.
    pub fn of(outputs: Batch<Recording>) -> Result<Self> {
        let score = match outputs.columns() {
            1 => outputs,
            _ => columns(outputs, 0..1)?,
        };
        Ok(Scores(score.into_tensor()?))
    }

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

    /// The same scores for another loss, on a tape that a sum of both losses joins.
    pub fn again(&self) -> Self {
        use dfdx::tensor::WithEmptyTape;
        Scores(self.0.with_empty_tape())
    }

    /// The numbers.
    pub fn values(&self) -> Vec<f32> {
        self.0.as_vec()
    }
}

/// A loss, on the tape.
pub struct Loss(Scalar<Recording>);

impl Loss {
    /// Its value.
    pub fn value(&self) -> f64 {
        self.0.as_vec()[0] as f64
    }

    /// The scalar to run backwards from.
    pub fn into_scalar(self) -> Scalar<Recording> {
        self.0
    }
}

impl std::ops::Add for Loss {
    type Output = Loss;
    fn add(self, other: Loss) -> Loss {
        Loss(self.0 + other.0)
    }
}

impl std::ops::Mul<f64> for Loss {
    type Output = Loss;
    fn mul(self, factor: f64) -> Loss {
        Loss(self.0 * factor as f32)
    }
}

impl std::ops::Add<f64> for Loss {
    type Output = Loss;
    fn add(self, constant: f64) -> Loss {
        Loss(self.0 + constant as f32)
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

/// The cross-entropy of scores as logits against the target probability t.
fn cross_entropy(scores: Scores, target: f64) -> Loss {
    Loss(logistic::cross_entropy(scores.0, target as f32))
}

/// Refuses what cannot weigh a term of a loss.
fn weight(setting: &str, value: f64) -> Result<()> {
    match value >= 0.0 && (value as f32).is_finite() {
        true => Ok(()),
        false => Err(Error::setting(
            setting,
            format!("{setting} must be at least 0 and finite in single precision, not {value}"),
        )),
    }
}

/// E[s].
fn mean(scores: Scores) -> Loss {
    Loss(scores.0.mean::<Rank0, Axes2<0, 1>>())
}

/// E[(s − t)²].
fn squared_error(scores: Scores, target: f64) -> Loss {
    Loss(
        (scores.0 - target as f32)
            .square()
            .mean::<Rank0, Axes2<0, 1>>(),
    )
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
    /// [`Error::Config`] naming the setting.
    pub fn validate(&self) -> Result<()> {
        match *self {
            ObjectiveConfig::Gan(Saturating { label_smoothing: s })
            | ObjectiveConfig::Nsgan(NonSaturating { label_smoothing: s }) => {
                match (0.0..1.0).contains(&s) {
                    true => Ok(()),
                    false => Err(Error::setting(
                        "objective.label_smoothing",
                        format!("objective.label_smoothing must be in [0, 1), not {s}"),
                    )),
                }
            }
            ObjectiveConfig::Lsgan(LeastSquares { a, b, c }) => {
                match a.is_finite() && b.is_finite() && c.is_finite() && a != b {
                    true => Ok(()),
                    false => Err(Error::setting(
                        "objective",
                        format!(
                            "objective.a, b and c must be finite and a different from b, not {a}, {b}, {c}"
                        ),
                    )),
                }
            }
            ObjectiveConfig::Began(Began { gamma, lambda_k, k }) => {
                let settings = [("gamma", gamma), ("lambda_k", lambda_k), ("k", k)];
                match settings.iter().find(|(_, v)| !(0.0..=1.0).contains(v)) {
                    None => Ok(()),
                    Some((name, value)) => Err(Error::setting(
                        format!("objective.{name}"),
                        format!("objective.{name} must be in [0, 1], not {value}"),
                    )),
                }
            }
            ObjectiveConfig::Wgan(_)
            | ObjectiveConfig::Hinge(_)
            | ObjectiveConfig::Relativistic(_) => Ok(()),
        }
    }
}
