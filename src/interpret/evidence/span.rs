//! The span of the leading directions of a method.

use nalgebra::DMatrix;

use crate::error::{Error, Result, counted};
use crate::interpret::Directions;
use crate::interpret::directions::check_count;
use crate::interpret::linear::{columns, orthonormal_basis};

/// Returns the number of latent variables, after checking that all directions have as many.
pub(super) fn latent_of(directions: &Directions) -> Result<usize> {
    let latent = directions.all.first().map_or(0, |d| d.vector.len());
    if latent == 0 {
        return Err(Error::Usage(format!(
            "the method \"{}\" found no direction, so there is nothing to compare",
            directions.method
        )));
    }
    same_latent(directions, latent, directions)?;
    Ok(latent)
}

/// Refuses directions that have another length than the `latent` numbers of those of `first`.
pub(super) fn same_latent(first: &Directions, latent: usize, other: &Directions) -> Result<()> {
    match other.all.iter().find(|d| d.vector.len() != latent) {
        None => Ok(()),
        Some(wrong) => Err(Error::Usage(format!(
            "directions of different latent spaces cannot be compared: those of \"{}\" have {latent} numbers, but \"{}\" \
             of \"{}\" has {}",
            first.method,
            wrong.name,
            other.method,
            wrong.vector.len()
        ))),
    }
}

/// Returns an orthonormal basis of the span of the `k` leading directions.
pub(super) fn leading_span(directions: &Directions, k: usize) -> Result<DMatrix<f64>> {
    check_count(k)?;
    let latent = latent_of(directions)?;
    let Some(leading) = directions.all.get(..k) else {
        return Err(Error::Usage(format!(
            "the method \"{}\" found {}, so the {k} leading ones cannot be compared; use a smaller k",
            directions.method,
            counted(directions.all.len(), "direction")
        )));
    };
    Ok(orthonormal_basis(&columns(
        leading.iter().map(|d| &d.vector),
        latent,
    )))
}
