//! Intervals of 95 %: Wilson's for a proportion (Wilson 1927), percentiles of the bootstrap (Efron 1979) for the rest.

use rand::RngExt;
use rayon::prelude::*;

use crate::error::{Error, Result, thousands};
use crate::info::resampling::quantile;
use crate::random::{Stream, rng};

/// The 97.5 % quantile of N(0, 1).
pub(crate) const Z: f64 = 1.959_963_984_540_054;

/// Largest number of bootstrap resamples.
const MAXIMUM_RESAMPLES: usize = 100_000;

/// Wilson's interval for a proportion of which `successes` out of `n` ≥ 1 were observed.
///
/// $$ \frac{\hat p + z^2/2n \pm z\sqrt{\hat p(1-\hat p)/n + z^2/4n^2}}{1 + z^2/n} $$
pub(crate) fn wilson(successes: usize, n: usize) -> (f64, f64) {
    let n = n.max(1) as f64;
    let p = successes as f64 / n;
    let shrink = 1.0 + Z * Z / n;
    let centre = (p + Z * Z / (2.0 * n)) / shrink;
    let half = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt() / shrink;
    ((centre - half).max(0.0), (centre + half).min(1.0))
}

/// Percentile intervals of several statistics of `n` observations. `statistics` receives the observations that are
/// drawn with replacement and returns every statistic, always in the same order.
pub(crate) fn bootstrap(
    n: usize,
    resamples: usize,
    seed: u64,
    statistics: impl Fn(&[usize]) -> Vec<f64> + Sync,
) -> Vec<(f64, f64)> {
    let replicate = |i: usize| {
        let mut rng = rng(seed, Stream::Bootstrap, i as u64);
        let drawn: Vec<usize> = (0..n).map(|_| rng.random_range(0..n)).collect();
        statistics(&drawn)
    };
    let replicates: Vec<Vec<f64>> = (0..resamples).into_par_iter().map(replicate).collect();
    let count = replicates.first().map_or(0, Vec::len);
    let interval = |statistic: usize| {
        let mut values: Vec<f64> = replicates.iter().map(|r| r[statistic]).collect();
        values.sort_by(f64::total_cmp);
        (quantile(&values, 0.025), quantile(&values, 0.975))
    };
    (0..count).map(interval).collect()
}

/// Percentile interval of the mean of `values`, which are not empty.
pub(crate) fn bootstrap_mean(values: &[f64], resamples: usize, seed: u64) -> (f64, f64) {
    let mean =
        |drawn: &[usize]| vec![drawn.iter().map(|&i| values[i]).sum::<f64>() / drawn.len() as f64];
    bootstrap(values.len(), resamples, seed, mean)[0]
}

/// The arithmetic mean; 0 for no values.
pub(crate) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// Refuses a number of bootstrap resamples that gives no interval or takes too long.
pub(crate) fn check_resamples(resamples: usize) -> Result<()> {
    if (2..=MAXIMUM_RESAMPLES).contains(&resamples) {
        return Ok(());
    }
    Err(Error::Usage(format!(
        "resamples, the number of bootstrap resamples for an interval, must be between 2 and {}, not {}",
        thousands(MAXIMUM_RESAMPLES as u64),
        thousands(resamples as u64)
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilson_is_as_published() {
        // Newcombe (1998), table I: 81 of 263 gives 0.2553 to 0.3662; 0 of 20 gives 0 to 0.1611.
        let (low, high) = wilson(81, 263);
        assert!(
            (low - 0.2553).abs() < 5e-5 && (high - 0.3662).abs() < 5e-5,
            "{low} {high}"
        );
        let (low, high) = wilson(0, 20);
        assert!(low == 0.0 && (high - 0.1611).abs() < 5e-5, "{low} {high}");
    }

    #[test]
    fn the_bootstrap_of_a_mean_has_its_standard_error() {
        let values: Vec<f64> = (0..400).map(|i| f64::from(i * 37 % 400)).collect();
        let (low, high) = bootstrap_mean(&values, 2000, 1);
        // The standard deviation is 400/√12, so the interval is 199.5 ± 1.96 · 400/√(12 · 400) = 199.5 ± 11.3.
        // A percentile of 2,000 resamples has a standard error of about 0.06 · 5.8 = 0.35.
        assert!((low - 188.2).abs() < 1.4 && (high - 210.8).abs() < 1.4);
    }

    #[test]
    fn wilson_intervals_agree_with_published_values() {
        // Brown, Cai & DasGupta (2001) and R's prop.test without continuity correction.
        for ((successes, n), (low, high)) in [
            ((8, 10), (0.4902, 0.9433)),
            ((0, 10), (0.0, 0.2775)),
            ((10, 10), (0.7225, 1.0)),
            ((50, 100), (0.4038, 0.5962)),
        ] {
            let found = wilson(successes, n);
            assert!(
                (found.0 - low).abs() < 1e-4 && (found.1 - high).abs() < 1e-4,
                "{found:?}"
            );
        }
    }
}
