//! The training images nearest to generated ones, which show whether a generator memorised them.

use std::path::Path;

use super::{FeatureSpace, Features, Nearest};
use crate::data::{Dataset, SampleShape, write_grid};
use crate::error::{Error, Result};

/// Number of neighbours, in features and in pixels each.
pub const NEIGHBOURS: usize = 5;
/// The background colour of [`write_grid`]. An image of this colour looks like a gap.
const GAP: f32 = 64.0 / 127.5 - 1.0;

/// Samples with their nearest training images, in features and in pixels.
#[derive(Debug, Clone)]
pub struct Neighbours {
    /// Nearest training images in the feature space.
    pub features: Nearest,
    /// Nearest training images by the Euclidean distance between pixels.
    pub pixels: Nearest,
    shape: SampleShape,
    /// Images of the grid; each row is a sample followed by its neighbours.
    images: Vec<f32>,
}

impl Neighbours {
    /// Finds the [`NEIGHBOURS`] images of `training` nearest to each of `samples`, row-major
    /// [n, numel] in [−1, 1].
    ///
    /// # Errors
    /// [`Error::Usage`] unless `samples` are one or more images of the shape of the training images, and for
    /// training data with too few images or without a finite number of them.
    pub fn of(samples: &[f32], training: &Dataset, space: &FeatureSpace) -> Result<Self> {
        let shape = training.description().shape.clone();
        let numel = shape.numel();
        let Some(total) = training.len() else {
            return Err(Error::Usage(format!(
                "{} generates its samples on request, so there is no fixed set of training samples in which to \
                 search for nearest neighbours",
                training.description().name
            )));
        };
        let pixels =
            |values: &[f32]| Features::new(values.iter().map(|v| f64::from(*v)).collect(), numel);
        let in_features =
            Nearest::in_pieces(&space.features(samples)?, total, NEIGHBOURS, |rows| {
                space.features(&training.rows(rows)?)
            })?;
        let in_pixels = Nearest::in_pieces(&pixels(samples)?, total, NEIGHBOURS, |rows| {
            pixels(&training.rows(rows)?)
        })?;
        let mut images = Vec::new();
        for (i, sample) in samples.chunks_exact(numel).enumerate() {
            images.extend_from_slice(sample);
            for nearest in [&in_features, &in_pixels] {
                images.extend(std::iter::repeat_n(GAP, numel));
                for &index in &nearest.indices[i * NEIGHBOURS..][..NEIGHBOURS] {
                    images.extend(training.rows(index..index + 1)?);
                }
            }
        }
        Ok(Neighbours {
            features: in_features,
            pixels: in_pixels,
            shape,
            images,
        })
    }

    /// Writes a PNG with one row for each sample: the sample, its neighbours in features, and its neighbours
    /// in pixels, the nearest first.
    ///
    /// # Errors
    /// Those of [`write_grid`].
    pub fn write(&self, path: &Path) -> Result<()> {
        write_grid(path, &self.images, &self.shape, 1 + 2 * (1 + NEIGHBOURS))
    }
}
