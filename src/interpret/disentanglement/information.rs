//! Mutual information between codes and factors, from counts.
//!
//! Each code is divided into B intervals of the same width between its smallest and its largest value, and the
//! probabilities are relative frequencies:
//!
//! $$ \hat I(c_j; v_k) = \sum_{b,l} \hat p(b, l) \log_2 \frac{\hat p(b, l)}{\hat p(b)\,\hat p(l)} $$
//!
//! The estimate is too large by about (B′ − 1)(L − 1)/(2n) nats for B′ occupied intervals and L levels.

use serde::{Deserialize, Serialize};

use super::Representation;
use crate::error::{Error, Result};

/// Largest number of intervals.
const MAXIMUM_BINS: usize = 1000;
/// Largest number of permutations.
const MAXIMUM_PERMUTATIONS: usize = 10_000;

/// How mutual information is estimated, and with how many permutations the value for chance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InformationSettings {
    /// Number of intervals into which each code is divided.
    pub bins: usize,
    /// Number of permutations of the samples' factors for the value for chance; 0 for none.
    pub permutations: usize,
    /// Random seed of the permutations.
    pub seed: u64,
}

impl Default for InformationSettings {
    fn default() -> Self {
        InformationSettings {
            bins: 20,
            permutations: 10,
            seed: 1,
        }
    }
}

impl InformationSettings {
    pub(super) fn check(&self) -> Result<()> {
        check_permutations(self.permutations)?;
        if (2..=MAXIMUM_BINS).contains(&self.bins) {
            return Ok(());
        }
        Err(Error::Usage(format!(
            "a code cannot be divided into {} intervals; use 2 to {MAXIMUM_BINS}, by convention 20",
            self.bins
        )))
    }
}

/// Refuses a number of permutations that would take too long.
pub(super) fn check_permutations(permutations: usize) -> Result<()> {
    if permutations <= MAXIMUM_PERMUTATIONS {
        return Ok(());
    }
    Err(Error::Usage(format!(
        "{permutations} permutations are too many: at most 10,000, and 10 are enough for the mean of a score by chance"
    )))
}

/// Codes that were divided into intervals, for the mutual information with several sets of factors.
pub(super) struct Discrete {
    bins: usize,
    codes: Vec<Vec<u16>>,
}

impl Discrete {
    pub(super) fn new(representation: &Representation, bins: usize) -> Discrete {
        let one = |j: usize| discretise(representation.code(j), bins);
        Discrete {
            bins,
            codes: (0..representation.width()).map(one).collect(),
        }
    }

    /// I(c_j; v_k) in bits for each code (rows) and each of the factors at `used` (columns).
    pub(super) fn information(&self, factors: &Representation, used: &[usize]) -> Vec<Vec<f64>> {
        let one = |code: &Vec<u16>, k: usize| {
            let levels = factors.factors()[k].levels;
            mutual_information(code, self.bins, factors.level(k), levels)
        };
        let row = |code: &Vec<u16>| used.iter().map(|k| one(code, *k)).collect();
        self.codes.iter().map(row).collect()
    }
}

/// The interval of each value. The borders are those of NumPy's `linspace`.
fn discretise(values: &[f64], bins: usize) -> Vec<u16> {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if super::representation::is_constant(values) {
        return vec![0; values.len()];
    }
    let width = (largest - least) / bins as f64;
    let borders: Vec<f64> = (1..bins).map(|b| b as f64 * width + least).collect();
    let bin = |value: &f64| borders.partition_point(|border| border <= value) as u16;
    values.iter().map(bin).collect()
}

/// Mutual information in bits of a code in `bins` intervals and a factor.
fn mutual_information(code: &[u16], bins: usize, factor: &[u16], levels: usize) -> f64 {
    let mut counts = vec![0u32; bins * levels];
    for (b, l) in code.iter().zip(factor) {
        counts[usize::from(*b) * levels + usize::from(*l)] += 1;
    }
    let mut of_level = vec![0u32; levels];
    for row in counts.chunks_exact(levels) {
        of_level.iter_mut().zip(row).for_each(|(sum, n)| *sum += n);
    }
    let n = code.len() as f64;
    let mut information = 0.0;
    for row in counts.chunks_exact(levels) {
        let of_bin = f64::from(row.iter().sum::<u32>());
        for (count, of_level) in row.iter().zip(&of_level).filter(|(count, _)| **count > 0) {
            let count = f64::from(*count);
            information += count * (count * n / (of_bin * f64::from(*of_level))).log2();
        }
    }
    // Rounding can make the information of independent variables slightly negative.
    (information / n).max(0.0)
}

/// Entropy in bits of a factor.
pub(super) fn entropy(factor: &[u16], levels: usize) -> f64 {
    let mut counts = vec![0u32; levels];
    factor.iter().for_each(|l| counts[usize::from(*l)] += 1);
    let n = factor.len() as f64;
    let occupied = counts.iter().filter(|count| **count > 0);
    occupied
        .map(|count| f64::from(*count) / n)
        .map(|p| -p * p.log2())
        .sum()
}

/// The code with the largest entry in column `k`, and by how much it exceeds the second largest entry.
///
/// The matrix has at least two rows.
pub(super) fn gap(matrix: &[Vec<f64>], k: usize) -> (usize, f64) {
    let (mut best, mut first, mut second) = (0, f64::NEG_INFINITY, f64::NEG_INFINITY);
    for (j, row) in matrix.iter().enumerate() {
        if row[k] > first {
            (best, second, first) = (j, first, row[k]);
        } else if row[k] > second {
            second = row[k];
        }
    }
    (best, first - second)
}

/// Checks a matrix [codes, factors] that a caller gives, row-major, and returns its rows.
pub(super) fn matrix(values: &[f64], factors: usize, what: &str) -> Result<Vec<Vec<f64>>> {
    if factors == 0 || values.is_empty() || !values.len().is_multiple_of(factors) {
        return Err(Error::Usage(format!(
            "{} numbers are not a matrix of {what} with a row for each code and {factors} columns",
            values.len()
        )));
    }
    if let Some(wrong) = values.iter().find(|v| !(**v >= 0.0 && v.is_finite())) {
        return Err(Error::Usage(format!(
            "the matrix of {what} contains {wrong}; its entries must be finite and at least 0"
        )));
    }
    Ok(values.chunks_exact(factors).map(<[f64]>::to_vec).collect())
}

/// The mean of a score over permutations of the factors, `None` without permutations.
pub(super) fn chance(
    permutations: usize,
    score: impl Fn(u64) -> Result<f64>,
) -> Result<Option<f64>> {
    if permutations == 0 {
        return Ok(None);
    }
    let mut sum = 0.0;
    for step in 0..permutations as u64 {
        sum += score(step)?;
    }
    Ok(Some(sum / permutations as f64))
}

/// `, 0.012 by chance`, if the value for chance is known.
pub(super) fn by_chance(chance: Option<f64>) -> String {
    chance.map_or(String::new(), |chance| {
        format!("; {chance:.3} by chance (factors permuted)")
    })
}

/// The mean of `values`, which are not empty.
pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}
