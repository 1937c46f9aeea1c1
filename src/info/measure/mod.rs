//! A quantity of a table: which estimator fits the data, why, and what it finds.
//!
//! | quantity | of | |
//! |---|---|---|
//! | entropy | x | H(x), differential where x is continuous |
//! | cross-entropy, kl, js | p and q, a sample of each | H(p, q), KL(p‖q), JSD(p‖q) |
//! | mi | x, y | I(x; y) |
//! | conditional-entropy | x, y | H(y \| x) |
//! | conditional-mi | x, y, z | I(x; y \| z) |
//!
//! Before distances are measured every column is divided by its standard deviation, which changes no
//! divergence and no mutual information, and of an entropy what is added back: Σ ln σⱼ.

mod apply;
mod choice;
mod columns;
mod data;
mod flat;
mod method;
mod mixture;
mod notes;
mod refusal;

pub use data::Variable;
pub use method::{Method, Quantity};

use serde::Serialize;

use super::NO_ERROR;
use super::resampling::{bootstrap, permutation_test, subsampling};
use super::{Estimate, Kind};
use crate::error::{Error, Result};
use data::{Apart, Together};

/// The level of intervals.
const LEVEL: f64 = 0.95;

/// What is asked, and how to find it.
///
/// ```
/// use ganscope::info::measure::{Measure, Method, Quantity, Variable};
/// use ganscope::info::Sample;
/// use ganscope::random::{Stream, standard_normal};
/// let normal = |step| standard_normal(1, Stream::Data, step, 2000).into_iter().map(f64::from);
/// let x = Sample::new(normal(0).collect(), 1)?;
/// let y = Sample::new(normal(0).zip(normal(1)).map(|(x, own)| 0.6 * x + 0.8 * own).collect(), 1)?;
/// let found = Measure::new(Quantity::Mi).of(&[x.into(), y.into()])?;
/// // −½ ln(1 − 0.6²)
/// assert!((found.estimate.value.0 - 0.223_144).abs() < 0.05, "{}", found.estimate);
/// assert_eq!(found.method, Method::Ksg1);
/// assert_eq!(found.why, "x and y are continuous");
/// # Ok::<(), ganscope::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Measure {
    /// What.
    pub quantity: Quantity,
    /// By which estimator; `None`: by one that fits the data.
    pub method: Option<Method>,
    /// Neighbours.
    pub k: usize,
    /// Replicates for a standard error and an interval; 0: what the estimator itself tells.
    pub bootstrap: usize,
    /// Permutations for a p-value; 0: none.
    pub permutations: usize,
    /// Repeated numbers are rounded ones: see [`Knn::jitter`](super::Knn::jitter).
    pub jitter: bool,
    /// What every random choice follows from.
    pub seed: u64,
}

/// What was found.
#[derive(Debug, Clone, Serialize)]
pub struct Measured {
    /// The amount and its protocol.
    pub estimate: Estimate,
    /// The estimator asked for, or chosen.
    pub method: Method,
    /// Why it was.
    pub why: String,
    /// What each variable is.
    pub kinds: Vec<Kind>,
    /// That chance alone gives as much.
    pub p_value: Option<f64>,
}

impl Measure {
    /// By the estimator that fits, with three neighbours, seed 1, and no resampling.
    pub fn new(quantity: Quantity) -> Measure {
        Measure {
            quantity,
            method: None,
            k: 3,
            bootstrap: 0,
            permutations: 0,
            jitter: false,
            seed: 1,
        }
    }

    /// Of these variables: as many, and in the order, that the [module](self) lists.
    ///
    /// # Errors
    /// [`Error::Usage`] for another number of variables, variables of different lengths (of two samples: of
    /// different dimensions), constant columns, and an estimator that does not fit the quantity or the data.
    pub fn of(&self, variables: &[Variable]) -> Result<Measured> {
        let names = self.quantity.variables();
        if variables.len() != names.len() {
            return Err(Error::Usage(format!(
                "{} is of {}, and {} variables were given",
                self.quantity.name(),
                names.join(", "),
                variables.len()
            )));
        }
        if self.permutations > 0 && self.quantity != Quantity::Mi {
            return Err(Error::Usage(format!(
                "permutations test whether two variables are independent: they are for mi, not for {}",
                self.quantity.name()
            )));
        }
        let choice = self.choose(variables)?;
        let method = choice.method;
        let all: Vec<_> = variables.iter().map(Variable::data).collect();
        let estimate = match &all[..] {
            [p, q] if self.quantity.of_two_samples() => {
                let data = Apart::new(p.clone(), q.clone())?;
                self.resampled(&data, method, |data: &Apart| {
                    self.apply(method, &[&data.p, &data.q])
                })
            }
            _ => self.resampled(&Together(all.clone()), method, |data: &Together| {
                self.apply(method, &data.0.iter().collect::<Vec<_>>())
            }),
        };
        let mut estimate = estimate.map_err(|e| match (e, &choice.hints[..]) {
            (Error::Usage(problem), hints @ [_, ..]) => {
                Error::Usage(format!("{problem}; {}", hints.join("; ")))
            }
            (e, _) => e,
        })?;
        let p_value = match &all[..] {
            [x, y] if self.permutations > 0 => {
                let test = permutation_test(x, y, self.permutations, self.seed, |x, y| {
                    self.apply(method, &[x, y])
                })?;
                Some(test.p_value)
            }
            _ => None,
        };
        if estimate.standard_error.is_some() {
            // What the estimator itself had none for, data drawn again have found.
            let found = |note: &String| !note.starts_with(NO_ERROR);
            estimate.notes.retain(found);
        }
        for note in choice
            .notes
            .into_iter()
            .chain(self.doubts(method, &estimate))
            .chain(self.second_opinion(variables, &choice.kinds, method, &estimate))
        {
            estimate = estimate.noting(note);
        }
        let numbers = [Some(estimate.value), estimate.standard_error];
        if numbers
            .into_iter()
            .flatten()
            .any(|amount| !amount.0.is_finite())
        {
            return Err(Error::Usage(format!(
                "{} by {} is not finite for these data: use another estimator",
                self.quantity.name(),
                method.name()
            )));
        }
        Ok(Measured {
            estimate,
            method,
            why: choice.why,
            kinds: choice.kinds,
            p_value,
        })
    }

    /// With standard error and interval, if asked for: by the bootstrap where an observation drawn twice is
    /// nothing special, else by subsampling.
    fn resampled<R: super::resampling::Rows>(
        &self,
        data: &R,
        method: Method,
        estimator: impl Fn(&R) -> Result<Estimate> + Sync,
    ) -> Result<Estimate> {
        if self.bootstrap == 0 {
            return estimator(data);
        }
        // What is wrong with the data themselves is said without a word of replicates.
        estimator(data)?;
        let resample = match method.minds_copies() {
            false => bootstrap,
            true => subsampling,
        };
        let found = resample(data, self.bootstrap, LEVEL, self.seed, estimator);
        found.map_err(|e| Error::Usage(format!("on data drawn again for the standard error: {e}")))
    }
}
