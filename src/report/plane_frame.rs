//! The plotting area of [`Plane`](super::Plane), where one unit has the same length in both directions.

use plotters::style::text_anchor::HPos;

use super::canvas::{Canvas, Role, line, text};
use super::contour::Grid;
use super::format::tick;
use super::ticks::ticks;
use crate::Result;
use crate::data::Mixture;
use crate::evaluate::HIGH_QUALITY_SIGMAS;

/// Width of the figure, in pixels.
pub(super) const WIDTH: i32 = 540;
/// Position and width of the plotting area, in pixels.
const TOP: f64 = 28.0;
const LEFT: f64 = 34.0;
const SIDE: f64 = 498.0;

/// Smallest radius of a ring that is easy to see, in pixels.
const MIN_RING_RADIUS: f64 = 8.0;

/// The plotting area, in pixels, and the ranges that it shows.
pub(super) struct Frame {
    /// Left border.
    pub(super) left: f64,
    /// Upper border.
    pub(super) top: f64,
    /// Width of the area.
    pub(super) width: f64,
    /// Height of the area.
    pub(super) height: f64,
    x: (f64, f64),
    y: (f64, f64),
}

impl Frame {
    /// Returns the frame for the ranges of a grid.
    pub(super) fn new(grid: &Grid) -> Self {
        let (x, y) = (grid.x(), grid.y());
        // Limits for ranges of very different lengths.
        let height = (SIDE * (y.1 - y.0) / (x.1 - x.0))
            .clamp(0.25 * SIDE, 2.0 * SIDE)
            .round();
        Self {
            left: LEFT,
            top: TOP,
            width: SIDE,
            height,
            x,
            y,
        }
    }

    /// Lower border.
    pub(super) fn bottom(&self) -> f64 {
        self.top + self.height
    }

    /// Converts a point of the plane to pixels.
    pub(super) fn place(&self, p: [f64; 2]) -> (f64, f64) {
        let across = (p[0] - self.x.0) / (self.x.1 - self.x.0);
        let up = (p[1] - self.y.0) / (self.y.1 - self.y.0);
        (
            self.left + across * self.width,
            self.bottom() - up * self.height,
        )
    }

    /// Returns whether a point of the plane is inside.
    pub(super) fn contains(&self, p: [f64; 2]) -> bool {
        (self.x.0..=self.x.1).contains(&p[0]) && (self.y.0..=self.y.1).contains(&p[1])
    }

    /// Length of 3σ in pixels.
    fn three_sigma(&self, mixture: &Mixture) -> f64 {
        HIGH_QUALITY_SIGMAS * mixture.sigma * self.width / (self.x.1 - self.x.0)
    }

    /// Returns whether [`Frame::ring_radius`] is 3σ; otherwise 3σ would be too small to see.
    pub(super) fn shows_three_sigma(&self, mixture: &Mixture) -> bool {
        self.three_sigma(mixture) >= MIN_RING_RADIUS
    }

    /// Radius of the ring around a mode, in pixels.
    pub(super) fn ring_radius(&self, mixture: &Mixture) -> f64 {
        self.three_sigma(mixture).clamp(MIN_RING_RADIUS, self.width)
    }

    /// Horizontal position of a value of D(x) on the colour scale, in pixels.
    pub(super) fn legend_x(&self, d: f64) -> f64 {
        self.left + 0.33 * self.width + d * 0.5 * self.width
    }

    /// Draws the border with its ticks.
    pub(super) fn draw_axes(&self, root: &Canvas<'_>) -> Result<()> {
        let (right, bottom) = (self.left + self.width, self.bottom());
        let corners = [
            (self.left, self.top),
            (right, self.top),
            (right, bottom),
            (self.left, bottom),
            (self.left, self.top),
        ];
        line(root, corners, Role::Rule, 1.0, 1.0)?;
        for value in ticks(self.x.0, self.x.1, 5) {
            let (x, _) = self.place([value, self.y.0]);
            line(
                root,
                [(x, bottom), (x, bottom + 4.0)],
                Role::Muted,
                1.0,
                1.0,
            )?;
            text(
                root,
                &tick(value),
                (x, bottom + 16.0),
                Role::Muted,
                HPos::Center,
                false,
            )?;
        }
        for value in ticks(self.y.0, self.y.1, 5) {
            let (_, y) = self.place([self.x.0, value]);
            line(
                root,
                [(self.left - 4.0, y), (self.left, y)],
                Role::Muted,
                1.0,
                1.0,
            )?;
            text(
                root,
                &tick(value),
                (self.left - 7.0, y),
                Role::Muted,
                HPos::Right,
                false,
            )?;
        }
        Ok(())
    }
}
