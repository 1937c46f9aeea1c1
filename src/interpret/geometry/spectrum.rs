//! How many directions of z change the image: the singular values of the Jacobian of G.
//!
//! $$ J = \frac{\partial G}{\partial z} = U\,\mathrm{diag}(\sigma_1 \ge \sigma_2 \ge \dots)\,V^{\top}, \qquad
//!    \mathrm{PR} = \frac{(\sum_i \sigma_i^2)^2}{\sum_i \sigma_i^4}, \qquad
//!    \log\sqrt{\det J^{\top} J} = \sum_i \log\sigma_i $$
//!
//! The participation ratio PR is the effective number of directions: m if m singular values are equal and the others
//! are 0. The volume element √det JᵀJ is the volume of the image of a small cube of latents, divided by the volume of
//! the cube (Arvanitidis et al. 2018). A random Gaussian matrix [d, m] has a PR of about (dm + 2)/(d + m + 1), which is
//! E(Σσ²)²/E Σσ⁴; a trained G has learnt more unequal directions if its PR is lower.
//!
//! The network computes in single precision, so a σ below about 10⁻⁶ σ₁ cannot be told from 0.

use std::fmt;

use crate::nn::Network;
use nalgebra::{DMatrix, SymmetricEigen};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result, counted, thousands};
use crate::interpret::differentiable_map::{
    DifferentiableMap, check_finite, check_size, dot, for_each_jacobian, to_f64,
};
use crate::interpret::quantiles::{Quantiles, median};
use crate::interpret::rows::count_rows;

/// Fraction of the largest singular value above which a direction is counted.
pub const COUNTED_FRACTION: f64 = 0.01;
/// Fraction of the largest singular value below which single precision does not tell a singular value from 0.
pub(in crate::interpret) const ROUNDING: f64 = 1e-6;
/// Largest number of iterations of an eigen-decomposition, which takes about two per eigenvalue.
const MAX_ITERATIONS: usize = 100_000;

/// The singular values of J at one latent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LocalSpectrum {
    /// Singular values in descending order, min(latent, width) of them.
    pub singular_values: Vec<f64>,
    /// Participation ratio of the squared singular values, from 1 to their number; 0 when all are 0.
    pub participation_ratio: f64,
    /// Number of singular values above [`COUNTED_FRACTION`] of the largest.
    pub numerical_rank: usize,
    /// ln √det JᵀJ; `None` when J does not have full rank in single precision: when a singular value is below 10⁻⁶ of
    /// the largest, or an image has fewer values than z.
    pub log_volume: Option<f64>,
}

impl LocalSpectrum {
    /// Computes the quantities for singular values in descending order.
    fn new(singular_values: Vec<f64>, latent: usize) -> LocalSpectrum {
        let largest = singular_values.first().copied().unwrap_or(0.0);
        // Relative to the largest value no power can overflow.
        let squares = singular_values.iter().map(|s| (s / largest).powi(2));
        let (sum, sum_of_squares) = squares.fold((0.0, 0.0), |(a, b), s| (a + s, b + s * s));
        let is_counted = |s: &&f64| **s > COUNTED_FRACTION * largest;
        let smallest = singular_values.last().copied().unwrap_or(0.0);
        let logarithms = singular_values.iter().map(|s| s.ln());
        LocalSpectrum {
            participation_ratio: if largest > 0.0 {
                sum * sum / sum_of_squares
            } else {
                0.0
            },
            numerical_rank: singular_values.iter().filter(is_counted).count(),
            log_volume: (smallest > ROUNDING * largest && singular_values.len() == latent)
                .then(|| logarithms.sum()),
            singular_values,
        }
    }
}

/// The singular values of J at several latents.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JacobianSpectrum {
    /// Number of latents.
    pub n: usize,
    /// Number of latent variables.
    pub latent: usize,
    /// Number of values of an image.
    pub width: usize,
    /// The singular values at each latent.
    pub points: Vec<LocalSpectrum>,
    /// Median of each singular value over the latents, in descending order.
    pub median_singular_values: Vec<f64>,
    /// Quantiles of the participation ratio over the latents.
    pub participation_ratio: Quantiles,
    /// Approximate participation ratio of a random Gaussian matrix of the size of J, (dm + 2)/(d + m + 1).
    pub random_participation_ratio: f64,
    /// Quantiles of the number of singular values above [`COUNTED_FRACTION`] of the largest.
    pub numerical_rank: Quantiles,
    /// Quantiles of ln √det JᵀJ over the latents where it is defined; `None` if there are none.
    pub log_volume: Option<Quantiles>,
}

impl fmt::Display for JacobianSpectrum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (pr, rank) = (&self.participation_ratio, &self.numerical_rank);
        writeln!(
            f,
            "effective dimension {:.1} of {} (participation ratio; 90 % of latents between {:.1} and {:.1}; a random \
             matrix has about {:.1})",
            pr.median, self.latent, pr.q05, pr.q95, self.random_participation_ratio
        )?;
        writeln!(
            f,
            "directions above {:.0} % of the strongest: {:.0} (90 % of latents between {:.0} and {:.0})",
            100.0 * COUNTED_FRACTION,
            rank.median,
            rank.q05,
            rank.q95
        )?;
        match &self.log_volume {
            Some(volume) => writeln!(f, "log volume element: {volume}")?,
            None => writeln!(f, "log volume element: none, because J has no full rank")?,
        }
        write!(
            f,
            "Jacobian of {} values by {} at {}",
            thousands(self.width as u64),
            self.latent,
            counted(self.n, "latent")
        )
    }
}

/// Computes the singular values of J at each of the latents z `[n, latent]`.
///
/// Takes one pass through the network for each latent variable and each chunk of about 100 latents.
///
/// ```
/// use ganscope::interpret::jacobian_spectrum;
/// use ganscope::nn::{Network, NetworkSpec};
/// use ganscope::random::Stream;
/// let spec: NetworkSpec = serde_json::from_str(r#"{
///     "input": { "kind": "vector", "len": 2 },
///     "layers": [{ "type": "dense", "in": 2, "out": 3, "bias": false }]
/// }"#)?;
/// let mut g = Network::new("generator", &spec, 1, Stream::GeneratorInit)?;
/// g.parameters_mut()[0].1.update(|w| w.copy_from_slice(&[0.0, 2.0, 1.0, 0.0, 0.0, 0.0]));
/// let spectrum = jacobian_spectrum(&g, &[0.5, -0.5])?;
/// let at = &spectrum.points[0];
/// assert!((at.singular_values[0] - 2.0).abs() < 1e-6 && (at.singular_values[1] - 1.0).abs() < 1e-6);
/// assert!((at.participation_ratio - 25.0 / 17.0).abs() < 1e-6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] if z does not consist of rows as long as the input of G, and for numbers that are not finite;
/// [`Error::Device`].
pub fn jacobian_spectrum(g: &Network, z: &[f32]) -> Result<JacobianSpectrum> {
    let n = count_rows(z, g.latent(), "z")?;
    check_size("latents", n, g.latent())?;
    spectrum_of(g, &to_f64(z))
}

fn spectrum_of(f: &impl DifferentiableMap, z: &[f64]) -> Result<JacobianSpectrum> {
    let (latent, width) = (f.latent(), f.width());
    let values: Vec<Result<Vec<f64>>> = for_each_jacobian(f, z, |_, columns| {
        let mut values = singular_values(gram(columns))?;
        values.truncate(width);
        Ok(values)
    })?;
    let values = values.into_iter().collect::<Result<Vec<_>>>()?;
    let points: Vec<LocalSpectrum> = (values.into_iter())
        .map(|values| LocalSpectrum::new(values, latent))
        .collect();
    let quantiles = |of: &dyn Fn(&LocalSpectrum) -> Option<f64>| {
        Quantiles::of(&points.iter().filter_map(of).collect::<Vec<f64>>())
    };
    let all = |of: &dyn Fn(&LocalSpectrum) -> f64| {
        let quantiles = quantiles(&|point| Some(of(point)));
        quantiles.ok_or_else(|| Error::Usage("there is no latent to examine".into()))
    };
    let (m, d) = (latent as f64, width as f64);
    let value_at = |i: usize| points.iter().map(move |point| point.singular_values[i]);
    Ok(JacobianSpectrum {
        n: points.len(),
        latent,
        width,
        median_singular_values: (0..latent.min(width))
            .map(|i| median(&value_at(i).collect::<Vec<f64>>()))
            .collect(),
        participation_ratio: all(&|point| point.participation_ratio)?,
        random_participation_ratio: (d * m + 2.0) / (d + m + 1.0),
        numerical_rank: all(&|point| point.numerical_rank as f64)?,
        log_volume: quantiles(&|point| point.log_volume),
        points,
    })
}

/// JᵀJ for the columns of J.
pub(in crate::interpret) fn gram(columns: &[&[f64]]) -> DMatrix<f64> {
    let m = columns.len();
    let mut gram = DMatrix::zeros(m, m);
    for i in 0..m {
        for j in 0..=i {
            let product = dot(columns[i], columns[j]);
            gram[(i, j)] = product;
            gram[(j, i)] = product;
        }
    }
    gram
}

/// The singular values of J in descending order, from JᵀJ. Those below about 10⁻⁷ σ₁ are rounding.
///
/// The iteration may not converge for a nearly singular matrix, so JᵀJ + cI is decomposed with c as large as the
/// entries of JᵀJ; its eigenvalues are larger by c.
pub(in crate::interpret) fn singular_values(mut gram: DMatrix<f64>) -> Result<Vec<f64>> {
    check_finite(gram.as_slice())?;
    let c = gram.amax();
    for i in 0..gram.nrows() {
        gram[(i, i)] += c;
    }
    let decomposition = SymmetricEigen::try_new(gram, f64::EPSILON, MAX_ITERATIONS);
    let decomposition = decomposition.ok_or_else(|| {
        Error::Usage(
            "the singular values of the Jacobian were not found in double precision; check whether the weights of the \
             network are extremely large"
                .into(),
        )
    })?;
    let root = |eigenvalue: &f64| (eigenvalue - c).max(0.0).sqrt();
    let mut values: Vec<f64> = decomposition.eigenvalues.iter().map(root).collect();
    values.sort_by(|a, b| b.total_cmp(a));
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interpret::differentiable_map::analytic::Analytic;

    /// Q diag(σ), row-major, with orthonormal columns of Q: cosines of a discrete cosine transform.
    fn with_singular_values(sigma: &[f64], d: usize) -> Vec<f64> {
        let entry = |i: usize, j: usize| {
            let angle = std::f64::consts::PI * (i as f64 + 0.5) * j as f64 / d as f64;
            let norm = if j == 0 { 1.0 } else { 2.0 };
            (norm / d as f64).sqrt() * angle.cos()
        };
        (0..d)
            .flat_map(|i| sigma.iter().enumerate().map(move |(j, s)| s * entry(i, j)))
            .collect()
    }

    #[test]
    fn a_linear_map_has_its_own_singular_values() {
        let sigma = [5.0, 3.0, 1.0, 0.06, 0.04];
        let f = Analytic::linear(with_singular_values(&sigma, 12), vec![0.5; 12]);
        let z: Vec<f64> = (0..45).map(|i| f64::from(i).sin()).collect();
        let spectrum = spectrum_of(&f, &z).unwrap();
        assert_eq!((spectrum.n, spectrum.latent, spectrum.width), (9, 5, 12));
        let squares: f64 = sigma.iter().map(|s| s * s).sum();
        let fourth: f64 = sigma.iter().map(|s| s.powi(4)).sum();
        let log_volume: f64 = sigma.iter().map(|s| s.ln()).sum();
        for point in &spectrum.points {
            for (found, s) in point.singular_values.iter().zip(sigma) {
                // An error of 10⁻¹⁵ σ₁² in the eigenvalue σ² is one of 10⁻¹⁵ σ₁²/2σ in σ.
                assert!((found - s).abs() < 1e-12, "{found} {s}");
            }
            assert!((point.participation_ratio - squares * squares / fourth).abs() < 1e-12);
            assert!((point.log_volume.unwrap() - log_volume).abs() < 1e-10);
            // 0.06 is above 1 % of 5, and 0.04 below.
            assert_eq!(point.numerical_rank, 4);
        }
        assert_eq!(spectrum.numerical_rank.median, 4.0);
    }

    #[test]
    fn equal_singular_values_have_their_number_as_participation_ratio() {
        let f = Analytic::linear(with_singular_values(&[2.0, 2.0, 2.0, 0.0], 6), vec![0.0; 6]);
        let point = &spectrum_of(&f, &[0.0; 4]).unwrap().points[0];
        assert!((point.participation_ratio - 3.0).abs() < 1e-12, "{point:?}");
        assert_eq!((point.numerical_rank, point.log_volume), (3, None));
    }

    #[test]
    fn the_volume_element_of_a_saturating_map_has_a_closed_form() {
        // J = diag(1 − tanh²(Az)) A, so det J = det A · Π(1 − tanh²(Az)ᵢ).
        let a = [2.0, 0.5, -0.3, 1.0];
        let activations = move |z: &[f64]| [a[0] * z[0] + a[1] * z[1], a[2] * z[0] + a[3] * z[1]];
        let f = Analytic::new(
            2,
            2,
            move |z| activations(z).map(f64::tanh).to_vec(),
            move |z| {
                let slopes = activations(z).map(|h| 1.0 - h.tanh().powi(2));
                vec![
                    slopes[0] * a[0],
                    slopes[0] * a[1],
                    slopes[1] * a[2],
                    slopes[1] * a[3],
                ]
            },
        );
        let z = [0.3, -0.8, 1.5, 0.2, 0.0, 0.0];
        let spectrum = spectrum_of(&f, &z).unwrap();
        for (point, z) in spectrum.points.iter().zip(z.chunks(2)) {
            let slopes = activations(z).map(|h| 1.0 / h.cosh().powi(2));
            let expected = ((a[0] * a[3] - a[1] * a[2]) * slopes[0] * slopes[1]).ln();
            assert!(
                (point.log_volume.unwrap() - expected).abs() < 1e-10,
                "{point:?}"
            );
        }
    }
}
