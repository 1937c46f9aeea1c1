//! Divergences between two distributions, from counts of each (Kullback & Leibler 1951; Lin 1991).

use statrs::function::gamma::digamma;

use super::{Counts, bayes};
use crate::error::{Error, Result};
use crate::info::exact::KullbackLeibler;
use crate::info::{Estimate, Nats};

/// Estimates KL(p‖q) from the observed frequencies. Biased upwards, by about (K − 1)/2 · (1/N_p + 1/N_q) where p and q are
/// similar.
///
/// ```
/// use ganscope::info::discrete::{Counts, kullback_leibler};
/// let (p, q) = (Counts::new(vec![50, 50])?, Counts::new(vec![25, 75])?);
/// let found = kullback_leibler(&p, &q)?;
/// // ½ ln 2 + ½ ln ⅔
/// assert!((found.value.0 - 0.143_841_036_225_890_42).abs() < 1e-15);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// O(K).
///
/// # Errors
/// [`Error::Usage`] for different numbers of outcomes, and when an outcome of p does not occur in q: the estimate would be
/// infinite.
pub fn kullback_leibler(p: &Counts, q: &Counts) -> Result<Estimate> {
    same_outcomes(p, q)?;
    let unseen = |(_, (n, m)): &(usize, (&u64, &u64))| **n > 0 && **m == 0;
    if let Some((i, (n, _))) = p.values().iter().zip(q.values()).enumerate().find(unseen) {
        return Err(Error::Usage(format!(
            "outcome {} occurs {n} times in the first sample and never in the second: KL of the frequencies is infinite; \
             use a prior (the dirichlet estimator), or measure the Jensen-Shannon divergence",
            i + 1
        )));
    }
    let value = p.frequencies()?.kullback_leibler(&q.frequencies()?)?;
    Ok(estimate("plug-in", value, p, q))
}

/// Estimates KL(p‖q) by its posterior mean after independent Dirichlet priors with `a` pseudo-counts per outcome.
///
/// $$ \mathbb{E}[\mathrm{KL}] = -\mathbb{E}[H(p)] - \sum_i\frac{n_i + a}{N + Ka}\,\bigl(\psi(m_i + a) - \psi(M + Ka)\bigr) $$
///
/// ```
/// use ganscope::info::discrete::{Counts, kullback_leibler_with_prior};
/// // p has only the first outcome, and M = 1 observation of q: ψ(3) − ψ(2) = ½ as N grows.
/// let (p, q) = (Counts::new(vec![1 << 40, 0])?, Counts::new(vec![1, 0])?);
/// let found = kullback_leibler_with_prior(&p, &q, 1.0)?;
/// assert!((found.value.0 - 0.5).abs() < 1e-9);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// O(K).
///
/// # Errors
/// [`Error::Usage`] for different numbers of outcomes, and for `a` that is not positive.
pub fn kullback_leibler_with_prior(p: &Counts, q: &Counts, a: f64) -> Result<Estimate> {
    same_outcomes(p, q)?;
    if !(a > 0.0 && a.is_finite()) {
        return Err(Error::Usage(format!(
            "the pseudo-counts per outcome of a Dirichlet prior must be positive, not {a}"
        )));
    }
    let prior = a * p.values().len() as f64;
    let (n, m) = (p.total() as f64 + prior, q.total() as f64 + prior);
    let crossed: f64 = p
        .values()
        .iter()
        .zip(q.values())
        .map(|(&x, &y)| (x as f64 + a) / n * (digamma(m) - digamma(y as f64 + a)))
        .sum();
    let value = crossed - bayes::dirichlet(p, a).0;
    Ok(estimate("dirichlet", Nats(value), p, q).with("pseudo_counts", a))
}

/// Estimates JSD(p‖q) from the observed frequencies; at most ln 2. Biased upwards.
///
/// ```
/// use ganscope::info::discrete::{Counts, jensen_shannon};
/// let (p, q) = (Counts::new(vec![7, 0])?, Counts::new(vec![0, 3])?);
/// assert_eq!(jensen_shannon(&p, &q)?.value.bits().0, 1.0);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// O(K).
///
/// # Errors
/// [`Error::Usage`] for different numbers of outcomes.
pub fn jensen_shannon(p: &Counts, q: &Counts) -> Result<Estimate> {
    same_outcomes(p, q)?;
    let value = p.frequencies()?.jensen_shannon(&q.frequencies()?)?;
    Ok(estimate("plug-in", value, p, q))
}

fn same_outcomes(p: &Counts, q: &Counts) -> Result<()> {
    if p.values().len() == q.values().len() {
        return Ok(());
    }
    Err(Error::Usage(format!(
        "one sample has counts of {} outcomes, the other of {}: give a count of 0 to an outcome that does not occur",
        p.values().len(),
        q.values().len()
    )))
}

/// The estimate, whose n counts the observations of both samples.
fn estimate(name: &'static str, value: Nats, p: &Counts, q: &Counts) -> Estimate {
    let n = (p.total() + q.total()) as usize;
    Estimate::new(name, value, n, 1)
        .with("n_p", p.total())
        .with("n_q", q.total())
}
