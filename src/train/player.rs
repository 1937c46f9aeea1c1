//! One network with its optimiser: what descends a loss.

use crate::error::{Error, Result};
use crate::gan::{Loss, Scores};
use crate::nn::{Network, NetworkSpec, Pass};
use crate::optim::clip::clip_value;
use crate::optim::{Clip, Optimizer, OptimizerConfig, Schedule, ScheduleConfig};
use crate::random::Stream;
use crate::tensor::{Batch, Gradients};

/// A network that learns.
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
    /// The network.
    pub network: Network,
    pub(super) optimizer: Optimizer,
    pub(super) schedule: Schedule,
    clip: Clip,
    bound: Option<f64>,
    seed: u64,
    passes: u64,
}

impl Player {
    /// A fresh network; initial weights are a function of (`seed`, `stream`). The learning rate is
    /// constant and gradients are not clipped.
    ///
    /// # Errors
    /// As [`Network::new`], and for settings of the optimiser that cannot be.
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
            bound: None,
            seed,
            passes: 0,
        })
    }

    /// With a learning-rate schedule.
    ///
    /// # Errors
    /// For settings that cannot be.
    pub fn scheduled(mut self, schedule: &ScheduleConfig) -> Result<Self> {
        self.schedule = schedule.init()?;
        Ok(self)
    }

    /// With clipped gradients.
    pub fn clipped(mut self, clip: Clip) -> Self {
        self.clip = clip;
        self
    }

    /// With every weight and bias in [−`limit`, `limit`] after each step, as WGAN holds its critic
    /// (Arjovsky et al. 2017); `None` for no bound.
    pub fn bounded(mut self, limit: Option<f64>) -> Self {
        self.bound = limit;
        self
    }

    /// The network applied to a batch that does not itself learn, on the tape: D(x).
    ///
    /// # Errors
    /// As [`Network::forward`].
    pub fn scores(&mut self, x: Batch) -> Result<Scores> {
        let pass = Pass::training(self.seed, self.passes);
        self.passes += 1;
        Scores::of(self.network.forward(x.record(), pass)?)
    }

    /// One step of the optimiser down `loss`; returns the gradient's norm before clipping.
    ///
    /// # Errors
    /// [`Error::Diverged`] when a gradient is not finite; nothing is changed then.
    pub fn descend(&mut self, loss: Loss) -> Result<f64> {
        let step = self.optimizer.step();
        self.step_down(loss, step)?
            .map_err(|layer| Error::Diverged {
                step,
                network: self.network.name().into(),
                layer,
                what: "a gradient".into(),
                remedy: "lower the learning rate".into(),
            })
    }

    /// One step down `loss`, with the learning rate of step `step`: the gradient's norm before
    /// clipping, or else the first layer whose gradient is not finite, and nothing is changed then.
    pub(super) fn step_down(&mut self, loss: Loss, step: u64) -> Result<Result<f64, String>> {
        let gradients = self.gradients(loss)?;
        self.follow(gradients, step)
    }

    /// The gradients of `loss` with respect to what is learnt, in the order of
    /// [`Network::parameters`].
    pub(super) fn gradients(&self, loss: Loss) -> Result<Vec<Vec<f32>>> {
        let mut all = Gradients::of(loss)?;
        self.network.gradients(&mut all)
    }

    /// One step against `gradients`, as [`step_down`](Self::step_down).
    pub(super) fn follow(
        &mut self,
        mut gradients: Vec<Vec<f32>>,
        step: u64,
    ) -> Result<Result<f64, String>> {
        let mut slices: Vec<&mut [f32]> = gradients.iter_mut().map(Vec::as_mut_slice).collect();
        let norm = self.clip.apply(&mut slices);
        if !norm.is_finite() {
            let names = self.network.parameters();
            let broken = |g: &Vec<f32>| g.iter().any(|g| !g.is_finite());
            let place = gradients.iter().position(broken).unwrap_or(0);
            return Ok(Err(self.network.describe(&names[place].0)));
        }
        let factor = self.schedule.factor(step);
        self.optimizer.begin_step();
        self.network.update(|index, values| {
            let gradient = &gradients[index];
            self.optimizer.update(index, factor, values, gradient)?;
            if let Some(limit) = self.bound {
                clip_value(values, limit);
            }
            Ok(())
        })?;
        gradients.into_iter().for_each(Gradients::done_with);
        Ok(Ok(norm))
    }
}
