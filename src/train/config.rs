//! Everything a run depends on, with nothing left out: what `config.toml` of a run folder holds.

use crate::data::{DataConfig, SampleShape};
use crate::error::{Error, Result};
use crate::gan::{ObjectiveConfig, Recipe};
use crate::nn::{LayerSpec, NetworkSpec, presets};
use crate::optim::{Clip, Decay, OptimizerConfig, ScheduleConfig};
use serde::{Deserialize, Serialize};

/// One thing for G and one for D.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Players<T> {
    pub generator: T,
    pub discriminator: T,
}

impl<T: Clone> Players<T> {
    /// The same for both.
    pub fn both(value: T) -> Self {
        Players {
            generator: value.clone(),
            discriminator: value,
        }
    }
}

/// A complete configuration. [`Settings`](super::Settings) makes one from what a user wrote.
///
/// ```
/// use ganscope::train::Settings;
/// let (config, _) = Settings::parse("gan = \"lsgan\"\nsteps = 10")?.resolve()?;
/// assert_eq!((config.data.name.as_str(), config.steps, config.batch), ("grid25", 10, 256));
/// # Ok::<(), ganscope::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainConfig {
    /// The recipe that everything not said comes from.
    pub gan: String,
    /// Generator updates in total.
    pub steps: u64,
    /// Every random number is a function of this, what it is for, and the step.
    pub seed: u64,
    /// Samples a batch.
    pub batch: usize,
    /// Length of z.
    pub latent: usize,
    /// Discriminator updates for one of the generator.
    pub n_critic: usize,
    /// Decay of the moving average of G's weights that is sampled from; 0 for none.
    pub ema: f64,
    /// Steps between two lines of `metrics.jsonl`, which hold means over them.
    pub log_every: u64,
    /// Steps between two pictures of the samples.
    pub sample_every: u64,
    /// Steps between two checkpoints.
    pub checkpoint_every: u64,
    /// What is learnt.
    pub data: DataConfig,
    /// The losses.
    pub objective: ObjectiveConfig,
    pub optimizer: Players<OptimizerConfig>,
    pub schedule: Players<ScheduleConfig>,
    /// Bounds on the gradients, applied before each update.
    pub clip: Players<Clip>,
    pub generator: NetworkSpec,
    pub discriminator: NetworkSpec,
}

impl TrainConfig {
    /// What a recipe trains on data of this shape when nothing else is said.
    ///
    /// For points and tables the steps grow small towards the end, and the average over G's weights
    /// is short. On `ring8`, 5,000 steps of `nsgan` so left all 8 modes and 95 to 97 % of high
    /// quality (seeds 1 to 3); 10,000 at a constant rate lost 2 modes again, and an average over a
    /// thousand steps (`ema = 0.999`) blurred runs of 2,000 to 7 %. The cosine is as long as these
    /// steps whatever `steps` says, so that a run that is resumed goes on as one that was longer from
    /// the start; whoever sets more steps sets `schedule.*.over`, too.
    ///
    /// # Errors
    /// [`Error::Usage`] when there is no preset network for the shape.
    pub fn preset(
        recipe: &Recipe,
        data: DataConfig,
        shape: &SampleShape,
        latent: Option<usize>,
    ) -> Result<Self> {
        let images = matches!(shape, SampleShape::Image { .. });
        let latent = latent.unwrap_or(if images { 64 } else { 2 });
        let steps = if images { 3000 } else { 5000 };
        let decay = match images {
            true => Decay::Constant {},
            false => Decay::Cosine {
                over: steps,
                floor: 0.02,
            },
        };
        let (generator, discriminator) = recipe.optimizers(shape);
        Ok(TrainConfig {
            gan: recipe.name.into(),
            steps,
            seed: 1,
            batch: if images { 64 } else { 256 },
            latent,
            n_critic: recipe.n_critic,
            ema: 0.99,
            log_every: 50,
            sample_every: 500,
            checkpoint_every: 500,
            data,
            objective: recipe.objective,
            optimizer: Players {
                generator,
                discriminator,
            },
            schedule: Players::both(ScheduleConfig { warmup: 0, decay }),
            clip: Players::both(Clip::default()),
            generator: presets::generator(shape, latent)?,
            discriminator: presets::discriminator(shape)?,
        })
    }

    /// Refuses what cannot work.
    ///
    /// # Errors
    /// [`Error::Usage`] or [`Error::Shape`], naming the setting.
    pub fn validate(&self, shape: &SampleShape) -> Result<()> {
        let recipe = Recipe::named(&self.gan)?;
        let (wanted, given) = (recipe.objective.kind(), self.objective.kind());
        if wanted != given {
            return Err(Error::Usage(format!(
                "objective is of kind \"{given}\", but gan = \"{}\" has \"{wanted}\"; for that \
                 objective set gan = \"{given}\"",
                self.gan
            )));
        }
        let sizes = [
            ("steps", self.steps),
            ("batch", self.batch as u64),
            ("latent", self.latent as u64),
            ("n_critic", self.n_critic as u64),
            ("log_every", self.log_every),
            ("sample_every", self.sample_every),
            ("checkpoint_every", self.checkpoint_every),
        ];
        if let Some((name, _)) = sizes.iter().find(|(_, value)| *value == 0) {
            return Err(Error::Usage(format!("{name} must be at least 1, not 0")));
        }
        if !(0.0..1.0).contains(&self.ema) {
            return Err(Error::Usage(format!(
                "ema must be in [0, 1), not {}",
                self.ema
            )));
        }
        self.objective.validate()?;
        for (player, optimizer, schedule, clip) in [
            (
                "generator",
                &self.optimizer.generator,
                &self.schedule.generator,
                &self.clip.generator,
            ),
            (
                "discriminator",
                &self.optimizer.discriminator,
                &self.schedule.discriminator,
                &self.clip.discriminator,
            ),
        ] {
            let name = |e: Error| Error::Usage(format!("{player}: {e}"));
            optimizer.validate().map_err(name)?;
            schedule.validate().map_err(name)?;
            clip.validate().map_err(name)?;
        }
        let vector = |len| SampleShape::Vector { len };
        let must = |network: &str, end: &str, expected: &SampleShape, got: &SampleShape| {
            if expected.numel() == got.numel() {
                return Ok(());
            }
            Err(Error::Usage(format!(
                "{network}: its {end} must be {expected}, not {got}"
            )))
        };
        let output = |network: &str, spec: &NetworkSpec, batch: usize| {
            let shapes = spec.shapes(network)?;
            spec.fits(network, batch)?;
            if !spec.layers.iter().any(LayerSpec::learns) {
                return Err(Error::Usage(format!(
                    "{network}.layers has no layer with weights, so there is nothing to train; add one, \
                     such as dense"
                )));
            }
            Ok::<_, Error>(shapes.last().unwrap_or(&spec.input).clone())
        };
        // D sees real and generated samples before it learns from either.
        let both = self.batch.saturating_mul(2);
        must(
            "generator",
            "input",
            &vector(self.latent),
            &self.generator.input,
        )?;
        must(
            "generator",
            "output",
            shape,
            &output("generator", &self.generator, self.batch)?,
        )?;
        must("discriminator", "input", shape, &self.discriminator.input)?;
        must(
            "discriminator",
            "output",
            &vector(1),
            &output("discriminator", &self.discriminator, both)?,
        )
    }

    /// As `config.toml`.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).unwrap_or_else(|e| format!("# not representable: {e}\n"))
    }
}
