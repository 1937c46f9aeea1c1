//! Scores of a batch of samples, and the arithmetic by which a loss is computed from them.

use super::batch::Batch;
use super::columns::columns;
use super::device::{Recording, Tensor};
use super::loss::Loss;
use crate::error::Result;
use dfdx::shapes::{Axes2, Rank0};
use dfdx::tensor::WithEmptyTape;
use dfdx::tensor_ops::{MeanTo, ReshapeTo};
use std::ops::{Add, Mul, Sub};

/// One recorded number per sample, `[n, 1]`, such as D's raw outputs.
///
/// ```
/// use ganscope::tensor::{Batch, Scores};
/// let s = Scores::of(Batch::new(vec![1.0, -2.0], 2, 1)?.record())?;
/// assert_eq!((s * 2.0 + 1.0).relu().values(), [3.0, 0.0]);
/// # Ok::<(), ganscope::Error>(())
/// ```
pub struct Scores(pub(super) Tensor<Recording>);

impl Scores {
    /// Takes the first column of a network's outputs.
    ///
    /// # Errors
    /// [`Error::Device`](crate::Error::Device) when the device is out of memory.
    pub fn of(outputs: Batch<Recording>) -> Result<Self> {
        let score = match outputs.columns() {
            1 => outputs,
            _ => columns(outputs, 0..1)?,
        };
        Ok(Scores(score.into_tensor()?))
    }

    /// Returns the same scores on an empty tape, for a second loss that is added to the first.
    pub fn again(&self) -> Self {
        Scores(self.0.with_empty_tape())
    }

    /// Returns the scores as numbers.
    pub fn values(&self) -> Vec<f32> {
        self.0.as_vec()
    }

    /// Computes max(s, 0) for each score.
    pub fn relu(self) -> Self {
        Scores(self.0.relu())
    }

    /// Computes eˢ for each score.
    pub fn exp(self) -> Self {
        Scores(self.0.exp())
    }

    /// Arranges `rows × columns` scores as a matrix, row by row.
    ///
    /// # Errors
    /// [`Error::Device`](crate::Error::Device) when the device is out of memory.
    ///
    /// # Panics
    /// When there is another number of scores.
    pub fn into_matrix(self, rows: usize, columns: usize) -> Result<Batch<Recording>> {
        Batch::from_tensor(self.0.try_reshape_like(&(rows, columns))?)
    }
}

impl Sub for Scores {
    type Output = Scores;
    fn sub(self, other: Scores) -> Scores {
        Scores(self.0 - other.0)
    }
}

impl Mul<f64> for Scores {
    type Output = Scores;
    fn mul(self, factor: f64) -> Scores {
        Scores(self.0 * factor as f32)
    }
}

impl Add<f64> for Scores {
    type Output = Scores;
    fn add(self, constant: f64) -> Scores {
        Scores(self.0 + constant as f32)
    }
}

/// Computes E\[s\].
pub fn mean(scores: Scores) -> Loss {
    Loss(scores.0.mean::<Rank0, Axes2<0, 1>>())
}

/// Computes E\[(s − t)²\] for one target t.
pub fn squared_error(scores: Scores, target: f64) -> Loss {
    let differences = scores.0 - target as f32;
    Loss(differences.square().mean::<Rank0, Axes2<0, 1>>())
}
