//! What an objective has to say about itself.

use crate::error::Result;
use crate::tensor::{Batch, Recording, restoration};
use crate::tensor::{Loss, Scores};

/// The losses of D and G, and how D's scores are to be read.
///
/// The trainer, the doctor and the reports call these methods and have no special case for any objective.
/// An objective has to define its two losses, and say what is known of a probability and of the equilibrium;
/// the other methods have defaults.
pub trait Objective {
    /// L_D, the loss that D minimises.
    fn discriminator(&self, real: Scores, generated: Scores) -> Loss;

    /// L_G, the loss that G minimises.
    fn generator(&self, generated: Scores) -> Loss;

    /// L_G of pairs of a real and a generated sample, for an objective that
    /// [compares pairs](Self::compares_pairs).
    fn generator_against(&self, _real: Scores, generated: Scores) -> Loss {
        self.generator(generated)
    }

    /// Whether L_G also depends on D's scores of real samples.
    fn compares_pairs(&self) -> bool {
        false
    }

    /// Whether D is an auto-encoder, and the score of a sample is its reconstruction error.
    fn reconstructs(&self) -> bool {
        false
    }

    /// The scores of x `[n, m]`, computed from D's outputs for x: the first output, or the reconstruction error
    /// where D is an auto-encoder.
    ///
    /// # Errors
    /// [`Error::Device`](crate::Error::Device) when the device is out of memory.
    fn scores(&self, x: &Batch, outputs: Batch<Recording>) -> Result<Scores> {
        if self.reconstructs() {
            Scores::of(restoration::error(x, outputs)?)
        } else {
            Scores::of(outputs)
        }
    }

    /// P(real | x) for a score, or `None` where a score determines no probability.
    fn probability(&self, score: f64) -> Option<f64>;

    /// Whether a score is a logit, so that D(x) = σ(s) and log D(x) exists for every score.
    fn scores_are_logits(&self) -> bool {
        false
    }

    /// L_D when p_θ = p_r and D is optimal, or `None` where this is not known.
    fn equilibrium(&self) -> Option<f64>;

    /// Whether L_D has a lower bound. The loss of a critic has none, so something else has to bound its slope.
    fn is_bounded_below(&self) -> bool {
        true
    }

    /// The mean over a batch of P(real) where scores determine it, and of the scores themselves elsewhere.
    fn mean_output(&self, scores: &[f32]) -> f64 {
        let output = |&s: &f32| self.probability(s.into()).unwrap_or(s.into());
        scores.iter().map(output).sum::<f64>() / scores.len() as f64
    }

    /// Quantities that only this objective logs at each step.
    fn measurements(&self, _means: &MeanOutputs) -> Vec<Measurement> {
        Vec::new()
    }

    /// The objective of the next step, after D's mean outputs of this one. Only an objective with a state
    /// differs from itself.
    fn next(&self, _means: &MeanOutputs) -> Self
    where
        Self: Sized + Copy,
    {
        *self
    }

    /// Checks the settings of the objective.
    ///
    /// # Errors
    /// [`Error::Config`](crate::Error::Config) naming the setting.
    fn validate(&self) -> Result<()> {
        Ok(())
    }
}

/// D's [mean outputs](Objective::mean_output) in one update.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeanOutputs {
    /// Mean output on real samples.
    pub real: f64,
    /// Mean output on generated samples.
    pub generated: f64,
    /// Mean of ‖∇D‖ between real and generated samples, where a penalty
    /// [measures it there](super::PenaltyConfig::holds_slope).
    pub slope: Option<f64>,
}

/// A number that an objective logs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measurement {
    /// Key in a line of `metrics.jsonl`.
    pub key: &'static str,
    /// Value at this step.
    pub value: f64,
}
