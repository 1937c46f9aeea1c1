//! The quantities that can be measured on samples without a person looking at them, one meter for each kind of data.

use std::collections::BTreeMap;

use super::quantity::{Meter, Quantity};
use crate::data::{Description, Mixture, SPRITE_FACTORS};
use crate::error::Result;
use crate::evaluate::{FeatureSpace, Features, Nearest, nearest_sprites, points};
use crate::gan::{Objective, ObjectiveConfig};
use crate::interpret::inference::infer_all;
use crate::nn::Network;

/// Absolute value above which a pixel is saturated, where the slope of tanh is below a tenth.
const SATURATED: f32 = 0.949;

/// Largest number of outputs that are measured where there are no data.
const OUTPUTS: usize = 8;

/// Number of principal components of pixels that are measured where there are no labels.
const COMPONENTS: usize = 3;

/// Measures the true factors of sprites: those of the nearest sprite. An image that is not recognised as a sprite has
/// a level of its own, the last one.
#[derive(Debug, Clone)]
pub struct SpriteMeter {
    /// Levels to which factors of the dataset are restricted.
    pub levels: BTreeMap<String, Vec<usize>>,
}

impl Meter for SpriteMeter {
    fn measure(&self, samples: &[f32]) -> Result<Vec<Quantity>> {
        let found = nearest_sprites(samples, &self.levels)?;
        let factors = SPRITE_FACTORS.into_iter().enumerate();
        Ok(factors
            .map(|(place, (name, count))| {
                let level = found.iter().map(|nearest| {
                    if nearest.is_recognised() {
                        nearest.factors.indices()[place]
                    } else {
                        count
                    }
                });
                Quantity::levels(name, level.collect(), count + 1)
            })
            .collect())
    }
}

/// Measures images in a feature space: the class that the classifier assigns, or else principal components of pixels,
/// and the distance to the nearest real image.
#[derive(Debug)]
pub struct ImageMeter {
    space: FeatureSpace,
    real: Features,
}

impl ImageMeter {
    /// Compares samples with the real images `real`, row-major [n, numel], in `space`.
    ///
    /// # Errors
    /// Those of [`FeatureSpace::features`].
    pub fn new(space: FeatureSpace, real: &[f32]) -> Result<Self> {
        let real = space.features(real)?;
        Ok(ImageMeter { space, real })
    }
}

impl Meter for ImageMeter {
    fn measure(&self, samples: &[f32]) -> Result<Vec<Quantity>> {
        let features = self.space.features(samples)?;
        let mut quantities = Vec::new();
        if let Some(classifier) = self.space.classifier() {
            let classes = classifier.classes();
            let p = classifier.probabilities(&features)?;
            let likeliest = |p: &[f64]| {
                let best = (0..classes).max_by(|&a, &b| p[a].total_cmp(&p[b]));
                best.unwrap_or(0)
            };
            let levels = p.chunks_exact(classes).map(likeliest).collect();
            quantities.push(Quantity::levels("class", levels, classes));
        } else {
            for component in 0..COMPONENTS.min(features.dimension()) {
                let of_sample = |i| features.row(i)[component];
                quantities.push(Quantity::numbers(
                    format!("component {} of pixels", component + 1),
                    (0..features.len()).map(of_sample).collect(),
                    "",
                ));
            }
        }
        let nearest = Nearest::of(&features, &self.real, 1)?;
        let distances = nearest.squared.iter().map(|d| d.sqrt()).collect();
        quantities.push(Quantity::numbers("distance to the data", distances, ""));
        Ok(quantities)
    }
}

/// Measures the brightness of images and the fraction of their pixels that are saturated, where the slope of a final
/// tanh is below a tenth of its largest slope.
#[derive(Debug, Clone, Copy)]
pub struct PixelMeter {
    /// Number of values of an image.
    pub numel: usize,
}

impl Meter for PixelMeter {
    fn measure(&self, samples: &[f32]) -> Result<Vec<Quantity>> {
        let of_images = |of: &dyn Fn(&f32) -> f64| -> Vec<f64> {
            let images = samples.chunks_exact(self.numel);
            images
                .map(|image| image.iter().map(of).sum::<f64>() / self.numel as f64)
                .collect()
        };
        let brightness = of_images(&|v| f64::from(*v));
        let saturated = of_images(&|v| if v.abs() > SATURATED { 1.0 } else { 0.0 });
        Ok(vec![
            Quantity::numbers("brightness", brightness, ""),
            Quantity::numbers("saturated pixels", saturated, "fraction"),
        ])
    }
}

/// Measures D's score, as a probability where it is one.
#[derive(Debug, Clone)]
pub struct ScoreMeter {
    /// The discriminator.
    pub d: Network,
    /// Its objective; `None` for a network whose objective is not known.
    pub objective: Option<ObjectiveConfig>,
}

impl Meter for ScoreMeter {
    fn measure(&self, samples: &[f32]) -> Result<Vec<Quantity>> {
        let outputs = infer_all(&self.d, samples)?;
        let width = self.d.output().numel();
        let objective = self.objective.as_ref().map(ObjectiveConfig::objective);
        if objective.is_some_and(Objective::reconstructs) {
            // D is an auto-encoder, whose score is its mean absolute error.
            let pairs = samples.chunks_exact(width).zip(outputs.chunks_exact(width));
            let error = |(x, y): (&[f32], &[f32])| {
                let differences = x.iter().zip(y).map(|(x, y)| f64::from((x - y).abs()));
                differences.sum::<f64>() / width as f64
            };
            let errors = pairs.map(error).collect();
            return Ok(vec![Quantity::numbers(
                "reconstruction error of D",
                errors,
                "",
            )]);
        }
        // The first output is the score; the others belong to Q.
        let scores = outputs.chunks_exact(width).map(|y| f64::from(y[0]));
        let probability = |score: f64| objective.and_then(|objective| objective.probability(score));
        Ok(vec![if probability(0.0).is_some() {
            let p = scores.map(|score| probability(score).unwrap_or(f64::NAN));
            Quantity::numbers("D's probability of real", p.collect(), "")
        } else {
            Quantity::numbers("score of D", scores.collect(), "")
        }])
    }
}

/// Measures points of the plane: the nearest mode of a mixture, and the distance to its centre.
#[derive(Debug, Clone)]
pub struct MixtureMeter {
    /// The distribution of the data.
    pub mixture: Mixture,
}

impl Meter for MixtureMeter {
    fn measure(&self, samples: &[f32]) -> Result<Vec<Quantity>> {
        let nearest = points(samples, 2)?.iter();
        let nearest = nearest.map(|p| self.mixture.nearest(p.map(f64::from)));
        let (modes, distances): (Vec<usize>, Vec<f64>) = nearest.unzip();
        let in_sigmas = distances.iter().map(|d| d / self.mixture.sigma).collect();
        Ok(vec![
            Quantity::levels("mode", modes, self.mixture.centres.len()),
            Quantity::numbers("distance to the centre", in_sigmas, "σ"),
        ])
    }
}

/// Measures the columns of a table, in their own units.
#[derive(Debug, Clone)]
pub struct ColumnMeter {
    /// Description of the data, with names and units of the columns.
    pub description: Description,
}

impl Meter for ColumnMeter {
    fn measure(&self, samples: &[f32]) -> Result<Vec<Quantity>> {
        let mut rows = samples.to_vec();
        self.description.to_units(&mut rows);
        let width = self.description.columns.len();
        let columns = self.description.columns.iter().enumerate();
        Ok(columns
            .map(|(place, name)| {
                let of_column = rows.iter().skip(place).step_by(width);
                Quantity::numbers(name, of_column.map(|v| f64::from(*v)).collect(), "")
            })
            .collect())
    }
}

/// Measures the first outputs of a generator whose data are not known.
#[derive(Debug, Clone, Copy)]
pub struct OutputMeter {
    /// Number of values of a sample.
    pub width: usize,
}

impl Meter for OutputMeter {
    fn measure(&self, samples: &[f32]) -> Result<Vec<Quantity>> {
        let of_column = |place: usize| {
            let values = samples.iter().skip(place).step_by(self.width);
            let values = values.map(|v| f64::from(*v)).collect();
            Quantity::numbers(format!("output {}", place + 1), values, "")
        };
        Ok((0..self.width.min(OUTPUTS)).map(of_column).collect())
    }
}
