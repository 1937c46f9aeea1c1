//! Information of normal variables, from their covariance.
//!
//! $$ \hat I(x; y) = \tfrac12\ln\frac{|S_{xx}|\,|S_{yy}|}{|S|} = -\tfrac12\sum_i\ln(1 - r_i^2), \qquad
//!    \hat H = \tfrac12\ln\bigl((2\pi e)^d|S|\bigr) $$
//!
//! S divides by n − 1, and rᵢ are the canonical correlations. For normal data the bias is known exactly
//! (Misra, Singh & Demchuk 2005), since ln |S| is a sum of logarithms of χ²:
//!
//! $$ \mathbb{E}\ln|S| - \ln|\Sigma| = b_d = \sum_{i=0}^{d-1}\Bigl(\psi\bigl(\tfrac{n-1-i}2\bigr)
//!    - \ln\tfrac{n-1}2\Bigr) $$
//!
//! and is subtracted. For other data the value is that of the normal distribution with the same covariance: an upper bound
//! of H, and no bound of I. It reflects only linear dependence.

use std::f64::consts::{E, PI};

use nalgebra::DMatrix;
use statrs::function::gamma::digamma;

use super::estimator::{
    Auto, Columns, Cost, Descriptor, Input, MANY_COLUMNS, Quantity, Summary, combined, of_dimension,
};
use super::exact::Covariance;
use super::{Estimate, Kind, Nats, Sample};
use crate::error::{Error, Result, short};

/// The estimator as `ganscope measure` offers it.
pub(super) static DESCRIPTOR: Descriptor = Descriptor {
    name: "gaussian",
    summary: "closed form of the normal distribution with the same covariance, bias removed",
    columns: Columns::AnyNumbers,
    assumes: "normal variables; for others, only linear dependence is measured",
    cost: Cost::Covariance,
    neighbours: false,
    duplicates_mislead: false,
    auto: Some(Auto {
        when: "more than 8 continuous columns",
        reason,
    }),
    runs: &[
        (Quantity::Entropy, |input| {
            entropy(&input.variable(0).sample)
        }),
        (Quantity::Mi, information),
        // H(y | x) = H(y) − I(x; y).
        (Quantity::ConditionalEntropy, |input| {
            let shared = information(input)?;
            let own = entropy(&input.variable(1).sample)?;
            Ok(combined("gaussian", &own, -1.0, &shared))
        }),
        // I(x; y | z) = I(x; y, z) − I(x; z), both from the same rows.
        (Quantity::ConditionalMi, |input| {
            let [x, y, z] = [0, 1, 2].map(|i| &input.variable(i).sample);
            let both = mutual_information(x, &y.beside(z)?)?;
            let found = combined("gaussian", &both, -1.0, &mutual_information(x, z)?);
            let width = x.dimension() + y.dimension() + z.dimension();
            Ok(of_dimension(found, width).with("formula", "I(x; y, z) − I(x; z)"))
        }),
    ],
};

fn reason(table: &Summary<'_>) -> Result<Option<String>> {
    let width = table.width();
    let fits =
        !table.quantity.compares_samples() && table.all(Kind::Continuous) && width > MANY_COLUMNS;
    Ok(fits.then(|| {
        format!(
            "{}, and in {width} columns nearest neighbours are too far away: the normal distribution of the same \
             covariance is used instead",
            table.kinds_in_words()
        )
    }))
}

fn information(input: &Input<'_>) -> Result<Estimate> {
    mutual_information(&input.variable(0).sample, &input.variable(1).sample)
}

/// Estimates I(x; y) of normal variables without bias. The standard error is √(Σr²/n + d_x d_y/2n²): the first term comes
/// from the delta method, and the second is that of the χ² distribution of the estimate under independence.
///
/// ```
/// use ganscope::info::{Sample, gaussian};
/// let x = Sample::new(vec![-2.0, -1.0, 0.0, 1.0, 2.0, 0.0], 1)?;
/// let y = Sample::new(vec![-1.0, -2.0, 0.0, 2.0, 1.0, 0.0], 1)?;
/// let found = gaussian::mutual_information(&x, &y)?;
/// // −½ ln(1 − 0.8²) = 0.510826, minus ½(2b₁ − b₂) = ½(ψ(5/2) − ψ(2)).
/// assert!((found.value.0 - 0.370_639_471).abs() < 1e-9);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// O(n d² + d³).
///
/// # Errors
/// [`Error::Usage`] for different lengths, n ≤ d + 1, and variables that are constant or linear functions
/// of others.
pub fn mutual_information(x: &Sample, y: &Sample) -> Result<Estimate> {
    let both = x.beside(y)?;
    let s = covariance(&both)?;
    let (n, d, split) = (both.len() as f64, both.dimension(), x.dimension());
    let (of_x, of_y) = (Vec::from_iter(0..split), Vec::from_iter(split..d));
    let (s_x, s_y) = (s.block(&of_x)?, s.block(&of_y)?);
    let plug_in = (s_x.ln_determinant() + s_y.ln_determinant() - s.ln_determinant()) / 2.0;
    let bias = (bias(n, split) + bias(n, d - split) - bias(n, d)) / 2.0;
    // Σr² = tr(Sₓₓ⁻¹ Sₓᵧ Sᵧᵧ⁻¹ Sᵧₓ)
    let across = s.sigma().view((0, split), (split, d - split)).into_owned();
    let squares = s_x.trace_of_quotient(&(&across * s_y.quotient(&across.transpose())));
    let independent = (split * (d - split)) as f64 / (2.0 * n * n);
    let mut found = Estimate::new("gaussian", Nats(plug_in - bias), both.len(), d)
        .with("bias_removed", bias)
        .noting("assumes normal variables: the value reflects only linear dependence");
    found.standard_error = Some(Nats((squares / n + independent).sqrt()));
    Ok(found)
}

/// Estimates H of normal variables without bias. The standard error is √(d/2n).
///
/// ```
/// use ganscope::info::{Sample, gaussian};
/// let x = Sample::new(vec![-1.0, 0.0, 1.0], 1)?;
/// // S = 1: ½ ln 2πe − ½ψ(1), with n − 1 = 2.
/// assert!((gaussian::entropy(&x)?.value.0 - 1.707_546_365_655).abs() < 1e-9);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// O(n d² + d³).
///
/// # Errors
/// As [`mutual_information`].
pub fn entropy(x: &Sample) -> Result<Estimate> {
    let (n, d) = (x.len() as f64, x.dimension());
    let bias = bias(n, d) / 2.0;
    let units: f64 = units(x).iter().map(|unit| unit.ln()).sum();
    let plug_in = (d as f64 * (2.0 * PI * E).ln() + covariance(x)?.ln_determinant()) / 2.0 + units;
    let mut found = Estimate::new("gaussian", Nats(plug_in - bias), x.len(), d)
        .with("bias_removed", bias)
        .noting("assumes normal variables: an upper bound for other distributions with the same covariance");
    found.standard_error = Some(Nats((d as f64 / (2.0 * n)).sqrt()));
    Ok(found)
}

/// The bias b_d of ln |S|.
fn bias(n: f64, d: usize) -> f64 {
    let half = (n - 1.0) / 2.0;
    (0..d)
        .map(|i| digamma(half - i as f64 / 2.0) - half.ln())
        .sum()
}

/// The largest absolute value of each column, which serves as its unit: squares of the values themselves may overflow f64.
fn units(x: &Sample) -> Vec<f64> {
    let largest = |j: usize| x.column(j).fold(0.0, |most: f64, v| most.max(v.abs()));
    let usable = |unit: f64| if unit > 0.0 { unit } else { 1.0 };
    (0..x.dimension()).map(largest).map(usable).collect()
}

/// The covariance S, with each column in its [`units`].
fn covariance(x: &Sample) -> Result<Covariance> {
    let (n, d) = (x.len(), x.dimension());
    if n < d + 2 {
        return Err(Error::Usage(format!(
            "{n} observations do not determine the covariance of {d} variables: use at least {}",
            d + 2
        )));
    }
    let units = units(x);
    let mean: Vec<f64> = (0..d)
        .map(|j| x.column(j).map(|v| v / units[j]).sum::<f64>() / n as f64)
        .collect();
    let mut s = DMatrix::<f64>::zeros(d, d);
    let mut rest = vec![0.0; d];
    for row in x.rows() {
        for j in 0..d {
            rest[j] = row[j] / units[j] - mean[j];
        }
        for i in 0..d {
            for j in 0..=i {
                s[(i, j)] += rest[i] * rest[j] / (n - 1) as f64;
            }
        }
    }
    s.fill_upper_triangle_with_lower_triangle();
    for j in 0..d {
        let deviation = s[(j, j)].sqrt();
        let first = x.row(0)[j];
        if x.column(j).all(|v| v == first) {
            // The variance is only rounding error of the mean.
            s[(j, j)] = 0.0;
        } else if deviation <= 1e-13 * mean[j].abs() {
            return Err(Error::Usage(format!(
                "variable {} varies by {} around {}, and double precision keeps too few digits of that: subtract its mean \
                 before it is written to the file",
                j + 1,
                short(deviation * units[j]),
                short(mean[j] * units[j])
            )));
        }
    }
    Covariance::of(s)
}
