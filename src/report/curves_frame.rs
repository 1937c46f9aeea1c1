//! The plotting area of a line chart: its ranges, its axes, and where values lie in it.

use plotters::style::text_anchor::HPos;

use super::canvas::{Canvas, Role, line, text};
use super::format::tick;
use super::ticks::{log_ticks, ticks};
use crate::Result;

/// Size of the chart, in pixels.
pub(super) const WIDTH: i32 = 540;
pub(super) const HEIGHT: i32 = 300;
/// Distances of the plotting area from the top, the bottom and the left of the chart, in pixels.
const TOP: f64 = 58.0;
const BOTTOM: f64 = 42.0;
const LEFT: f64 = 50.0;

/// The plotting area, in pixels, and the ranges that it shows.
pub(super) struct Frame {
    /// Left border.
    pub(super) left: f64,
    /// Right border.
    pub(super) right: f64,
    /// Upper border.
    pub(super) top: f64,
    /// Lower border.
    pub(super) bottom: f64,
    x_range: (f64, f64),
    x_ticks: Vec<f64>,
    y_range: (f64, f64),
    log_y: bool,
}

/// What the frame has to hold. On a logarithmic axis, all y are logarithms.
pub(super) struct Contents {
    /// Points of all curves.
    pub(super) points: Vec<(f64, f64)>,
    /// Heights of the reference lines.
    pub(super) references: Vec<f64>,
    /// Vertical range, if it is fixed.
    pub(super) y_range: Option<(f64, f64)>,
    /// Whether the vertical axis is logarithmic.
    pub(super) log_y: bool,
    /// Width of the widest label at the right, in pixels.
    pub(super) label_width: f64,
}

impl Frame {
    /// Returns the frame for these contents; `None` without a point.
    pub(super) fn new(contents: &Contents) -> Option<Frame> {
        let points = || contents.points.iter();
        let x = range(points().map(|p| p.0))?;
        let drawn = range(points().map(|p| p.1))?;
        let y_range = contents.y_range.unwrap_or_else(|| {
            let all = points()
                .map(|p| p.1)
                .chain(contents.references.iter().copied());
            let (from, to) = range(all).unwrap_or(drawn);
            let margin = if to > from {
                0.05 * (to - from)
            } else {
                0.5 * to.abs().max(1e-6)
            };
            (from - margin, to + margin)
        });
        Some(Frame {
            left: LEFT,
            right: f64::from(WIDTH) - contents.label_width.min(180.0) - 14.0,
            top: TOP,
            bottom: f64::from(HEIGHT) - BOTTOM,
            // A single point gets a range of width 1.
            x_range: if x.1 > x.0 { x } else { (x.0 - 0.5, x.1 + 0.5) },
            x_ticks: ticks(x.0, x.1, 5),
            y_range,
            log_y: contents.log_y,
        })
    }

    /// Horizontal position of a value, in pixels.
    pub(super) fn x(&self, v: f64) -> f64 {
        let t = (v - self.x_range.0) / (self.x_range.1 - self.x_range.0);
        self.left + t * (self.right - self.left)
    }

    /// Vertical position of a value, in pixels. Values outside the range are drawn at its border.
    pub(super) fn y(&self, v: f64) -> f64 {
        let t = (v - self.y_range.0) / (self.y_range.1 - self.y_range.0);
        self.bottom - t.clamp(0.0, 1.0) * (self.bottom - self.top)
    }

    /// Draws the axes with their ticks and labels.
    pub(super) fn draw_axes(&self, root: &Canvas<'_>, x_label: &str) -> Result<()> {
        let (from, to) = self.y_range;
        let y_ticks = if self.log_y {
            log_ticks(from, to)
        } else {
            ticks(from, to, 4)
        };
        for value in y_ticks {
            let y = self.y(value);
            let label = tick(if self.log_y { 10f64.powf(value) } else { value });
            line(
                root,
                [(self.left, y), (self.right, y)],
                Role::Rule,
                1.0,
                1.0,
            )?;
            text(
                root,
                &label,
                (self.left - 8.0, y),
                Role::Muted,
                HPos::Right,
                false,
            )?;
        }
        let base = self.bottom;
        line(
            root,
            [(self.left, base), (self.right, base)],
            Role::Muted,
            1.0,
            1.0,
        )?;
        for &value in &self.x_ticks {
            let x = self.x(value);
            line(root, [(x, base), (x, base + 4.0)], Role::Muted, 1.0, 1.0)?;
            text(
                root,
                &tick(value),
                (x, base + 16.0),
                Role::Muted,
                HPos::Center,
                false,
            )?;
        }
        let middle = (self.left + self.right) / 2.0;
        text(
            root,
            x_label,
            (middle, base + 34.0),
            Role::Muted,
            HPos::Center,
            false,
        )
    }
}

fn range(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.fold(None, |range, v| {
        let (low, high) = range.unwrap_or((v, v));
        Some((low.min(v), high.max(v)))
    })
}
