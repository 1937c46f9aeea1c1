//! Paths in latent space: traversals, and linear and spherical interpolation (Shoemake 1985).
//!
//! $$ \text{traversal:}\quad z(\alpha) = z + \alpha v, \qquad
//!    \text{linear:}\quad z(t) = (1 - t)\,z_0 + t\,z_1 $$
//! $$ \text{spherical:}\quad z(t) = \frac{\sin((1 - t)\,\omega)\,z_0 + \sin(t\,\omega)\,z_1}{\sin\omega}, \qquad
//!    \cos\omega = \frac{z_0^{\top} z_1}{\lVert z_0\rVert\,\lVert z_1\rVert} $$
//!
//! Latents from N(0, I) in many dimensions have norms close to √latent, but the middle of the straight line between
//! two of them has a norm of only about √(latent/2), which G has hardly seen in training. The spherical path keeps the
//! norm, if both ends have the same. At angle 0 it becomes the linear one; at the angle π it is not defined, since
//! every half circle joins the two ends.

use std::f64::consts::PI;
use std::fmt;

use crate::nn::Network;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result, counted};
use crate::interpret::Direction;
use crate::interpret::differentiable_map::{
    DifferentiableMap, check_finite, check_size, distance, to_f32, to_f64,
};
use crate::interpret::rows::count_rows;

/// Angle to 0 or to π, in radians, below which single precision does not determine the plane of a spherical path.
const SMALLEST_ANGLE: f64 = 1e-6;

/// How a path leads from z₀ to z₁.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Interpolation {
    /// Straight line at constant speed.
    Linear,
    /// Arc around the origin at constant angular speed.
    Spherical,
}

impl fmt::Display for Interpolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Interpolation::Linear => "linear interpolation",
            Interpolation::Spherical => "spherical interpolation",
        })
    }
}

impl Interpolation {
    /// Returns z(t) on the path from z₀ (t = 0) to z₁ (t = 1).
    ///
    /// ```
    /// use ganscope::interpret::Interpolation;
    /// let (east, north) = ([1.0, 0.0], [0.0, 1.0]);
    /// assert_eq!(Interpolation::Linear.at(&east, &north, 0.5)?, [0.5, 0.5]);
    /// let middle = Interpolation::Spherical.at(&east, &north, 0.5)?;
    /// assert!((middle[0] - 0.5_f32.sqrt()).abs() < 1e-6 && (middle[1] - 0.5_f32.sqrt()).abs() < 1e-6);
    /// # Ok::<(), ganscope::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Usage`] for latents of different lengths and for numbers that are not finite. A spherical path also
    /// needs two norms that are not 0 and an angle below π (by at least 10⁻⁶).
    pub fn at(self, z0: &[f32], z1: &[f32], t: f64) -> Result<Vec<f32>> {
        if z0.len() != z1.len() {
            return Err(Error::Usage(format!(
                "no path leads from a latent of {} to one of {}",
                counted(z0.len(), "number"),
                counted(z1.len(), "number")
            )));
        }
        count_rows(z0, z0.len().max(1), "z0")?;
        count_rows(z1, z1.len().max(1), "z1")?;
        if !t.is_finite() {
            return Err(Error::Usage(format!("t must be finite, not {t}")));
        }
        let (z0, z1) = (to_f64(z0), to_f64(z1));
        let (a, b) = match self {
            Interpolation::Linear => (1.0 - t, t),
            Interpolation::Spherical => {
                let angle = angle(&z0, &z1)?;
                if angle < SMALLEST_ANGLE {
                    (1.0 - t, t)
                } else if angle > PI - SMALLEST_ANGLE {
                    return Err(Error::Usage(
                        "z0 and z1 are in opposite directions, so every half circle joins them and no spherical path \
                         is the shortest; use linear interpolation, or go by way of a third latent"
                            .into(),
                    ));
                } else {
                    let sine = angle.sin();
                    (((1.0 - t) * angle).sin() / sine, (t * angle).sin() / sine)
                }
            }
        };
        let sum = z0.iter().zip(&z1).map(|(z0, z1)| a * z0 + b * z1);
        Ok(sum.map(|z| z as f32).collect())
    }
}

/// The angle between two vectors in radians, 0 to π, accurate also close to these (Kahan 2006).
fn angle(a: &[f64], b: &[f64]) -> Result<f64> {
    let norm = |v: &[f64]| v.iter().map(|v| v * v).sum::<f64>().sqrt();
    let (norm_a, norm_b) = (norm(a), norm(b));
    if norm_a == 0.0 || norm_b == 0.0 {
        return Err(Error::Usage(
            "a spherical path needs two latents other than 0, which has no direction; use linear interpolation".into(),
        ));
    }
    let units = || {
        a.iter()
            .map(|a| a / norm_a)
            .zip(b.iter().map(|b| b / norm_b))
    };
    let difference = units().map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
    let sum = units().map(|(a, b)| (a + b).powi(2)).sum::<f64>().sqrt();
    Ok(2.0 * difference.atan2(sum))
}

/// A path in latent space, with the images of its points.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LatentPath {
    /// How the path was made, such as `linear interpolation` or `traversal of component 1`.
    pub kind: String,
    /// Parameter of each point: α for a traversal, t from 0 to 1 for an interpolation.
    pub t: Vec<f64>,
    /// Number of latent variables.
    pub latent: usize,
    /// Number of values of an image.
    pub width: usize,
    /// Latents of the points, row-major \[points, latent\].
    pub latents: Vec<f32>,
    /// Images of the points, row-major \[points, width\].
    pub images: Vec<f32>,
    /// ‖Δz‖ of each step from one point to the next.
    pub latent_steps: Vec<f64>,
    /// ‖ΔG‖ of each step.
    pub image_steps: Vec<f64>,
    /// Length of the path in latent space, Σ‖Δz‖.
    pub latent_length: f64,
    /// Length of the path in the space of images, Σ‖ΔG‖. More points give the same length or a larger one.
    pub image_length: f64,
}

impl LatentPath {
    /// The largest ‖ΔG‖ in units of the mean: 1 on a path along which the image changes evenly, the number of steps
    /// on one where it changes in a single jump. `None` when the image does not change.
    pub fn largest_step(&self) -> Option<f64> {
        let mean = self.image_length / self.image_steps.len() as f64;
        let largest = self.image_steps.iter().fold(0.0_f64, |a, b| a.max(*b));
        (mean > 0.0).then(|| largest / mean)
    }

    /// Applies G to the points of a path.
    fn of(g: &Network, kind: String, t: Vec<f64>, latents: Vec<f32>) -> Result<LatentPath> {
        let (latent, width) = (g.latent(), g.width());
        count_rows(&latents, latent, "the path")?;
        let z = to_f64(&latents);
        let y = g.values(&z)?;
        check_finite(&y)?;
        let steps = |rows: &[f64], columns: usize| -> Vec<f64> {
            let next = rows.chunks(columns).skip(1);
            rows.chunks(columns)
                .zip(next)
                .map(|(a, b)| distance(a, b))
                .collect()
        };
        let (latent_steps, image_steps) = (steps(&z, latent), steps(&y, width));
        Ok(LatentPath {
            kind,
            t,
            latent,
            width,
            latents,
            images: to_f32(&y),
            latent_length: latent_steps.iter().sum(),
            image_length: image_steps.iter().sum(),
            latent_steps,
            image_steps,
        })
    }
}

impl fmt::Display for LatentPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let points = self.t.len();
        match self.largest_step() {
            Some(largest) => writeln!(
                f,
                "image path         length {:.4}; the largest of {} is {largest:.2} times the mean",
                self.image_length,
                counted(points - 1, "step")
            )?,
            None => writeln!(
                f,
                "image path         length 0: the image does not change along the path"
            )?,
        }
        write!(
            f,
            "latent path        length {:.4}\n{}, {} with t from {:.3} to {:.3}",
            self.latent_length,
            self.kind,
            counted(points, "point"),
            self.t[0],
            self.t[points - 1]
        )
    }
}

/// Returns the direction of one latent variable, for [`traverse`].
///
/// ```
/// use ganscope::interpret::coordinate;
/// let direction = coordinate(3, 1)?;
/// assert_eq!((direction.name.as_str(), direction.vector), ("z[1]", vec![0.0, 1.0, 0.0]));
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] when there are not so many latent variables.
pub fn coordinate(latent: usize, index: usize) -> Result<Direction> {
    if index >= latent {
        return Err(Error::Usage(format!(
            "z has {}, numbered from 0, so there is no z[{index}]",
            counted(latent, "number")
        )));
    }
    let mut vector = vec![0.0; latent];
    vector[index] = 1.0;
    Direction::new(format!("z[{index}]"), vector, 1.0)
}

/// Walks from z along a direction: G(z + αv) for each α, in the order given.
///
/// ```
/// use ganscope::interpret::{coordinate, traverse};
/// use ganscope::nn::{Network, NetworkSpec};
/// use ganscope::random::Stream;
/// let spec: NetworkSpec = serde_json::from_str(r#"{
///     "input": { "kind": "vector", "len": 2 },
///     "layers": [{ "type": "dense", "in": 2, "out": 1, "bias": false }]
/// }"#)?;
/// let mut g = Network::new("generator", &spec, 1, Stream::GeneratorInit)?;
/// g.parameters_mut()[0].1.update(|w| w.copy_from_slice(&[3.0, 4.0]));
/// let path = traverse(&g, &[1.0, 0.0], &coordinate(2, 1)?, &[-1.0, 0.0, 2.0])?;
/// assert_eq!(path.images, [-1.0, 3.0, 11.0]);
/// assert_eq!((path.latent_length, path.image_length), (3.0, 12.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] for z or a direction of another length than the input of G, fewer than 2 steps, and numbers that
/// are not finite.
pub fn traverse(
    g: &Network,
    z: &[f32],
    direction: &Direction,
    alphas: &[f64],
) -> Result<LatentPath> {
    check_latent("z", z.len(), g)?;
    check_latent("the direction", direction.vector.len(), g)?;
    check_points(alphas.len(), g)?;
    let latents = alphas.iter().flat_map(|alpha| direction.walk(z, *alpha));
    let kind = format!("traversal of {}", direction.name);
    LatentPath::of(g, kind, alphas.to_vec(), latents.collect())
}

/// Walks from z₀ to z₁ through `points` equally spaced values of t, both ends included.
///
/// # Errors
/// [`Error::Usage`] for latents of another length than the input of G, fewer than 2 points, and those of
/// [`Interpolation::at`].
pub fn interpolate(
    g: &Network,
    z0: &[f32],
    z1: &[f32],
    interpolation: Interpolation,
    points: usize,
) -> Result<LatentPath> {
    check_latent("z0", z0.len(), g)?;
    check_latent("z1", z1.len(), g)?;
    check_points(points, g)?;
    let t: Vec<f64> = (0..points)
        .map(|i| i as f64 / (points - 1) as f64)
        .collect();
    let mut latents = Vec::with_capacity(points * g.latent());
    for t in &t {
        latents.extend(interpolation.at(z0, z1, *t)?);
    }
    LatentPath::of(g, interpolation.to_string(), t, latents)
}

/// Refuses a vector that is not as long as the input of G.
fn check_latent(name: &str, length: usize, g: &Network) -> Result<()> {
    if length == g.latent() {
        return Ok(());
    }
    Err(Error::Usage(format!(
        "{name} has {}, but the input of {} has {}",
        counted(length, "number"),
        g.name(),
        g.latent()
    )))
}

/// Refuses a number of points that is too small for a path or too large for the memory.
fn check_points(points: usize, g: &Network) -> Result<()> {
    if points < 2 {
        return Err(Error::Usage(format!(
            "a path needs at least 2 points, not {points}"
        )));
    }
    check_size("points", points, g.latent().saturating_add(g.width()))
}
