//! Linear regression with an absolute penalty, the lasso (Tibshirani 1996), by coordinate descent (Friedman et al.
//! 2010).
//!
//! With codes and factor standardised to mean 0 and standard deviation 1 on the training samples:
//!
//! $$ \hat w = \arg\min_w \frac{1}{2n} \lVert v - C w \rVert^2 + \lambda \lVert w \rVert_1, \qquad
//!    w_j \leftarrow S\Bigl(\tfrac1n\,c_j^\top (v - \textstyle\sum_{i \ne j} c_i w_i),\; \lambda\Bigr) $$
//!
//! where S(x, λ) = sign(x) max(|x| − λ, 0). The grid of λ falls geometrically from λ_max = max_j |c_j·v|/n, for which
//! all weights are 0. The λ with the smallest squared error on the samples for the choice is used; then the weights are
//! fitted again to these and the other training samples together.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// Coordinate descent stops when no weight changes by more than this.
const TOLERANCE: f64 = 1e-10;
/// Largest number of sweeps over all weights for one λ.
const SWEEPS: usize = 1000;
/// Largest number of penalties.
const MAXIMUM_PENALTIES: usize = 1000;

/// Settings of the lasso.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lasso {
    /// Number of penalties λ that are compared.
    pub penalties: usize,
    /// Smallest penalty, as a fraction of λ_max.
    pub smallest: f64,
}

impl Default for Lasso {
    fn default() -> Self {
        Lasso {
            penalties: 30,
            smallest: 1e-4,
        }
    }
}

impl Lasso {
    pub(super) fn check(&self) -> Result<()> {
        let smallest = self.smallest > 0.0 && self.smallest < 1.0;
        if smallest && (2..=MAXIMUM_PENALTIES).contains(&self.penalties) {
            return Ok(());
        }
        Err(Error::Usage(format!(
            "the lasso needs 2 to {MAXIMUM_PENALTIES} penalties and a smallest penalty between 0 and 1 (as a fraction of the \
             largest), not {} and {}",
            self.penalties, self.smallest
        )))
    }

    /// The i-th penalty, as a fraction of λ_max.
    fn fraction(&self, i: usize) -> f64 {
        self.smallest.powf(i as f64 / (self.penalties - 1) as f64)
    }
}

/// Mean and standard deviation of a variable.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    mean: f64,
    /// Standard deviation (n), or 0 for a constant variable.
    deviation: f64,
}

impl Scale {
    pub(super) fn of(values: &[f64]) -> Scale {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let constant = super::representation::is_constant(values);
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n;
        Scale {
            mean,
            deviation: if constant { 0.0 } else { variance.sqrt() },
        }
    }

    pub(super) fn is_constant(self) -> bool {
        self.deviation == 0.0
    }

    /// (v − mean)/deviation, or 0 for a constant variable.
    pub(super) fn apply(self, value: f64) -> f64 {
        if self.is_constant() {
            return 0.0;
        }
        (value - self.mean) / self.deviation
    }

    fn apply_all(self, values: &[f64]) -> Vec<f64> {
        values.iter().map(|v| self.apply(*v)).collect()
    }
}

/// Mean products of standardised codes and a factor, which are all that the lasso needs of the samples.
struct Products {
    /// c_i·c_j/n, row-major.
    gram: Vec<f64>,
    /// c_j·v/n.
    cross: Vec<f64>,
    /// v·v/n.
    square: f64,
}

impl Products {
    fn of(codes: &[Vec<f64>], factor: &[f64]) -> Products {
        let mean_product = |a: &[f64], b: &[f64]| {
            a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>() / a.len() as f64
        };
        let width = codes.len();
        let mut gram = vec![0.0; width * width];
        for i in 0..width {
            for j in 0..=i {
                let product = mean_product(&codes[i], &codes[j]);
                gram[i * width + j] = product;
                gram[j * width + i] = product;
            }
        }
        Products {
            gram,
            cross: codes.iter().map(|c| mean_product(c, factor)).collect(),
            square: mean_product(factor, factor),
        }
    }

    /// λ_max, the smallest penalty for which all weights are 0.
    fn largest_penalty(&self) -> f64 {
        self.cross.iter().fold(0.0, |max, c| c.abs().max(max))
    }

    /// Minimises the objective for one λ, from the weights `w` on.
    fn descend(&self, w: &mut [f64], penalty: f64) {
        let width = w.len();
        for _ in 0..SWEEPS {
            let mut change: f64 = 0.0;
            for j in 0..width {
                let own = self.gram[j * width + j];
                if own == 0.0 {
                    continue;
                }
                let row = &self.gram[j * width..][..width];
                let fitted: f64 = row.iter().zip(&*w).map(|(g, w)| g * w).sum();
                let x = self.cross[j] - fitted + own * w[j];
                let new = x.signum() * (x.abs() - penalty).max(0.0) / own;
                change = change.max((new - w[j]).abs());
                w[j] = new;
            }
            if change <= TOLERANCE {
                return;
            }
        }
    }

    /// Mean squared error of v − C w.
    fn error(&self, w: &[f64]) -> f64 {
        let rows = self.gram.chunks_exact(w.len());
        let quadratic: f64 = (rows.zip(w))
            .map(|(row, w_i)| w_i * row.iter().zip(w).map(|(g, w_j)| g * w_j).sum::<f64>())
            .sum();
        let cross: f64 = self.cross.iter().zip(w).map(|(c, w)| c * w).sum();
        (self.square - 2.0 * cross + quadratic).max(0.0)
    }
}

/// A fitted regression.
pub(super) struct Regression {
    /// Weight of each standardised code for the standardised factor.
    pub weights: Vec<f64>,
    /// The chosen penalty λ.
    pub penalty: f64,
    codes: Vec<Scale>,
    factor: Scale,
}

impl Regression {
    /// Fits codes (one list of values for each) and a factor; the last `choice` samples are those for the choice of λ.
    pub(super) fn fit(
        codes: &[Vec<f64>],
        factor: &[f64],
        choice: usize,
        settings: &Lasso,
    ) -> Regression {
        let scales: Vec<Scale> = codes.iter().map(|c| Scale::of(c)).collect();
        let scale = Scale::of(factor);
        let standardised: Vec<Vec<f64>> = (scales.iter().zip(codes))
            .map(|(scale, code)| scale.apply_all(code))
            .collect();
        let factor = scale.apply_all(factor);
        let products = |from: usize, to: usize| {
            let part: Vec<Vec<f64>> = standardised.iter().map(|c| c[from..to].to_vec()).collect();
            Products::of(&part, &factor[from..to])
        };
        let n = factor.len();
        let (fitted, chosen_on) = (products(0, n - choice), products(n - choice, n));
        let largest = fitted.largest_penalty();
        let mut w = vec![0.0; codes.len()];
        let mut best = (f64::INFINITY, 0);
        for i in 0..settings.penalties {
            fitted.descend(&mut w, largest * settings.fraction(i));
            let error = chosen_on.error(&w);
            if error < best.0 {
                best = (error, i);
            }
        }
        let penalty = largest * settings.fraction(best.1);
        let mut weights = vec![0.0; codes.len()];
        products(0, n).descend(&mut weights, penalty);
        Regression {
            weights,
            penalty,
            codes: scales,
            factor: scale,
        }
    }

    /// Root mean squared error for other samples, in standard deviations of the factor on the training samples.
    pub(super) fn error(&self, codes: &[Vec<f64>], factor: &[f64]) -> f64 {
        let mut sum = 0.0;
        for (i, v) in factor.iter().enumerate() {
            let terms = self.weights.iter().zip(&self.codes).zip(codes);
            let predicted: f64 = terms.map(|((w, scale), c)| w * scale.apply(c[i])).sum();
            sum += (self.factor.apply(*v) - predicted).powi(2);
        }
        (sum / factor.len() as f64).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two codes with products 0 and variance 1, and a factor.
    fn orthogonal() -> (Vec<Vec<f64>>, Vec<f64>) {
        let a = |i: i32| f64::from(1 - 2 * (i % 2));
        let b = |i: i32| f64::from(1 - 2 * (i / 2 % 2));
        let codes = vec![(0..24).map(a).collect(), (0..24).map(b).collect()];
        // Variance 0.8² + 0.6² = 1.
        let factor = (0..24).map(|i| 0.8 * a(i) - 0.6 * b(i)).collect();
        (codes, factor)
    }

    #[test]
    fn orthogonal_codes_have_soft_thresholded_weights() {
        let (codes, factor) = orthogonal();
        let products = Products::of(&codes, &factor);
        assert!((products.largest_penalty() - 0.8).abs() < 1e-12);
        for (penalty, expected) in [(0.1, [0.7, -0.5]), (0.7, [0.1, 0.0]), (0.9, [0.0, 0.0])] {
            let mut w = vec![0.3, 0.3];
            products.descend(&mut w, penalty);
            for (w, expected) in w.iter().zip(expected) {
                assert!((w - expected).abs() < 1e-9, "{penalty}: {w} {expected}");
            }
        }
        assert!((products.error(&[0.7, -0.5]) - 0.02).abs() < 1e-12);
    }

    #[test]
    fn the_smallest_penalty_is_chosen_without_noise() {
        let (codes, factor) = orthogonal();
        let settings = Lasso::default();
        let fitted = Regression::fit(&codes, &factor, 8, &settings);
        assert!((fitted.penalty - 0.8e-4).abs() < 1e-12);
        assert!((fitted.weights[0] - 0.8).abs() < 1e-4 && (fitted.weights[1] + 0.6).abs() < 1e-4);
        assert!(fitted.error(&codes, &factor) < 2e-4);
    }
}
