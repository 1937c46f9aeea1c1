//! Observations that can be resampled.

use super::Sample;
use crate::error::{Error, Result};

/// Observations that can be resampled: a [`Sample`], [`Symbols`](super::discrete::Symbols), or a pair of them that was
/// observed together.
pub trait Rows: Sized + Sync {
    /// The number of observations.
    fn count(&self) -> usize;

    /// The observations at these places, in this order.
    ///
    /// # Errors
    /// [`Error::Usage`] for an empty list of places, and for a place beyond the last observation.
    fn draw(&self, places: &[usize]) -> Result<Self>;
}

impl Rows for Sample {
    fn count(&self) -> usize {
        self.len()
    }

    fn draw(&self, places: &[usize]) -> Result<Self> {
        within(places, self.len())?;
        let rows = places.iter().flat_map(|&i| self.row(i)).copied();
        Sample::new(rows.collect(), self.dimension())
    }
}

impl<X: Rows, Y: Rows> Rows for (X, Y) {
    fn count(&self) -> usize {
        self.0.count()
    }

    fn draw(&self, places: &[usize]) -> Result<Self> {
        Ok((self.0.draw(places)?, self.1.draw(places)?))
    }
}

/// Refuses a place beyond the last of n observations.
pub(super) fn within(places: &[usize], n: usize) -> Result<()> {
    match places.iter().find(|&&i| i >= n) {
        None => Ok(()),
        Some(i) => Err(Error::Usage(format!(
            "there is no observation {i}: the {n} observations are counted from 0"
        ))),
    }
}
