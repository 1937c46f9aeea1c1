//! A distribution on K outcomes, given by its probabilities.
//!
//! $$ H(p) = -\sum_i p_i\ln p_i, \qquad \mathrm{KL}(p\|q) = \sum_i p_i\ln\frac{p_i}{q_i}, \qquad
//!    \mathrm{JSD}(p\|q) = H\bigl(\tfrac12(p+q)\bigr) - \tfrac12 H(p) - \tfrac12 H(q) $$

use super::discrete::{relative, surprise};
use super::known::{Entropy, KullbackLeibler};
use crate::error::{Error, Result};
use crate::info::Nats;

/// Largest accepted deviation of the sum of the probabilities from 1.
const MASS: f64 = 1e-9;

/// The probabilities p₁ … p_K of a distribution on K outcomes.
///
/// ```
/// use ganscope::info::exact::{Entropy, KullbackLeibler, Probabilities};
/// let p = Probabilities::new(vec![0.5, 0.25, 0.25])?;
/// assert!((p.entropy()?.bits().0 - 1.5).abs() < 1e-15);
/// let q = Probabilities::new(vec![1.0, 0.0, 0.0])?;
/// assert_eq!(q.kullback_leibler(&p)?.bits().0, 1.0);
/// assert_eq!(p.kullback_leibler(&q)?.0, f64::INFINITY);
/// // H(¾, ⅛, ⅛) − ¾ in bits
/// assert!((p.jensen_shannon(&q)?.bits().0 - 0.311_278_124_459_132_8).abs() < 1e-15);
///
/// // Two bits that differ with probability 0.1: ln 2 − H(0.1).
/// let joint = Probabilities::new(vec![0.45, 0.05, 0.05, 0.45])?;
/// assert!((joint.mutual_information(2)?.0 - 0.368_064_207_168_497_1).abs() < 1e-15);
///
/// let message = Probabilities::new(vec![0.5, 0.4]).unwrap_err().to_string();
/// assert!(message.contains("add up to 0.9"));
/// # Ok::<(), ganscope::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Probabilities(Vec<f64>);

impl Probabilities {
    /// A distribution from its probabilities.
    ///
    /// # Errors
    /// [`Error::Usage`] for a probability that is negative or not finite, and for a sum other than 1, with the sum.
    pub fn new(p: Vec<f64>) -> Result<Probabilities> {
        if let Some(i) = p.iter().position(|p| !p.is_finite() || *p < 0.0) {
            return Err(Error::Usage(format!(
                "probability {} of {} is {}; it must be 0 or more",
                i + 1,
                p.len(),
                p[i]
            )));
        }
        // The sum of an empty list is −0.
        let sum = p.iter().sum::<f64>() + 0.0;
        if (sum - 1.0).abs() > MASS {
            return Err(Error::Usage(format!(
                "the {} probabilities add up to {sum:.9}, not to 1: divide by their sum",
                p.len()
            )));
        }
        Ok(Probabilities(p))
    }

    /// The probabilities p₁ … p_K.
    pub fn values(&self) -> &[f64] {
        &self.0
    }

    /// Computes JSD(p‖q), which is at most ln 2.
    ///
    /// # Errors
    /// [`Error::Usage`] for different numbers of outcomes.
    pub fn jensen_shannon(&self, q: &Probabilities) -> Result<Nats> {
        let terms = self.beside(q)?.map(|(&p, &q)| {
            let m = (p + q) / 2.0;
            (relative(p, m) + relative(q, m)) / 2.0
        });
        Ok(Nats(terms.sum()))
    }

    /// Computes the mutual information between row and column of a joint distribution that is given row by row: its KL from
    /// the product of the margins.
    ///
    /// # Errors
    /// [`Error::Usage`] when the probabilities do not fill rows of this length.
    pub fn mutual_information(&self, columns: usize) -> Result<Nats> {
        if columns == 0 || !self.0.len().is_multiple_of(columns) {
            return Err(Error::Usage(format!(
                "{} probabilities do not form a table of {columns} columns",
                self.0.len()
            )));
        }
        let rows: Vec<f64> = self.0.chunks(columns).map(|row| row.iter().sum()).collect();
        let column = |j: usize| self.0.iter().skip(j).step_by(columns).sum::<f64>();
        let across: Vec<f64> = (0..columns).map(column).collect();
        let product = rows.iter().flat_map(|r| across.iter().map(move |c| r * c));
        let terms = self.0.iter().zip(product);
        Ok(Nats(terms.map(|(&p, q)| relative(p, q)).sum()))
    }

    fn beside<'a>(
        &'a self,
        q: &'a Probabilities,
    ) -> Result<impl Iterator<Item = (&'a f64, &'a f64)>> {
        if self.0.len() == q.0.len() {
            return Ok(self.0.iter().zip(&q.0));
        }
        Err(Error::Usage(format!(
            "one distribution has {} outcomes, the other {}; give probability 0 to an outcome that one lacks",
            self.0.len(),
            q.0.len()
        )))
    }
}

impl Entropy for Probabilities {
    fn entropy(&self) -> Result<Nats> {
        Ok(Nats(self.0.iter().map(|&p| surprise(p)).sum()))
    }
}

impl KullbackLeibler for Probabilities {
    fn kullback_leibler(&self, q: &Self) -> Result<Nats> {
        let terms = self.beside(q)?.map(|(&p, &q)| relative(p, q));
        Ok(Nats(terms.sum()))
    }
}
