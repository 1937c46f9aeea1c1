//! Inversion of a generator: the latent whose image is closest to a given one (Zhu et al. 2016; Creswell & Bharath 2018).
//!
//! $$ F(z) = \tfrac1d\lVert G(z) - x\rVert^2 + \lambda\lVert z\rVert^2, \qquad
//!    \mathrm{PSNR} = 10\log_{10}\frac{\mathrm{range}^2}{\tfrac1d\lVert G(\hat z) - x\rVert^2} $$
//!
//! For a linear G(z) = Az + b the minimum is ẑ = (AᵀA + λd I)⁻¹Aᵀ(x − b). F is minimised by L-BFGS from several latents
//! drawn from N(0, I), all images and restarts at once. Every step is a combination of gradients of F, so for λ = 0 a
//! direction of z that never changes the image keeps the value of the starting point. So where several latents have the
//! same image, different restarts find different ones, and their distance shows how far the image determines z.
//!
//! A generated image should be inverted almost exactly. The PSNR of images of the training set, of held-out images and of
//! images of another kind then tells what G can represent; a low value for generated images would tell that the search
//! fails.

use crate::nn::Network;
use crate::random::{Stream, standard_normal};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::interpret::differentiable_map::{
    DifferentiableMap, check_finite, check_size, distance, dot, for_each_jacobian, to_f32, to_f64,
};
use crate::interpret::geometry::{ROUNDING, gram, singular_values};
use crate::interpret::lbfgs::{Evaluation, Lbfgs, MEMORY, Minimum};
use crate::interpret::rows::count_rows;

/// Relative decrease of F in one step that counts as small; three of them end the search.
const TOLERANCE: f64 = 1e-8;
/// Length of the first step that is tried, relative to √latent.
const FIRST_STEP: f64 = 0.1;
/// Root mean squared error, relative to the range, that is low enough (120 dB).
const ENOUGH: f64 = 1e-6;
/// Largest number of entries of steps and gradients that the searches keep at a time (`f64`, 128 MiB).
const MAX_ENTRIES: usize = 1 << 24;
/// Largest number of restarts.
const MAX_RESTARTS: usize = 1000;

/// How a generator is inverted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct InversionSettings {
    /// Number of starting points r for each image; default 3.
    pub restarts: usize,
    /// Weight λ of ‖z‖², in units of a squared pixel value; default 0.
    pub lambda: f64,
    /// Largest number of evaluations of F and its gradient from each starting point; default 300.
    pub evaluations: usize,
    /// Fraction of the largest singular value of ∂G/∂z below which a direction of z counts as undetermined; default
    /// 0.001.
    pub null_fraction: f64,
    /// Difference between the largest and the smallest possible value of a pixel; default 2, for images in [−1, 1].
    pub range: f64,
    /// Seed of the starting points; default 1.
    pub seed: u64,
}

impl Default for InversionSettings {
    fn default() -> Self {
        InversionSettings {
            restarts: 3,
            lambda: 0.0,
            evaluations: 300,
            null_fraction: 1e-3,
            range: 2.0,
            seed: 1,
        }
    }
}

impl InversionSettings {
    /// Returns the PSNR in dB of a mean squared error, at most 144.5 dB: smaller errors are below the rounding of
    /// single precision, range · 2⁻²⁴.
    ///
    /// ```
    /// use ganscope::interpret::InversionSettings;
    /// let settings = InversionSettings::default();
    /// assert!((settings.psnr_db(4e-3) - 30.0).abs() < 1e-12);
    /// assert!((settings.psnr_db(0.0) - 144.5).abs() < 0.01);
    /// ```
    pub fn psnr_db(&self, mean_squared_error: f64) -> f64 {
        let rounding = (self.range / f64::from(1 << 24)).powi(2);
        let mean_squared_error = mean_squared_error.max(rounding);
        10.0 * (self.range * self.range / mean_squared_error).log10()
    }

    fn check(&self) -> Result<()> {
        let refuse = |name: &str, condition: &str, value: String| {
            Err(Error::Usage(format!(
                "{name} must be {condition}, not {value}"
            )))
        };
        if !(1..=MAX_RESTARTS).contains(&self.restarts) {
            return refuse("restarts", "between 1 and 1000", self.restarts.to_string());
        }
        if !(1..=1_000_000).contains(&self.evaluations) {
            let value = self.evaluations.to_string();
            return refuse("evaluations", "between 1 and 1,000,000", value);
        }
        if !(self.lambda >= 0.0 && self.lambda.is_finite()) {
            return refuse(
                "lambda",
                "0 or positive, and finite",
                self.lambda.to_string(),
            );
        }
        if !(ROUNDING..1.0).contains(&self.null_fraction) {
            let value = self.null_fraction.to_string();
            return refuse("null_fraction", "at least 1e-6 and below 1", value);
        }
        if !(self.range > 0.0 && self.range.is_finite()) {
            return refuse("range", "positive and finite", self.range.to_string());
        }
        Ok(())
    }
}

/// The latent that was found for one image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Inversion {
    /// The latent ẑ with the lowest F.
    pub z: Vec<f32>,
    /// Its image G(ẑ).
    pub reconstruction: Vec<f32>,
    /// Mean squared error ‖G(ẑ) − x‖²/d, in squared units of a pixel.
    pub mean_squared_error: f64,
    /// PSNR of the reconstruction in dB.
    pub psnr_db: f64,
    /// PSNR in dB of the best starting point, before the search: the value for the best of r random images.
    pub start_psnr_db: f64,
    /// Index of the restart that found ẑ, from 0.
    pub restart: usize,
    /// PSNR in dB of the second-best restart; `None` for a single one.
    pub second_psnr_db: Option<f64>,
    /// Distance between the latents of the two best restarts, divided by √latent; `None` for a single restart. For two
    /// latents drawn from N(0, I) it is about √2.
    pub disagreement: Option<f64>,
    /// Number of directions of z that the image hardly depends on: singular values of ∂G/∂z at ẑ that are below
    /// `null_fraction` of the largest, out of `latent`.
    pub undetermined: usize,
    /// ‖ẑ‖/√latent, close to 1 for latents drawn from N(0, I).
    pub relative_norm: f64,
    /// Whether the search ended before all evaluations were used.
    pub converged: bool,
}

/// The latents that were found for a set of images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Inversions {
    /// The inversion of each image.
    pub all: Vec<Inversion>,
    /// Number of latent variables.
    pub latent: usize,
    /// Number of values of an image, d.
    pub width: usize,
    /// How the generator was inverted.
    pub settings: InversionSettings,
}

/// Finds the latent whose image is closest to each of the images x `[n, d]`.
///
/// Takes up to `evaluations` forward and backward passes with rn latents, and one forward pass with n latents for each
/// latent variable to count the undetermined directions. The result for an image depends on its index, but not on the other images.
///
/// ```
/// use ganscope::interpret::{InversionSettings, invert};
/// use ganscope::nn::{Network, NetworkSpec};
/// use ganscope::random::Stream;
/// let spec: NetworkSpec = serde_json::from_str(r#"{
///     "input": { "kind": "vector", "len": 1 },
///     "layers": [{ "type": "dense", "in": 1, "out": 2, "bias": false }]
/// }"#)?;
/// let mut g = Network::new("generator", &spec, 1, Stream::GeneratorInit)?;
/// g.parameters_mut()[0].1.update(|w| w.copy_from_slice(&[3.0, 4.0]));
/// // The point of the line (3z, 4z) that is closest to (7, 1) is (3, 4): z = (3·7 + 4·1)/25.
/// let found = invert(&g, &[7.0, 1.0], &InversionSettings::default())?;
/// assert!((found.all[0].z[0] - 1.0).abs() < 1e-4);
/// assert!((found.all[0].mean_squared_error - (16.0 + 9.0) / 2.0).abs() < 1e-4);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] for images of another size than the output of G, settings out of range, and numbers that are not
/// finite; [`Error::Device`].
pub fn invert(g: &Network, x: &[f32], settings: &InversionSettings) -> Result<Inversions> {
    invert_of(g, x, settings)
}

fn invert_of(
    f: &impl DifferentiableMap,
    x: &[f32],
    settings: &InversionSettings,
) -> Result<Inversions> {
    settings.check()?;
    let (latent, width) = (f.latent(), f.width());
    let n = count_rows(x, width, "the images")?;
    check_size("images", n, width)?;
    // Each search keeps two vectors as long as z for each pair.
    let searches = MAX_ENTRIES / latent.saturating_mul(2 * MEMORY);
    let images = (searches / settings.restarts).max(1);
    let mut all = Vec::with_capacity(n);
    for (block, x) in x.chunks(images * width).enumerate() {
        all.extend(invert_block(f, x, block * images, settings)?);
    }
    Ok(Inversions {
        all,
        latent,
        width,
        settings: *settings,
    })
}

/// Inverts the images x, the first of which has the index `first`.
fn invert_block(
    f: &impl DifferentiableMap,
    x: &[f32],
    first: usize,
    settings: &InversionSettings,
) -> Result<Vec<Inversion>> {
    let (latent, width, r) = (f.latent(), f.width(), settings.restarts);
    let n = x.len() / width;
    let target = |search: usize| &x[search / r * width..(search / r + 1) * width];
    let start = |i: usize| {
        let step = (first + i) as u64;
        standard_normal(settings.seed, Stream::Restart, step, r * latent)
    };
    let starts: Vec<f64> = (0..n).flat_map(|i| to_f64(&start(i))).collect();
    let lbfgs = Lbfgs {
        evaluations: settings.evaluations,
        tolerance: TOLERANCE,
        enough: (ENOUGH * settings.range).powi(2),
    };
    let first_step = FIRST_STEP * (latent as f64).sqrt();
    let mut start_errors: Vec<f64> = Vec::new();
    let minima = lbfgs.minimise(&starts, &vec![first_step; n * r], |searches, z| {
        let targets: Vec<&[f32]> = searches.iter().map(|search| target(*search)).collect();
        let (values, gradients) = objective(f, z, &targets, settings.lambda)?;
        if start_errors.is_empty() {
            check_finite(&values)?;
            let rows = values.iter().zip(z.chunks(latent));
            start_errors.extend(rows.map(|(value, z)| value - settings.lambda * dot(z, z)));
        }
        Ok((values, gradients))
    })?;

    let mut all = Vec::with_capacity(n);
    for (i, minima) in minima.chunks(r).enumerate() {
        let mut order: Vec<usize> = (0..r).collect();
        order.sort_by(|a, b| minima[*a].value.total_cmp(&minima[*b].value));
        let best = &minima[order[0]];
        let second = order.get(1).map(|second| &minima[*second]);
        let error_of =
            |minimum: &Minimum| minimum.value - settings.lambda * dot(&minimum.x, &minimum.x);
        let starts = &start_errors[i * r..(i + 1) * r];
        let root = (latent as f64).sqrt();
        all.push(Inversion {
            z: to_f32(&best.x),
            reconstruction: Vec::new(),
            mean_squared_error: 0.0,
            psnr_db: 0.0,
            start_psnr_db: settings.psnr_db(starts.iter().copied().fold(f64::INFINITY, f64::min)),
            restart: order[0],
            second_psnr_db: second.map(|second| settings.psnr_db(error_of(second))),
            disagreement: second.map(|second| distance(&best.x, &second.x) / root),
            undetermined: 0,
            relative_norm: dot(&best.x, &best.x).sqrt() / root,
            converged: best.converged,
        });
    }
    for (inversions, x) in all
        .chunks_mut(f.rows_per_pass())
        .zip(x.chunks(f.rows_per_pass() * width))
    {
        reconstruct(f, inversions, x, settings)?;
    }
    Ok(all)
}

/// Applies the map to the latents that were found, which are stored in single precision, and compares the results with
/// the images x.
fn reconstruct(
    f: &impl DifferentiableMap,
    inversions: &mut [Inversion],
    x: &[f32],
    settings: &InversionSettings,
) -> Result<()> {
    let z: Vec<f64> = inversions.iter().flat_map(|i| to_f64(&i.z)).collect();
    let y = f.value(&z)?;
    check_finite(&y)?;
    let undetermined: Vec<Result<usize>> = for_each_jacobian(f, &z, |_, columns| {
        let values = singular_values(gram(columns))?;
        let threshold = settings.null_fraction * values[0];
        let is_small = |value: &&f64| **value < threshold || **value == 0.0;
        Ok(values.iter().filter(is_small).count())
    })?;
    let rows = y.chunks(f.width()).zip(x.chunks(f.width()));
    for ((inversion, undetermined), (y, x)) in inversions.iter_mut().zip(undetermined).zip(rows) {
        let r = residual(y, x);
        inversion.reconstruction = to_f32(y);
        inversion.mean_squared_error = dot(&r, &r) / r.len() as f64;
        inversion.psnr_db = settings.psnr_db(inversion.mean_squared_error);
        inversion.undetermined = undetermined?;
    }
    Ok(())
}

/// f(z) − x.
fn residual(y: &[f64], x: &[f32]) -> Vec<f64> {
    y.iter().zip(x).map(|(y, x)| y - f64::from(*x)).collect()
}

/// F and its gradient at each row of z, each with a target of its own.
fn objective(
    f: &impl DifferentiableMap,
    z: &[f64],
    targets: &[&[f32]],
    lambda: f64,
) -> Result<Evaluation> {
    let (latent, d) = (f.latent(), f.width());
    let chunk = f.rows_per_pass();
    let mut values = Vec::with_capacity(targets.len());
    let mut gradients = Vec::with_capacity(z.len());
    for (z, targets) in z.chunks(chunk * latent).zip(targets.chunks(chunk)) {
        let gradient = f.pull_back(z, &mut |y| {
            let mut r = Vec::with_capacity(y.len());
            for ((x, y), z) in targets.iter().zip(y.chunks(d)).zip(z.chunks(latent)) {
                let difference: Vec<f64> = residual(y, x);
                values.push(dot(&difference, &difference) / d as f64 + lambda * dot(z, z));
                r.extend(difference.iter().map(|v| 2.0 / d as f64 * v));
            }
            r
        })?;
        gradients.extend(gradient.iter().zip(z).map(|(g, z)| g + 2.0 * lambda * z));
    }
    Ok((values, gradients))
}

#[cfg(test)]
mod tests {
    use nalgebra::{DMatrix, DVector};

    use super::*;
    use crate::interpret::differentiable_map::analytic::Analytic;

    /// A matrix with entries that look random, row-major.
    fn matrix(d: usize, latent: usize) -> Vec<f64> {
        to_f64(&standard_normal(3, Stream::RandomWeights, 0, d * latent))
    }

    /// (AᵀA + λ'I)⁻¹Aᵀ(x − b)
    fn ridge(a: &[f64], b: &[f64], x: &[f32], weight: f64) -> DVector<f64> {
        let a = DMatrix::from_row_slice(b.len(), a.len() / b.len(), a);
        let right =
            DVector::from_iterator(b.len(), x.iter().zip(b).map(|(x, b)| f64::from(*x) - b));
        let mut gram = a.transpose() * &a;
        for j in 0..gram.nrows() {
            gram[(j, j)] += weight;
        }
        gram.lu().solve(&(a.transpose() * right)).unwrap()
    }

    #[test]
    fn a_linear_map_is_inverted_by_least_squares() {
        let (d, latent) = (9, 4);
        let (a, b) = (matrix(d, latent), vec![0.25; d]);
        let f = Analytic::linear(a.clone(), b.clone());
        let x = standard_normal(5, Stream::Data, 0, 3 * d);
        for lambda in [0.0, 0.07] {
            let settings = InversionSettings {
                lambda,
                ..InversionSettings::default()
            };
            let found = invert_of(&f, &x, &settings).unwrap();
            for (found, x) in found.all.iter().zip(x.chunks(d)) {
                // The objective divides the squares by d, so that λ' = λd.
                let expected = ridge(&a, &b, x, lambda * d as f64);
                for (z, expected) in found.z.iter().zip(expected.iter()) {
                    assert!((f64::from(*z) - expected).abs() < 1e-5, "{z} {expected}");
                }
                let y = f.value(expected.as_slice()).unwrap();
                let error = dot(&residual(&y, x), &residual(&y, x)) / d as f64;
                assert!((found.mean_squared_error - error).abs() < 1e-6);
                assert!((found.psnr_db - 10.0 * (4.0 / error).log10()).abs() < 1e-4);
                // All restarts find the same minimum.
                assert!(found.disagreement.unwrap() < 1e-5, "{found:?}");
                assert_eq!(found.undetermined, 0);
                assert!((found.relative_norm - expected.norm() / 2.0).abs() < 1e-5);
                assert!(found.start_psnr_db < found.psnr_db);
            }
        }
    }

    #[test]
    fn without_a_ridge_the_null_space_keeps_its_start() {
        // The last two of five latent variables have no effect, in rotated coordinates: A = B P, where P projects on the
        // complement of (1, 1, 1, 1, 1)/√5 and (1, −1, 0, 0, 0)/√2.
        let (d, latent) = (8, 5);
        let null = [
            [1.0 / 5f64.sqrt(); 5],
            [0.5f64.sqrt(), -(0.5f64.sqrt()), 0.0, 0.0, 0.0],
        ];
        let mut a = matrix(d, latent);
        for row in a.chunks_mut(latent) {
            for n in &null {
                let along = dot(row, n);
                row.iter_mut().zip(n).for_each(|(v, n)| *v -= along * n);
            }
        }
        let f = Analytic::linear(a, vec![0.0; d]);
        let x = standard_normal(6, Stream::Data, 0, d);
        let settings = InversionSettings {
            restarts: 4,
            seed: 9,
            ..InversionSettings::default()
        };
        let found = &invert_of(&f, &x, &settings).unwrap().all[0];
        let starts = to_f64(&standard_normal(9, Stream::Restart, 0, 4 * latent));
        let start = &starts[found.restart * latent..(found.restart + 1) * latent];
        for n in &null {
            // z is stored in single precision.
            let moved = dot(&to_f64(&found.z), n) - dot(start, n);
            assert!(moved.abs() < 1e-6, "{moved}");
        }
        assert_eq!(found.undetermined, 2);
        // The restarts agree in the image only.
        assert!(found.disagreement.unwrap() > 0.1, "{found:?}");
        assert!(
            (found.psnr_db - found.second_psnr_db.unwrap()).abs() < 1e-4,
            "{found:?}"
        );
        // A ridge removes the component of z without effect.
        let settings = InversionSettings {
            lambda: 1e-3,
            ..settings
        };
        let found = &invert_of(&f, &x, &settings).unwrap().all[0];
        for n in &null {
            assert!(dot(&to_f64(&found.z), n).abs() < 1e-4);
        }
        assert!(found.disagreement.unwrap() < 1e-3, "{found:?}");
    }

    #[test]
    fn blocks_of_images_have_the_starting_points_of_their_indices() {
        let f = Analytic::linear(matrix(6, 3), vec![0.0; 6]);
        let x = standard_normal(8, Stream::Data, 0, 5 * 6);
        // One evaluation: the latents that were found are starting points.
        let settings = InversionSettings {
            evaluations: 1,
            ..InversionSettings::default()
        };
        let all = invert_of(&f, &x, &settings).unwrap().all;
        assert_eq!(all[3..], invert_block(&f, &x[18..], 3, &settings).unwrap());
        assert!(all[3..] != invert_block(&f, &x[18..], 0, &settings).unwrap());
        assert!(all.iter().all(|found| !found.converged));
        for found in &all {
            assert!(
                (found.psnr_db - found.start_psnr_db).abs() < 1e-4,
                "{found:?}"
            );
        }
    }

    #[test]
    fn two_latents_with_one_image_are_both_found() {
        // z ↦ (z², z⁴) has the same image for z and −z.
        let f = Analytic::new(
            1,
            2,
            |z| vec![z[0] * z[0], z[0].powi(4)],
            |z| vec![2.0 * z[0], 4.0 * z[0].powi(3)],
        );
        let settings = InversionSettings {
            restarts: 8,
            ..InversionSettings::default()
        };
        let x = [0.49, 0.2401].repeat(20);
        let found = invert_of(&f, &x, &settings).unwrap();
        let mut opposite = 0;
        for inversion in &found.all {
            assert!((inversion.z[0].abs() - 0.7).abs() < 1e-5, "{inversion:?}");
            assert!(inversion.psnr_db > 100.0);
            let disagreement = inversion.disagreement.unwrap();
            let is_opposite = (disagreement - 1.4).abs() < 1e-4;
            assert!(is_opposite || disagreement < 1e-4, "{inversion:?}");
            opposite += usize::from(is_opposite);
        }
        // The best two of eight restarts are on opposite sides in about half of the cases.
        assert!((3..=17).contains(&opposite), "{opposite}");
    }
}
