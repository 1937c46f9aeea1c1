//! Features that are shifted and scaled to mean 0 and variance 1.

use crate::evaluate::Features;

/// The shift and the scale of each feature.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Standardizer {
    means: Vec<f64>,
    /// 1 / standard deviation; 0 for a feature that is constant, which then has no influence.
    scales: Vec<f64>,
}

impl Standardizer {
    /// Mean and variance (with divisor n) of each feature.
    pub fn of(features: &Features) -> Self {
        let (n, d) = (features.len() as f64, features.dimension());
        let rows = || features.values().chunks_exact(d);
        let mut means = vec![0.0; d];
        for row in rows() {
            means.iter_mut().zip(row).for_each(|(m, x)| *m += x / n);
        }
        let mut variances = vec![0.0; d];
        for row in rows() {
            for ((v, m), x) in variances.iter_mut().zip(&means).zip(row) {
                *v += (x - m).powi(2) / n;
            }
        }
        // The computed variance of a constant is not 0, because its mean is rounded.
        let scale = |(variance, mean): (&f64, &f64)| {
            let rounding = 1e-12 * mean.abs();
            let deviation = variance.sqrt();
            if deviation > rounding && deviation > f64::MIN_POSITIVE {
                1.0 / deviation
            } else {
                0.0
            }
        };
        Standardizer {
            scales: variances.iter().zip(&means).map(scale).collect(),
            means,
        }
    }

    /// Number of features.
    pub fn dimension(&self) -> usize {
        self.means.len()
    }

    /// The standardised features, row-major.
    pub fn apply(&self, features: &Features) -> Vec<f64> {
        let parameters = self.means.iter().zip(&self.scales).cycle();
        let values = features.values().iter().zip(parameters);
        values
            .map(|(x, (mean, scale))| (x - mean) * scale)
            .collect()
    }
}
