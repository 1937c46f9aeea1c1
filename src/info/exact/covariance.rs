//! Symmetric positive definite matrices.

use nalgebra::{Cholesky, DMatrix, DVector, Dyn};

use crate::error::{Error, Result};

/// Unexplained share of the variance of a variable, given the variables before it, below which it is a linear function of
/// them: rounding leaves about 10⁻¹⁶ for each of them.
const UNEXPLAINED: f64 = 1e-13;

/// A matrix Σ with its Cholesky factor.
#[derive(Debug, Clone)]
pub(in crate::info) struct Covariance {
    sigma: DMatrix<f64>,
    cholesky: Cholesky<f64, Dyn>,
}

impl Covariance {
    /// The matrix from d rows of d numbers.
    pub fn new(values: &[f64], d: usize) -> Result<Covariance> {
        if d == 0 || values.len() != d * d {
            return Err(Error::Usage(format!(
                "the covariance of {d} variables needs {d} × {d} numbers, but {} were given",
                values.len()
            )));
        }
        Covariance::of(DMatrix::from_row_slice(d, d, values))
    }

    /// The matrix with its Cholesky factor, if it is symmetric and positive definite.
    pub fn of(sigma: DMatrix<f64>) -> Result<Covariance> {
        let d = sigma.nrows();
        for i in 0..d {
            for j in 0..=i {
                let (a, b) = (sigma[(i, j)], sigma[(j, i)]);
                let scale = (sigma[(i, i)] * sigma[(j, j)]).abs().sqrt();
                if !a.is_finite() || !b.is_finite() || (a - b).abs() > 1e-12 * scale {
                    return Err(Error::Usage(format!(
                        "the covariance of variables {} and {} is {a} in one place and {b} in the other; both must be the same finite \
                         number",
                        i + 1,
                        j + 1
                    )));
                }
            }
        }
        let explained = |cholesky: &Cholesky<f64, Dyn>| {
            let l = cholesky.l_dirty();
            (0..d).find(|&i| l[(i, i)] * l[(i, i)] <= UNEXPLAINED * sigma[(i, i)])
        };
        let cholesky = Cholesky::new(sigma.clone());
        if let Some(cholesky) = cholesky
            && explained(&cholesky).is_none()
        {
            return Ok(Covariance { sigma, cholesky });
        }
        // Finds the first variable with which the factorisation fails.
        let fails = |i: &usize| {
            let leading = sigma.view((0, 0), (i + 1, i + 1)).into_owned();
            Cholesky::new(leading).is_none_or(|cholesky| {
                let l = cholesky.l_dirty()[(*i, *i)];
                l * l <= UNEXPLAINED * sigma[(*i, *i)]
            })
        };
        let variable = (0..d).find(fails).unwrap_or(d - 1);
        Err(Error::Usage(format!(
            "the covariance matrix is singular, or not positive definite: variable {} is constant, or a linear function of \
             the variables before it; leave it out",
            variable + 1
        )))
    }

    pub fn dimension(&self) -> usize {
        self.sigma.nrows()
    }

    pub fn sigma(&self) -> &DMatrix<f64> {
        &self.sigma
    }

    /// The covariance of some of the variables.
    pub fn block(&self, variables: &[usize]) -> Result<Covariance> {
        let d = variables.len();
        Covariance::of(DMatrix::from_fn(d, d, |i, j| {
            self.sigma[(variables[i], variables[j])]
        }))
    }

    /// ln |Σ|.
    pub fn ln_determinant(&self) -> f64 {
        let l = self.cholesky.l_dirty();
        (0..self.dimension()).map(|i| 2.0 * l[(i, i)].ln()).sum()
    }

    /// tr(Σ⁻¹A).
    pub fn trace_of_quotient(&self, a: &DMatrix<f64>) -> f64 {
        self.cholesky.solve(a).trace()
    }

    /// Σ⁻¹A.
    pub fn quotient(&self, a: &DMatrix<f64>) -> DMatrix<f64> {
        self.cholesky.solve(a)
    }

    /// vᵀΣ⁻¹v.
    pub fn distance(&self, v: &DVector<f64>) -> f64 {
        v.dot(&self.cholesky.solve(v))
    }
}

/// Refuses an empty block, a variable that does not exist, and a variable that is in both blocks or twice in one.
pub(super) fn disjoint(d: usize, blocks: [&[usize]; 2]) -> Result<()> {
    let mut seen = vec![false; d];
    for block in blocks {
        if block.is_empty() {
            return Err(Error::Usage(
                "a block must contain at least one variable".into(),
            ));
        }
        for &i in block {
            match seen.get_mut(i) {
                None => {
                    return Err(Error::Usage(format!(
                        "there is no variable {i}: the {d} variables are counted from 0"
                    )));
                }
                Some(true) => {
                    return Err(Error::Usage(format!(
                        "variable {i} is named twice; the information between a variable and itself is infinite"
                    )));
                }
                Some(unseen) => *unseen = true,
            }
        }
    }
    Ok(())
}
