//! Geodesics: the paths between two latents along which the image changes least (Shao et al. 2018; Arvanitidis et
//! al. 2018).
//!
//! $$ E(z_1, \dots, z_{k-1}) = \sum_{i=0}^{k-1} \lVert G(z_{i+1}) - G(z_i)\rVert^2, \qquad
//!    \frac{\partial E}{\partial z_i} = 2 J_i^{\top}\bigl(2 G(z_i) - G(z_{i-1}) - G(z_{i+1})\bigr) $$
//!
//! The ends z₀ and z_k are fixed, and E is minimised by L-BFGS from the straight line. As (Σ‖ΔG‖)² ≤ k E, with equality
//! for steps of equal length, the minimum is a short path that is walked at constant speed. If its length divided by that
//! of the straight line is close to 1, straight lines in latent space are almost as short as possible in the space of
//! images; a low ratio means that the latent space is curved.
//!
//! The sum over k steps cuts corners: a step is as long as the straight line between two images, even if the images
//! between them are far away from it. Therefore the lengths are measured with several steps for each segment. With too
//! few segments this length can even be greater than that of the straight line. The length of any path is an upper bound
//! on the distance of its ends, so the ratio of a search that has not converged is still a valid upper bound.
//!
//! Nothing keeps a geodesic near the latents of the training (‖z‖ ≈ √latent): it may take a detour through latents that
//! are rare under N(0, I). `detour` and `largest_norm` show it.

use std::fmt;

use crate::nn::Network;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result, counted};
use crate::interpret::differentiable_map::{
    DifferentiableMap, check_finite, check_size, distance, dot, to_f32, to_f64,
};
use crate::interpret::lbfgs::Lbfgs;
use crate::interpret::quantiles::{LEVEL, Quantiles, bootstrap_median, median};
use crate::interpret::rows::count_rows;

/// Relative decrease of the energy in one step that counts as small; three of them end a minimisation.
const TOLERANCE: f64 = 1e-8;
/// Length of the first step that is tried, relative to that of the straight line.
const FIRST_STEP: f64 = 0.01;

/// How geodesics are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GeodesicSettings {
    /// Number of segments k of a path; default 16.
    pub segments: usize,
    /// Largest number of evaluations of the energy and its gradient; default 300.
    pub evaluations: usize,
    /// Number of steps for each segment with which the lengths are measured; default 4.
    pub refinement: usize,
    /// Number of resamples for the interval of the median ratio; default 200.
    pub resamples: usize,
    /// Seed of the resamples; default 1.
    pub seed: u64,
}

impl Default for GeodesicSettings {
    fn default() -> Self {
        GeodesicSettings {
            segments: 16,
            evaluations: 300,
            refinement: 4,
            resamples: 200,
            seed: 1,
        }
    }
}

/// The geodesic between two latents, compared with the straight line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Geodesic {
    /// Latents z₀ … z_k, row-major \[k + 1, latent\].
    pub latents: Vec<f32>,
    /// Length of the images along the straight line between z₀ and z_k.
    pub straight_length: f64,
    /// Length of the images along the geodesic.
    pub length: f64,
    /// `length` divided by `straight_length`; `None` when the image does not change along the straight line.
    pub ratio: Option<f64>,
    /// Energy E of the straight line.
    pub straight_energy: f64,
    /// Energy E of the geodesic.
    pub energy: f64,
    /// Length of the geodesic in k steps, Σ‖G(z_{i+1}) − G(z_i)‖. If it is clearly below `length`, the path cuts
    /// corners and needs more segments.
    pub chord_length: f64,
    /// Standard deviation of the k steps divided by their mean, which is 0 for a geodesic.
    pub speed_variation: f64,
    /// Length of the geodesic in latent space, divided by ‖z_k − z₀‖; `None` when the ends are equal.
    pub detour: Option<f64>,
    /// Largest ‖z‖/√latent on the geodesic, which is about 1 at its ends for latents drawn from N(0, I).
    pub largest_norm: f64,
    /// Number of evaluations of the energy.
    pub evaluations: usize,
    /// Whether the minimisation ended before all evaluations were used.
    pub converged: bool,
}

/// The geodesics between several pairs of latents.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Geodesics {
    /// The geodesic of each pair.
    pub all: Vec<Geodesic>,
    /// Quantiles of the ratio of lengths over the pairs; `None` if no image changes.
    pub ratio: Option<Quantiles>,
    /// Bootstrap interval (95 %, over pairs) of the median ratio.
    pub interval: Option<(f64, f64)>,
    /// How the geodesics were computed.
    pub settings: GeodesicSettings,
}

impl fmt::Display for Geodesics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.all.len();
        match (&self.ratio, self.interval) {
            (Some(ratio), Some((low, high))) => writeln!(
                f,
                "geodesic / straight length {:.4} (median of {}; {:.0} % interval {low:.4} to {high:.4}; all between \
                 {:.4} and {:.4})",
                ratio.median,
                counted(ratio.n, "pair"),
                100.0 * LEVEL,
                ratio.minimum,
                ratio.maximum
            )?,
            _ => writeln!(
                f,
                "geodesic / straight length not defined: the image does not change between the latents"
            )?,
        }
        let detours: Vec<f64> = self.all.iter().filter_map(|g| g.detour).collect();
        let norms: Vec<f64> = self.all.iter().map(|g| g.largest_norm).collect();
        if !detours.is_empty() {
            writeln!(
                f,
                "in latent space {:.2} times as long as the straight line, with norms up to {:.2} √latent (medians)",
                median(&detours),
                median(&norms)
            )?;
        }
        let converged = self.all.iter().filter(|g| g.converged).count();
        let GeodesicSettings {
            segments,
            evaluations,
            refinement,
            ..
        } = self.settings;
        write!(
            f,
            "{converged} of {} converged within {}; {}, lengths in {} steps",
            counted(n, "geodesic"),
            counted(evaluations, "evaluation"),
            counted(segments, "segment"),
            segments * refinement
        )
    }
}

/// Computes the geodesics between the rows of z₀ `[n, latent]` and the rows of z₁ `[n, latent]`.
///
/// Takes up to `evaluations` forward and backward passes with (k − 1)n latents.
///
/// ```
/// use ganscope::interpret::{GeodesicSettings, geodesics};
/// use ganscope::nn::{Network, NetworkSpec};
/// use ganscope::random::Stream;
/// let spec: NetworkSpec = serde_json::from_str(r#"{
///     "input": { "kind": "vector", "len": 2 },
///     "layers": [{ "type": "dense", "in": 2, "out": 2, "bias": false }]
/// }"#)?;
/// let mut g = Network::new("generator", &spec, 1, Stream::GeneratorInit)?;
/// g.parameters_mut()[0].1.update(|w| w.copy_from_slice(&[3.0, 0.0, 0.0, 4.0]));
/// // The straight line is the shortest path of a linear map.
/// let found = geodesics(&g, &[0.0, 0.0], &[1.0, 1.0], &GeodesicSettings::default())?;
/// assert!((found.all[0].length - 5.0).abs() < 1e-4);
/// assert!((found.all[0].ratio.unwrap() - 1.0).abs() < 1e-5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] for latents that are not rows as long as the input of G, a different number of rows, settings out
/// of range, and numbers that are not finite; [`Error::Device`].
pub fn geodesics(
    g: &Network,
    z0: &[f32],
    z1: &[f32],
    settings: &GeodesicSettings,
) -> Result<Geodesics> {
    let n = count_rows(z0, g.latent(), "z0")?;
    if count_rows(z1, g.latent(), "z1")? != n {
        return Err(Error::Usage(format!(
            "there are {n} latents z0, but {} latents z1; each geodesic needs one of each",
            z1.len() / g.latent()
        )));
    }
    geodesics_of(g, &to_f64(z0), &to_f64(z1), settings)
}

fn geodesics_of(
    f: &impl DifferentiableMap,
    z0: &[f64],
    z1: &[f64],
    settings: &GeodesicSettings,
) -> Result<Geodesics> {
    check(settings)?;
    let (latent, n) = (f.latent(), z0.len() / f.latent());
    check_size("segments", n.saturating_mul(settings.segments), latent)?;
    let points = settings.segments * settings.refinement;
    check_size("points of a path", points + 1, f.width())?;
    let mut all = Vec::with_capacity(n);
    // As many pairs at a time as fit into one pass.
    let pairs = (f.rows_per_pass() / settings.segments).max(1);
    for (z0, z1) in z0.chunks(pairs * latent).zip(z1.chunks(pairs * latent)) {
        all.extend(minimise(f, z0, z1, settings)?);
    }
    let ratios: Vec<f64> = all.iter().filter_map(|geodesic| geodesic.ratio).collect();
    let interval = if ratios.is_empty() {
        None
    } else {
        Some(bootstrap_median(
            &ratios,
            settings.resamples,
            settings.seed,
        )?)
    };
    Ok(Geodesics {
        all,
        ratio: Quantiles::of(&ratios),
        interval,
        settings: *settings,
    })
}

fn check(settings: &GeodesicSettings) -> Result<()> {
    let GeodesicSettings {
        segments,
        evaluations,
        refinement,
        ..
    } = *settings;
    let limits = [
        ("segments", segments, 2, 256),
        ("evaluations", evaluations, 1, 1_000_000),
        ("refinement", refinement, 1, 1000),
    ];
    for (name, value, least, most) in limits {
        if !(least..=most).contains(&value) {
            return Err(Error::Usage(format!(
                "{name} must be between {least} and {most}, not {value}"
            )));
        }
    }
    Ok(())
}

/// The geodesics of a few pairs, all inner points of which are evaluated in one pass.
fn minimise(
    f: &impl DifferentiableMap,
    z0: &[f64],
    z1: &[f64],
    settings: &GeodesicSettings,
) -> Result<Vec<Geodesic>> {
    let (latent, width, k) = (f.latent(), f.width(), settings.segments);
    let (y0, y1) = (f.values(z0)?, f.values(z1)?);
    check_finite(&y0)?;
    check_finite(&y1)?;
    let inner = (k - 1) * latent;
    let ends = || z0.chunks(latent).zip(z1.chunks(latent));
    let straight: Vec<f64> = ends().flat_map(|(a, b)| inner_points(a, b, k)).collect();
    let first_steps: Vec<f64> = ends().map(|(a, b)| FIRST_STEP * distance(a, b)).collect();
    let lbfgs = Lbfgs {
        evaluations: settings.evaluations,
        tolerance: TOLERANCE,
        enough: 0.0,
    };
    let minima = lbfgs.minimise(&straight, &first_steps, |pairs, z| {
        let mut energies = Vec::with_capacity(pairs.len());
        let gradient = f.pull_back(z, &mut |y| {
            let mut r = Vec::with_capacity(y.len());
            for (pair, y) in pairs.iter().zip(y.chunks((k - 1) * width)) {
                let first = &y0[pair * width..(pair + 1) * width];
                let last = &y1[pair * width..(pair + 1) * width];
                let path = [first, y, last].concat();
                let rows: Vec<&[f64]> = path.chunks(width).collect();
                energies.push(rows.windows(2).map(|w| distance(w[0], w[1]).powi(2)).sum());
                for w in rows.windows(3) {
                    let three = w[0].iter().zip(w[1]).zip(w[2]);
                    r.extend(three.map(|((before, y), after)| 2.0 * (2.0 * y - before - after)));
                }
            }
            r
        })?;
        Ok((energies, gradient))
    })?;
    let straight = straight.chunks(inner);
    let pairs = ends().zip(straight).zip(minima);
    pairs
        .map(|(((a, b), straight), minimum)| {
            let line = measure(f, &[a, straight, b].concat(), settings.refinement)?;
            let path = [a, &minimum.x, b].concat();
            let curve = measure(f, &path, settings.refinement)?;
            let mean = curve.chords.iter().sum::<f64>() / k as f64;
            let deviations = curve.chords.iter().map(|c| (c - mean).powi(2));
            let deviation = (deviations.sum::<f64>() / k as f64).sqrt();
            let latent_length: f64 = steps(&path, latent).iter().sum();
            let direct = distance(a, b);
            let norms = path.chunks(latent).map(|z| dot(z, z).sqrt());
            Ok(Geodesic {
                latents: to_f32(&path),
                straight_length: line.length,
                length: curve.length,
                ratio: (line.length > 0.0).then(|| curve.length / line.length),
                straight_energy: line.chords.iter().map(|c| c * c).sum(),
                energy: curve.chords.iter().map(|c| c * c).sum(),
                chord_length: curve.chords.iter().sum(),
                speed_variation: if mean > 0.0 { deviation / mean } else { 0.0 },
                detour: (direct > 0.0).then(|| latent_length / direct),
                largest_norm: norms.fold(0.0, f64::max) / (latent as f64).sqrt(),
                evaluations: minimum.evaluations,
                converged: minimum.converged,
            })
        })
        .collect()
}

/// The points of the straight line between a and b in k equal segments, without the ends.
fn inner_points(a: &[f64], b: &[f64], k: usize) -> Vec<f64> {
    let at = |i: usize| {
        let t = i as f64 / k as f64;
        a.iter().zip(b).map(move |(a, b)| (1.0 - t) * a + t * b)
    };
    (1..k).flat_map(at).collect()
}

/// The images along a path.
struct Measured {
    /// Length with `refinement` steps for each segment.
    length: f64,
    /// Length of each segment in one step.
    chords: Vec<f64>,
}

fn measure(f: &impl DifferentiableMap, path: &[f64], refinement: usize) -> Result<Measured> {
    let (latent, width) = (f.latent(), f.width());
    let ends: Vec<&[f64]> = path.chunks(latent).collect();
    let mut z = ends[0].to_vec();
    for segment in ends.windows(2) {
        z.extend(inner_points(segment[0], segment[1], refinement));
        z.extend(segment[1]);
    }
    let y = f.values(&z)?;
    check_finite(&y)?;
    let rows = y.chunks(width).step_by(refinement);
    Ok(Measured {
        length: steps(&y, width).iter().sum(),
        chords: steps(&rows.collect::<Vec<_>>().concat(), width),
    })
}

/// The distances between successive rows.
fn steps(rows: &[f64], columns: usize) -> Vec<f64> {
    let next = rows.chunks(columns).skip(1);
    let pairs = rows.chunks(columns).zip(next);
    pairs.map(|(a, b)| distance(a, b)).collect()
}

#[cfg(test)]
mod tests {
    use std::f64::consts::{FRAC_PI_2, PI};

    use super::*;
    use crate::interpret::differentiable_map::analytic::Analytic;

    #[test]
    fn the_geodesic_on_a_sphere_is_a_great_circle() {
        let (r, k) = (2.0, 12);
        let settings = GeodesicSettings {
            segments: k,
            refinement: 1,
            ..GeodesicSettings::default()
        };
        // Two points of one latitude, and two of different latitudes and longitudes.
        let z0 = [PI / 4.0, -0.9, 0.7, 0.1];
        let z1 = [PI / 4.0, 0.9, 2.0, 1.3];
        let sphere = Analytic::sphere(r);
        let found = geodesics_of(&sphere, &z0, &z1, &settings).unwrap();
        for ((found, a), b) in found.all.iter().zip(z0.chunks(2)).zip(z1.chunks(2)) {
            let (a, b) = (sphere.value(a).unwrap(), sphere.value(b).unwrap());
            let cosine: f64 = a.iter().zip(&b).map(|(a, b)| a * b).sum::<f64>() / (r * r);
            let angle = cosine.acos();
            // k equal chords of a circle. The energy is stationary, and convergence stops at relative changes of 10⁻⁸.
            let chords = 2.0 * r * k as f64 * (angle / (2.0 * k as f64)).sin();
            assert!(
                (found.chord_length / chords - 1.0).abs() < 1e-6,
                "{found:?} {chords}"
            );
            assert!((found.energy * k as f64 / (chords * chords) - 1.0).abs() < 1e-6);
            assert!(found.speed_variation < 1e-3, "{found:?}");
            // k chords are shorter than the arc, by a fraction of less than (angle/2k)²/6.
            let missing = 1.0 - chords / (r * angle);
            assert!(missing > 0.0 && missing < (angle / (2.0 * k as f64)).powi(2) / 6.0);
            assert!(found.converged && found.ratio.unwrap() < 0.99, "{found:?}");
            // Every point lies in the plane of the great circle.
            let normal = [
                a[1] * b[2] - a[2] * b[1],
                a[2] * b[0] - a[0] * b[2],
                a[0] * b[1] - a[1] * b[0],
            ];
            let length = normal.iter().map(|n| n * n).sum::<f64>().sqrt();
            for y in sphere.value(&to_f64(&found.latents)).unwrap().chunks(3) {
                let height: f64 = y.iter().zip(&normal).map(|(y, n)| y * n / length).sum();
                assert!(height.abs() < 1e-3 * r, "{height}");
            }
        }
    }

    #[test]
    fn the_geodesic_in_polar_coordinates_is_a_straight_line() {
        // From (1, 0) to (0, 1) the arc has the length π/2, and the straight line √2.
        let f = Analytic::new(
            2,
            2,
            |z| vec![z[0] * z[1].cos(), z[0] * z[1].sin()],
            |z| {
                let (sine, cosine) = z[1].sin_cos();
                vec![cosine, -z[0] * sine, sine, z[0] * cosine]
            },
        );
        let settings = GeodesicSettings {
            refinement: 8,
            ..GeodesicSettings::default()
        };
        let found = &geodesics_of(&f, &[1.0, 0.0], &[1.0, FRAC_PI_2], &settings)
            .unwrap()
            .all[0];
        // 128 chords of the arc are shorter by a fraction of (π/512)²/6 = 6·10⁻⁶.
        assert!(
            (found.straight_length - FRAC_PI_2).abs() < 2e-5,
            "{found:?}"
        );
        assert!((found.chord_length - 2f64.sqrt()).abs() < 1e-6, "{found:?}");
        // Between the points the path is straight in z, not in the image: an arc with a height of an eighth of the
        // squared angle (π/32 on average), which adds a fraction of about (π/32)²/24.
        let bend = found.length / 2f64.sqrt() - 1.0;
        assert!((0.0..1e-3).contains(&bend), "{bend}");
        assert!((found.ratio.unwrap() - 2f64.sqrt() / FRAC_PI_2).abs() < 1e-3);
    }

    #[test]
    fn straight_lines_on_a_cylinder_are_geodesics() {
        let f = Analytic::new(
            2,
            3,
            |z| vec![z[0].cos(), z[0].sin(), z[1]],
            |z| vec![-z[0].sin(), 0.0, z[0].cos(), 0.0, 0.0, 1.0],
        );
        let settings = GeodesicSettings::default();
        let found = &geodesics_of(&f, &[0.2, -1.0], &[1.4, 2.0], &settings)
            .unwrap()
            .all[0];
        assert!((found.ratio.unwrap() - 1.0).abs() < 1e-9, "{found:?}");
        assert!((found.detour.unwrap() - 1.0).abs() < 1e-6, "{found:?}");
        // All chords of one helix are equal, so the straight line is stationary.
        assert!((found.energy / found.straight_energy - 1.0).abs() < 1e-9);
    }
}
