//! Kullback–Leibler divergence by nearest neighbours (Wang, Kulkarni & Verdú 2009).
//!
//! $$ \hat D(p\|q) = \frac dn \sum_{i=1}^n \ln\frac{\nu_k(i)}{\rho_k(i)} + \ln\frac{m}{n-1} $$
//!
//! ρ_k(i) is the distance of xᵢ to its k-th nearest other of n draws from p, ν_k(i) to the k-th nearest of m
//! draws from q.

use super::knn::{Knn, distances_to_kth};
use super::neighbours::{Neighbours, Norm};
use super::{Estimate, Sample};
use crate::error::{Error, Result, thousands};

/// D(p‖q) from a sample of each.
///
/// Assumes independent rows and densities that hardly change over k neighbours, and that q covers p: where
/// the divergence is infinite the value grows with n without telling so. Small negative values are chance.
/// No standard error: all terms share the sample of q; estimate again on subsamples, without replacement. O((n + m) log (n + m)) for a few
/// dimensions; O(n + m) memory.
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
    let d = p.dimension() as f64;
    let terms: Vec<f64> = nu
        .iter()
        .zip(&rho)
        .map(|(nu, rho)| d * (nu / rho).ln())
        .collect();
    let rest = (q.len() as f64 / (p.len() as f64 - 1.0)).ln();
    let found = knn.estimate("wang-kulkarni-verdu", &terms, rest, p.dimension())?;
    Ok(found.with("norm", norm.name()).with("m", q.len()))
}
