//! Samples of a network, and their picture at a step.

use crate::data::{Dataset, Description, SampleShape, Samples, write_grid};
use crate::error::{Error, Result};
use crate::files::write_atomically;
use crate::nn::Network;
use crate::random::{Stream, standard_normal};
use crate::tensor::Batch;
use std::path::Path;

/// G(z) for latents z `[n, latent]`, in the data's units.
///
/// # Errors
/// [`Error::Device`].
pub(crate) fn generate(generator: &Network, data: &Description, z: Vec<f32>) -> Result<Samples> {
    let latent = generator.spec().input.numel();
    let mut values = Vec::new();
    // In pieces, so that memory does not grow with n.
    for z in z.chunks(256 * latent) {
        let batch = Batch::new(z.to_vec(), z.len() / latent, latent)?;
        values.extend_from_slice(&generator.infer(batch)?.values());
    }
    data.to_units(&mut values);
    Ok(Samples {
        shape: data.shape.clone(),
        columns: data.columns.clone(),
        values,
    })
}

/// Writes what G makes of the run's fixed latents: a grid of images, or a scatter plot of the first
/// two columns over as many real samples.
///
/// # Errors
/// [`Error::Io`], [`Error::Device`].
pub(super) fn write(path: &Path, generator: &Network, data: &Dataset, seed: u64) -> Result<()> {
    let description = data.description();
    let latent = generator.spec().input.numel();
    match description.shape {
        SampleShape::Image { .. } => {
            let z = standard_normal(seed, Stream::LatentFixed, 0, 64 * latent);
            let samples = generate(generator, description, z)?;
            write_grid(path, &samples.values, &samples.shape, 8)
        }
        SampleShape::Vector { len } => {
            let n = data.len().map_or(2000, |len| len.min(2000));
            let z = standard_normal(seed, Stream::LatentFixed, 0, n * latent);
            let samples = generate(generator, description, z)?;
            let mut real = data.sample(seed, n)?;
            description.to_units(&mut real);
            scatter(path, &real, &samples.values, len)
        }
    }
}

/// Side of a scatter plot in pixels.
const SIDE: u32 = 360;

/// Real points in grey under generated ones in orange, over the range of the real ones and a tenth.
fn scatter(path: &Path, real: &[f32], generated: &[f32], columns: usize) -> Result<()> {
    // A single column is drawn against itself.
    let second = usize::from(columns > 1);
    let range = |column: usize| {
        let of_column = real.iter().skip(column).step_by(columns);
        let (low, high) = of_column.fold((f32::MAX, f32::MIN), |(l, h), &x| (l.min(x), h.max(x)));
        let margin = (high - low).max(1e-6) * 0.1;
        (low - margin, high + margin)
    };
    let (x_range, y_range) = (range(0), range(second));
    let mut picture = image::RgbImage::from_pixel(SIDE, SIDE, image::Rgb([250, 250, 250]));
    let mut draw = |points: &[f32], colour: [u8; 3]| {
        for point in points.chunks_exact(columns) {
            let place = |v: f32, (low, high): (f32, f32)| (v - low) / (high - low) * SIDE as f32;
            let (x, y) = (
                place(point[0], x_range),
                SIDE as f32 - place(point[second], y_range),
            );
            for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
                // Casts saturate, and leave room for adding; what lies outside is left out.
                let (x, y) = (i64::from(x as i32) + dx, i64::from(y as i32) + dy);
                if (0..SIDE as i64).contains(&x) && (0..SIDE as i64).contains(&y) {
                    picture.put_pixel(x as u32, y as u32, image::Rgb(colour));
                }
            }
        }
    };
    draw(real, [178, 186, 196]);
    draw(generated, [222, 96, 32]);
    let mut png = std::io::Cursor::new(Vec::new());
    picture
        .write_to(&mut png, image::ImageFormat::Png)
        .map_err(|e| Error::data(path, format!("cannot be encoded: {e}")))?;
    write_atomically(path, |w| w.write_all(png.get_ref()))
}
