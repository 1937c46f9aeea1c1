//! The score by which the best checkpoint of a run is chosen.

use super::losses::Losses;
use super::nullable;
use super::trainer::Trainer;
use crate::error::Result;
use crate::evaluate::{PROTOCOL_N, mode_coverage, points};
use serde::{Deserialize, Serialize};

/// Quality of a checkpoint relative to the others of its run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Quantity that was measured.
    pub measure: String,
    /// Value of the quantity; lower is better. NaN where nothing was measured, which is never the best.
    #[serde(deserialize_with = "nullable::number")]
    pub value: f64,
}

impl Score {
    /// Scores the trainer as it is now. Where the density of the data is known, the score is the reverse KL divergence
    /// in nats plus the fraction of samples that are not of high quality. Elsewhere it is the difference of D's mean
    /// outputs on real and on generated samples, which is 0 for a perfect G.
    ///
    /// # Errors
    /// [`Error::Device`](crate::Error::Device) when the device fails.
    pub(super) fn of(trainer: &Trainer, losses: &Losses) -> Result<Score> {
        let Some(mixture) = trainer.data.mixture() else {
            return Ok(Score {
                measure:
                    "absolute difference between D's mean outputs on real and on generated samples"
                        .into(),
                value: (losses.d_real - losses.d_fake).abs(),
            });
        };
        let samples = trainer.sample(PROTOCOL_N, trainer.config.seed)?;
        let value = match mode_coverage(points(&samples.values, 2)?, mixture) {
            Ok(found) => found.reverse_kl_nats + 1.0 - found.high_quality,
            Err(_) => f64::MAX,
        };
        Ok(Score {
            measure: "reverse KL + (1 - high quality)".into(),
            value,
        })
    }
}
