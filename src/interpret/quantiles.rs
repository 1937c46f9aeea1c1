//! Quantiles of measured values, and the bootstrap interval of a median (Efron 1979).

use std::fmt;

use crate::info::resampling::quantile;
use crate::random::{Stream, rng};
use rand::RngExt;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// Probability with which a bootstrap interval should contain the median.
pub(super) const LEVEL: f64 = 0.95;
/// Largest number of resamples of a bootstrap.
const MAX_RESAMPLES: usize = 100_000;

/// Quantiles of a set of values, by linear interpolation between order statistics.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Quantiles {
    /// Number of values.
    pub n: usize,
    /// Smallest value.
    pub minimum: f64,
    /// The 5 % quantile.
    pub q05: f64,
    /// The 25 % quantile.
    pub q25: f64,
    /// The 50 % quantile.
    pub median: f64,
    /// The 75 % quantile.
    pub q75: f64,
    /// The 95 % quantile.
    pub q95: f64,
    /// Largest value.
    pub maximum: f64,
}

impl Quantiles {
    /// Computes the quantiles of finite values; `None` if there are no values.
    ///
    /// ```
    /// use ganscope::interpret::Quantiles;
    /// let quantiles = Quantiles::of(&[4.0, 1.0, 3.0, 2.0, 5.0]).unwrap();
    /// assert_eq!((quantiles.minimum, quantiles.q25, quantiles.median), (1.0, 2.0, 3.0));
    /// assert!((quantiles.q95 - 4.8).abs() < 1e-12);
    /// assert!(Quantiles::of(&[]).is_none());
    /// ```
    pub fn of(values: &[f64]) -> Option<Quantiles> {
        if values.is_empty() {
            return None;
        }
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let at = |q| quantile(&sorted, q);
        Some(Quantiles {
            n: sorted.len(),
            minimum: at(0.0),
            q05: at(0.05),
            q25: at(0.25),
            median: at(0.5),
            q75: at(0.75),
            q95: at(0.95),
            maximum: at(1.0),
        })
    }
}

impl fmt::Display for Quantiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "median {:.3}, 90 % of values between {:.3} and {:.3}, all between {:.3} and {:.3}",
            self.median, self.q05, self.q95, self.minimum, self.maximum
        )
    }
}

/// The median; NaN if there are no values.
pub(super) fn median(values: &[f64]) -> f64 {
    Quantiles::of(values).map_or(f64::NAN, |quantiles| quantiles.median)
}

/// The percentile interval of `statistic` over resampled sets, each drawn with replacement and of the same size.
pub(super) fn bootstrap(
    sets: &[&[f64]],
    resamples: usize,
    seed: u64,
    statistic: impl Fn(&[Vec<f64>]) -> f64 + Sync,
) -> Result<(f64, f64)> {
    if !(2..=MAX_RESAMPLES).contains(&resamples) {
        return Err(Error::Usage(format!(
            "a bootstrap interval cannot be computed from {resamples} resamples; use between 2 and 100,000, such as 200"
        )));
    }
    let replicate = |i: usize| {
        let mut rng = rng(seed, Stream::Bootstrap, i as u64);
        let mut drawn = |set: &&[f64]| -> Vec<f64> {
            let place = |_| set[rng.random_range(0..set.len())];
            (0..set.len()).map(place).collect()
        };
        statistic(&sets.iter().map(&mut drawn).collect::<Vec<_>>())
    };
    let mut replicates: Vec<f64> = (0..resamples).into_par_iter().map(replicate).collect();
    replicates.sort_by(f64::total_cmp);
    let tail = (1.0 - LEVEL) / 2.0;
    Ok((
        quantile(&replicates, tail),
        quantile(&replicates, 1.0 - tail),
    ))
}

/// The percentile interval of the median.
pub(super) fn bootstrap_median(values: &[f64], resamples: usize, seed: u64) -> Result<(f64, f64)> {
    bootstrap(&[values], resamples, seed, |drawn| median(&drawn[0]))
}
