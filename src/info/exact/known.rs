//! The traits of distributions whose entropy and divergence are known.

use crate::error::{Error, Result};
use crate::info::Nats;

/// A distribution whose entropy is known; the differential entropy if it has a density.
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
    /// Computes H(p), which may be negative for a density.
    ///
    /// # Errors
    /// [`Error::Usage`] when it does not exist, for example with infinite parameters.
    fn entropy(&self) -> Result<Nats>;
}

/// A distribution whose divergence from a distribution of type `Q` is known.
///
/// ```
/// use ganscope::info::exact::KullbackLeibler;
/// use statrs::distribution::Poisson;
/// let (p, q) = (Poisson::new(2.0).unwrap(), Poisson::new(3.0).unwrap());
/// // λ_p ln(λ_p/λ_q) + λ_q − λ_p
/// assert!((p.kullback_leibler(&q)?.0 - 0.189_069_783_783_671_24).abs() < 1e-15);
/// // H(p) + KL with H(p) = 1.704883: the expected code length, in nats, of symbols from p in a code made for q.
/// assert!((p.cross_entropy(&q)?.0 - 1.893_952_427_7).abs() < 1e-9);
/// # Ok::<(), ganscope::Error>(())
/// ```
pub trait KullbackLeibler<Q = Self>: Entropy {
    /// Computes KL(p‖q), which is ∞ if p has mass where q has none.
    ///
    /// # Errors
    /// [`Error::Usage`] when it does not exist, for example with infinite parameters.
    fn kullback_leibler(&self, q: &Q) -> Result<Nats>;

    /// Computes the cross-entropy H(p) + KL(p‖q).
    ///
    /// # Errors
    /// As [`kullback_leibler`](Self::kullback_leibler) and [`entropy`](Entropy::entropy).
    fn cross_entropy(&self, q: &Q) -> Result<Nats> {
        Ok(self.entropy()? + self.kullback_leibler(q)?)
    }
}

/// Refuses a value that is not an amount of information.
pub(super) fn amount(value: f64, of: impl FnOnce() -> String) -> Result<Nats> {
    if !value.is_nan() && value != f64::NEG_INFINITY {
        return Ok(Nats(value));
    }
    Err(Error::Usage(format!(
        "{} does not exist ({value}); check that its parameters are finite, and that no parameter used as a \
         divisor is 0",
        of()
    )))
}
