//! What several generators make, side by side.

use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::figure::{Role, UNIT, draw, failed, text, text_width, units};
use super::png;
use crate::Result;
use crate::data::{Mixture, SampleShape, encode_grid};
use crate::evaluate::HIGH_QUALITY_SIGMAS;

const TOP: f64 = 28.0;
/// Between two panels.
const GAP: f64 = 6.0;
/// A strip of images, in pixels.
const STRIP: f64 = 480.0;
/// Side of a cloud, and that of the picture of it.
const SIDE: f64 = 150.0;
const PIXELS: usize = 300;
/// Clouds beside each other.
const ACROSS: usize = 4;
/// Above a cloud, its name.
const NAME: f64 = 22.0;
/// The orange of what is generated, and how much of it a sample adds to a pixel.
const GENERATED: [u8; 3] = [225, 110, 30];
const OPACITY: u8 = 150;

/// The pixels of a point, about its own.
const DOT: [(f64, f64); 5] = [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0)];

/// A row of images for each name: `[n, channels, height, width]` in [−1, 1].
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
/// As [`encode_grid`].
pub fn strips(title: &str, shape: &SampleShape, rows: &[(String, Vec<f32>)]) -> Result<String> {
    let names = rows.iter().map(|(name, _)| text_width(name));
    // Some letters are wider than the mean.
    let left = 1.2 * names.fold(0.0, f64::max) + 10.0;
    let (mut under, mut top, mut middles) = (String::new(), TOP, Vec::new());
    for (_, values) in rows {
        let (bytes, width, height) =
            encode_grid(values, shape, values.len() / shape.numel().max(1))?;
        let high = STRIP * f64::from(height) / f64::from(width);
        under += &image(&png::uri(&bytes), (left, top), (STRIP, high));
        middles.push(top + high / 2.0);
        top += high + GAP;
    }
    let size = ((left + STRIP).ceil() as i32, top.ceil() as i32);
    draw(title, size, &under, |root| {
        text(root, title, (0.0, 12.0), Role::Ink, HPos::Left, true)?;
        for ((name, _), y) in rows.iter().zip(middles) {
            text(root, name, (left - 10.0, y), Role::Ink, HPos::Right, false)?;
        }
        Ok(())
    })
}

/// Points of the plane for each name, under rings of 3σ around the centres of the mixture that they should follow.
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
/// [`Error::Usage`](crate::Error::Usage) when the drawing library refuses.
pub fn clouds(
    title: &str,
    mixture: &Mixture,
    panels: &[(String, Vec<[f32; 2]>)],
) -> Result<String> {
    // The largest coordinate of a centre, and a fifth.
    let coordinates = mixture.centres.iter().flatten();
    let reach = 1.2 * coordinates.fold(0.0, |largest: f64, c| largest.max(c.abs()));
    let place = |index: usize| {
        let (across, down) = ((index % ACROSS) as f64, (index / ACROSS) as f64);
        (
            across * (SIDE + GAP),
            TOP + NAME + down * (SIDE + NAME + GAP),
        )
    };
    let mut under = String::new();
    for (index, (_, samples)) in panels.iter().enumerate() {
        let picture = png::pixels(&cloud(samples, reach), PIXELS as u32)?;
        under += &image(&picture.uri, place(index), (SIDE, SIDE));
    }
    let columns = panels.len().clamp(1, ACROSS) as f64;
    let width = (columns * (SIDE + GAP) - GAP).max(text_width(title));
    let bottom = TOP + panels.len().div_ceil(ACROSS) as f64 * (SIDE + NAME + GAP);
    draw(
        title,
        (width.ceil() as i32, bottom.ceil() as i32),
        &under,
        |root| {
            text(root, title, (0.0, 12.0), Role::Ink, HPos::Left, true)?;
            for (index, (name, _)) in panels.iter().enumerate() {
                let (left, top) = place(index);
                let frame = [(left, top), (left + SIDE, top + SIDE)].map(units);
                root.draw(&Rectangle::new(frame, Role::Rule.sentinel()))
                    .map_err(failed)?;
                text(root, name, (left, top - 10.0), Role::Ink, HPos::Left, false)?;
                let along = |v: f64| SIDE * (v / reach + 1.0) / 2.0;
                let radius = (HIGH_QUALITY_SIGMAS * mixture.sigma / reach * SIDE / 2.0).max(4.0);
                for &[x, y] in &mixture.centres {
                    let centre = units((left + along(x), top + SIDE - along(y)));
                    let ring = Circle::new(
                        centre,
                        (radius * f64::from(UNIT)) as i32,
                        Role::Muted.sentinel(),
                    );
                    root.draw(&ring).map_err(failed)?;
                }
            }
            Ok(())
        },
    )
}

/// Where points are dense, the picture is opaque.
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

fn image(uri: &str, at: (f64, f64), size: (f64, f64)) -> String {
    let ((x, y), (width, height)) = (units(at), units(size));
    format!("<image x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" href=\"{uri}\"/>\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_lies_where_it_belongs() {
        let pixels = cloud(&[[0.5, 0.25], [9.0, 0.0], [f32::NAN, 0.0]], 1.0);
        let dark: Vec<usize> = (0..pixels.len()).filter(|&i| pixels[i][3] > 0).collect();
        // x = ¾ of 300 from the left, y = ⅝ of 300 from below.
        let (x, y) = (225, 300 - 1 - 187);
        let at = |x, y| y * PIXELS + x;
        assert_eq!(
            dark,
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
