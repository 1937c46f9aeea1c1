//! Mixtures of equal round Gaussians in the plane, whose density is known.

use std::f64::consts::TAU;

/// Equally weighted Gaussians with covariance σ²I.
#[derive(Debug, Clone, PartialEq)]
pub struct Mixture {
    pub name: String,
    pub centres: Vec<[f64; 2]>,
    pub sigma: f64,
}

impl Mixture {
    /// Eight centres on the unit circle, σ = 0.01.
    pub fn ring8() -> Self {
        let centre = |k: usize| {
            let angle = TAU * k as f64 / 8.0;
            [angle.cos(), angle.sin()]
        };
        Self {
            name: "ring8".into(),
            centres: (0..8).map(centre).collect(),
            sigma: 0.01,
        }
    }

    /// 5 × 5 centres at −4, −2, 0, 2, 4, σ = 0.05.
    pub fn grid25() -> Self {
        let at = |k: usize| 2.0 * k as f64 - 4.0;
        Self {
            name: "grid25".into(),
            centres: (0..25).map(|k| [at(k % 5), at(k / 5)]).collect(),
            sigma: 0.05,
        }
    }

    /// Log density in nats.
    pub fn log_density(&self, point: [f64; 2]) -> f64 {
        let exponents = self.centres.iter().map(|c| {
            let d2 = (point[0] - c[0]).powi(2) + (point[1] - c[1]).powi(2);
            -d2 / (2.0 * self.sigma.powi(2))
        });
        let exponents: Vec<f64> = exponents.collect();
        let top = exponents.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = exponents.iter().map(|e| (e - top).exp()).sum();
        top + sum.ln() - (self.centres.len() as f64 * TAU * self.sigma.powi(2)).ln()
    }

    /// The nearest centre and its Euclidean distance.
    pub fn nearest(&self, point: [f64; 2]) -> (usize, f64) {
        let distance = |c: &[f64; 2]| (point[0] - c[0]).hypot(point[1] - c[1]);
        let all = self.centres.iter().map(distance).enumerate();
        all.min_by(|a, b| a.1.total_cmp(&b.1))
            .unwrap_or((0, f64::INFINITY))
    }
}
