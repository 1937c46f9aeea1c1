//! Line charts of training: what was logged, thin, and its running mean, thick.

use plotters::style::text_anchor::HPos;

use super::figure::{Canvas, Role, draw, line, log_ticks, text, text_width, ticks};
use super::format::tick;
use super::thinning::{decimated, running_mean};
use crate::Result;

const WIDTH: i32 = 540;
const HEIGHT: i32 = 300;
const TOP: f64 = 58.0;
const BOTTOM: f64 = 42.0;
const LEFT: f64 = 50.0;

/// Least distance between two labels, in pixels.
const LABEL_GAP: f64 = 17.0;

/// From this many points on, a curve is drawn as a band with its running mean.
const NOISY: usize = 160;

/// A line chart: curves labelled at their right ends, and reference lines to read them against.
///
/// ```
/// use ganscope::report::Curves;
/// let svg = Curves::new("Losses", "step", "loss, nats")
///     .series("D", (0..5000).map(|i| (i as f64, 1.39 - 1.0 / (1.0 + i as f64))))
///     .reference("ln 4", 4f64.ln())
///     .svg()?;
/// assert!(svg.starts_with("<svg ") && svg.contains("ln 4"));
/// assert!(svg.len() < 30_000, "5,000 points are drawn as two a pixel");
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
    /// An empty chart; say the unit in `y_label`.
    pub fn new(title: &str, x_label: &str, y_label: &str) -> Self {
        Self {
            title: title.into(),
            x_label: x_label.into(),
            y_label: y_label.into(),
            ..Self::default()
        }
    }

    /// Adds a curve of (x, y), x rising. Points that are not finite are left out.
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

    /// Makes the vertical axis logarithmic; values that are not positive are left out.
    pub fn log_y(mut self) -> Self {
        self.log_y = true;
        self
    }

    /// Fixes the vertical range, where it is known beforehand, as for a probability.
    pub fn y_range(mut self, from: f64, to: f64) -> Self {
        self.y_range = Some((from, to));
        self
    }

    /// Whether there is anything to draw.
    pub fn is_empty(&self) -> bool {
        self.plotted().iter().all(|s| s.points.is_empty())
    }

    /// Whether a curve is drawn twice: what was logged, thin, and its running mean, thick.
    pub(super) fn is_noisy(&self) -> bool {
        self.plotted().iter().any(|s| s.points.len() >= NOISY)
    }

    /// The chart as SVG, 540 × 300 pixels.
    ///
    /// # Errors
    /// [`Error::Usage`](crate::Error::Usage) when the drawing library refuses.
    pub fn svg(&self) -> Result<String> {
        let series = self.plotted();
        draw(&self.title, (WIDTH, HEIGHT), "", |root| {
            self.paint(root, &series)
        })
    }

    /// What reaches the paper: finite points, on the axis' scale.
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

    /// A logarithmic axis is a linear one of log₁₀ y.
    fn scale(&self, y: f64) -> f64 {
        if self.log_y { y.log10() } else { y }
    }

    fn paint(&self, root: &Canvas, series: &[Series]) -> Result<()> {
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
        self.axes(root, &frame)?;

        let mut labels = Vec::new();
        for &(name, value) in &references {
            let y = frame.y(value);
            let dash = |i: i32| {
                (
                    frame.left + 8.0 * f64::from(i),
                    frame.left + 8.0 * f64::from(i) + 4.0,
                )
            };
            for (from, to) in (0..).map(dash).take_while(|d| d.1 <= frame.right) {
                line(root, [(from, y), (to, y)], Role::Muted, 1.0, 1.25)?;
            }
            labels.push((y, name, Role::Muted));
        }
        for (index, s) in series.iter().enumerate() {
            let role = Role::series(index);
            let columns = (frame.right - frame.left) as usize;
            let place = |&(x, y): &(f64, f64)| (frame.x(x), frame.y(y));
            let raw = decimated(&s.points, columns);
            if let [point] = &raw[..] {
                let (x, y) = place(point);
                line(root, [(x - 2.5, y), (x + 2.5, y)], role, 1.0, 5.0)?;
            }
            let smooth = if s.points.len() < NOISY {
                line(root, raw.iter().map(place), role, 1.0, 2.0)?;
                raw
            } else {
                line(root, raw.iter().map(place), role, 0.3, 1.0)?;
                let mean = decimated(&running_mean(&s.points), columns / 2);
                line(root, mean.iter().map(place), role, 1.0, 2.0)?;
                mean
            };
            if let Some(&(_, y)) = smooth.last() {
                labels.push((frame.y(y), &s.name, role));
            }
        }
        spread(&mut labels, (frame.top, frame.bottom));
        for (y, name, role) in labels {
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

    /// The ranges and where they lie; `None` without a point.
    fn frame(&self, series: &[Series], references: &[(&str, f64)]) -> Option<Frame> {
        let points = || series.iter().flat_map(|s| &s.points);
        let x = range(points().map(|p| p.0))?;
        let drawn = range(points().map(|p| p.1))?;
        let y = match self.y_range {
            Some((from, to)) => (self.scale(from), self.scale(to)),
            None => {
                let all = points().map(|p| p.1).chain(references.iter().map(|r| r.1));
                let (from, to) = range(all).unwrap_or(drawn);
                let pad = if to > from {
                    0.05 * (to - from)
                } else {
                    0.5 * to.abs().max(1e-6)
                };
                (from - pad, to + pad)
            }
        };
        let names = series.iter().map(|s| s.name.as_str());
        let widest = names
            .chain(references.iter().map(|r| r.0))
            .map(text_width)
            .fold(0.0, f64::max);
        Some(Frame {
            left: LEFT,
            right: f64::from(WIDTH) - widest.min(180.0) - 14.0,
            top: TOP,
            bottom: f64::from(HEIGHT) - BOTTOM,
            // A single point needs some width to stand in.
            x_range: if x.1 > x.0 { x } else { (x.0 - 0.5, x.1 + 0.5) },
            x_marks: ticks(x.0, x.1, 5),
            y_range: y,
        })
    }

    fn axes(&self, root: &Canvas, frame: &Frame) -> Result<()> {
        let (from, to) = frame.y_range;
        let marks = if self.log_y {
            log_ticks(from, to)
        } else {
            ticks(from, to, 4)
        };
        for mark in marks {
            let y = frame.y(mark);
            let words = tick(if self.log_y { 10f64.powf(mark) } else { mark });
            line(
                root,
                [(frame.left, y), (frame.right, y)],
                Role::Rule,
                1.0,
                1.0,
            )?;
            text(
                root,
                &words,
                (frame.left - 8.0, y),
                Role::Muted,
                HPos::Right,
                false,
            )?;
        }
        let base = frame.bottom;
        line(
            root,
            [(frame.left, base), (frame.right, base)],
            Role::Muted,
            1.0,
            1.0,
        )?;
        for &mark in &frame.x_marks {
            let x = frame.x(mark);
            line(root, [(x, base), (x, base + 4.0)], Role::Muted, 1.0, 1.0)?;
            text(
                root,
                &tick(mark),
                (x, base + 16.0),
                Role::Muted,
                HPos::Center,
                false,
            )?;
        }
        let middle = (frame.left + frame.right) / 2.0;
        text(
            root,
            &self.x_label,
            (middle, base + 34.0),
            Role::Muted,
            HPos::Center,
            false,
        )
    }
}

/// The plot's rectangle in pixels and the ranges it shows.
struct Frame {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    x_range: (f64, f64),
    x_marks: Vec<f64>,
    y_range: (f64, f64),
}

impl Frame {
    fn x(&self, v: f64) -> f64 {
        let t = (v - self.x_range.0) / (self.x_range.1 - self.x_range.0);
        self.left + t * (self.right - self.left)
    }

    fn y(&self, v: f64) -> f64 {
        let t = (v - self.y_range.0) / (self.y_range.1 - self.y_range.0);
        // A value outside a fixed range is drawn at its border, not over the title.
        self.bottom - t.clamp(0.0, 1.0) * (self.bottom - self.top)
    }
}

fn range(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.fold(None, |range, v| {
        let (low, high) = range.unwrap_or((v, v));
        Some((low.min(v), high.max(v)))
    })
}

/// Moves labels apart until none covers another, as little as possible, keeping their order.
///
/// Labels too close form a block, which stands centred on where its members wanted to be.
fn spread(labels: &mut [(f64, &str, Role)], (top, bottom): (f64, f64)) {
    labels.sort_by(|a, b| a.0.total_cmp(&b.0));
    // Blocks as (first place, members).
    let mut blocks: Vec<(f64, usize)> = Vec::new();
    let mut wanted: Vec<f64> = Vec::new();
    for label in labels.iter() {
        wanted.push(label.0);
        let mut block = (label.0, 1);
        while let Some(&(above, size)) = blocks.last() {
            if above + size as f64 * LABEL_GAP <= block.0 {
                break;
            }
            blocks.pop();
            let members = size + block.1;
            let centre = wanted[wanted.len() - members..].iter().sum::<f64>() / members as f64;
            let height = (members - 1) as f64 * LABEL_GAP;
            let first = (centre - height / 2.0).min(bottom - height).max(top);
            block = (first, members);
        }
        blocks.push(block);
    }
    let places = blocks
        .iter()
        .flat_map(|&(first, members)| (0..members).map(move |i| first + i as f64 * LABEL_GAP));
    for (label, place) in labels.iter_mut().zip(places) {
        label.0 = place;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_end_up_apart_and_inside() {
        let mut labels = [
            (100.0, "a", Role::Ink),
            (101.0, "b", Role::Ink),
            (99.0, "c", Role::Ink),
        ];
        spread(&mut labels, (0.0, 105.0));
        assert!(
            labels.windows(2).all(|w| w[1].0 - w[0].0 >= LABEL_GAP),
            "{labels:?}"
        );
        assert!(
            labels.iter().all(|l| (0.0..=105.0).contains(&l.0)),
            "{labels:?}"
        );
    }

    #[test]
    fn a_single_point_is_a_dot_over_its_own_mark() {
        let svg = Curves::new("t", "step", "y")
            .series("D", [(2.0, 1.0)])
            .svg()
            .unwrap();
        let marks: Vec<&str> = svg.lines().map(str::trim).filter(|l| *l == "2").collect();
        assert_eq!(marks.len(), 1, "{svg}");
        assert!(!svg.contains("1.8") && !svg.contains("2.2"), "{svg}");
        let thick = format!("stroke-width=\"{}\"", 5 * super::super::figure::UNIT);
        assert!(svg.contains(&thick), "{svg}");
    }

    #[test]
    fn draws_whatever_was_logged() {
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
}
