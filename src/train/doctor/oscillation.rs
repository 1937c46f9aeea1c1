//! Detection of a periodic oscillation in a series.
//!
//! The autocorrelation at lag τ of a series s₁ … s_T whose linear trend was removed is
//!
//! $$ r(\tau) = \frac{\frac{1}{T-\tau}\sum_t s_t\, s_{t+\tau}}{\frac1T\sum_t s_t^2} $$
//!
//! For a sine of period p it has a trough at p/2 with r = −1 and its first peak at p with r = 1. For noise, |r| stays
//! below about 2/√T, and for a drift r decreases and does not rise again. The strength of an oscillation is therefore
//! the smaller of both extremes: min(−r at the trough, r at the first peak after it).

use serde::Serialize;

/// A periodic oscillation of a series.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Oscillation {
    /// Lag of the first peak of the autocorrelation, in lines of the history.
    pub period: usize,
    /// Strength from 0 for noise to 1 for a sine.
    pub strength: f64,
    /// Standard deviation in the last third of the history divided by that in the first third; below 1 the oscillation
    /// decays.
    pub growth: f64,
}

/// Smallest number of periods that a series must contain.
const MIN_PERIODS: usize = 3;
/// Largest number of values that are examined: the last ones of the series.
const WINDOW: usize = 600;
/// Smallest number of lines of a history in which an oscillation is looked for. Training often oscillates in its first
/// steps and then settles.
pub const FEWEST_LINES: usize = 60;
/// Largest |r| that counts as noise around 0.
const NOISE: f64 = 0.1;

/// Returns the oscillation at the end of a series. Returns `None` for a series that has fewer than 60 values,
/// is constant or not finite, or whose autocorrelation has no trough and peak beyond ±0.1 within a third of its
/// length.
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
    // For a straight line only rounding errors remain.
    if power <= 1e-20 * size {
        return None;
    }
    let correlation = |lag: usize| {
        let pairs = s.iter().zip(&s[lag..]);
        pairs.map(|(a, b)| a * b).sum::<f64>() / (n - lag) as f64 / power
    };
    let r: Vec<f64> = (0..=n / MIN_PERIODS).map(correlation).collect();
    let below = r.iter().position(|r| *r < -NOISE)?;
    let above = below + r[below..].iter().position(|r| *r > NOISE)?;
    let below_again = r[above..].iter().position(|r| *r < 0.0);
    let trough = r[below..above].iter().fold(0.0, |t: f64, r| t.min(*r));
    // The maximum between two crossings of 0. If r does not fall below 0 again, the peak may lie at a larger lag.
    let positive = above..above + below_again?;
    let period = positive.max_by(|a, b| r[*a].total_cmp(&r[*b]))?;
    let third = n / 3;
    Some(Oscillation {
        period,
        strength: r[period].min(-trough),
        growth: (mean_square(&s[n - third..]) / mean_square(&s[..third])).sqrt(),
    })
}

/// Removes the linear trend by least squares.
fn detrended(series: &[f64]) -> Vec<f64> {
    let n = series.len() as f64;
    let middle = (n - 1.0) / 2.0;
    let mean = series.iter().sum::<f64>() / n;
    let at = |t: usize| t as f64 - middle;
    let covariance: f64 = series.iter().enumerate().map(|(t, s)| at(t) * s).sum();
    let slope = covariance / (n * (n * n - 1.0) / 12.0);
    let residual = |(t, s): (usize, &f64)| s - mean - slope * at(t);
    series.iter().enumerate().map(residual).collect()
}

fn mean_square(x: &[f64]) -> f64 {
    x.iter().map(|x| x * x).sum::<f64>() / x.len() as f64
}
