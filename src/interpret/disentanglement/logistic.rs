//! Logistic regression with a quadratic penalty, by Newton's method.
//!
//! $$ \min_{w, b} \sum_i \log\bigl(1 + e^{-s_i (w \cdot x_i + b)}\bigr) + \tfrac{\alpha}{2} \lVert w \rVert^2,
//!    \qquad s_i = \pm 1 $$
//!
//! With p_i = σ(w·x_i + b), the gradient is Σ (p_i − y_i) x_i + αw and the Hessian Σ p_i (1 − p_i) x_i x_iᵀ + αI, where
//! x_i has a further entry 1, whose weight b has no penalty. A step that increases the objective is halved.

use nalgebra::{DMatrix, DVector};

/// Largest number of Newton steps.
const STEPS: usize = 50;
/// Newton's method stops when the objective is within about this of its minimum.
const TOLERANCE: f64 = 1e-10;
/// Added to the diagonal of the Hessian for each sample, so that it can be inverted when all p_i are near 0 or 1.
const RIDGE: f64 = 1e-12;

/// A fitted logistic regression.
#[derive(Debug, Clone)]
pub(super) struct Logistic {
    /// Weights of the features, then b.
    w: Vec<f64>,
}

impl Logistic {
    /// Fits rows of `width` features to labels, with the penalty α > 0.
    pub(super) fn fit(x: &[f64], width: usize, labels: &[bool], penalty: f64) -> Logistic {
        let mut fitted = Logistic {
            w: vec![0.0; width + 1],
        };
        let mut objective = fitted.objective(x, labels, penalty);
        for _ in 0..STEPS {
            let (gradient, hessian) = fitted.derivatives(x, labels, penalty);
            let Some(factorised) = hessian.cholesky() else {
                break;
            };
            let step = factorised.solve(&gradient);
            let decrement = step.dot(&gradient);
            let mut size = 1.0;
            let better = loop {
                let moved = fitted.w.iter().zip(step.iter());
                let next = Logistic {
                    w: moved.map(|(w, step)| w - size * step).collect(),
                };
                let value = next.objective(x, labels, penalty);
                if value <= objective {
                    break Some((next, value));
                }
                size *= 0.5;
                if size < 1e-6 {
                    break None;
                }
            };
            let Some((next, value)) = better else {
                break;
            };
            (fitted, objective) = (next, value);
            if 0.5 * decrement <= TOLERANCE {
                break;
            }
        }
        fitted
    }

    /// The log-odds w·x + b of a row.
    pub(super) fn log_odds(&self, x: &[f64]) -> f64 {
        let (b, w) = self.w.split_last().unwrap_or((&0.0, &[]));
        b + w.iter().zip(x).map(|(w, x)| w * x).sum::<f64>()
    }

    /// The rows of x, which have at least one feature.
    fn rows<'a>(&self, x: &'a [f64]) -> std::slice::ChunksExact<'a, f64> {
        x.chunks_exact(self.w.len() - 1)
    }

    fn objective(&self, x: &[f64], labels: &[bool], penalty: f64) -> f64 {
        let width = self.w.len() - 1;
        let squares: f64 = self.w[..width].iter().map(|w| w * w).sum();
        let losses = self.rows(x).zip(labels).map(|(x, label)| {
            let f = self.log_odds(x);
            let margin = if *label { f } else { -f };
            // log(1 + e^−m), without overflow for large negative margins.
            (-margin.abs()).exp().ln_1p() + (-margin).max(0.0)
        });
        losses.sum::<f64>() + 0.5 * penalty * squares
    }

    fn derivatives(
        &self,
        x: &[f64],
        labels: &[bool],
        penalty: f64,
    ) -> (DVector<f64>, DMatrix<f64>) {
        let size = self.w.len();
        let mut gradient = DVector::zeros(size);
        let mut hessian = DMatrix::zeros(size, size);
        let mut row = vec![1.0; size];
        for (x, label) in self.rows(x).zip(labels) {
            row[..size - 1].copy_from_slice(x);
            let p = 1.0 / (1.0 + (-self.log_odds(x)).exp());
            let difference = p - f64::from(u8::from(*label));
            let curvature = p * (1.0 - p);
            for (i, x_i) in row.iter().enumerate() {
                gradient[i] += difference * x_i;
                let scaled = curvature * x_i;
                let column = &mut hessian.as_mut_slice()[i * size..][i..size];
                for (h, x_j) in column.iter_mut().zip(&row[i..]) {
                    *h += scaled * x_j;
                }
            }
        }
        for i in 0..size {
            if i + 1 < size {
                gradient[i] += penalty * self.w[i];
                hessian[(i, i)] += penalty;
            }
            hessian[(i, i)] += RIDGE * labels.len() as f64;
            for j in 0..i {
                hessian[(j, i)] = hessian[(i, j)];
            }
        }
        (gradient, hessian)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_informative_features_the_bias_is_the_log_odds_of_the_labels() {
        let labels: Vec<bool> = (0..40).map(|i| i % 4 == 0).collect();
        let fitted = Logistic::fit(&[0.0; 40], 1, &labels, 1.0);
        assert!((fitted.log_odds(&[0.0]) - (1.0_f64 / 3.0).ln()).abs() < 1e-6);
    }

    #[test]
    fn weights_agree_with_scipy() {
        // Values of this program (SciPy 1.17):
        //
        //     i = np.arange(60)
        //     x = np.stack([i*37 % 61, i*i % 53], 1) / 30 - 1
        //     s = np.where(i*37 % 61 + i*11 % 40 > 48, 1, -1)
        //     def f(w): return np.logaddexp(0, -s*(x @ w[:2] + w[2])).sum() + 0.5*(w[:2]**2).sum()
        //     def g(w):
        //         q = -s / (1 + np.exp(s*(x @ w[:2] + w[2])))
        //         return np.array([*(x.T @ q + w[:2]), q.sum()])
        //     minimize(f, np.zeros(3), jac=g, method='BFGS', options={'gtol': 1e-12}).x
        let x: Vec<f64> = (0..60u32)
            .flat_map(|i| [i * 37 % 61, i * i % 53])
            .map(|v| f64::from(v) / 30.0 - 1.0)
            .collect();
        let labels: Vec<bool> = (0..60u32)
            .map(|i| (i * 37 % 61 + i * 11 % 40) > 48)
            .collect();
        let fitted = Logistic::fit(&x, 2, &labels, 1.0);
        for (w, expected) in fitted.w.iter().zip([2.48974349, 0.53924696, 0.18196667]) {
            assert!((w - expected).abs() < 1e-7, "{w} {expected}");
        }
    }

    #[test]
    fn separable_labels_have_finite_weights() {
        let x: Vec<f64> = (0..20).map(f64::from).collect();
        let labels: Vec<bool> = (0..20).map(|i| i >= 10).collect();
        let fitted = Logistic::fit(&x, 1, &labels, 1e-6);
        assert!(fitted.w.iter().all(|w| w.is_finite()));
        let right = x
            .iter()
            .zip(&labels)
            .all(|(x, label)| (fitted.log_odds(&[*x]) > 0.0) == *label);
        assert!(right);
    }
}
