//! Kullback–Leibler divergence by nearest neighbours (Wang, Kulkarni & Verdú 2009).
//!
//! $$ \hat D(p\|q) = \frac dn \sum_{i=1}^n \ln\frac{\nu_k(i)}{\rho_k(i)} + \ln\frac{m}{n-1} $$
//!
//! ρ_k(i) is the distance of xᵢ to the k-th nearest of the other n − 1 draws from p, and ν_k(i) that to the k-th nearest of
//! m draws from q.

use super::estimator::{
    Auto, Columns, Cost, Descriptor, Input, Quantity, Summary, combined, standardised_together,
    with_scaling,
};
use super::knn::{Knn, distances_to_kth};
use super::knn_entropy::standardised_entropy;
use super::neighbours::{Neighbours, Norm};
use super::{Estimate, Kind, Sample};
use crate::error::{Error, Result, counted, thousands};

/// The estimator as `ganscope measure` offers it.
pub(super) static DESCRIPTOR: Descriptor = Descriptor {
    name: "wang-kulkarni-verdu",
    summary: "distances to the k-th neighbour in p and in q (Wang, Kulkarni & Verdú 2009)",
    columns: Columns::Numbers,
    assumes: "densities that are nearly constant within the distance to the k-th neighbour; rows of q wherever \
        there are rows of p",
    cost: Cost::Sorting,
    neighbours: true,
    duplicates_mislead: true,
    auto: Some(Auto {
        when: "kl and cross-entropy of continuous columns",
        reason,
    }),
    runs: &[
        (Quantity::Kl, divergence),
        // H(p, q) = H(p) + KL(p‖q).
        (Quantity::CrossEntropy, |input| {
            let more = divergence(input)?;
            let own = standardised_entropy(&input.variable(0).sample, input.knn())?;
            Ok(combined("wang-kulkarni-verdu", &own, 1.0, &more))
        }),
    ],
};

fn reason(table: &Summary<'_>) -> Result<Option<String>> {
    let fits = matches!(table.quantity, Quantity::Kl | Quantity::CrossEntropy)
        && table.all(Kind::Continuous);
    Ok(fits.then(|| table.kinds_in_words()))
}

fn divergence(input: &Input<'_>) -> Result<Estimate> {
    let [p, q] = standardised_together(&input.variable(0).sample, &input.variable(1).sample)?;
    divergence_knn(&p, &q, input.knn(), Norm::Euclidean).map(with_scaling)
}

/// Share of the rows of p that may lie far from all rows of q without a note.
const UNCOVERED_SHARE: f64 = 0.05;

/// Estimates D(p‖q) from a sample of p and one of q.
///
/// Assumes independent rows, densities that hardly change over k neighbours, and that q has rows wherever p has. Where it
/// has hardly any, the value is far too small (6.5 for N(0, 1) and N(5, 1), from 2,000 rows of each, where D is 12.5), and
/// where the divergence is infinite, the value grows with n. A note counts the rows of p that are far from all rows of q.
/// Small negative values are due to chance. There is no standard error, because all terms share the sample of q; use
/// [`subsampling`](super::resampling::subsampling). O((n + m) log (n + m)) for a few dimensions; O(n + m) memory.
///
/// ```
/// use ganscope::info::{Knn, Norm, Sample, divergence_knn};
/// use ganscope::random::{Stream, standard_normal};
/// let normal = |mean: f64, step| {
///     let draws = standard_normal(1, Stream::Data, step, 5000).into_iter();
///     Sample::new(draws.map(|z| mean + f64::from(z)).collect(), 1)
/// };
/// let found = divergence_knn(&normal(0.0, 0)?, &normal(1.0, 1)?, Knn::new(5), Norm::Euclidean)?;
/// // ½ · 1²
/// assert!((found.value.0 - 0.5).abs() < 0.05, "{found}");
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] for different dimensions, k that is 0 or too large for either sample, constant columns, a row of
/// p with k exact copies in p or in q.
pub fn divergence_knn(p: &Sample, q: &Sample, knn: Knn, norm: Norm) -> Result<Estimate> {
    if p.dimension() != q.dimension() {
        return Err(Error::Usage(format!(
            "p has {} columns and q has {}; a divergence compares samples of the same variables",
            p.dimension(),
            q.dimension()
        )));
    }
    let [p, q] = knn.prepare([p, q], ["p", "q"])?;
    let rho = distances_to_kth(&p, knn.k, norm)?;
    let (of_p, of_q) = (Neighbours::new(&p), Neighbours::new(&q));
    let nu = of_p.of_each(|_, x, room| of_q.kth(x, None, knn.k, norm, room));
    if let Some(row) = nu.iter().position(|&distance| distance == 0.0) {
        return Err(Error::Usage(format!(
            "row {} of p occurs {} or more times in q ({} of {} rows do): the logarithm of a distance of 0 is −∞; discrete \
             data need an estimator for counts, rounded data need `jitter`",
            row + 1,
            knn.k,
            thousands(nu.iter().filter(|&&d| d == 0.0).count() as u64),
            thousands(p.len() as u64),
        )));
    }
    let of_each_other = of_q.of_each(|row, x, room| of_q.kth(x, Some(row), knn.k, norm, room));
    let widest = of_each_other.into_iter().fold(0.0, f64::max);
    let uncovered = nu.iter().filter(|nu| **nu > widest).count();
    let d = p.dimension() as f64;
    let terms: Vec<f64> = nu
        .iter()
        .zip(&rho)
        .map(|(nu, rho)| d * (nu / rho).ln())
        .collect();
    let rest = (q.len() as f64 / (p.len() as f64 - 1.0)).ln();
    let found = knn.estimate("wang-kulkarni-verdu", &terms, rest, p.dimension())?;
    // n counts the rows of both samples.
    let found = Estimate {
        n: p.len() + q.len(),
        ..found
    }
    .with("norm", norm.name())
    .with("n_p", p.len())
    .with("n_q", q.len());
    if uncovered as f64 <= UNCOVERED_SHARE * p.len() as f64 {
        return Ok(found);
    }
    Ok(found.noting(format!(
        "{} of {} of p lie outside q: each is farther from its nearest rows of q than any row of q is from the rows of q nearest to it. The density of q is unknown there, and the true divergence may be many times the estimate",
        thousands(uncovered as u64),
        counted(p.len(), "row")
    )))
}
