//! Posterior moments of the entropy (Wolpert & Wolf 1995), and their mixture over priors by Nemenman,
//! Shafee & Bialek (2002).
//!
//! With β pseudo-counts per outcome, xᵢ = nᵢ + β, A = N + Kβ:
//!
//! $$ \mathbb{E}[H] = \psi(A + 1) - \sum_i\frac{x_i}A\,\psi(x_i + 1) $$
//! $$ \hat H = \frac{\int \mathbb{E}[H\mid\beta]\,\rho(\beta)\,d\xi(\beta)}{\int\rho(\beta)\,d\xi(\beta)}, \qquad
//!    \rho(\beta) = \frac{\Gamma(K\beta)}{\Gamma(A)}\prod_i\frac{\Gamma(x_i)}{\Gamma(\beta)}, \qquad
//!    \xi(\beta) = \psi(K\beta + 1) - \psi(\beta + 1) $$
//!
//! ξ is the prior mean of the entropy for β, from 0 to ln K.

use std::collections::BTreeMap;

use statrs::function::gamma::digamma;

use super::Counts;
use super::special::{minus_ln_beta, trigamma};
use crate::error::Result;
use crate::info::quadrature::{integrate_through, rounding};

/// E[H] and its standard deviation.
pub(super) fn dirichlet(counts: &Counts, beta: f64) -> (f64, f64) {
    let (mean, square) = moments(&counts.multiplicities(), counts.outcomes(), beta);
    (mean, (square - mean * mean).max(0.0).sqrt())
}

/// Accepted error of the integrals relative to their value.
const TOLERANCE: f64 = 1e-9;
/// Rounding error of ln ρ per observation. For very many observations ln ρ has few digits, but then E[H] hardly depends
/// on β.
const ROUNDED: f64 = 1e-14;

/// Ĥ and its standard deviation.
pub(super) fn nsb(counts: &Counts) -> Result<(f64, f64)> {
    let (outcomes, k) = (counts.multiplicities(), counts.outcomes());
    if k == 1.0 {
        return Ok((0.0, 0.0));
    }
    let n = counts.total() as f64;
    // Integrates over u = ln β. The integrand falls like e^u at the left end and like e^(−u) at the right.
    let weight = |u: f64| {
        let beta = u.exp();
        ln_evidence(&outcomes, k, n, beta) + slope(k, beta).ln() + u
    };
    let (low, high) = (-30.0 - k.ln(), 30.0 + n.max(k).ln());
    let steps = 400;
    let at = |i: usize| low + (high - low) * i as f64 / steps as f64;
    let (top, peak) =
        (0..=steps)
            .map(|i| (i, weight(at(i))))
            .fold((0, f64::NEG_INFINITY), |best, next| {
                if next.1 > best.1 { next } else { best }
            });
    // The peak lies between the neighbours of the highest step; these points make sure that a narrow one is found.
    let mut points = vec![
        low,
        at(top.saturating_sub(1)),
        at(top),
        at((top + 1).min(steps)),
        high,
    ];
    points.dedup();
    let tolerance = TOLERANCE.max(ROUNDED * n);
    let integral = |f: &dyn Fn(f64) -> f64| {
        integrate_through(&points, (tolerance, 0.0), rounding, |u| {
            (weight(u) - peak).exp() * f(u)
        })
    };
    let mass = integral(&|_| 1.0)?;
    let mean = integral(&|u| moments(&outcomes, k, u.exp()).0)? / mass;
    let square = integral(&|u| moments(&outcomes, k, u.exp()).1)? / mass;
    Ok((mean, (square - mean * mean).max(0.0).sqrt()))
}

/// ln ρ(β) without the factors that do not depend on β: ρ ∝ B(Kβ, N) / ∏ B(β, nᵢ) over the observed outcomes.
fn ln_evidence(outcomes: &BTreeMap<u64, f64>, k: f64, n: f64, beta: f64) -> f64 {
    let seen = outcomes.iter().filter(|(n, _)| **n > 0);
    let all: f64 = seen
        .map(|(&n, many)| many * minus_ln_beta(beta, n as f64))
        .sum();
    all - minus_ln_beta(k * beta, n)
}

/// dξ/dβ = Kψ'(Kβ + 1) − ψ'(β + 1); by a series where the two terms cancel.
fn slope(k: f64, beta: f64) -> f64 {
    if beta < 1e3 {
        return k * trigamma(k * beta + 1.0) - trigamma(beta + 1.0);
    }
    let x = 1.0 / beta;
    let term = |power: i32| 1.0 - k.powi(-power);
    x * x * (term(1) / 2.0 - x * (term(2) / 6.0 - x * x * term(4) / 30.0))
}

/// E[H] and E[H²] with β pseudo-counts per outcome.
fn moments(outcomes: &BTreeMap<u64, f64>, k: f64, beta: f64) -> (f64, f64) {
    let n: f64 = outcomes.iter().map(|(&n, many)| n as f64 * many).sum();
    let a = n + k * beta;
    let (psi, trigamma_a) = (digamma(a + 2.0), trigamma(a + 2.0));
    // Sums over outcomes: of xψ(x+1), of x(ψ(x+1) − ψ), of x², of the terms with i = j, and of those to subtract from the
    // square of the second.
    let (mut mean, mut first, mut squares, mut own, mut twice) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (&n, &many) in outcomes {
        let x = n as f64 + beta;
        let d = digamma(x + 1.0);
        let centred = d - psi;
        mean += many * (x / a) * d;
        first += many * x * centred;
        squares += many * x * x;
        twice += many * (x * centred).powi(2);
        let next = digamma(x + 2.0) - psi;
        own += many * x * (x + 1.0) * (next * next + trigamma(x + 2.0) - trigamma_a);
    }
    let pairs = first * first - twice - trigamma_a * (a * a - squares);
    (digamma(a + 1.0) - mean, (pairs + own) / (a * (a + 1.0)))
}
