//! Features of samples: one point of a feature space for each sample.

use crate::error::{Error, Result};

/// Features of samples, row-major [n, dimension].
///
/// ```
/// use ganscope::evaluate::Features;
/// let features = Features::new(vec![0.0, 1.0, 2.0, 3.0], 2)?;
/// assert_eq!((features.len(), features.dimension()), (2, 2));
/// assert_eq!(features.row(1), [2.0, 3.0]);
/// # Ok::<(), ganscope::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Features {
    values: Vec<f64>,
    dimension: usize,
}

impl Features {
    /// Wraps `values`, row-major with `dimension` features per sample.
    ///
    /// # Errors
    /// [`Error::Usage`] unless `values` are one or more whole rows of finite numbers.
    pub fn new(values: Vec<f64>, dimension: usize) -> Result<Self> {
        if dimension == 0 || values.is_empty() || !values.len().is_multiple_of(dimension) {
            return Err(Error::Usage(format!(
                "{} numbers cannot be divided into rows of {dimension} features; at least one complete row is needed",
                values.len()
            )));
        }
        if let Some(at) = values.iter().position(|v| !v.is_finite()) {
            return Err(Error::Usage(format!(
                "sample {} (counted from 0) has a feature that is {}; only finite features can be measured",
                at / dimension,
                values[at]
            )));
        }
        Ok(Features { values, dimension })
    }

    /// Number of samples, at least 1.
    #[expect(clippy::len_without_is_empty, reason = "there is at least one sample")]
    pub fn len(&self) -> usize {
        self.values.len() / self.dimension
    }

    /// Number of features of a sample.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// The features of all samples, row-major.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The features of sample `index`, which must be below [`len`](Self::len).
    pub fn row(&self, index: usize) -> &[f64] {
        &self.values[index * self.dimension..][..self.dimension]
    }

    /// The features of `count` samples from sample `first` on, row-major.
    pub(super) fn rows(&self, first: usize, count: usize) -> &[f64] {
        &self.values[first * self.dimension..][..count * self.dimension]
    }

    /// Checks that features of another set have the same dimension.
    pub(super) fn same_space(&self, other: &Features) -> Result<()> {
        if self.dimension == other.dimension {
            return Ok(());
        }
        Err(Error::Usage(format!(
            "samples with {} and with {} features cannot be compared",
            self.dimension, other.dimension
        )))
    }
}
