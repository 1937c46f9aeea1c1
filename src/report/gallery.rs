//! Samples of several generators side by side.

use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::canvas::{Role, UNIT, draw, failed, text, text_width, units};
use super::png;
use crate::Result;
use crate::data::{Mixture, SampleShape, encode_grid};
use crate::evaluate::HIGH_QUALITY_SIGMAS;

/// Height of the title, in pixels.
const TOP: f64 = 28.0;
/// Distance between two panels, in pixels.
const GAP: f64 = 6.0;
/// Width of a strip of images, in pixels.
const STRIP: f64 = 480.0;
/// Side of a cloud of points: in the figure, and in pixels of its image.
const SIDE: f64 = 150.0;
const PIXELS: usize = 300;
/// Clouds in a row.
const COLUMNS: usize = 4;
/// Height of the name above a cloud, in pixels.
const NAME: f64 = 22.0;
/// Colour of generated points, and the opacity that one point adds to a pixel.
const GENERATED: [u8; 3] = [225, 110, 30];
const OPACITY: u8 = 150;

/// Offsets of the pixels that one point is drawn with.
const DOT: [(f64, f64); 5] = [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0)];

/// Draws one row of images per generator as SVG. Each element of `rows` is a name with images
/// [n, channels, height, width] in [−1, 1].
///
/// ```
/// use ganscope::{data::SampleShape, report::strips};
/// let shape = SampleShape::Image { channels: 1, height: 28, width: 28 };
/// let svg = strips("Eight greys", &shape, &[("one".into(), vec![0.0; 8 * 784]), ("two".into(), vec![0.5; 8 * 784])])?;
/// assert!(svg.contains(">\ntwo\n<") && svg.matches("<image").count() == 2);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// The errors of [`encode_grid`].
pub fn strips(title: &str, shape: &SampleShape, rows: &[(String, Vec<f32>)]) -> Result<String> {
    let names = rows.iter().map(|(name, _)| text_width(name));
    // The estimate is a mean; a margin of a fifth leaves room for wide letters.
    let left = 1.2 * names.fold(0.0, f64::max) + 10.0;
    let (mut background, mut top, mut middles) = (String::new(), TOP, Vec::new());
    for (_, values) in rows {
        let (bytes, width, height) =
            encode_grid(values, shape, values.len() / shape.numel().max(1))?;
        let high = STRIP * f64::from(height) / f64::from(width);
        background += &image(&png::uri(&bytes), (left, top), (STRIP, high));
        middles.push(top + high / 2.0);
        top += high + GAP;
    }
    let size = ((left + STRIP).ceil() as i32, top.ceil() as i32);
    draw(title, size, &background, |root| {
        text(root, title, (0.0, 12.0), Role::Ink, HPos::Left, true)?;
        for ((name, _), y) in rows.iter().zip(middles) {
            text(root, name, (left - 10.0, y), Role::Ink, HPos::Right, false)?;
        }
        Ok(())
    })
}

/// Draws one panel of points per generator as SVG, with a ring of 3σ around each centre of the true mixture.
/// Each element of `panels` is a name with points.
///
/// ```
/// use ganscope::{data::Mixture, report::clouds};
/// let ring = Mixture::ring8();
/// let svg = clouds("Two generators", &ring, &[("one".into(), vec![[1.0, 0.0]; 9]), ("two".into(), vec![])])?;
/// assert_eq!((svg.matches("<image").count(), svg.matches("<circle").count()), (2, 16));
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`](crate::Error::Usage) when the drawing library fails.
pub fn clouds(
    title: &str,
    mixture: &Mixture,
    panels: &[(String, Vec<[f32; 2]>)],
) -> Result<String> {
    // The panel ends 20 % beyond the largest coordinate of a centre.
    let coordinates = mixture.centres.iter().flatten();
    let reach = 1.2 * coordinates.fold(0.0, |largest: f64, c| largest.max(c.abs()));
    let place = |index: usize| {
        let (across, down) = ((index % COLUMNS) as f64, (index / COLUMNS) as f64);
        (
            across * (SIDE + GAP),
            TOP + NAME + down * (SIDE + NAME + GAP),
        )
    };
    let mut background = String::new();
    for (index, (_, samples)) in panels.iter().enumerate() {
        let picture = png::pixels(&cloud(samples, reach), PIXELS as u32)?;
        background += &image(&picture.uri, place(index), (SIDE, SIDE));
    }
    let columns = panels.len().clamp(1, COLUMNS) as f64;
    let width = (columns * (SIDE + GAP) - GAP).max(text_width(title));
    let bottom = TOP + panels.len().div_ceil(COLUMNS) as f64 * (SIDE + NAME + GAP);
    draw(
        title,
        (width.ceil() as i32, bottom.ceil() as i32),
        &background,
        |root| {
            text(root, title, (0.0, 12.0), Role::Ink, HPos::Left, true)?;
            for (index, (name, _)) in panels.iter().enumerate() {
                let (left, top) = place(index);
                let frame = [(left, top), (left + SIDE, top + SIDE)].map(units);
                root.draw(&Rectangle::new(frame, Role::Rule.placeholder()))
                    .map_err(failed)?;
                text(root, name, (left, top - 10.0), Role::Ink, HPos::Left, false)?;
                let along = |v: f64| SIDE * (v / reach + 1.0) / 2.0;
                let radius = (HIGH_QUALITY_SIGMAS * mixture.sigma / reach * SIDE / 2.0).max(4.0);
                for &[x, y] in &mixture.centres {
                    let centre = units((left + along(x), top + SIDE - along(y)));
                    let ring = Circle::new(
                        centre,
                        (radius * f64::from(UNIT)) as i32,
                        Role::Muted.placeholder(),
                    );
                    root.draw(&ring).map_err(failed)?;
                }
            }
            Ok(())
        },
    )
}

/// Renders points as an image [PIXELS, PIXELS] that is more opaque where they are dense.
fn cloud(samples: &[[f32; 2]], reach: f64) -> Vec<[u8; 4]> {
    let [r, g, b] = GENERATED;
    let mut pixels = vec![[r, g, b, 0]; PIXELS * PIXELS];
    let along = |v: f32| ((f64::from(v) / reach + 1.0) / 2.0 * PIXELS as f64).floor();
    for &[x, y] in samples {
        for (dx, dy) in DOT {
            let (x, y) = (along(x) + dx, PIXELS as f64 - 1.0 - along(y) + dy);
            let inside = 0.0..PIXELS as f64;
            if inside.contains(&x) && inside.contains(&y) {
                let opacity = &mut pixels[y as usize * PIXELS + x as usize][3];
                *opacity = opacity.saturating_add(OPACITY);
            }
        }
    }
    pixels
}

/// An SVG `<image>`; position and size are in pixels.
fn image(uri: &str, at: (f64, f64), size: (f64, f64)) -> String {
    let ((x, y), (width, height)) = (units(at), units(size));
    format!("<image x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" href=\"{uri}\"/>\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_drawn_at_its_coordinates() {
        let pixels = cloud(&[[0.5, 0.25], [9.0, 0.0], [f32::NAN, 0.0]], 1.0);
        let drawn: Vec<usize> = (0..pixels.len()).filter(|&i| pixels[i][3] > 0).collect();
        // x is ¾ of 300 pixels from the left, y is ⅝ of 300 pixels from the bottom.
        let (x, y) = (225, 300 - 1 - 187);
        let at = |x, y| y * PIXELS + x;
        assert_eq!(
            drawn,
            [
                at(x, y - 1),
                at(x - 1, y),
                at(x, y),
                at(x + 1, y),
                at(x, y + 1)
            ]
        );
    }
}
