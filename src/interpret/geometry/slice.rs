//! The area element of G on a plane through the latent space.
//!
//! $$ z(s, t) = z_0 + s\,u + t\,v, \qquad A = J\,[u\;v], \qquad
//!    \mathrm{area}(s, t) = \sqrt{\det A^{\top} A} = \lVert Ju\rVert\,\lVert Jv\rVert\,\sin\angle(Ju, Jv) $$
//!
//! It is the area that the images of a small square of the plane cover, divided by the area of the square
//! (Arvanitidis et al. 2018). Where it is small compared with the rest of the plane, latents differ but their images
//! hardly do: the plane is collapsed, or it turns back along a fold. Where it is large, close latents have very
//! different images: the plane is stretched, at the extreme torn. The condition number σ₁/σ₂ of A tells whether a
//! square collapses to a line (large) or shrinks evenly (close to 1).

use std::fmt;

use crate::nn::Network;
use serde::{Deserialize, Serialize};

use super::spectrum::ROUNDING;
use crate::error::{Error, Result, counted, thousands};
use crate::interpret::Direction;
use crate::interpret::differentiable_map::{DifferentiableMap, check_finite, dot, to_f64};
use crate::interpret::quantiles::{Quantiles, median};
use crate::interpret::rows::count_rows;

/// Fraction of the median area below which a point counts as collapsed.
pub const COLLAPSED_FRACTION: f64 = 0.01;
/// Multiple of the median area above which a point counts as stretched.
pub const STRETCHED_MULTIPLE: f64 = 100.0;
/// Largest number of points of a grid.
const MAX_POINTS: usize = 250_000;

/// The area element on a grid of a plane through the latent space.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SliceGeometry {
    /// Latent at s = t = 0.
    pub z0: Vec<f32>,
    /// Direction u of the coordinate s.
    pub u: Direction,
    /// Direction v of the coordinate t.
    pub v: Direction,
    /// Values of s, increasing.
    pub s: Vec<f64>,
    /// Values of t, increasing.
    pub t: Vec<f64>,
    /// ln of the area element, row-major \[t, s\]; `None` where A does not have full rank in single precision
    /// (σ₂ < 10⁻⁶ σ₁).
    pub log_area: Vec<Option<f64>>,
    /// Condition number σ₁/σ₂ of A, row-major \[t, s\]; `None` as above.
    pub condition: Vec<Option<f64>>,
    /// Quantiles of ln area over the points where it is defined; `None` if there are none.
    pub log_area_quantiles: Option<Quantiles>,
    /// Quantiles of the condition number over these points.
    pub condition_quantiles: Option<Quantiles>,
    /// Fraction of the points with an area below [`COLLAPSED_FRACTION`] of the median area.
    pub collapsed: f64,
    /// Fraction of the points with an area above [`STRETCHED_MULTIPLE`] times the median area.
    pub stretched: f64,
    /// Area of the image of the plane, ∬ area ds dt, by the trapezoidal rule.
    pub total_area: f64,
}

impl fmt::Display for SliceGeometry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "collapsed          {:.1} % of the slice (area below {:.0} % of the median); stretched {:.1} % (above {:.0} \
             times the median)",
            100.0 * self.collapsed,
            100.0 * COLLAPSED_FRACTION,
            100.0 * self.stretched,
            STRETCHED_MULTIPLE
        )?;
        match &self.log_area_quantiles {
            Some(quantiles) => writeln!(f, "log area element   {quantiles}")?,
            None => writeln!(f, "log area element   none: the area is 0 everywhere")?,
        }
        if let Some(quantiles) = &self.condition_quantiles {
            writeln!(f, "condition number   {quantiles}")?;
        }
        let (s, t) = (&self.s, &self.t);
        write!(
            f,
            "total area         {:.4e}; {} by {}: s from {:.3} to {:.3} along {}, t from {:.3} to {:.3} along {}",
            self.total_area,
            s.len(),
            counted(t.len(), "point"),
            s[0],
            s[s.len() - 1],
            self.u.name,
            t[0],
            t[t.len() - 1],
            self.v.name
        )
    }
}

/// Computes the area element of G on the grid z₀ + s u + t v.
///
/// Takes three passes through the network for each chunk of up to 256 points. u and v need not be perpendicular; the
/// area is per unit of s and of t.
///
/// ```
/// use ganscope::interpret::{coordinate, slice_geometry};
/// use ganscope::nn::{Network, NetworkSpec};
/// use ganscope::random::Stream;
/// let spec: NetworkSpec = serde_json::from_str(r#"{
///     "input": { "kind": "vector", "len": 2 },
///     "layers": [{ "type": "dense", "in": 2, "out": 2, "bias": false }]
/// }"#)?;
/// let mut g = Network::new("generator", &spec, 1, Stream::GeneratorInit)?;
/// g.parameters_mut()[0].1.update(|w| w.copy_from_slice(&[3.0, 0.0, 0.0, 2.0]));
/// let (u, v) = (coordinate(2, 0)?, coordinate(2, 1)?);
/// let slice = slice_geometry(&g, &[0.0, 0.0], &u, &v, &[-1.0, 0.0, 1.0], &[0.0, 1.0])?;
/// // A rectangle of 2 by 1 becomes one of 6 by 2.
/// assert!((slice.total_area - 12.0).abs() < 1e-5);
/// assert!((slice.condition[0].unwrap() - 1.5).abs() < 1e-6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] for z₀, u or v of another length than the input of G, parallel u and v, values of s or t that are
/// not finite and increasing, fewer than 2 or too many of them, and weights that are not finite; [`Error::Device`].
pub fn slice_geometry(
    g: &Network,
    z0: &[f32],
    u: &Direction,
    v: &Direction,
    s: &[f64],
    t: &[f64],
) -> Result<SliceGeometry> {
    slice_of(g, z0, (u, v), (s, t))
}

fn slice_of(
    f: &impl DifferentiableMap,
    z0: &[f32],
    (u, v): (&Direction, &Direction),
    (s, t): (&[f64], &[f64]),
) -> Result<SliceGeometry> {
    check(f, z0, (u, v), (s, t))?;
    let (latent, width) = (f.latent(), f.width());
    let directions = [u.vector.clone(), v.vector.clone()];
    let origin = to_f64(z0);
    let points: Vec<(f64, f64)> = t.iter().flat_map(|t| s.iter().map(|s| (*s, *t))).collect();
    let mut areas = Vec::with_capacity(points.len());
    let mut conditions = Vec::with_capacity(points.len());
    for points in points.chunks(f.rows_per_pass()) {
        let mut z = Vec::with_capacity(points.len() * latent);
        for (s, t) in points {
            let along = u.vector.iter().zip(&v.vector);
            z.extend(
                origin
                    .iter()
                    .zip(along)
                    .map(|(z, (u, v))| z + s * u + t * v),
            );
        }
        let pushed = f.push_forward(&z, &directions)?;
        for (a, b) in pushed[0].chunks(width).zip(pushed[1].chunks(width)) {
            check_finite(a)?;
            check_finite(b)?;
            let (area, condition) = area_and_condition(a, b);
            areas.push(area);
            conditions.push(condition);
        }
    }
    Ok(summarise(z0, (u, v), (s, t), &areas, conditions))
}

/// √det AᵀA and σ₁/σ₂ of A = [a b]; no condition number if σ₂ < 10⁻⁶ σ₁.
fn area_and_condition(a: &[f64], b: &[f64]) -> (f64, Option<f64>) {
    let (aa, bb, ab) = (dot(a, a), dot(b, b), dot(a, b));
    if aa == 0.0 || bb == 0.0 {
        return (0.0, None);
    }
    // The part of b perpendicular to a: aa·bb − ab² would lose it to cancellation where it is small.
    let perpendicular: f64 = (a.iter().zip(b))
        .map(|(a, b)| (b - ab / aa * a).powi(2))
        .sum();
    let area = (aa * perpendicular).sqrt();
    let largest_squared = 0.5 * (aa + bb + (aa - bb).hypot(2.0 * ab));
    let condition = largest_squared / area;
    (area, (condition < 1.0 / ROUNDING).then_some(condition))
}

fn summarise(
    z0: &[f32],
    (u, v): (&Direction, &Direction),
    (s, t): (&[f64], &[f64]),
    areas: &[f64],
    condition: Vec<Option<f64>>,
) -> SliceGeometry {
    let full_rank = areas.iter().zip(&condition);
    let log_area: Vec<Option<f64>> = full_rank
        .map(|(area, condition)| condition.map(|_| area.ln()))
        .collect();
    let defined = |values: &[Option<f64>]| {
        let defined: Vec<f64> = values.iter().copied().flatten().collect();
        Quantiles::of(&defined)
    };
    // Where A does not have full rank, the area is 0 up to rounding.
    let areas: Vec<f64> = (areas.iter().zip(&condition))
        .map(|(area, condition)| if condition.is_some() { *area } else { 0.0 })
        .collect();
    let middle = median(&areas);
    let fraction = |holds: &dyn Fn(f64) -> bool| {
        areas.iter().filter(|area| holds(**area)).count() as f64 / areas.len() as f64
    };
    let (weights_s, weights_t) = (trapezoidal_weights(s), trapezoidal_weights(t));
    let rows = areas.chunks(s.len()).zip(&weights_t);
    SliceGeometry {
        z0: z0.to_vec(),
        u: u.clone(),
        v: v.clone(),
        s: s.to_vec(),
        t: t.to_vec(),
        log_area_quantiles: defined(&log_area),
        condition_quantiles: defined(&condition),
        log_area,
        condition,
        collapsed: fraction(&|area| area == 0.0 || area < COLLAPSED_FRACTION * middle),
        stretched: fraction(&|area| middle > 0.0 && area > STRETCHED_MULTIPLE * middle),
        total_area: rows
            .map(|(row, weight)| weight * dot(row, &weights_s))
            .sum(),
    }
}

/// The weights with which the trapezoidal rule adds values at these points.
fn trapezoidal_weights(points: &[f64]) -> Vec<f64> {
    let mut weights = vec![0.0; points.len()];
    for (i, pair) in points.windows(2).enumerate() {
        let half = 0.5 * (pair[1] - pair[0]);
        weights[i] += half;
        weights[i + 1] += half;
    }
    weights
}

fn check(
    f: &impl DifferentiableMap,
    z0: &[f32],
    (u, v): (&Direction, &Direction),
    (s, t): (&[f64], &[f64]),
) -> Result<()> {
    let refuse = |problem: String| Err(Error::Usage(problem));
    count_rows(z0, f.latent(), "z0")?;
    if z0.len() != f.latent() {
        return refuse(format!(
            "z0 must be a single latent of {} numbers, not {} of them",
            f.latent(),
            z0.len() / f.latent()
        ));
    }
    for direction in [u, v] {
        if direction.vector.len() != f.latent() {
            return refuse(format!(
                "the direction {} has {}, but z has {}",
                direction.name,
                counted(direction.vector.len(), "number"),
                f.latent()
            ));
        }
    }
    if u.similarity(v) > 1.0 - 1e-6 {
        return refuse(format!(
            "the directions {} and {} are parallel, so they span a line and not a plane; choose two others",
            u.name, v.name
        ));
    }
    for (name, values) in [("s", s), ("t", t)] {
        let increases = values.windows(2).all(|pair| pair[0] < pair[1]);
        if values.len() < 2 || !increases || values.iter().any(|v| !v.is_finite()) {
            return refuse(format!(
                "the values of {name} must be at least 2 finite numbers in increasing order"
            ));
        }
    }
    if s.len().saturating_mul(t.len()) > MAX_POINTS {
        return refuse(format!(
            "a grid of {} by {} points is too large; use at most {} points",
            s.len(),
            t.len(),
            thousands(MAX_POINTS as u64)
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::f64::consts::{PI, TAU};

    use super::*;
    use crate::interpret::coordinate;
    use crate::interpret::differentiable_map::analytic::Analytic;

    fn axes() -> (Direction, Direction) {
        (coordinate(2, 0).unwrap(), coordinate(2, 1).unwrap())
    }

    /// `intervals` equal intervals from `from` to `to`.
    fn grid(from: f64, to: f64, intervals: usize) -> Vec<f64> {
        let at = |i| from + (to - from) * i as f64 / intervals as f64;
        (0..=intervals).map(at).collect()
    }

    #[test]
    fn the_area_element_of_a_sphere_is_r_squared_sin_phi() {
        let r = 1.5;
        let (u, v) = axes();
        let (phi, theta) = (grid(0.0, PI, 40), grid(0.0, TAU, 16));
        let slice = slice_of(&Analytic::sphere(r), &[0.0; 2], (&u, &v), (&phi, &theta)).unwrap();
        for row in slice.log_area.chunks(phi.len()) {
            assert_eq!((row[0], row[40]), (None, None));
            for (log_area, phi) in row.iter().zip(&phi).take(40).skip(1) {
                assert!((log_area.unwrap() - (r * r * phi.sin()).ln()).abs() < 1e-12);
            }
        }
        for row in slice.condition.chunks(phi.len()) {
            for (condition, phi) in row.iter().zip(&phi).take(40).skip(1) {
                // Singular values r and r sin φ.
                assert!((condition.unwrap() * phi.sin() - 1.0).abs() < 1e-12);
            }
        }
        // The trapezoidal rule with m intervals gives (π/m) cot(π/2m) for ∫₀^π sin φ dφ = 2, and is exact in θ.
        let rule = PI / 40.0 / (PI / 80.0).tan();
        assert!(
            (slice.total_area - TAU * r * r * rule).abs() < 1e-10,
            "{slice}"
        );
        // By its error bound π³/12m² the area is that of the sphere within 2πr²·π³/12m².
        let error = slice.total_area - 4.0 * PI * r * r;
        assert!(
            error < 0.0 && -error < TAU * r * r * PI.powi(3) / (12.0 * 1600.0),
            "{error}"
        );
    }

    #[test]
    fn collapsed_and_stretched_points_are_counted() {
        // (s, t) ↦ (s, t³/3) has the area element t².
        let f = Analytic::new(
            2,
            2,
            |z| vec![z[0], z[1].powi(3) / 3.0],
            |z| vec![1.0, 0.0, 0.0, z[1] * z[1]],
        );
        let (u, v) = axes();
        let t = [-0.5, 0.0, 0.09, 0.11, 1.0, 1.0001, 1.0002, 9.9, 10.1];
        let slice = slice_of(&f, &[0.0; 2], (&u, &v), (&[0.0, 1.0], &t)).unwrap();
        // The median of t² is 1: the nine values have 0.25, 0, 0.0081 and 0.0121 below it.
        assert!((slice.collapsed - 2.0 / 9.0).abs() < 1e-12, "{slice}");
        assert!((slice.stretched - 1.0 / 9.0).abs() < 1e-12, "{slice}");
        let quantiles = slice.log_area_quantiles.unwrap();
        assert_eq!(quantiles.n, 16);
        assert!((quantiles.minimum - 0.0081_f64.ln()).abs() < 1e-12);
        assert!((quantiles.maximum - 102.01_f64.ln()).abs() < 1e-12);
        assert_eq!(slice.log_area[2..4], [None, None]);
    }

    #[test]
    fn directions_that_are_not_perpendicular_span_a_smaller_square() {
        let f = Analytic::linear(vec![2.0, 0.0, 0.0, 3.0, 0.0, 0.0], vec![1.0; 3]);
        let u = Direction::new("u", vec![1.0, 0.0], 1.0).unwrap();
        let v = Direction::new("v", vec![1.0, 1.0], 1.0).unwrap();
        let slice = slice_of(&f, &[0.0; 2], (&u, &v), (&[0.0, 2.0], &[0.0, 1.0])).unwrap();
        // det A · sin 45° · 2
        assert!((slice.total_area - 6.0 * 0.5_f64.sqrt() * 2.0).abs() < 1e-12);
        // A [u v] = [(2, 0), (√2, 3/√2)]: σ₁²+σ₂² = 4 + 2 + 4.5, σ₁σ₂ = 3√2.
        let (sum, product) = (10.5_f64, 18.0_f64);
        let root = (sum * sum / 4.0 - product).sqrt();
        let expected = ((sum / 2.0 + root) / (sum / 2.0 - root)).sqrt();
        assert!((slice.condition[0].unwrap() - expected).abs() < 1e-12);
    }

    #[test]
    fn a_map_onto_a_line_is_collapsed_everywhere() {
        let f = Analytic::linear(vec![1.0, 1.0, 2.0, 2.0], vec![0.0; 2]);
        let (u, v) = axes();
        let slice = slice_of(&f, &[0.0; 2], (&u, &v), (&[0.0, 1.0], &[0.0, 1.0])).unwrap();
        assert_eq!((slice.collapsed, slice.stretched), (1.0, 0.0));
        assert_eq!((slice.total_area, slice.log_area_quantiles), (0.0, None));
        assert!(
            slice.to_string().contains("the area is 0 everywhere"),
            "{slice}"
        );
    }
}
