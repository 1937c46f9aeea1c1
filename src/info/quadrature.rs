//! Integrals over an interval, to nearly the precision of f64.

use std::f64::consts::PI;

use crate::error::{Error, Result};

/// Nodes of the rule on each piece: exact for polynomials up to degree 63.
const NODES: usize = 32;
/// Pieces at first, and when to give up.
const FIRST: usize = 8;
const MOST: usize = 1 << 14;
/// What two refinements may differ by, relative to the integral of |f|.
const TOLERANCE: f64 = 1e-12;

/// ∫ₐᵇ f(x) dx, by Gauss–Legendre on ever more pieces until two sums agree to 10⁻¹² of ∫|f|.
///
/// ```
/// use ganscope::info::quadrature::integrate;
/// let bell = integrate(-1.0, 1.0, |x| (-x * x / 2.0).exp())?;
/// // √(2π) (2Φ(1) − 1)
/// assert!((bell - 1.711_248_783_784_298).abs() < 1e-12);
/// assert!(integrate(0.0, 1.0, |_| f64::NAN).is_err());
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] when the sums are not finite or do not settle.
pub fn integrate(a: f64, b: f64, f: impl Fn(f64) -> f64) -> Result<f64> {
    let rule = gauss_legendre();
    let sum = |pieces: usize, g: &dyn Fn(f64) -> f64| -> f64 {
        let width = (b - a) / pieces as f64;
        (0..pieces)
            .map(|i| {
                let middle = a + width * (i as f64 + 0.5);
                let at = |(x, w): &(f64, f64)| w * g(middle + width / 2.0 * x);
                width / 2.0 * rule.iter().map(at).sum::<f64>()
            })
            .sum()
    };
    let size = sum(FIRST, &|x| f(x).abs());
    let mut last = sum(FIRST, &f);
    let mut pieces = FIRST;
    while pieces < MOST && last.is_finite() {
        pieces *= 2;
        let next = sum(pieces, &f);
        if (next - last).abs() <= TOLERANCE * size.max(f64::MIN_POSITIVE) {
            return Ok(next);
        }
        last = next;
    }
    Err(Error::Usage(format!(
        "the integral from {a} to {b} does not settle: {last} with {pieces} pieces"
    )))
}

/// Nodes in (−1, 1) and their weights: the roots xᵢ of the Legendre polynomial Pₙ, by Newton's method
/// from their asymptotic places, and 2 / ((1 − xᵢ²) Pₙ'(xᵢ)²).
fn gauss_legendre() -> [(f64, f64); NODES] {
    const N: f64 = NODES as f64;
    // Pₙ and its derivative by the three-term recurrence.
    let legendre = |x: f64| {
        let (mut before, mut p) = (1.0, x);
        for k in 2..=NODES {
            let k = k as f64;
            (before, p) = (p, ((2.0 * k - 1.0) * x * p - (k - 1.0) * before) / k);
        }
        (p, N * (before - x * p) / (1.0 - x * x))
    };
    std::array::from_fn(|i| {
        let mut x = (PI * (i as f64 + 0.75) / (N + 0.5)).cos();
        for _ in 0..10 {
            let (p, slope) = legendre(x);
            x -= p / slope;
        }
        let (_, slope) = legendre(x);
        (x, 2.0 / ((1.0 - x * x) * slope * slope))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_is_exact_for_polynomials() {
        let rule = gauss_legendre();
        for degree in [0, 1, 2, 17, 40, 62, 63] {
            let sum: f64 = rule.iter().map(|(x, w)| w * x.powi(degree)).sum();
            let exact = if degree % 2 == 0 {
                2.0 / f64::from(degree + 1)
            } else {
                0.0
            };
            assert!((sum - exact).abs() < 1e-14, "{degree}: {sum}");
        }
    }

    #[test]
    fn narrow_peaks_are_found() {
        for sd in [1.0, 0.1, 0.01] {
            let peak = |x: f64| (-0.5 * (x / sd) * (x / sd)).exp() / (sd * (2.0 * PI).sqrt());
            assert!(
                (integrate(-40.0, 40.0, peak).unwrap() - 1.0).abs() < 1e-11,
                "{sd}"
            );
        }
    }
}
