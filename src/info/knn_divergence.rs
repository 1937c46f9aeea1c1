//! Kullback–Leibler divergence by nearest neighbours (Wang, Kulkarni & Verdú 2009).
//!
//! $$ \hat D(p\|q) = \frac dn \sum_{i=1}^n \ln\frac{\nu_k(i)}{\rho_k(i)} + \ln\frac{m}{n-1} $$
//!
//! ρ_k(i) is the distance of xᵢ to its k-th nearest other of n draws from p, ν_k(i) to the k-th nearest of m
//! draws from q.

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
    assumes: "densities that hardly change over k neighbours; q has rows wherever p has",
    cost: Cost::Sorting,
    neighbours: true,
    duplicates_mislead: true,
    auto: Some(Auto {
        when: "kl and cross-entropy of numbers",
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

fn reason(table: &Summary) -> Result<Option<String>> {
    let fits = matches!(table.quantity, Quantity::Kl | Quantity::CrossEntropy)
        && table.all(Kind::Continuous);
    Ok(fits.then(|| table.kinds_in_words()))
}

fn divergence(input: &Input) -> Result<Estimate> {
    let [p, q] = standardised_together(&input.variable(0).sample, &input.variable(1).sample)?;
    divergence_knn(&p, &q, input.knn(), Norm::Euclidean).map(with_scaling)
}

/// The share of rows of p away from q above which it is said.
const UNSEEN: f64 = 0.05;

/// D(p‖q) from a sample of each.
///
/// Assumes independent rows and densities that hardly change over k neighbours, and that q covers p: where it
/// hardly does, the value is far too small (6.5 for N(0, 1) against N(5, 1), from 2,000 rows of each; D is 12.5), and
/// where the divergence is infinite, it grows with n. Rows of p that lie where no row of q is are noted. Small negative
/// values are chance. No standard error: all terms share the sample of q; estimate again on subsamples, without
/// replacement. O((n + m) log (n + m)) for a few dimensions; O(n + m) memory.
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
/// [`Error::Usage`] for different dimensions, k of 0 or too large for either sample, constant columns, a row of
/// p with k exact copies in p or in q.
pub fn divergence_knn(p: &Sample, q: &Sample, knn: Knn, norm: Norm) -> Result<Estimate> {
    if p.dimension() != q.dimension() {
        return Err(Error::Usage(format!(
            "p has {} columns and q has {}; a divergence compares the same variables",
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
            "row {} of p stands {} or more times in q ({} of {} rows do): the logarithm of a distance of 0 is −∞; \
             discrete data need an estimator for counts, rounded data need `jitter`",
            row + 1,
            knn.k,
            thousands(nu.iter().filter(|&&d| d == 0.0).count() as u64),
            thousands(p.len() as u64),
        )));
    }
    let of_each_other = of_q.of_each(|row, x, room| of_q.kth(x, Some(row), knn.k, norm, room));
    let widest = of_each_other.into_iter().fold(0.0, f64::max);
    let alone = nu.iter().filter(|nu| **nu > widest).count();
    let d = p.dimension() as f64;
    let terms: Vec<f64> = nu
        .iter()
        .zip(&rho)
        .map(|(nu, rho)| d * (nu / rho).ln())
        .collect();
    let rest = (q.len() as f64 / (p.len() as f64 - 1.0)).ln();
    let found = knn.estimate("wang-kulkarni-verdu", &terms, rest, p.dimension())?;
    // n is that of both samples together.
    let found = Estimate {
        n: p.len() + q.len(),
        ..found
    }
    .with("norm", norm.name())
    .with("n_p", p.len())
    .with("n_q", q.len());
    Ok(match alone as f64 > UNSEEN * p.len() as f64 {
        false => found,
        true => found.noting(format!(
            "{} of {} of p lie farther from every row of q than rows of q do from each other: what q is there is not \
             seen, and the divergence may be many times the value",
            thousands(alone as u64),
            counted(p.len(), "row")
        )),
    })
}
