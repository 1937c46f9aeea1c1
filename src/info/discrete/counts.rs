//! How often each outcome was seen.

use std::collections::BTreeMap;

use crate::error::{Error, Result};
use crate::info::exact::Probabilities;

/// n₁ … n_K, with 0 for an outcome that is possible and was not seen.
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
    /// May be more than are listed: pairs that never occurred together are not.
    possible: f64,
}

/// Counts above which f64 no longer tells neighbours apart.
const MOST: u64 = 1 << 53;

impl Counts {
    /// # Errors
    /// [`Error::Usage`] when nothing was seen, or more than 2⁵³ times.
    pub fn new(n: Vec<u64>) -> Result<Counts> {
        let possible = n.len() as f64;
        Counts::among(n, possible)
    }

    /// Of so many possible outcomes, of which those listed may be a part.
    pub(super) fn among(n: Vec<u64>, possible: f64) -> Result<Counts> {
        let total = n.iter().try_fold(0u64, |sum, n| sum.checked_add(*n));
        match total {
            Some(0) => Err(Error::Usage("no outcome was seen even once".into())),
            Some(total) if total <= MOST => Ok(Counts { n, total, possible }),
            _ => Err(Error::Usage(format!("more than {MOST} observations"))),
        }
    }

    /// n₁ … n_K.
    pub fn values(&self) -> &[u64] {
        &self.n
    }

    /// N.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// K.
    pub fn possible(&self) -> u64 {
        self.possible as u64
    }

    /// K⁺.
    pub fn seen(&self) -> usize {
        self.n.iter().filter(|&&n| n > 0).count()
    }

    /// p̂ᵢ = nᵢ/N.
    pub fn frequencies(&self) -> Result<Probabilities> {
        let total = self.total as f64;
        Probabilities::new(self.n.iter().map(|&n| n as f64 / total).collect())
    }

    /// Each count that occurs, with the number of outcomes that have it: all that an entropy depends on.
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
