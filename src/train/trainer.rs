//! The training step, as in the algorithm boxes of the papers.

use super::boosting::Ensemble;
use super::config::{Players, TrainConfig};
use super::divergence::{first_not_finite, verdict};
use super::losses::{Interval, Losses};
use super::minibatch::{Minibatch, Passes};
use super::names::{DISCRIMINATOR, GENERATOR, metric};
use super::not_finite::NotFinite;
use super::player::{Player, Update};
use super::snapshot;
use crate::data::{Dataset, Samples};
use crate::error::{Error, Result};
use crate::gan::{Loss, MeanOutputs, ObjectiveConfig, Scores};
use crate::nn::{Network, Pass};
use crate::random::Stream;
use crate::tensor::Batch;
use std::f64::consts::LN_2;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// A GAN in training: two networks, their optimisers, and the current step. A clone trains independently but shares
/// the data.
///
/// ```
/// use ganscope::train::{Settings, Trainer};
/// let (config, data) = Settings::parse("data = \"ring8\"\nsteps = 3")?.resolve()?;
/// let mut trainer = Trainer::new(config, data)?;
/// let losses = trainer.step()?;
/// // Before training D(x) is about ½, so L_D is near ln 4.
/// assert!((losses.d_loss - 1.386).abs() < 0.5);
/// # Ok::<(), ganscope::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Trainer {
    pub(super) config: TrainConfig,
    pub(super) data: Arc<Dataset>,
    pub(super) generator: Player,
    pub(super) discriminator: Player,
    /// Moving average of G's weights.
    pub(super) average: Option<Network>,
    pub(super) step: u64,
    /// Objective of the next update: BEGAN's k changes from step to step.
    pub(super) objective: ObjectiveConfig,
    pub(super) interval: Interval,
    pub(super) ensemble: Ensemble,
}

impl Trainer {
    /// Returns a trainer with two new networks.
    ///
    /// # Errors
    /// As [`Network::new`], and for invalid settings of an optimiser or schedule.
    pub fn new(config: TrainConfig, data: impl Into<Arc<Dataset>>) -> Result<Self> {
        Self::with_start(config, data.into(), 0)
    }

    /// Returns a trainer with two new networks that depend on `start`. All other random numbers are the same for
    /// every start.
    pub(super) fn with_start(config: TrainConfig, data: Arc<Dataset>, start: u64) -> Result<Self> {
        let seed = config.seed.wrapping_add(start << 32);
        let Players {
            generator,
            discriminator,
        } = new_players(&config, seed)?;
        let average = (config.ema > 0.0).then(|| generator.network.clone());
        Ok(Trainer {
            objective: config.objective,
            config,
            data,
            generator,
            discriminator,
            average,
            step: 0,
            interval: Interval::default(),
            ensemble: Ensemble::default(),
        })
    }

    /// Returns the configuration.
    pub fn config(&self) -> &TrainConfig {
        &self.config
    }

    /// Returns the data.
    pub fn data(&self) -> &Dataset {
        &self.data
    }

    /// Returns the number of updates of G so far.
    pub fn steps_done(&self) -> u64 {
        self.step
    }

    /// Returns the network that samples are drawn from: the moving average of G if there is one, else G.
    pub fn generator(&self) -> &Network {
        self.average.as_ref().unwrap_or(&self.generator.network)
    }

    /// Returns the networks of the mixture that samples are drawn from in equal parts: AdaGAN's finished components
    /// and [the one in training](Self::generator).
    pub fn generators(&self) -> Vec<&Network> {
        let finished = self.ensemble.components.iter();
        finished.chain([self.generator()]).collect()
    }

    /// Returns D.
    pub fn discriminator(&self) -> &Network {
        &self.discriminator.network
    }

    pub(super) fn players(&self) -> Players<&Player> {
        Players {
            generator: &self.generator,
            discriminator: &self.discriminator,
        }
    }

    /// Updates D `n_critic` times and then G once.
    ///
    /// The last generated batch is used for both: for the last update of D, and then for the update of G with the
    /// scores of the updated D.
    ///
    /// # Errors
    /// [`Error::Diverged`] at the first number that is not finite, naming step, network and layer; the weights are
    /// those before that update.
    pub fn step(&mut self) -> Result<Losses> {
        self.begin_component(&AtomicBool::new(false))?;
        let mut losses = Losses::default();
        let updates = self.config.n_critic as u64;
        for k in 0..updates {
            let batch = self.minibatch(self.step * updates + k)?;
            self.update_discriminator(&batch, &mut losses)?;
            if k + 1 == updates {
                self.update_generator(batch, &mut losses)?;
            }
        }
        if let Some(average) = &mut self.average {
            average.average_with(&self.generator.network, self.config.ema);
        }
        self.step += 1;
        Ok(losses)
    }

    /// Begins the next component of a mixture with new networks, if the present one is finished.
    ///
    /// # Errors
    /// [`Error::Interrupted`] once `stop` is set; nothing is changed then.
    pub(super) fn begin_component(&mut self, stop: &AtomicBool) -> Result<()> {
        let next = self.config.boosting.component(self.step);
        if next == self.ensemble.components.len() as u64 {
            return Ok(());
        }
        let finished = self.generator().clone();
        (self.ensemble).add_component(finished, &self.config, &self.data, stop)?;
        let seed = self.config.seed.wrapping_add(next << 32);
        Players {
            generator: self.generator,
            discriminator: self.discriminator,
        } = new_players(&self.config, seed)?;
        self.average = (self.config.ema > 0.0).then(|| self.generator.network.clone());
        self.objective = self.config.objective;
        Ok(())
    }

    /// Returns the number of updates since the component in training began.
    pub(super) fn step_of_component(&self) -> u64 {
        self.step - self.config.boosting.steps * self.ensemble.components.len() as u64
    }

    /// Returns the batches of one update of D. x̃ = G(z) is computed on a tape, for the update of G.
    pub(super) fn minibatch(&mut self, update: u64) -> Result<Minibatch> {
        let TrainConfig {
            seed,
            batch,
            latent,
            ..
        } = self.config;
        let real = self.ensemble.batch(&self.config, &self.data, update)?;
        let real = Batch::new(real, batch, self.data.description().shape.numel())?;
        let z = self.config.latents(seed, Stream::Latent, update, batch);
        let z = Batch::new(z, batch, latent)?;
        let pass = |part: u64| Pass::training(seed, update * 4 + part);
        let g = &mut self.generator.network;
        let (fake, tape) = g.forward(z.clone().record(), pass(0))?.split();
        Ok(Minibatch {
            update,
            passes: Passes {
                real: pass(1),
                fake: pass(2),
                generator: pass(3),
            },
            real,
            z,
            fake,
            tape,
        })
    }

    /// Takes one step of D down its loss.
    pub(super) fn update_discriminator(
        &mut self,
        batch: &Minibatch,
        losses: &mut Losses,
    ) -> Result<()> {
        let (loss, means) = self.discriminator_loss(batch, losses)?;
        let step = self.step_of_component();
        let update = if loss.value().is_finite() {
            self.discriminator.step_down(loss, step)?
        } else {
            let d = &self.discriminator.network;
            Update::Refused(NotFinite::in_loss(DISCRIMINATOR, d))
        };
        losses.grad_norm_d = match update {
            Update::Done { gradient_norm } => gradient_norm,
            Update::Refused(found) => {
                let inputs = [batch.real.clone(), batch.fake.clone()];
                return Err(self.diverged(found, batch.z.clone(), &inputs));
            }
        };
        self.objective = self.objective.next(&means);
        Ok(())
    }

    /// L_D with its penalty, −λ L_I and −μ L_R, and the mean outputs of D.
    pub(super) fn discriminator_loss(
        &mut self,
        batch: &Minibatch,
        losses: &mut Losses,
    ) -> Result<(Loss, MeanOutputs)> {
        let TrainConfig { seed, penalty, .. } = self.config;
        let codes = &self.config.codes;
        let objective = self.objective.objective();
        let d = &mut self.discriminator.network;
        let real = batch.real.clone().record();
        let (on_real, real_tape) = d.forward(real, batch.passes.real)?.split();
        let fake = batch.fake.clone().record();
        let (on_fake, fake_tape) = d.forward(fake, batch.passes.fake)?.split();
        let information = codes.information(&batch.z, &on_fake)?;
        let agreement = if codes.weight_real > 0.0 {
            let second_view = d.apply(batch.real.clone().record(), batch.passes.generator)?;
            codes.agreement(&on_real, second_view)?
        } else {
            None
        };
        let real = objective.scores(&batch.real, on_real.with_tape(real_tape))?;
        let fake = objective.scores(&batch.fake, on_fake.with_tape(fake_tape))?;
        let mut means = MeanOutputs {
            real: objective.mean_output(&real.values()),
            generated: objective.mean_output(&fake.values()),
            slope: None,
        };
        (losses.d_real, losses.d_fake) = (means.real, means.generated);
        let mut loss = objective.discriminator(real, fake);
        losses.d_loss = loss.value();
        if let Some(information) = information {
            loss = loss + information.loss;
        }
        if let Some(agreement) = agreement {
            losses.measure(metric::INFORMATION_BITS_REAL, agreement.nats / LN_2);
            loss = loss + agreement.loss;
        }
        let d = &self.discriminator.network;
        if let Some(paid) = penalty.of(d, &batch.real, &batch.fake, seed, batch.update)? {
            losses.measure(metric::PENALTY, paid.value);
            losses.measure(metric::CRITIC_GRADIENT, paid.gradient_norm);
            means.slope = penalty.holds_slope().then_some(paid.gradient_norm);
            loss = loss + paid.surrogate;
        }
        for measurement in objective.measurements(&means) {
            losses.measure(measurement.key, measurement.value);
        }
        Ok((loss, means))
    }

    /// Takes one step of G down its loss.
    fn update_generator(&mut self, batch: Minibatch, losses: &mut Losses) -> Result<()> {
        let (z, inputs) = (batch.z.clone(), [batch.real.clone(), batch.fake.clone()]);
        let loss = self.generator_loss(batch, losses)?;
        let step = self.step_of_component();
        let update = if loss.value().is_finite() {
            self.generator.step_down(loss, step)?
        } else {
            let d = &self.discriminator.network;
            Update::Refused(NotFinite::in_loss(GENERATOR, d))
        };
        losses.grad_norm_g = match update {
            Update::Done { gradient_norm } => gradient_norm,
            Update::Refused(found) => return Err(self.diverged(found, z, &inputs)),
        };
        Ok(())
    }

    /// L_G with λ R_adv and −λ L_I, computed through a D that does not change.
    pub(super) fn generator_loss(&mut self, batch: Minibatch, losses: &mut Losses) -> Result<Loss> {
        let Minibatch {
            passes,
            real,
            z,
            fake,
            tape,
            ..
        } = batch;
        let r_adv = self.config.r_adv;
        let objective = self.objective.objective();
        let d = &mut self.discriminator.network;
        let through = passes.generator.frozen().through();
        let (outputs, tape) = d.forward(fake.clone().with_tape(tape), through)?.split();
        let information = self.config.codes.information(&z, &outputs)?;
        let scores = objective.scores(&fake, outputs.with_tape(tape))?;
        let real_scores = if objective.compares_pairs() || r_adv.reads_real() {
            let outputs = d.apply(real.clone().record(), passes.real.frozen())?;
            Some(objective.scores(&real, outputs)?)
        } else {
            None
        };
        let regulariser = r_adv.of(
            real_scores.as_ref().map(Scores::again),
            scores.again(),
            self.step,
        );
        let mut loss = match real_scores {
            Some(real) if objective.compares_pairs() => objective.generator_against(real, scores),
            _ => objective.generator(scores),
        };
        losses.g_loss = loss.value();
        if let Some(regulariser) = regulariser {
            losses.measure(metric::R_ADV, regulariser.value());
            loss = loss + regulariser;
        }
        if let Some(information) = information {
            if let Some(nats) = information.categorical {
                losses.measure(metric::INFORMATION_BITS, nats / LN_2);
            }
            if let Some(nats) = information.continuous {
                losses.measure(metric::INFORMATION_BITS_CONTINUOUS, nats / LN_2);
            }
            loss = loss + information.loss;
        }
        Ok(loss)
    }

    /// The error for an update that was refused: the first number on the way to it that is not finite.
    fn diverged(&self, found: NotFinite, z: Batch, inputs: &[Batch]) -> Error {
        let networks = Players {
            generator: &self.generator.network,
            discriminator: &self.discriminator.network,
        };
        self.error_at(first_not_finite(found, &networks, z, inputs))
    }

    /// Checks that the weights are finite. The last update may have changed that, and no step has used the new
    /// weights yet.
    pub(super) fn check_weights(&self) -> Result<()> {
        let networks = [&self.generator.network, &self.discriminator.network];
        match networks.into_iter().find_map(NotFinite::in_weights) {
            Some(found) => Err(self.error_at(found)),
            None => Ok(()),
        }
    }

    fn error_at(&self, found: NotFinite) -> Error {
        let remedy = verdict(&self.config, &self.players(), &found.network, &[]);
        found.into_error(self.step, remedy)
    }

    /// Ends an interval of the log. Schedules that depend on a metric get its mean.
    pub(super) fn end_interval(&mut self) {
        let means = self.interval.means();
        self.interval = Interval::default();
        for player in [&mut self.generator, &mut self.discriminator] {
            let value = match player.schedule.metric() {
                Some(metric::D_LOSS) => means.d_loss,
                Some(metric::G_LOSS) => means.g_loss,
                Some(metric::D_REAL) => means.d_real,
                Some(metric::D_FAKE) => means.d_fake,
                _ => continue,
            };
            player.schedule.observe(value);
        }
    }

    /// Returns the learning rates of G and D at the current step.
    pub(super) fn learning_rates(&self) -> (f64, f64) {
        let next = self.config.boosting.component(self.step);
        let step = if next > self.ensemble.components.len() as u64 {
            // The next update is the first of another component.
            0
        } else {
            self.step_of_component()
        };
        let lr = |p: &Player| p.optimizer.config().lr() * p.schedule.factor(step);
        (lr(&self.generator), lr(&self.discriminator))
    }

    /// Returns `n` generated samples in the data's units. They are a function of (`seed`, `n`).
    ///
    /// # Errors
    /// [`Error::Device`] when the device fails.
    pub fn sample(&self, n: usize, seed: u64) -> Result<Samples> {
        let z = self.config.latents(seed, Stream::LatentForSampling, 0, n);
        snapshot::generate(&self.generators(), self.data.description(), &z, seed)
    }
}

/// Returns G and D with their initial weights.
pub(super) fn new_players(config: &TrainConfig, seed: u64) -> Result<Players<Player>> {
    let (o, s, c) = (&config.optimizer, &config.schedule, &config.clip);
    let stream = Stream::GeneratorInit;
    let generator = Player::new(GENERATOR, &config.generator, seed, stream, &o.generator)?
        .scheduled(&s.generator)?
        .clipped(c.generator);
    let (spec, stream) = (&config.discriminator, Stream::DiscriminatorInit);
    let discriminator = Player::new(DISCRIMINATOR, spec, seed, stream, &o.discriminator)?
        .scheduled(&s.discriminator)?
        .clipped(c.discriminator)
        .bounded((config.weight_clip > 0.0).then_some(config.weight_clip));
    Ok(Players {
        generator,
        discriminator,
    })
}
