//! Images that are made for a page: attribution maps over samples, and maps of numbers.

use crate::data::SampleShape;

/// Colours of a map over a sample: where the value is positive, and where it is negative.
const POSITIVE: [f32; 3] = [0.93, 0.36, 0.08];
const NEGATIVE: [f32; 3] = [0.13, 0.46, 0.86];

/// The colours of [`heat`] from the smallest to the largest value.
const HEAT: [[f32; 3]; 4] = [
    [0.11, 0.14, 0.36],
    [0.20, 0.50, 0.62],
    [0.55, 0.78, 0.43],
    [0.99, 0.91, 0.25],
];

/// Shape of a colour image with the height and width of `shape`; `None` if it is no image.
pub(super) fn colour_shape(shape: &SampleShape) -> Option<SampleShape> {
    match *shape {
        SampleShape::Image { height, width, .. } => Some(SampleShape::Image {
            channels: 3,
            height,
            width,
        }),
        SampleShape::Vector { .. } => None,
    }
}

/// One sample [channels, pixels] in grey, with a map [pixels] over it: orange where it is positive, blue where it is
/// negative, more opaque where it is large. The result is [3, pixels] in [−1, 1].
pub(super) fn overlay(sample: &[f32], map: &[f64]) -> Vec<f32> {
    let pixels = map.len();
    let channels = (sample.len() / pixels.max(1)).max(1);
    // A few extreme values should not hide the others.
    let mut sizes: Vec<f64> = map.iter().map(|v| v.abs()).collect();
    sizes.sort_by(f64::total_cmp);
    let largest = sizes[(sizes.len() * 99 / 100).min(sizes.len() - 1)].max(f64::MIN_POSITIVE);
    let mut image = vec![0.0; 3 * pixels];
    for (pixel, &value) in map.iter().enumerate() {
        let values = sample[pixel..].iter().step_by(pixels).take(channels);
        let mean = values.sum::<f32>() / channels as f32;
        // The sample is faint, so that the colours are visible on black and on white.
        let grey = 0.5 + 0.25 * mean;
        let opacity = (value.abs() / largest).min(1.0) as f32;
        let colour = if value > 0.0 { POSITIVE } else { NEGATIVE };
        for (channel, colour) in colour.into_iter().enumerate() {
            let mixed = grey + opacity * (colour - grey);
            image[channel * pixels + pixel] = 2.0 * mixed - 1.0;
        }
    }
    image
}

/// A map of numbers [rows, columns] as a colour image [3, rows · scale, columns · scale] in [−1, 1], from dark blue to
/// yellow; grey where there is no number.
pub(super) fn heat(values: &[Option<f64>], columns: usize, scale: usize) -> Vec<f32> {
    let known = || values.iter().flatten().copied();
    let (low, high) = known().fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(v), h.max(v)));
    let colour = |value: Option<f64>| -> [f32; 3] {
        let Some(value) = value else {
            return [0.5; 3];
        };
        let place = if high > low {
            (value - low) / (high - low)
        } else {
            0.5
        };
        let place = place * (HEAT.len() - 1) as f64;
        let below = (place as usize).min(HEAT.len() - 2);
        let share = (place - below as f64) as f32;
        [0, 1, 2].map(|c| HEAT[below][c] + share * (HEAT[below + 1][c] - HEAT[below][c]))
    };
    let (height, width) = (values.len() / columns * scale, columns * scale);
    let mut image = vec![0.0; 3 * height * width];
    for y in 0..height {
        for x in 0..width {
            let colour = colour(values[y / scale * columns + x / scale]);
            for (channel, value) in colour.into_iter().enumerate() {
                image[(channel * height + y) * width + x] = 2.0 * value - 1.0;
            }
        }
    }
    image
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_is_orange_where_it_is_positive_and_blue_where_it_is_negative() {
        let image = overlay(&[0.0; 4], &[1.0, -1.0, 0.0, 0.5]);
        let [red, blue] = [0, 2].map(|channel| &image[channel * 4..][..4]);
        assert!(red[0] > blue[0] && red[1] < blue[1]);
        assert_eq!((red[2], blue[2]), (0.0, 0.0));
        assert!(red[3] > red[2] && red[3] < red[0]);
    }

    #[test]
    fn heat_goes_from_blue_to_yellow() {
        let image = heat(&[Some(0.0), Some(1.0), None, Some(0.5)], 2, 2);
        let at = |channel: usize, y: usize, x: usize| image[(channel * 4 + y) * 4 + x];
        assert!(at(2, 0, 0) > at(0, 0, 0) && at(0, 1, 3) > at(2, 1, 3));
        assert_eq!([at(0, 2, 0), at(1, 3, 1), at(2, 3, 0)], [0.0; 3]);
    }
}
