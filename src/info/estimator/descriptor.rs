//! The description of one estimator: what it is for, what it assumes, and how it is run.

use std::fmt;

use serde::{Serialize, Serializer};

use super::input::{Input, Run};
use super::quantity::Quantity;
use super::summary::Summary;
use crate::error::{Error, Result};
use crate::info::Estimate;

/// Everything that [`measure`](crate::info::measure) knows about an estimator.
///
/// The help of `ganscope measure`, the choice made by `auto`, refusals, notes, and the table of estimators are made
/// from these fields.
pub struct Descriptor {
    /// Name on the command line and in JSON.
    pub name: &'static str,
    /// One phrase on how the estimator works, with its source.
    pub summary: &'static str,
    /// Kinds of columns that the estimator accepts.
    pub columns: Columns,
    /// Assumptions under which the estimate is right.
    pub assumes: &'static str,
    /// How the running time grows with the number of rows.
    pub cost: Cost,
    /// Whether the estimator uses the k nearest neighbours of each row.
    pub neighbours: bool,
    /// Whether duplicated rows distort the estimate, so that its standard error comes from subsampling rather than
    /// from the bootstrap.
    pub duplicates_mislead: bool,
    /// When `auto` chooses the estimator; `None` if it never does.
    pub auto: Option<Auto>,
    /// The quantities that it estimates, each with the function that does.
    pub(in crate::info) runs: &'static [(Quantity, Run)],
}

/// When `auto` chooses an estimator.
pub struct Auto {
    /// The condition in words, for the help.
    pub when: &'static str,
    /// The reason to choose the estimator for these variables, or `None` where it does not fit them.
    pub(in crate::info) reason: fn(&Summary<'_>) -> Result<Option<String>>,
}

/// Kinds of columns that an estimator accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Columns {
    /// Symbols, which are counted: text, and numbers whose values repeat.
    Symbols,
    /// Numbers that were drawn from a density.
    Numbers,
    /// Numbers, whether or not their values repeat; no text.
    AnyNumbers,
    /// A class and numbers. For two samples, the class is the sample that a row belongs to.
    ClassAndNumbers,
    /// Symbols, numbers, and columns that are partly discrete.
    Any,
}

impl fmt::Display for Columns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Columns::Symbols => "symbols",
            Columns::Numbers => "numbers",
            Columns::AnyNumbers => "numbers, including repeated values",
            Columns::ClassAndNumbers => "a class and numbers",
            Columns::Any => "any",
        })
    }
}

/// How the running time of an estimator grows with N rows of d columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cost {
    /// O(N log N).
    Sorting,
    /// O(N d² + d³).
    Covariance,
    /// O(N² d).
    AllPairs,
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Cost::Sorting => "O(N log N)",
            Cost::Covariance => "O(N d² + d³)",
            Cost::AllPairs => "O(N² d)",
        })
    }
}

impl Descriptor {
    /// Quantities that the estimator measures.
    pub fn quantities(&self) -> impl Iterator<Item = Quantity> {
        self.runs.iter().map(|(quantity, _)| *quantity)
    }

    /// Whether the estimator measures this quantity.
    pub fn measures(&self, quantity: Quantity) -> bool {
        self.quantities().any(|other| other == quantity)
    }

    /// Whether it counts symbols.
    pub(in crate::info) fn counts(&self) -> bool {
        self.columns == Columns::Symbols
    }

    /// Whether noise can turn rounded numbers into numbers with a density for it.
    pub(in crate::info) fn takes_jitter(&self) -> bool {
        self.neighbours && self.columns != Columns::Any
    }

    /// Whether it needs a joint density of all columns.
    pub(in crate::info) fn needs_density(&self) -> bool {
        self.columns == Columns::Numbers
    }

    /// Runs the estimator.
    ///
    /// # Errors
    /// [`Error::Usage`] for a quantity that it does not measure, and for data that it refuses.
    pub(in crate::info) fn run(&self, quantity: Quantity, input: &Input<'_>) -> Result<Estimate> {
        let run = self.runs.iter().find(|(other, _)| *other == quantity);
        let (_, run) = run.ok_or_else(|| self.does_not_measure(quantity))?;
        run(input)
    }

    pub(in crate::info) fn does_not_measure(&self, quantity: Quantity) -> Error {
        Error::Usage(format!(
            "{} does not measure {}",
            self.name,
            quantity.name()
        ))
    }
}

/// Estimators are equal when their names are.
impl PartialEq for Descriptor {
    fn eq(&self, other: &Descriptor) -> bool {
        self.name == other.name
    }
}

impl fmt::Debug for Descriptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl Serialize for Descriptor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name)
    }
}
