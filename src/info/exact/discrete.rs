//! Closed forms for the distributions of `statrs` on the integers. Entropies without a closed form are summed.
//!
//! 0 ln 0 = 0, and KL is ∞ where p has mass and q has none.

use statrs::distribution::{
    Bernoulli, Binomial, DiscreteUniform, Geometric, Hypergeometric, NegativeBinomial, Poisson,
};
use statrs::function::factorial::ln_binomial;
use statrs::function::gamma::ln_gamma;
use statrs::statistics::{Max, Min};

use super::continuous::between;
use super::known::{Entropy, KullbackLeibler, amount};
use super::summation::Ratios;
use crate::error::Result;
use crate::info::Nats;

/// −p ln p.
pub(super) fn surprise(p: f64) -> f64 {
    if p == 0.0 { 0.0 } else { -p * p.ln() }
}

/// p ln(p/q).
pub(super) fn relative(p: f64, q: f64) -> f64 {
    if p == 0.0 { 0.0 } else { p * (p / q).ln() }
}

/// −p ln p − (1 − p) ln(1 − p).
fn coin_entropy(p: f64) -> f64 {
    surprise(p) + surprise(1.0 - p)
}

/// p ln(p/q) + (1 − p) ln((1 − p)/(1 − q)).
fn coin_divergence(p: f64, q: f64) -> f64 {
    relative(p, q) + relative(1.0 - p, 1.0 - q)
}

impl Entropy for Bernoulli {
    fn entropy(&self) -> Result<Nats> {
        amount(coin_entropy(self.p()), || format!("the entropy of {self}"))
    }
}

impl KullbackLeibler for Bernoulli {
    fn kullback_leibler(&self, q: &Self) -> Result<Nats> {
        amount(coin_divergence(self.p(), q.p()), || between(self, q))
    }
}

/// p(k+1)/p(k) = (n − k)/(k + 1) · p/(1 − p).
fn binomial(n: u64, p: f64) -> Ratios<impl Fn(u64) -> f64> {
    Ratios {
        low: 0,
        high: n,
        mode: (((n as f64 + 1.0) * p) as u64).min(n),
        ratio: move |k| (n - k) as f64 / (k + 1) as f64 * (p / (1.0 - p)),
    }
}

impl Entropy for Binomial {
    fn entropy(&self) -> Result<Nats> {
        let value = binomial(self.n(), self.p()).entropy()?;
        amount(value, || format!("the entropy of {self}"))
    }
}

impl KullbackLeibler for Binomial {
    /// For equal n, n times the KL of one trial. If p has fewer trials, plus E_p of the logarithm of the ratio of binomial
    /// coefficients.
    fn kullback_leibler(&self, q: &Self) -> Result<Nats> {
        let (n, m) = (self.n(), q.n());
        let (p, r) = (self.p(), q.p());
        let value = if n == m {
            n as f64 * coin_divergence(p, r)
        } else if n > m && p > 0.0 {
            f64::INFINITY
        } else {
            let binomials = |k| ln_binomial(n, k) - ln_binomial(m, k);
            // The additional trials of q all fail, which costs nothing when they cannot succeed.
            let more = if r == 0.0 {
                0.0
            } else {
                (n as f64 - m as f64) * (-r).ln_1p()
            };
            binomial(n, p).expectation(binomials)? + n as f64 * coin_divergence(p, r) + more
        };
        amount(value, || between(self, q))
    }
}

/// The number of outcomes.
fn outcomes(p: &DiscreteUniform) -> f64 {
    p.max() as f64 - p.min() as f64 + 1.0
}

impl Entropy for DiscreteUniform {
    fn entropy(&self) -> Result<Nats> {
        amount(outcomes(self).ln(), || format!("the entropy of {self}"))
    }
}

impl KullbackLeibler for DiscreteUniform {
    fn kullback_leibler(&self, q: &Self) -> Result<Nats> {
        let value = if q.min() <= self.min() && self.max() <= q.max() {
            (outcomes(q) / outcomes(self)).ln()
        } else {
            f64::INFINITY
        };
        amount(value, || between(self, q))
    }
}

impl Entropy for Geometric {
    /// The entropy of one trial, times the expected number 1/p of trials.
    fn entropy(&self) -> Result<Nats> {
        amount(coin_entropy(self.p()) / self.p(), || {
            format!("the entropy of {self}")
        })
    }
}

impl KullbackLeibler for Geometric {
    /// The KL of one trial, times the expected number 1/p of trials.
    fn kullback_leibler(&self, q: &Self) -> Result<Nats> {
        let value = coin_divergence(self.p(), q.p()) / self.p();
        amount(value, || between(self, q))
    }
}

impl Entropy for Hypergeometric {
    /// By summation: p(k+1)/p(k) = (K − k)(n − k) / ((k + 1)(N − K − n + k + 1)).
    fn entropy(&self) -> Result<Nats> {
        let (total, marked, draws) = (self.population(), self.successes(), self.draws());
        let (low, high) = (self.min(), self.max());
        let mode = (draws as f64 + 1.0) * (marked as f64 + 1.0) / (total as f64 + 2.0);
        let unmarked = total - marked;
        let terms = Ratios {
            low,
            high,
            mode: (mode as u64).clamp(low, high),
            ratio: |k| {
                (marked - k) as f64 / (k + 1) as f64
                    * ((draws - k) as f64 / (unmarked + k + 1 - draws) as f64)
            },
        };
        amount(terms.entropy()?, || format!("the entropy of {self}"))
    }
}

/// p(k+1)/p(k) = (k + r)/(k + 1) · (1 − p).
fn negative_binomial(r: f64, p: f64) -> Ratios<impl Fn(u64) -> f64> {
    Ratios {
        low: 0,
        high: u64::MAX,
        mode: ((r - 1.0) * (1.0 - p) / p).max(0.0) as u64,
        ratio: move |k| (k as f64 + r) / (k as f64 + 1.0) * (1.0 - p),
    }
}

impl Entropy for NegativeBinomial {
    /// By summation.
    fn entropy(&self) -> Result<Nats> {
        let value = negative_binomial(self.r(), self.p()).entropy()?;
        amount(value, || format!("the entropy of {self}"))
    }
}

impl KullbackLeibler for NegativeBinomial {
    /// For equal r, r/p times the KL of one trial; otherwise plus E_p of the logarithm of the ratio of binomial
    /// coefficients.
    fn kullback_leibler(&self, q: &Self) -> Result<Nats> {
        let (r, s) = (self.r(), q.r());
        let value = r / self.p() * coin_divergence(self.p(), q.p());
        let more = if r == s {
            0.0
        } else {
            negative_binomial(r, self.p())
                .expectation(|k| ln_gamma(k as f64 + r) - ln_gamma(k as f64 + s))?
                + ln_gamma(s)
                - ln_gamma(r)
                + (r - s) * q.p().ln()
        };
        amount(value + more, || between(self, q))
    }
}

/// Value of λ above which ½ ln 2πeλ − 1/12λ − 1/24λ² − 19/360λ³ (Evans, Boersma, Blachman & Jagers 1988) is exact in f64:
/// the next term is of order λ⁻⁴.
const LARGE: f64 = 1e4;

impl Entropy for Poisson {
    fn entropy(&self) -> Result<Nats> {
        let lambda = self.lambda();
        let value = if lambda > LARGE {
            let x = 1.0 / lambda;
            0.5 * (2.0 * std::f64::consts::PI * std::f64::consts::E * lambda).ln()
                - x * (1.0 / 12.0 + x * (1.0 / 24.0 + x * (19.0 / 360.0)))
        } else {
            Ratios {
                low: 0,
                high: u64::MAX,
                mode: lambda as u64,
                ratio: |k| lambda / (k as f64 + 1.0),
            }
            .entropy()?
        };
        amount(value, || format!("the entropy of {self}"))
    }
}

impl KullbackLeibler for Poisson {
    /// λ_p ln(λ_p/λ_q) + λ_q − λ_p.
    fn kullback_leibler(&self, q: &Self) -> Result<Nats> {
        let (p, r) = (self.lambda(), q.lambda());
        amount(p * (p / r).ln() + r - p, || between(self, q))
    }
}
