//! The mixture of generators that AdaGAN trains.

use super::config::TrainConfig;
use super::player::Player;
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

/// The finished components, and the examples that the next one is trained on.
#[derive(Debug, Clone, Default)]
pub(super) struct Ensemble {
    pub components: Vec<Network>,
    /// Weight w of each example; empty where the component is trained on the data itself.
    pub weights: Vec<f32>,
    distribution: Option<WeightedIndex<f64>>,
}

impl Ensemble {
    /// Sets the weights of the examples for the next component.
    ///
    /// # Errors
    /// [`Error::Usage`] when no example can be drawn with these weights.
    pub fn set_weights(&mut self, weights: Vec<f32>) -> Result<()> {
        let index = WeightedIndex::new(weights.iter().map(|w| f64::from(*w)));
        self.distribution = Some(index.map_err(|e| {
            Error::Usage(format!(
                "no example can be drawn for component {} with these weights: {e}",
                self.components.len() + 1
            ))
        })?);
        self.weights = weights;
        Ok(())
    }

    /// Adds a finished component, or its moving average, and sets the weights of the examples for the next one.
    ///
    /// # Errors
    /// [`Error::Interrupted`] once `stop` is set; nothing is changed then.
    pub fn add_component(
        &mut self,
        component: Network,
        config: &TrainConfig,
        data: &Dataset,
        stop: &AtomicBool,
    ) -> Result<()> {
        self.components.push(component);
        if !config.boosting.reweight {
            return Ok(());
        }
        match self.next_weights(config, data, stop) {
            Ok(weights) => self.set_weights(weights),
            Err(e) => {
                self.components.pop();
                Err(e)
            }
        }
    }

    /// Returns the weight w of each example for the next component.
    fn next_weights(
        &self,
        config: &TrainConfig,
        data: &Dataset,
        stop: &AtomicBool,
    ) -> Result<Vec<f32>> {
        let finished = self.components.len() as u64;
        let examples = examples(config, data)?;
        let width = data.description().shape.numel();
        let d = self.train_discriminator(&examples, config, data, stop)?;
        let mut ratios = Vec::with_capacity(examples.len() / width);
        for rows in examples.chunks(256 * width) {
            let scores = d.infer(Batch::new(rows.to_vec(), rows.len() / width, width)?)?;
            // (1 − σ(s))/σ(s)
            ratios.extend(scores.values().iter().map(|&s| f64::from(-s).exp()));
        }
        let weights = reweight(&ratios, 1.0 / (finished + 1) as f64);
        Ok(weights.into_iter().map(|w| w as f32).collect())
    }

    /// Returns a discriminator that was trained to distinguish the examples from the mixture so far.
    fn train_discriminator(
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
            let fake = Batch::new(sample_mixture(&parts, &z, seed, step)?, batch, width)?;
            let on_real = d.scores(Batch::new(real, batch, width)?)?;
            let on_fake = d.scores(fake)?;
            d.descend(NonSaturating::default().discriminator(on_real, on_fake))?;
        }
        Ok(d.network)
    }

    /// Returns a batch of real samples for the component in training, drawn with the weights of the examples.
    pub fn batch(&self, config: &TrainConfig, data: &Dataset, update: u64) -> Result<Vec<f32>> {
        let Some(distribution) = &self.distribution else {
            return data.batch(config.seed, update, config.batch);
        };
        let rng = rng(config.seed, Stream::Data, update);
        let drawn: Vec<usize> = distribution.sample_iter(rng).take(config.batch).collect();
        data.examples(config.seed, &drawn)
    }
}

/// Returns the training examples that are weighted: the whole dataset, but at most `boosting.examples`.
fn examples(config: &TrainConfig, data: &Dataset) -> Result<Vec<f32>> {
    let limit = config.boosting.examples;
    let n = data.len().map_or(limit, |len| len.min(limit));
    data.examples(config.seed, &(0..n).collect::<Vec<_>>())
}

/// Returns samples of a mixture of generators for latents z. The generator of each row is drawn uniformly.
pub(super) fn sample_mixture(
    parts: &[&Network],
    z: &[f32],
    seed: u64,
    step: u64,
) -> Result<Vec<f32>> {
    let latent = parts[0].spec().input.numel();
    let n = z.len() / latent;
    let mut rng = rng(seed, Stream::Component, step);
    let part_of_row: Vec<usize> = match parts.len() {
        1 => vec![0; n],
        count => (0..n).map(|_| rng.random_range(0..count)).collect(),
    };
    let width = parts[0].output().numel();
    let mut values = vec![0.0; n * width];
    for (part, network) in parts.iter().enumerate() {
        let rows: Vec<usize> = (0..n).filter(|&row| part_of_row[row] == part).collect();
        // Chunks keep the memory independent of n.
        for rows in rows.chunks(256) {
            let z: Vec<f32> = (rows.iter())
                .flat_map(|&row| &z[row * latent..][..latent])
                .copied()
                .collect();
            let samples = network.infer(Batch::new(z, rows.len(), latent)?)?;
            for (sample, &row) in samples.values().chunks_exact(width).zip(rows) {
                values[row * width..][..width].copy_from_slice(sample);
            }
        }
    }
    Ok(values)
}
