//! Bootstrap intervals of the scores (Efron 1979).
//!
//! A score is computed again for n samples that are drawn with replacement. The interval is from the 2.5 % to the 97.5
//! % quantile of these replicates. If some samples are held out, training samples, samples for the choice of a penalty,
//! and held-out samples are drawn separately, so that no sample is in two parts.
//!
//! Estimates of mutual information from a bootstrap sample are larger than from new samples, because they have the bias
//! of the estimate twice. If the replicates are on average more than one standard error away from the score, the
//! interval says so.

use std::fmt;

use crate::info::resampling::quantile;
use crate::random::{Stream, rng};
use rand::RngExt;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::dci::dci_of;
use super::explicitness::explicitness_of;
use super::information::mean;
use super::representation::Parts;
use super::sap::sap_of;
use super::{
    DciSettings, ExplicitnessSettings, InformationSettings, Representation, SapSettings, mig,
    modularity,
};
use crate::error::{Error, Result, thousands};

/// Recommended number of replicates.
pub const REPLICATES: usize = 200;
/// Recommended number of replicates of [`dci_intervals`] with trees, which take seconds each.
pub const REPLICATES_TREES: usize = 20;

/// Largest number of replicates.
const MAXIMUM_REPLICATES: usize = 10_000;
/// Probability that an interval leaves out on each side.
const TAIL: f64 = 0.025;

/// A score with its bootstrap interval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Name of the score.
    pub name: String,
    /// The score of the samples as they are.
    pub score: f64,
    /// 2.5 % quantile of the replicates.
    pub lower: f64,
    /// 97.5 % quantile of the replicates.
    pub upper: f64,
    /// Standard deviation of the replicates.
    pub standard_error: f64,
    /// Mean of the replicates.
    pub mean: f64,
    /// Number of replicates.
    pub replicates: usize,
    /// What was drawn with replacement.
    pub resampled: String,
    /// Random seed.
    pub seed: u64,
}

impl Interval {
    /// Makes the interval from the scores of the replicates.
    fn new(name: &str, score: f64, mut values: Vec<f64>, resampled: &str, seed: u64) -> Interval {
        values.sort_by(f64::total_cmp);
        let (n, mean) = (values.len(), mean(&values));
        let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
        Interval {
            name: name.into(),
            score,
            lower: quantile(&values, TAIL),
            upper: quantile(&values, 1.0 - TAIL),
            standard_error: (squares / (n - 1) as f64).sqrt(),
            mean,
            replicates: n,
            resampled: resampled.into(),
            seed,
        }
    }

    /// Whether the replicates are on average more than one standard error away from the score, so that the interval may
    /// miss the true value.
    pub fn is_shifted(&self) -> bool {
        (self.mean - self.score).abs() > self.standard_error.max(1e-12)
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:<18} {:.3}, 95 % interval {:.3} to {:.3} ({} bootstrap replicates of the {}; seed {})",
            self.name,
            self.score,
            self.lower,
            self.upper,
            thousands(self.replicates as u64),
            self.resampled,
            self.seed
        )?;
        if self.is_shifted() {
            write!(
                f,
                "\nnote               the replicates are {:.3} on average, more than one standard error from the score: the score \
                 is biased for samples of this size, and the interval may miss the true value",
                self.mean
            )?;
        }
        Ok(())
    }
}

/// Intervals of disentanglement, completeness and informativeness.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DciIntervals {
    /// Interval of the disentanglement.
    pub disentanglement: Interval,
    /// Interval of the completeness.
    pub completeness: Interval,
    /// Interval of the error of the predictions.
    pub error: Interval,
}

impl fmt::Display for DciIntervals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}\n{}\n{}",
            self.disentanglement, self.completeness, self.error
        )
    }
}

/// The 95 % interval of the mutual information gap.
///
/// ```
/// use ganscope::interpret::disentanglement::{Factor, InformationSettings, REPLICATES, Representation, mig_interval};
/// let levels: Vec<usize> = (0..400).flat_map(|i| [i % 4, i / 4 % 4]).collect();
/// // The second code is the second factor, except for a quarter of the samples.
/// let code = |i: usize| if i % 7 < 2 { 0.0 } else { levels[2 * i + 1] as f64 };
/// let codes: Vec<f64> = (0..400).flat_map(|i| [levels[2 * i] as f64, code(i)]).collect();
/// let factors = [Factor::new("hue", 4), Factor::new("size", 4)];
/// let representation = Representation::new(&codes, 2, &levels, &factors)?;
/// let interval = mig_interval(&representation, &InformationSettings::default(), REPLICATES)?;
/// assert!(interval.lower < interval.score && interval.score < interval.upper);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// Those of [`mig()`], for the samples and for a replicate, and [`Error::Usage`] unless there are 2 to 10,000
/// replicates.
pub fn mig_interval(
    representation: &Representation,
    settings: &InformationSettings,
    replicates: usize,
) -> Result<Interval> {
    let score = |r: &Representation, settings: &_| Ok(mig(r, settings)?.score);
    of_rows("MIG", representation, settings, replicates, score)
}

/// The 95 % interval of the modularity.
///
/// # Errors
/// Those of [`modularity()`], for the samples and for a replicate, and [`Error::Usage`] unless there are 2 to 10,000
/// replicates.
pub fn modularity_interval(
    representation: &Representation,
    settings: &InformationSettings,
    replicates: usize,
) -> Result<Interval> {
    let score = |r: &Representation, settings: &_| Ok(modularity(r, settings)?.score);
    of_rows("modularity", representation, settings, replicates, score)
}

/// The 95 % interval of separated attribute predictability.
///
/// # Errors
/// Those of [`sap`](super::sap()), for the samples and for a replicate, and [`Error::Usage`] unless there are 2 to
/// 10,000 replicates.
pub fn sap_interval(
    representation: &Representation,
    settings: &SapSettings,
    replicates: usize,
) -> Result<Interval> {
    representation.needs_two_codes()?;
    let score = |parts: &Parts| Ok([sap_of(representation, parts, settings)?.score]);
    let [interval] = of_parts(["SAP"], representation, settings.seed, replicates, score)?;
    Ok(interval)
}

/// The 95 % interval of the explicitness.
///
/// # Errors
/// Those of [`explicitness`](super::explicitness()), for the samples and for a replicate, and [`Error::Usage`] unless
/// there are 2 to 10,000 replicates.
pub fn explicitness_interval(
    representation: &Representation,
    settings: &ExplicitnessSettings,
    replicates: usize,
) -> Result<Interval> {
    settings.check()?;
    let score = |parts: &Parts| Ok([explicitness_of(representation, parts, settings)?.score]);
    let names = ["explicitness"];
    let [interval] = of_parts(names, representation, settings.seed, replicates, score)?;
    Ok(interval)
}

/// The 95 % intervals of disentanglement, completeness and informativeness.
///
/// Each replicate fits the regressor again. For trees, [`REPLICATES_TREES`] are recommended; the ends of an interval
/// are then close to the smallest and the largest replicate.
///
/// # Errors
/// Those of [`dci`](super::dci()), for the samples and for a replicate, and [`Error::Usage`] unless there are 2 to
/// 10,000 replicates.
pub fn dci_intervals(
    representation: &Representation,
    settings: &DciSettings,
    replicates: usize,
) -> Result<DciIntervals> {
    settings.check()?;
    representation.needs_two_codes()?;
    let score = |parts: &Parts| Ok(dci_of(representation, parts, settings)?.scores());
    let names = ["disentanglement", "completeness", "error"];
    let [disentanglement, completeness, error] =
        of_parts(names, representation, settings.seed, replicates, score)?;
    Ok(DciIntervals {
        disentanglement,
        completeness,
        error,
    })
}

/// The interval of a score of mutual information, by drawing from all samples.
fn of_rows(
    name: &str,
    representation: &Representation,
    settings: &InformationSettings,
    replicates: usize,
    score: impl Fn(&Representation, &InformationSettings) -> Result<f64> + Sync,
) -> Result<Interval> {
    check_replicates(replicates)?;
    // The value for chance is not needed for each replicate.
    let settings = InformationSettings {
        permutations: 0,
        ..settings.clone()
    };
    let all: Vec<usize> = (0..representation.len()).collect();
    let values = each(replicates, |i| {
        let rows = draw(&all, settings.seed, 3 * i);
        score(&representation.rows(&rows), &settings)
    })?;
    let found = score(representation, &settings)?;
    Ok(Interval::new(name, found, values, "samples", settings.seed))
}

/// The intervals of scores with held-out samples, by drawing from each part.
fn of_parts<const N: usize>(
    names: [&str; N],
    representation: &Representation,
    seed: u64,
    replicates: usize,
    score: impl Fn(&Parts) -> Result<[f64; N]> + Sync,
) -> Result<[Interval; N]> {
    check_replicates(replicates)?;
    let parts = representation.parts(seed)?;
    let found = score(&parts)?;
    let values = each(replicates, |i| {
        let (fit, choice) = (parts.training).split_at(parts.training.len() - parts.choice);
        let mut training = draw(fit, seed, 3 * i);
        training.extend(draw(choice, seed, 3 * i + 1));
        score(&Parts {
            training,
            choice: parts.choice,
            held_out: draw(&parts.held_out, seed, 3 * i + 2),
        })
    })?;
    let resampled = "training samples and of the held-out samples";
    Ok(std::array::from_fn(|s| {
        let values = values.iter().map(|scores| scores[s]).collect();
        Interval::new(names[s], found[s], values, resampled, seed)
    }))
}

/// Computes the value of each replicate in parallel, in order.
fn each<T: Send>(
    replicates: usize,
    value: impl Fn(u64) -> Result<T> + Sync + Send,
) -> Result<Vec<T>> {
    let all: Vec<Result<T>> = (0..replicates as u64).into_par_iter().map(value).collect();
    all.into_iter().collect()
}

/// As many of `rows` as there are, with replacement.
fn draw(rows: &[usize], seed: u64, step: u64) -> Vec<usize> {
    let mut rng = rng(seed, Stream::Bootstrap, step);
    let one = |_| rows[rng.random_range(0..rows.len())];
    (0..rows.len()).map(one).collect()
}

fn check_replicates(replicates: usize) -> Result<()> {
    if (2..=MAXIMUM_REPLICATES).contains(&replicates) {
        return Ok(());
    }
    Err(Error::Usage(format!(
        "{replicates} bootstrap replicates are out of range: use 2 to 10,000, usually {REPLICATES}"
    )))
}
