//! Measurements of D and G together.

use super::oscillation::{Oscillation, oscillation};
use super::travel::{self, Travel};
use crate::error::{Error, Result};
use crate::evaluate::{PROTOCOL_N, mode_coverage, points};
use crate::gan::Scores;
use crate::nn::{Network, Pass};
use crate::random::Stream;
use crate::tensor::{Batch, Gradients};
use crate::train::losses::Losses;
use crate::train::minibatch::Minibatch;
use crate::train::trainer::Trainer;
use serde::Serialize;

/// Measurements of D and G together. A quantity that cannot be measured is `None`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GameSigns {
    /// L_D on batches that D was not trained on, divided by its value when G is perfect and D optimal. For an
    /// optimal D and the cross-entropy this is 1 − JS/ln 2. `None` where that value is 0 or not known.
    pub d_loss_share: Option<f64>,
    /// Distance of D from its optimum: the decrease of L_D on these batches when a copy of D is trained for
    /// [`EXTRA_UPDATES`] more updates while G does not change, in the objective's unit.
    pub optimality_gap: f64,
    /// E|∂L_G/∂s| over D's scores s of generated samples: the fraction of D's gradient that L_G passes on to G. It is
    /// 1 for a critic.
    pub slope: f64,
    /// Mean distance between two generated samples, divided by that between two real samples.
    pub diversity: f64,
    /// Effective number of modes, e^H for the entropy H of the modes' shares of the high-quality samples, and
    /// the number of modes of the data. `None` where the density is not known, and where less than half of the
    /// samples are of high quality.
    pub modes: Option<(f64, usize)>,
    /// Oscillation of the difference of D's mean outputs on real and generated samples.
    pub oscillation: Option<Oscillation>,
    /// Number of lines of the history. With fewer than [`FEWEST_LINES`](super::FEWEST_LINES) oscillation is not
    /// examined.
    pub lines: usize,
    /// Last gradient norms of D and of G, each divided by its median in the history.
    pub growth: Option<[f64; 2]>,
    /// How far the weights of D and of G have moved.
    pub travel: [Travel; 2],
}

/// Number of updates for which a copy of D is trained to measure the optimality gap.
pub const EXTRA_UPDATES: u64 = 10;
/// Number of batches on which L_D is measured before and after these updates.
const HELD_OUT_BATCHES: u64 = 2;
/// Number of samples between which distances are measured.
const DISTANCE_SAMPLES: usize = 500;
/// Fraction of high-quality samples above which modes are counted. A cloud of samples that moves over the plane, as
/// early in training, has not lost a mode yet.
const MIN_HIGH_QUALITY: f64 = 0.5;
/// Smallest number of lines for which a median of gradient norms is computed.
const MIN_LINES_FOR_MEDIAN: usize = 8;

pub(super) fn examine(trainer: &Trainer, history: &[Losses]) -> Result<GameSigns> {
    let (before, after) = train_discriminator_further(trainer)?;
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

/// Returns L_D before and after a copy of D is trained further, on batches that it is not trained on. They are the
/// batches of later steps, which are new samples where the data are drawn from a density.
fn train_discriminator_further(trainer: &Trainer) -> Result<(f64, f64)> {
    let mut copy = trainer.clone();
    let next = copy.step * copy.config.n_critic as u64;
    let first = next + EXTRA_UPDATES;
    let held_out = (first..first + HELD_OUT_BATCHES)
        .map(|update| copy.minibatch(update))
        .collect::<Result<Vec<Minibatch>>>()?;
    let measure = |of: &Trainer| -> Result<f64> {
        let mut of = of.clone();
        let mut sum = 0.0;
        for batch in &held_out {
            let mut losses = Losses::default();
            of.objective = trainer.objective;
            of.discriminator_loss(batch, &mut losses)?;
            sum += losses.d_loss;
        }
        Ok(sum / HELD_OUT_BATCHES as f64)
    };
    let before = measure(&copy)?;
    for update in next..first {
        let batch = copy.minibatch(update)?;
        match copy.update_discriminator(&batch, &mut Losses::default()) {
            Ok(()) => {}
            // A copy that diverges has not improved on D.
            Err(Error::Diverged { .. }) => return Ok((before, before)),
            Err(other) => return Err(other),
        }
    }
    let after = measure(&copy)?;
    Ok((before, after))
}

/// Returns E|∂L_G/∂s| over D's scores s of the generated samples of the next step.
fn slope(trainer: &Trainer) -> Result<f64> {
    let mut copy = trainer.clone();
    let batch = copy.minibatch(copy.step * copy.config.n_critic as u64)?;
    let objective = copy.objective.objective();
    let d = &copy.discriminator.network;
    let scores = |x: &Batch, pass: Pass| -> Result<Batch> {
        let outputs = d.apply(x.clone().record(), pass.frozen())?;
        let scores = objective.scores(x, outputs)?.values();
        Batch::new(scores, x.rows(), 1)
    };
    let fake = scores(&batch.fake, batch.passes.generator)?;
    let on_fake = Scores::of(fake.clone().record())?;
    let loss = if objective.compares_pairs() {
        let real = scores(&batch.real, batch.passes.real)?;
        objective.generator_against(Scores::of(real.record())?, on_fake)
    } else {
        objective.generator(on_fake)
    };
    let gradient = Gradients::of(loss)?.take_input(&fake)?;
    Ok(gradient.iter().map(|g| f64::from(g.abs())).sum())
}

/// Returns the mean distance between generated samples divided by that between real ones, on the scale that D
/// sees, where every column of a table has standard deviation 1. G is applied as in training: the moving
/// averages of batch norm are far from their final values at first, and would make all images uniformly grey.
fn diversity(trainer: &Trainer) -> Result<f64> {
    let (config, seed) = (&trainer.config, trainer.config.seed);
    let n = trainer.data.len();
    let n = n.map_or(DISTANCE_SAMPLES, |len| len.min(DISTANCE_SAMPLES));
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

/// Returns the mean Euclidean distance over all pairs of rows.
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

/// Returns the effective number of modes and the number of modes of the data.
fn modes(trainer: &Trainer) -> Result<Option<(f64, usize)>> {
    let Some(mixture) = trainer.data.mixture() else {
        return Ok(None);
    };
    let samples = trainer.sample(PROTOCOL_N, trainer.config.seed)?;
    // Modes cannot be counted from samples that are not finite.
    let Ok(found) = mode_coverage(points(&samples.values, 2)?, mixture) else {
        return Ok(None);
    };
    let total: usize = found.high_quality_counts.iter().sum();
    let term = |&count: &usize| match count as f64 / total as f64 {
        0.0 => 0.0,
        share => -share * share.ln(),
    };
    let entropy = found.high_quality_counts.iter().map(term).sum::<f64>();
    let enough = found.high_quality >= MIN_HIGH_QUALITY;
    Ok(enough.then_some((entropy.exp(), found.modes_total)))
}

/// Returns the last gradient norms of D and of G, each divided by its median.
fn growth(history: &[Losses]) -> Option<[f64; 2]> {
    if history.len() < MIN_LINES_FOR_MEDIAN {
        return None;
    }
    let last_over_median = |norm: fn(&Losses) -> f64| {
        let mut all: Vec<f64> = history.iter().map(norm).collect();
        let last = all[all.len() - 1];
        all.sort_by(f64::total_cmp);
        match all[all.len() / 2] {
            // Where most gradients were 0, growth is not defined.
            0.0 => 0.0,
            median => last / median,
        }
    };
    Some([
        last_over_median(|l| l.grad_norm_d),
        last_over_median(|l| l.grad_norm_g),
    ])
}
