//! The multivariate normal distribution (Cover & Thomas 2006, theorem 8.4.1).
//!
//! $$ H = \tfrac12\ln\bigl((2\pi e)^d|\Sigma|\bigr), \qquad
//!    I(x; y) = \tfrac12\ln\frac{|\Sigma_{xx}|\,|\Sigma_{yy}|}{|\Sigma|} $$
//! $$ \mathrm{KL}(p\|q) = \tfrac12\Bigl(\operatorname{tr}(\Sigma_q^{-1}\Sigma_p)
//!    + (\mu_q-\mu_p)^\top\Sigma_q^{-1}(\mu_q-\mu_p) - d + \ln\frac{|\Sigma_q|}{|\Sigma_p|}\Bigr) $$

use std::f64::consts::{E, PI};

use nalgebra::DVector;

use super::covariance::{Covariance, disjoint};
use super::known::{Entropy, KullbackLeibler, amount};
use crate::error::{Error, Result};
use crate::info::Nats;

/// The multivariate normal distribution N(μ, Σ) in d dimensions.
///
/// ```
/// use ganscope::info::exact::{Entropy, KullbackLeibler, MultivariateNormal};
/// let p = MultivariateNormal::new(vec![0.0, 0.0], &[1.0, 0.6, 0.6, 1.0])?;
/// // ln 2πe + ½ ln(1 − 0.36), and −½ ln(1 − 0.36)
/// assert!((p.entropy()?.0 - 2.614_733_515_095_1).abs() < 1e-12);
/// assert!((p.mutual_information(&[0], &[1])?.0 - 0.223_143_551_314_209_7).abs() < 1e-12);
/// let q = MultivariateNormal::new(vec![1.0, 0.0], &[1.0, 0.0, 0.0, 1.0])?;
/// assert!((p.kullback_leibler(&q)?.0 - 0.723_143_551_314_209_7).abs() < 1e-12);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// O(d³).
#[derive(Debug, Clone)]
pub struct MultivariateNormal {
    mu: DVector<f64>,
    covariance: Covariance,
}

impl MultivariateNormal {
    /// The distribution from μ and the rows of Σ.
    ///
    /// # Errors
    /// [`Error::Usage`] when the sizes do not match, or Σ is not symmetric and positive definite.
    pub fn new(mean: Vec<f64>, covariance: &[f64]) -> Result<MultivariateNormal> {
        if let Some(i) = mean.iter().position(|x| !x.is_finite()) {
            return Err(Error::Usage(format!(
                "the mean of variable {} is {}, which is not a finite number",
                i + 1,
                mean[i]
            )));
        }
        Ok(MultivariateNormal {
            covariance: Covariance::new(covariance, mean.len())?,
            mu: DVector::from_vec(mean),
        })
    }

    /// The number d of variables.
    pub fn dimension(&self) -> usize {
        self.mu.len()
    }

    /// Computes I(x; y) between two blocks of variables, which are counted from 0. The other variables are integrated out.
    ///
    /// # Errors
    /// [`Error::Usage`] for an empty block, a variable that does not exist, or one named twice.
    pub fn mutual_information(&self, x: &[usize], y: &[usize]) -> Result<Nats> {
        disjoint(self.dimension(), [x, y])?;
        let ln = |variables: &[usize]| -> Result<f64> {
            Ok(self.covariance.block(variables)?.ln_determinant())
        };
        let value = (ln(x)? + ln(y)? - ln(&[x, y].concat())?) / 2.0;
        amount(value, || {
            "the mutual information of normal variables".into()
        })
    }
}

impl Entropy for MultivariateNormal {
    fn entropy(&self) -> Result<Nats> {
        let d = self.dimension() as f64;
        let value = (d * (2.0 * PI * E).ln() + self.covariance.ln_determinant()) / 2.0;
        amount(value, || "the entropy of a normal distribution".into())
    }
}

impl KullbackLeibler for MultivariateNormal {
    fn kullback_leibler(&self, q: &Self) -> Result<Nats> {
        let d = self.dimension();
        if d != q.dimension() {
            return Err(Error::Usage(format!(
                "distributions in {d} and {} dimensions cannot be compared",
                q.dimension()
            )));
        }
        let value = (q.covariance.trace_of_quotient(self.covariance.sigma())
            + q.covariance.distance(&(&q.mu - &self.mu))
            - d as f64
            + q.covariance.ln_determinant()
            - self.covariance.ln_determinant())
            / 2.0;
        amount(value, || "KL between two normal distributions".into())
    }
}
