//! Directions made of eigenvectors, which are ranked by their eigenvalues.

use nalgebra::DMatrix;

use crate::error::{Error, Result};
use crate::interpret::Direction;

/// Singular value, in units of the largest one, below which a direction is rounding error of single precision.
const SMALLEST_SINGULAR_VALUE: f64 = 1e-5;

/// Refuses to find 0 directions.
pub(in crate::interpret) fn check_count(count: usize) -> Result<()> {
    if count > 0 {
        return Ok(());
    }
    Err(Error::Usage(
        "count, the number of directions to find, must be at least 1".into(),
    ))
}

/// Returns the singular values of a matrix, from the descending eigenvalues of its product with itself, without those
/// that are 0 up to rounding.
pub(super) fn singular_values(squares: &[f64]) -> Vec<f64> {
    let mut sigma: Vec<f64> = squares.iter().map(|s| s.max(0.0).sqrt()).collect();
    let largest = sigma.first().copied().unwrap_or(0.0);
    sigma.retain(|s| *s > SMALLEST_SINGULAR_VALUE * largest);
    sigma
}

/// Makes up to `count` directions, `component 1` and so on, of the columns of a matrix. There is one strength for each
/// of the first columns.
///
/// # Errors
/// Those of [`Direction::new`].
pub(super) fn ranked(
    strengths: &[f64],
    vectors: &DMatrix<f64>,
    count: usize,
) -> Result<Vec<Direction>> {
    let pairs = strengths.iter().zip(vectors.column_iter()).take(count);
    let direction = |(index, (strength, vector)): (usize, (&f64, _))| {
        let vector: nalgebra::DVectorView<'_, f64> = vector;
        let vector = vector.iter().copied().collect();
        Direction::new(format!("component {}", index + 1), vector, *strength)
    };
    pairs.enumerate().map(direction).collect()
}
