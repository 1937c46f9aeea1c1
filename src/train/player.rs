//! A network with its optimiser.

use super::not_finite::NotFinite;
use crate::error::Result;
use crate::gan::{Loss, Scores};
use crate::nn::{Network, NetworkSpec, Pass};
use crate::optim::clip::clip_value;
use crate::optim::{Clip, Optimizer, OptimizerConfig, Schedule, ScheduleConfig};
use crate::random::Stream;
use crate::tensor::{Batch, Gradients};

/// A network in training.
///
/// ```
/// use ganscope::gan::{NonSaturating, Objective};
/// use ganscope::{data::SampleShape, nn::presets, optim::OptimizerConfig, random::Stream};
/// use ganscope::{tensor::Batch, train::Player};
/// let spec = presets::discriminator(&SampleShape::Vector { len: 1 })?;
/// let adam = OptimizerConfig::adam(1e-2, 0.9, 0.999);
/// let mut d = Player::new("discriminator", &spec, 1, Stream::DiscriminatorInit, &adam)?;
/// let (real, fake) = (Batch::new(vec![1.0; 8], 8, 1)?, Batch::new(vec![-1.0; 8], 8, 1)?);
/// for _ in 0..50 {
///     let (on_real, on_fake) = (d.scores(real.clone())?, d.scores(fake.clone())?);
///     d.descend(NonSaturating::default().discriminator(on_real, on_fake))?;
/// }
/// assert!(d.network.infer(real)?.values()[0] > 2.0);
/// # Ok::<(), ganscope::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Player {
    /// Network that is trained.
    pub network: Network,
    pub(super) optimizer: Optimizer,
    pub(super) schedule: Schedule,
    clip: Clip,
    weight_bound: Option<f64>,
    seed: u64,
    passes: u64,
}

/// Outcome of an update.
pub(super) enum Update {
    /// The weights were updated; the gradient had this norm before clipping.
    Done { gradient_norm: f64 },
    /// A gradient is not finite, and nothing was changed.
    Refused(NotFinite),
}

impl Player {
    /// Returns a new network, whose initial weights are a function of (`seed`, `stream`). The learning rate is
    /// constant and gradients are not clipped.
    ///
    /// # Errors
    /// As [`Network::new`], and for invalid settings of the optimiser.
    pub fn new(
        name: &str,
        spec: &NetworkSpec,
        seed: u64,
        stream: Stream,
        optimizer: &OptimizerConfig,
    ) -> Result<Self> {
        Ok(Player {
            network: Network::new(name, spec, seed, stream)?,
            optimizer: optimizer.init()?,
            schedule: ScheduleConfig::default().init()?,
            clip: Clip::default(),
            weight_bound: None,
            seed,
            passes: 0,
        })
    }

    /// Sets a learning rate schedule.
    ///
    /// # Errors
    /// For invalid settings of the schedule.
    pub fn scheduled(mut self, schedule: &ScheduleConfig) -> Result<Self> {
        self.schedule = schedule.init()?;
        Ok(self)
    }

    /// Sets how gradients are clipped.
    pub fn clipped(mut self, clip: Clip) -> Self {
        self.clip = clip;
        self
    }

    /// Sets a bound on weights: after each update every weight and bias is clipped to [−`limit`, `limit`], as in
    /// WGAN (Arjovsky et al. 2017). `None` removes the bound.
    pub fn bounded(mut self, limit: Option<f64>) -> Self {
        self.weight_bound = limit;
        self
    }

    /// Returns the scores D(x) on the tape, for a batch x that is not trained itself.
    ///
    /// # Errors
    /// As [`Network::forward`].
    pub fn scores(&mut self, x: Batch) -> Result<Scores> {
        let pass = Pass::training(self.seed, self.passes);
        self.passes += 1;
        Scores::of(self.network.forward(x.record(), pass)?)
    }

    /// Takes one step of the optimiser down `loss` and returns the norm of the gradient before clipping.
    ///
    /// # Errors
    /// [`Error::Diverged`](crate::Error::Diverged) when a gradient is not finite; nothing is changed then.
    pub fn descend(&mut self, loss: Loss) -> Result<f64> {
        let step = self.optimizer.step();
        match self.step_down(loss, step)? {
            Update::Done { gradient_norm } => Ok(gradient_norm),
            Update::Refused(found) => Err(found.into_error(step, "lower the learning rate".into())),
        }
    }

    /// Takes one step down `loss` with the learning rate of step `step`.
    pub(super) fn step_down(&mut self, loss: Loss, step: u64) -> Result<Update> {
        let gradients = self.gradients(loss)?;
        self.apply(gradients, step)
    }

    /// Returns the gradients of `loss` with respect to the parameters, in the order of
    /// [`Network::parameters`].
    pub(super) fn gradients(&self, loss: Loss) -> Result<Vec<Vec<f32>>> {
        let mut all = Gradients::of(loss)?;
        self.network.gradients(&mut all)
    }

    /// Takes one step against `gradients` with the learning rate of step `step`.
    pub(super) fn apply(&mut self, mut gradients: Vec<Vec<f32>>, step: u64) -> Result<Update> {
        let mut slices: Vec<&mut [f32]> = gradients.iter_mut().map(Vec::as_mut_slice).collect();
        let gradient_norm = self.clip.apply(&mut slices);
        if !gradient_norm.is_finite() {
            let names = self.network.parameters();
            let broken = |g: &Vec<f32>| g.iter().any(|g| !g.is_finite());
            let index = gradients.iter().position(broken).unwrap_or(0);
            let layer = self.network.describe(&names[index].0);
            let found = NotFinite::in_layer(&self.network, layer, "a gradient");
            return Ok(Update::Refused(found));
        }
        let factor = self.schedule.factor(step);
        self.optimizer.begin_step();
        self.network.update(|index, values| {
            let gradient = &gradients[index];
            self.optimizer.update(index, factor, values, gradient)?;
            if let Some(limit) = self.weight_bound {
                clip_value(values, limit);
            }
            Ok(())
        })?;
        gradients.into_iter().for_each(Gradients::done_with);
        Ok(Update::Done { gradient_norm })
    }
}
