//! A generator of points in the plane, seen whole: what it makes, what it misses, and where the
//! discriminator still tells the difference.

use std::fmt::Write as _;

use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::contour::Grid;
use super::figure::{Canvas, Role, UNIT, draw, failed, line, text, ticks, units};
use super::format::{counted, tick};
use super::png;
use crate::Result;
use crate::data::Mixture;
use crate::evaluate::{HIGH_QUALITY_SIGMAS, ModeCoverage, mode_coverage};

const WIDTH: i32 = 540;
const TOP: f64 = 28.0;
const LEFT: f64 = 34.0;
const SIDE: f64 = 498.0;

/// Levels of D's probability of "real" whose lines are drawn.
const LEVELS: [f64; 5] = [0.1, 0.25, 0.5, 0.75, 0.9];

/// A ring smaller than this could not be seen, in pixels.
const LEAST_RING: f64 = 8.0;

/// Generated points, the mixture they should follow, and D over the whole plane.
#[derive(Debug, Clone)]
pub struct Plane {
    /// The truth.
    pub mixture: Mixture,
    /// Generated points [n, 2].
    pub samples: Vec<[f32; 2]>,
    /// D's probability of "real" on a grid; its ranges are the figure's.
    pub discriminator: Grid,
}

impl Plane {
    /// The figure as SVG, 540 pixels wide.
    ///
    /// Points are generated samples. A ring marks each true centre, at 3σ where that is wide enough
    /// to be seen, bold and red where no sample of high quality is. The tint is D's probability of
    /// "real": blue above one half, orange below, none where D cannot tell.
    ///
    /// # Errors
    /// [`Error::Usage`](crate::Error::Usage) as of [`mode_coverage`].
    ///
    /// ```
    /// use ganscope::{data::Mixture, report::{Grid, Plane}};
    /// let (x, y) = ((-1.5, 1.5), (-1.5, 1.5));
    /// let plane = Plane {
    ///     mixture: Mixture::ring8(),
    ///     samples: vec![[1.0, 0.0]; 10],
    ///     discriminator: Grid::new(x, y, 2, 2, vec![0.5; 4])?,
    /// };
    /// assert!(plane.svg()?.contains("<image"));
    /// assert!(plane.caption()?.starts_with("7 of 8 modes are missed"));
    /// # Ok::<(), ganscope::Error>(())
    /// ```
    pub fn svg(&self) -> Result<String> {
        let coverage = mode_coverage(&self.samples, &self.mixture)?;
        let frame = Frame::new(&self.discriminator);
        let under = self.tint(&frame)? + &self.dots(&frame) + &legend(&frame)?;
        let size = (WIDTH, frame.bottom() as i32 + 76);
        let title = format!("Generated samples and D on {}", self.mixture.name);
        draw(&title, size, &under, |root| {
            text(root, &title, (0.0, 12.0), Role::Ink, HPos::Left, true)?;
            self.paint(root, &frame, &coverage)
        })
    }

    /// What the figure shows, in words: the message first, then how to read it.
    ///
    /// # Errors
    /// As [`Plane::svg`].
    pub fn caption(&self) -> Result<String> {
        let coverage = mode_coverage(&self.samples, &self.mixture)?;
        let total = coverage.modes_total;
        let mut words = match total - coverage.modes_covered {
            0 => format!("All {total} modes are covered"),
            missed => format!("{missed} of {total} modes are missed"),
        };
        let _ = write!(
            words,
            ", and {:.1} % of {} lie within {HIGH_QUALITY_SIGMAS}σ of a centre. ",
            100.0 * coverage.high_quality,
            counted(coverage.n, "sample")
        );
        let grid = &self.discriminator;
        let inside: Vec<f64> = self
            .samples
            .iter()
            .filter_map(|p| grid.interpolate(p.map(f64::from)))
            .collect();
        let centres = self
            .mixture
            .centres
            .iter()
            .filter_map(|&c| grid.interpolate(c));
        let (centres, n) = centres.fold((0.0, 0), |(sum, n), d| (sum + d, n + 1));
        if !inside.is_empty() && n > 0 {
            let generated = inside.iter().sum::<f64>() / inside.len() as f64;
            let real = centres / f64::from(n);
            let tells = if (real - generated).abs() < 0.1 {
                "hardly tells them apart"
            } else {
                "still tells them apart"
            };
            let _ = write!(
                words,
                "D {tells}: on average D = {real:.2} at the true centres and {generated:.2} at the samples. "
            );
        }
        words.push_str("Rings: true centres, ");
        words.push_str(if Frame::new(grid).to_scale(&self.mixture) {
            "at 3σ"
        } else {
            "drawn wider than 3σ to be seen"
        });
        words.push_str(if coverage.modes_covered < total {
            ", red where missed."
        } else {
            "."
        });
        words.push_str(" Points: generated samples. Lines: levels of D.");
        let outside = self.samples.len() - inside.len();
        if outside > 0 {
            let _ = write!(
                words,
                " {} lie outside the figure.",
                counted(outside, "sample")
            );
        }
        Ok(words)
    }

    /// D as a translucent picture below everything else, one pixel a node, smoothed by the viewer.
    fn tint(&self, frame: &Frame) -> Result<String> {
        let (columns, rows) = self.discriminator.size();
        let from_top = self.discriminator.values().chunks_exact(columns).rev();
        let pixels: Vec<[u8; 4]> = from_top.flatten().map(|&d| tint(f64::from(d))).collect();
        let image = png::pixels(&pixels, columns as u32)?;
        let (left, top) = units((frame.left, frame.top));
        let (width, height) = units((frame.width, frame.height));
        // Nodes are the pixels' centres, so half a pixel hangs over each border and is cut off.
        Ok(format!(
            "<svg x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" viewBox=\"0.5 0.5 {} {}\" \
             preserveAspectRatio=\"none\"><image width=\"{columns}\" height=\"{rows}\" preserveAspectRatio=\"none\" \
             href=\"{}\"/></svg>\n",
            columns - 1,
            rows - 1,
            image.uri
        ))
    }

    /// The samples, written by hand: plotters would take three times the bytes for each.
    fn dots(&self, frame: &Frame) -> String {
        let mut dots = format!("<g fill=\"{}\" fill-opacity=\"0.45\">", Role::Ink.css());
        for p in &self.samples {
            let p = p.map(f64::from);
            if frame.contains(p) {
                let (x, y) = units(frame.place(p));
                let _ = write!(dots, "<circle cx=\"{x}\" cy=\"{y}\" r=\"5\"/>");
            }
        }
        dots + "</g>\n"
    }

    fn paint(&self, root: &Canvas, frame: &Frame, coverage: &ModeCoverage) -> Result<()> {
        frame.paint(root)?;
        for level in LEVELS {
            let (role, opacity, width) = level_style(level);
            for points in self.discriminator.level_lines(level) {
                line(
                    root,
                    points.into_iter().map(|p| frame.place(p)),
                    role,
                    opacity,
                    width,
                )?;
            }
        }
        let radius = frame.ring(&self.mixture);
        for (&centre, &good) in self
            .mixture
            .centres
            .iter()
            .zip(&coverage.high_quality_counts)
        {
            if !frame.contains(centre) {
                continue;
            }
            let (role, width) = if good > 0 {
                (Role::Ink, 1.0)
            } else {
                (Role::Alarm, 2.5)
            };
            let style = role
                .sentinel()
                .stroke_width((width * f64::from(UNIT)) as u32);
            let radius = (radius * f64::from(UNIT)).round() as i32;
            let ring = Circle::new(units(frame.place(centre)), radius, style);
            root.draw(&ring).map_err(failed)?;
        }
        let y = frame.bottom() + 62.0;
        text(
            root,
            "D(x)",
            (frame.left, y - 17.0),
            Role::Ink,
            HPos::Left,
            true,
        )?;
        for level in LEVELS {
            let x = frame.legend_x(level);
            let (role, opacity, width) = level_style(level);
            line(root, [(x, y - 24.0), (x, y - 10.0)], role, opacity, width)?;
            text(
                root,
                &tick(level),
                (x, y + 2.0),
                Role::Muted,
                HPos::Center,
                false,
            )?;
        }
        text(
            root,
            "generated",
            (frame.legend_x(0.0) - 8.0, y - 17.0),
            Role::Generated,
            HPos::Right,
            false,
        )?;
        text(
            root,
            "real",
            (frame.legend_x(1.0) + 8.0, y - 17.0),
            Role::Real,
            HPos::Left,
            false,
        )
    }
}

/// The line on which D cannot tell is ink; the others take the side they lie on.
fn level_style(level: f64) -> (Role, f64, f64) {
    match level {
        0.5 => (Role::Ink, 0.8, 1.5),
        ..0.5 => (Role::Generated, 0.9, 1.0),
        _ => (Role::Real, 0.9, 1.0),
    }
}

/// Blue where D says real, orange where it says generated, clear at one half.
fn tint(d: f64) -> [u8; 4] {
    if !d.is_finite() {
        return [0; 4];
    }
    let [r, g, b] = if d > 0.5 {
        [47, 131, 207]
    } else {
        [225, 110, 30]
    };
    let certainty = (2.0 * d - 1.0).abs().min(1.0);
    [r, g, b, (certainty * 120.0) as u8]
}

/// The scale of the tint, as a strip of pixels below the plane.
fn legend(frame: &Frame) -> Result<String> {
    let pixels: Vec<[u8; 4]> = (0..=100).map(|i| tint(f64::from(i) / 100.0)).collect();
    let image = png::pixels(&pixels, 101)?;
    let (left, top) = units((frame.legend_x(0.0), frame.bottom() + 38.0));
    let (width, height) = units((frame.legend_x(1.0) - frame.legend_x(0.0), 14.0));
    Ok(format!(
        "<image x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" preserveAspectRatio=\"none\" href=\"{}\"/>\n",
        image.uri
    ))
}

/// Where the plane lies on the paper: one unit is as long across as up.
struct Frame {
    left: f64,
    top: f64,
    width: f64,
    height: f64,
    x: (f64, f64),
    y: (f64, f64),
}

impl Frame {
    fn new(grid: &Grid) -> Self {
        let (x, y) = (grid.x(), grid.y());
        // A ribbon of a plane still gets some height, or a page that ends.
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

    fn bottom(&self) -> f64 {
        self.top + self.height
    }

    fn place(&self, p: [f64; 2]) -> (f64, f64) {
        let across = (p[0] - self.x.0) / (self.x.1 - self.x.0);
        let up = (p[1] - self.y.0) / (self.y.1 - self.y.0);
        (
            self.left + across * self.width,
            self.bottom() - up * self.height,
        )
    }

    fn contains(&self, p: [f64; 2]) -> bool {
        (self.x.0..=self.x.1).contains(&p[0]) && (self.y.0..=self.y.1).contains(&p[1])
    }

    /// 3σ in pixels.
    fn three_sigma(&self, mixture: &Mixture) -> f64 {
        HIGH_QUALITY_SIGMAS * mixture.sigma * self.width / (self.x.1 - self.x.0)
    }

    fn to_scale(&self, mixture: &Mixture) -> bool {
        self.three_sigma(mixture) >= LEAST_RING
    }

    fn ring(&self, mixture: &Mixture) -> f64 {
        self.three_sigma(mixture).clamp(LEAST_RING, self.width)
    }

    /// Where a probability lies on the legend.
    fn legend_x(&self, d: f64) -> f64 {
        self.left + 0.33 * self.width + d * 0.5 * self.width
    }

    fn paint(&self, root: &Canvas) -> Result<()> {
        let (right, bottom) = (self.left + self.width, self.bottom());
        let corners = [
            (self.left, self.top),
            (right, self.top),
            (right, bottom),
            (self.left, bottom),
            (self.left, self.top),
        ];
        line(root, corners, Role::Rule, 1.0, 1.0)?;
        for mark in ticks(self.x.0, self.x.1, 5) {
            let (x, _) = self.place([mark, self.y.0]);
            line(
                root,
                [(x, bottom), (x, bottom + 4.0)],
                Role::Muted,
                1.0,
                1.0,
            )?;
            text(
                root,
                &tick(mark),
                (x, bottom + 16.0),
                Role::Muted,
                HPos::Center,
                false,
            )?;
        }
        for mark in ticks(self.y.0, self.y.1, 5) {
            let (_, y) = self.place([self.x.0, mark]);
            line(
                root,
                [(self.left - 4.0, y), (self.left, y)],
                Role::Muted,
                1.0,
                1.0,
            )?;
            text(
                root,
                &tick(mark),
                (self.left - 7.0, y),
                Role::Muted,
                HPos::Right,
                false,
            )?;
        }
        Ok(())
    }
}
