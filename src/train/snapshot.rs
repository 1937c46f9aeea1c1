//! Samples of a generator, and the picture of samples that is saved during training.

use super::boosting::sample_mixture;
use super::config::TrainConfig;
use crate::data::{Dataset, Description, SampleShape, Samples, write_grid};
use crate::error::{Error, Result};
use crate::files::write_atomically;
use crate::nn::Network;
use crate::random::Stream;
use std::path::Path;

/// Returns G(z) in the data's units for latents z `[n, latent]`. For a mixture, `seed` determines which generator
/// makes which sample.
///
/// # Errors
/// [`Error::Device`] when the device fails.
pub(crate) fn generate(
    parts: &[&Network],
    data: &Description,
    z: &[f32],
    seed: u64,
) -> Result<Samples> {
    let mut values = sample_mixture(parts, z, seed, 0)?;
    data.to_units(&mut values);
    Ok(Samples {
        shape: data.shape.clone(),
        columns: data.columns.clone(),
        values,
    })
}

/// Writes a picture of G's samples for the fixed latents of the run. Images form a grid, in which each row has one
/// value of the categorical code if there is one. Samples with several columns are drawn as a scatter plot of the
/// first two columns over real samples, and samples with one column as a histogram.
///
/// # Errors
/// [`Error::Io`] when the file cannot be written, [`Error::Device`] when the device fails.
pub(super) fn write(
    path: &Path,
    parts: &[&Network],
    data: &Dataset,
    config: &TrainConfig,
) -> Result<()> {
    let description = data.description();
    let seed = config.seed;
    match description.shape {
        SampleShape::Image { .. } => {
            let latents = |n| config.latents(seed, Stream::LatentFixed, 0, n);
            let by_code = config.codes.by_value(&latents(10), config.latent);
            let (z, columns) = by_code.map_or_else(|| (latents(64), 8), |z| (z, 10));
            let samples = generate(parts, description, &z, seed)?;
            write_grid(path, &samples.values, &samples.shape, columns)
        }
        SampleShape::Vector { len } => {
            let n = data.len().map_or(2000, |len| len.min(2000));
            let z = config.latents(seed, Stream::LatentFixed, 0, n);
            let samples = generate(parts, description, &z, seed)?;
            let mut real = data.sample(seed, n)?;
            description.to_units(&mut real);
            match len {
                1 => histogram(path, &real, &samples.values),
                _ => scatter(path, &real, &samples.values, len),
            }
        }
    }
}

/// Side length of a plot in pixels.
const SIDE: u32 = 360;
const REAL: image::Rgb<u8> = image::Rgb([178, 186, 196]);
const GENERATED: image::Rgb<u8> = image::Rgb([222, 96, 32]);

/// Draws real points in grey under generated points in orange, over the range of the real points plus a tenth on
/// each side.
fn scatter(path: &Path, real: &[f32], generated: &[f32], columns: usize) -> Result<()> {
    let (x_range, y_range) = (range(real, columns, 0), range(real, columns, 1));
    let mut picture = blank();
    for (points, colour) in [(real, REAL), (generated, GENERATED)] {
        for point in points.chunks_exact(columns) {
            let (x, y) = (place(point[0], x_range), place(point[1], y_range));
            for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
                dot(&mut picture, (x + dx, i64::from(SIDE) - y + dy), colour);
            }
        }
    }
    save(path, &picture)
}

/// Width of a histogram bin in pixels.
const BIN: usize = 6;

/// Draws a histogram of a single column: real samples as grey bars, generated samples as an orange outline.
fn histogram(path: &Path, real: &[f32], generated: &[f32]) -> Result<()> {
    let x_range = range(real, 1, 0);
    let counts = |values: &[f32]| {
        let mut counts = [0usize; SIDE as usize / BIN];
        for &v in values {
            let bin = usize::try_from(place(v, x_range)).ok();
            if let Some(count) = bin.and_then(|x| counts.get_mut(x / BIN)) {
                *count += 1;
            }
        }
        counts
    };
    let (real, generated) = (counts(real), counts(generated));
    let most = real
        .iter()
        .chain(&generated)
        .max()
        .map_or(1, |most| *most.max(&1));
    let top = |count: usize| i64::from(SIDE) - (count * (SIDE as usize - 10) / most) as i64;
    let mut picture = blank();
    let mut before = i64::from(SIDE);
    for (bin, (&real, &generated)) in real.iter().zip(&generated).enumerate() {
        for x in (bin * BIN) as i64..((bin + 1) * BIN) as i64 {
            (top(real)..i64::from(SIDE)).for_each(|y| dot(&mut picture, (x, y), REAL));
            (0..2).for_each(|dy| dot(&mut picture, (x, top(generated) - dy), GENERATED));
        }
        let (high, low) = (before.min(top(generated)), before.max(top(generated)));
        for x in [bin * BIN, bin * BIN + 1] {
            (high..low).for_each(|y| dot(&mut picture, (x as i64, y), GENERATED));
        }
        before = top(generated);
    }
    save(path, &picture)
}

/// Returns the range of a column of the real samples plus a tenth on each side.
fn range(real: &[f32], columns: usize, column: usize) -> (f32, f32) {
    let of_column = real.iter().skip(column).step_by(columns);
    let (low, high) = of_column.fold((f32::MAX, f32::MIN), |(l, h), &x| (l.min(x), h.max(x)));
    let margin = (high - low).max(1e-6) * 0.1;
    (low - margin, high + margin)
}

/// Returns the pixel of a value. The cast to i32 saturates, so that small additions cannot overflow an i64.
fn place(v: f32, (low, high): (f32, f32)) -> i64 {
    i64::from(((v - low) / (high - low) * SIDE as f32) as i32)
}

fn blank() -> image::RgbImage {
    image::RgbImage::from_pixel(SIDE, SIDE, image::Rgb([250, 250, 250]))
}

/// Sets a pixel, unless it lies outside the picture.
fn dot(picture: &mut image::RgbImage, (x, y): (i64, i64), colour: image::Rgb<u8>) {
    let side = 0..i64::from(SIDE);
    if side.contains(&x) && side.contains(&y) {
        picture.put_pixel(x as u32, y as u32, colour);
    }
}

fn save(path: &Path, picture: &image::RgbImage) -> Result<()> {
    let mut png = std::io::Cursor::new(Vec::new());
    picture
        .write_to(&mut png, image::ImageFormat::Png)
        .map_err(|e| Error::data(path, format!("cannot be encoded: {e}")))?;
    write_atomically(path, |w| w.write_all(png.get_ref()))
}
