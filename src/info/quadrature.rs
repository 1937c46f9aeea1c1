//! Integrals over an interval, to nearly the precision of f64.
//!
//! Gauss–Legendre quadrature on pieces: a piece whose integral differs from that of its two halves is split, so that
//! there are more nodes where f is steep.

use std::sync::LazyLock;

use nalgebra::{DMatrix, SymmetricEigen};

use crate::error::{Error, Result};

/// Number of nodes on each half of a piece; the rule is exact for polynomials up to degree 63.
const NODES: usize = 32;
/// Number of pieces between two given points at the start.
const FIRST: usize = 8;
/// Largest number of pieces.
const MAX_PIECES: usize = 1 << 14;
/// Largest accepted change when all pieces are halved, relative to the integral of |f|.
const TOLERANCE: f64 = 1e-12;
/// Factor by which the rounding error of f(x) may exceed that of x.
const ROUNDED: f64 = 4.0;

/// Computes ∫ₐᵇ f(x) dx, by Gauss–Legendre quadrature on pieces that are halved until this changes less than 10⁻¹² of ∫|f|.
///
/// f is not evaluated at the ends, so it may have a pole there. A pole at 0 costs no precision; one elsewhere costs as much
/// as x loses by rounding.
///
/// ```
/// use ganscope::info::quadrature::integrate;
/// let bell = integrate(-1.0, 1.0, |x| (-x * x / 2.0).exp())?;
/// // √(2π) (2Φ(1) − 1)
/// assert!((bell - 1.711_248_783_784_298).abs() < 1e-12);
/// let pole = integrate(0.0, 1.0, |x| x.powf(-0.5))?;
/// assert!((pole - 2.0).abs() < 1e-11);
/// assert!(integrate(0.0, 1.0, |_| f64::NAN).is_err());
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] when f is not finite at a node, or halving does not converge.
pub fn integrate(a: f64, b: f64, f: impl Fn(f64) -> f64) -> Result<f64> {
    integrate_through(&[a, b], (TOLERANCE, 0.0), rounding, f)
}

/// The rounding error of x.
pub(crate) fn rounding(x: f64) -> f64 {
    f64::EPSILON * x.abs()
}

/// The integral from the first of the points to the last. Its error is at most `tolerance` times the larger of ∫|f| and
/// `size`, or the change when the nodes x move by `noise(x)`. Give a point where f has a kink or a narrow peak.
pub(crate) fn integrate_through(
    points: &[f64],
    (tolerance, size): (f64, f64),
    noise: impl Fn(f64) -> f64,
    f: impl Fn(f64) -> f64,
) -> Result<f64> {
    let mut pieces: Vec<Piece> = Vec::with_capacity(FIRST * points.len());
    for ends in points.windows(2) {
        let width = (ends[1] - ends[0]) / FIRST as f64;
        let edge = |i: usize| match i {
            FIRST => ends[1],
            i => ends[0] + width * i as f64,
        };
        pieces.extend((0..FIRST).map(|i| Piece::new(edge(i), edge(i + 1), &noise, &f)));
    }
    loop {
        let total: f64 = pieces.iter().map(|piece| piece.value).sum();
        let error: f64 = pieces.iter().map(|piece| piece.error).sum();
        let absolute: f64 = pieces.iter().map(|piece| piece.absolute).sum();
        let allowed = tolerance * absolute.max(size);
        if !absolute.is_finite() || pieces.len() > MAX_PIECES {
            return Err(unsettled(points, total, pieces.len()));
        }
        if error <= allowed {
            return Ok(total);
        }
        let share = allowed / pieces.len() as f64;
        pieces = pieces
            .into_iter()
            .flat_map(|piece| piece.split(share, &noise, &f))
            .collect();
    }
}

/// An interval with the integral of f over it.
struct Piece {
    a: f64,
    b: f64,
    /// Integral of f, by the rule on both halves.
    value: f64,
    /// Integral of |f|.
    absolute: f64,
    /// Change of the integral by halving.
    error: f64,
}

impl Piece {
    fn new(a: f64, b: f64, noise: &impl Fn(f64) -> f64, f: &impl Fn(f64) -> f64) -> Piece {
        let middle = a + (b - a) / 2.0;
        let whole = Sums::new(a, b, f);
        let (left, right) = (Sums::new(a, middle, f), Sums::new(middle, b, f));
        let value = left.value + right.value;
        let absolute = left.absolute + right.absolute;
        let error = (value - whole.value).abs();
        // The noise of the nodes times ∫|f'|, plus the rounding error of f.
        let rounded =
            noise(a).max(noise(b)) * (left.variation + right.variation) + f64::EPSILON * absolute;
        // No f64 lies between the ends.
        let narrow = middle <= a.min(b) || middle >= a.max(b);
        let settled = narrow || error <= ROUNDED * rounded;
        Piece {
            a,
            b,
            value,
            absolute,
            error: if settled { 0.0 } else { error },
        }
    }

    /// The two halves if the error is larger than `share`, else the piece itself.
    fn split(self, share: f64, noise: &impl Fn(f64) -> f64, f: &impl Fn(f64) -> f64) -> Vec<Piece> {
        if self.error <= share {
            return vec![self];
        }
        let middle = self.a + (self.b - self.a) / 2.0;
        vec![
            Piece::new(self.a, middle, noise, f),
            Piece::new(middle, self.b, noise, f),
        ]
    }
}

/// Sums over the nodes from a to b.
struct Sums {
    /// ∫f.
    value: f64,
    /// ∫|f|.
    absolute: f64,
    /// Σ|f(xᵢ₊₁) − f(xᵢ)|.
    variation: f64,
}

impl Sums {
    fn new(a: f64, b: f64, f: &impl Fn(f64) -> f64) -> Sums {
        let half = (b - a) / 2.0;
        let (mut sum, mut absolute, mut variation) = (0.0, 0.0, 0.0);
        let mut before = None;
        for (x, w) in LEGENDRE.iter() {
            let y = f(a + half * (1.0 + x));
            sum += w * y;
            absolute += w * y.abs();
            variation += (y - before.unwrap_or(y)).abs();
            before = Some(y);
        }
        Sums {
            value: half * sum,
            absolute: half.abs() * absolute,
            variation,
        }
    }
}

fn unsettled(points: &[f64], total: f64, pieces: usize) -> Error {
    let (a, b) = (points[0], points[points.len() - 1]);
    Error::Usage(if total.is_finite() {
        format!(
            "the integral from {a} to {b} does not converge: {total} with {pieces} pieces; it is infinite, or the \
             function is too rough"
        )
    } else {
        format!(
            "the integral from {a} to {b} is {total}: the function is not finite everywhere between them"
        )
    })
}

/// Nodes xᵢ in (−1, 1) and their weights (Golub & Welsch 1969). The xᵢ are the eigenvalues of the symmetric tridiagonal
/// matrix with zeros on its diagonal and k/√(4k² − 1) beside it; wᵢ = 2v²ᵢ₁ with the eigenvectors vᵢ.
static LEGENDRE: LazyLock<Vec<(f64, f64)>> = LazyLock::new(|| {
    let jacobi = DMatrix::from_fn(NODES, NODES, |i, j| {
        let k = i.max(j) as f64;
        if i.abs_diff(j) == 1 {
            k / (4.0 * k * k - 1.0).sqrt()
        } else {
            0.0
        }
    });
    let SymmetricEigen {
        eigenvalues,
        eigenvectors,
    } = SymmetricEigen::new(jacobi);
    let weights = eigenvectors.row(0).map(|v| 2.0 * v * v);
    let mut rule: Vec<_> = eigenvalues
        .iter()
        .copied()
        .zip(weights.iter().copied())
        .collect();
    rule.sort_by(|(x, _), (y, _)| x.total_cmp(y));
    rule
});

#[cfg(test)]
mod tests {
    use std::f64::consts::PI;

    use super::*;

    #[test]
    fn the_rule_is_exact_for_polynomials() {
        for degree in [0, 1, 2, 17, 40, 62, 63] {
            let sum: f64 = LEGENDRE.iter().map(|(x, w)| w * x.powi(degree)).sum();
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

    #[test]
    fn poles_steps_and_reversed_ends_are_integrated() {
        // ∫₀¹ ln x = −1, ∫₀¹ x^(−0.9) = 10, ∫₀¹ [x > 1/π] = 1 − 1/π, ∫₁⁰ x = −½.
        assert!((integrate(0.0, 1.0, f64::ln).unwrap() + 1.0).abs() < 1e-11);
        assert!((integrate(0.0, 1.0, |x| x.powf(-0.9)).unwrap() - 10.0).abs() < 1e-9);
        let step = |x: f64| if x > 1.0 / PI { 1.0 } else { 0.0 };
        assert!((integrate(0.0, 1.0, step).unwrap() - (1.0 - 1.0 / PI)).abs() < 1e-11);
        assert!((integrate(1.0, 0.0, |x| x).unwrap() + 0.5).abs() < 1e-14);
        assert_eq!(integrate(2.0, 2.0, |x| x).unwrap(), 0.0);
    }

    #[test]
    fn a_divergent_integral_is_refused() {
        let message = integrate(0.0, 1.0, |x| 1.0 / x).unwrap_err().to_string();
        assert!(message.contains("from 0 to 1"), "{message}");
    }
}
