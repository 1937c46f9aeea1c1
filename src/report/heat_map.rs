//! Heat maps of errors: one row per task, one column per method, coloured by the size of the error relative to an
//! allowed error.

use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::canvas::{Canvas, Role, draw, failed, line, text, text_width, units};
use super::format::{minus, tick};
use crate::Result;

const TOP: f64 = 28.0;
/// Height of a row, in pixels.
const ROW: f64 = 23.0;
/// Line height of the column names, in pixels.
const LINE: f64 = 17.0;
/// Width of a column, in pixels.
const COLUMN: f64 = 60.0;
/// Distance between two cells, in pixels.
const GAP: f64 = 2.0;
/// Height of the legend, and width of its colour scale, in pixels.
const LEGEND: f64 = 52.0;
const LEGEND_WIDTH: f64 = 300.0;

/// Range of the colour scale, as powers of ten relative to the allowed error.
const DECADES: (f64, f64) = (-1.0, 2.0);
/// Opacity of a colour next to the allowed error, and at the ends of the scale, where text must stay legible.
const OPACITY: (f64, f64) = (0.16, 0.52);

/// A table of signed errors on a logarithmic colour scale. Errors up to the allowed one are blue, larger ones orange
/// and bold.
///
/// ```
/// use ganscope::report::HeatMap;
/// let svg = HeatMap::new("Error of two methods, nats", &["first", "second\nmethod"], 0.02)
///     .group("easy")
///     .row("normal", [Some(0.001), Some(-0.3)])
///     .row("uniform", [None, Some(0.02)])
///     .svg()?;
/// assert!(svg.contains("−0.30") && svg.contains("easy"));
/// # Ok::<(), ganscope::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct HeatMap {
    title: String,
    columns: Vec<String>,
    allowed: f64,
    rows: Vec<Row>,
}

#[derive(Debug, Clone)]
enum Row {
    Group(String),
    Cells(String, Vec<Option<f64>>),
}

impl HeatMap {
    /// Creates a heat map without rows. `title` should name the unit; a column name may contain line breaks.
    pub fn new(title: &str, columns: &[&str], allowed: f64) -> Self {
        HeatMap {
            title: title.into(),
            columns: columns.iter().map(|&name| name.into()).collect(),
            allowed,
            rows: Vec::new(),
        }
    }

    /// Adds a heading for the rows that follow.
    pub fn group(mut self, name: &str) -> Self {
        self.rows.push(Row::Group(name.into()));
        self
    }

    /// Adds a row with one error per column. A dash is drawn for `None`.
    pub fn row(mut self, name: &str, errors: impl IntoIterator<Item = Option<f64>>) -> Self {
        let errors = errors.into_iter().collect();
        self.rows.push(Row::Cells(name.into(), errors));
        self
    }

    /// Returns the figure as SVG. Its size depends on the numbers of rows and columns.
    ///
    /// # Errors
    /// [`Error::Usage`](crate::Error::Usage) when the drawing library fails.
    pub fn svg(&self) -> Result<String> {
        let bottom = self.first_row() + ROW * self.rows.len() as f64;
        let right = self.left() + COLUMN * self.columns.len() as f64;
        let width = right.max(text_width(&self.title));
        let size = (width.ceil() as i32, (bottom + LEGEND).ceil() as i32);
        draw(&self.title, size, "", |root| {
            text(root, &self.title, (0.0, 12.0), Role::Ink, HPos::Left, true)?;
            self.draw_names(root)?;
            for (i, row) in self.rows.iter().enumerate() {
                self.paint(root, row, self.first_row() + ROW * i as f64)?;
            }
            self.draw_legend(root, bottom + 14.0)
        })
    }

    /// Left border of the first column, in pixels.
    fn left(&self) -> f64 {
        let names = self.rows.iter().map(|row| match row {
            Row::Group(_) => 0.0,
            Row::Cells(name, _) => text_width(name),
        });
        names.fold(0.0, f64::max) + 10.0
    }

    /// Upper border of the first row, in pixels.
    fn first_row(&self) -> f64 {
        let lines = self.columns.iter().map(|name| name.split('\n').count());
        TOP + LINE * lines.max().unwrap_or(0) as f64 + 4.0
    }

    /// Middle of a column, in pixels.
    fn middle(&self, column: usize) -> f64 {
        self.left() + COLUMN * (column as f64 + 0.5)
    }

    /// Draws the column names, aligned at their last lines.
    fn draw_names(&self, root: &Canvas<'_>) -> Result<()> {
        for (column, name) in self.columns.iter().enumerate() {
            for (i, words) in name.split('\n').rev().enumerate() {
                let y = self.first_row() - 4.0 - LINE * (i as f64 + 0.5);
                let at = (self.middle(column), y);
                text(root, words, at, Role::Muted, HPos::Center, false)?;
            }
        }
        Ok(())
    }

    fn paint(&self, root: &Canvas<'_>, row: &Row, top: f64) -> Result<()> {
        let y = top + ROW / 2.0;
        let (name, errors) = match row {
            Row::Group(name) => {
                text(root, name, (0.0, y), Role::Ink, HPos::Left, true)?;
                // Bold letters are wider than the estimate.
                let from = 1.15 * text_width(name) + 10.0;
                let to = self.middle(self.columns.len()) - COLUMN / 2.0 - GAP;
                return line(root, [(from, y), (to, y)], Role::Rule, 1.0, 1.0);
            }
            Row::Cells(name, errors) => (name, errors),
        };
        let before = (self.left() - 10.0, y);
        text(root, name, before, Role::Ink, HPos::Right, false)?;
        for (column, error) in errors.iter().enumerate() {
            let middle = (self.middle(column), y);
            let Some(error) = *error else {
                text(root, "–", middle, Role::Muted, HPos::Center, false)?;
                continue;
            };
            let half = (COLUMN - GAP) / 2.0;
            self.tint(
                root,
                error,
                [
                    (middle.0 - half, top + GAP / 2.0),
                    (middle.0 + half, top + ROW - GAP / 2.0),
                ],
            )?;
            let is_larger = error.abs() > self.allowed;
            text(
                root,
                &signed(error),
                middle,
                Role::Ink,
                HPos::Center,
                is_larger,
            )?;
        }
        Ok(())
    }

    /// Draws a rectangle in the colour of an error.
    fn tint(&self, root: &Canvas<'_>, error: f64, corners: [(f64, f64); 2]) -> Result<()> {
        let decades = (error.abs() / self.allowed).log10();
        let (role, limit) = if decades <= 0.0 {
            (Role::Real, DECADES.0)
        } else {
            (Role::Generated, DECADES.1)
        };
        let share = (decades / limit).min(1.0);
        let opacity = OPACITY.0 + (OPACITY.1 - OPACITY.0) * share;
        let style = role.placeholder().mix(opacity).filled();
        let rectangle = Rectangle::new(corners.map(units), style);
        root.draw(&rectangle).map_err(failed)
    }

    /// Draws the colour scale with the errors that its colours stand for.
    fn draw_legend(&self, root: &Canvas<'_>, top: f64) -> Result<()> {
        let steps = 60;
        let decade = |share: f64| DECADES.0 + (DECADES.1 - DECADES.0) * share;
        let x = |share: f64| self.left() + LEGEND_WIDTH * share;
        for i in 0..steps {
            let share = |i: i32| f64::from(i) / f64::from(steps);
            let middle = decade((share(i) + share(i + 1)) / 2.0);
            let corners = [(x(share(i)), top), (x(share(i + 1)), top + 12.0)];
            self.tint(root, self.allowed * 10f64.powf(middle), corners)?;
        }
        for i in DECADES.0 as i32..=DECADES.1 as i32 {
            let at = (f64::from(i) - DECADES.0) / (DECADES.1 - DECADES.0);
            let label = tick(self.allowed * 10f64.powi(i));
            let below = (x(at), top + 24.0);
            text(root, &label, below, Role::Muted, HPos::Center, i == 0)?;
        }
        let before = (self.left() - 10.0, top + 6.0);
        text(
            root,
            "absolute error",
            before,
            Role::Muted,
            HPos::Right,
            false,
        )
    }
}

/// Formats a signed error with two or three significant digits and at most three decimals. An error that rounds to
/// 0 gets no sign.
fn signed(error: f64) -> String {
    let decimals = match error.abs() {
        size if size >= 99.95 => 0,
        size if size >= 9.995 => 1,
        size if size >= 0.0995 => 2,
        _ => 3,
    };
    let shown = format!("{error:.decimals$}");
    match shown.trim_start_matches(['-', '0', '.']) {
        "" => shown.trim_start_matches('-').into(),
        _ => minus(shown),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_few_digits_and_a_sign() {
        let shown = [-0.0004, 0.0196, -0.314, -1.234, 12.34, -123.4].map(signed);
        assert_eq!(shown, ["0.000", "0.020", "−0.31", "−1.23", "12.3", "−123"]);
    }

    #[test]
    fn only_errors_above_the_allowed_one_are_bold_and_orange() {
        let drawn = |error| {
            let map = HeatMap::new("t", &["a"], 0.02).row("x", [Some(error)]);
            let svg = map.svg().unwrap();
            let count = |what: &str| svg.matches(what).count();
            [Role::Real.css(), Role::Generated.css(), "\"bold\""].map(count)
        };
        let ([blue, orange, bold], larger) = (drawn(-0.02), drawn(-0.0201));
        assert_eq!(larger, [blue - 1, orange + 1, bold + 1]);
    }
}
