//! The mixture of generators that AdaGAN trains, and the step from one component to the next.

use super::{Player, TrainConfig};
use crate::data::Dataset;
use crate::error::{Error, Result};
use crate::gan::{NonSaturating, Objective, reweight};
use crate::nn::{Network, presets};
use crate::optim::OptimizerConfig;
use crate::random::{Stream, rng};
use crate::tensor::Batch;
use rand::RngExt;
use rand::distr::Distribution;
use rand::distr::weighted::WeightedIndex;
use std::sync::atomic::{AtomicBool, Ordering};

/// The components that are done, and what the next one is trained on.
#[derive(Debug, Clone, Default)]
pub(super) struct Ensemble {
    pub components: Vec<Network>,
    /// w of each example; empty for the first component, which is trained on the data.
    pub weights: Vec<f32>,
    by_weight: Option<WeightedIndex<f64>>,
}

impl Ensemble {
    /// Weighs the examples for the next component.
    ///
    /// # Errors
    /// [`Error::Usage`] for weights that nothing can be drawn by.
    pub fn weigh(&mut self, weights: Vec<f32>) -> Result<()> {
        let index = WeightedIndex::new(weights.iter().map(|w| f64::from(*w)));
        self.by_weight = Some(index.map_err(|e| {
            Error::Usage(format!(
                "no example can be drawn for component {}: {e}",
                self.components.len() + 1
            ))
        })?);
        self.weights = weights;
        Ok(())
    }

    /// Takes in a component that is done: `latest` may be its moving average.
    ///
    /// # Errors
    /// [`Error::Interrupted`] once `stop` is set; nothing has changed then.
    pub fn grow(
        &mut self,
        latest: Network,
        config: &TrainConfig,
        data: &Dataset,
        stop: &AtomicBool,
    ) -> Result<()> {
        self.components.push(latest);
        if !config.boosting.reweight {
            return Ok(());
        }
        match self.lacking(config, data, stop) {
            Ok(weights) => self.weigh(weights),
            Err(e) => {
                self.components.pop();
                Err(e)
            }
        }
    }

    /// w of each example, for a component beside those that are there.
    fn lacking(&self, config: &TrainConfig, data: &Dataset, stop: &AtomicBool) -> Result<Vec<f32>> {
        let done = self.components.len() as u64;
        let examples = examples(config, data)?;
        let width = data.description().shape.numel();
        let d = self.against(&examples, config, data, stop)?;
        let mut ratios = Vec::with_capacity(examples.len() / width);
        for rows in examples.chunks(256 * width) {
            let scores = d.infer(Batch::new(rows.to_vec(), rows.len() / width, width)?)?;
            // (1 − σ(s))/σ(s)
            ratios.extend(scores.values().iter().map(|&s| f64::from(-s).exp()));
        }
        let weights = reweight(&ratios, 1.0 / (done + 1) as f64);
        Ok(weights.into_iter().map(|w| w as f32).collect())
    }

    /// A discriminator between the examples and the mixture so far.
    fn against(
        &self,
        examples: &[f32],
        config: &TrainConfig,
        data: &Dataset,
        stop: &AtomicBool,
    ) -> Result<Network> {
        let shape = &data.description().shape;
        let (width, batch) = (shape.numel(), config.batch);
        let seed = config.seed.wrapping_add(self.components.len() as u64);
        let adam = OptimizerConfig::adam(1e-3, 0.5, 0.999);
        let spec = presets::discriminator(shape)?;
        let stream = Stream::DiscriminatorInit;
        let mut d = Player::new("mixture discriminator", &spec, seed, stream, &adam)?;
        let parts: Vec<&Network> = self.components.iter().collect();
        for step in 0..config.boosting.discriminator_steps {
            if stop.load(Ordering::Relaxed) {
                let step = config.boosting.steps * self.components.len() as u64;
                return Err(Error::Interrupted { step });
            }
            let mut rng = rng(seed, Stream::Data, step);
            let mut real = Vec::with_capacity(batch * width);
            for _ in 0..batch {
                let i = rng.random_range(0..examples.len() / width);
                real.extend_from_slice(&examples[i * width..][..width]);
            }
            let z = config.latents(seed, Stream::Latent, step, batch);
            let fake = Batch::new(mixed(&parts, z, seed, step)?, batch, width)?;
            let on_real = d.scores(Batch::new(real, batch, width)?)?;
            let on_fake = d.scores(fake)?;
            d.descend(NonSaturating::default().discriminator(on_real, on_fake))?;
        }
        Ok(d.network)
    }

    /// A batch of examples for the component in training, drawn by their weights.
    pub fn batch(&self, config: &TrainConfig, data: &Dataset, update: u64) -> Result<Vec<f32>> {
        let Some(by_weight) = &self.by_weight else {
            return data.batch(config.seed, update, config.batch);
        };
        let rng = rng(config.seed, Stream::Data, update);
        let drawn: Vec<usize> = by_weight.sample_iter(rng).take(config.batch).collect();
        data.examples(config.seed, &drawn)
    }
}

/// The training examples that are weighted: all there are, at most `boosting.examples`.
fn examples(config: &TrainConfig, data: &Dataset) -> Result<Vec<f32>> {
    let wanted = config.boosting.examples;
    let n = data.len().map_or(wanted, |len| len.min(wanted));
    data.examples(config.seed, &(0..n).collect::<Vec<_>>())
}

/// What a mixture of equally many parts makes of latents z: for each row one of them is drawn.
pub(super) fn mixed(parts: &[&Network], z: Vec<f32>, seed: u64, step: u64) -> Result<Vec<f32>> {
    let latent = parts[0].spec().input.numel();
    let n = z.len() / latent;
    let mut rng = rng(seed, Stream::Component, step);
    let of: Vec<usize> = match parts.len() {
        1 => vec![0; n],
        many => (0..n).map(|_| rng.random_range(0..many)).collect(),
    };
    let width = parts[0].output().numel();
    let mut values = vec![0.0; n * width];
    for (part, network) in parts.iter().enumerate() {
        let rows: Vec<usize> = (0..n).filter(|&row| of[row] == part).collect();
        // In pieces, so that memory does not grow with n.
        for rows in rows.chunks(256) {
            let z: Vec<f32> = (rows.iter())
                .flat_map(|&row| &z[row * latent..][..latent])
                .copied()
                .collect();
            let made = network.infer(Batch::new(z, rows.len(), latent)?)?;
            for (made, &row) in made.values().chunks_exact(width).zip(rows) {
                values[row * width..][..width].copy_from_slice(made);
            }
        }
    }
    Ok(values)
}
