//! Observations of continuous variables.

use crate::error::{Error, Result};

/// n observations of d finite numbers each, row by row.
///
/// ```
/// use ganscope::info::Sample;
/// let sample = Sample::new(vec![1.0, 2.0, 3.0, 4.0], 2)?;
/// assert_eq!((sample.len(), sample.dimension()), (2, 2));
/// assert_eq!(sample.row(1), [3.0, 4.0]);
/// let both = sample.beside(&Sample::new(vec![5.0, 6.0], 1)?)?;
/// assert_eq!(both.row(0), [1.0, 2.0, 5.0]);
/// let message = Sample::new(vec![1.0, f64::NAN], 2).unwrap_err().to_string();
/// assert!(message.contains("row 1, column 2: NaN is not a finite number"));
/// # Ok::<(), ganscope::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    values: Vec<f64>,
    dimension: usize,
}

impl Sample {
    /// # Errors
    /// [`Error::Usage`] for no number, a rest of a row, and what is not finite, naming row and column.
    pub fn new(values: Vec<f64>, dimension: usize) -> Result<Sample> {
        if dimension == 0 || values.is_empty() || !values.len().is_multiple_of(dimension) {
            return Err(Error::Usage(format!(
                "{} numbers are no sample of dimension {dimension}",
                values.len()
            )));
        }
        if let Some(at) = values.iter().position(|x| !x.is_finite()) {
            return Err(Error::Usage(format!(
                "row {}, column {}: {} is not a finite number; remove the row or fill the value in",
                at / dimension + 1,
                at % dimension + 1,
                values[at]
            )));
        }
        Ok(Sample { values, dimension })
    }

    /// n.
    pub fn len(&self) -> usize {
        self.values.len() / self.dimension
    }

    /// Whether there is no observation, which [`new`](Self::new) refuses.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// d.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// Row-major `[n, d]`.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Observation i, from 0.
    pub fn row(&self, i: usize) -> &[f64] {
        &self.values[i * self.dimension..][..self.dimension]
    }

    /// The observations in order.
    pub fn rows(&self) -> impl Iterator<Item = &[f64]> {
        self.values.chunks_exact(self.dimension)
    }

    /// Variable j, from 0, of every observation.
    pub fn column(&self, j: usize) -> impl Iterator<Item = f64> {
        self.values.iter().skip(j).step_by(self.dimension).copied()
    }

    /// Some of the variables, from 0, of every observation.
    pub(crate) fn of_columns(&self, columns: &[usize]) -> Sample {
        let rows = self.rows().flat_map(|row| columns.iter().map(|&j| row[j]));
        Sample {
            values: rows.collect(),
            dimension: columns.len(),
        }
    }

    /// Both together: row i of the result is row i of each.
    ///
    /// # Errors
    /// [`Error::Usage`] when one has more rows.
    pub fn beside(&self, other: &Sample) -> Result<Sample> {
        self.as_long_as(other)?;
        let rows = self.rows().zip(other.rows());
        Ok(Sample {
            values: rows.flat_map(|(a, b)| a.iter().chain(b)).copied().collect(),
            dimension: self.dimension + other.dimension,
        })
    }

    /// Refuses two samples of different lengths.
    pub(super) fn as_long_as(&self, other: &Sample) -> Result<()> {
        match self.len() == other.len() {
            true => Ok(()),
            false => Err(Error::Usage(format!(
                "{} observations of one variable and {} of the other; each row must have both",
                self.len(),
                other.len()
            ))),
        }
    }
}
