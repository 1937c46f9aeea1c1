//! Real images of a data set, ready to be compared with generated ones.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::quality::of_features;
use super::{
    Classifier, FeatureSpace, Features, IMAGES_N, ImageQuality, K_DENSITY, Neighbours, PROTOCOL_N,
    PixelComponents, SpriteCoverage, sprite_coverage,
};
use crate::data::{DataConfig, Dataset, SampleShape, Split};
use crate::error::{Error, Result, counted};

/// Which real images are taken follows from it, and not from the seed of the generated ones.
const SEED: u64 = 0;

/// Real images to compare with, and real ones to put in the place of generated ones.
///
/// Where there are a training and a test split, generated images are compared with the one that the
/// generator was not trained on, as Lucic et al. (2018) do, and real images of the other one, which
/// has served as training data, show how good a perfect generator would be found. Other data are cut
/// into two halves; the generator has seen both.
///
/// ```
/// use ganscope::data::DataConfig;
/// use ganscope::evaluate::ImageBenchmark;
/// let sprites = ImageBenchmark::open(&DataConfig::named("sprites"), 300, &mut |_| {})?;
/// let compared = sprites.compare(&vec![-1.0; 300 * 1024])?;
/// // Black images: none looks real; only the loneliest of the real ones has them among its nearest.
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
    floor: ImageQuality,
}

/// Generated images against real ones, beside other real images against the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The generated images.
    #[serde(flatten)]
    pub generated: ImageQuality,
    /// Real images in their place: what no generator has to surpass.
    pub real: ImageQuality,
    /// Which real images these are compared with.
    pub reference: String,
    /// For `sprites`: how the generated ones meet the factors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sprites: Option<SpriteCoverage>,
}

impl ImageBenchmark {
    /// How many images are compared when nobody says: as in the published protocols where there is a
    /// classifier for the data.
    pub fn default_n(data: &DataConfig) -> usize {
        match data.name.as_str() {
            "mnist" | "fashion-mnist" => IMAGES_N,
            _ => PROTOCOL_N,
        }
    }

    /// For comparing `n` generated images with as many real ones, or with as many as there are.
    ///
    /// `data` is what the generator was trained on. `note` is told when a classifier has to be trained
    /// first; see [`Classifier::of`].
    ///
    /// # Errors
    /// [`Error::Usage`] for data that are no images, and for too few of them; those of
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
        // Other data are cut in two.
        let most = match training.labels() {
            Some(_) => len,
            None => len / 2,
        };
        if n.min(most) <= K_DENSITY {
            return Err(Error::Usage(format!(
                "images are compared by their {K_DENSITY} nearest neighbours: that takes at least {} \
                 generated ones and as many real ones, not {n} and {most}",
                K_DENSITY + 1
            )));
        }
        let (images, spare, space, reference_name) = if let Some(unseen) = data.unseen() {
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
            let spare = images.split_off(half * shape.numel());
            let space = PixelComponents::fit(&images, &shape)?;
            (
                images,
                spare,
                FeatureSpace::Pixels(space),
                format!(
                    "{} of {name}, which has no test split",
                    counted(half, "image")
                ),
            )
        };
        let reference = space.features(&images)?;
        let floor = of_features(&space.features(&spare)?, &reference, &space)?;
        Ok(ImageBenchmark {
            config: data.clone(),
            training,
            space,
            reference,
            reference_name,
            floor,
        })
    }

    /// Shape of an image.
    pub fn shape(&self) -> &SampleShape {
        &self.training.description().shape
    }

    /// The space that images are compared in.
    pub fn space(&self) -> &FeatureSpace {
        &self.space
    }

    /// Measures generated images, row-major [n, numel] in [−1, 1].
    ///
    /// # Errors
    /// As [`image_quality`](super::image_quality).
    pub fn compare(&self, samples: &[f32]) -> Result<Comparison> {
        let generated = self.space.features(samples)?;
        let sprites = match self.config.name.as_str() {
            "sprites" => Some(sprite_coverage(samples, &self.config.factors)?),
            _ => None,
        };
        Ok(Comparison {
            generated: of_features(&generated, &self.reference, &self.space)?,
            real: self.floor.clone(),
            reference: self.reference_name.clone(),
            sprites,
        })
    }

    /// The training images nearest to `samples`.
    ///
    /// # Errors
    /// As [`Neighbours::of`].
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
        match &self.sprites {
            Some(sprites) => write!(f, "\n{sprites}"),
            None => Ok(()),
        }
    }
}
