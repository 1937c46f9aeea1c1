//! The canvas that all figures are drawn on, and their colours.
//!
//! plotters accepts only RGB colours. A figure is therefore drawn in placeholder colours, one for each
//! [`Role`], and at the end each placeholder is replaced by `var(--role, fallback)`. The style sheet of the page
//! defines the variables for its light and dark theme; without a page the fallback colours are used.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::format::escape;
use crate::{Error, Result};

/// Canvas units per pixel. plotters rounds coordinates to whole units, and a quarter of a pixel is fine
/// enough for small dots and smooth lines.
pub(super) const UNIT: i32 = 4;

/// Font size, in pixels.
pub(super) const TEXT: f64 = 14.5;

/// Factor by which plotters divides a font size when it writes SVG.
const FONT_SCALE: f64 = 1.24;

/// Meaning of a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Titles and other main text.
    Ink,
    /// Labels, ticks and reference lines.
    Muted,
    /// Grid lines and frames.
    Rule,
    /// D and real samples; the first series.
    Real,
    /// G and generated samples; the second series.
    Generated,
    /// The third series.
    Third,
    /// The fourth series.
    Fourth,
    /// Something that is wrong, such as a missed mode.
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

    /// Returns the colour of a series; indices start at 0 and repeat after 4.
    pub(super) fn series(index: usize) -> Role {
        [Role::Real, Role::Generated, Role::Third, Role::Fourth][index % 4]
    }

    /// Placeholder colour of the role while plotters draws.
    pub(super) fn placeholder(self) -> RGBColor {
        RGBColor(1, 2, 3 + self as u8)
    }

    /// CSS colour of the role: a variable of the style sheet, with a fallback that is legible on white and on black.
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

/// Draws an SVG of `width` × `height` pixels.
///
/// `label` describes the figure to readers who cannot see it. `background` is SVG in canvas units that is put
/// below what plotters draws.
pub(super) fn draw(
    label: &str,
    (width, height): (i32, i32),
    background: &str,
    paint: impl FnOnce(&Canvas<'_>) -> Result<()>,
) -> Result<String> {
    let size = ((width * UNIT) as u32, (height * UNIT) as u32);
    let mut drawn = String::new();
    {
        let root = SVGBackend::with_string(&mut drawn, size).into_drawing_area();
        paint(&root)?;
        root.present().map_err(failed)?;
    }
    // The opening tag of plotters has the size in canvas units; this one has it in pixels, with a label.
    let body = drawn.split_once('>').map_or("", |(_, body)| body);
    let mut body = body.replace("font-family=\"sans-serif\"", "font-family=\"inherit\"");
    for role in Role::ALL {
        let RGBColor(r, g, b) = role.placeholder();
        body = body.replace(
            &format!("\"#{r:02X}{g:02X}{b:02X}\""),
            &format!("\"{}\"", role.css()),
        );
    }
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" width=\"{width}\" height=\"{height}\" \
         role=\"img\" aria-label=\"{}\" font-family=\"system-ui, sans-serif\">\n{background}{body}",
        size.0,
        size.1,
        escape(label)
    ))
}

/// Turns an error of plotters into one of this crate. It should not occur, since plotters writes to memory.
pub(super) fn failed(problem: impl std::fmt::Display) -> Error {
    Error::Usage(format!("a figure cannot be drawn: {problem}"))
}

/// Draws text at a position in pixels; `anchor` says which end of the text is there.
pub(super) fn text(
    root: &Canvas<'_>,
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
    let colour = role.placeholder();
    let style = TextStyle::from(font)
        .color(&colour)
        .pos(Pos::new(anchor, VPos::Center));
    root.draw_text(words, &style, units(at)).map_err(failed)
}

/// Converts pixels to canvas units.
pub(super) fn units((x, y): (f64, f64)) -> (i32, i32) {
    let unit = |v: f64| (v * f64::from(UNIT)).round() as i32;
    (unit(x), unit(y))
}

/// Draws a line through points given in pixels.
pub(super) fn line(
    root: &Canvas<'_>,
    points: impl IntoIterator<Item = (f64, f64)>,
    role: Role,
    opacity: f64,
    width: f64,
) -> Result<()> {
    let style = role
        .placeholder()
        .mix(opacity)
        .stroke_width((width * f64::from(UNIT)).round() as u32);
    let points: Vec<_> = points.into_iter().map(units).collect();
    root.draw(&PathElement::new(points, style)).map_err(failed)
}

/// Estimates the width of a text in pixels. The true width depends on the fonts of the reader's system.
pub(super) fn text_width(words: &str) -> f64 {
    0.56 * TEXT * words.chars().count() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_placeholder_colour_is_replaced_by_its_own_role() {
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
