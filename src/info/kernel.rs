//! Kernel density estimates (Parzen 1962), their likelihood and their entropy.
//!
//! $$ \hat p(x) = \frac1N\sum_{i=1}^N\mathcal{N}(x;\, x_i, \sigma^2 I), \qquad
//!    \hat L = \frac1M\sum_{j=1}^M\ln\hat p(y_j), \qquad
//!    \hat H = -\frac1N\sum_j\ln\hat p_{-j}(x_j) $$
//!
//! σ is chosen to maximise the likelihood of held-out points (Breuleux, Bengio & Vincent 2011; Goodfellow et al. 2014):
//! points of a validation set, or each point given all others (Duin 1976; Habbema, Hermans & van den Broek 1974). In many
//! dimensions the likelihood says little about a model (Theis, van den Oord & Bethge 2016): use it only for comparison with
//! published values. Assumes independent rows, and one width that suits all columns and places.

use rayon::prelude::*;

use super::estimator::{Columns, Cost, Descriptor, Quantity, scaled_back, standardised};
use super::histogram::continuous;
use super::{Estimate, Sample};
use crate::error::{Error, Result, short};

/// The estimator as `ganscope measure` offers it.
pub(super) static DESCRIPTOR: Descriptor = Descriptor {
    name: "kernel",
    summary: "normal kernel on each of the other rows (Parzen 1962)",
    columns: Columns::Numbers,
    assumes: "one kernel width that suits all columns and regions; no heavy tails",
    cost: Cost::AllPairs,
    neighbours: false,
    duplicates_mislead: true,
    auto: None,
    runs: &[(Quantity::Entropy, |input| {
        let x = &input.variable(0).sample;
        let found = entropy(&standardised(x)?, &logspace(-2.5, 0.5, 31))?;
        Ok(scaled_back(found, x))
    })],
};

/// Number of points whose densities one parallel task computes.
const CHUNK: usize = 64;
/// Number of partial sums in which a squared distance is added up, so that the compiler can vectorise it.
const LANES: usize = 8;
/// Terms below e^(−NEGLIGIBLE) times the largest term are below its last digit in f64.
const NEGLIGIBLE: f64 = 40.0;

/// `count` values from 10^low to 10^high with evenly spaced logarithms, like NumPy's `logspace`.
///
/// ```
/// use ganscope::info::kernel::logspace;
/// assert_eq!(logspace(-1.0, 1.0, 3), [0.1, 1.0, 10.0]);
/// ```
pub fn logspace(low: f64, high: f64, count: usize) -> Vec<f64> {
    let step = (high - low) / (count.max(2) - 1) as f64;
    (0..count)
        .map(|i| 10f64.powf(low + step * i as f64))
        .collect()
}

/// Estimates the likelihood L̂: the mean of ln p̂ over the test points, with kernels on the generated points, in nats per
/// point. σ is the value in `sigmas` with the highest likelihood of the validation points; give a single value to fix it.
///
/// ```
/// use ganscope::info::{Sample, kernel::parzen};
/// let generated = Sample::new(vec![-1.0, 1.0], 1)?;
/// let (validation, test) = (Sample::new(vec![0.9, -1.1], 1)?, Sample::new(vec![1.0], 1)?);
/// let found = parzen(&generated, &validation, &test, &[0.5])?;
/// // ln ½(N(0; ½) + N(2; ½)) with N(2; ½)/N(0; ½) = e^(−8).
/// let by_hand = (0.5 / (0.5 * (2.0 * std::f64::consts::PI).sqrt())).ln() + (-8f64).exp().ln_1p();
/// assert!((found.value.0 - by_hand).abs() < 1e-14);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// The standard error is over the test points, with σ and the generated points fixed. O(N (M + V) d) time for all
/// `sigmas` together, O(64 N) memory per thread.
///
/// # Errors
/// [`Error::Usage`] for samples of different dimensions, a σ that is not positive, and a test point whose density
/// is 0 in f64.
pub fn parzen(
    generated: &Sample,
    validation: &Sample,
    test: &Sample,
    sigmas: &[f64],
) -> Result<Estimate> {
    same_dimension(generated, validation)?;
    same_dimension(generated, test)?;
    let (sigma, edge) = best(
        sigmas,
        mean_likelihoods(generated, validation, sigmas, false)?,
    )?;
    let each = ln_densities(generated, test, &[sigma], false).concat();
    if let Some(outside) = each.iter().position(|ln| !ln.is_finite()) {
        return Err(Error::Usage(format!(
            "test point {} is so far from every generated point, compared with σ = {}, that its density is 0 in double \
             precision; give larger `sigmas`",
            outside + 1,
            short(sigma)
        )));
    }
    let mut found = Estimate::of_mean("parzen", &each, test.dimension())
        .with("sigma", sigma)
        .with("kernels", generated.len())
        .with("validation", validation.len());
    found.notes.extend(edge);
    Ok(found)
}

/// Estimates the entropy Ĥ, with each point left out of its own density. σ is the value in `sigmas` with the highest
/// likelihood of the points left out.
///
/// ```
/// use ganscope::info::{Sample, kernel::entropy};
/// let x = Sample::new(vec![0.0, 1.0, 3.0], 1)?;
/// let found = entropy(&x, &[1.0])?;
/// // −⅓ Σ ln of ½(φ(1) + φ(3)), ½(φ(1) + φ(2)), ½(φ(3) + φ(2))
/// assert!((found.value.0 - 2.512_601_4).abs() < 1e-6);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// In expectation this is an upper bound, because it is the cross-entropy to a smoothed density. All columns share one σ,
/// so scale them alike. O(N² d) time for all `sigmas` together, O(64 N) memory per thread.
///
/// # Errors
/// [`Error::Usage`] for fewer than 2 points, a constant or discrete variable, a σ that is not positive.
pub fn entropy(x: &Sample, sigmas: &[f64]) -> Result<Estimate> {
    usable(x)?;
    let (sigma, edge) = best(sigmas, mean_likelihoods(x, x, sigmas, true)?)?;
    let surprises = surprises(&ln_densities(x, x, &[sigma], true));
    let mut found =
        Estimate::of_mean("kernel leave-one-out", &surprises, x.dimension()).with("sigma", sigma);
    found.notes.extend(edge);
    Ok(found)
}

/// Estimates the entropy as −(1/N) Σ ln p̂(xⱼ), with each point included in its own density. This biases the value
/// downwards, without bound as σ → 0, so it cannot be used to choose σ.
///
/// ```
/// use ganscope::info::{Sample, kernel::entropy_by_resubstitution};
/// let x = Sample::new(vec![0.0, 1.0], 1)?;
/// // −ln ½(φ(0) + φ(1))
/// let found = entropy_by_resubstitution(&x, 1.0)?;
/// assert!((found.value.0 - 1.138_008_7).abs() < 1e-6);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// O(N² d) time, O(64 N) memory per thread.
///
/// # Errors
/// As [`entropy`].
pub fn entropy_by_resubstitution(x: &Sample, sigma: f64) -> Result<Estimate> {
    usable(x)?;
    positive(&[sigma])?;
    let surprises = surprises(&ln_densities(x, x, &[sigma], false));
    let found = Estimate::of_mean("kernel resubstitution", &surprises, x.dimension());
    Ok(found.with("sigma", sigma))
}

/// −ln p̂ at each point.
fn surprises(ln_densities: &[Vec<f64>]) -> Vec<f64> {
    ln_densities.concat().iter().map(|ln| -ln).collect()
}

/// The likelihood L̂ for each σ.
fn mean_likelihoods(
    kernels: &Sample,
    points: &Sample,
    sigmas: &[f64],
    leave_out: bool,
) -> Result<Vec<f64>> {
    positive(sigmas)?;
    let each = ln_densities(kernels, points, sigmas, leave_out);
    let sum = |s: usize| each.iter().map(|of_point| of_point[s]).sum::<f64>();
    Ok((0..sigmas.len())
        .map(|s| sum(s) / points.len() as f64)
        .collect())
}

/// ln p̂(y) of each point for each σ. With `leave_out` the points are those that the kernels stand on, and each is left out
/// of its own density.
fn ln_densities(
    kernels: &Sample,
    points: &Sample,
    sigmas: &[f64],
    leave_out: bool,
) -> Vec<Vec<f64>> {
    let d = points.dimension() as f64;
    let n = kernels.len() as f64 - if leave_out { 1.0 } else { 0.0 };
    let of_chunk = |chunk: usize| -> Vec<Vec<f64>> {
        let end = points.len().min((chunk + 1) * CHUNK);
        let rows = chunk * CHUNK..end;
        // Each kernel is read once for all points of the chunk, which stay in the cache.
        let mut all = vec![Vec::new(); rows.len()];
        for x in kernels.rows() {
            for (squares, j) in all.iter_mut().zip(rows.clone()) {
                squares.push(square_distance(x, points.row(j)));
            }
        }
        let of_point = |(mut squares, j): (Vec<f64>, usize)| {
            if leave_out {
                squares.swap_remove(j);
            }
            let nearest = squares.iter().copied().fold(f64::INFINITY, f64::min);
            let of_sigma = |sigma: &f64| {
                let precision = 0.5 / (sigma * sigma);
                let cutoff = nearest + NEGLIGIBLE / precision;
                let near = squares.iter().filter(|&&square| square < cutoff);
                let sum: f64 = near
                    .map(|square| ((nearest - square) * precision).exp())
                    .sum();
                let kernel = d * ((2.0 * std::f64::consts::PI).sqrt() * sigma).ln();
                sum.ln() - nearest * precision - kernel - n.ln()
            };
            sigmas.iter().map(of_sigma).collect()
        };
        all.into_iter().zip(rows).map(of_point).collect()
    };
    let chunks = points.len().div_ceil(CHUNK);
    let found: Vec<_> = (0..chunks).into_par_iter().map(of_chunk).collect();
    found.concat()
}

/// The squared Euclidean distance, in [`LANES`] independent sums.
fn square_distance(x: &[f64], y: &[f64]) -> f64 {
    let square = |(x, y): (&f64, &f64)| (x - y) * (x - y);
    let ((x, x_rest), (y, y_rest)) = (x.as_chunks::<LANES>(), y.as_chunks::<LANES>());
    let mut sums = [0.0; LANES];
    for (x, y) in x.iter().zip(y) {
        for (sum, pair) in sums.iter_mut().zip(x.iter().zip(y)) {
            *sum += square(pair);
        }
    }
    sums.iter().sum::<f64>() + x_rest.iter().zip(y_rest).map(square).sum::<f64>()
}

/// The σ with the highest likelihood, and a note if it is the smallest or largest one tried.
fn best(sigmas: &[f64], likelihoods: Vec<f64>) -> Result<(f64, Option<String>)> {
    let mut order: Vec<(f64, f64)> = sigmas.iter().copied().zip(likelihoods).collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0));
    let highest = order
        .iter()
        .map(|(_, l)| *l)
        .fold(f64::NEG_INFINITY, f64::max);
    let at = order.iter().position(|(_, l)| *l == highest);
    let Some(at) = at.filter(|_| highest.is_finite()) else {
        return Err(Error::Usage(format!(
            "the likelihood is {highest} for every σ that was tried: all are too small for the distances between the points"
        )));
    };
    let edge = (order.len() > 1 && (at == 0 || at == order.len() - 1)).then(|| {
        format!(
            "σ = {} is the {} value that was tried: a better one may lie beyond it{}",
            short(order[at].0),
            if at == 0 { "smallest" } else { "largest" },
            if at == 0 {
                "; with duplicated points the likelihood grows as σ goes to 0"
            } else {
                ""
            }
        )
    });
    Ok((order[at].0, edge))
}

fn positive(sigmas: &[f64]) -> Result<()> {
    match sigmas.iter().find(|s| !(**s > 0.0 && s.is_finite())) {
        Some(sigma) => Err(Error::Usage(format!("σ must be positive, not {sigma}"))),
        None if sigmas.is_empty() => Err(Error::Usage("no value of σ to try".into())),
        None => Ok(()),
    }
}

fn same_dimension(a: &Sample, b: &Sample) -> Result<()> {
    if a.dimension() == b.dimension() {
        return Ok(());
    }
    Err(Error::Usage(format!(
        "the points have {} and {} dimensions, so there is no distance between them",
        a.dimension(),
        b.dimension()
    )))
}

/// Refuses a constant or discrete column.
fn usable(x: &Sample) -> Result<()> {
    (0..x.dimension()).try_for_each(|j| continuous(x, j))
}
