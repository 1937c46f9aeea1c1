//! Variables as they are given, and as they are drawn again.

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
    /// The places of columns whose numbers stand for text: symbols, however seldom they repeat.
    pub symbols: Vec<usize>,
}

impl Variable {
    /// What the values look like, or are said to be.
    pub(super) fn kind(&self) -> Kind {
        let of = |j: usize| match (
            Kind::of(&column(&self.sample, j)),
            self.symbols.contains(&j),
        ) {
            (Kind::Constant, _) => Kind::Constant,
            (_, true) => Kind::Discrete,
            (kind, false) => kind,
        };
        Kind::together(&(0..self.sample.dimension()).map(of).collect::<Vec<_>>())
    }
}

/// Columns called by their numbers, from 1.
impl From<Sample> for Variable {
    fn from(sample: Sample) -> Variable {
        Variable {
            columns: (1..=sample.dimension()).map(|j| j.to_string()).collect(),
            sample,
            symbols: Vec::new(),
        }
    }
}

/// Variables observed together.
pub(super) struct Together(pub Vec<Sample>);

impl Rows for Together {
    fn count(&self) -> usize {
        self.0.iter().map(Sample::len).min().unwrap_or(0)
    }

    fn draw(&self, places: &[usize]) -> Result<Self> {
        let drawn: Result<_> = self.0.iter().map(|sample| sample.draw(places)).collect();
        drawn.map(Together)
    }
}

/// Two samples that have no rows in common: each observation drawn again stays in its sample, and how many
/// are of the first is left to chance.
pub(super) struct Apart {
    pub p: Sample,
    pub q: Sample,
}

impl Apart {
    pub fn new(p: Sample, q: Sample) -> Result<Apart> {
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
        self.p.len() + self.q.len()
    }

    fn draw(&self, places: &[usize]) -> Result<Self> {
        let n = self.p.len();
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
