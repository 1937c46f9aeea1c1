//! Errors of methods on tasks, each cell coloured by how its error compares with the one that is allowed.

use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::figure::{Canvas, Role, draw, failed, line, text, text_width, units};
use super::format::{minus, tick};
use crate::Result;

const TOP: f64 = 28.0;
/// Of a row, and of a line of the columns' names.
const ROW: f64 = 23.0;
const LINE: f64 = 17.0;
const COLUMN: f64 = 60.0;
/// Between two cells.
const GAP: f64 = 2.0;
const LEGEND: f64 = 52.0;
const LEGEND_WIDTH: f64 = 300.0;

/// Powers of ten below and above the allowed error where the colours no longer change.
const DECADES: (f64, f64) = (-1.0, 2.0);
/// Opacity of a colour beside the allowed error, and that of the best and the worst: ink has to be read on it.
const OPACITY: (f64, f64) = (0.16, 0.52);

/// A table of signed errors: blue up to the allowed one, orange and bold beyond it, on a logarithmic scale.
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
    /// Without rows. Say the unit in `title`; a line break in a column's name is kept.
    pub fn new(title: &str, columns: &[&str], allowed: f64) -> Self {
        HeatMap {
            title: title.into(),
            columns: columns.iter().map(|&name| name.into()).collect(),
            allowed,
            rows: Vec::new(),
        }
    }

    /// A heading for the rows that follow.
    pub fn group(mut self, name: &str) -> Self {
        self.rows.push(Row::Group(name.into()));
        self
    }

    /// Errors, a column each; a dash where there is none.
    pub fn row(mut self, name: &str, errors: impl IntoIterator<Item = Option<f64>>) -> Self {
        let errors = errors.into_iter().collect();
        self.rows.push(Row::Cells(name.into(), errors));
        self
    }

    /// The figure as SVG, as large as it needs.
    ///
    /// # Errors
    /// [`Error::Usage`](crate::Error::Usage) when the drawing library refuses.
    pub fn svg(&self) -> Result<String> {
        let bottom = self.first_row() + ROW * self.rows.len() as f64;
        let right = self.left() + COLUMN * self.columns.len() as f64;
        let width = right.max(text_width(&self.title));
        let size = (width.ceil() as i32, (bottom + LEGEND).ceil() as i32);
        draw(&self.title, size, "", |root| {
            text(root, &self.title, (0.0, 12.0), Role::Ink, HPos::Left, true)?;
            self.names(root)?;
            for (i, row) in self.rows.iter().enumerate() {
                self.paint(root, row, self.first_row() + ROW * i as f64)?;
            }
            self.legend(root, bottom + 14.0)
        })
    }

    /// Where the first column begins, in pixels.
    fn left(&self) -> f64 {
        let names = self.rows.iter().map(|row| match row {
            Row::Group(_) => 0.0,
            Row::Cells(name, _) => text_width(name),
        });
        names.fold(0.0, f64::max) + 10.0
    }

    fn first_row(&self) -> f64 {
        let lines = self.columns.iter().map(|name| name.split('\n').count());
        TOP + LINE * lines.max().unwrap_or(0) as f64 + 4.0
    }

    fn middle(&self, column: usize) -> f64 {
        self.left() + COLUMN * (column as f64 + 0.5)
    }

    /// Above the columns, the last lines level.
    fn names(&self, root: &Canvas) -> Result<()> {
        for (column, name) in self.columns.iter().enumerate() {
            for (i, words) in name.split('\n').rev().enumerate() {
                let y = self.first_row() - 4.0 - LINE * (i as f64 + 0.5);
                let at = (self.middle(column), y);
                text(root, words, at, Role::Muted, HPos::Center, false)?;
            }
        }
        Ok(())
    }

    fn paint(&self, root: &Canvas, row: &Row, top: f64) -> Result<()> {
        let y = top + ROW / 2.0;
        let (name, errors) = match row {
            Row::Group(name) => {
                text(root, name, (0.0, y), Role::Ink, HPos::Left, true)?;
                // Bold letters are wider.
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
            let beyond = error.abs() > self.allowed;
            text(
                root,
                &signed(error),
                middle,
                Role::Ink,
                HPos::Center,
                beyond,
            )?;
        }
        Ok(())
    }

    /// A rectangle in the colour of an error.
    fn tint(&self, root: &Canvas, error: f64, corners: [(f64, f64); 2]) -> Result<()> {
        let decades = (error.abs() / self.allowed).log10();
        let (role, most) = match decades <= 0.0 {
            true => (Role::Real, DECADES.0),
            false => (Role::Generated, DECADES.1),
        };
        let share = (decades / most).min(1.0);
        let opacity = OPACITY.0 + (OPACITY.1 - OPACITY.0) * share;
        let style = role.sentinel().mix(opacity).filled();
        let rectangle = Rectangle::new(corners.map(units), style);
        root.draw(&rectangle).map_err(failed)
    }

    /// A strip of all colours with the errors that they stand for.
    fn legend(&self, root: &Canvas, top: f64) -> Result<()> {
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
            let words = tick(self.allowed * 10f64.powi(i));
            let below = (x(at), top + 24.0);
            text(root, &words, below, Role::Muted, HPos::Center, i == 0)?;
        }
        let before = (self.left() - 10.0, top + 6.0);
        text(
            root,
            "size of error",
            before,
            Role::Muted,
            HPos::Right,
            false,
        )
    }
}

/// Two digits or three, and no more than three decimals; no sign before what is 0 then.
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
    fn errors_are_short_and_signed() {
        let shown = [-0.0004, 0.0196, -0.314, -1.234, 12.34, -123.4].map(signed);
        assert_eq!(shown, ["0.000", "0.020", "−0.31", "−1.23", "12.3", "−123"]);
    }

    #[test]
    fn only_what_is_beyond_the_allowed_error_is_bold_and_orange() {
        let drawn = |error| {
            let map = HeatMap::new("t", &["a"], 0.02).row("x", [Some(error)]);
            let svg = map.svg().unwrap();
            let count = |what: &str| svg.matches(what).count();
            [Role::Real.css(), Role::Generated.css(), "\"bold\""].map(count)
        };
        let ([blue, orange, bold], beyond) = (drawn(-0.02), drawn(-0.0201));
        assert_eq!(beyond, [blue - 1, orange + 1, bold + 1]);
    }
}
