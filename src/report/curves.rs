//! Line charts.

use plotters::style::text_anchor::HPos;

use super::canvas::{Canvas, Role, draw, line, text, text_width};
use super::curves_frame::{Contents, Frame, HEIGHT, WIDTH};
use super::labels::{Label, separate};
use super::thinning::{decimated, running_mean};
use crate::Result;

/// A curve with at least this many points is drawn thin, with its running mean thick.
const NOISY: usize = 160;

/// A line chart whose curves are labelled at their right ends.
///
/// A curve of at least 160 points is drawn as a thin line with its running mean as a thick one.
///
/// ```
/// use ganscope::report::Curves;
/// let svg = Curves::new("Losses", "step", "loss, nats")
///     .series("D", (0..5000).map(|i| (i as f64, 1.39 - 1.0 / (1.0 + i as f64))))
///     .reference("ln 4", 4f64.ln())
///     .svg()?;
/// assert!(svg.starts_with("<svg ") && svg.contains("ln 4"));
/// assert!(svg.len() < 30_000, "5,000 points are reduced to two per pixel");
/// # Ok::<(), ganscope::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Curves {
    title: String,
    x_label: String,
    y_label: String,
    series: Vec<Series>,
    references: Vec<(String, f64)>,
    log_y: bool,
    y_range: Option<(f64, f64)>,
}

#[derive(Debug, Clone)]
struct Series {
    name: String,
    points: Vec<(f64, f64)>,
}

impl Curves {
    /// Creates an empty chart. `y_label` should name the unit.
    pub fn new(title: &str, x_label: &str, y_label: &str) -> Self {
        Self {
            title: title.into(),
            x_label: x_label.into(),
            y_label: y_label.into(),
            ..Self::default()
        }
    }

    /// Adds a curve through points (x, y) with increasing x. Points that are not finite are left out.
    pub fn series(mut self, name: &str, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        self.series.push(Series {
            name: name.into(),
            points: points.into_iter().collect(),
        });
        self
    }

    /// Adds a dashed horizontal line, such as the loss at equilibrium.
    pub fn reference(mut self, name: &str, value: f64) -> Self {
        self.references.push((name.into(), value));
        self
    }

    /// Makes the vertical axis logarithmic. Values that are not positive are left out.
    pub fn log_y(mut self) -> Self {
        self.log_y = true;
        self
    }

    /// Fixes the range of the vertical axis, as for a probability. Values outside it are drawn at its border.
    pub fn y_range(mut self, from: f64, to: f64) -> Self {
        self.y_range = Some((from, to));
        self
    }

    /// Returns whether no series has a point that can be drawn.
    pub fn is_empty(&self) -> bool {
        self.plotted().iter().all(|s| s.points.is_empty())
    }

    /// Returns whether a curve is drawn twice: the values thin and their running mean thick.
    pub(super) fn is_noisy(&self) -> bool {
        self.plotted().iter().any(|s| s.points.len() >= NOISY)
    }

    /// Describes the chart in words: its title, axes, curves and reference lines.
    pub fn description(&self) -> String {
        let curves: Vec<&str> = self.series.iter().map(|s| s.name.as_str()).collect();
        let references: Vec<&str> = self.references.iter().map(|r| r.0.as_str()).collect();
        let mut parts = vec![
            self.title.clone(),
            format!("Vertical axis: {}", self.y_label),
            format!("Horizontal axis: {}", self.x_label),
            format!("Curves: {}", curves.join(", ")),
        ];
        match references[..] {
            [] => {}
            [one] => parts.push(format!("Dashed line: {one}")),
            _ => parts.push(format!("Dashed lines: {}", references.join(", "))),
        }
        parts.join(". ") + "."
    }

    /// Returns the chart as SVG of 540 × 300 pixels.
    ///
    /// # Errors
    /// [`Error::Usage`](crate::Error::Usage) when the drawing library fails.
    pub fn svg(&self) -> Result<String> {
        let series = self.plotted();
        draw(&self.description(), (WIDTH, HEIGHT), "", |root| {
            self.paint(root, &series)
        })
    }

    /// The finite points, with log₁₀ y on a logarithmic axis.
    fn plotted(&self) -> Vec<Series> {
        let keep = |&(x, y): &(f64, f64)| {
            let y = self.scale(y);
            (x.is_finite() && y.is_finite()).then_some((x, y))
        };
        let plot = |s: &Series| Series {
            name: s.name.clone(),
            points: s.points.iter().filter_map(keep).collect(),
        };
        self.series.iter().map(plot).collect()
    }

    /// A logarithmic axis is a linear axis of log₁₀ y.
    fn scale(&self, y: f64) -> f64 {
        if self.log_y { y.log10() } else { y }
    }

    fn paint(&self, root: &Canvas<'_>, series: &[Series]) -> Result<()> {
        text(root, &self.title, (0.0, 12.0), Role::Ink, HPos::Left, true)?;
        text(
            root,
            &self.y_label,
            (0.0, 33.0),
            Role::Muted,
            HPos::Left,
            false,
        )?;
        let references: Vec<(&str, f64)> = self
            .references
            .iter()
            .map(|(name, value)| (name.as_str(), self.scale(*value)))
            .filter(|(_, value)| value.is_finite())
            .collect();
        let Some(frame) = self.frame(series, &references) else {
            let middle = (f64::from(WIDTH) / 2.0, f64::from(HEIGHT) / 2.0);
            return text(
                root,
                "no finite values were logged",
                middle,
                Role::Muted,
                HPos::Center,
                false,
            );
        };
        frame.draw_axes(root, &self.x_label)?;

        let mut labels = Vec::new();
        for &(name, value) in &references {
            let y = frame.y(value);
            dashed(root, &frame, y)?;
            let role = Role::Muted;
            labels.push(Label {
                y,
                text: name,
                role,
            });
        }
        for (index, s) in series.iter().enumerate() {
            let role = Role::series(index);
            if let Some(y) = curve(root, &frame, &s.points, role)? {
                let text = &s.name;
                labels.push(Label { y, text, role });
            }
        }
        separate(&mut labels, (frame.top, frame.bottom));
        for Label {
            y,
            text: name,
            role,
        } in labels
        {
            text(
                root,
                name,
                (frame.right + 8.0, y),
                role,
                HPos::Left,
                role != Role::Muted,
            )?;
        }
        Ok(())
    }

    /// The plotting area; `None` without a point.
    fn frame(&self, series: &[Series], references: &[(&str, f64)]) -> Option<Frame> {
        let names = series.iter().map(|s| s.name.as_str());
        let names = names.chain(references.iter().map(|r| r.0));
        Frame::new(&Contents {
            points: series.iter().flat_map(|s| s.points.clone()).collect(),
            references: references.iter().map(|r| r.1).collect(),
            y_range: self
                .y_range
                .map(|(from, to)| (self.scale(from), self.scale(to))),
            log_y: self.log_y,
            label_width: names.map(text_width).fold(0.0, f64::max),
        })
    }
}

/// Draws a dashed line across the plotting area.
fn dashed(root: &Canvas<'_>, frame: &Frame, y: f64) -> Result<()> {
    let dash = |i: i32| {
        let from = frame.left + 8.0 * f64::from(i);
        (from, from + 4.0)
    };
    for (from, to) in (0..).map(dash).take_while(|d| d.1 <= frame.right) {
        line(root, [(from, y), (to, y)], Role::Muted, 1.0, 1.25)?;
    }
    Ok(())
}

/// Draws a curve and returns the vertical position of its last point, in pixels.
fn curve(
    root: &Canvas<'_>,
    frame: &Frame,
    points: &[(f64, f64)],
    role: Role,
) -> Result<Option<f64>> {
    let columns = (frame.right - frame.left) as usize;
    let place = |&(x, y): &(f64, f64)| (frame.x(x), frame.y(y));
    let raw = decimated(points, columns);
    if let [point] = &raw[..] {
        let (x, y) = place(point);
        line(root, [(x - 2.5, y), (x + 2.5, y)], role, 1.0, 5.0)?;
    }
    let labelled = if points.len() < NOISY {
        line(root, raw.iter().map(place), role, 1.0, 2.0)?;
        raw
    } else {
        line(root, raw.iter().map(place), role, 0.3, 1.0)?;
        let mean = decimated(&running_mean(points), columns / 2);
        line(root, mean.iter().map(place), role, 1.0, 2.0)?;
        mean
    };
    Ok(labelled.last().map(|&(_, y)| frame.y(y)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_point_is_a_dot_above_its_tick() {
        let svg = Curves::new("t", "step", "y")
            .series("D", [(2.0, 1.0)])
            .svg()
            .unwrap();
        let ticks: Vec<&str> = svg.lines().map(str::trim).filter(|l| *l == "2").collect();
        assert_eq!(ticks.len(), 1, "{svg}");
        assert!(!svg.contains("1.8") && !svg.contains("2.2"), "{svg}");
        let thick = format!("stroke-width=\"{}\"", 5 * super::super::canvas::UNIT);
        assert!(svg.contains(&thick), "{svg}");
    }

    #[test]
    fn empty_constant_and_non_finite_series_can_be_drawn() {
        let odd: [&[(f64, f64)]; 4] = [
            &[],
            &[(1.0, 2.0)],
            &[(0.0, f64::NAN)],
            &[(0.0, 1.0), (1.0, 1.0)],
        ];
        for points in odd {
            for chart in [
                Curves::new("<t>", "x", "y"),
                Curves::new("<t>", "x", "y").log_y(),
            ] {
                let svg = chart.series("s", points.iter().copied()).svg().unwrap();
                assert!(
                    svg.contains("&lt;t&gt;") && !svg.contains("<t>") && !svg.contains("NaN"),
                    "{svg}"
                );
            }
        }
    }

    #[test]
    fn the_description_names_axes_curves_and_reference_lines() {
        let chart = Curves::new("Losses", "step", "loss, nats")
            .series("D", [])
            .series("G", [])
            .reference("ln 4", 1.386);
        assert_eq!(
            chart.description(),
            "Losses. Vertical axis: loss, nats. Horizontal axis: step. Curves: D, G. Dashed line: ln 4."
        );
    }
}
