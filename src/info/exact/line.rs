//! Any density on the line, by adaptive quadrature.
//!
//! A tail is integrated over u ∈ (0, 1] with x = a ± s(1/u − 1), where s is the distance between the outermost finite points.
//! A power of x becomes a power of u at 0, where f64 has the finest resolution.

use std::cell::Cell;

use statrs::distribution::{Continuous, ContinuousCDF};

use super::known::{Entropy, KullbackLeibler};
use crate::error::{Error, Result};
use crate::info::Nats;
use crate::info::quadrature::{integrate_through, rounding};

/// Largest accepted deviation of the integral of a density from 1.
pub(super) const MASS: f64 = 1e-9;
/// Accepted error of an integral, in nats or relative to ∫|f|, whichever is larger.
pub(super) const TOLERANCE: f64 = 1e-12;

/// Value of u below which a tail that still matters has no integral, or one that f64 cannot reach, like that of x^(−1.1).
const SMALLEST_U: f64 = 1e-110;

/// A density on the line, given by its logarithm and checked to integrate to one.
///
/// ```
/// use ganscope::info::exact::{Entropy, KullbackLeibler, LineDensity};
/// use statrs::distribution::{Laplace, Normal};
/// // x² e^(−x)/2 for x > 0: Γ(3, 1), whose entropy is 3 + ln 2 − 2ψ(3) = 1.847579.
/// let p = LineDensity::new(&[0.0, 2.0, f64::INFINITY], |x| 2.0 * x.ln() - x - 2f64.ln())?;
/// assert!((p.entropy()?.0 - 1.847_578_510_363_015_7).abs() < 1e-9);
///
/// // Between two families: E_p[|x|] + ln 2 − ½ ln 2πe with E|x| = √(2/π).
/// let (normal, laplace) = (Normal::new(0.0, 1.0).unwrap(), Laplace::new(0.0, 1.0).unwrap());
/// let kl = LineDensity::of(&normal)?.kullback_leibler(&LineDensity::of(&laplace)?)?;
/// assert!((kl.0 - 0.072_093_208_158_138_3).abs() < 1e-9);
///
/// let refused = LineDensity::new(&[0.0, 1.0], |x: f64| x.ln()).err().map(|e| e.to_string());
/// assert!(refused.is_some_and(|message| message.contains("integrates to 0.5")));
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// Methods return [`Error::Usage`] when their integral is infinite, or the function too rough to converge.
pub struct LineDensity<F> {
    ln_p: F,
    points: Vec<f64>,
}

impl<F: Fn(f64) -> f64> LineDensity<F> {
    /// The density from ln p(x) on a support, from the first point to the last; either may be infinite. Points between
    /// them should lie where the mass is, and at kinks, steps and poles of p. Without them, a support that is infinite
    /// on both sides is divided at 0.
    ///
    /// Give ln p itself, not the logarithm of a p that underflows: KL may need its value where p is 0 in f64.
    ///
    /// # Errors
    /// [`Error::Usage`] for points that are not in ascending order, and for a density whose integral differs from 1 by
    /// more than 10⁻⁹, with the integral.
    pub fn new(points: &[f64], ln_p: F) -> Result<LineDensity<F>> {
        let density = LineDensity {
            ln_p,
            points: ascending(points)?,
        };
        let mass = over(&density.points, TOLERANCE, 1.0, |x| (density.ln_p)(x).exp())?;
        normalised(mass, || {
            format!("from {} to {}", points[0], points[points.len() - 1])
        })?;
        Ok(density)
    }
}

impl<'p> LineDensity<Box<dyn Fn(f64) -> f64 + 'p>> {
    /// The density of a distribution of `statrs`, whose quantiles show where its mass is.
    ///
    /// # Errors
    /// As [`new`](LineDensity::new).
    pub fn of<P>(p: &'p P) -> Result<Self>
    where
        P: Continuous<f64, f64> + ContinuousCDF<f64, f64>,
    {
        let (low, high) = (p.min(), p.max());
        let mut points = vec![low];
        for at in [0.01, 0.25, 0.5, 0.75, 0.99] {
            let x = p.inverse_cdf(at);
            // A comparison, because a quantile that is NaN must be left out too.
            if points[points.len() - 1] < x && x < high {
                points.push(x);
            }
        }
        points.push(high);
        LineDensity::new(&points, Box::new(|x| p.ln_pdf(x)))
    }
}

impl<F: Fn(f64) -> f64> Entropy for LineDensity<F> {
    fn entropy(&self) -> Result<Nats> {
        over(&self.points, TOLERANCE, 1.0, |x| surprise((self.ln_p)(x))).map(Nats)
    }
}

impl<F, G> KullbackLeibler<LineDensity<G>> for LineDensity<F>
where
    F: Fn(f64) -> f64,
    G: Fn(f64) -> f64,
{
    fn kullback_leibler(&self, q: &LineDensity<G>) -> Result<Nats> {
        // ln q is −∞ outside its support, whatever the function returns there.
        let (low, high) = (q.points[0], q.points[q.points.len() - 1]);
        let ln_q = |x: f64| {
            if low <= x && x <= high {
                (q.ln_p)(x)
            } else {
                f64::NEG_INFINITY
            }
        };
        let points = together(&self.points, &q.points);
        let of = |term: Term| over(&points, TOLERANCE, 1.0, |x| term((self.ln_p)(x), ln_q(x)));
        divergence(of)
    }
}

/// −p ln p.
pub(super) fn surprise(ln_p: f64) -> f64 {
    match ln_p.exp() {
        0.0 => 0.0,
        p => -p * ln_p,
    }
}

/// A function of ln p and ln q.
pub(super) type Term = fn(f64, f64) -> f64;

/// KL as the integral of a term: ∞ if p has more than rounding error of its mass where q has none. ln q may be −∞ merely
/// because q underflows, where p has no mass that matters.
pub(super) fn divergence(of: impl Fn(Term) -> Result<f64>) -> Result<Nats> {
    let outside = of(|ln_p, ln_q| {
        if ln_q == f64::NEG_INFINITY {
            ln_p.exp()
        } else {
            0.0
        }
    })?;
    if outside > TOLERANCE {
        return Ok(Nats(f64::INFINITY));
    }
    of(|ln_p, ln_q| match ln_p.exp() {
        0.0 => 0.0,
        _ if ln_q == f64::NEG_INFINITY => 0.0,
        p => p * (ln_p - ln_q),
    })
    .map(Nats)
}

/// Refuses a density that does not integrate to 1.
pub(super) fn normalised(mass: f64, place: impl FnOnce() -> String) -> Result<()> {
    if (mass - 1.0).abs() <= MASS {
        return Ok(());
    }
    Err(Error::Usage(format!(
        "the density integrates to {mass:.9} {}, not to 1: divide it by this value (subtract ln {mass:.9} from ln \
         p), or, if the integration missed a narrow peak, add points near the peak",
        place()
    )))
}

/// The points, with one at 0 if there are only two infinite ones.
pub(super) fn ascending(points: &[f64]) -> Result<Vec<f64>> {
    if points.len() < 2 || !points.windows(2).all(|pair| pair[0] < pair[1]) {
        return Err(Error::Usage(format!(
            "a support needs at least two ascending points, not {points:?}"
        )));
    }
    Ok(match points {
        [f64::NEG_INFINITY, f64::INFINITY] => vec![f64::NEG_INFINITY, 0.0, f64::INFINITY],
        points => points.to_vec(),
    })
}

/// The first list of points, with those of the second that lie between its ends.
pub(super) fn together(points: &[f64], others: &[f64]) -> Vec<f64> {
    let (low, high) = (points[0], points[points.len() - 1]);
    let inside = others.iter().filter(|&&x| low < x && x < high);
    let mut all: Vec<f64> = points.iter().chain(inside).copied().collect();
    all.sort_by(f64::total_cmp);
    all.dedup();
    all
}

/// The integral over all pieces between the points, infinite ones included, to `tolerance` times the larger
/// of ∫|f| and `size`.
pub(super) fn over(
    points: &[f64],
    tolerance: f64,
    size: f64,
    f: impl Fn(f64) -> f64,
) -> Result<f64> {
    let finite: Vec<f64> = points.iter().copied().filter(|x| x.is_finite()).collect();
    let (low, high) = (finite[0], finite[finite.len() - 1]);
    let scale = if low < high { high - low } else { 1.0 };
    let tail = |end: f64, sign: f64| {
        // The rounding error of x in terms of u: |x| du/dx.
        let noise = |u: f64| rounding(u + end.abs() / scale * u * u);
        let nearest = Cell::new(1f64);
        let total = integrate_through(&[0.0, 1.0], (tolerance, size), noise, |u| {
            nearest.set(nearest.get().min(u));
            let x = end + sign * scale * (1.0 / u - 1.0);
            // Where x overflows, there is no mass that f64 could represent.
            match x.is_finite().then(|| f(x)) {
                None | Some(0.0) => 0.0,
                Some(y) => y * scale / u / u,
            }
        })?;
        if nearest.get() < SMALLEST_U {
            return Err(Error::Usage(format!(
                "the tail of the integral beyond {end} does not converge: it is infinite, or falls too slowly"
            )));
        }
        Ok(total)
    };
    let mut total = 0.0;
    if points[0] == f64::NEG_INFINITY {
        total += tail(low, -1.0)?;
    }
    if finite.len() > 1 {
        total += integrate_through(&finite, (tolerance, size), rounding, &f)?;
    }
    if points[points.len() - 1] == f64::INFINITY {
        total += tail(high, 1.0)?;
    }
    Ok(total)
}
