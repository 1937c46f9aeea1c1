//! Phase portraits: trajectories of two parameters over the vector field that drives them.

use plotters::style::text_anchor::HPos;

use super::canvas::{Canvas, Role, draw, line, text};
use super::format::tick;
use super::ticks::ticks;
use crate::Result;

const WIDTH: i32 = 540;
const HEIGHT: i32 = 440;
const SIDE: f64 = 360.0;
const LEFT: f64 = 46.0;
const TOP: f64 = 34.0;
/// Arrows along each side of the square.
const ARROWS: usize = 15;
/// Least distance between two drawn points of a trajectory, as a share of half the square's side. Shorter steps
/// would not be visible.
const MIN_STEP: f64 = 0.004;

/// A phase portrait: trajectories in a square around the origin.
///
/// ```
/// use ganscope::{gan::dirac::DiracGan, report::PhasePlane};
/// let game = DiracGan { gamma: 0.0 };
/// let svg = PhasePlane::new("A circle", "θ", "ψ", 1.5)
///     .field(|p| game.field(p))
///     .path("γ = 0", game.flow([1.0, 0.0], 0.1, 200))
///     .svg()?;
/// assert!(svg.contains("γ = 0") && svg.len() < 120_000);
/// # Ok::<(), ganscope::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct PhasePlane {
    title: String,
    x_label: String,
    y_label: String,
    reach: f64,
    arrows: Vec<[[f64; 2]; 2]>,
    paths: Vec<(String, Vec<[f64; 2]>)>,
}

impl PhasePlane {
    /// Creates an empty portrait from −`reach` to `reach` in both directions.
    pub fn new(title: &str, x_label: &str, y_label: &str, reach: f64) -> Self {
        PhasePlane {
            title: title.into(),
            x_label: x_label.into(),
            y_label: y_label.into(),
            reach,
            arrows: Vec::new(),
            paths: Vec::new(),
        }
    }

    /// Adds arrows along a vector field. The longest arrow is nearly as long as the distance between two arrows.
    pub fn field(mut self, field: impl Fn([f64; 2]) -> [f64; 2]) -> Self {
        let gap = 2.0 * self.reach / ARROWS as f64;
        let at = |i: usize| -self.reach + gap * (i as f64 + 0.5);
        let places = (0..ARROWS * ARROWS).map(|i| [at(i % ARROWS), at(i / ARROWS)]);
        let vectors: Vec<_> = places.map(|p| (p, field(p))).collect();
        let longest = vectors
            .iter()
            .map(|(_, [x, y])| x.hypot(*y))
            .fold(0.0, f64::max);
        let scale = 0.9 * gap / longest.max(f64::MIN_POSITIVE);
        let arrow = |([x, y], v): ([f64; 2], [f64; 2])| {
            let (dx, dy) = (v[0] * scale / 2.0, v[1] * scale / 2.0);
            [[x - dx, y - dy], [x + dx, y + dy]]
        };
        self.arrows = vectors.into_iter().map(arrow).collect();
        self
    }

    /// Adds a trajectory. A ring marks its start and a dot its end.
    pub fn path(mut self, name: &str, points: impl IntoIterator<Item = [f64; 2]>) -> Self {
        self.paths.push((name.into(), points.into_iter().collect()));
        self
    }

    /// Describes the figure in words: its title, axes and trajectories.
    pub fn description(&self) -> String {
        let names: Vec<&str> = self.paths.iter().map(|(name, _)| name.as_str()).collect();
        format!(
            "{}. Horizontal axis: {}. Vertical axis: {}. Trajectories: {}.",
            self.title,
            self.x_label,
            self.y_label,
            names.join(", ")
        )
    }

    /// Returns the figure as SVG of 540 × 440 pixels.
    ///
    /// # Errors
    /// [`Error::Usage`](crate::Error::Usage) when the drawing library fails.
    pub fn svg(&self) -> Result<String> {
        draw(&self.description(), (WIDTH, HEIGHT), "", |root| {
            self.paint(root)
        })
    }

    fn place(&self, [x, y]: [f64; 2]) -> (f64, f64) {
        let along = |v: f64| (v / self.reach + 1.0) / 2.0 * SIDE;
        (LEFT + along(x), TOP + SIDE - along(y))
    }

    fn paint(&self, root: &Canvas<'_>) -> Result<()> {
        text(root, &self.title, (0.0, 12.0), Role::Ink, HPos::Left, true)?;
        let (right, bottom) = (LEFT + SIDE, TOP + SIDE);
        for value in ticks(-self.reach, self.reach, 4) {
            let (x, y) = self.place([value, value]);
            line(root, [(x, TOP), (x, bottom)], Role::Rule, 1.0, 1.0)?;
            line(root, [(LEFT, y), (right, y)], Role::Rule, 1.0, 1.0)?;
            let label = tick(value);
            text(
                root,
                &label,
                (x, bottom + 14.0),
                Role::Muted,
                HPos::Center,
                false,
            )?;
            text(
                root,
                &label,
                (LEFT - 8.0, y),
                Role::Muted,
                HPos::Right,
                false,
            )?;
        }
        let middle = LEFT + SIDE / 2.0;
        text(
            root,
            &self.x_label,
            (middle, bottom + 34.0),
            Role::Muted,
            HPos::Center,
            false,
        )?;
        text(
            root,
            &self.y_label,
            (right + 10.0, TOP + 6.0),
            Role::Muted,
            HPos::Left,
            false,
        )?;
        for [from, to] in &self.arrows {
            let (from, to) = (self.place(*from), self.place(*to));
            line(root, [from, to], Role::Muted, 0.6, 1.0)?;
            for wing in arrowhead(from, to) {
                line(root, [wing, to], Role::Muted, 0.6, 1.0)?;
            }
        }
        for (index, (name, points)) in self.paths.iter().enumerate() {
            let role = Role::series(index);
            let inside = |p: &&[f64; 2]| p.iter().all(|v| v.abs() <= self.reach);
            let drawn: Vec<_> = thinned(points.iter().take_while(inside), MIN_STEP * self.reach)
                .map(|p| self.place(p))
                .collect();
            line(root, drawn.iter().copied(), role, 1.0, 2.0)?;
            if let (Some(&first), Some(&last)) = (drawn.first(), drawn.last()) {
                dot(root, first, role, 5.0)?;
                dot(root, last, role, 2.5)?;
            }
            let y = TOP + 34.0 + 20.0 * index as f64;
            text(root, name, (right + 10.0, y), role, HPos::Left, true)?;
        }
        Ok(())
    }
}

/// Draws a ring as a line, because plotters rounds the radius of a circle to whole units.
fn dot(root: &Canvas<'_>, (x, y): (f64, f64), role: Role, radius: f64) -> Result<()> {
    let turn = (0..=24).map(|i| std::f64::consts::TAU * f64::from(i) / 24.0);
    let ring = turn.map(|a| (x + radius * a.cos(), y + radius * a.sin()));
    line(root, ring, role, 1.0, 2.0)
}

/// Ends of the two lines of an arrowhead; empty for an arrow too short for one.
fn arrowhead(from: (f64, f64), to: (f64, f64)) -> Vec<(f64, f64)> {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = dx.hypot(dy);
    if length < 3.0 {
        return Vec::new();
    }
    let size = (length / 3.0).min(4.0) / length;
    let wing = |turn: f64| {
        let (sin, cos) = turn.sin_cos();
        let (x, y) = (-dx * cos + dy * sin, -dx * sin - dy * cos);
        (to.0 + size * x, to.1 + size * y)
    };
    vec![wing(0.5), wing(-0.5)]
}

/// Keeps points that are at least `min_distance` from the point kept before, and the last point.
fn thinned<'a>(
    points: impl Iterator<Item = &'a [f64; 2]>,
    min_distance: f64,
) -> impl Iterator<Item = [f64; 2]> {
    let mut kept: Vec<[f64; 2]> = Vec::new();
    let mut end = None;
    for &[x, y] in points {
        end = Some([x, y]);
        let is_new = |k: &[f64; 2]| (k[0] - x).hypot(k[1] - y) >= min_distance;
        if kept.last().is_none_or(is_new) {
            kept.push([x, y]);
        }
    }
    kept.extend(end.filter(|end| kept.last() != Some(end)));
    kept.into_iter()
}
