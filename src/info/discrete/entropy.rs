//! Entropy from counts.

use super::Counts;
use super::bayes;
use super::special::grassberger;
use crate::error::{Error, Result, counted};
use crate::info::{Estimate, Nats};

/// Estimator of the entropy from counts. The formulas are in the [module documentation](super).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Estimator {
    /// Entropy of the observed frequencies; for N much larger than K.
    PlugIn,
    /// Plug-in, with its bias corrected to order 1/N.
    MillerMadow,
    /// Correction for N about as large as K; does not need to know K.
    Grassberger,
    /// Correction for outcomes that were not observed; does not need to know K.
    ChaoShen,
    /// Posterior mean after a Dirichlet prior with this number of pseudo-counts per outcome: ½ is Jeffreys' prior, 1
    /// Laplace's. Needs to know K.
    Dirichlet(f64),
    /// Posterior mean after a mixture of Dirichlet priors that is nearly uniform in the entropy. Needs to know K.
    Nsb,
}

impl Estimator {
    pub(in crate::info) const fn name(self) -> &'static str {
        match self {
            Estimator::PlugIn => "plug-in",
            Estimator::MillerMadow => "miller-madow",
            Estimator::Grassberger => "grassberger",
            Estimator::ChaoShen => "chao-shen",
            Estimator::Dirichlet(_) => "dirichlet",
            Estimator::Nsb => "nsb",
        }
    }

    /// Whether it is Bayesian, and so needs to know the number of possible outcomes.
    pub(super) fn bayesian(self) -> bool {
        matches!(self, Estimator::Dirichlet(_) | Estimator::Nsb)
    }
}

/// Estimates H from counts. The standard error is that of the plug-in estimate by the delta method, √(Var_p̂(ln p̂)/N)
/// (Basharin 1959), which the corrections do not change to this order. For a Bayesian estimate it is the standard deviation
/// of the posterior.
///
/// ```
/// use ganscope::info::discrete::{Counts, Estimator, entropy};
/// let counts = Counts::new(vec![4, 2, 3, 0, 2, 4, 0, 0, 2, 1, 1])?;
/// let by = |estimator| entropy(&counts, estimator).map(|found| found.value.0);
/// // Values of the same formulas in NumPy; NSB by SciPy's quadrature.
/// assert!((by(Estimator::PlugIn)? - 1.968_382_408_7).abs() < 1e-9);
/// assert!((by(Estimator::MillerMadow)? - 2.152_592_935_0).abs() < 1e-9);
/// assert!((by(Estimator::Grassberger)? - 2.144_626_386_0).abs() < 1e-9);
/// assert!((by(Estimator::ChaoShen)? - 2.201_137_101_3).abs() < 1e-9);
/// assert!((by(Estimator::Nsb)? - 2.187_774_463_1).abs() < 1e-8);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// O(K); [`Nsb`](Estimator::Nsb) takes some thousand times as many operations as there are different counts.
///
/// # Errors
/// [`Error::Usage`] for pseudo-counts that are not positive.
pub fn entropy(counts: &Counts, by: Estimator) -> Result<Estimate> {
    let (found, error) = value_and_error(counts, by)?;
    Ok(found.first_order_error(error))
}

/// The estimate without its standard error, and the standard error in nats.
pub(super) fn value_and_error(counts: &Counts, by: Estimator) -> Result<(Estimate, f64)> {
    let n = counts.total() as f64;
    let frequencies = || {
        let seen = counts.values().iter().filter(|&&n| n > 0);
        seen.map(|&count| (count, count as f64 / n))
    };
    let plug_in: f64 = frequencies().map(|(_, p)| -p * p.ln()).sum();
    let spread: f64 = frequencies()
        .map(|(_, p)| p * (p.ln() + plug_in).powi(2))
        .sum();
    let delta = (spread / n).sqrt();
    let seen = counts.seen() as f64;
    let (value, error) = match by {
        Estimator::PlugIn => (plug_in, delta),
        Estimator::MillerMadow => (plug_in + (seen - 1.0) / (2.0 * n), delta),
        Estimator::Grassberger => {
            let mean: f64 = frequencies().map(|(count, p)| p * grassberger(count)).sum();
            (n.ln() - mean, delta)
        }
        Estimator::ChaoShen => (chao_shen(counts), delta),
        Estimator::Dirichlet(a) if !(a > 0.0 && a.is_finite()) => {
            return Err(Error::Usage(format!(
                "the pseudo-counts per outcome of a Dirichlet prior must be positive, not {a}"
            )));
        }
        Estimator::Dirichlet(a) => bayes::dirichlet(counts, a),
        Estimator::Nsb => bayes::nsb(counts)?,
    };
    let mut found = Estimate::new(by.name(), Nats(value), counts.total() as usize, 1)
        .with("seen", counts.seen());
    if by.bayesian() {
        found = found.with("possible", counts.possible());
    }
    if let Estimator::Dirichlet(a) = by {
        found = found.with("pseudo_counts", a);
    }
    let found = if singletons(counts) > n / 2.0 {
        found.noting(format!(
            "more than half of the observations have a symbol that occurs only once: {} in {} \
             say little about unobserved symbols, so the entropy may be far off",
            counted(counts.seen(), "different symbol"),
            counted(counts.total() as usize, "observation")
        ))
    } else {
        found
    };
    Ok((found, error))
}

/// The number f₁ of outcomes that were observed once.
fn singletons(counts: &Counts) -> f64 {
    counts.values().iter().filter(|&&n| n == 1).count() as f64
}

fn chao_shen(counts: &Counts) -> f64 {
    let n = counts.total() as f64;
    // If all outcomes were singletons, the coverage would be 0; the authors then use N − 1 singletons.
    let f1 = singletons(counts).min(n - 1.0);
    let coverage = 1.0 - f1 / n;
    let terms = counts.values().iter().filter(|&&n| n > 0).map(|&count| {
        let p = coverage * count as f64 / n;
        // 1 − (1 − p)^N, the probability that the outcome is observed at all.
        let seen = if p < 1.0 {
            -(n * (-p).ln_1p()).exp_m1()
        } else {
            1.0
        };
        -p * p.ln() / seen
    });
    terms.sum()
}
