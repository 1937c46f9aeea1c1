//! Everything a run depends on, with nothing left out: what `config.toml` of a run folder holds.

use crate::data::{DataConfig, SampleShape};
use crate::error::{Error, Result};
use crate::gan::{Boosting, Codes, ObjectiveConfig, PenaltyConfig, RAdv, Recipe};
use crate::nn::{LayerSpec, NetworkSpec};
use crate::optim::{Clip, Decay, OptimizerConfig, ScheduleConfig};
use crate::random::Stream;
use serde::{Deserialize, Serialize};

/// One thing for G and one for D.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Players<T> {
    pub generator: T,
    pub discriminator: T,
}

impl<T> Players<T> {
    /// That of `generator` or `discriminator`.
    pub(super) fn of(&self, player: &str) -> &T {
        match player {
            "generator" => &self.generator,
            _ => &self.discriminator,
        }
    }
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
    /// What D pays for its gradient.
    pub penalty: PenaltyConfig,
    /// Bound on every weight of D after each of its updates; 0 for none.
    pub weight_clip: f64,
    /// What is added to L_G.
    pub r_adv: RAdv,
    /// The part of z that G has to show, and Q reads.
    pub codes: Codes,
    /// AdaGAN's mixture.
    pub boosting: Boosting,
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
        let latent = latent.unwrap_or_else(|| recipe.latent(shape));
        let boosting = recipe.boosting;
        let steps = match boosting.components {
            1 if images => 3000,
            1 => 5000,
            components => boosting.steps.saturating_mul(components),
        };
        // A component of a mixture is a run of its own.
        let over = if boosting.components > 1 {
            boosting.steps
        } else {
            steps
        };
        let decay = match images {
            true => Decay::Constant {},
            false => Decay::Cosine { over, floor: 0.02 },
        };
        let (optimizer_g, optimizer_d) = recipe.optimizers(shape);
        let (generator, discriminator) = recipe.networks(shape, latent)?;
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
            penalty: recipe.penalty,
            weight_clip: recipe.weight_clip,
            r_adv: RAdv::default(),
            codes: recipe.codes.clone(),
            boosting,
            optimizer: Players {
                generator: optimizer_g,
                discriminator: optimizer_d,
            },
            schedule: Players::both(ScheduleConfig { warmup: 0, decay }),
            clip: Players::both(Clip::default()),
            generator,
            discriminator,
        })
    }

    /// Whether nothing bounds D where its loss has no lower end: WGAN's critic without weight_clip, penalty
    /// and spectral_norm.
    pub fn unbounded(&self) -> bool {
        let bounds = [
            self.weight_clip > 0.0,
            self.penalty != (PenaltyConfig::None {}),
            self.discriminator.spectral_norm,
        ];
        matches!(self.objective, ObjectiveConfig::Wgan(_)) && !bounds.contains(&true)
    }

    /// `n` latents z, row by row, codes included: a function of (`seed`, `stream`, `step`).
    pub fn latents(&self, seed: u64, stream: Stream, step: u64, n: usize) -> Vec<f32> {
        self.codes.latents(seed, stream, step, n, self.latent)
    }

    /// Refuses what cannot work.
    ///
    /// # Errors
    /// [`Error::Config`] or [`Error::Shape`], naming the setting.
    pub fn validate(&self, shape: &SampleShape) -> Result<()> {
        Recipe::named(&self.gan).map_err(|e| e.of_setting("gan"))?;
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
            return Err(Error::setting(
                *name,
                format!("{name} must be at least 1, not 0"),
            ));
        }
        if !(0.0..1.0).contains(&self.ema) {
            return Err(Error::setting(
                "ema",
                format!("ema must be in [0, 1), not {}", self.ema),
            ));
        }
        self.objective.validate()?;
        self.combine()?;
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
            for (table, valid) in [
                ("optimizer", optimizer.validate()),
                ("schedule", schedule.validate()),
                ("clip", clip.validate()),
            ] {
                valid.map_err(|e| e.in_table(&format!("{table}.{player}")))?;
            }
        }
        let vector = |len| SampleShape::Vector { len };
        let must = |network: &str, end: &str, expected: &SampleShape, got: &SampleShape| {
            if expected.numel() == got.numel() {
                return Ok(());
            }
            Err(Error::setting(
                network,
                format!("{network}: its {end} must be {expected}, not {got}"),
            ))
        };
        let output = |network: &str, spec: &NetworkSpec, batch: usize| {
            let shapes = spec.shapes(network)?;
            spec.fits(network, batch)?;
            if !spec.layers.iter().any(LayerSpec::learns) {
                return Err(Error::setting(
                    format!("{network}.layers"),
                    format!(
                        "{network}.layers has no layer with weights, so there is nothing to train; add one, \
                         such as dense"
                    ),
                ));
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
        let wanted = match self.objective.objective().restores() {
            true => shape.clone(),
            false => vector(1 + self.codes.parameters()),
        };
        must(
            "discriminator",
            "output",
            &wanted,
            &output("discriminator", &self.discriminator, both)?,
        )
    }

    /// Refuses parts that cannot work together.
    fn combine(&self) -> Result<()> {
        self.penalty.validate()?;
        self.r_adv.validate()?;
        self.codes.validate(self.latent)?;
        self.boosting.validate()?;
        let refuse = |key: &str, problem: String| Err(Error::setting(key, problem));
        if !(self.weight_clip >= 0.0 && self.weight_clip.is_finite()) {
            return refuse(
                "weight_clip",
                format!(
                    "weight_clip must be finite and at least 0 (no bound), not {}",
                    self.weight_clip
                ),
            );
        }
        if self.weight_clip > 0.0 && self.discriminator.spectral_norm {
            return refuse("weight_clip",
                "weight_clip and discriminator.spectral_norm both bound D's weights, and the first would clip \
                 what the second divides by its norm; set weight_clip = 0 or leave out spectral_norm"
                    .into(),
            );
        }
        if self.codes.starts > 1 && self.boosting.components > 1 {
            return refuse(
                "codes.starts",
                format!(
                    "codes.starts = {} chooses among beginnings of one generator, but boosting.components = {} trains \
                 several; set one of them to 1",
                    self.codes.starts, self.boosting.components
                ),
            );
        }
        let kind = self.objective.kind();
        let logits = matches!(
            self.objective,
            ObjectiveConfig::Gan(_) | ObjectiveConfig::Nsgan(_)
        );
        if self.r_adv != (RAdv::None {}) && !logits {
            return refuse(
                "r_adv",
                format!(
                    "r_adv takes the logarithm of D(x), a probability, but the scores of objective \"{kind}\" are \
                 none; take gan or nsgan"
                ),
            );
        }
        if self.objective.objective().restores() {
            if self.penalty != (PenaltyConfig::None {}) {
                return refuse(
                    "penalty",
                    format!(
                        "penalty is on the gradient of a score, but D of objective \"{kind}\" is an auto-encoder; \
                     set penalty = {{ kind = \"none\" }}"
                    ),
                );
            }
            if self.discriminator.spectral_norm {
                return refuse(
                    "discriminator.spectral_norm",
                    format!(
                        "discriminator.spectral_norm holds every layer to norm 1, and D of objective \"{kind}\" is an \
                     auto-encoder, which then cannot undo what its activation functions shrink; set \
                     discriminator.spectral_norm = false"
                    ),
                );
            }
            if self.codes.width() > 0 {
                return refuse(
                    "codes",
                    format!(
                        "codes are read by outputs beside D's score, but D of objective \"{kind}\" is an \
                     auto-encoder and has none; take another objective"
                    ),
                );
            }
        }
        let mixes = |layer: &LayerSpec| matches!(layer, LayerSpec::BatchNorm { .. });
        match self.discriminator.layers.iter().position(mixes) {
            Some(index) if self.penalty != (PenaltyConfig::None {}) => refuse(
                "penalty",
                format!(
                    "penalty is on D's gradient at each sample alone, but discriminator layer {index} (batch_norm) \
                 makes every score depend on the whole batch; take layer_norm (Gulrajani et al. 2017, section 4)"
                ),
            ),
            _ => Ok(()),
        }
    }

    /// As `config.toml`.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).unwrap_or_else(|e| format!("# not representable: {e}\n"))
    }
}
