//! The training images nearest to generated ones: has a generator learned them by heart?

use std::path::Path;

use super::{FeatureSpace, Features, Nearest};
use crate::data::{Dataset, SampleShape, write_grid};
use crate::error::{Error, Result};

/// Neighbours that are looked for, in features and in pixels each.
pub const NEIGHBOURS: usize = 5;
/// The grey of [`write_grid`]'s background, so that an image of it is a gap.
const GAP: f32 = 64.0 / 127.5 - 1.0;

/// Samples with their nearest training images, in the features of a space and in pixels.
#[derive(Debug, Clone)]
pub struct Neighbours {
    /// In the space.
    pub features: Nearest,
    /// In pixels, that is, in all numbers of an image.
    pub pixels: Nearest,
    shape: SampleShape,
    /// Row by row of the picture: a sample, then its neighbours.
    picture: Vec<f32>,
}

impl Neighbours {
    /// Looks for the [`NEIGHBOURS`] images of `training` nearest to each of `samples`, row-major
    /// [n, numel] in [−1, 1].
    ///
    /// # Errors
    /// [`Error::Usage`] for no or no whole images of the training images' shape, and for data with too
    /// few images or without a fixed number of them.
    pub fn of(samples: &[f32], training: &Dataset, space: &FeatureSpace) -> Result<Self> {
        let shape = training.description().shape.clone();
        let numel = shape.numel();
        let Some(total) = training.len() else {
            return Err(Error::Usage(format!(
                "{} is drawn, not stored: there is no nearest of its samples",
                training.description().name
            )));
        };
        let pixels =
            |images: &[f32]| Features::new(images.iter().map(|v| f64::from(*v)).collect(), numel);
        let in_features =
            Nearest::in_pieces(&space.features(samples)?, total, NEIGHBOURS, |rows| {
                space.features(&training.rows(rows)?)
            })?;
        let in_pixels = Nearest::in_pieces(&pixels(samples)?, total, NEIGHBOURS, |rows| {
            pixels(&training.rows(rows)?)
        })?;
        let mut picture = Vec::new();
        for (i, sample) in samples.chunks_exact(numel).enumerate() {
            picture.extend_from_slice(sample);
            for nearest in [&in_features, &in_pixels] {
                picture.extend(std::iter::repeat_n(GAP, numel));
                for &index in &nearest.indices[i * NEIGHBOURS..][..NEIGHBOURS] {
                    picture.extend(training.rows(index..index + 1)?);
                }
            }
        }
        Ok(Neighbours {
            features: in_features,
            pixels: in_pixels,
            shape,
            picture,
        })
    }

    /// Writes a picture with a row a sample: the sample, its neighbours in features, its neighbours
    /// in pixels, the nearest first.
    ///
    /// # Errors
    /// As [`write_grid`].
    pub fn write(&self, path: &Path) -> Result<()> {
        write_grid(path, &self.picture, &self.shape, 1 + 2 * (1 + NEIGHBOURS))
    }
}
