//! Entropy, divergence and cross-entropy of known distributions.
//!
//! $$ H(p) = -\mathbb{E}_p[\ln p], \qquad \mathrm{KL}(p\|q) = \mathbb{E}_p\Bigl[\ln\frac{p}{q}\Bigr], \qquad
//!    I(p, q) = -\mathbb{E}_p[\ln q] = H(p) + \mathrm{KL}(p\|q) $$
//!
//! Computed by closed form for `statrs`' families, for [`Probabilities`], [`MultivariateNormal`] and
//! [`MultivariateStudent`]; by quadrature for any other density on the line ([`LineDensity`]) or in the
//! plane ([`PlaneDensity`]). Closed forms and quadrature are tested against each other to 10⁻⁹ nats.

mod continuous;
mod covariance;
mod discrete;
mod known;
mod line;
mod normal;
mod plane;
mod probabilities;
mod student;
mod summation;

pub(in crate::info) use covariance::Covariance;
pub use known::{Entropy, KullbackLeibler};
pub use line::LineDensity;
pub use normal::MultivariateNormal;
pub use plane::PlaneDensity;
pub use probabilities::Probabilities;
pub use student::MultivariateStudent;
