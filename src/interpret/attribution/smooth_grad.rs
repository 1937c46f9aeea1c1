//! SmoothGrad: the mean gradient over noisy copies of x (Smilkov et al. 2017).
//!
//! $$ A(x) = \frac1m \sum_{k=1}^m \nabla f(x + \varepsilon_k), \qquad \varepsilon_k \sim \mathcal N(0, \sigma^2 I),
//!    \qquad \sigma = \nu\,(\max_i x_i - \min_i x_i) $$
//!
//! The gradient of a piecewise linear network jumps between neighbouring points; its mean over a neighbourhood changes
//! slowly. ν is the fraction `noise`, 10 to 20 % in the paper.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::function::{Differentiable, for_each_gradient, for_each_value, rows_of};
use super::maps::Attributions;
use crate::error::{Error, Result, counted, thousands};
use crate::interpret::inference::check_kept;
use crate::random::{Stream, standard_normal};

/// Largest number of noisy copies of a sample.
const MAXIMUM_COPIES: usize = 1_000_000;

/// Settings of [`smooth_grad`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SmoothGradSettings {
    /// Standard deviation of the noise as a fraction ν of the range max xᵢ − min xᵢ of each sample; default 0.15.
    pub noise: f64,
    /// Number of noisy copies of each sample, m; default 50.
    pub copies: usize,
    /// Random seed of the noise; default 1.
    pub seed: u64,
}

impl Default for SmoothGradSettings {
    fn default() -> Self {
        SmoothGradSettings {
            noise: 0.15,
            copies: 50,
            seed: 1,
        }
    }
}

/// Mean gradients over noisy copies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SmoothGrad {
    /// The mean gradients, with f(x) of the samples without noise.
    pub attributions: Attributions,
    /// Noise, number of copies and seed.
    pub settings: SmoothGradSettings,
    /// Standard error of each map that comes from the finite number of copies, relative to the map: the norm of the
    /// standard errors divided by the norm of the attributions. `None` for a single copy and for a map of norm 0.
    pub monte_carlo_errors: Vec<Option<f64>>,
}

/// Computes the mean gradient over noisy copies of each row of `x` [n, width].
///
/// The noise is a function of the seed and of the index of the row.
///
/// ```
/// use ganscope::interpret::{DifferentiableFn, SmoothGradSettings, smooth_grad};
/// // f(x) = 3 |x₁| has the gradient ±3, whose mean over noise that is symmetric around 0 is 0.
/// let f = DifferentiableFn::new("3 |x₁|", 2, |x: &[f32]| {
///     let rows = x.chunks_exact(2);
///     let values = rows.clone().map(|x| 3.0 * f64::from(x[0].abs())).collect();
///     Ok((values, rows.flat_map(|x| [3.0 * x[0].signum(), 0.0]).collect()))
/// });
/// let settings = SmoothGradSettings { copies: 2000, ..SmoothGradSettings::default() };
/// let found = smooth_grad(&f, &[0.0, 1.0], &settings)?;
/// // The standard error of the mean is 3/√2000 = 0.067.
/// assert!(found.attributions.maps[0].abs() < 0.27);
/// assert_eq!(found.attributions.maps[1], 0.0);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] for a negative noise, no copies, and as [`gradient`](super::gradient()).
pub fn smooth_grad(
    f: &impl Differentiable,
    x: &[f32],
    settings: &SmoothGradSettings,
) -> Result<SmoothGrad> {
    let SmoothGradSettings {
        noise,
        copies,
        seed,
    } = *settings;
    if !(noise >= 0.0 && noise.is_finite()) {
        return Err(Error::Usage(format!(
            "noise, a fraction of the range of a sample, must be at least 0 and finite, not {noise}"
        )));
    }
    if !(1..=MAXIMUM_COPIES).contains(&copies) {
        return Err(Error::Usage(format!(
            "copies, the number of noisy copies of a sample, must be between 1 and {}, not {copies}",
            thousands(MAXIMUM_COPIES as u64)
        )));
    }
    let (n, width) = (rows_of(f, x)?, f.width());
    check_kept(n, width, size_of::<f64>(), &f.name())?;
    let sample = |i: usize| &x[i * width..][..width];

    let mut values = Vec::with_capacity(n);
    for_each_value(
        f,
        n,
        |i, block| block.extend(sample(i)),
        |_, value| values.push(value),
    )?;

    let noisy = |index: usize, block: &mut Vec<f32>| {
        let x = sample(index / copies);
        let largest = x.iter().fold(f32::NEG_INFINITY, |m, v| m.max(*v));
        let smallest = x.iter().fold(f32::INFINITY, |m, v| m.min(*v));
        let sigma = noise * (f64::from(largest) - f64::from(smallest));
        let epsilon = standard_normal(seed, Stream::InputNoise, index as u64, width);
        let add = |(x, e): (&f32, f32)| (f64::from(*x) + sigma * f64::from(e)) as f32;
        block.extend(x.iter().zip(epsilon).map(add));
    };
    let mut maps = Vec::with_capacity(x.len());
    let mut monte_carlo_errors = Vec::with_capacity(n);
    // Mean and sum of squared deviations, updated one copy at a time (Welford 1962).
    let (mut average, mut squares) = (vec![0.0; width], vec![0.0; width]);
    for_each_gradient(f, n * copies, noisy, |index, _, gradient| {
        let copy = index % copies;
        if copy == 0 {
            average.fill(0.0);
            squares.fill(0.0);
        }
        let running = average.iter_mut().zip(&mut squares);
        for (g, (average, squares)) in gradient.iter().zip(running) {
            let deviation = f64::from(*g) - *average;
            *average += deviation / (copy + 1) as f64;
            *squares += deviation * (f64::from(*g) - *average);
        }
        if copy + 1 == copies {
            let norm = average.iter().map(|a| a * a).sum::<f64>().sqrt();
            let variance = squares.iter().sum::<f64>() / (copies as f64 * (copies as f64 - 1.0));
            monte_carlo_errors.push((copies > 1 && norm > 0.0).then(|| variance.sqrt() / norm));
            maps.extend_from_slice(&average);
        }
    })?;
    Ok(SmoothGrad {
        attributions: Attributions {
            method: "SmoothGrad".into(),
            output: f.name(),
            n,
            width,
            values,
            maps,
        },
        settings: *settings,
        monte_carlo_errors,
    })
}

impl fmt::Display for SmoothGrad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SmoothGradSettings {
            noise,
            copies,
            seed,
        } = self.settings;
        write!(
            f,
            "{}\nmean over {} with noise of {:.0} % of the range of the sample; seed {seed}",
            self.attributions,
            counted(copies, "noisy copy").replace("copys", "copies"),
            100.0 * noise
        )?;
        let mut errors: Vec<f64> = self.monte_carlo_errors.iter().copied().flatten().collect();
        errors.sort_by(f64::total_cmp);
        match errors.get(errors.len() / 2) {
            Some(median) => write!(
                f,
                "\nmedian relative standard error of a map {:.1} %; more copies make it smaller",
                100.0 * median
            ),
            None => Ok(()),
        }
    }
}
