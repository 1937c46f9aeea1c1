//! A network with its optimiser, which learns a bound: the critic T, or Q.

use super::settings::NeuralInformation;
use crate::data::SampleShape;
use crate::error::{Error, Result};
use crate::gan::Loss;
use crate::nn::layers::{Dense, Relu};
use crate::nn::{Initializer, Network, NetworkSpec, Pass};
use crate::optim::{Optimizer, OptimizerConfig};
use crate::random::Stream;
use crate::tensor::{Batch, Gradients, Recording};

/// A network with two hidden layers of ReLUs, trained by Adam.
pub(super) struct Learner {
    name: &'static str,
    network: Network,
    optimizer: Optimizer,
}

impl Learner {
    pub fn new(
        name: &'static str,
        inputs: usize,
        outputs: usize,
        settings: &NeuralInformation,
    ) -> Result<Self> {
        let units = settings.units;
        let spec = NetworkSpec {
            input: SampleShape::Vector { len: inputs },
            init: Initializer::He,
            spectral_norm: false,
            layers: vec![
                Dense::new(inputs, units).into(),
                Relu {}.into(),
                Dense::new(units, units).into(),
                Relu {}.into(),
                Dense::new(units, outputs).into(),
            ],
        };
        Ok(Learner {
            name,
            network: Network::new(name, &spec, settings.seed, Stream::CriticInit)?,
            optimizer: OptimizerConfig::adam(settings.lr, 0.9, 0.999).init()?,
        })
    }

    /// The same network with a last layer of zeros, so that all its outputs are 0 at first.
    pub fn with_zero_outputs(mut self) -> Self {
        let last = self.network.parameters_mut().into_iter().rev().take(2);
        last.for_each(|(_, parameter)| parameter.update(|w| w.fill(0.0)));
        self
    }

    /// The outputs for a batch, recorded on the tape.
    pub fn outputs(&mut self, inputs: Batch, step: u64) -> Result<Batch<Recording>> {
        self.network
            .forward(inputs.record(), Pass::training(0, step))
    }

    /// The outputs for a batch as numbers, row-major.
    pub fn values(&self, inputs: Batch) -> Result<Vec<f64>> {
        let outputs = self.network.infer(inputs)?;
        Ok(outputs.values().iter().map(|&value| value.into()).collect())
    }

    /// Makes one step that minimises `loss`.
    pub fn descend(&mut self, loss: Loss, step: u64) -> Result<()> {
        let mut gradients = Gradients::of(loss)?;
        self.optimizer.begin_step();
        for (index, (name, parameter)) in self.network.parameters_mut().into_iter().enumerate() {
            let gradient = gradients.take(parameter)?;
            if gradient.iter().any(|g| !g.is_finite()) {
                return Err(Error::Diverged {
                    step,
                    network: self.name.into(),
                    layer: name,
                    what: "a gradient".into(),
                    remedy: "lower lr".into(),
                });
            }
            let mut outcome = Ok(());
            parameter.update(|w| outcome = self.optimizer.update(index, 1.0, w, &gradient));
            outcome?;
        }
        Ok(())
    }
}
