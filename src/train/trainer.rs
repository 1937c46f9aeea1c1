//! The training step, as in the algorithm boxes of the papers.

use super::player::Player;
use super::{TrainConfig, metrics};
use crate::data::{Dataset, Samples};
use crate::error::{Error, Result};
use crate::gan::{Objective, Scores};
use crate::nn::{Network, Pass};
use crate::random::{Stream, standard_normal};
use crate::tensor::Batch;
use serde::{Deserialize, Serialize};

/// What one step measured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Losses {
    #[serde(deserialize_with = "metrics::number")]
    pub d_loss: f64,
    #[serde(deserialize_with = "metrics::number")]
    pub g_loss: f64,
    /// Mean P(real) that D gives to real samples, and to generated ones.
    #[serde(deserialize_with = "metrics::number")]
    pub d_real: f64,
    #[serde(deserialize_with = "metrics::number")]
    pub d_fake: f64,
    /// Euclidean norms of the gradients, before clipping.
    #[serde(deserialize_with = "metrics::number")]
    pub grad_norm_d: f64,
    #[serde(deserialize_with = "metrics::number")]
    pub grad_norm_g: f64,
}

/// Sums since the last line of the log. Part of a checkpoint: schedules look at their means.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(super) struct Interval {
    steps: f64,
    sum: Losses,
}

impl Interval {
    pub fn add(&mut self, l: &Losses) {
        let s = &mut self.sum;
        for (sum, value) in [
            (&mut s.d_loss, l.d_loss),
            (&mut s.g_loss, l.g_loss),
            (&mut s.d_real, l.d_real),
            (&mut s.d_fake, l.d_fake),
            (&mut s.grad_norm_d, l.grad_norm_d),
            (&mut s.grad_norm_g, l.grad_norm_g),
        ] {
            *sum += value;
        }
        self.steps += 1.0;
    }

    pub fn means(&self) -> Losses {
        let (s, n) = (&self.sum, self.steps.max(1.0));
        Losses {
            d_loss: s.d_loss / n,
            g_loss: s.g_loss / n,
            d_real: s.d_real / n,
            d_fake: s.d_fake / n,
            grad_norm_d: s.grad_norm_d / n,
            grad_norm_g: s.grad_norm_g / n,
        }
    }
}

/// A GAN in training: two networks, their optimisers, and the step they are at.
///
/// ```
/// use ganscope::train::{Settings, Trainer};
/// let (config, data) = Settings::parse("data = \"ring8\"\nsteps = 3")?.resolve()?;
/// let mut trainer = Trainer::new(config, data)?;
/// let losses = trainer.step()?;
/// // At first D knows nothing: L_D is near ln 4.
/// assert!((losses.d_loss - 1.386).abs() < 0.5);
/// # Ok::<(), ganscope::Error>(())
/// ```
pub struct Trainer {
    pub(super) config: TrainConfig,
    pub(super) data: Dataset,
    pub(super) generator: Player,
    pub(super) discriminator: Player,
    /// The moving average of G's weights.
    pub(super) average: Option<Network>,
    pub(super) step: u64,
    pub(super) interval: Interval,
}

impl Trainer {
    /// Two fresh networks.
    ///
    /// # Errors
    /// As [`Network::new`]; and when the data cannot give a batch.
    pub fn new(config: TrainConfig, data: Dataset) -> Result<Self> {
        let (o, s, c) = (&config.optimizer, &config.schedule, &config.clip);
        let (seed, stream) = (config.seed, Stream::GeneratorInit);
        let generator = Player::new("generator", &config.generator, seed, stream, &o.generator)?
            .scheduled(&s.generator)?
            .clipped(c.generator);
        let (spec, stream) = (&config.discriminator, Stream::DiscriminatorInit);
        let discriminator = Player::new("discriminator", spec, seed, stream, &o.discriminator)?
            .scheduled(&s.discriminator)?
            .clipped(c.discriminator);
        let average = (config.ema > 0.0).then(|| generator.network.clone());
        Ok(Trainer {
            config,
            data,
            generator,
            discriminator,
            average,
            step: 0,
            interval: Interval::default(),
        })
    }

    /// The configuration.
    pub fn config(&self) -> &TrainConfig {
        &self.config
    }

    /// The data.
    pub fn data(&self) -> &Dataset {
        &self.data
    }

    /// Generator updates so far.
    pub fn steps_done(&self) -> u64 {
        self.step
    }

    /// The network that samples are drawn from: G's moving average if there is one.
    pub fn generator(&self) -> &Network {
        self.average.as_ref().unwrap_or(&self.generator.network)
    }

    /// D.
    pub fn discriminator(&self) -> &Network {
        &self.discriminator.network
    }

    /// One update of G, after `n_critic` of D.
    ///
    /// The last generated batch serves both: D learns from its values, and then G from what the
    /// updated D says of it.
    ///
    /// # Errors
    /// [`Error::Diverged`] at the first number that is not finite, naming step, network and layer;
    /// the weights are as before that update then.
    pub fn step(&mut self) -> Result<Losses> {
        let TrainConfig {
            seed,
            batch,
            latent,
            n_critic,
            ..
        } = self.config;
        let objective = self.config.objective;
        let objective = objective.objective();
        let mut losses = Losses::default();
        let updates = n_critic as u64;
        for k in 0..updates {
            let update = self.step * updates + k;
            let real = self.data.batch(seed, update, batch)?;
            let real = Batch::new(real, batch, self.data.description().shape.numel())?;
            let z = standard_normal(seed, Stream::Latent, update, batch * latent);
            let z = Batch::new(z, batch, latent)?;

            // x̃ = G(z), on the tape for G's own update
            let pass = |part: u64| Pass::training(seed, update * 4 + part);
            let fake = self
                .generator
                .network
                .forward(z.clone().record(), pass(0))?;
            let fake_values = fake.detached();

            // D: one step down L_D
            let d = &mut self.discriminator.network;
            let on_real = d.forward(real.clone().record(), pass(1))?;
            let on_fake = d.forward(fake_values.clone().record(), pass(2))?;
            losses.d_real = mean_probability(objective, &on_real.values());
            losses.d_fake = mean_probability(objective, &on_fake.values());
            let loss = objective.discriminator(Scores::of(on_real)?, Scores::of(on_fake)?);
            losses.d_loss = loss.value();
            if !losses.d_loss.is_finite() {
                return Err(self.diverged("discriminator", None, z, &[real, fake_values]));
            }
            losses.grad_norm_d = match self.discriminator.step_down(loss, self.step)? {
                Ok(norm) => norm,
                Err(layer) => {
                    let seen = [real, fake_values];
                    return Err(self.diverged("discriminator", Some(layer), z, &seen));
                }
            };

            // G: one step down L_G, through a D that stays as it is
            if k + 1 == updates {
                let pass = pass(3).frozen().through();
                let scores = self.discriminator.network.forward(fake, pass)?;
                let loss = objective.generator(Scores::of(scores)?);
                losses.g_loss = loss.value();
                if !losses.g_loss.is_finite() {
                    return Err(self.diverged("generator", None, z, &[real, fake_values]));
                }
                losses.grad_norm_g = match self.generator.step_down(loss, self.step)? {
                    Ok(norm) => norm,
                    Err(layer) => {
                        let seen = [real, fake_values];
                        return Err(self.diverged("generator", Some(layer), z, &seen));
                    }
                };
            }
        }
        if let Some(average) = &mut self.average {
            average.follow(&self.generator.network, self.config.ema);
        }
        self.step += 1;
        Ok(losses)
    }

    /// Where a number stopped being finite: the first layer in the order of computation; else the
    /// layer whose gradient did, or, without one, the loss.
    fn diverged(&self, network: &str, layer: Option<String>, z: Batch, seen: &[Batch]) -> Error {
        let error = |network: &str, layer, what: &str| broken(self.step, network, layer, what);
        let g = &self.generator.network;
        if let Ok(Some((layer, what))) = g.first_not_finite(z) {
            return error("generator", layer, what);
        }
        for x in seen {
            let found = self.discriminator.network.first_not_finite(x.clone());
            if let Ok(Some((layer, what))) = found {
                return error("discriminator", layer, what);
            }
        }
        match layer {
            Some(layer) => error(network, layer, "a gradient"),
            None => {
                let d = &self.discriminator.network;
                let last = d.spec().layers.len().saturating_sub(1).to_string();
                let what = format!("the {network}'s loss on its output");
                error(d.name(), d.describe(&last), &what)
            }
        }
    }

    /// Refuses weights that are not finite: the last update may have made them so, and no step has
    /// used them yet.
    pub(super) fn check_weights(&self) -> Result<()> {
        for player in [&self.generator, &self.discriminator] {
            for (name, parameter) in player.network.parameters() {
                if parameter.values().iter().any(|v| !v.is_finite()) {
                    let network = &player.network;
                    let layer = network.describe(&name);
                    return Err(broken(self.step, network.name(), layer, "a weight"));
                }
            }
        }
        Ok(())
    }

    /// Ends a log interval: schedules that watch a metric see its mean.
    pub(super) fn end_interval(&mut self) {
        let means = self.interval.means();
        self.interval = Interval::default();
        for player in [&mut self.generator, &mut self.discriminator] {
            let value = match player.schedule.metric() {
                Some("d_loss") => means.d_loss,
                Some("g_loss") => means.g_loss,
                Some("d_real") => means.d_real,
                Some("d_fake") => means.d_fake,
                _ => continue,
            };
            player.schedule.observe(value);
        }
    }

    /// The learning rates of G and D at the current step.
    pub(super) fn learning_rates(&self) -> (f64, f64) {
        let lr = |p: &Player| p.optimizer.config().lr() * p.schedule.factor(self.step);
        (lr(&self.generator), lr(&self.discriminator))
    }

    /// `n` generated samples in the data's units, a function of (`seed`, `n`).
    ///
    /// # Errors
    /// [`Error::Device`].
    pub fn sample(&self, n: usize, seed: u64) -> Result<Samples> {
        let z = standard_normal(seed, Stream::LatentForSampling, 0, n * self.config.latent);
        super::snapshot::generate(self.generator(), self.data.description(), z)
    }
}

fn broken(step: u64, network: &str, layer: String, what: &str) -> Error {
    Error::Diverged {
        step,
        network: network.into(),
        layer,
        what: what.into(),
        remedy: "start a new run with a lower learning rate (optimizer.generator.lr, \
                 optimizer.discriminator.lr) or clipped gradients (clip.generator = { kind = \
                 \"norm\", limit = 1 }); resuming this one would end here again"
            .into(),
    }
}

fn mean_probability(objective: &dyn Objective, scores: &[f32]) -> f64 {
    let sum: Option<f64> = scores
        .iter()
        .map(|&s| objective.probability(s as f64))
        .sum();
    sum.map_or(f64::NAN, |sum| sum / scores.len() as f64)
}
