//! Closed forms for the densities of `statrs` on the line.
//!
//! The entropies are in Cover & Thomas (2006, table 17.1) and Lazo & Rathie (1978), the divergences follow
//! from E_p[ln q]; that of two Cauchy densities is by Chyzak & Nielsen (2019). γ is Euler's constant, ψ the
//! digamma function.

use std::f64::consts::{E, PI};
use std::fmt::Display;

use statrs::consts::EULER_MASCHERONI as GAMMA;
use statrs::distribution::{
    Beta, Cauchy, Chi, ChiSquared, Erlang, Exp, FisherSnedecor, Gamma, Gumbel, InverseGamma,
    Laplace, Levy, LogNormal, Normal, Pareto, StudentsT, Triangular, Uniform, Weibull,
};
use statrs::function::beta::ln_beta;
use statrs::function::gamma::{digamma as psi, gamma, ln_gamma};
use statrs::statistics::Distribution;

use super::known::{Entropy, KullbackLeibler, amount};
use crate::error::Result;
use crate::info::Nats;

/// `Family: p => H(p), (p, q) => KL(p‖q)`.
macro_rules! closed_form {
    ($($family:ident: $p:ident => $entropy:expr $(, ($r:ident, $q:ident) => $kl:expr)?;)*) => {$(
        impl Entropy for $family {
            fn entropy(&self) -> Result<Nats> {
                let $p = self;
                amount($entropy, || format!("the entropy of {self}"))
            }
        }
        $(impl KullbackLeibler for $family {
            fn kullback_leibler(&self, other: &Self) -> Result<Nats> {
                let ($r, $q) = (self, other);
                amount($kl, || between(self, other))
            }
        })?
    )*};
}

closed_form! {
    Normal: p => normal_entropy(sd(p)),
        (p, q) => normal_divergence((mean(p), sd(p)), (mean(q), sd(q)));
    // ln x is normal: KL does not depend on the variable, and H changes by E[ln |dx/d ln x|] = μ.
    LogNormal: p => p.location() + normal_entropy(p.scale()),
        (p, q) => normal_divergence((p.location(), p.scale()), (q.location(), q.scale()));
    // 1 + ln 2b
    Laplace: p => 1.0 + (2.0 * p.scale()).ln(),
        (p, q) => {
            let delta = (p.location() - q.location()).abs();
            let ratio = p.scale() / q.scale();
            delta / q.scale() + ratio * (-delta / p.scale()).exp() - 1.0 - ratio.ln()
        };
    // ln 4πγ; KL = ln(((γ_p + γ_q)² + Δ²) / 4γ_pγ_q)
    Cauchy: p => (4.0 * PI * p.scale()).ln(),
        (p, q) => {
            let delta = p.location() - q.location();
            let sum = p.scale() + q.scale();
            ((sum * sum + delta * delta) / (4.0 * p.scale() * q.scale())).ln()
        };
    // 1 + γ + ln β
    Gumbel: p => 1.0 + GAMMA + p.scale().ln(),
        (p, q) => {
            let delta = (p.location() - q.location()) / q.scale();
            let ratio = p.scale() / q.scale();
            -ratio.ln() + GAMMA * (ratio - 1.0) + delta + (-delta).exp() * gamma(1.0 + ratio) - 1.0
        };
    // (ν+1)/2 (ψ((ν+1)/2) − ψ(ν/2)) + ln(σ√ν B(ν/2, ½)); by a series for large ν, where the Γ functions cancel
    StudentsT: p => match p.freedom() {
        nu if nu > 1e5 => normal_entropy(p.scale()) + (1.0 + 0.25 / nu) / nu,
        nu => {
            (nu + 1.0) / 2.0 * (psi((nu + 1.0) / 2.0) - psi(nu / 2.0))
                + ln_beta(nu / 2.0, 0.5) + nu.ln() / 2.0 + p.scale().ln()
        }
    };
    Uniform: p => (p.max() - p.min()).ln(),
        (p, q) => if q.min() <= p.min() && p.max() <= q.max() {
            ((q.max() - q.min()) / (p.max() - p.min())).ln()
        } else {
            f64::INFINITY
        };
    // ½ + ln((b − a)/2), wherever its mode
    Triangular: p => 0.5 + ((p.max() - p.min()) / 2.0).ln();
    Beta: p => beta_entropy(p.shape_a(), p.shape_b()),
        (p, q) => {
            let (a, b) = (p.shape_a() - q.shape_a(), p.shape_b() - q.shape_b());
            ln_beta(q.shape_a(), q.shape_b()) - ln_beta(p.shape_a(), p.shape_b())
                + a * psi(p.shape_a()) + b * psi(p.shape_b())
                - (a + b) * psi(p.shape_a() + p.shape_b())
        };
    // x = (d₂/d₁) y/(1 − y) with y of Beta(d₁/2, d₂/2): H(y) + E ln |dx/dy|, −2 E ln(1 − y) = 2ψ(a+b) − 2ψ(b)
    FisherSnedecor: p => {
        let (a, b) = (p.freedom_1() / 2.0, p.freedom_2() / 2.0);
        beta_entropy(a, b) + 2.0 * (psi(a + b) - psi(b)) + (b / a).ln()
    };
    Exp: p => gamma_entropy(1.0, p.rate()),
        (p, q) => gamma_divergence((1.0, p.rate()), (1.0, q.rate()));
    Gamma: p => gamma_entropy(p.shape(), p.rate()),
        (p, q) => gamma_divergence((p.shape(), p.rate()), (q.shape(), q.rate()));
    Erlang: p => gamma_entropy(p.shape() as f64, p.rate()),
        (p, q) => gamma_divergence((p.shape() as f64, p.rate()), (q.shape() as f64, q.rate()));
    ChiSquared: p => gamma_entropy(p.shape(), p.rate()),
        (p, q) => gamma_divergence((p.shape(), p.rate()), (q.shape(), q.rate()));
    // x = √y with y of χ²: E ln |dx/dy| = −ln 2 − ½ E ln y = −ln 2 − ½(ψ(k/2) + ln 2)
    Chi: p => {
        let shape = p.freedom() as f64 / 2.0;
        gamma_entropy(shape, 0.5) - 1.5 * 2f64.ln() - psi(shape) / 2.0
    },
        (p, q) => gamma_divergence((p.freedom() as f64 / 2.0, 0.5), (q.freedom() as f64 / 2.0, 0.5));
    // x = 1/y with y of Gamma(k, β)
    InverseGamma: p => inverse_gamma_entropy(p.shape(), p.rate()),
        (p, q) => gamma_divergence((p.shape(), p.rate()), (q.shape(), q.rate()));
    // x − μ is of InverseGamma(½, c/2).
    Levy: p => inverse_gamma_entropy(0.5, p.c() / 2.0);
    // γ(1 − 1/k) + ln(λ/k) + 1
    Weibull: p => GAMMA * (1.0 - 1.0 / p.shape()) + (p.scale() / p.shape()).ln() + 1.0,
        (p, q) => {
            let ratio = q.shape() / p.shape();
            // E ln x = ln λ − γ/k, E x^k' = λ^k' Γ(1 + k'/k)
            let scale = (p.scale() / q.scale()).ln();
            -ratio.ln() - q.shape() * scale + GAMMA * (ratio - 1.0)
                + (q.shape() * scale + ln_gamma(1.0 + ratio)).exp() - 1.0
        };
    // ln(x₀/α) + 1/α + 1
    Pareto: p => (p.scale() / p.shape()).ln() + 1.0 / p.shape() + 1.0,
        (p, q) => if q.scale() <= p.scale() {
            let ratio = q.shape() / p.shape();
            -ratio.ln() + q.shape() * (p.scale() / q.scale()).ln() + ratio - 1.0
        } else {
            f64::INFINITY
        };
}

/// ½ ln 2πeσ².
fn normal_entropy(sd: f64) -> f64 {
    0.5 * (2.0 * PI * E).ln() + sd.ln()
}

/// ln(σ_q/σ_p) + (σ_p² + Δ²)/2σ_q² − ½.
fn normal_divergence((mean_p, sd_p): (f64, f64), (mean_q, sd_q): (f64, f64)) -> f64 {
    let (ratio, delta) = (sd_p / sd_q, (mean_p - mean_q) / sd_q);
    -ratio.ln() + (ratio * ratio + delta * delta - 1.0) / 2.0
}

/// ln B(a, b) − (a−1)ψ(a) − (b−1)ψ(b) + (a+b−2)ψ(a+b).
fn beta_entropy(a: f64, b: f64) -> f64 {
    ln_beta(a, b) - (a - 1.0) * psi(a) - (b - 1.0) * psi(b) + (a + b - 2.0) * psi(a + b)
}

/// k − ln λ + ln Γ(k) + (1 − k)ψ(k).
fn gamma_entropy(k: f64, lambda: f64) -> f64 {
    k - lambda.ln() + ln_gamma(k) + (1.0 - k) * psi(k)
}

/// k + ln β + ln Γ(k) − (1 + k)ψ(k).
fn inverse_gamma_entropy(k: f64, beta: f64) -> f64 {
    k + beta.ln() + ln_gamma(k) - (1.0 + k) * psi(k)
}

/// (k_p − k_q)ψ(k_p) − ln Γ(k_p)/Γ(k_q) + k_q ln(λ_p/λ_q) + k_p(λ_q/λ_p − 1).
fn gamma_divergence((k_p, rate_p): (f64, f64), (k_q, rate_q): (f64, f64)) -> f64 {
    (k_p - k_q) * psi(k_p) - ln_gamma(k_p)
        + ln_gamma(k_q)
        + k_q * (rate_p / rate_q).ln()
        + k_p * (rate_q / rate_p - 1.0)
}

// A missing mean or deviation becomes NaN here, and an error in `amount`.
fn mean(p: &Normal) -> f64 {
    p.mean().unwrap_or(f64::NAN)
}

fn sd(p: &Normal) -> f64 {
    p.std_dev().unwrap_or(f64::NAN)
}

pub(super) fn between(p: &impl Display, q: &impl Display) -> String {
    format!("KL({p} ‖ {q})")
}
