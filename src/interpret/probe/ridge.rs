//! Ridge regression: linear regression with an L2 penalty (Hoerl & Kennard 1970).
//!
//! With standardised features X [n, d] and centred values y,
//!
//! $$ w = \arg\min_w \frac1n \lVert y - Xw \rVert^2 + \lambda \lVert w \rVert^2
//!      = (X^\top X + n\lambda I)^{-1} X^\top y = X^\top (X X^\top + n\lambda I)^{-1} y $$
//!
//! The smaller of the two systems is solved, by Cholesky's decomposition.

use nalgebra::{DMatrix, DVector};

use super::logistic::{check_dimension, check_lambda};
use super::minimize::{add, dot};
use super::standardize::Standardizer;
use crate::error::{Error, Result, counted, thousands};
use crate::evaluate::Features;

/// Largest size of the linear system: its matrix takes 128 MB.
const MAXIMUM_SIZE: usize = 4096;

/// A linear regression.
#[derive(Debug, Clone, PartialEq)]
pub struct RidgeRegression {
    standardizer: Standardizer,
    weights: Vec<f64>,
    intercept: f64,
}

impl RidgeRegression {
    /// Fits the regression to `features` with one value each; `lambda` is the factor λ of the penalty.
    ///
    /// ```
    /// use ganscope::evaluate::Features;
    /// use ganscope::interpret::RidgeRegression;
    /// // y = 10 + 2 x, and the standard deviation of x is 2: with λ = 1, half of the slope 4 remains.
    /// let features = Features::new(vec![-2.0, 2.0, -2.0, 2.0], 1)?;
    /// let ridge = RidgeRegression::fit(&features, &[6.0, 14.0, 6.0, 14.0], 1.0)?;
    /// assert!((ridge.weights()[0] - 2.0).abs() < 1e-12 && ridge.intercept() == 10.0);
    /// assert!((ridge.predict(&Features::new(vec![4.0], 1)?)?[0] - 14.0).abs() < 1e-12);
    /// # Ok::<(), ganscope::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Usage`] unless there is one finite value for each row and λ is positive and finite; also if there are more
    /// than 4096 features and more than 4096 samples, or if the numbers are so extreme that the system has no solution in
    /// double precision.
    pub fn fit(features: &Features, values: &[f64], lambda: f64) -> Result<Self> {
        check_lambda(lambda)?;
        let (n, d) = (features.len(), features.dimension());
        if values.len() != n || values.iter().any(|v| !v.is_finite()) {
            return Err(Error::Usage(format!(
                "{} for {}; each sample needs one value, and all values must be finite",
                counted(values.len(), "value"),
                counted(n, "sample")
            )));
        }
        if n.min(d) > MAXIMUM_SIZE {
            return Err(Error::Usage(format!(
                "a regression on {} and {} takes too much memory; use at most {} of one of them",
                counted(d, "feature"),
                counted(n, "sample"),
                thousands(MAXIMUM_SIZE as u64)
            )));
        }
        let standardizer = Standardizer::of(features);
        let x = standardizer.apply(features);
        let intercept = values.iter().sum::<f64>() / n as f64;
        let y: Vec<f64> = values.iter().map(|v| v - intercept).collect();
        let penalty = n as f64 * lambda;
        let rows = || x.chunks_exact(d);
        let project = |c: &[f64]| {
            let mut sum = vec![0.0; d];
            rows().zip(c).for_each(|(row, c)| add(&mut sum, *c, row));
            sum
        };
        let weights = if d <= n {
            // The upper triangle of XᵀX, one sample at a time.
            let mut gram = vec![0.0; d * d];
            for row in rows() {
                for (j, x) in row.iter().enumerate() {
                    add(&mut gram[j * d + j..(j + 1) * d], *x, &row[j..]);
                }
            }
            solve(gram, d, penalty, project(&y))
        } else {
            let mut gram = vec![0.0; n * n];
            for (i, a) in rows().enumerate() {
                for (j, b) in rows().enumerate().skip(i) {
                    gram[i * n + j] = dot(a, b);
                }
            }
            solve(gram, n, penalty, y).map(|c| project(&c))
        };
        let weights = weights.filter(|w| w.iter().all(|w| w.is_finite()));
        let weights = weights.ok_or_else(|| {
            Error::Usage(
                "the regression has no solution in double precision; use a larger lambda, or features and values of \
                 moderate size"
                    .into(),
            )
        })?;
        Ok(RidgeRegression {
            standardizer,
            weights,
            intercept,
        })
    }

    /// The weights w for standardised features.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// The prediction for mean features, which is the mean of the values.
    pub fn intercept(&self) -> f64 {
        self.intercept
    }

    /// Returns the predicted value of each sample.
    ///
    /// # Errors
    /// [`Error::Usage`] for another number of features than the regression was fitted to.
    pub fn predict(&self, features: &Features) -> Result<Vec<f64>> {
        check_dimension(&self.standardizer, features)?;
        let x = self.standardizer.apply(features);
        let rows = x.chunks_exact(features.dimension());
        Ok(rows
            .map(|x| self.intercept + dot(&self.weights, x))
            .collect())
    }
}

/// Solves (M + cI) w = b for a symmetric M, of which the upper triangle is given, row-major.
fn solve(upper: Vec<f64>, size: usize, c: f64, b: Vec<f64>) -> Option<Vec<f64>> {
    // nalgebra stores columns, so the upper triangle in rows is the lower one, which its decomposition reads.
    let mut matrix = DMatrix::from_vec(size, size, upper);
    for i in 0..size {
        matrix[(i, i)] += c;
    }
    let solution = matrix.cholesky()?.solve(&DVector::from_vec(b));
    Some(solution.data.into())
}
