//! Whether a series goes up and down with a period.
//!
//! Of the series s₁ … s_T, its straight line removed, the autocorrelation at lag τ is
//!
//! $$ r(\tau) = \frac{\frac{1}{T-\tau}\sum_t s_t\, s_{t+\tau}}{\frac1T\sum_t s_t^2} $$
//!
//! A sine of period p has its trough at p/2 with r = −1 and its first peak at p with r = 1. Noise has
//! neither beyond about 2/√T, and what drifts falls off and does not come back. The strength of an
//! oscillation is therefore what both have: min(−r at the trough, r at the first peak after it).

use serde::Serialize;

/// The regular part of a series.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Oscillation {
    /// Lag of the first peak, in lines of the history.
    pub period: usize,
    /// 0 for noise, 1 for a sine.
    pub strength: f64,
    /// Deviation in the last third of the history over that in the first: below 1 it dies down.
    pub growth: f64,
}

/// Periods that a history must hold before one can speak of any.
const PERIODS: usize = 3;
/// Lines that are looked at, at most: the last ones.
pub(super) const WINDOW: usize = 600;
/// Lines of a history that says anything: the first steps may swing, and settle.
pub const FEWEST_LINES: usize = 60;
/// r that is still noise where it crosses 0.
const NOISE: f64 = 0.1;

/// The oscillation of the end of a series; `None` where it is shorter than 60, constant, not finite, or
/// has no trough and peak beyond 0.1 within a third of its length.
///
/// ```
/// use ganscope::train::oscillation;
/// let sine: Vec<f64> = (0..200).map(|t| (f64::from(t) / 25.0 * std::f64::consts::TAU).sin()).collect();
/// let found = oscillation(&sine).ok_or("a sine oscillates")?;
/// assert_eq!(found.period, 25);
/// assert!(found.strength > 0.98 && (found.growth - 1.0).abs() < 0.05);
/// assert_eq!(oscillation(&[1.0; 200]), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn oscillation(series: &[f64]) -> Option<Oscillation> {
    let series = &series[series.len().saturating_sub(WINDOW)..];
    let n = series.len();
    if n < FEWEST_LINES || series.iter().any(|s| !s.is_finite()) {
        return None;
    }
    let s = detrended(series);
    let power = mean_square(&s);
    let size = mean_square(series);
    // What rounding leaves of a straight line is no variance.
    if power <= 1e-20 * size {
        return None;
    }
    let correlation = |lag: usize| {
        let pairs = s.iter().zip(&s[lag..]);
        pairs.map(|(a, b)| a * b).sum::<f64>() / (n - lag) as f64 / power
    };
    let r: Vec<f64> = (0..=n / PERIODS).map(correlation).collect();
    let below = r.iter().position(|r| *r < -NOISE)?;
    let above = below + r[below..].iter().position(|r| *r > NOISE)?;
    let below_again = r[above..].iter().position(|r| *r < 0.0);
    let trough = r[below..above].iter().fold(0.0, |t: f64, r| t.min(*r));
    // The whole hump: a peak that lies beyond the lags looked at is not known.
    let hump = above..above + below_again?;
    let period = hump.max_by(|a, b| r[*a].total_cmp(&r[*b]))?;
    let third = n / 3;
    Some(Oscillation {
        period,
        strength: r[period].min(-trough),
        growth: (mean_square(&s[n - third..]) / mean_square(&s[..third])).sqrt(),
    })
}

/// Least squares takes the line out.
fn detrended(series: &[f64]) -> Vec<f64> {
    let n = series.len() as f64;
    let middle = (n - 1.0) / 2.0;
    let mean = series.iter().sum::<f64>() / n;
    let at = |t: usize| t as f64 - middle;
    let along: f64 = series.iter().enumerate().map(|(t, s)| at(t) * s).sum();
    let slope = along / (n * (n * n - 1.0) / 12.0);
    let rest = |(t, s): (usize, &f64)| s - mean - slope * at(t);
    series.iter().enumerate().map(rest).collect()
}

fn mean_square(x: &[f64]) -> f64 {
    x.iter().map(|x| x * x).sum::<f64>() / x.len() as f64
}
