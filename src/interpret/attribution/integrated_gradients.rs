//! Integrated gradients (Sundararajan et al. 2017).
//!
//! $$ A_i(x) = (x_i - x^0_i) \int_0^1 \frac{\partial f}{\partial x_i}\bigl(x^0 + \alpha (x - x^0)\bigr)\,d\alpha
//!    \approx (x_i - x^0_i) \sum_k w_k \frac{\partial f}{\partial x_i}\bigl(x^0 + \alpha_k (x - x^0)\bigr) $$
//!
//! The attributions are relative to the baseline x⁰, an input that stands for the absence of everything, such as a black
//! image. They are *complete*: Σᵢ Aᵢ(x) = f(x) − f(x⁰), up to the error of the sum over k. The result contains this error.
//!
//! The nodes α_k and weights w_k are those of Gauss and Legendre, or the trapezoidal rule. With m nodes the former is
//! exact when the gradient is a polynomial of degree 2m − 1 along the path. In a network of (leaky) ReLUs the gradient is
//! piecewise constant along the path, and the error falls like 1/m for both.

use std::f64::consts::PI;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::function::{Differentiable, check_baseline, for_each_gradient, for_each_value, rows_of};
use super::maps::Attributions;
use crate::error::{Error, Result, counted, short, thousands};
use crate::info::resampling::quantile;
use crate::interpret::inference::check_kept;

/// Largest number of steps.
const MAXIMUM_STEPS: usize = 1000;

/// The rule by which the integral over the path is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PathRule {
    /// Gauss–Legendre quadrature with one node for each step.
    GaussLegendre,
    /// The trapezoidal rule with nodes at both ends of each step.
    Trapezoid,
}

/// Settings of [`integrated_gradients`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntegratedGradientsSettings {
    /// Number of steps between the baseline and x, from 1 to 1000; default 64.
    pub steps: usize,
    /// Rule by which the integral is computed; default Gauss–Legendre.
    pub rule: PathRule,
}

impl Default for IntegratedGradientsSettings {
    fn default() -> Self {
        IntegratedGradientsSettings {
            steps: 64,
            rule: PathRule::GaussLegendre,
        }
    }
}

/// Integrated gradients with their completeness errors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IntegratedGradients {
    /// The attributions, in units of f.
    pub attributions: Attributions,
    /// The baseline x⁰, one row of inputs.
    pub baseline: Vec<f32>,
    /// f(x⁰).
    pub baseline_value: f64,
    /// Number of steps and rule.
    pub settings: IntegratedGradientsSettings,
    /// |Σᵢ Aᵢ(x) − (f(x) − f(x⁰))| of each sample, in units of f.
    pub completeness_errors: Vec<f64>,
    /// The completeness error of each sample divided by |f(x) − f(x⁰)|; `None` if f(x) = f(x⁰).
    pub relative_errors: Vec<Option<f64>>,
}

/// Computes integrated gradients from `baseline` \[width\] to each row of `x` [n, width].
///
/// ```
/// use ganscope::interpret::{DifferentiableFn, IntegratedGradientsSettings, integrated_gradients};
/// let product = DifferentiableFn::new("x₁x₂", 2, |x: &[f32]| {
///     let rows = x.chunks_exact(2);
///     let values = rows.clone().map(|x| f64::from(x[0] * x[1])).collect();
///     Ok((values, rows.flat_map(|x| [x[1], x[0]]).collect()))
/// });
/// let settings = IntegratedGradientsSettings { steps: 1, ..Default::default() };
/// let found = integrated_gradients(&product, &[4.0, 3.0], &[0.0, 0.0], &settings)?;
/// // By symmetry, each factor gets half of the product.
/// assert_eq!(found.attributions.maps, [6.0, 6.0]);
/// assert_eq!(found.completeness_errors, [0.0]);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] for a baseline of another width, for a number of steps outside 1 to 1000, and as
/// [`gradient`](super::gradient()).
pub fn integrated_gradients(
    f: &impl Differentiable,
    x: &[f32],
    baseline: &[f32],
    settings: &IntegratedGradientsSettings,
) -> Result<IntegratedGradients> {
    let (n, width) = (rows_of(f, x)?, f.width());
    check_baseline(f, baseline)?;
    check_kept(n, width, size_of::<f64>(), &f.name())?;
    if !(1..=MAXIMUM_STEPS).contains(&settings.steps) {
        return Err(Error::Usage(format!(
            "steps, the number of steps between the baseline and a sample, must be between 1 and {}, not {}",
            thousands(MAXIMUM_STEPS as u64),
            thousands(settings.steps as u64)
        )));
    }
    let sample = |i: usize| &x[i * width..][..width];
    // The row after the last sample is the baseline.
    let mut values = Vec::with_capacity(n + 1);
    let row = |i: usize, block: &mut Vec<f32>| {
        block.extend(if i < n { sample(i) } else { baseline });
    };
    for_each_value(f, n + 1, row, |_, value| values.push(value))?;
    let baseline_value = values.pop().unwrap_or_default();

    let nodes = nodes(settings);
    let between = |index: usize, block: &mut Vec<f32>| {
        let alpha = nodes[index % nodes.len()].0;
        let at = |(x, x0): (&f32, &f32)| {
            let (x, x0) = (f64::from(*x), f64::from(*x0));
            (x0 + alpha * (x - x0)) as f32
        };
        let x = sample(index / nodes.len());
        block.extend(x.iter().zip(baseline).map(at));
    };
    let mut maps = vec![0.0; n * width];
    for_each_gradient(f, n * nodes.len(), between, |index, _, gradient| {
        let weight = nodes[index % nodes.len()].1;
        let map = &mut maps[index / nodes.len() * width..][..width];
        for (sum, g) in map.iter_mut().zip(gradient) {
            *sum += weight * f64::from(*g);
        }
    })?;
    for (mean, (x, x0)) in maps.iter_mut().zip(x.iter().zip(baseline.iter().cycle())) {
        *mean *= f64::from(*x) - f64::from(*x0);
    }

    let completeness = maps.chunks_exact(width).zip(&values);
    let (completeness_errors, relative_errors) = completeness
        .map(|(map, value)| {
            let difference = value - baseline_value;
            let error = (map.iter().sum::<f64>() - difference).abs();
            let is_defined = difference != 0.0;
            (error, is_defined.then(|| error / difference.abs()))
        })
        .unzip();
    Ok(IntegratedGradients {
        attributions: Attributions {
            method: "integrated gradients".into(),
            output: f.name(),
            n,
            width,
            values,
            maps,
        },
        baseline: baseline.to_vec(),
        baseline_value,
        settings: *settings,
        completeness_errors,
        relative_errors,
    })
}

/// Nodes and weights of the rule on [0, 1].
fn nodes(settings: &IntegratedGradientsSettings) -> Vec<(f64, f64)> {
    let m = settings.steps;
    match settings.rule {
        PathRule::GaussLegendre => gauss_legendre(m),
        PathRule::Trapezoid => {
            let weight = |k: usize| if k == 0 || k == m { 0.5 } else { 1.0 };
            let node = |k: usize| (k as f64 / m as f64, weight(k) / m as f64);
            (0..=m).map(node).collect()
        }
    }
}

/// The roots of the Legendre polynomial P_m, moved from [−1, 1] to [0, 1], with their weights.
///
/// Each root is found by Newton's method from cos(π (k + ¾)/(m + ½)), which is close enough for every m.
fn gauss_legendre(m: usize) -> Vec<(f64, f64)> {
    let node = |k: usize| {
        let mut t = -(PI * (k as f64 + 0.75) / (m as f64 + 0.5)).cos();
        let mut slope = 1.0;
        for _ in 0..20 {
            // (j + 1) P_{j+1} = (2j + 1) t P_j − j P_{j−1}
            let (mut before, mut p) = (0.0, 1.0);
            for j in 0..m {
                let j = j as f64;
                (before, p) = (p, ((2.0 * j + 1.0) * t * p - j * before) / (j + 1.0));
            }
            slope = m as f64 * (t * p - before) / (t * t - 1.0);
            let step = p / slope;
            t -= step;
            if step.abs() < 1e-15 {
                break;
            }
        }
        let weight = 2.0 / ((1.0 - t * t) * slope * slope);
        (0.5 * (1.0 + t), 0.5 * weight)
    };
    (0..m).map(node).collect()
}

impl fmt::Display for IntegratedGradients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let IntegratedGradientsSettings { steps, rule } = self.settings;
        let rule = match rule {
            PathRule::GaussLegendre => "Gauss–Legendre quadrature",
            PathRule::Trapezoid => "the trapezoidal rule",
        };
        write!(
            f,
            "{}\nrelative to a baseline at which f = {}, by {rule} with {}",
            self.attributions,
            short(self.baseline_value),
            counted(steps, "step")
        )?;
        let mut errors: Vec<f64> = self.relative_errors.iter().copied().flatten().collect();
        errors.sort_by(f64::total_cmp);
        if let Some(largest) = errors.last() {
            write!(
                f,
                "\ncompleteness error  median {:.2} %, largest {:.2} % of f(x) − f(baseline)",
                100.0 * quantile(&errors, 0.5),
                100.0 * largest
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gauss_legendre_integrates_polynomials_exactly() {
        for m in [1, 2, 5, 16, 64, 1000] {
            let nodes = gauss_legendre(m);
            // Exact up to degree 2m − 1; ∫₀¹ tᵈ dt = 1/(d + 1).
            for degree in [0, 1, m - 1, 2 * m - 1] {
                let sum: f64 = nodes.iter().map(|(t, w)| w * t.powi(degree as i32)).sum();
                let expected = 1.0 / (degree as f64 + 1.0);
                assert!((sum / expected - 1.0).abs() < 1e-10, "{m} {degree}: {sum}");
            }
        }
        // Abramowitz & Stegun, table 25.4, n = 3: 0.774596669241483 with weight 5/9.
        let (node, weight) = gauss_legendre(3)[2];
        assert!((2.0 * node - 1.0 - 0.774_596_669_241_483).abs() < 1e-14);
        assert!((2.0 * weight - 5.0 / 9.0).abs() < 1e-14);
    }
}
