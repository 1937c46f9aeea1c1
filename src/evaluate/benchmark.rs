//! Comparison of generated images with the real images of a dataset.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::quality::quality_of_features;
use super::{
    Classifier, FeatureSpace, Features, IMAGES_N, ImageQuality, K_DENSITY, Neighbours, PROTOCOL_N,
    PixelComponents, SpriteCoverage, sprite_coverage,
};
use crate::data::{DataConfig, Dataset, SampleShape, Split};
use crate::error::{Error, Result, counted};

/// Seed that selects the real images. It does not depend on the seed of the generated ones.
const SEED: u64 = 0;

/// Real images with which generated images are compared, and other real images as a baseline.
///
/// If the dataset has a test split, generated images are compared with the split that the generator was
/// not trained on, as in Lucic et al. (2018). Real images of the other split are the baseline: the result
/// of a perfect generator. Other datasets are divided into two halves; the generator was trained on both.
///
/// ```
/// use ganscope::data::DataConfig;
/// use ganscope::evaluate::ImageBenchmark;
/// let sprites = ImageBenchmark::open(&DataConfig::named("sprites"), 300, &mut |_| {})?;
/// let compared = sprites.compare(&vec![-1.0; 300 * 1024])?;
/// // Black images are not similar to any real image, so precision and coverage are about 0.
/// assert!(compared.generated.precision == 0.0 && compared.generated.coverage < 0.01);
/// assert!(compared.real.coverage > 0.9 && compared.real.frechet < compared.generated.frechet);
/// assert_eq!(compared.sprites.map(|s| s.recognised), Some(0.0));
/// # Ok::<(), ganscope::Error>(())
/// ```
#[derive(Debug)]
pub struct ImageBenchmark {
    config: DataConfig,
    training: Dataset,
    space: FeatureSpace,
    reference: Features,
    reference_name: String,
    baseline: ImageQuality,
}

/// The quality of generated images, with that of real images for comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Quality of the generated images.
    #[serde(flatten)]
    pub generated: ImageQuality,
    /// Quality of real images against the same reference: the result of a perfect generator.
    pub real: ImageQuality,
    /// The real images of the reference, in words.
    pub reference: String,
    /// For `sprites`: how the generated images cover the factors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sprites: Option<SpriteCoverage>,
}

impl ImageBenchmark {
    /// Default number of images: that of the published protocols for datasets with a test split, and
    /// [`PROTOCOL_N`] for others.
    pub fn default_n(data: &DataConfig) -> usize {
        if data.unseen().is_some() {
            IMAGES_N
        } else {
            PROTOCOL_N
        }
    }

    /// Prepares a comparison of `n` generated images with as many real ones, or with all if there are fewer.
    ///
    /// The generator was trained on `data`. `note` is called with messages when a classifier has to be
    /// trained first; see [`Classifier::of`].
    ///
    /// # Errors
    /// [`Error::Usage`] for data that are not images, and for too few images; those of
    /// [`Dataset::open`] and [`Classifier::of`].
    pub fn open(data: &DataConfig, n: usize, note: &mut dyn FnMut(&str)) -> Result<Self> {
        let training = Dataset::open(data)?;
        let name = &training.description().name;
        let shape = training.description().shape.clone();
        let (SampleShape::Image { .. }, Some(len)) = (&shape, training.len()) else {
            return Err(Error::Usage(format!(
                "{name} has no images to compare with"
            )));
        };
        // Datasets without a test split are divided into two halves.
        let most = match training.labels() {
            Some(_) => len,
            None => len / 2,
        };
        if n.min(most) <= K_DENSITY {
            return Err(Error::Usage(format!(
                "images are compared by their {K_DENSITY} nearest neighbours, so at least {} generated images and \
                 as many real images are needed; there are {n} and {most}",
                K_DENSITY + 1
            )));
        }
        let (images, baseline, space, reference_name) = if let Some(unseen) = data.unseen() {
            let other = Dataset::open(&unseen)?;
            let (train, test) = match data.split {
                Split::Train => (&training, &other),
                Split::Test => (&other, &training),
            };
            let classifier = Classifier::of_splits(train, test, data, note)?;
            let n_real = other.len().map_or(n, |len| len.min(n));
            (
                other.sample(SEED, n_real)?,
                training.sample(SEED, most.min(n))?,
                classifier.into(),
                format!(
                    "{} of {name}'s {} split, unseen by the generator",
                    counted(n_real, "image"),
                    unseen.split
                ),
            )
        } else {
            let half = n.min(most);
            let mut images = training.sample(SEED, 2 * half)?;
            let baseline = images.split_off(half * shape.numel());
            let space = PixelComponents::fit(&images, &shape)?;
            (
                images,
                baseline,
                FeatureSpace::Pixels(space),
                format!(
                    "{} of {name}, which has no test split",
                    counted(half, "image")
                ),
            )
        };
        let reference = space.features(&images)?;
        let baseline = quality_of_features(&space.features(&baseline)?, &reference, &space)?;
        Ok(ImageBenchmark {
            config: data.clone(),
            training,
            space,
            reference,
            reference_name,
            baseline,
        })
    }

    /// The shape of an image.
    pub fn shape(&self) -> &SampleShape {
        &self.training.description().shape
    }

    /// The space in which images are compared.
    pub fn space(&self) -> &FeatureSpace {
        &self.space
    }

    /// Compares generated images, row-major [n, numel] in [−1, 1], with the reference.
    ///
    /// # Errors
    /// Those of [`image_quality`](super::image_quality).
    pub fn compare(&self, samples: &[f32]) -> Result<Comparison> {
        let generated = self.space.features(samples)?;
        let sprites = match self.config.name.as_str() {
            "sprites" => Some(sprite_coverage(samples, &self.config.factors)?),
            _ => None,
        };
        Ok(Comparison {
            generated: quality_of_features(&generated, &self.reference, &self.space)?,
            real: self.baseline.clone(),
            reference: self.reference_name.clone(),
            sprites,
        })
    }

    /// The training images nearest to `samples`.
    ///
    /// # Errors
    /// Those of [`Neighbours::of`].
    pub fn neighbours(&self, samples: &[f32]) -> Result<Neighbours> {
        Neighbours::of(samples, &self.training, &self.space)
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<18} {:<16} real images", "", "generated")?;
        let rows = self.generated.rows().into_iter().zip(self.real.rows());
        for ((name, generated), (_, real)) in rows {
            writeln!(f, "{name:<18} {generated:<16} {real}")?;
        }
        writeln!(f, "protocol           {}", self.generated.protocol())?;
        write!(f, "real images        {}", self.reference)?;
        if let Some(sprites) = &self.sprites {
            write!(f, "\n{sprites}")?;
        }
        self.generated.write_notes(f)
    }
}
