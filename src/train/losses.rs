//! What a step measured, and its mean over an interval of the log.

use super::metrics;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What one step measured.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Losses {
    #[serde(deserialize_with = "metrics::number")]
    pub d_loss: f64,
    #[serde(deserialize_with = "metrics::number")]
    pub g_loss: f64,
    /// Mean P(real) that D gives to real samples, and to generated ones; of an objective whose scores
    /// are no probabilities, the mean score.
    #[serde(deserialize_with = "metrics::number")]
    pub d_real: f64,
    #[serde(deserialize_with = "metrics::number")]
    pub d_fake: f64,
    /// Euclidean norms of the gradients, before clipping.
    #[serde(deserialize_with = "metrics::number")]
    pub grad_norm_d: f64,
    #[serde(deserialize_with = "metrics::number")]
    pub grad_norm_g: f64,
    /// What only some configurations have: a penalty, BEGAN's k, information in bits.
    #[serde(deserialize_with = "metrics::numbers")]
    pub extra: BTreeMap<String, f64>,
}

impl Losses {
    pub(super) fn note(&mut self, name: &str, value: f64) {
        self.extra.insert(name.into(), value);
    }
}

/// Sums since the last line of the log. Part of a checkpoint: schedules look at their means.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Interval {
    steps: f64,
    sum: Losses,
}

impl Interval {
    pub fn add(&mut self, l: &Losses) {
        let s = &mut self.sum;
        for (sum, value) in [
            (&mut s.d_loss, l.d_loss),
            (&mut s.g_loss, l.g_loss),
            (&mut s.d_real, l.d_real),
            (&mut s.d_fake, l.d_fake),
            (&mut s.grad_norm_d, l.grad_norm_d),
            (&mut s.grad_norm_g, l.grad_norm_g),
        ] {
            *sum += value;
        }
        for (name, value) in &l.extra {
            *s.extra.entry(name.clone()).or_default() += value;
        }
        self.steps += 1.0;
    }

    /// The means, where there was a step.
    pub fn latest(&self) -> Option<Losses> {
        (self.steps > 0.0).then(|| self.means())
    }

    pub fn means(&self) -> Losses {
        let (s, n) = (&self.sum, self.steps.max(1.0));
        Losses {
            d_loss: s.d_loss / n,
            g_loss: s.g_loss / n,
            d_real: s.d_real / n,
            d_fake: s.d_fake / n,
            grad_norm_d: s.grad_norm_d / n,
            grad_norm_g: s.grad_norm_g / n,
            extra: s.extra.iter().map(|(k, v)| (k.clone(), v / n)).collect(),
        }
    }
}
