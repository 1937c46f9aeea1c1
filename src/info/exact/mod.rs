//! Entropy, divergence and cross-entropy of distributions that are known.
//!
//! $$ H(p) = -\mathbb{E}_p[\ln p], \qquad \mathrm{KL}(p\|q) = \mathbb{E}_p\Bigl[\ln\frac{p}{q}\Bigr], \qquad
//!    I(p, q) = -\mathbb{E}_p[\ln q] = H(p) + \mathrm{KL}(p\|q) $$
//!
//! By closed form for `statrs`' families, for [`Probabilities`], [`MultivariateNormal`] and
//! [`MultivariateStudent`]; by quadrature for any other density on the line ([`LineDensity`]) or in the
//! plane ([`PlaneDensity`]). Both are tested against each other to 10⁻⁹ nats.

mod continuous;
mod covariance;
mod discrete;
mod line;
mod normal;
mod plane;
mod probabilities;
mod student;
mod summation;

pub(in crate::info) use covariance::Covariance;
pub use line::LineDensity;
pub use normal::MultivariateNormal;
pub use plane::PlaneDensity;
pub use probabilities::Probabilities;
pub use student::MultivariateStudent;

use super::Nats;
use crate::error::{Error, Result};

/// A distribution whose entropy is known: differential where it has a density.
///
/// `statrs` has a method of the same name; where both traits are in scope, write `Entropy::entropy(&p)`.
///
/// ```
/// use ganscope::info::exact::Entropy;
/// use statrs::distribution::{Bernoulli, Exp};
/// // 1 − ln λ, and ln 2 for a fair coin.
/// assert!((Exp::new(2.0).unwrap().entropy()?.0 - 0.306_852_819_440_054_7).abs() < 1e-15);
/// assert!((Bernoulli::new(0.5).unwrap().entropy()?.bits().0 - 1.0).abs() < 1e-15);
/// # Ok::<(), ganscope::Error>(())
/// ```
pub trait Entropy {
    /// H(p), which for a density may be negative.
    ///
    /// # Errors
    /// [`Error::Usage`] when it does not exist, as with infinite parameters.
    fn entropy(&self) -> Result<Nats>;
}

/// A distribution whose divergence from another of the kind `Q` is known.
///
/// ```
/// use ganscope::info::exact::KullbackLeibler;
/// use statrs::distribution::Poisson;
/// let (p, q) = (Poisson::new(2.0).unwrap(), Poisson::new(3.0).unwrap());
/// // λ_p ln(λ_p/λ_q) + λ_q − λ_p
/// assert!((p.kullback_leibler(&q)?.0 - 0.189_069_783_783_671_24).abs() < 1e-15);
/// // H(p) = 1.704883: expected code length of p's symbols in q's code, in nats.
/// assert!((p.cross_entropy(&q)?.0 - 1.893_952_427_7).abs() < 1e-9);
/// # Ok::<(), ganscope::Error>(())
/// ```
pub trait KullbackLeibler<Q = Self>: Entropy {
    /// KL(p‖q): ∞ where p has mass and q has none.
    ///
    /// # Errors
    /// [`Error::Usage`] when it does not exist, as with infinite parameters.
    fn kullback_leibler(&self, q: &Q) -> Result<Nats>;

    /// I(p, q) = H(p) + KL(p‖q).
    ///
    /// # Errors
    /// As [`kullback_leibler`](Self::kullback_leibler) and [`entropy`](Entropy::entropy).
    fn cross_entropy(&self, q: &Q) -> Result<Nats> {
        Ok(self.entropy()? + self.kullback_leibler(q)?)
    }
}

/// Refuses what is no amount of information.
fn amount(value: f64, of: impl FnOnce() -> String) -> Result<Nats> {
    match value.is_nan() || value == f64::NEG_INFINITY {
        false => Ok(Nats(value)),
        true => Err(Error::Usage(format!(
            "{} does not exist ({value}); are its parameters finite, and not 0 where they divide?",
            of()
        ))),
    }
}
