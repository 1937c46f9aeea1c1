//! Whether a variable is a number or a symbol, judged by its values: draws from a density do not repeat.

use std::cmp::Ordering;

use rayon::prelude::*;
use serde::Serialize;

use super::Sample;

/// The kind of a variable, judged by its values.
///
/// ```
/// use ganscope::info::{Kind, Sample};
/// let kind = |values: Vec<f64>| Sample::new(values, 1).map(|x| Kind::of(&x));
/// assert_eq!(kind((0..100).map(|i| f64::from(i % 5)).collect())?, Kind::Discrete);
/// assert_eq!(kind((0..100).map(|i| f64::from(i).sqrt()).collect())?, Kind::Continuous);
/// // The amount of rain is 0 on half of the days.
/// assert_eq!(kind((0..100).map(|i| f64::from((i - 50).max(0)).sqrt()).collect())?, Kind::Mixed);
/// // Numbers with two decimals repeat now and then.
/// assert_eq!(kind((0..100).map(|i| f64::from(i * 37 % 91) / 100.0).collect())?, Kind::Continuous);
/// assert_eq!(kind(vec![3.0; 100])?, Kind::Constant);
/// # Ok::<(), ganscope::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A single value.
    Constant,
    /// The number of different values is less than a tenth of the number of rows, or for whole numbers at most half.
    Discrete,
    /// At least half of the rows share their value with another row, or a fiftieth with more than two others: the
    /// variable is partly discrete, or coarsely rounded.
    Mixed,
    /// Values hardly repeat. A few equal values, as rounding makes them, are allowed.
    Continuous,
}

impl Kind {
    /// The kind of several columns together: their common kind, or mixed. With a constant column it is constant.
    pub fn of(variable: &Sample) -> Kind {
        let columns = (0..variable.dimension()).map(|j| Repeats::of(&column(variable, j)).kind());
        Kind::together(&columns.collect::<Vec<_>>())
    }

    /// The kind of columns of these kinds together.
    pub(super) fn together(columns: &[Kind]) -> Kind {
        if columns.contains(&Kind::Constant) {
            Kind::Constant
        } else if columns.iter().all(|kind| *kind == columns[0]) {
            columns[0]
        } else {
            Kind::Mixed
        }
    }
}

/// Size up to which a group of equal values may come from rounding.
const GROUP_BY_ROUNDING: usize = 3;

/// Counts of repeated rows in a sample.
pub(super) struct Repeats {
    /// Number of rows.
    pub n: usize,
    /// Number of different rows.
    pub different: usize,
    /// Number of rows that have a copy.
    pub repeated: usize,
    /// Size of the largest group of equal rows.
    pub largest: usize,
    /// Number of rows in groups of more than [`GROUP_BY_ROUNDING`].
    crowded: usize,
    /// Whether all values are whole numbers.
    whole: bool,
}

impl Repeats {
    pub fn of(sample: &Sample) -> Repeats {
        let mut rows: Vec<&[f64]> = sample.rows().collect();
        rows.par_sort_unstable_by(|a, b| by_value(a, b));
        let groups = rows.chunk_by(|a, b| by_value(a, b).is_eq());
        let mut found = Repeats {
            n: sample.len(),
            different: 0,
            repeated: 0,
            largest: 0,
            crowded: 0,
            whole: sample.values().iter().all(|x| x.fract() == 0.0),
        };
        for group in groups {
            found.different += 1;
            let size = group.len();
            found.largest = found.largest.max(size);
            found.repeated += if size > 1 { size } else { 0 };
            found.crowded += if size > GROUP_BY_ROUNDING { size } else { 0 };
        }
        found
    }

    /// Whether more than a fiftieth of the rows repeat.
    pub fn are_many(&self) -> bool {
        self.repeated * 50 > self.n
    }

    pub fn kind(&self) -> Kind {
        // A tenth of few rows is too few to judge by.
        let few_values = if self.whole || self.n <= 20 {
            self.different * 2 <= self.n
        } else {
            self.different * 10 < self.n
        };
        match self.different {
            1 => Kind::Constant,
            _ if self.crowded * 50 <= self.n && self.repeated * 2 <= self.n => Kind::Continuous,
            _ if few_values => Kind::Discrete,
            _ => Kind::Mixed,
        }
    }
}

/// Column j as a sample of its own.
pub(super) fn column(sample: &Sample, j: usize) -> Sample {
    sample.of_columns(&[j])
}

/// The lexicographic order of two rows, in which −0 equals 0.
fn by_value(a: &[f64], b: &[f64]) -> Ordering {
    let unequal = a
        .iter()
        .zip(b)
        .map(|(a, b)| (a + 0.0).total_cmp(&(b + 0.0)));
    unequal
        .into_iter()
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}
