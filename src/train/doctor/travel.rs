//! How far the weights have moved from their initial values.
//!
//! The initial weights θ₀ are a function of the seed, so that no earlier checkpoint is needed. Adam and RMSProp
//! change every weight by about the learning rate in each step, whatever the size of the gradient. So weights
//! that have hardly moved indicate a learning rate that is far too small, and weights many times as large as at
//! first indicate one that is far too large.

use crate::error::Result;
use crate::nn::Network;
use crate::optim::Schedule;
use crate::train::trainer::{Trainer, new_players};
use serde::Serialize;

/// How far the weights of a network have moved.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Travel {
    /// ‖θ − θ₀‖/‖θ₀‖ over all parameters.
    pub distance: f64,
    /// Number of updates so far, each weighted by the factor on its learning rate.
    pub updates: f64,
}

/// Measures D and G, for a mixture those of the component in training.
pub(super) fn examine(trainer: &Trainer) -> Result<[Travel; 2]> {
    let (config, steps) = (&trainer.config, trainer.step_of_component());
    let component = trainer.ensemble.components.len() as u64;
    // Which of several starts was continued is not known here. The weights are closest to the initial weights of that
    // start.
    let starts = (config.codes.starts as u64).max(1);
    let mut distances = [f64::INFINITY; 2];
    for start in component..component + starts {
        let initial = new_players(config, config.seed.wrapping_add(start << 32))?;
        for (smallest, (now, initial)) in distances.iter_mut().zip([
            (&trainer.discriminator, &initial.discriminator),
            (&trainer.generator, &initial.generator),
        ]) {
            *smallest = smallest.min(distance(&now.network, &initial.network));
        }
    }
    let travel = |distance: f64, schedule: &Schedule, updates_per_step: u64| Travel {
        distance,
        updates: updates_per_step as f64 * (0..steps).map(|t| schedule.factor(t)).sum::<f64>(),
    };
    let [d, g] = distances;
    let n_critic = config.n_critic as u64;
    Ok([
        travel(d, &trainer.discriminator.schedule, n_critic),
        travel(g, &trainer.generator.schedule, 1),
    ])
}

/// Returns ‖θ − θ₀‖/‖θ₀‖ over all parameters.
fn distance(now: &Network, initial: &Network) -> f64 {
    let (mut moved, mut size) = (0.0, 0.0);
    for ((_, now), (_, initial)) in now.parameters().iter().zip(initial.parameters()) {
        for (now, initial) in now.values().iter().zip(&*initial.values()) {
            let (now, initial) = (f64::from(*now), f64::from(*initial));
            moved += (now - initial).powi(2);
            size += initial.powi(2);
        }
    }
    (moved / size).sqrt()
}
