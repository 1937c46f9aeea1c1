//! The part of a direction that leaves other attributes unchanged (Shen et al. 2020).
//!
//! The direction n₁ of one attribute usually has a component along the direction n₂ of another, so both change together.
//! To change the first and keep the second, n₂ is projected out:
//!
//! $$ n_1 - (n_1 \cdot n_2)\, n_2, \qquad \text{in general } n_1 - N N^\top n_1 $$
//!
//! where the columns of N are an orthonormal basis of the span of all directions n₂, n₃, … that are to be kept.

use crate::error::{Error, Result};
use crate::interpret::Direction;
use crate::interpret::linear::{columns, orthonormal_basis, project_out};

/// Norm of what remains of a direction after projection, below which it lies in the span of the others.
const IN_SPAN: f64 = 1e-6;

/// Computes the conditional direction, the part of `direction` that is orthogonal to all `others`, scaled to norm 1.
///
/// The strength is the norm before scaling, 0 to 1: the sine of the angle between the direction and the span of the
/// others.
///
/// ```
/// use ganscope::interpret::conditional_direction;
/// use ganscope::interpret::Direction;
/// let age = Direction::new("age", vec![0.6, 0.8], 1.0)?;
/// let glasses = Direction::new("glasses", vec![1.0, 0.0], 1.0)?;
/// let found = conditional_direction(&age, &[glasses])?;
/// assert_eq!(found.name, "age without glasses");
/// assert!((found.vector[1] - 1.0).abs() < 1e-12 && (found.strength - 0.8).abs() < 1e-12);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] for directions of different lengths, and if the direction lies in the span of the others.
pub fn conditional_direction(direction: &Direction, others: &[Direction]) -> Result<Direction> {
    let latent = direction.vector.len();
    if let Some(other) = others.iter().find(|other| other.vector.len() != latent) {
        return Err(Error::Usage(format!(
            "\"{}\" is a direction in {latent} dimensions, but \"{}\" is one in {}",
            direction.name,
            other.name,
            other.vector.len()
        )));
    }
    let basis = orthonormal_basis(&columns(others.iter().map(|d| &d.vector), latent));
    let rest = project_out(&direction.vector, &basis);
    let norm = rest.iter().map(|v| v * v).sum::<f64>().sqrt();
    let names: Vec<&str> = others.iter().map(|other| other.name.as_str()).collect();
    if norm < IN_SPAN {
        return Err(Error::Usage(format!(
            "\"{}\" cannot be changed without {}: nothing of the direction remains once these are projected out",
            direction.name,
            names.join(", ")
        )));
    }
    let name = match names.as_slice() {
        [] => direction.name.clone(),
        names => format!("{} without {}", direction.name, names.join(", ")),
    };
    Direction::new(name, rest, norm)
}
