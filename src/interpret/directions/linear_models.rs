//! Linear models of a label or of a factor, and the measures of their predictions.

use nalgebra::{DMatrix, DVector};

use crate::error::{Error, Result};
use crate::interpret::linear::symmetric_eigen;

/// Largest number of Newton steps. About ten are enough.
const MAXIMUM_STEPS: usize = 200;
/// Decrease of the objective that a Newton step promises, below which the iteration has converged.
const CONVERGED: f64 = 1e-14;
/// Fraction of a Newton step below which rounding decides whether the objective decreases.
const SMALLEST_STEP: f64 = 1e-9;
/// Eigenvalue of the covariance of z, in units of the largest one, that is regarded as 0.
const SINGULAR: f64 = 1e-9;

/// Row `i` of z in double precision.
pub(super) fn row(z: &[f32], latent: usize, i: usize) -> DVector<f64> {
    let values = z[i * latent..][..latent].iter();
    DVector::from_iterator(latent, values.map(|v| f64::from(*v)))
}

/// Fits w and b to the training samples by Newton's method with step halving.
pub(super) fn logistic_regression(
    z: &[f32],
    latent: usize,
    labels: &[bool],
    training: &[usize],
    penalty: f64,
) -> Result<(DVector<f64>, f64)> {
    let n = training.len() as f64;
    let sign = |i: usize| if labels[i] { 1.0 } else { -1.0 };
    // The last entry of β is b.
    let margins = |beta: &DVector<f64>| -> Vec<f64> {
        let margin = |&i: &usize| {
            let products = z[i * latent..][..latent].iter().zip(beta.iter());
            let product: f64 = products.map(|(z, w)| f64::from(*z) * w).sum();
            sign(i) * (product + beta[latent])
        };
        training.iter().map(margin).collect()
    };
    let objective = |beta: &DVector<f64>, margins: &[f64]| {
        let loss: f64 = margins.iter().map(|m| softplus(-m)).sum();
        loss / n + 0.5 * penalty * beta.rows(0, latent).norm_squared()
    };
    let mut beta = DVector::zeros(latent + 1);
    let mut margin = margins(&beta);
    let mut value = objective(&beta, &margin);
    for _ in 0..MAXIMUM_STEPS {
        let mut gradient = DVector::zeros(latent + 1);
        let mut hessian = DMatrix::zeros(latent + 1, latent + 1);
        for (&i, margin) in training.iter().zip(&margin) {
            let x = row(z, latent, i).push(1.0);
            // The probability of the wrong label.
            let p = 1.0 / (1.0 + margin.exp());
            gradient.axpy(-sign(i) * p / n, &x, 1.0);
            hessian.syger(p * (1.0 - p) / n, &x, &x, 1.0);
        }
        for i in 0..latent {
            gradient[i] += penalty * beta[i];
            hessian[(i, i)] += penalty;
        }
        // If all samples are classified with certainty, b has no curvature.
        hessian[(latent, latent)] += 1e-12;
        let Some(cholesky) = hessian.cholesky() else {
            break;
        };
        let step = cholesky.solve(&gradient);
        let decrease = step.dot(&gradient);
        let mut scale = 1.0;
        let mut next = &beta - &step;
        let mut next_margin = margins(&next);
        let mut next_value = objective(&next, &next_margin);
        while next_value > value - 0.25 * scale * decrease && scale > SMALLEST_STEP {
            scale *= 0.5;
            next = &beta - &step * scale;
            next_margin = margins(&next);
            next_value = objective(&next, &next_margin);
        }
        // Without progress, only rounding error is left.
        if decrease < CONVERGED || next_value >= value {
            return Ok((beta.rows(0, latent).into_owned(), beta[latent]));
        }
        (beta, margin, value) = (next, next_margin, next_value);
    }
    Err(Error::Usage(
        "the logistic regression did not converge; scale z to variances of about 1, or increase the penalty".into(),
    ))
}

/// ln(1 + eˣ) without overflow.
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// Computes the least-squares solution of smallest norm, w = Σ⁺ cov(z, y) and b = ȳ − w·z̄.
pub(super) fn least_squares(
    z: &[f32],
    latent: usize,
    values: &[f64],
    training: &[usize],
) -> Result<(DVector<f64>, f64)> {
    let n = training.len() as f64;
    let mut mean = DVector::zeros(latent);
    let mut mean_value = 0.0;
    for &i in training {
        mean += row(z, latent, i) / n;
        mean_value += values[i] / n;
    }
    let mut sigma = DMatrix::zeros(latent, latent);
    let mut with_value = DVector::zeros(latent);
    for &i in training {
        let centred = row(z, latent, i) - &mean;
        with_value.axpy((values[i] - mean_value) / n, &centred, 1.0);
        sigma.syger(1.0 / n, &centred, &centred, 1.0);
    }
    let eigen = symmetric_eigen(sigma)?;
    let smallest = SINGULAR * eigen.values[0];
    let mut w = DVector::zeros(latent);
    for (value, vector) in eigen.values.iter().zip(eigen.vectors.column_iter()) {
        if *value > smallest {
            w.axpy(vector.dot(&with_value) / value, &vector, 1.0);
        }
    }
    let b = mean_value - w.dot(&mean);
    Ok((w, b))
}

/// R² of (value, prediction) pairs; `None` if all values are equal, which rounding of the mean would hide.
pub(super) fn r_squared(pairs: &[(f64, f64)]) -> Option<f64> {
    let (first, _) = pairs.first()?;
    if pairs.iter().all(|(y, _)| y == first) {
        return None;
    }
    let mean = pairs.iter().map(|(y, _)| y).sum::<f64>() / pairs.len() as f64;
    let total: f64 = pairs.iter().map(|(y, _)| (y - mean).powi(2)).sum();
    let residual: f64 = pairs
        .iter()
        .map(|(y, prediction)| (y - prediction).powi(2))
        .sum();
    (total > 0.0).then(|| 1.0 - residual / total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Stream, standard_normal};

    /// The objective is convex, so its minimum is where all derivatives are 0.
    #[test]
    fn the_logistic_regression_is_at_the_minimum() {
        let (n, latent, penalty) = (60, 3, 0.01);
        let z = standard_normal(1, Stream::Exploration, 0, n * latent);
        let noise = standard_normal(1, Stream::Exploration, 1, n);
        let labels: Vec<bool> = z
            .chunks(latent)
            .zip(&noise)
            .map(|(z, e)| z[0] - 2.0 * z[1] + e > 0.4)
            .collect();
        let training: Vec<usize> = (0..n).filter(|i| i % 5 != 0).collect();
        let (w, b) = logistic_regression(&z, latent, &labels, &training, penalty).unwrap();
        let objective = |w: &DVector<f64>, b: f64| {
            let losses = training.iter().map(|&i| {
                let s = if labels[i] { 1.0 } else { -1.0 };
                (1.0 + (-s * (w.dot(&row(&z, latent, i)) + b)).exp()).ln()
            });
            losses.sum::<f64>() / training.len() as f64 + 0.5 * penalty * w.norm_squared()
        };
        let h = 1e-5;
        for j in 0..=latent {
            let shifted = |h: f64| {
                let mut w = w.clone();
                if j < latent {
                    w[j] += h;
                    objective(&w, b)
                } else {
                    objective(&w, b + h)
                }
            };
            let derivative = (shifted(h) - shifted(-h)) / (2.0 * h);
            assert!(derivative.abs() < 1e-7, "{j}: {derivative}");
            // A value of 0 would also be found if the objective did not depend on the weight.
            let curvature = (shifted(0.1) - 2.0 * shifted(0.0) + shifted(-0.1)) / 0.01;
            assert!(curvature > 0.01, "{j}: {curvature}");
        }
    }

    #[test]
    fn extreme_values_do_not_overflow() {
        let z = [1e4, -1e4, 2e4, -3e4];
        let labels = [true, false, true, false];
        let (w, b) = logistic_regression(&z, 1, &labels, &[0, 1, 2, 3], 1e-3).unwrap();
        assert!(w[0] > 0.0 && w[0].is_finite() && b.is_finite());
        assert_eq!((softplus(1000.0), softplus(-1000.0)), (1000.0, 0.0));
        assert!((softplus(0.0) - std::f64::consts::LN_2).abs() < 1e-15);
    }

    #[test]
    fn r_squared_agrees_with_the_definition() {
        // Σ (y − ŷ)² = 0.5 and Σ (y − ȳ)² = 2.
        let pairs = [(1.0, 1.5), (2.0, 2.0), (3.0, 2.5)];
        assert!((r_squared(&pairs).unwrap() - 0.75).abs() < 1e-12);
        assert_eq!(r_squared(&[(0.1, 1.0), (0.1, 2.0), (0.1, 3.0)]), None);
        assert_eq!(r_squared(&[]), None);
        assert_eq!(r_squared(&[(1.0, 2.0), (3.0, 2.0)]), Some(0.0));
    }
}
