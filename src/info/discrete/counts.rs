//! Counts of outcomes.

use std::collections::BTreeMap;

use crate::error::{Error, Result};
use crate::info::exact::Probabilities;

/// The counts n₁ … n_K of the outcomes, with 0 for a possible outcome that was not observed.
///
/// ```
/// use ganscope::info::discrete::Counts;
/// let counts = Counts::new(vec![4, 2, 0, 1])?;
/// assert_eq!((counts.total(), counts.possible(), counts.seen()), (7, 4, 3));
/// assert!(Counts::new(vec![0, 0]).is_err());
/// # Ok::<(), ganscope::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Counts {
    n: Vec<u64>,
    total: u64,
    /// Number K of possible outcomes. It may exceed the number of counts, which leave out pairs that never occurred.
    possible: f64,
}

/// Largest total, up to which f64 represents all counts exactly.
const MAX_TOTAL: u64 = 1 << 53;

impl Counts {
    /// Counts from a list of n₁ … n_K.
    ///
    /// # Errors
    /// [`Error::Usage`] when all counts are 0, or their sum exceeds 2⁵³.
    pub fn new(n: Vec<u64>) -> Result<Counts> {
        let possible = n.len() as f64;
        Counts::among(n, possible)
    }

    /// Counts with a number of possible outcomes, which may exceed the number of counts.
    pub(super) fn among(n: Vec<u64>, possible: f64) -> Result<Counts> {
        let total = n.iter().try_fold(0u64, |sum, n| sum.checked_add(*n));
        match total {
            Some(0) => Err(Error::Usage("no outcome was observed".into())),
            Some(total) if total <= MAX_TOTAL => Ok(Counts { n, total, possible }),
            _ => Err(Error::Usage(format!(
                "there are more than {MAX_TOTAL} observations"
            ))),
        }
    }

    /// The counts n₁ … n_K.
    pub fn values(&self) -> &[u64] {
        &self.n
    }

    /// The number N of observations.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The number K of possible outcomes.
    pub fn possible(&self) -> u64 {
        self.possible as u64
    }

    /// The number K⁺ of outcomes that were observed.
    pub fn seen(&self) -> usize {
        self.n.iter().filter(|&&n| n > 0).count()
    }

    /// The observed frequencies p̂ᵢ = nᵢ/N.
    ///
    /// # Errors
    /// As [`Probabilities::new`].
    pub fn frequencies(&self) -> Result<Probabilities> {
        let total = self.total as f64;
        Probabilities::new(self.n.iter().map(|&n| n as f64 / total).collect())
    }

    /// Each count that occurs, with the number of outcomes that have it. An entropy depends on nothing else.
    pub(super) fn multiplicities(&self) -> BTreeMap<u64, f64> {
        let mut outcomes = BTreeMap::new();
        for &n in &self.n {
            *outcomes.entry(n).or_insert(0.0) += 1.0;
        }
        let unlisted = self.possible - self.n.len() as f64;
        if unlisted > 0.0 {
            *outcomes.entry(0).or_insert(0.0) += unlisted;
        }
        outcomes
    }

    pub(super) fn outcomes(&self) -> f64 {
        self.possible
    }
}
