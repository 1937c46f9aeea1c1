//! The training step, as in the algorithm boxes of the papers.

use super::TrainConfig;
use super::boosting::Ensemble;
use super::losses::{Interval, Losses};
use super::player::Player;
use crate::data::{Dataset, Samples};
use crate::error::Result;
use crate::gan::{Loss, Objective, ObjectiveConfig, PenaltyConfig, Scores, Wasserstein};
use crate::nn::{Network, Pass};
use crate::random::Stream;
use crate::tensor::{Batch, Recording};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// A GAN in training: two networks, their optimisers, and the step they are at. A clone goes on by itself,
/// and shares the data.
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
#[derive(Debug, Clone)]
pub struct Trainer {
    pub(super) config: TrainConfig,
    pub(super) data: Arc<Dataset>,
    pub(super) generator: Player,
    pub(super) discriminator: Player,
    /// The moving average of G's weights.
    pub(super) average: Option<Network>,
    pub(super) step: u64,
    /// The losses as they are now: BEGAN's k moves.
    pub(super) objective: ObjectiveConfig,
    pub(super) interval: Interval,
    pub(super) ensemble: Ensemble,
}

/// The batches of one update.
pub(super) struct Turn {
    update: u64,
    /// D on x, D on x̃ for its own update, and for G's.
    pub passes: [Pass; 3],
    pub real: Batch,
    pub z: Batch,
    pub fake: Batch,
    tape: Recording,
}

impl Trainer {
    /// Two fresh networks.
    ///
    /// # Errors
    /// As [`Network::new`]; and when the data cannot give a batch.
    pub fn new(config: TrainConfig, data: impl Into<Arc<Dataset>>) -> Result<Self> {
        Self::beginning(config, data.into(), 0)
    }

    /// Two fresh networks, others for each `start`. All else that is random is the same.
    pub(super) fn beginning(config: TrainConfig, data: Arc<Dataset>, start: u64) -> Result<Self> {
        let seed = config.seed.wrapping_add(start << 32);
        let (generator, discriminator) = players(&config, seed)?;
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

    /// The networks whose mixture samples are drawn from, in equal parts: AdaGAN's components so far, and
    /// [the one in training](Self::generator).
    pub fn generators(&self) -> Vec<&Network> {
        let done = self.ensemble.components.iter();
        done.chain([self.generator()]).collect()
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
    /// [`Error::Diverged`](crate::Error::Diverged) at the first number that is not finite, naming step, network and layer;
    /// the weights are as before that update then.
    pub fn step(&mut self) -> Result<Losses> {
        self.begin_component(&AtomicBool::new(false))?;
        let mut losses = Losses::default();
        let updates = self.config.n_critic as u64;
        for k in 0..updates {
            let turn = self.turn(self.step * updates + k)?;
            self.teach_discriminator(&turn, &mut losses)?;
            if k + 1 == updates {
                self.teach_generator(turn, &mut losses)?;
            }
        }
        if let Some(average) = &mut self.average {
            average.average_with(&self.generator.network, self.config.ema);
        }
        self.step += 1;
        Ok(losses)
    }

    /// Where a component of a mixture is done, begins the next one with fresh networks.
    ///
    /// # Errors
    /// [`Error::Interrupted`](crate::Error::Interrupted) once `stop` is set; nothing has changed then.
    pub(super) fn begin_component(&mut self, stop: &AtomicBool) -> Result<()> {
        let next = self.config.boosting.component(self.step);
        if next == self.ensemble.components.len() as u64 {
            return Ok(());
        }
        let latest = self.generator().clone();
        (self.ensemble).grow(latest, &self.config, &self.data, stop)?;
        let seed = self.config.seed.wrapping_add(next << 32);
        (self.generator, self.discriminator) = players(&self.config, seed)?;
        self.average = (self.config.ema > 0.0).then(|| self.generator.network.clone());
        self.objective = self.config.objective;
        Ok(())
    }

    /// Updates since the component in training began.
    pub(super) fn step_of_component(&self) -> u64 {
        self.step - self.config.boosting.steps * self.ensemble.components.len() as u64
    }

    /// The batches of one update of D: x, z, and x̃ = G(z) on a tape for G's own update.
    pub(super) fn turn(&mut self, update: u64) -> Result<Turn> {
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
        // Each pass of an update has its own dropout masks.
        let pass = |part: u64| Pass::training(seed, update * 4 + part);
        let fake = self
            .generator
            .network
            .forward(z.clone().record(), pass(0))?;
        let (fake, tape) = fake.split();
        Ok(Turn {
            update,
            passes: [pass(1), pass(2), pass(3)],
            real,
            z,
            fake,
            tape,
        })
    }

    /// D: one step down its loss.
    pub(super) fn teach_discriminator(&mut self, turn: &Turn, losses: &mut Losses) -> Result<()> {
        let loss = self.discriminator_loss(turn, losses)?;
        let step = self.step_of_component();
        let stepped = match loss.value().is_finite() {
            true => self.discriminator.step_down(loss, step)?.map_err(Some),
            false => Err(None),
        };
        losses.grad_norm_d = match stepped {
            Ok(norm) => norm,
            Err(layer) => {
                let seen = [turn.real.clone(), turn.fake.clone()];
                return Err(self.diverged("discriminator", layer, turn.z.clone(), &seen));
            }
        };
        self.objective = self.objective.after(losses.d_real, losses.d_fake);
        Ok(())
    }

    /// L_D, its penalty, and −λ L_I.
    pub(super) fn discriminator_loss(&mut self, turn: &Turn, losses: &mut Losses) -> Result<Loss> {
        let TrainConfig { seed, penalty, .. } = self.config;
        let game = self.objective;
        let objective = game.objective();
        let d = &mut self.discriminator.network;
        let (on_real, real_tape) = d
            .forward(turn.real.clone().record(), turn.passes[0])?
            .split();
        let (outputs, tape) = d
            .forward(turn.fake.clone().record(), turn.passes[1])?
            .split();
        let information = self.config.codes.information(&turn.z, &outputs)?;
        let codes = &self.config.codes;
        let found = match codes.weight_real > 0.0 {
            true => {
                let other = d.apply(turn.real.clone().record(), turn.passes[2])?;
                codes.on_real(&on_real, other)?
            }
            false => None,
        };
        let real = Scores::read(objective, &turn.real, on_real.with_tape(real_tape))?;
        let fake = Scores::read(objective, &turn.fake, outputs.with_tape(tape))?;
        losses.d_real = reading(objective, &real.values());
        losses.d_fake = reading(objective, &fake.values());
        let mut loss = objective.discriminator(real, fake);
        losses.d_loss = loss.value();
        if let ObjectiveConfig::Began(game) = game {
            let convergence = game.convergence(losses.d_real, losses.d_fake);
            losses.note("k", game.k);
            losses.note("convergence", convergence);
        }
        if let Some(information) = information {
            loss = loss + information.loss;
        }
        if let Some((negated, nats)) = found {
            losses.note(super::starts::BITS, nats / std::f64::consts::LN_2);
            loss = loss + negated;
        }
        let d = &self.discriminator.network;
        if let Some(penalty) = penalty.of(d, &turn.real, &turn.fake, seed, turn.update)? {
            losses.note("penalty", penalty.value);
            losses.note("critic_gradient", penalty.gradient_norm);
            if let (ObjectiveConfig::Wgan(_), PenaltyConfig::Gradient { .. }) =
                (game, &self.config.penalty)
            {
                let (real, fake) = (losses.d_real, losses.d_fake);
                let w1 = Wasserstein::distance(real, fake, penalty.gradient_norm);
                losses.note("w1", w1);
            }
            loss = loss + penalty.surrogate;
        }
        Ok(loss)
    }

    /// G: one step down its loss.
    fn teach_generator(&mut self, turn: Turn, losses: &mut Losses) -> Result<()> {
        let (z, seen) = (turn.z.clone(), [turn.real.clone(), turn.fake.clone()]);
        let loss = self.generator_loss(turn, losses)?;
        let step = self.step_of_component();
        let stepped = match loss.value().is_finite() {
            true => self.generator.step_down(loss, step)?.map_err(Some),
            false => Err(None),
        };
        losses.grad_norm_g = match stepped {
            Ok(norm) => norm,
            Err(layer) => return Err(self.diverged("generator", layer, z, &seen)),
        };
        Ok(())
    }

    /// L_G, λ R_adv, and −λ L_I, through a D that stays as it is.
    pub(super) fn generator_loss(&mut self, turn: Turn, losses: &mut Losses) -> Result<Loss> {
        let Turn {
            passes: [on_real, _, pass],
            real,
            z,
            fake,
            tape,
            ..
        } = turn;
        let (game, r_adv) = (self.objective, self.config.r_adv);
        let objective = game.objective();
        let d = &mut self.discriminator.network;
        let through = pass.frozen().through();
        let (outputs, tape) = d.forward(fake.clone().with_tape(tape), through)?.split();
        let information = self.config.codes.information(&z, &outputs)?;
        let scores = Scores::read(objective, &fake, outputs.with_tape(tape))?;
        let beside = match objective.compares() || r_adv.reads_real() {
            true => {
                let outputs = d.apply(real.clone().record(), on_real.frozen())?;
                Some(Scores::read(objective, &real, outputs)?)
            }
            false => None,
        };
        let regulariser = r_adv.of(
            beside.as_ref().map(Scores::again),
            scores.again(),
            self.step,
        );
        let mut loss = match beside {
            Some(beside) if objective.compares() => objective.generator_against(beside, scores),
            _ => objective.generator(scores),
        };
        losses.g_loss = loss.value();
        if let Some(regulariser) = regulariser {
            losses.note("r_adv", regulariser.value());
            loss = loss + regulariser;
        }
        if let Some(information) = information {
            let bits = |nats: f64| nats / std::f64::consts::LN_2;
            for (name, nats) in [
                ("information_bits", information.categorical),
                ("information_bits_continuous", information.continuous),
            ] {
                nats.into_iter()
                    .for_each(|nats| losses.note(name, bits(nats)));
            }
            loss = loss + information.loss;
        }
        Ok(loss)
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
        let step = match self.config.boosting.component(self.step) {
            // The next update is the first of another component.
            next if next > self.ensemble.components.len() as u64 => 0,
            _ => self.step_of_component(),
        };
        let lr = |p: &Player| p.optimizer.config().lr() * p.schedule.factor(step);
        (lr(&self.generator), lr(&self.discriminator))
    }

    /// `n` generated samples in the data's units, a function of (`seed`, `n`).
    ///
    /// # Errors
    /// [`Error::Device`](crate::Error::Device).
    pub fn sample(&self, n: usize, seed: u64) -> Result<Samples> {
        let z = self.config.latents(seed, Stream::LatentForSampling, 0, n);
        super::snapshot::generate(&self.generators(), self.data.description(), z, seed)
    }
}

/// G and D, fresh.
pub(super) fn players(config: &TrainConfig, seed: u64) -> Result<(Player, Player)> {
    let (o, s, c) = (&config.optimizer, &config.schedule, &config.clip);
    let stream = Stream::GeneratorInit;
    let generator = Player::new("generator", &config.generator, seed, stream, &o.generator)?
        .scheduled(&s.generator)?
        .clipped(c.generator);
    let (spec, stream) = (&config.discriminator, Stream::DiscriminatorInit);
    let discriminator = Player::new("discriminator", spec, seed, stream, &o.discriminator)?
        .scheduled(&s.discriminator)?
        .clipped(c.discriminator)
        .bounded((config.weight_clip > 0.0).then_some(config.weight_clip));
    Ok((generator, discriminator))
}

/// The mean of P(real) where scores say so much, else of the scores themselves.
fn reading(objective: &dyn Objective, scores: &[f32]) -> f64 {
    let read = |&s: &f32| objective.probability(s.into()).unwrap_or(s.into());
    scores.iter().map(read).sum::<f64>() / scores.len() as f64
}
