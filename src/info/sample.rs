//! A table of finite numbers.

use crate::error::{Error, Result};

/// n observations (rows) of d finite numbers each (columns).
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
    /// A sample from its numbers, row by row.
    ///
    /// # Errors
    /// [`Error::Usage`] for no numbers, an incomplete row, and a number that is not finite, with its row and column.
    pub fn new(values: Vec<f64>, dimension: usize) -> Result<Sample> {
        if dimension == 0 || values.is_empty() || !values.len().is_multiple_of(dimension) {
            return Err(Error::Usage(format!(
                "{} numbers cannot be divided into rows of {dimension} columns",
                values.len()
            )));
        }
        if let Some(at) = values.iter().position(|x| !x.is_finite()) {
            return Err(Error::Usage(format!(
                "row {}, column {}: {} is not a finite number; remove the row, or fill in the value",
                at / dimension + 1,
                at % dimension + 1,
                values[at]
            )));
        }
        Ok(Sample { values, dimension })
    }

    /// The number n of observations.
    pub fn len(&self) -> usize {
        self.values.len() / self.dimension
    }

    /// Always false: [`new`](Self::new) refuses an empty sample.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The number d of columns.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// All numbers, row-major: `[n, d]`.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Row i, counted from 0.
    pub fn row(&self, i: usize) -> &[f64] {
        &self.values[i * self.dimension..][..self.dimension]
    }

    /// The rows in order.
    pub fn rows(&self) -> impl Iterator<Item = &[f64]> {
        self.values.chunks_exact(self.dimension)
    }

    /// Column j, counted from 0.
    pub fn column(&self, j: usize) -> impl Iterator<Item = f64> {
        self.values.iter().skip(j).step_by(self.dimension).copied()
    }

    /// Some of the columns, counted from 0.
    pub(crate) fn of_columns(&self, columns: &[usize]) -> Sample {
        let rows = self.rows().flat_map(|row| columns.iter().map(|&j| row[j]));
        Sample {
            values: rows.collect(),
            dimension: columns.len(),
        }
    }

    /// The columns of both samples side by side.
    ///
    /// # Errors
    /// [`Error::Usage`] for different numbers of rows.
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
        if self.len() == other.len() {
            return Ok(());
        }
        Err(Error::Usage(format!(
            "{} observations of one variable and {} of the other; each row must have both",
            self.len(),
            other.len()
        )))
    }
}
