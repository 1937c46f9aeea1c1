//! Variables as a user gives them, and as they are resampled.

use std::collections::BTreeMap;

use crate::error::Result;
use crate::info::kind::column;
use crate::info::rows::Rows;
use crate::info::{Kind, Sample};

/// One or more columns that form one variable.
#[derive(Debug, Clone)]
pub struct Variable {
    /// Names of the columns, for messages.
    pub columns: Vec<String>,
    /// Values, one column for each name.
    pub sample: Sample,
    /// Columns whose numbers stand for text, by their index, each with the text of 0, 1, …. They are symbols,
    /// however seldom their values repeat.
    pub symbols: BTreeMap<usize, Vec<String>>,
}

impl Variable {
    /// The kind of each column.
    pub(in crate::info) fn kinds(&self) -> Vec<Kind> {
        let kind_of = |j: usize| {
            let kind = Kind::of(&column(&self.sample, j));
            if kind != Kind::Constant && self.symbols.contains_key(&j) {
                Kind::Discrete
            } else {
                kind
            }
        };
        (0..self.sample.dimension()).map(kind_of).collect()
    }

    /// Indices of the columns that hold numbers.
    pub(in crate::info) fn number_columns(&self) -> impl Iterator<Item = usize> {
        (0..self.sample.dimension()).filter(|j| !self.symbols.contains_key(j))
    }

    pub(in crate::info) fn data(&self) -> Data {
        Data {
            sample: self.sample.clone(),
            texts: self.symbols.keys().copied().collect(),
        }
    }
}

/// Columns named by their numbers, from 1.
impl From<Sample> for Variable {
    fn from(sample: Sample) -> Variable {
        Variable {
            columns: (1..=sample.dimension()).map(|j| j.to_string()).collect(),
            sample,
            symbols: BTreeMap::new(),
        }
    }
}

/// The values of a variable, which can be resampled.
#[derive(Debug, Clone)]
pub(in crate::info) struct Data {
    pub sample: Sample,
    /// Indices of the columns whose numbers stand for text.
    pub texts: Vec<usize>,
}

impl Data {
    pub fn dimension(&self) -> usize {
        self.sample.dimension()
    }
}

impl Rows for Data {
    fn count(&self) -> usize {
        self.sample.len()
    }

    fn draw(&self, places: &[usize]) -> Result<Self> {
        Ok(Data {
            sample: self.sample.draw(places)?,
            texts: self.texts.clone(),
        })
    }
}

/// Variables that were observed together: resampling draws whole rows.
pub(in crate::info) struct JointRows(pub Vec<Data>);

impl Rows for JointRows {
    fn count(&self) -> usize {
        self.0.iter().map(Rows::count).min().unwrap_or(0)
    }

    fn draw(&self, places: &[usize]) -> Result<Self> {
        let drawn: Result<_> = self.0.iter().map(|data| data.draw(places)).collect();
        drawn.map(JointRows)
    }
}

/// Two samples without common rows. Resampling draws from the rows of both: each observation stays in its sample, and
/// how many come from the first varies.
pub(in crate::info) struct TwoSamples {
    pub p: Data,
    pub q: Data,
}

impl Rows for TwoSamples {
    fn count(&self) -> usize {
        self.p.count() + self.q.count()
    }

    fn draw(&self, places: &[usize]) -> Result<Self> {
        let n = self.p.count();
        let (of_p, of_q): (Vec<usize>, Vec<usize>) = places.iter().partition(|&&i| i < n);
        let of_q: Vec<usize> = of_q.into_iter().map(|i| i - n).collect();
        Ok(TwoSamples {
            p: self.p.draw(&of_p)?,
            q: self.q.draw(&of_q)?,
        })
    }
}

/// The rows of p followed by those of q.
pub(in crate::info) fn stacked(p: &Sample, q: &Sample) -> Result<Sample> {
    Sample::new([p.values(), q.values()].concat(), p.dimension())
}
