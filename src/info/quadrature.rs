//! Integrals over an interval, to nearly the precision of f64.
//!
//! Gauss–Legendre on pieces: a piece whose integral differs from that of its two halves is split, so that
//! the nodes go where f is steep.
//!
//! Of crates, `gauss-quad` has fixed rules only, so that the splitting would be ours all the same, and it turns on the
//! features of `nalgebra` that make a notebook's kernel read a third more sources (see Cargo.toml); `quadrature` has
//! had no release since 2017.

use std::sync::LazyLock;

use nalgebra::{DMatrix, SymmetricEigen};

use crate::error::{Error, Result};

/// Nodes of the rule on each half of a piece: exact for polynomials up to degree 63.
const NODES: usize = 32;
/// Pieces that an interval between two given points is in at first.
const FIRST: usize = 8;
/// Pieces with which it is given up.
const MOST: usize = 1 << 14;
/// What halving all pieces may change, relative to the integral of |f|.
const TOLERANCE: f64 = 1e-12;
/// Roundings that what is computed from x may add to that of x.
const ROUNDED: f64 = 4.0;

/// ∫ₐᵇ f(x) dx, by Gauss–Legendre on pieces that are halved until that changes less than 10⁻¹² of ∫|f|.
///
/// Ends are not evaluated, so f may have a pole there; one at 0 costs no precision, one elsewhere costs
/// what x loses by rounding.
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
/// [`Error::Usage`] when f is not finite at a node, or the pieces do not settle.
pub fn integrate(a: f64, b: f64, f: impl Fn(f64) -> f64) -> Result<f64> {
    integrate_through(&[a, b], (TOLERANCE, 0.0), rounding, f)
}

/// What x loses by rounding.
pub(crate) fn rounding(x: f64) -> f64 {
    f64::EPSILON * x.abs()
}

/// The integral from the first of the points to the last, its error at most `tolerance` times the larger
/// of ∫|f| and `size`, or what changes when the nodes x move by `noise(x)`. Where f has a kink or a narrow
/// peak there should be a point.
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
        if !absolute.is_finite() || pieces.len() > MOST {
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
    /// By the rule on both halves, that of f and that of |f|.
    value: f64,
    absolute: f64,
    /// What halving changed.
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
        // ∫|f'| times the nodes' noise, and that of f's own values.
        let rounded =
            noise(a).max(noise(b)) * (left.variation + right.variation) + f64::EPSILON * absolute;
        // Too narrow to have a middle.
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

    /// Its two halves where the error is more than its share.
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

/// By the rule from a to b.
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
    Error::Usage(match total.is_finite() {
        true => format!(
            "the integral from {a} to {b} does not settle: {total} with {pieces} pieces; it is infinite, or what is integrated is too rough"
        ),
        false => format!(
            "the integral from {a} to {b} is {total}: what is integrated is not finite everywhere between them"
        ),
    })
}

/// Nodes xᵢ in (−1, 1) and their weights (Golub & Welsch 1969): xᵢ are the eigenvalues of
/// the symmetric tridiagonal matrix with k/√(4k² − 1) beside its diagonal of zeros, wᵢ = 2v²ᵢ₁ with the
/// eigenvectors vᵢ.
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
