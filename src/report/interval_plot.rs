//! Values with their intervals, one per row, beside what chance gives.

use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::canvas::{Canvas, Role, draw, failed, line, text, text_width, units};
use super::format::tick;
use crate::Result;

const TOP: f64 = 28.0;
/// Height of a row, in pixels.
const ROW: f64 = 21.0;
/// Width of the axis, in pixels.
const AXIS: f64 = 260.0;
/// Space below the rows for the axis, in pixels.
const BOTTOM: f64 = 44.0;
/// Radius of a dot, in pixels.
const DOT: f64 = 4.0;

/// A row of an [`IntervalPlot`].
#[derive(Debug, Clone, PartialEq)]
struct Row {
    name: String,
    value: f64,
    interval: (f64, f64),
    chance: Option<f64>,
}

/// Dots with intervals on a common axis that begins at 0 or below. A row whose interval is not above chance is grey.
///
/// ```
/// use ganscope::report::IntervalPlot;
/// let svg = IntervalPlot::new("Information", "bits")
///     .row("component 1", 0.8, (0.7, 0.9), Some(0.2))
///     .row("component 2", 0.2, (0.1, 0.3), Some(0.2))
///     .svg()?;
/// assert!(svg.contains("component 2") && svg.contains("bits"));
/// # Ok::<(), ganscope::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct IntervalPlot {
    title: String,
    unit: String,
    rows: Vec<Row>,
}

impl IntervalPlot {
    /// Creates a plot without rows. `unit` is the label of the axis.
    pub fn new(title: &str, unit: &str) -> Self {
        IntervalPlot {
            title: title.into(),
            unit: unit.into(),
            rows: Vec::new(),
        }
    }

    /// Adds a row: a value with its interval, and the value that chance gives.
    pub fn row(
        mut self,
        name: &str,
        value: f64,
        interval: (f64, f64),
        chance: Option<f64>,
    ) -> Self {
        self.rows.push(Row {
            name: name.into(),
            value,
            interval,
            chance,
        });
        self
    }

    /// Returns the figure as SVG. Its height depends on the number of rows.
    ///
    /// # Errors
    /// [`Error::Usage`](crate::Error::Usage) when the drawing library fails.
    pub fn svg(&self) -> Result<String> {
        let names = self.rows.iter().map(|row| text_width(&row.name));
        let left = names.fold(0.0, f64::max) + 14.0;
        let bottom = TOP + ROW * self.rows.len() as f64;
        let width = (left + AXIS + 20.0).max(text_width(&self.title));
        let size = (width.ceil() as i32, (bottom + BOTTOM).ceil() as i32);
        let (low, high) = self.range();
        let x = |v: f64| left + AXIS * ((v - low) / (high - low)).clamp(0.0, 1.0);
        let label = format!("{}. Horizontal axis: {}.", self.title, self.unit);
        draw(&label, size, "", |root| {
            text(root, &self.title, (0.0, 12.0), Role::Ink, HPos::Left, true)?;
            for i in 0..=4 {
                let value = low + (high - low) * f64::from(i) / 4.0;
                line(
                    root,
                    [(x(value), TOP), (x(value), bottom)],
                    Role::Rule,
                    1.0,
                    1.0,
                )?;
                let below = (x(value), bottom + 12.0);
                text(root, &tick(value), below, Role::Muted, HPos::Center, false)?;
            }
            let middle = (left + AXIS / 2.0, bottom + 32.0);
            text(root, &self.unit, middle, Role::Muted, HPos::Center, false)?;
            for (i, row) in self.rows.iter().enumerate() {
                row.paint(root, TOP + ROW * (i as f64 + 0.5), left, &x)?;
            }
            Ok(())
        })
    }

    /// The range of the axis: from 0, or the smallest value if that is negative, to a round number.
    fn range(&self) -> (f64, f64) {
        let ends = self.rows.iter().flat_map(|row| {
            let chance = row.chance.unwrap_or(0.0);
            [row.interval.0, row.interval.1, row.value, chance]
        });
        let finite = ends.filter(|v| v.is_finite());
        let (low, high) = finite.fold((0f64, 0f64), |(l, h), v| (l.min(v), h.max(v)));
        let high = if high > low { high } else { low + 1.0 };
        // Four steps, each 1, 2, 2.5 or 5 times a power of ten.
        let step = (high - low) / 4.0;
        let decade = 10f64.powf(step.log10().floor());
        let round = [1.0, 2.0, 2.5, 5.0, 10.0].map(|m| m * decade);
        let step = round
            .into_iter()
            .find(|s| *s >= step * 0.999)
            .unwrap_or(step);
        let low = (low / step).floor() * step;
        (low, low + step * ((high - low) / step).ceil().max(4.0))
    }
}

impl Row {
    fn paint(&self, root: &Canvas<'_>, y: f64, left: f64, x: &dyn Fn(f64) -> f64) -> Result<()> {
        let is_real = self.chance.is_none_or(|chance| self.interval.0 > chance);
        let (role, name) = if is_real {
            (Role::Real, Role::Ink)
        } else {
            (Role::Muted, Role::Muted)
        };
        text(root, &self.name, (left - 10.0, y), name, HPos::Right, false)?;
        let ends = [(x(self.interval.0), y), (x(self.interval.1), y)];
        line(root, ends, role, 1.0, 2.0)?;
        if let Some(chance) = self.chance {
            let at = x(chance);
            let mark = [(at, y - 6.0), (at, y + 6.0)];
            line(root, mark, Role::Generated, 1.0, 2.0)?;
        }
        let radius = units((DOT, 0.0)).0;
        let dot = Circle::new(
            units((x(self.value), y)),
            radius,
            role.placeholder().filled(),
        );
        root.draw(&dot).map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_holds_everything_and_has_round_ends() {
        let plot = IntervalPlot::new("t", "bits").row("a", 0.31, (0.2, 0.43), Some(0.1));
        assert_eq!(plot.range(), (0.0, 0.8));
        let plot = plot.row("b", -0.3, (-0.5, 0.1), None);
        let (low, high) = plot.range();
        assert!(low <= -0.5 && high >= 0.43, "{low} {high}");
        assert_eq!(IntervalPlot::new("t", "bits").range(), (0.0, 1.0));
    }

    #[test]
    fn only_rows_above_chance_have_a_colour() {
        let drawn = |low| {
            let plot = IntervalPlot::new("t", "bits").row("a", 0.5, (low, 0.6), Some(0.3));
            plot.svg().unwrap().matches(Role::Real.css()).count()
        };
        assert_eq!((drawn(0.29), drawn(0.31)), (0, 2));
    }
}
