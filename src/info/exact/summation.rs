//! Expectations over a distribution on the integers, from ratios of its probabilities.
//!
//! $$ w_{\text{mode}} = 1, \quad w_{k+1} = w_k\,\frac{p_{k+1}}{p_k}, \qquad
//!    \mathbb{E}[f] = \frac{\sum_k w_k f(k)}{\sum_k w_k} $$
//!
//! The ratios of successive probabilities are rational, so no factorials of large numbers are needed.

use crate::error::{Error, Result};

/// Largest number of terms, which take some seconds.
const MAX_TERMS: u64 = 1 << 28;
/// Weight, relative to that of the mode, below which all further weights together do not change the sum in f64.
const SMALLEST_WEIGHT: f64 = 1e-30;

/// A distribution on `low..=high` with one mode, given by the ratios p(k+1)/p(k).
pub(super) struct Ratios<F> {
    pub low: u64,
    pub high: u64,
    pub mode: u64,
    pub ratio: F,
}

impl<F: Fn(u64) -> f64> Ratios<F> {
    /// H = ln Σw − Σ w ln w / Σw.
    pub fn entropy(&self) -> Result<f64> {
        let (mut sum, mut logs) = (0.0, 0.0);
        self.each(|_, w| {
            sum += w;
            logs += w * w.ln();
        })?;
        Ok(sum.ln() - logs / sum)
    }

    /// E[f(k)].
    pub fn expectation(&self, f: impl Fn(u64) -> f64) -> Result<f64> {
        let (mut sum, mut total) = (0.0, 0.0);
        self.each(|k, w| {
            sum += w;
            total += w * f(k);
        })?;
        Ok(total / sum)
    }

    /// Visits k and w_k, from the mode up, then down.
    fn each(&self, mut visit: impl FnMut(u64, f64)) -> Result<()> {
        let mut terms = 0;
        let mut seen = |k: u64, w: f64| {
            terms += 1;
            visit(k, w);
            if terms < MAX_TERMS {
                return Ok(());
            }
            Err(Error::Usage(format!(
                "more than {MAX_TERMS} outcomes have a probability that matters; use the entropy of a density that \
                 approximates the distribution"
            )))
        };
        let (mut k, mut w) = (self.mode, 1.0);
        while w > SMALLEST_WEIGHT {
            seen(k, w)?;
            if k == self.high {
                break;
            }
            w *= (self.ratio)(k);
            k += 1;
        }
        (k, w) = (self.mode, 1.0);
        while k > self.low {
            k -= 1;
            w /= (self.ratio)(k);
            if w <= SMALLEST_WEIGHT {
                break;
            }
            seen(k, w)?;
        }
        Ok(())
    }
}
