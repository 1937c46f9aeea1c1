//! Distributions of the initial weights. Initial biases are 0.

use rand::Rng;
use rand_distr::{Distribution, StandardNormal, Uniform};
use serde::{Deserialize, Serialize};

/// The distribution of initial weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Initializer {
    /// N(0, 2/fan_in), which keeps the variance constant through ReLU layers (He et al. 2015).
    He,
    /// U(±√(6/(fan_in + fan_out))), which keeps it constant through linear and tanh layers (Glorot & Bengio
    /// 2010).
    #[default]
    Xavier,
    /// A random matrix with orthonormal rows or columns (Saxe et al. 2014).
    Orthogonal,
    /// N(0, 0.02²), with γ of batch norm and layer norm from N(1, 0.02²) (Radford et al. 2016).
    Dcgan,
}

impl Initializer {
    /// Draws a weight matrix `[rows, columns]`, row-major. `fan_in` is the number of inputs that one output
    /// depends on, `fan_out` the number of outputs that depend on one input.
    pub(crate) fn weights(
        self,
        (rows, columns): (usize, usize),
        (fan_in, fan_out): (f64, f64),
        rng: &mut impl Rng,
    ) -> Vec<f32> {
        let n = rows * columns;
        match self {
            Initializer::He => normal(n, (2.0 / fan_in).sqrt(), rng),
            Initializer::Xavier => {
                let bound = (6.0 / (fan_in + fan_out)).sqrt();
                match Uniform::new_inclusive(-bound, bound) {
                    Ok(uniform) => (0..n).map(|_| uniform.sample(rng) as f32).collect(),
                    // Only if a fan is infinite or both are 0, which the checks of sizes rule out.
                    Err(_) => vec![0.0; n],
                }
            }
            Initializer::Orthogonal => orthogonal(rows, columns, rng),
            Initializer::Dcgan => normal(n, 0.02, rng),
        }
    }

    /// Draws γ of a normalisation with `n` channels or features.
    pub(crate) fn scales(self, n: usize, rng: &mut impl Rng) -> Vec<f32> {
        match self {
            Initializer::Dcgan => normal(n, 0.02, rng).iter().map(|x| 1.0 + x).collect(),
            _ => vec![1.0; n],
        }
    }
}

/// Draws from N(0, deviation²).
fn normal(n: usize, deviation: f64, rng: &mut impl Rng) -> Vec<f32> {
    let draw = |_| {
        let x: f64 = StandardNormal.sample(rng);
        (x * deviation) as f32
    };
    (0..n).map(draw).collect()
}

/// Orthonormalises Gaussian vectors by Gram–Schmidt. Each is orthogonalised twice, because once is not
/// accurate enough in floating point.
fn orthogonal(rows: usize, columns: usize, rng: &mut impl Rng) -> Vec<f32> {
    let (count, length) = (rows.min(columns), rows.max(columns));
    let mut basis: Vec<Vec<f64>> = Vec::with_capacity(count);
    while basis.len() < count {
        let mut v: Vec<f64> = (0..length).map(|_| StandardNormal.sample(rng)).collect();
        for _ in 0..2 {
            for u in &basis {
                let dot: f64 = u.iter().zip(&v).map(|(u, v)| u * v).sum();
                v.iter_mut().zip(u).for_each(|(v, u)| *v -= dot * u);
            }
        }
        let norm = v.iter().map(|v| v * v).sum::<f64>().sqrt();
        if norm > 1e-6 {
            v.iter_mut().for_each(|v| *v /= norm);
            basis.push(v);
        }
    }
    let at = |i: usize, j: usize| {
        if rows <= columns {
            basis[i][j]
        } else {
            basis[j][i]
        }
    };
    (0..rows * columns)
        .map(|k| at(k / columns, k % columns) as f32)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Stream, rng};

    fn draw(init: Initializer, rows: usize, columns: usize) -> Vec<f32> {
        let fans = (columns as f64, rows as f64);
        init.weights((rows, columns), fans, &mut rng(1, Stream::GeneratorInit, 0))
    }

    #[test]
    fn weights_have_the_variance_of_the_paper() {
        let (rows, columns) = (400, 500);
        for (init, expected) in [
            (Initializer::He, 2.0 / 500.0),
            (Initializer::Xavier, 2.0 / 900.0),
            (Initializer::Dcgan, 0.0004),
        ] {
            let w = draw(init, rows, columns);
            let variance = w.iter().map(|w| (*w as f64).powi(2)).sum::<f64>() / w.len() as f64;
            // The relative standard error of a normal sample's variance is √(2/n), here 0.3 %.
            assert!(
                (variance / expected - 1.0).abs() < 0.015,
                "{init:?}: {variance} {expected}"
            );
        }
    }

    #[test]
    fn orthogonal_weights_have_orthonormal_rows_or_columns() {
        for (rows, columns) in [(20, 50), (50, 20), (16, 16)] {
            let w = draw(Initializer::Orthogonal, rows, columns);
            let vector = |i: usize| -> Vec<f64> {
                if rows <= columns {
                    (0..columns).map(|j| w[i * columns + j] as f64).collect()
                } else {
                    (0..rows).map(|j| w[j * columns + i] as f64).collect()
                }
            };
            for a in 0..rows.min(columns) {
                for b in 0..=a {
                    let dot: f64 = vector(a).iter().zip(vector(b)).map(|(x, y)| x * y).sum();
                    let expected = if a == b { 1.0 } else { 0.0 };
                    assert!(
                        (dot - expected).abs() < 1e-6,
                        "{rows}×{columns}: {a}·{b} = {dot}"
                    );
                }
            }
        }
    }
}
