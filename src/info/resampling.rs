//! Permutation tests, the bootstrap, and subsampling.

use rand::RngExt;
use rand::seq::SliceRandom;
use rayon::prelude::*;

pub use super::rows::Rows;

use super::{Estimate, Nats};
use crate::error::{Error, Result, counted_are, short};
use crate::random::{Stream, rng};

/// The result of a [`permutation_test`].
#[derive(Debug, Clone, PartialEq)]
pub struct Permutations {
    /// The estimate from the data as they are.
    pub estimate: Estimate,
    /// The estimate of each permutation: a draw from the distribution of the estimator under independence.
    pub null: Vec<Nats>,
    /// The p-value, (1 + #{null ≥ estimate}) / (1 + m).
    pub p_value: f64,
}

/// Tests whether x and y are independent: compares the estimate with those from m random orders of y (Pitman 1937).
///
/// $$ p = \frac{1 + \#\{i : \hat I_i \ge \hat I\}}{1 + m} $$
///
/// Under independence P(p ≤ α) ≤ α for every n and whatever the estimator's bias (Phipson & Smyth 2010).
/// The observations must be exchangeable, which those of a time series are not.
///
/// ```
/// use ganscope::info::discrete::{Estimator, Symbols, mutual_information};
/// use ganscope::info::resampling::permutation_test;
/// let x = Symbols::new(&[0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1])?;
/// let test = permutation_test(&x, &x, 99, 1, |x, y| mutual_information(x, y, Estimator::PlugIn))?;
/// // Only 1 of 462 orders gives as large a value.
/// assert!(test.p_value <= 0.03);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// Computes m + 1 estimates in parallel. The result depends on the seed, but not on the number of threads.
///
/// # Errors
/// [`Error::Usage`] for different lengths, no permutations, and data that the estimator refuses.
pub fn permutation_test<X: Rows, Y: Rows>(
    x: &X,
    y: &Y,
    permutations: usize,
    seed: u64,
    estimator: impl Fn(&X, &Y) -> Result<Estimate> + Sync,
) -> Result<Permutations> {
    same_length(x.count(), y.count())?;
    number_in_range(permutations, 1, "permutation")?;
    permutations_of(estimator(x, y)?, x, y, permutations, seed, estimator)
}

/// [`permutation_test`] with the `estimate` of the data as they are.
pub(super) fn permutations_of<X: Rows, Y: Rows>(
    estimate: Estimate,
    x: &X,
    y: &Y,
    permutations: usize,
    seed: u64,
    estimator: impl Fn(&X, &Y) -> Result<Estimate> + Sync,
) -> Result<Permutations> {
    number_in_range(permutations, 1, "permutation")?;
    let null = each(permutations, |i| {
        let mut places: Vec<usize> = (0..y.count()).collect();
        places.shuffle(&mut rng(seed, Stream::Permutation, i));
        Ok(estimator(x, &y.draw(&places)?)?.value)
    })?;
    let value = estimate.value.0;
    // Values that are equal except for rounding count as ties.
    let tie = 1e-12 * value.abs().max(1.0);
    let above = null.iter().filter(|other| other.0 >= value - tie).count();
    Ok(Permutations {
        p_value: (1 + above) as f64 / (1 + permutations) as f64,
        estimate,
        null,
    })
}

/// Standard error and percentile interval by the bootstrap (Efron 1979): estimates of n observations drawn
/// with replacement.
///
/// For estimators that treat a duplicated observation like any other, such as counts, a covariance, or a mean. It
/// misleads nearest neighbours and leave-one-out estimates, because a duplicate has a neighbour at distance 0: use
/// [`subsampling`] for them.
///
/// ```
/// use ganscope::info::{Sample, gaussian, resampling::bootstrap};
/// let x = Sample::new((0..200).map(|i| f64::from(i * 37 % 200)).collect(), 1)?;
/// let found = bootstrap(&x, 200, 0.95, 1, gaussian::entropy)?;
/// // The standard error of ½ ln variance of a uniform variable: √((κ − 1)/4n) = 0.0316 with κ = 9/5.
/// assert!(found.standard_error.is_some_and(|error| (error.0 - 0.0316).abs() < 0.006));
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// Computes `replicates` + 1 estimates in parallel. The result depends on the seed, but not on the number of threads.
///
/// # Errors
/// [`Error::Usage`] for fewer than 2 replicates, a level outside (0, 1), and data that the estimator refuses.
pub fn bootstrap<R: Rows>(
    data: &R,
    replicates: usize,
    level: f64,
    seed: u64,
    estimator: impl Fn(&R) -> Result<Estimate> + Sync,
) -> Result<Estimate> {
    number_in_range(replicates, 2, "replicate")?;
    tail(level)?;
    bootstrap_of(estimator(data)?, data, replicates, level, seed, estimator)
}

/// [`bootstrap`] with the estimate `found` in the data as they are.
pub(super) fn bootstrap_of<R: Rows>(
    found: Estimate,
    data: &R,
    replicates: usize,
    level: f64,
    seed: u64,
    estimator: impl Fn(&R) -> Result<Estimate> + Sync,
) -> Result<Estimate> {
    number_in_range(replicates, 2, "replicate")?;
    let tail = tail(level)?;
    let n = data.count();
    let mut values = each(replicates, |i| {
        let mut rng = rng(seed, Stream::Bootstrap, i);
        let places: Vec<usize> = (0..n).map(|_| rng.random_range(0..n)).collect();
        Ok(estimator(&data.draw(&places)?)?.value.0)
    })?;
    let error = deviation(&values);
    let shift = values.iter().sum::<f64>() / replicates as f64 - found.value.0;
    let found = if shift.abs() > error {
        found.noting(format!(
            "on bootstrap samples the estimate is {} nats {} on average: it is biased with so few observations, and the \
             interval, which is made from such estimates, may miss the true value",
            short(shift.abs()),
            if shift > 0.0 { "higher" } else { "lower" }
        ))
    } else {
        found
    };
    values.sort_by(f64::total_cmp);
    Ok(Estimate {
        standard_error: Some(Nats(error)),
        interval: Some((
            Nats(quantile(&values, tail)),
            Nats(quantile(&values, 1.0 - tail)),
        )),
        ..found
    }
    .with("interval", "bootstrap percentile")
    .with("level", level)
    .with("replicates", replicates)
    .with("seed", seed))
}

/// Standard error and interval by subsampling (Politis & Romano 1994): estimates of b = n/2 observations
/// drawn without replacement, so that no observation is duplicated.
///
/// If the standard error of the estimator falls like 1/√n, it is the standard deviation of the estimates from
/// subsamples times √(b/(n − b)) (Shao & Wu 1989), a factor of 1 for b = n/2.
///
/// $$ \mathrm{SE} = \sqrt{\tfrac{b}{n-b}}\;\mathrm{sd}(\hat\theta_b), \qquad
///    \Bigl[\hat\theta_n - \sqrt{\tfrac{b}{n-b}}\,(q_{1-\alpha/2} - \bar\theta_b),\;
///    \hat\theta_n - \sqrt{\tfrac{b}{n-b}}\,(q_{\alpha/2} - \bar\theta_b)\Bigr] $$
///
/// The quantiles q of θ̂_b are taken relative to their mean, because an estimator whose bias depends on n is more biased
/// on half of the data. The interval does not correct the bias of the estimate.
///
/// ```
/// use ganscope::info::{Sample, gaussian, resampling::subsampling};
/// let x = Sample::new((0..200).map(|i| f64::from(i * 37 % 200)).collect(), 1)?;
/// let found = subsampling(&x, 200, 0.95, 1, gaussian::entropy)?;
/// assert!(found.standard_error.is_some_and(|error| (error.0 - 0.0316).abs() < 0.006));
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// Computes `replicates` + 1 estimates in parallel. The result depends on the seed, but not on the number of threads.
///
/// # Errors
/// As [`bootstrap`], and for fewer than 4 observations.
pub fn subsampling<R: Rows>(
    data: &R,
    replicates: usize,
    level: f64,
    seed: u64,
    estimator: impl Fn(&R) -> Result<Estimate> + Sync,
) -> Result<Estimate> {
    number_in_range(replicates, 2, "replicate")?;
    at_least(data.count(), FEWEST_ROWS, "observation")?;
    tail(level)?;
    subsampling_of(&estimator(data)?, data, replicates, level, seed, estimator)
}

/// [`subsampling`] with the estimate `found` in the data as they are.
pub(super) fn subsampling_of<R: Rows>(
    found: &Estimate,
    data: &R,
    replicates: usize,
    level: f64,
    seed: u64,
    estimator: impl Fn(&R) -> Result<Estimate> + Sync,
) -> Result<Estimate> {
    number_in_range(replicates, 2, "replicate")?;
    at_least(data.count(), FEWEST_ROWS, "observation")?;
    let tail = tail(level)?;
    let n = data.count();
    let b = n / 2;
    let mut values = each(replicates, |i| {
        let mut places: Vec<usize> = (0..n).collect();
        let mut rng = rng(seed, Stream::Subsample, i);
        let (chosen, _) = places.partial_shuffle(&mut rng, b);
        Ok(estimator(&data.draw(chosen)?)?.value.0)
    })?;
    let scale = (b as f64 / (n - b) as f64).sqrt();
    let mean = values.iter().sum::<f64>() / replicates as f64;
    let error = scale * deviation(&values);
    values.sort_by(f64::total_cmp);
    let from = |q: f64| Nats(found.value.0 - scale * (quantile(&values, q) - mean));
    Ok(Estimate {
        standard_error: Some(Nats(error)),
        interval: Some((from(1.0 - tail), from(tail))),
        ..found.clone()
    }
    .with("interval", "subsampling")
    .with("subsample", b)
    .with("level", level)
    .with("replicates", replicates)
    .with("seed", seed))
}

/// Computes the value of each replicate in parallel, in order.
fn each<T: Send>(
    replicates: usize,
    value: impl Fn(u64) -> Result<T> + Sync + Send,
) -> Result<Vec<T>> {
    let all: Vec<Result<T>> = (0..replicates as u64).into_par_iter().map(value).collect();
    all.into_iter().collect()
}

/// The standard deviation (n − 1).
fn deviation(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt()
}

/// The quantile of values in ascending order, of which there is at least one, by linear interpolation between order
/// statistics, as in NumPy by default.
pub(crate) fn quantile(sorted: &[f64], q: f64) -> f64 {
    let at = q * (sorted.len() - 1) as f64;
    let (below, above) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
    below + (above - below) * at.fract()
}

/// The probability outside an interval on each side.
fn tail(level: f64) -> Result<f64> {
    if level > 0.0 && level < 1.0 {
        return Ok((1.0 - level) / 2.0);
    }
    Err(Error::Usage(format!(
        "the level of an interval must be between 0 and 1, not {level}"
    )))
}

/// Largest number of replicates: each estimate is kept in memory, and 10,000 are enough for any purpose.
const MAX_REPLICATES: usize = 1_000_000;

/// Smallest number of observations for [`subsampling`].
pub(super) const FEWEST_ROWS: usize = 4;

/// Refuses a number of replicates that is out of range.
pub(super) fn number_in_range(given: usize, least: usize, noun: &str) -> Result<()> {
    if given <= MAX_REPLICATES {
        return at_least(given, least, noun);
    }
    Err(Error::Usage(format!(
        "{given} {noun}s are too many: at most 1,000,000, and 10,000 are enough"
    )))
}

/// Refuses a number that is too small.
pub(super) fn at_least(given: usize, least: usize, noun: &str) -> Result<()> {
    if given >= least {
        return Ok(());
    }
    Err(Error::Usage(format!(
        "{} too few: use at least {least}",
        counted_are(given, noun)
    )))
}

fn same_length(x: usize, y: usize) -> Result<()> {
    if x == y {
        return Ok(());
    }
    Err(Error::Usage(format!(
        "{x} observations of one variable and {y} of the other; each row must have both"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_numpy() {
        // np.quantile([1, 2, 4, 8], q)
        for (q, expected) in [(0.0, 1.0), (0.5, 3.0), (0.9, 6.8), (1.0, 8.0)] {
            assert!((quantile(&[1.0, 2.0, 4.0, 8.0], q) - expected).abs() < 1e-12);
        }
        assert_eq!(quantile(&[7.0], 0.3), 7.0);
    }
}
