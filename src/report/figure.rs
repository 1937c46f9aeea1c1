//! What all figures share: the canvas, the colours, the ticks.
//!
//! plotters knows colours as red, green and blue only. A figure is therefore drawn in sentinel
//! colours, one a role, and each is replaced at the end by `var(--role, fallback)`: the page's
//! style sheet decides what ink looks like tonight, and a figure without a page still has colours.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::{Error, Result};

/// Units of the canvas in one pixel of the page: plotters rounds to whole units, and a quarter
/// of a pixel is fine enough for small dots and smooth lines.
pub(super) const UNIT: i32 = 4;

/// Size of the text, in pixels.
pub(super) const TEXT: f64 = 14.5;

/// plotters divides the size of a font by this when it writes SVG.
const FONT_SCALE: f64 = 1.24;

/// What a colour is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Ink,
    Muted,
    Rule,
    /// D and everything real.
    Real,
    /// G and everything generated.
    Generated,
    Third,
    Fourth,
    Alarm,
}

impl Role {
    const ALL: [Role; 8] = [
        Role::Ink,
        Role::Muted,
        Role::Rule,
        Role::Real,
        Role::Generated,
        Role::Third,
        Role::Fourth,
        Role::Alarm,
    ];

    /// The colour of the `index`-th series.
    pub(super) fn series(index: usize) -> Role {
        [Role::Real, Role::Generated, Role::Third, Role::Fourth][index % 4]
    }

    /// A colour that stands for the role while plotters draws.
    pub(super) fn sentinel(self) -> RGBColor {
        RGBColor(1, 2, 3 + self as u8)
    }

    /// The style sheet's variable, and a colour legible on white and on black.
    pub(super) fn css(self) -> &'static str {
        match self {
            Role::Ink => "var(--ink, #747a83)",
            Role::Muted => "var(--muted, #858b94)",
            Role::Rule => "var(--rule, #88888855)",
            Role::Real => "var(--real, #2f83cf)",
            Role::Generated => "var(--generated, #d9681d)",
            Role::Third => "var(--third, #34985f)",
            Role::Fourth => "var(--fourth, #9465c4)",
            Role::Alarm => "var(--alarm, #e0344f)",
        }
    }
}

pub(super) type Canvas<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Draws `width` × `height` pixels and gives the SVG its title, its theme and its fonts.
///
/// `under` is SVG in canvas units, laid below what plotters draws.
pub(super) fn draw(
    title: &str,
    (width, height): (i32, i32),
    under: &str,
    paint: impl FnOnce(&Canvas) -> Result<()>,
) -> Result<String> {
    let size = ((width * UNIT) as u32, (height * UNIT) as u32);
    let mut drawn = String::new();
    {
        let root = SVGBackend::with_string(&mut drawn, size).into_drawing_area();
        paint(&root)?;
        root.present().map_err(failed)?;
    }
    // plotters' own opening tag fixes the size in units; ours names the figure and lets it scale.
    let body = drawn.split_once('>').map_or("", |(_, body)| body);
    let mut body = body.replace("font-family=\"sans-serif\"", "font-family=\"inherit\"");
    for role in Role::ALL {
        let RGBColor(r, g, b) = role.sentinel();
        body = body.replace(
            &format!("\"#{r:02X}{g:02X}{b:02X}\""),
            &format!("\"{}\"", role.css()),
        );
    }
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" width=\"{width}\" height=\"{height}\" \
         role=\"img\" aria-label=\"{}\" font-family=\"system-ui, sans-serif\">\n{under}{body}",
        size.0,
        size.1,
        super::format::escape(title)
    ))
}

/// plotters fails only as its backend does, and ours writes to memory.
pub(super) fn failed(problem: impl std::fmt::Display) -> Error {
    Error::Usage(format!("a figure cannot be drawn: {problem}"))
}

/// Text at a pixel, anchored there.
pub(super) fn text(
    root: &Canvas,
    words: &str,
    at: (f64, f64),
    role: Role,
    anchor: HPos,
    bold: bool,
) -> Result<()> {
    let style = if bold {
        FontStyle::Bold
    } else {
        FontStyle::Normal
    };
    let font = FontDesc::new(
        FontFamily::SansSerif,
        TEXT * FONT_SCALE * f64::from(UNIT),
        style,
    );
    let colour = role.sentinel();
    let style = TextStyle::from(font)
        .color(&colour)
        .pos(Pos::new(anchor, VPos::Center));
    root.draw_text(words, &style, units(at)).map_err(failed)
}

/// Pixels to canvas units.
pub(super) fn units((x, y): (f64, f64)) -> (i32, i32) {
    let unit = |v: f64| (v * f64::from(UNIT)).round() as i32;
    (unit(x), unit(y))
}

/// A line through pixels.
pub(super) fn line(
    root: &Canvas,
    points: impl IntoIterator<Item = (f64, f64)>,
    role: Role,
    opacity: f64,
    width: f64,
) -> Result<()> {
    let style = role
        .sentinel()
        .mix(opacity)
        .stroke_width((width * f64::from(UNIT)).round() as u32);
    let points: Vec<_> = points.into_iter().map(units).collect();
    root.draw(&PathElement::new(points, style)).map_err(failed)
}

/// How wide `words` will be, roughly: the fonts are the reader's, so this can only be a guess.
pub(super) fn text_width(words: &str) -> f64 {
    0.56 * TEXT * words.chars().count() as f64
}

/// Round numbers that divide `from ..= to` into about `count` parts.
pub(super) fn ticks(from: f64, to: f64, count: usize) -> Vec<f64> {
    let rough = (to - from) / count.max(1) as f64;
    if rough.is_nan() || rough <= 0.0 || !rough.is_finite() {
        return vec![from];
    }
    let decade = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0]
        .map(|s| s * decade)
        .into_iter()
        .find(|s| *s >= rough * 0.999)
        .unwrap_or(10.0 * decade);
    let first = (from / step - 1e-9).ceil() as i64;
    let last = (to / step + 1e-9).floor() as i64;
    (first..=last).map(|i| i as f64 * step).collect()
}

/// Marks of a log₁₀ axis: whole decades where there are two, else 1, 2 and 5 times a decade.
pub(super) fn log_ticks(from: f64, to: f64) -> Vec<f64> {
    let decades = ticks(from, to, 4);
    let whole: Vec<f64> = decades.into_iter().filter(|d| d.fract() == 0.0).collect();
    if whole.len() >= 2 {
        return whole;
    }
    let near = (from.floor() as i32..=to.ceil() as i32)
        .flat_map(|d| [1.0f64, 2.0, 5.0].map(|m| f64::from(d) + m.log10()))
        .filter(|v| (from..=to).contains(v));
    let near: Vec<f64> = near.collect();
    if near.is_empty() {
        ticks(from, to, 3)
    } else {
        near
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        assert_eq!(ticks(0.0, 10.0, 5), [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]);
        assert_eq!(ticks(3.0, 997.0, 4), [500.0]);
        assert_eq!(ticks(-1.4, 1.4, 4), [-1.0, 0.0, 1.0]);
        assert_eq!(ticks(2.0, 2.0, 4), [2.0]);
    }

    #[test]
    fn log_axes_have_marks_at_any_span() {
        for (from, to) in [(-3.0, 2.0), (0.1, 0.6), (0.31, 0.33), (-8.0, 8.0)] {
            let marks = log_ticks(from, to);
            assert!((1..=9).contains(&marks.len()), "{from} {to} {marks:?}");
        }
    }

    #[test]
    fn sentinels_are_told_apart_and_replaced() {
        let svg = draw("a < b", (100, 50), "", |root| {
            for role in Role::ALL {
                text(root, "x", (5.0, 5.0), role, HPos::Left, false)?;
            }
            Ok(())
        })
        .unwrap();
        for role in Role::ALL {
            assert_eq!(svg.matches(role.css()).count(), 1, "{role:?}\n{svg}");
        }
        assert!(svg.contains("a &lt; b") && !svg.contains("#0102"), "{svg}");
    }
}
