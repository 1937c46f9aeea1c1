//! What can be seen of the game as a whole.

use super::oscillation::{Oscillation, oscillation};
use super::travel::{self, Travel};
use crate::error::Result;
use crate::evaluate::{PROTOCOL_N, mode_coverage, points};
use crate::gan::Scores;
use crate::nn::{Network, Pass};
use crate::random::Stream;
use crate::tensor::{Batch, Gradients};
use crate::train::trainer::Turn;
use crate::train::{Losses, Trainer};
use serde::Serialize;

/// The game; what cannot be said is `None`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GameSigns {
    /// L_D on batches that D has not learnt from, over what it is when G is perfect and D optimal: 1 − JS/ln 2
    /// of an optimal D for the cross-entropy. `None` where that is 0 or unknown.
    pub d_loss_share: Option<f64>,
    /// How far D is from its best: by how much L_D falls there when a copy of D learns for
    /// [`MORE`] more updates while G stays, in the objective's unit.
    pub optimality_gap: f64,
    /// E|∂L_G/∂s| over D's scores s of generated samples: the share of D's slope that L_G lets through.
    /// 1 for a critic.
    pub slope: f64,
    /// Mean distance between two generated samples over that between two real ones.
    pub diversity: f64,
    /// Modes that samples of high quality are spread over as evenly as over e^H equal ones, H the entropy
    /// of their shares, and modes there are; where the density is known, and at least half of the samples
    /// are of high quality.
    pub modes: Option<(f64, usize)>,
    /// Of the difference of D's mean readings on real and generated samples.
    pub oscillation: Option<Oscillation>,
    /// Lines of the history; fewer than [`FEWEST_LINES`](super::FEWEST_LINES) say nothing of oscillation.
    pub lines: usize,
    /// The last gradient norm of each player, D's and G's, over its median in the history.
    pub growth: Option<[f64; 2]>,
    /// How far each player, D and G, has come.
    pub travel: [Travel; 2],
}

/// Updates of D's copy.
pub const MORE: u64 = 10;
/// Batches that L_D is measured on before and after.
const HELD_OUT: u64 = 2;
/// Samples whose distances are measured.
const SAMPLES: usize = 500;
/// Share of samples of high quality from which they tell of modes: a cloud that drifts over the plane has
/// not lost any yet.
const CLEAR: f64 = 0.5;
/// Lines of a history whose median means anything.
const FEWEST: usize = 8;

pub(super) fn examine(trainer: &Trainer, history: &[Losses]) -> Result<GameSigns> {
    let (before, after) = further(trainer)?;
    let gap = |l: &Losses| l.d_real - l.d_fake;
    let equilibrium = trainer.objective.objective().equilibrium();
    Ok(GameSigns {
        d_loss_share: equilibrium.filter(|e| *e != 0.0).map(|e| before / e),
        optimality_gap: before - after,
        slope: slope(trainer)?,
        diversity: diversity(trainer)?,
        modes: modes(trainer)?,
        oscillation: oscillation(&history.iter().map(gap).collect::<Vec<_>>()),
        lines: history.len(),
        growth: growth(history),
        travel: travel::examine(trainer)?,
    })
}

/// L_D before and after a copy of D learnt further, on batches that it did not learn from. They are
/// those of steps to come: of data that are drawn nobody has seen them.
fn further(trainer: &Trainer) -> Result<(f64, f64)> {
    let mut copy = trainer.clone();
    let next = copy.step * copy.config.n_critic as u64;
    let held_out = (next + MORE..next + MORE + HELD_OUT)
        .map(|update| copy.turn(update))
        .collect::<Result<Vec<Turn>>>()?;
    let measure = |of: &Trainer| -> Result<f64> {
        let mut of = of.clone();
        let mut sum = 0.0;
        for turn in &held_out {
            let mut losses = Losses::default();
            of.objective = trainer.objective;
            of.discriminator_loss(turn, &mut losses)?;
            sum += losses.d_loss;
        }
        Ok(sum / HELD_OUT as f64)
    };
    let before = measure(&copy)?;
    for update in next..next + MORE {
        let turn = copy.turn(update)?;
        // A copy that diverges is no better than D.
        if let Err(e) = copy.teach_discriminator(&turn, &mut Losses::default()) {
            return match e {
                crate::Error::Diverged { .. } => Ok((before, before)),
                other => Err(other),
            };
        }
    }
    let after = measure(&copy)?;
    Ok((before, after))
}

fn slope(trainer: &Trainer) -> Result<f64> {
    let mut copy = trainer.clone();
    let turn = copy.turn(copy.step * copy.config.n_critic as u64)?;
    let objective = copy.objective.objective();
    let d = &copy.discriminator.network;
    let scores = |x: &Batch, pass: usize| -> Result<Batch> {
        let outputs = d.apply(x.clone().record(), turn.passes[pass].frozen())?;
        let scores = Scores::read(objective, x, outputs)?.values();
        Batch::new(scores, x.rows(), 1)
    };
    let fake = scores(&turn.fake, 2)?;
    let on_fake = Scores::of(fake.clone().record())?;
    let loss = match objective.compares() {
        true => {
            let real = scores(&turn.real, 0)?;
            objective.generator_against(Scores::of(real.record())?, on_fake)
        }
        false => objective.generator(on_fake),
    };
    let gradient = Gradients::of(loss)?.take_input(&fake)?;
    Ok(gradient.iter().map(|g| f64::from(g.abs())).sum())
}

/// Where every column of a table has deviation 1, as D sees it, and of G as it trains: batch norm's moving
/// averages begin far from what they are to be, and make images of one grey at first.
fn diversity(trainer: &Trainer) -> Result<f64> {
    let (config, seed) = (&trainer.config, trainer.config.seed);
    let n = trainer.data.len().map_or(SAMPLES, |len| len.min(SAMPLES));
    let z = config.latents(seed, Stream::LatentForSampling, 0, n);
    let mut parts: Vec<&Network> = trainer.ensemble.components.iter().collect();
    parts.push(&trainer.generator.network);
    let mut generated = Vec::new();
    for (part, z) in parts
        .iter()
        .zip(z.chunks(n.div_ceil(parts.len()) * config.latent))
    {
        let z = Batch::new(z.to_vec(), z.len() / config.latent, config.latent)?;
        generated.extend_from_slice(&part.apply(z, Pass::training(seed, 0).frozen())?.values());
    }
    let real = trainer.data.sample(seed, n)?;
    let width = trainer.data.description().shape.numel();
    Ok(mean_distance(&generated, width) / mean_distance(&real, width))
}

fn mean_distance(rows: &[f32], width: usize) -> f64 {
    let rows: Vec<&[f32]> = rows.chunks_exact(width).collect();
    let (mut sum, mut pairs) = (0.0, 0.0);
    for (i, a) in rows.iter().enumerate() {
        for b in &rows[..i] {
            let differences = a.iter().zip(*b).map(|(a, b)| f64::from(a - b));
            sum += differences.map(|d| d * d).sum::<f64>().sqrt();
            pairs += 1.0;
        }
    }
    sum / pairs
}

fn modes(trainer: &Trainer) -> Result<Option<(f64, usize)>> {
    let Some(mixture) = trainer.data.mixture() else {
        return Ok(None);
    };
    let samples = trainer.sample(PROTOCOL_N, trainer.config.seed)?;
    // Samples that are not finite are no measure of modes.
    let Ok(found) = mode_coverage(points(&samples.values, 2)?, mixture) else {
        return Ok(None);
    };
    let good: usize = found.high_quality_counts.iter().sum();
    let entropy = |&count: &usize| match count as f64 / good as f64 {
        0.0 => 0.0,
        share => -share * share.ln(),
    };
    let spread = found.high_quality_counts.iter().map(entropy).sum::<f64>();
    let clear = found.high_quality >= CLEAR;
    Ok(clear.then_some((spread.exp(), found.modes_total)))
}

fn growth(history: &[Losses]) -> Option<[f64; 2]> {
    if history.len() < FEWEST {
        return None;
    }
    let of = |norm: fn(&Losses) -> f64| {
        let mut all: Vec<f64> = history.iter().map(norm).collect();
        let last = all[all.len() - 1];
        all.sort_by(f64::total_cmp);
        match all[all.len() / 2] {
            // Most of the time there was none to grow.
            0.0 => 0.0,
            median => last / median,
        }
    };
    Some([of(|l| l.grad_norm_d), of(|l| l.grad_norm_g)])
}
