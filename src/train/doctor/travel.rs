//! How far the players have come from where they began.
//!
//! Initial weights θ₀ are a function of the seed, so that no earlier checkpoint is needed. Adam and RMSProp
//! move every weight by about the learning rate a step, whatever the gradient: a player that has stayed where
//! it was has a rate far too small, and one whose weights are many times as large as at first, far too large.

use crate::error::Result;
use crate::nn::Network;
use crate::train::Trainer;
use crate::train::trainer::players;
use serde::Serialize;

/// A player's way so far.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Travel {
    /// ‖θ − θ₀‖/‖θ₀‖ of all that is learnt.
    pub distance: f64,
    /// Updates so far, each counted by the share of the full learning rate that the schedule gave it.
    pub updates: f64,
}

/// Of D and of G, those of the component in training.
pub(super) fn examine(trainer: &Trainer) -> Result<[Travel; 2]> {
    let (config, steps) = (&trainer.config, trainer.step_of_component());
    let component = trainer.ensemble.components.len() as u64;
    // Which of several beginnings went on, its weights tell: they are nearer to their own than to others'.
    let starts = (config.codes.starts as u64).max(1);
    let mut distances = [f64::INFINITY; 2];
    for start in component..component + starts {
        let (g, d) = players(config, config.seed.wrapping_add(start << 32))?;
        for (nearest, (now, fresh)) in distances.iter_mut().zip([
            (&trainer.discriminator.network, &d.network),
            (&trainer.generator.network, &g.network),
        ]) {
            *nearest = nearest.min(distance(now, fresh));
        }
    }
    let of = |distance: f64, schedule: &crate::optim::Schedule, each: u64| Travel {
        distance,
        updates: each as f64 * (0..steps).map(|t| schedule.factor(t)).sum::<f64>(),
    };
    let [d, g] = distances;
    Ok([
        of(d, &trainer.discriminator.schedule, config.n_critic as u64),
        of(g, &trainer.generator.schedule, 1),
    ])
}

fn distance(now: &Network, fresh: &Network) -> f64 {
    let (mut moved, mut size) = (0.0, 0.0);
    for ((_, now), (_, fresh)) in now.parameters().iter().zip(fresh.parameters()) {
        for (now, fresh) in now.values().iter().zip(&*fresh.values()) {
            let (now, fresh) = (f64::from(*now), f64::from(*fresh));
            moved += (now - fresh).powi(2);
            size += fresh.powi(2);
        }
    }
    (moved / size).sqrt()
}
