//! Integrals over an interval, to nearly the precision of f64.

use std::num::NonZeroUsize;

use gauss_quad::GaussLegendre;

use crate::error::{Error, Result};

/// Nodes of the rule on each piece.
const NODES: NonZeroUsize = NonZeroUsize::new(32).unwrap();
/// Pieces at first, and when to give up.
const FIRST: usize = 8;
const MOST: usize = 1 << 14;
/// What two refinements may differ by, relative to the integral of |f|.
const TOLERANCE: f64 = 1e-12;

/// ∫ₐᵇ f(x) dx, by Gauss–Legendre on ever more pieces until two sums agree to 10⁻¹² of ∫|f|.
///
/// ```
/// use ganscope::info::quadrature::integrate;
/// let half_circle = integrate(-1.0, 1.0, |x| (-x * x / 2.0).exp())?;
/// // √(2π) (2Φ(1) − 1)
/// assert!((half_circle - 1.711_248_783_784_298).abs() < 1e-12);
/// assert!(integrate(0.0, 1.0, |_| f64::NAN).is_err());
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] when the sums are not finite or do not settle.
pub fn integrate(a: f64, b: f64, f: impl Fn(f64) -> f64) -> Result<f64> {
    let rule = GaussLegendre::new(NODES);
    let sum = |pieces: usize, g: &dyn Fn(f64) -> f64| -> f64 {
        let width = (b - a) / pieces as f64;
        (0..pieces)
            .map(|i| {
                let from = a + width * i as f64;
                rule.integrate(from, from + width, g)
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
