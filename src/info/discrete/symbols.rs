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
/// // Pairs that occur, of 3 × 2 that may.
/// let both = weather.beside(&Symbols::new(&[0, 0, 1, 1])?)?;
/// assert_eq!((both.counts()?.seen(), both.counts()?.possible()), (4, 6));
/// # Ok::<(), ganscope::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Symbols {
    /// Dense from 0.
    codes: Vec<u32>,
    possible: f64,
}

impl Symbols {
    /// Coded by their order; those that occur are the possible ones.
    ///
    /// # Errors
    /// [`Error::Usage`] for no observation.
    pub fn new<T: Ord>(values: &[T]) -> Result<Symbols> {
        let codes = ranked(values)?;
        let possible = f64::from(codes.iter().max().map_or(0, |top| top + 1));
        Ok(Symbols { codes, possible })
    }

    /// The same with more possible outcomes than were seen, which Bayesian estimators take into account.
    ///
    /// # Errors
    /// [`Error::Usage`] when more were seen.
    pub fn among(self, possible: u64) -> Result<Symbols> {
        let seen = self.codes.iter().max().map_or(0, |top| u64::from(*top) + 1);
        match seen <= possible {
            true => Ok(Symbols {
                possible: possible as f64,
                ..self
            }),
            false => Err(Error::Usage(format!(
                "{seen} different symbols were seen, more than the {possible} that are possible"
            ))),
        }
    }

    /// n.
    pub fn len(&self) -> usize {
        self.codes.len()
    }

    /// Whether there is no observation, which [`new`](Self::new) refuses.
    pub fn is_empty(&self) -> bool {
        self.codes.is_empty()
    }

    /// Each observation's outcome, from 0.
    pub fn codes(&self) -> &[u32] {
        &self.codes
    }

    /// Both together: an observation's outcome is the pair.
    ///
    /// # Errors
    /// [`Error::Usage`] when one has more observations.
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

    /// How often each outcome was seen.
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

/// Each value's rank among those that occur.
fn ranked<T: Ord>(values: &[T]) -> Result<Vec<u32>> {
    if values.is_empty() || values.len() > u32::MAX as usize {
        return Err(Error::Usage(format!(
            "{} observations: there has to be one at least, and no more than 2³²",
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
