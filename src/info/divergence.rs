//! The Jensen–Shannon divergence between densities on the line, and the optimal discriminator.
//!
//! $$ D^*(x) = \frac{p_r(x)}{p_r(x) + p_\theta(x)} $$
//! $$ \mathrm{KL}(p\|q) = \int p \ln\frac{p}{q}, \qquad
//!    \mathrm{JSD}(p\|q) = \tfrac12\mathrm{KL}(p\|m) + \tfrac12\mathrm{KL}(q\|m), \quad m = \tfrac12(p + q) $$
//!
//! Integrals run over all points within 40 standard deviations of the mean of either density.

use statrs::distribution::Continuous;
use statrs::statistics::Distribution;

use super::Nats;
use super::quadrature::{integrate_through, rounding};
use crate::error::{Error, Result};

/// A density on the line with a mean and a standard deviation: the continuous distributions of `statrs`.
pub trait Density: Continuous<f64, f64> + Distribution<f64> {}
impl<P: Continuous<f64, f64> + Distribution<f64>> Density for P {}

/// Computes D*(x), the probability that x is real if it was drawn from p_r or p_θ with equal probability
/// (Goodfellow et al. 2014, proposition 1).
///
/// It is computed from log-densities, so it is accurate in the tails too, where both densities underflow.
///
/// ```
/// use ganscope::info::optimal_discriminator;
/// use statrs::distribution::Normal;
/// let (p_r, p_theta) = (Normal::new(0.0, 1.0).unwrap(), Normal::new(2.0, 1.0).unwrap());
/// assert_eq!(optimal_discriminator(&p_r, &p_theta, 1.0), 0.5);
/// // For two normal densities of the same width it is a sigmoid: 1/(1 + e^(2x − 2)).
/// assert!((optimal_discriminator(&p_r, &p_theta, 0.0) - 0.880_797_077_977_882).abs() < 1e-15);
/// ```
pub fn optimal_discriminator(p_r: &impl Density, p_theta: &impl Density, x: f64) -> f64 {
    1.0 / (1.0 + (p_theta.ln_pdf(x) - p_r.ln_pdf(x)).exp())
}

/// Computes JSD(p‖q): 0 if the densities are equal, and ln 2 if they do not overlap.
///
/// ```
/// use ganscope::info::jensen_shannon;
/// use statrs::distribution::Normal;
/// let p = Normal::new(0.0, 1.0).unwrap();
/// assert!(jensen_shannon(&p, &p)?.0.abs() < 1e-14);
/// let disjoint = jensen_shannon(&p, &Normal::new(60.0, 1.0).unwrap())?;
/// assert!((disjoint.0 - 2f64.ln()).abs() < 1e-11);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] when a density has no mean or variance, or its integral over 40 standard deviations is not 1, because it
/// is not normalised or its tails are too heavy.
pub fn jensen_shannon(p: &impl Density, q: &impl Density) -> Result<Nats> {
    let support = support(p, q)?;
    for (name, mass) in [
        ("p", over(support, p, q, |x| p.pdf(x))?),
        ("q", over(support, p, q, |x| q.pdf(x))?),
    ] {
        if (mass.0 - 1.0).abs() > MASS {
            return Err(Error::Usage(format!(
                "{name} integrates to {:.9} over 40 standard deviations, not to 1: it is not normalised, or its \
                 tails are too heavy",
                mass.0
            )));
        }
    }
    let term = |x: f64| {
        let (lp, lq) = (p.ln_pdf(x), q.ln_pdf(x));
        let high = lp.max(lq);
        let lm = high + (((lp - high).exp() + (lq - high).exp()) / 2.0).ln();
        0.5 * weighted(lp.exp(), lp - lm) + 0.5 * weighted(lq.exp(), lq - lm)
    };
    over(support, p, q, term)
}

/// p · l, with 0 · ∞ = 0.
pub(crate) fn weighted(p: f64, l: f64) -> f64 {
    if p == 0.0 { 0.0 } else { p * l }
}

/// Largest accepted deviation of the integral of a density from 1.
const MASS: f64 = 1e-9;

/// Accepted error of an integral, in nats or relative to ∫|f|, whichever is larger.
const TOLERANCE: f64 = 1e-12;

/// The integral, with pieces that end near both means, because one density may be very narrow compared with the other.
fn over(
    (a, b): (f64, f64),
    p: &impl Density,
    q: &impl Density,
    f: impl Fn(f64) -> f64,
) -> Result<Nats> {
    let mut points = vec![a, b];
    for (mean, sd) in [(p.mean(), p.std_dev()), (q.mean(), q.std_dev())]
        .into_iter()
        .filter_map(|(mean, sd)| mean.zip(sd))
    {
        let near = [mean - 4.0 * sd, mean, mean + 4.0 * sd];
        points.extend(near.into_iter().filter(|x| a < *x && *x < b));
    }
    points.sort_by(f64::total_cmp);
    points.dedup();
    integrate_through(&points, (TOLERANCE, 1.0), rounding, f).map(Nats)
}

/// An interval that contains the mass of both densities, up to the precision of f64.
pub(crate) fn support(p: &impl Density, q: &impl Density) -> Result<(f64, f64)> {
    let reach = |d: &dyn Fn() -> Option<(f64, f64)>| {
        d().filter(|(mean, sd)| mean.is_finite() && sd.is_finite() && *sd > 0.0)
            .map(|(mean, sd)| (mean - 40.0 * sd, mean + 40.0 * sd))
            .ok_or_else(|| {
                Error::Usage(
                    "a density without finite mean and variance cannot be integrated here".into(),
                )
            })
    };
    let of_p = reach(&|| p.mean().zip(p.std_dev()))?;
    let of_q = reach(&|| q.mean().zip(q.std_dev()))?;
    Ok((of_p.0.min(of_q.0), of_p.1.max(of_q.1)))
}
