//! The effect of an intervention, compared with the effects of random interventions of the same size.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{minus, short};
use crate::interpret::intervals::{bootstrap_mean, mean};

/// The effects of random sets, with which one effect is compared.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct NullEffects {
    /// Number of random sets.
    pub sets: usize,
    /// Mean of their effects.
    pub mean: f64,
    /// Range between the k-th smallest and the k-th largest of their effects.
    pub range: (f64, f64),
    /// Probability that the effect of one more random set is inside the range: 1 − 2k/(sets + 1). It is 0.95, or less if
    /// there are fewer than 39 other sets.
    pub coverage: f64,
}

/// The effect on one quantity.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct EffectSize {
    /// Mean effect over the samples, in units of the quantity.
    pub effect: f64,
    /// Interval of 95 % by the bootstrap over the samples.
    pub interval: (f64, f64),
    /// The effects of random sets on the same samples.
    pub null: NullEffects,
    /// Whether the effect is outside the range of random sets.
    pub is_outside: bool,
}

impl EffectSize {
    /// The mean of the effects on the samples, compared with the mean effects of random sets, of which there is at least 1.
    pub(super) fn of(effects: &[f64], null: &[f64], resamples: usize, seed: u64) -> Self {
        let effect = mean(effects);
        let mut sorted = null.to_vec();
        sorted.sort_by(f64::total_cmp);
        // With k = 2.5 % of (sets + 1), the effect of one more random set is below the k-th smallest of the others with
        // probability 2.5 %.
        let k = ((0.025 * (sorted.len() as f64 + 1.0)).floor() as usize).max(1);
        let range = (sorted[k - 1], sorted[sorted.len() - k]);
        EffectSize {
            effect,
            interval: bootstrap_mean(effects, resamples, seed),
            null: NullEffects {
                sets: sorted.len(),
                mean: mean(&sorted),
                range,
                coverage: (1.0 - 2.0 * k as f64 / (sorted.len() as f64 + 1.0)).max(0.0),
            },
            is_outside: effect < range.0 || effect > range.1,
        }
    }
}

impl fmt::Display for EffectSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (low, high) = self.interval;
        let NullEffects {
            sets,
            mean,
            range,
            coverage,
        } = self.null;
        write!(
            f,
            "{} (95 % interval {} to {}), {} the range of {sets} random sets, {} to {} ({:.0} % coverage; mean {})",
            digits(self.effect),
            digits(low),
            digits(high),
            if self.is_outside { "outside" } else { "inside" },
            digits(range.0),
            digits(range.1),
            100.0 * coverage,
            digits(mean)
        )
    }
}

/// Three significant digits, also for small numbers, whose differences matter here.
fn digits(v: f64) -> String {
    let size = v.abs();
    if (1e-6..0.1).contains(&size) {
        let decimals = 2 + (-size.log10().floor()).max(0.0) as usize;
        minus(format!("{v:.decimals$}"))
    } else if size > 0.0 && size < 1e-6 {
        minus(format!("{v:.2e}"))
    } else {
        short(v)
    }
}
