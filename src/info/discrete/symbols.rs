//! Observations of a discrete variable.

use super::Counts;
use crate::error::{Error, Result};
use crate::info::rows::{Rows, within};

/// n observations, each one of K outcomes.
///
/// ```
/// use ganscope::info::discrete::Symbols;
/// let weather = Symbols::new(&["sun", "rain", "sun", "fog"])?;
/// assert_eq!(weather.codes(), [2, 1, 2, 0]);
/// assert_eq!(weather.counts()?.values(), [1, 1, 2]);
/// // Four of the 3 × 2 possible pairs occur.
/// let both = weather.beside(&Symbols::new(&[0, 0, 1, 1])?)?;
/// assert_eq!((both.counts()?.seen(), both.counts()?.possible()), (4, 6));
/// # Ok::<(), ganscope::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Symbols {
    /// The outcome of each observation; all codes from 0 to the largest occur.
    codes: Vec<u32>,
    /// Number of possible outcomes.
    possible: f64,
}

impl Symbols {
    /// Codes the values by their order. The values that occur are the possible outcomes.
    ///
    /// # Errors
    /// [`Error::Usage`] for no observations.
    pub fn new<T: Ord>(values: &[T]) -> Result<Symbols> {
        let codes = ranked(values)?;
        let possible = f64::from(codes.iter().max().map_or(0, |top| top + 1));
        Ok(Symbols { codes, possible })
    }

    /// The same observations with a larger number of possible outcomes, which Bayesian estimators use.
    ///
    /// # Errors
    /// [`Error::Usage`] when more outcomes occur.
    pub fn among(self, possible: u64) -> Result<Symbols> {
        let seen = self.codes.iter().max().map_or(0, |top| u64::from(*top) + 1);
        if seen > possible {
            return Err(Error::Usage(format!(
                "{seen} different symbols occur, more than the {possible} that are possible"
            )));
        }
        Ok(Symbols {
            possible: possible as f64,
            ..self
        })
    }

    /// The number n of observations.
    pub fn len(&self) -> usize {
        self.codes.len()
    }

    /// Always false: [`new`](Self::new) refuses an empty sample.
    pub fn is_empty(&self) -> bool {
        self.codes.is_empty()
    }

    /// The outcome of each observation, as a number from 0.
    pub fn codes(&self) -> &[u32] {
        &self.codes
    }

    /// Both variables as one, whose outcomes are pairs.
    ///
    /// # Errors
    /// [`Error::Usage`] for different numbers of observations.
    pub fn beside(&self, other: &Symbols) -> Result<Symbols> {
        if self.len() != other.len() {
            return Err(Error::Usage(format!(
                "{} observations of one variable and {} of the other; each row must have both",
                self.len(),
                other.len()
            )));
        }
        let pairs: Vec<_> = self.codes.iter().zip(&other.codes).collect();
        Ok(Symbols {
            codes: ranked(&pairs)?,
            possible: self.possible * other.possible,
        })
    }

    /// The number of observations of each outcome.
    ///
    /// # Errors
    /// As [`Counts::new`].
    pub fn counts(&self) -> Result<Counts> {
        let mut n = Vec::new();
        for &code in &self.codes {
            let code = code as usize;
            if code >= n.len() {
                n.resize(code + 1, 0);
            }
            n[code] += 1;
        }
        Counts::among(n, self.possible)
    }

    /// Some of the observations, by their places.
    pub(in crate::info) fn select(&self, places: &[usize]) -> Result<Symbols> {
        let codes: Vec<u32> = places.iter().map(|&i| self.codes[i]).collect();
        Ok(Symbols {
            codes: ranked(&codes)?,
            possible: self.possible,
        })
    }
}

/// The rank of each value among the different values.
fn ranked<T: Ord>(values: &[T]) -> Result<Vec<u32>> {
    if values.is_empty() || values.len() > u32::MAX as usize {
        return Err(Error::Usage(format!(
            "{} observations: there must be at least one, and at most 2³²",
            values.len()
        )));
    }
    let mut order: Vec<u32> = (0..values.len() as u32).collect();
    order.sort_by(|&i, &j| values[i as usize].cmp(&values[j as usize]));
    let mut codes = vec![0; values.len()];
    for pair in order.windows(2) {
        let (i, j) = (pair[0] as usize, pair[1] as usize);
        codes[j] = codes[i] + u32::from(values[i] != values[j]);
    }
    Ok(codes)
}

impl Rows for Symbols {
    fn count(&self) -> usize {
        self.len()
    }

    fn draw(&self, places: &[usize]) -> Result<Self> {
        within(places, self.len())?;
        self.select(places)
    }
}
