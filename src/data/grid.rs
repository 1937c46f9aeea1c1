//! Grids of images as one PNG.

use std::path::Path;

use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};

use super::SampleShape;
use crate::error::{Error, Result};
use crate::files::write_atomically;

/// Width in pixels of the margin between images and around them.
const MARGIN: usize = 2;
/// Grey level of the margins, different from both black and white.
const BACKGROUND: u8 = 64;
/// Size in pixels to which smaller images are enlarged, so that a digit can be seen.
const MINIMUM_SIZE: usize = 64;

/// Writes images in [−1, 1] as one PNG with `columns` images in a row, atomically.
///
/// `values` is row-major [n, channels, height, width]. Values beyond [−1, 1] are clipped, and NaN
/// is black. Images of at most 32 pixels are enlarged 2 to 8 times without interpolation.
///
/// ```
/// use ganscope::data::{SampleShape, write_grid};
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("six.png");
/// let shape = SampleShape::Image { channels: 1, height: 28, width: 28 };
/// write_grid(&path, &vec![0.0; 6 * 784], &shape, 3)?;
/// // Three images of 2 · 28 pixels and four margins of 2; two images and three margins.
/// assert_eq!(image::image_dimensions(&path)?, (176, 118));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Those of [`encode_grid`]; [`Error::Io`] when the file cannot be written.
pub fn write_grid(path: &Path, values: &[f32], shape: &SampleShape, columns: usize) -> Result<()> {
    let named = |e| Error::Usage(format!("{}: {e}", path.display()));
    let (bytes, ..) = encode_grid(values, shape, columns).map_err(named)?;
    write_atomically(path, |out| out.write_all(&bytes))
}

/// Draws the grid of [`write_grid`] and returns the bytes of the PNG file, its width and its height.
///
/// # Errors
/// [`Error::Usage`] when the shape is not an image of 1 or 3 channels, when `columns` is 0, or when
/// `values` is not a whole number of images, at least one.
pub fn encode_grid(
    values: &[f32],
    shape: &SampleShape,
    columns: usize,
) -> Result<(Vec<u8>, u32, u32)> {
    let SampleShape::Image {
        channels: channels @ (1 | 3),
        height,
        width,
    } = *shape
    else {
        return Err(Error::Usage(format!(
            "samples of {shape} cannot be written as a PNG, which needs images with 1 or 3 channels; \
             write them to a .csv or .npy file"
        )));
    };
    let numel = shape.numel();
    if values.is_empty() || numel == 0 || !values.len().is_multiple_of(numel) {
        return Err(Error::Usage(format!(
            "{} numbers cannot be divided into images of {shape}, which have {numel} numbers each; at least one \
             complete image is needed",
            values.len()
        )));
    }
    if columns == 0 {
        return Err(Error::Usage(
            "a grid of 0 columns cannot be drawn; choose at least 1".into(),
        ));
    }
    let n = values.len() / numel;
    let columns = columns.min(n);
    let scale = (MINIMUM_SIZE / height.max(width)).clamp(1, 8);
    let (cell_height, cell_width) = (height * scale + MARGIN, width * scale + MARGIN);
    let (total_height, total_width) = (
        n.div_ceil(columns) * cell_height + MARGIN,
        columns * cell_width + MARGIN,
    );

    let mut canvas = vec![BACKGROUND; total_height * total_width * channels];
    for (i, image) in values.chunks_exact(numel).enumerate() {
        let top = (i / columns) * cell_height + MARGIN;
        let left = (i % columns) * cell_width + MARGIN;
        for row in 0..height * scale {
            for column in 0..width * scale {
                let to = ((top + row) * total_width + left + column) * channels;
                let from = (row / scale) * width + column / scale;
                for channel in 0..channels {
                    canvas[to + channel] = to_byte(image[channel * height * width + from]);
                }
            }
        }
    }

    let colour = if channels == 1 {
        ExtendedColorType::L8
    } else {
        ExtendedColorType::Rgb8
    };
    let (width, height) = (total_width as u32, total_height as u32);
    let mut bytes = Vec::new();
    PngEncoder::new(&mut bytes)
        .write_image(&canvas, width, height, colour)
        .map_err(|e| Error::Usage(format!("the grid cannot be encoded as PNG: {e}")))?;
    Ok((bytes, width, height))
}

/// Maps −1 to 0 and 1 to 255: the inverse of the conversion when images are read.
fn to_byte(value: f32) -> u8 {
    // The cast clips values beyond the range and maps NaN to 0.
    ((value + 1.0) * 127.5).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_placed_on_the_grid() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("grid.png");
        let shape = SampleShape::Image {
            channels: 3,
            height: 64,
            width: 64,
        };
        // The second of two images: red 1, green −1, blue 7 (clipped).
        let mut values = vec![0.0; 2 * shape.numel()];
        for (channel, value) in [1.0, -1.0, 7.0].into_iter().enumerate() {
            values[(3 + channel) * 4096..][..4096].fill(value);
        }
        write_grid(&path, &values, &shape, 1).unwrap();
        let picture = image::open(&path).unwrap().into_rgb8();
        assert_eq!(picture.dimensions(), (68, 134));
        assert_eq!(picture.get_pixel(2, 2).0, [128; 3]);
        assert_eq!(picture.get_pixel(2, 66).0, [BACKGROUND; 3]);
        assert_eq!(picture.get_pixel(2, 68).0, [255, 0, 255]);
        assert_eq!(picture.get_pixel(65, 131).0, [255, 0, 255]);
        assert_eq!(picture.get_pixel(66, 132).0, [BACKGROUND; 3]);
    }

    #[test]
    fn bytes_are_unchanged_by_a_round_trip() {
        for b in 0..=255u8 {
            assert_eq!(to_byte(f32::from(b) / 127.5 - 1.0), b);
        }
    }

    #[test]
    fn invalid_shapes_and_sizes_are_refused() {
        let write = |n, shape: &SampleShape, columns| {
            let path = Path::new("never-written.png");
            write_grid(path, &vec![0.0; n], shape, columns)
                .unwrap_err()
                .to_string()
        };
        let image = SampleShape::Image {
            channels: 1,
            height: 2,
            width: 2,
        };
        assert!(
            write(4, &SampleShape::Vector { len: 4 }, 1).contains("4 numbers cannot be written")
        );
        assert!(write(6, &image, 1).contains("6 numbers cannot be divided"));
        assert!(write(0, &image, 1).contains("0 numbers cannot be divided"));
        assert!(write(4, &image, 0).contains("0 columns"));
    }
}
