//! Any density in the plane, by nested adaptive quadrature.

use std::cell::RefCell;

use super::known::{Entropy, KullbackLeibler};
use super::line::{TOLERANCE, Term, ascending, divergence, normalised, over, surprise, together};
use crate::error::Result;
use crate::info::Nats;

/// Accepted error of the outer integrals, larger than that of the inner ones.
const OUTER: f64 = 1e-10;

/// A density p(x, y) on a rectangle, given by its logarithm and checked to integrate to one.
///
/// ```
/// use ganscope::info::exact::{Entropy, PlaneDensity};
/// // The density x + y on the unit square.
/// let p = PlaneDensity::new(&[0.0, 1.0], &[0.0, 1.0], |x: f64, y: f64| (x + y).ln())?;
/// // ⅚ − (4/3) ln 2
/// assert!((p.entropy()?.0 + 0.090_862_907_413_260_4).abs() < 1e-9);
/// // 2 H(x) − H(x, y), where x has the density x + ½ and H(x) = −0.042792.
/// assert!((p.mutual_information()?.0 - 0.005_279_619_029_9).abs() < 1e-9);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// It must be continuous between the points, because an edge across the rectangle would fall between nodes. An integral
/// takes about 10⁶ evaluations. Methods return [`Error::Usage`](crate::Error::Usage) when their integral is infinite, or the
/// function too rough to converge.
pub struct PlaneDensity<F> {
    ln_p: F,
    xs: Vec<f64>,
    ys: Vec<f64>,
}

impl<F: Fn(f64, f64) -> f64> PlaneDensity<F> {
    /// The density from ln p(x, y), which is −∞ where there is no mass, and for each axis the points that
    /// [`LineDensity::new`](super::LineDensity::new) describes.
    ///
    /// # Errors
    /// [`Error::Usage`](crate::Error::Usage) for points that are not in ascending order, and for a density whose
    /// integral differs from 1 by more than 10⁻⁹, with the integral.
    pub fn new(xs: &[f64], ys: &[f64], ln_p: F) -> Result<PlaneDensity<F>> {
        let (xs, ys) = (ascending(xs)?, ascending(ys)?);
        let mass = over_plane(&xs, &ys, |x, y| ln_p(x, y).exp())?;
        normalised(mass, || "over the rectangle".into())?;
        Ok(PlaneDensity { ln_p, xs, ys })
    }

    /// Computes I(x; y) = H(x) + H(y) − H(x, y).
    ///
    /// # Errors
    /// [`Error::Usage`](crate::Error::Usage) when one of the entropies does not converge.
    pub fn mutual_information(&self) -> Result<Nats> {
        let p = |x, y| (self.ln_p)(x, y).exp();
        let of_x = marginal_entropy(&self.xs, &self.ys, p)?;
        let of_y = marginal_entropy(&self.ys, &self.xs, |y, x| p(x, y))?;
        Ok(of_x + of_y - self.entropy()?)
    }
}

impl<F: Fn(f64, f64) -> f64> Entropy for PlaneDensity<F> {
    fn entropy(&self) -> Result<Nats> {
        over_plane(&self.xs, &self.ys, |x, y| surprise((self.ln_p)(x, y))).map(Nats)
    }
}

impl<F, G> KullbackLeibler<PlaneDensity<G>> for PlaneDensity<F>
where
    F: Fn(f64, f64) -> f64,
    G: Fn(f64, f64) -> f64,
{
    fn kullback_leibler(&self, q: &PlaneDensity<G>) -> Result<Nats> {
        let within = |points: &[f64], x: f64| points[0] <= x && x <= points[points.len() - 1];
        let ln_q = |x: f64, y: f64| {
            if within(&q.xs, x) && within(&q.ys, y) {
                (q.ln_p)(x, y)
            } else {
                f64::NEG_INFINITY
            }
        };
        let (xs, ys) = (together(&self.xs, &q.xs), together(&self.ys, &q.ys));
        divergence(|term: Term| over_plane(&xs, &ys, |x, y| term((self.ln_p)(x, y), ln_q(x, y))))
    }
}

/// H of the first variable: −∫ p(x) ln p(x) dx with p(x) = ∫ p(x, y) dy.
fn marginal_entropy(xs: &[f64], ys: &[f64], p: impl Fn(f64, f64) -> f64) -> Result<Nats> {
    nested(xs, |x| {
        let p_x = over(ys, TOLERANCE, 0.0, |y| p(x, y))?;
        // Rounding may make it negative.
        Ok(surprise(p_x.max(0.0).ln()))
    })
    .map(Nats)
}

fn over_plane(xs: &[f64], ys: &[f64], f: impl Fn(f64, f64) -> f64) -> Result<f64> {
    nested(xs, |x| over(ys, TOLERANCE, 0.0, |y| f(x, y)))
}

/// The integral of a function that may fail, or its first error.
fn nested(xs: &[f64], f: impl Fn(f64) -> Result<f64>) -> Result<f64> {
    let failure = RefCell::new(None);
    let total = over(xs, OUTER, 1.0, |x| {
        f(x).unwrap_or_else(|error| {
            failure.borrow_mut().get_or_insert(error);
            f64::NAN
        })
    });
    match failure.into_inner() {
        Some(error) => Err(error),
        None => total,
    }
}
