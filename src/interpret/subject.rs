//! The GAN that is explained: a run, or the weights of a user's own networks.

use std::path::Path;

use crate::data::{DataConfig, Dataset, Description, SampleShape};
use crate::error::{Error, Result};
use crate::evaluate::{Classifier, FeatureSpace, PixelComponents};
use crate::gan::{Codes, ObjectiveConfig};
use crate::interpret::Meter;
use crate::interpret::inference::infer_all;
use crate::interpret::{
    ColumnMeter, ImageMeter, MixtureMeter, OutputMeter, PixelMeter, ScoreMeter, SpriteMeter,
};
use crate::nn::{Network, NetworkSpec, StateDict};
use crate::random::Stream;
use crate::train::Checkpoint;
use crate::train::names::{DISCRIMINATOR, GENERATOR};

/// Number of real images to which the distance of a sample is measured.
const REAL_IMAGES: usize = 5000;

/// Networks to explain, with what is known about their data.
#[derive(Debug)]
pub struct Subject {
    /// What the networks are, such as `nsgan on mnist at step 3,000`.
    pub title: String,
    /// The generator; for a mixture, the one in training.
    pub generator: Option<Network>,
    /// The discriminator.
    pub discriminator: Option<Network>,
    /// Objective of D; `None` for a user's own networks.
    pub objective: Option<ObjectiveConfig>,
    /// Codes at the end of z.
    pub codes: Codes,
    /// Real samples; `None` for a user's own networks without data.
    pub data: Option<RealData>,
}

/// The real samples with which a GAN is compared.
#[derive(Debug)]
pub struct RealData {
    /// How the dataset was opened.
    pub config: DataConfig,
    /// The samples.
    pub dataset: Dataset,
}

impl RealData {
    /// Opens the dataset.
    ///
    /// # Errors
    /// Those of [`Dataset::open`].
    pub fn open(config: DataConfig) -> Result<Self> {
        let dataset = Dataset::open(&config)?;
        Ok(RealData { config, dataset })
    }

    fn description(&self) -> &Description {
        self.dataset.description()
    }
}

impl Subject {
    /// The networks of a checkpoint, compared with the data of the run. `dir` is the directory of the datasets, if it
    /// is not that of the run.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] for tensors that do not fit; those of [`Dataset::open`].
    pub fn of_checkpoint(checkpoint: &Checkpoint, dir: Option<&Path>) -> Result<Self> {
        let config = &checkpoint.config;
        let data = DataConfig {
            dir: dir.map(Path::to_path_buf).or(config.data.dir.clone()),
            ..config.data.clone()
        };
        Ok(Subject {
            title: format!(
                "{} on {} at step {}",
                config.gan,
                config.data.name,
                crate::error::thousands(checkpoint.step)
            ),
            generator: Some(checkpoint.generator()?),
            discriminator: Some(checkpoint.discriminator()?),
            objective: Some(config.objective),
            codes: config.codes.clone(),
            data: Some(RealData::open(data)?),
        })
    }

    /// Networks whose weights are in a `.safetensors` file, as PyTorch writes it, with their descriptions.
    ///
    /// # Errors
    /// [`Error::Usage`] without a description; [`Error::Checkpoint`] naming the tensors that are missing, unknown, not
    /// finite or of another shape; [`Error::Shape`] for a description that does not fit together, or networks that do
    /// not fit each other.
    pub fn of_weights(
        path: &Path,
        generator: Option<&NetworkSpec>,
        discriminator: Option<&NetworkSpec>,
        data: Option<RealData>,
    ) -> Result<Self> {
        if generator.is_none() && discriminator.is_none() {
            return Err(Error::Usage(
                "weights alone do not say what the layers are; describe the networks with --generator SPEC.toml, \
                 --discriminator SPEC.toml, or both"
                    .into(),
            ));
        }
        let (state, _) = StateDict::read(path)?;
        let refuse = |problem: String| Error::Checkpoint {
            path: path.into(),
            problem,
        };
        let networks = [(GENERATOR, generator), (DISCRIMINATOR, discriminator)];
        let networks = networks
            .into_iter()
            .filter_map(|(name, spec)| Some((name, spec?)));
        let mut built = networks
            .map(|(name, spec)| Network::new(name, spec, 0, Stream::GeneratorInit))
            .collect::<Result<Vec<_>>>()?;
        state.load_all(&mut built).map_err(refuse)?;
        let mut of_name = |name: &str| {
            let place = built.iter().position(|network| network.name() == name)?;
            Some(built.swap_remove(place))
        };
        let subject = Subject {
            title: path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
            generator: of_name(GENERATOR),
            discriminator: of_name(DISCRIMINATOR),
            objective: None,
            codes: Codes::default(),
            data,
        };
        subject.check_shapes()?;
        Ok(subject)
    }

    /// Checks that the networks and the data fit each other.
    ///
    /// # Errors
    /// [`Error::Usage`] naming the shapes that differ.
    pub fn check_shapes(&self) -> Result<()> {
        if let Some(g) = &self.generator
            && !matches!(g.spec().input, SampleShape::Vector { .. })
        {
            return Err(Error::Usage(format!(
                "the generator's input is {}, but a latent z is a vector; describe the generator with input = {{ kind = \
                 \"vector\", len = … }}",
                g.spec().input
            )));
        }
        let made = self.generator.as_ref().map(|g| ("G makes", g.output()));
        let judged = self
            .discriminator
            .as_ref()
            .map(|d| ("D takes", &d.spec().input));
        let real = self
            .data
            .as_ref()
            .map(|data| ("the data are", &data.description().shape));
        let all: Vec<(&str, &SampleShape)> = [made, judged, real].into_iter().flatten().collect();
        match all.windows(2).find(|pair| pair[0].1 != pair[1].1) {
            None => Ok(()),
            Some(pair) => Err(Error::Usage(format!(
                "the shapes do not fit: {} {}, but {} {}",
                pair[0].0, pair[0].1, pair[1].0, pair[1].1
            ))),
        }
    }

    /// The generator.
    ///
    /// # Errors
    /// [`Error::Usage`] if there is none.
    pub fn generator(&self) -> Result<&Network> {
        self.generator.as_ref().ok_or_else(|| {
            Error::Usage(
                "this method examines a generator, and there is none; give --generator".into(),
            )
        })
    }

    /// Shape of a sample.
    pub fn shape(&self) -> Option<&SampleShape> {
        let made = self.generator.as_ref().map(Network::output);
        made.or_else(|| self.discriminator.as_ref().map(|d| &d.spec().input))
    }

    /// Returns `n` latents z, row-major [n, latent]: normal numbers with the codes at the end. They are a function of
    /// (`seed`, `step`).
    ///
    /// # Errors
    /// Those of [`generator`](Self::generator).
    pub fn latents(&self, seed: u64, step: u64, n: usize) -> Result<Vec<f32>> {
        let latent = self.generator()?.spec().input.numel();
        Ok(self
            .codes
            .latents(seed, Stream::Exploration, step, n, latent))
    }

    /// Returns the samples G(z) of latents z [n, latent], row-major [n, numel].
    ///
    /// # Errors
    /// Those of [`generator`](Self::generator); [`Error::Usage`] for outputs that are not finite or do not fit into memory.
    pub fn generate(&self, z: &[f32]) -> Result<Vec<f32>> {
        infer_all(self.generator()?, z)
    }

    /// Everything that can be measured on samples of this GAN. `note` is called with messages when a classifier has to
    /// be trained first.
    ///
    /// # Errors
    /// Those of [`Dataset::sample`] and [`Classifier::of`].
    pub fn meters(&self, note: &mut dyn FnMut(&str)) -> Result<Vec<Box<dyn Meter>>> {
        let mut meters: Vec<Box<dyn Meter>> = Vec::new();
        if let Some(data) = &self.data {
            let description = data.description();
            if let Some(mixture) = data.dataset.mixture() {
                meters.push(Box::new(MixtureMeter {
                    mixture: mixture.clone(),
                }));
            } else if data.config.name == "sprites" {
                meters.push(Box::new(SpriteMeter {
                    levels: data.config.factors.clone(),
                }));
            } else if matches!(description.shape, SampleShape::Image { .. }) {
                let n = data.dataset.len().unwrap_or(REAL_IMAGES).min(REAL_IMAGES);
                let real = data.dataset.sample(0, n)?;
                let space: FeatureSpace = if data.dataset.labels().is_some() {
                    Classifier::of(&data.config, note)?.into()
                } else {
                    FeatureSpace::Pixels(PixelComponents::fit(&real, &description.shape)?)
                };
                meters.push(Box::new(ImageMeter::new(space, &real)?));
            } else {
                meters.push(Box::new(ColumnMeter {
                    description: description.clone(),
                }));
            }
        }
        if let Some(d) = &self.discriminator {
            meters.push(Box::new(ScoreMeter {
                d: d.clone(),
                objective: self.objective,
            }));
        }
        if let Some(shape @ SampleShape::Image { .. }) = self.shape() {
            meters.push(Box::new(PixelMeter {
                numel: shape.numel(),
            }));
        }
        if let Some(g) = &self.generator
            && self.data.is_none()
            && !matches!(g.output(), SampleShape::Image { .. })
        {
            meters.push(Box::new(OutputMeter {
                width: g.output().numel(),
            }));
        }
        Ok(meters)
    }
}
