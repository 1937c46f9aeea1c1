//! Bar chart of the share of samples in each mode: the shares that the reverse KL is computed from.

use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::canvas::{Role, draw, failed, line, text, units};
use super::format::tick;
use super::ticks::ticks;
use super::titles;
use crate::Result;
use crate::evaluate::ModeCoverage;

const WIDTH: i32 = 540;
const HEIGHT: i32 = 300;
const TOP: f64 = 58.0;
const BOTTOM: f64 = 258.0;
const LEFT: f64 = 50.0;
const RIGHT: f64 = 456.0;

/// Draws one bar per mode, as SVG of 540 × 300 pixels.
///
/// The height of a bar is the mode's share of all samples; its solid part counts only samples of high quality.
/// A line marks the share that each mode has in the true mixture.
///
/// # Errors
/// [`Error::Usage`](crate::Error::Usage) when the drawing library refuses.
///
/// ```
/// use ganscope::{data::Mixture, evaluate::mode_coverage, report::balance};
/// let coverage = mode_coverage(&[[1.0, 0.0]; 9], &Mixture::ring8())?;
/// assert!(balance::svg(&coverage)?.contains("true share"));
/// assert!(balance::caption(&coverage).starts_with("7 of 8 modes have less than half of their true share"));
/// # Ok::<(), ganscope::Error>(())
/// ```
pub fn svg(coverage: &ModeCoverage) -> Result<String> {
    let title = titles::MODE_SHARES;
    let share = |count: usize| 100.0 * count as f64 / coverage.n.max(1) as f64;
    let even = 100.0 / coverage.modes_total.max(1) as f64;
    let most = coverage
        .counts
        .iter()
        .map(|&c| share(c))
        .fold(even, f64::max)
        * 1.08;
    let up = |percent: f64| BOTTOM - percent / most * (BOTTOM - TOP);
    draw(title, (WIDTH, HEIGHT), "", |root| {
        text(root, title, (0.0, 12.0), Role::Ink, HPos::Left, true)?;
        let unit = "share of all samples, %";
        text(root, unit, (0.0, 33.0), Role::Muted, HPos::Left, false)?;
        for mark in ticks(0.0, most, 4) {
            let y = up(mark);
            line(root, [(LEFT, y), (RIGHT, y)], Role::Rule, 1.0, 1.0)?;
            text(
                root,
                &tick(mark),
                (LEFT - 8.0, y),
                Role::Muted,
                HPos::Right,
                false,
            )?;
        }
        let slot = (RIGHT - LEFT) / coverage.modes_total.max(1) as f64;
        let bars = coverage.counts.iter().zip(&coverage.high_quality_counts);
        for (k, (&all, &good)) in bars.enumerate() {
            let from = LEFT + slot * (k as f64 + 0.14);
            let to = LEFT + slot * (k as f64 + 0.86);
            for (count, opacity) in [(all, 0.35), (good, 1.0)] {
                let fill = Role::Generated.placeholder().mix(opacity).filled();
                let corners = [units((from, up(share(count)))), units((to, BOTTOM))];
                root.draw(&Rectangle::new(corners, fill)).map_err(failed)?;
            }
        }
        line(
            root,
            [(LEFT, BOTTOM), (RIGHT, BOTTOM)],
            Role::Muted,
            1.0,
            1.0,
        )?;
        line(
            root,
            [(LEFT, up(even)), (RIGHT, up(even))],
            Role::Real,
            1.0,
            2.0,
        )?;
        text(
            root,
            "true share",
            (RIGHT + 6.0, up(even)),
            Role::Real,
            HPos::Left,
            true,
        )?;
        let (middle, below) = ((LEFT + RIGHT) / 2.0, BOTTOM + 18.0);
        text(
            root,
            "modes, in the order of their centres",
            (middle, below),
            Role::Muted,
            HPos::Center,
            false,
        )
    })
}

/// Returns the caption: the message first, then what is drawn.
pub fn caption(coverage: &ModeCoverage) -> String {
    let half = coverage.n as f64 / coverage.modes_total.max(1) as f64 / 2.0;
    let below_half = coverage
        .counts
        .iter()
        .filter(|&&c| (c as f64) < half)
        .count();
    let message = match below_half {
        0 => "Every mode has at least half of its true share".to_owned(),
        k => format!(
            "{k} of {} modes have less than half of their true share",
            coverage.modes_total
        ),
    };
    format!(
        "{message}; the reverse KL is {:.3} nats (0 if every bar ends exactly at the line, the true share). Bars: \
         each sample counts for \
         the mode with the nearest centre. Solid part: samples within {}σ of that centre.",
        coverage.reverse_kl_nats, coverage.threshold_sigmas
    )
}
