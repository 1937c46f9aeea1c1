//! Whether a variable is a number or a symbol, which its values tell: a density has none twice.

use std::cmp::Ordering;

use rayon::prelude::*;
use serde::Serialize;

use super::Sample;

/// What the values of a variable look like.
///
/// ```
/// use ganscope::info::{Kind, Sample};
/// let kind = |values: Vec<f64>| Sample::new(values, 1).map(|x| Kind::of(&x));
/// assert_eq!(kind((0..100).map(|i| f64::from(i % 5)).collect())?, Kind::Discrete);
/// assert_eq!(kind((0..100).map(|i| f64::from(i).sqrt()).collect())?, Kind::Continuous);
/// // Rain: none on half of the days.
/// assert_eq!(kind((0..100).map(|i| f64::from((i - 50).max(0)).sqrt()).collect())?, Kind::Mixed);
/// // Two decimals: the same value now and then.
/// assert_eq!(kind((0..100).map(|i| f64::from(i * 37 % 91) / 100.0).collect())?, Kind::Continuous);
/// assert_eq!(kind(vec![3.0; 100])?, Kind::Constant);
/// # Ok::<(), ganscope::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// One value.
    Constant,
    /// Fewer values than a tenth of the rows; of whole numbers, than half.
    Discrete,
    /// Half of the rows share their value with another, or a fiftieth with more than two others: partly
    /// discrete, or coarsely rounded.
    Mixed,
    /// Neither: what rounding makes equal now and then, neighbours look past.
    Continuous,
}

impl Kind {
    /// Of several columns together: what all of them are, else mixed. A constant column makes the whole one.
    pub fn of(variable: &Sample) -> Kind {
        let columns = (0..variable.dimension()).map(|j| Repeats::of(&column(variable, j)).kind());
        Kind::together(&columns.collect::<Vec<_>>())
    }

    /// Of columns of these kinds.
    pub(super) fn together(columns: &[Kind]) -> Kind {
        match columns.contains(&Kind::Constant) {
            true => Kind::Constant,
            false if columns.iter().all(|kind| *kind == columns[0]) => columns[0],
            false => Kind::Mixed,
        }
    }
}

/// Equal values that rounding makes of different ones now and then.
const CHANCE: usize = 3;

/// How often rows of a sample repeat.
pub(super) struct Repeats {
    pub n: usize,
    /// Rows that differ.
    pub different: usize,
    /// Rows of which there is another.
    pub repeated: usize,
    /// Size of the largest group of equal rows.
    pub largest: usize,
    /// Rows that are one of more than [`CHANCE`].
    crowded: usize,
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
            found.crowded += if size > CHANCE { size } else { 0 };
        }
        found
    }

    /// Whether more than a fiftieth of the rows repeat, which a reader should know.
    pub fn are_many(&self) -> bool {
        self.repeated * 50 > self.n
    }

    pub fn kind(&self) -> Kind {
        // Of few rows a tenth is no number to judge by.
        let few = match self.whole || self.n <= 20 {
            true => self.different * 2 <= self.n,
            false => self.different * 10 < self.n,
        };
        match self.different {
            1 => Kind::Constant,
            _ if self.crowded * 50 <= self.n && self.repeated * 2 <= self.n => Kind::Continuous,
            _ if few => Kind::Discrete,
            _ => Kind::Mixed,
        }
    }
}

/// Variable j alone.
pub(super) fn column(sample: &Sample, j: usize) -> Sample {
    sample.of_columns(&[j])
}

/// In which −0 is 0.
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
