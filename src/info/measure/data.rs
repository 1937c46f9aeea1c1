//! Variables as they are given, and as they are drawn again.

use std::collections::BTreeMap;

use crate::error::{Error, Result};
use crate::info::kind::column;
use crate::info::resampling::Rows;
use crate::info::{Kind, Sample};

/// Columns that are one variable.
#[derive(Debug, Clone)]
pub struct Variable {
    /// Their names, for messages.
    pub columns: Vec<String>,
    /// Their values.
    pub sample: Sample,
    /// By its place, each column whose numbers stand for text, and the text of 0, 1, …: symbols, however seldom they
    /// repeat.
    pub symbols: BTreeMap<usize, Vec<String>>,
}

impl Variable {
    /// What the values look like, or are said to be.
    pub(super) fn kind(&self) -> Kind {
        Kind::together(&self.kinds())
    }

    /// Of each column.
    pub(super) fn kinds(&self) -> Vec<Kind> {
        let of = |j: usize| match (
            Kind::of(&column(&self.sample, j)),
            self.symbols.contains_key(&j),
        ) {
            (Kind::Constant, _) => Kind::Constant,
            (_, true) => Kind::Discrete,
            (kind, false) => kind,
        };
        (0..self.sample.dimension()).map(of).collect()
    }

    pub(super) fn data(&self) -> Data {
        Data {
            sample: self.sample.clone(),
            texts: self.symbols.keys().copied().collect(),
        }
    }
}

/// Columns called by their numbers, from 1.
impl From<Sample> for Variable {
    fn from(sample: Sample) -> Variable {
        Variable {
            columns: (1..=sample.dimension()).map(|j| j.to_string()).collect(),
            sample,
            symbols: BTreeMap::new(),
        }
    }
}

/// A variable as it is drawn again.
#[derive(Debug, Clone)]
pub(super) struct Data {
    pub sample: Sample,
    /// The places of columns whose numbers stand for text.
    pub texts: Vec<usize>,
}

impl Data {
    pub fn dimension(&self) -> usize {
        self.sample.dimension()
    }

    /// Both as one variable.
    pub fn beside(&self, other: &Data) -> Result<Data> {
        let d = self.dimension();
        let others = other.texts.iter().map(|j| d + j);
        Ok(Data {
            sample: self.sample.beside(&other.sample)?,
            texts: self.texts.iter().copied().chain(others).collect(),
        })
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

/// Variables observed together.
pub(super) struct Together(pub Vec<Data>);

impl Rows for Together {
    fn count(&self) -> usize {
        self.0.iter().map(Rows::count).min().unwrap_or(0)
    }

    fn draw(&self, places: &[usize]) -> Result<Self> {
        let drawn: Result<_> = self.0.iter().map(|data| data.draw(places)).collect();
        drawn.map(Together)
    }
}

/// Two samples that have no rows in common: each observation drawn again stays in its sample, and how many
/// are of the first is left to chance.
pub(super) struct Apart {
    pub p: Data,
    pub q: Data,
}

impl Apart {
    pub fn new(p: Data, q: Data) -> Result<Apart> {
        match p.dimension() == q.dimension() {
            true => Ok(Apart { p, q }),
            false => Err(Error::Usage(format!(
                "p has {} columns and q has {}; a divergence compares the same variables",
                p.dimension(),
                q.dimension()
            ))),
        }
    }
}

impl Rows for Apart {
    fn count(&self) -> usize {
        self.p.count() + self.q.count()
    }

    fn draw(&self, places: &[usize]) -> Result<Self> {
        let n = self.p.count();
        let (of_p, of_q): (Vec<usize>, Vec<usize>) = places.iter().partition(|&&i| i < n);
        let of_q: Vec<usize> = of_q.into_iter().map(|i| i - n).collect();
        Ok(Apart {
            p: self.p.draw(&of_p)?,
            q: self.q.draw(&of_q)?,
        })
    }
}

/// Outcomes of both in one numbering.
pub(super) fn stacked(p: &Sample, q: &Sample) -> Result<Sample> {
    Sample::new([p.values(), q.values()].concat(), p.dimension())
}
