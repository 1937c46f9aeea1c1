//! What is measured in a training step, and the mean over an interval of the log.

use super::nullable;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Measurements of one training step.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Losses {
    /// Loss of D, in the objective's own unit.
    #[serde(deserialize_with = "nullable::number")]
    pub d_loss: f64,
    /// Loss of G, in the objective's own unit.
    #[serde(deserialize_with = "nullable::number")]
    pub g_loss: f64,
    /// Mean of P(real) that D assigns to real samples, or the mean score for an objective whose scores determine no
    /// probability.
    #[serde(deserialize_with = "nullable::number")]
    pub d_real: f64,
    /// The same mean for generated samples.
    #[serde(deserialize_with = "nullable::number")]
    pub d_fake: f64,
    /// Euclidean norm of D's gradient before clipping.
    #[serde(deserialize_with = "nullable::number")]
    pub grad_norm_d: f64,
    /// Euclidean norm of G's gradient before clipping.
    #[serde(deserialize_with = "nullable::number")]
    pub grad_norm_g: f64,
    /// Measurements that only some configurations have, such as a penalty, BEGAN's k or the information of codes.
    #[serde(deserialize_with = "nullable::numbers")]
    pub extra: BTreeMap<String, f64>,
}

impl Losses {
    /// Adds a measurement that only some configurations have.
    pub(super) fn measure(&mut self, key: &str, value: f64) {
        self.extra.insert(key.into(), value);
    }
}

/// Sums since the last line of the log. They are part of a checkpoint, because schedules use their means.
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
        for (key, value) in &l.extra {
            *s.extra.entry(key.clone()).or_default() += value;
        }
        self.steps += 1.0;
    }

    /// The means, or `None` when the interval has no step.
    pub fn means_if_any(&self) -> Option<Losses> {
        (self.steps > 0.0).then(|| self.means())
    }

    /// The means; all are 0 when the interval has no step.
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
