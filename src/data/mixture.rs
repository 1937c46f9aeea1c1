//! Mixtures of Gaussians in the plane, whose density is known exactly.
//!
//! $$ p(x) = \frac1K \sum_{k=1}^K \frac{1}{2\pi\sigma^2} e^{-\lVert x - c_k\rVert^2 / 2\sigma^2} $$

use std::f64::consts::TAU;

use rand::{Rng, RngExt};
use rand_distr::{Distribution, StandardNormal};
use serde::Serialize;

/// A mixture of equally likely isotropic Gaussians in the plane, all with the same standard deviation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Mixture {
    /// Name of the dataset, such as `ring8`.
    pub name: String,
    /// Centres of the modes; at least one.
    pub centres: Vec<[f64; 2]>,
    /// Standard deviation of each mode along each axis.
    pub sigma: f64,
}

impl Mixture {
    /// ln p(x) in nats. It is finite also far away from every mode.
    ///
    /// ```
    /// use ganscope::data::Mixture;
    /// // At a centre the other modes are 40 σ away: p = 1 / (25 · 2π · 0.05²).
    /// let expected = -(25.0 * 2.0 * std::f64::consts::PI * 0.05f64.powi(2)).ln();
    /// let found = Mixture::grid25().log_density([-2.0, 4.0]);
    /// assert!((found - expected).abs() < 1e-12);
    /// ```
    pub fn log_density(&self, point: [f64; 2]) -> f64 {
        let variance = self.sigma * self.sigma;
        let exponents = self
            .centres
            .iter()
            .map(|c| -squared_distance(point, *c) / (2.0 * variance));
        let largest = exponents.clone().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = exponents.map(|e| (e - largest).exp()).sum();
        largest + sum.ln() - (self.centres.len() as f64).ln() - (TAU * variance).ln()
    }

    /// Draws `n` independent points.
    pub fn sample(&self, rng: &mut impl Rng, n: usize) -> Vec<[f64; 2]> {
        (0..n).map(|_| self.draw_point(rng)).collect()
    }

    /// Draws one point.
    pub(super) fn draw_point(&self, rng: &mut (impl Rng + ?Sized)) -> [f64; 2] {
        let centre = self.centres[rng.random_range(0..self.centres.len())];
        centre.map(|c| {
            let noise: f64 = StandardNormal.sample(rng);
            c + self.sigma * noise
        })
    }

    /// The index of the centre nearest to `point`, and its distance.
    ///
    /// ```
    /// use ganscope::data::Mixture;
    /// let (index, distance) = Mixture::ring8().nearest([0.0, 1.5]);
    /// assert_eq!(index, 2);
    /// assert!((distance - 0.5).abs() < 1e-12);
    /// ```
    pub fn nearest(&self, point: [f64; 2]) -> (usize, f64) {
        let distances = self.centres.iter().map(|c| squared_distance(point, *c));
        let (index, squared) = distances
            .enumerate()
            .min_by(|a, b| a.1.total_cmp(&b.1))
            .unwrap_or((0, f64::NAN));
        (index, squared.sqrt())
    }
}

fn squared_distance(a: [f64; 2], b: [f64; 2]) -> f64 {
    (a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Stream, rng};

    #[test]
    fn the_density_around_one_mode_integrates_to_its_weight() {
        for (mixture, half_width) in [(Mixture::grid25(), 1.0), (Mixture::ring8(), 0.1)] {
            let [cx, cy] = mixture.centres[3];
            let n = 1000;
            let step = 2.0 * half_width / f64::from(n);
            let at = |i: i32| -half_width + (f64::from(i) + 0.5) * step;
            let cells = (0..n).flat_map(|i| (0..n).map(move |j| (i, j)));
            let integral: f64 = cells
                .map(|(i, j)| mixture.log_density([cx + at(i), cy + at(j)]).exp() * step * step)
                .sum();
            let weight = 1.0 / mixture.centres.len() as f64;
            assert!(
                (integral - weight).abs() < 1e-9,
                "{}: {integral}",
                mixture.name
            );
        }
    }

    #[test]
    fn the_density_between_two_modes_is_twice_that_of_one() {
        // (1, 0) is 20 σ away from two modes of the grid; the others are more than 44 σ away.
        let expected = (2.0f64).ln() - 200.0 - (25.0 * TAU * 0.0025).ln();
        let found = Mixture::grid25().log_density([1.0, 0.0]);
        assert!((found - expected).abs() < 1e-9, "{found} {expected}");
    }

    #[test]
    fn far_from_every_mode_the_log_density_is_that_of_the_nearest() {
        let found = Mixture::ring8().log_density([1e6, 0.0]);
        let expected = -(1e6f64 - 1.0).powi(2) / 2e-4 - (8.0 * TAU * 1e-4).ln();
        assert!((found / expected - 1.0).abs() < 1e-12, "{found} {expected}");
    }

    #[test]
    fn samples_have_the_moments_of_the_mixture() {
        let mixture = Mixture::grid25();
        let points = mixture.sample(&mut rng(1, Stream::Data, 0), 100_000);
        let n = points.len() as f64;
        for axis in 0..2 {
            let mean = points.iter().map(|p| p[axis]).sum::<f64>() / n;
            let variance = points.iter().map(|p| (p[axis] - mean).powi(2)).sum::<f64>() / n;
            // Uniform on {−4, −2, 0, 2, 4}: mean 0, variance 8; each mode adds σ² = 0.0025.
            // Standard errors: 0.009 and 0.021; both bounds are four of them.
            assert!(mean.abs() < 0.036, "{mean}");
            assert!((variance - 8.0025).abs() < 0.085, "{variance}");
        }
        // A Gaussian in the plane is within 3σ with probability 1 − e^(−9/2) = 0.98889; standard error 0.00033.
        let near = points
            .iter()
            .filter(|p| mixture.nearest(**p).1 < 0.15)
            .count();
        assert!((near as f64 / n - 0.98889).abs() < 0.0014, "{near}");
    }
}
