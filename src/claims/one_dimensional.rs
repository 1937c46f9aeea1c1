//! GANs of one real number, for claims that are decided by training.

use statrs::distribution::Normal;

use crate::data::SampleShape;
use crate::error::{Error, Result};
use crate::nn::layers::{Dense, Tanh};
use crate::nn::{Initializer, NetworkSpec};
use crate::optim::OptimizerConfig;
use crate::random::{Stream, standard_normal};
use crate::tensor::Batch;
use crate::train::Player;

const SEED: u64 = 1;

/// A discriminator of one number with two hidden layers of 32 units.
pub(super) fn discriminator(optimizer: &OptimizerConfig) -> Result<Player> {
    let spec = NetworkSpec {
        input: SampleShape::Vector { len: 1 },
        init: Initializer::Xavier,
        spectral_norm: false,
        layers: vec![
            Dense::new(1, 32).into(),
            Tanh {}.into(),
            Dense::new(32, 32).into(),
            Tanh {}.into(),
            Dense::new(32, 1).into(),
        ],
    };
    let stream = Stream::DiscriminatorInit;
    Player::new("discriminator", &spec, SEED, stream, optimizer)
}

/// 512 draws from N(mean, sd²).
pub(super) fn draw(mean: f32, sd: f32, stream: Stream, step: u64) -> Result<Batch> {
    let noise = standard_normal(SEED, stream, step, 512);
    Batch::new(noise.iter().map(|e| mean + sd * e).collect(), 512, 1)
}

/// D's probability that x is real, the sigmoid of its score, at each of `points`.
pub(super) fn probabilities(d: &Player, points: &[f64]) -> Result<Vec<f64>> {
    let x: Vec<f32> = points.iter().map(|&x| x as f32).collect();
    let scores = d.network.infer(Batch::new(x, points.len(), 1)?)?;
    let sigmoid = |&s: &f32| 1.0 / (1.0 + (-f64::from(s)).exp());
    Ok(scores.values().iter().map(sigmoid).collect())
}

/// The density of N(mean, sd²).
pub(super) fn normal(mean: f64, sd: f64) -> Result<Normal> {
    Normal::new(mean, sd).map_err(|e| Error::Usage(format!("N({mean}, {sd}²): {e}")))
}
