//! The complete configuration of a run, which `config.toml` in its directory holds.

use super::names::{DISCRIMINATOR, GENERATOR};
use crate::data::{DataConfig, SampleShape};
use crate::error::{Error, Result};
use crate::gan::{Boosting, Codes, ObjectiveConfig, PenaltyConfig, RAdv, Recipe};
use crate::nn::{LayerSpec, NetworkSpec};
use crate::optim::{Clip, OptimizerConfig, ScheduleConfig};
use crate::random::Stream;
use serde::{Deserialize, Serialize};

/// Largest number of values that are generated at a time: 4 GiB of memory.
const MAX_VALUES: usize = 1 << 30;

/// Settings that are whole numbers of at least 1.
pub(super) const SIZES: [&str; 7] = [
    "steps",
    "batch",
    "latent",
    "n_critic",
    "log_every",
    "sample_every",
    "checkpoint_every",
];

/// A value for G and one for D.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Players<T> {
    /// Value for G.
    pub generator: T,
    /// Value for D.
    pub discriminator: T,
}

impl<T> Players<T> {
    /// Returns the value for the player of that name, `generator` or `discriminator`.
    pub(super) fn of(&self, player: &str) -> &T {
        if player == GENERATOR {
            &self.generator
        } else {
            &self.discriminator
        }
    }
}

impl<T: Clone> Players<T> {
    /// Returns the same value for both.
    pub fn both(value: T) -> Self {
        Players {
            generator: value.clone(),
            discriminator: value,
        }
    }
}

/// A complete configuration. [`Settings`](super::Settings) makes one from a configuration file and flags.
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
    /// Name of the recipe that provides the defaults.
    pub gan: String,
    /// Number of updates of G in total.
    pub steps: u64,
    /// Random seed. Every random number is a function of the seed, its purpose and the step.
    pub seed: u64,
    /// Number of samples in a batch.
    pub batch: usize,
    /// Length of z.
    pub latent: usize,
    /// Number of updates of D for each update of G.
    pub n_critic: usize,
    /// Decay of the moving average of G's weights, from which samples are drawn; 0 for no average.
    pub ema: f64,
    /// Number of steps between two lines of `metrics.jsonl`, which hold means over these steps.
    pub log_every: u64,
    /// Number of steps between two pictures of samples.
    pub sample_every: u64,
    /// Number of steps between two checkpoints.
    pub checkpoint_every: u64,
    /// Number of steps between two checkpoints that are never removed, to see what was learnt when; 0 for none.
    #[serde(default)]
    pub keep_every: u64,
    /// Dataset to train on.
    pub data: DataConfig,
    /// Objective of D and G.
    pub objective: ObjectiveConfig,
    /// Penalty on D's gradient.
    pub penalty: PenaltyConfig,
    /// Largest absolute value of D's weights after each update of D; 0 for no bound.
    pub weight_clip: f64,
    /// Regulariser R_adv, which is added to L_G.
    pub r_adv: RAdv,
    /// Codes at the end of z, which Q recovers from generated samples.
    pub codes: Codes,
    /// AdaGAN's mixture of generators.
    pub boosting: Boosting,
    /// Optimisers of D and of G.
    pub optimizer: Players<OptimizerConfig>,
    /// Learning rate schedules.
    pub schedule: Players<ScheduleConfig>,
    /// Bounds on the gradients, applied before each update.
    pub clip: Players<Clip>,
    /// Network of G.
    pub generator: NetworkSpec,
    /// Network of D.
    pub discriminator: NetworkSpec,
}

impl TrainConfig {
    /// Returns the defaults of a recipe for data of this shape.
    ///
    /// Where the learning rate falls along a cosine, the cosine is as long as the default number of steps, whatever `steps` is
    /// set to, so that a resumed run equals one that had more steps from the beginning. With another number of steps, set
    /// `schedule.*.over` as well.
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
        // Each component of a mixture has the schedule of a complete run.
        let (steps, over) = match boosting.components {
            1 => (recipe.steps(shape), recipe.steps(shape)),
            components => (boosting.steps.saturating_mul(components), boosting.steps),
        };
        let decay = recipe.decay(shape, over);
        let (optimizer_g, optimizer_d) = recipe.optimizers(shape);
        let (generator, discriminator) = recipe.networks(shape, latent)?;
        Ok(TrainConfig {
            gan: recipe.name.into(),
            steps,
            seed: 1,
            batch: recipe.batch(shape),
            latent,
            n_critic: recipe.n_critic,
            ema: 0.99,
            log_every: 50,
            sample_every: if images { 1000 } else { 500 },
            checkpoint_every: if images { 1000 } else { 500 },
            keep_every: 0,
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

    /// Whether D's loss has no lower bound and nothing bounds D: a critic without `weight_clip`, `penalty` and
    /// `spectral_norm`.
    pub fn unbounded(&self) -> bool {
        let bounds = [
            self.weight_clip > 0.0,
            self.penalty != (PenaltyConfig::None {}),
            self.discriminator.spectral_norm,
        ];
        !self.objective.objective().is_bounded_below() && !bounds.contains(&true)
    }

    /// Whether the checkpoint of this step is never removed.
    pub(super) fn keeps_checkpoint(&self, step: u64) -> bool {
        self.keep_every > 0 && step.is_multiple_of(self.keep_every)
    }

    /// Returns the number of updates of G that each [start](Codes::starts) takes; 0 when there is only one.
    pub fn steps_of_a_start(&self) -> u64 {
        if self.codes.starts > 1 {
            self.steps / 2
        } else {
            0
        }
    }

    /// Returns the number of updates of G in total, including those of starts that are not continued.
    ///
    /// ```
    /// use ganscope::train::Settings;
    /// let text = "data = 'ring8'\ngan = 'infogan'\nsteps = 30\ncodes = { starts = 5, weight_real = 1.0 }";
    /// let (config, _) = Settings::parse(text)?.resolve()?;
    /// assert_eq!((config.steps_of_a_start(), config.updates()), (15, 90));
    /// # Ok::<(), ganscope::Error>(())
    /// ```
    pub fn updates(&self) -> u64 {
        let not_continued = (self.codes.starts as u64).saturating_sub(1);
        not_continued
            .saturating_mul(self.steps_of_a_start())
            .saturating_add(self.steps)
    }

    /// Returns the largest number of samples of this shape that are generated at a time, so that they and their
    /// latents fit into memory.
    pub fn max_samples(&self, shape: &SampleShape) -> usize {
        MAX_VALUES / shape.numel().max(self.latent).max(1)
    }

    /// Returns `n` latents z with their codes, row by row. They are a function of (`seed`, `stream`, `step`).
    pub fn latents(&self, seed: u64, stream: Stream, step: u64, n: usize) -> Vec<f32> {
        self.codes.latents(seed, stream, step, n, self.latent)
    }

    /// Checks that the configuration can train on data of this shape.
    ///
    /// # Errors
    /// [`Error::Config`] or [`Error::Shape`], naming the setting.
    pub fn validate(&self, shape: &SampleShape) -> Result<()> {
        Recipe::named(&self.gan).map_err(|e| e.of_setting("gan"))?;
        let sizes = [
            self.steps,
            self.batch as u64,
            self.latent as u64,
            self.n_critic as u64,
            self.log_every,
            self.sample_every,
            self.checkpoint_every,
        ];
        if let Some((name, _)) = SIZES.iter().zip(sizes).find(|(_, value)| *value == 0) {
            return Err(Error::setting(
                *name,
                format!("{name} must be a whole number of at least 1, not 0"),
            ));
        }
        if !(0.0..1.0).contains(&self.ema) {
            return Err(Error::setting(
                "ema",
                format!("ema must be in [0, 1), not {}", self.ema),
            ));
        }
        self.objective.validate()?;
        self.check_combinations()?;
        for (player, optimizer, schedule, clip) in [
            (
                GENERATOR,
                &self.optimizer.generator,
                &self.schedule.generator,
                &self.clip.generator,
            ),
            (
                DISCRIMINATOR,
                &self.optimizer.discriminator,
                &self.schedule.discriminator,
                &self.clip.discriminator,
            ),
        ] {
            for (table, checked) in [
                ("optimizer", optimizer.validate()),
                ("schedule", schedule.validate()),
                ("clip", clip.validate()),
            ] {
                checked.map_err(|e| e.in_table(&format!("{table}.{player}")))?;
            }
        }
        let vector = |len| SampleShape::Vector { len };
        let must = |network: &str, end: &str, expected: &SampleShape, got: &SampleShape| {
            if expected.numel() == got.numel() {
                return Ok(());
            }
            Err(Error::setting(
                network,
                format!("{network}: the {end} must be {expected}, not {got}"),
            ))
        };
        let output = |network: &str, spec: &NetworkSpec, batch: usize| {
            let shapes = spec.shapes(network)?;
            spec.check_memory(network, batch)?;
            if !spec.layers.iter().any(LayerSpec::has_parameters) {
                return Err(Error::setting(
                    format!("{network}.layers"),
                    format!(
                        "{network}.layers has no layer with weights, so there is nothing to train; add a layer \
                         such as dense"
                    ),
                ));
            }
            Ok::<_, Error>(shapes.last().unwrap_or(&spec.input).clone())
        };
        // An update of D keeps the activations of a real and of a generated batch.
        let both = self.batch.saturating_mul(2);
        let g_input = &self.generator.input;
        must(GENERATOR, "input", &vector(self.latent), g_input)?;
        let g_output = output(GENERATOR, &self.generator, self.batch)?;
        must(GENERATOR, "output", shape, &g_output)?;
        must(DISCRIMINATOR, "input", shape, &self.discriminator.input)?;
        let expected = if self.objective.objective().reconstructs() {
            shape.clone()
        } else {
            vector(1 + self.codes.parameters())
        };
        let d_output = output(DISCRIMINATOR, &self.discriminator, both)?;
        must(DISCRIMINATOR, "output", &expected, &d_output)
    }

    /// Checks that the parts of the configuration can be combined.
    fn check_combinations(&self) -> Result<()> {
        self.penalty.validate()?;
        self.r_adv.validate()?;
        self.codes.validate(self.latent)?;
        self.boosting.validate()?;
        let refuse = |key: &str, problem: String| Err(Error::setting(key, problem));
        if !(self.weight_clip >= 0.0 && self.weight_clip.is_finite()) {
            return refuse(
                "weight_clip",
                format!(
                    "weight_clip must be finite and at least 0, not {}; 0 means no clipping",
                    self.weight_clip
                ),
            );
        }
        if self.weight_clip > 0.0 && self.discriminator.spectral_norm {
            return refuse("weight_clip", 
                "weight_clip and discriminator.spectral_norm cannot be combined: the weights would be clipped \
                 before they are divided by their norm; set weight_clip = 0 or remove spectral_norm"
                    .into(),
            );
        }
        if self.codes.starts > 1 && self.boosting.components > 1 {
            return refuse(
                "codes.starts",
                format!(
                    "codes.starts = {} chooses the best start of one generator, but boosting.components = {} trains \
                 several generators; set one of the two to 1",
                    self.codes.starts, self.boosting.components
                ),
            );
        }
        let kind = self.objective.kind();
        let objective = self.objective.objective();
        if self.r_adv != (RAdv::None {}) && !objective.scores_are_logits() {
            return refuse(
                "r_adv",
                format!(
                    "r_adv needs log D(x), but the scores of objective \"{kind}\" are not logits of a probability; use \
                 gan or nsgan"
                ),
            );
        }
        let has_penalty = self.penalty != (PenaltyConfig::None {});
        if objective.reconstructs() {
            if has_penalty {
                return refuse(
                    "penalty",
                    format!(
                        "penalty needs the gradient of a score, but D of objective \"{kind}\" is an auto-encoder; \
                     set penalty = {{ kind = \"none\" }}"
                    ),
                );
            }
            if self.discriminator.spectral_norm {
                return refuse(
                    "discriminator.spectral_norm",
                    format!(
                        "discriminator.spectral_norm limits every layer to norm 1, but D of objective \"{kind}\" \
                         is an auto-encoder: its activation functions shrink the signal, and layers of norm 1 \
                         cannot scale it up again; set \
                     discriminator.spectral_norm = false"
                    ),
                );
            }
            if self.codes.width() > 0 {
                return refuse(
                    "codes",
                    format!(
                        "codes need outputs of D besides its score, but D of objective \"{kind}\" is an \
                         auto-encoder; \
                     use another objective"
                    ),
                );
            }
        }
        let is_batch_norm = |layer: &LayerSpec| matches!(layer, LayerSpec::BatchNorm { .. });
        match self.discriminator.find(&is_batch_norm) {
            Some((index, _)) if has_penalty => refuse(
                "penalty",
                format!(
                    "penalty needs the gradient of D for each sample separately, but discriminator layer {index} \
                     (batch_norm) \
                 makes every score depend on the whole batch; use layer_norm (Gulrajani et al. 2017, section 4)"
                ),
            ),
            _ => Ok(()),
        }
    }

    /// Returns the content of `config.toml`.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).unwrap_or_else(|e| format!("# not representable: {e}\n"))
    }
}
