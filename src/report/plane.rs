//! Figure of a GAN on two-dimensional data: generated samples, the modes of the true mixture, and D over the
//! whole plane.

use std::fmt::Write as _;

use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::canvas::{Canvas, Role, UNIT, draw, failed, line, text, units};
use super::contour::Grid;
use super::format::{counted, tick};
use super::plane_frame::{Frame, WIDTH};
use super::{png, titles};
use crate::Result;
use crate::data::Mixture;
use crate::evaluate::{HIGH_QUALITY_SIGMAS, ModeCoverage, mode_coverage};

/// Values of D(x) whose level lines are drawn.
const LEVELS: [f64; 5] = [0.1, 0.25, 0.5, 0.75, 0.9];

/// Generated points, the mixture that they should follow, and D over the whole plane.
#[derive(Debug, Clone)]
pub struct Plane {
    /// True distribution of the data.
    pub mixture: Mixture,
    /// Generated points, [n, 2].
    pub samples: Vec<[f32; 2]>,
    /// D(x), the probability of "real", on a grid. The figure shows the ranges of this grid.
    pub discriminator: Grid,
}

impl Plane {
    /// Returns the figure as SVG, 540 pixels wide.
    ///
    /// Points are generated samples. A ring marks the true centre of each mode. Its radius is 3σ, or larger if 3σ
    /// would be too small to see; it is bold and red if the mode is missed. The background colour shows D(x): blue
    /// above ½, orange below ½, and transparent at ½.
    ///
    /// # Errors
    /// The errors of [`mode_coverage`].
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
        let background = self.tint(&frame)? + &self.dots(&frame) + &legend(&frame)?;
        let size = (WIDTH, frame.bottom() as i32 + 76);
        let title = titles::plane(&self.mixture.name);
        draw(&title, size, &background, |root| {
            text(root, &title, (0.0, 12.0), Role::Ink, HPos::Left, true)?;
            self.paint(root, &frame, &coverage)
        })
    }

    /// Returns the caption: the message first, then what is drawn.
    ///
    /// # Errors
    /// The errors of [`Plane::svg`].
    pub fn caption(&self) -> Result<String> {
        let coverage = mode_coverage(&self.samples, &self.mixture)?;
        let total = coverage.modes_total;
        let mut caption = match total - coverage.modes_covered {
            0 => format!("All {total} modes are covered"),
            missed => format!("{missed} of {total} modes are missed"),
        };
        let _ = write!(
            caption,
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
            let distinguishes = if (real - generated).abs() < 0.1 {
                "hardly distinguishes the samples from real data"
            } else {
                "still distinguishes the samples from real data"
            };
            let _ = write!(
                caption,
                "D {distinguishes}: the mean of D(x) is {real:.2} at the true centres and {generated:.2} at the samples. "
            );
        }
        caption.push_str("Points: generated samples. Rings: the modes, ");
        caption.push_str(if Frame::new(grid).shows_three_sigma(&self.mixture) {
            "with a radius of 3σ"
        } else {
            "with a radius larger than 3σ so that they are visible"
        });
        caption.push_str(if coverage.modes_covered < total {
            "; missed modes are red."
        } else {
            "."
        });
        caption.push_str(" Lines and colour: D(x).");
        let outside = self.samples.len() - inside.len();
        if outside > 0 {
            let _ = write!(
                caption,
                " {} lie outside the figure.",
                counted(outside, "sample")
            );
        }
        Ok(caption)
    }

    /// D(x) as a translucent image with one pixel per node. The viewer's renderer smooths it.
    fn tint(&self, frame: &Frame) -> Result<String> {
        let (columns, rows) = self.discriminator.size();
        let from_top = self.discriminator.values().chunks_exact(columns).rev();
        let pixels: Vec<[u8; 4]> = from_top.flatten().map(|&d| tint(f64::from(d))).collect();
        let image = png::pixels(&pixels, columns as u32)?;
        let (left, top) = units((frame.left, frame.top));
        let (width, height) = units((frame.width, frame.height));
        // The nodes are the centres of the pixels, so the view box cuts off half a pixel at each border.
        Ok(format!(
            "<svg x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" viewBox=\"0.5 0.5 {} {}\" \
             preserveAspectRatio=\"none\"><image width=\"{columns}\" height=\"{rows}\" preserveAspectRatio=\"none\" \
             href=\"{}\"/></svg>\n",
            columns - 1,
            rows - 1,
            image.uri
        ))
    }

    /// The samples as SVG circles. plotters would write three times as many bytes for each.
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

    fn paint(&self, root: &Canvas<'_>, frame: &Frame, coverage: &ModeCoverage) -> Result<()> {
        frame.draw_axes(root)?;
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
        let radius = frame.ring_radius(&self.mixture);
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
                .placeholder()
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

/// Colour, opacity and width of a level line: ink at ½, else the colour of the class that D favours.
fn level_style(level: f64) -> (Role, f64, f64) {
    match level {
        0.5 => (Role::Ink, 0.8, 1.5),
        ..0.5 => (Role::Generated, 0.9, 1.0),
        _ => (Role::Real, 0.9, 1.0),
    }
}

/// Background colour for a value of D(x): blue above ½, orange below ½, transparent at ½.
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

/// Colour scale of D(x) below the plane, as a strip of pixels.
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
