//! Entropy from counts.

use super::Counts;
use super::bayes;
use super::special::grassberger;
use crate::error::{Error, Result};
use crate::info::{Estimate, Nats};

/// How counts become an entropy; the formulas are in the [module](super).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Estimator {
    /// The entropy of the frequencies: for N much larger than K.
    PlugIn,
    /// Corrects the plug-in's bias to order 1/N.
    MillerMadow,
    /// For N about K, whatever K.
    Grassberger,
    /// For outcomes not yet seen, with K unknown.
    ChaoShen,
    /// A Dirichlet prior of so many pseudo-counts an outcome: ½ is Jeffreys', 1 Laplace's. Needs K.
    Dirichlet(f64),
    /// A mixture of Dirichlet priors that prefers no entropy. Needs K.
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

    /// Needs to know how many outcomes are possible.
    pub(super) fn bayesian(self) -> bool {
        matches!(self, Estimator::Dirichlet(_) | Estimator::Nsb)
    }
}

/// H from counts. Standard error: of the plug-in by the delta method, √(Var_p̂(ln p̂)/N) (Basharin 1959),
/// which the corrections do not change to that order; of a Bayesian estimate the posterior's standard
/// deviation.
///
/// ```
/// use ganscope::info::discrete::{Counts, Estimator, entropy};
/// let counts = Counts::new(vec![4, 2, 3, 0, 2, 4, 0, 0, 2, 1, 1])?;
/// let by = |estimator| entropy(&counts, estimator).map(|found| found.value.0);
/// // The formulas in NumPy; NSB by SciPy's quadrature.
/// assert!((by(Estimator::PlugIn)? - 1.968_382_408_7).abs() < 1e-9);
/// assert!((by(Estimator::MillerMadow)? - 2.152_592_935_0).abs() < 1e-9);
/// assert!((by(Estimator::Grassberger)? - 2.144_626_386_0).abs() < 1e-9);
/// assert!((by(Estimator::ChaoShen)? - 2.201_137_101_3).abs() < 1e-9);
/// assert!((by(Estimator::Nsb)? - 2.187_774_463_1).abs() < 1e-8);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// O(K); [`Nsb`](Estimator::Nsb) some thousand times the number of different counts.
///
/// # Errors
/// [`Error::Usage`] for pseudo-counts that are not positive.
pub fn entropy(counts: &Counts, by: Estimator) -> Result<Estimate> {
    let (found, error) = value_and_error(counts, by)?;
    Ok(found.first_order_error(error))
}

/// The estimate without its standard error, and that in nats.
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
                "a Dirichlet prior has more than 0 pseudo-counts an outcome, not {a}"
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
    let found = match singletons(counts) > n / 2.0 {
        false => found,
        true => found.noting(format!(
            "more than half of the observations are the only one of their symbol: {} symbols in {} observations tell little about those not seen",
            counts.seen(),
            counts.total()
        )),
    };
    Ok((found, error))
}

/// f₁.
fn singletons(counts: &Counts) -> f64 {
    counts.values().iter().filter(|&&n| n == 1).count() as f64
}

fn chao_shen(counts: &Counts) -> f64 {
    let n = counts.total() as f64;
    // Were all of them singletons, nothing would be covered; the authors then take one less.
    let f1 = singletons(counts).min(n - 1.0);
    let coverage = 1.0 - f1 / n;
    let terms = counts.values().iter().filter(|&&n| n > 0).map(|&count| {
        let p = coverage * count as f64 / n;
        // 1 − (1 − p)^N, the chance that it is seen at all.
        let seen = if p < 1.0 {
            -(n * (-p).ln_1p()).exp_m1()
        } else {
            1.0
        };
        -p * p.ln() / seen
    });
    terms.sum()
}
