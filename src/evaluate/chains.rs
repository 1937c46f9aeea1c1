//! Chains that move through the distributions of [`Annealing`](super::Annealing).

use super::annealing::Watch;
use super::{Annealing, Decoder};
use crate::error::Result;
use crate::info::Nats;
use crate::random::{Stream, rng};
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};

/// The share of moves that the step size aims to have accepted. The 0.65 that is best for one long chain (Neal
/// 2011, section 4.4) leaves too many where they were: under the linear G of
/// [`Annealing`](super::Annealing), 3 leapfrog steps a move, it gave 0.71 in the place of 0.35.
const ACCEPTED: f64 = 0.9;
/// How far a log step size moves for what was accepted beyond that. Half of it, in 200 distributions, follows the
/// posterior too slowly: under the MNIST generator of [`Annealing`](super::Annealing) the bracket was 8 nats wide,
/// and 5 with this, or with twice it.
const RATE: f64 = 0.1;
/// Before anything is known: the prior has deviation 1.
const FIRST_STEP: f64 = 0.5;
/// A move's step size is drawn within this share of the one that was found: a fixed one may lead round an orbit
/// to where it began (Neal 2011, section 3.2).
const JITTER: f64 = 0.2;

/// What chains are for: none shares a random number with another.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose {
    Scouting,
    Forward,
    Backward,
}

/// Chains at work: `per` for each of a few samples.
pub(super) struct Chains<'a> {
    annealing: &'a Annealing,
    decoder: &'a Decoder<'a>,
    purpose: Purpose,
    /// Index of the first sample: random numbers depend on it, not on what is done beside it.
    first: usize,
    per: usize,
    /// The x of each chain.
    x: Vec<&'a [f32]>,
    /// `[chains, latent]`.
    z: Vec<f64>,
    /// ℓ(z) of each chain.
    value: Vec<f64>,
    /// ∇ℓ(z), as z.
    slope: Vec<f64>,
}

impl<'a> Chains<'a> {
    /// Each at a z of the prior.
    pub(super) fn new(
        annealing: &'a Annealing,
        decoder: &'a Decoder<'a>,
        purpose: Purpose,
        first: usize,
        rows: &[&'a [f32]],
        per: usize,
    ) -> Self {
        let each = |x: &&'a [f32]| std::iter::repeat_n(*x, per);
        let mut chains = Chains {
            annealing,
            decoder,
            purpose,
            first,
            per,
            x: rows.iter().flat_map(each).collect(),
            z: Vec::new(),
            value: Vec::new(),
            slope: Vec::new(),
        };
        let width = per * decoder.latent();
        chains.z = (0..rows.len())
            .flat_map(|row| chains.draw(row, 0, width).0)
            .collect();
        chains
    }

    /// Each at the z of its sample instead: `[samples, latent]`.
    pub(super) fn from(mut self, z: &[f64]) -> Self {
        let each = |z: &[f64]| z.repeat(self.per);
        self.z = z.chunks(self.decoder.latent()).flat_map(each).collect();
        self
    }

    /// `n` normal numbers for a sample at distribution k, and two in [0, 1) for each of its chains.
    fn draw(&self, row: usize, k: usize, n: usize) -> (Vec<f64>, Vec<[f64; 2]>) {
        let stream = match self.purpose {
            Purpose::Scouting => Stream::AnnealingScouts,
            Purpose::Forward => Stream::AnnealingForward,
            Purpose::Backward => Stream::AnnealingBackward,
        };
        let step = ((self.first + row) as u64) << 32 | k as u64;
        let mut rng = rng(self.annealing.seed, stream, step);
        let normal = (0..n).map(|_| StandardNormal.sample(&mut rng)).collect();
        (normal, (0..self.per).map(|_| rng.random()).collect())
    }

    /// ℓ and ∇ℓ at z.
    fn look(&mut self) -> Result<()> {
        (self.value, self.slope) = self.decoder.log_likelihood(&self.z, &self.x)?;
        Ok(())
    }

    /// Through all distributions; for each sample log p̂(x) by the mean of w, or of 1/w backwards. After each
    /// distribution k, `after` is given k and log w of the chains so far.
    pub(super) fn run(
        mut self,
        betas: &[f64],
        steps: &[f64],
        after: &mut dyn FnMut(usize, &[f64]),
    ) -> Result<Vec<Nats>> {
        let samples = self.x.len() / self.per;
        let mut log_w = vec![0.0; self.x.len()];
        self.look()?;
        let backward = matches!(self.purpose, Purpose::Backward);
        for i in 1..betas.len() {
            let k = if backward { betas.len() - i } else { i };
            let sizes = &steps[(k - 1) * samples..][..samples];
            // T_K moves what no weight depends on: it is left out of both directions.
            let moving = k + 1 < betas.len();
            if backward && moving {
                self.propel(k, betas[k], sizes)?;
            }
            for (log_w, value) in log_w.iter_mut().zip(&self.value) {
                *log_w += (betas[k] - betas[k - 1]) * value;
            }
            if !backward && moving {
                self.propel(k, betas[k], sizes)?;
            }
            after(k, &log_w);
        }
        let sign = if backward { -1.0 } else { 1.0 };
        let mean = |log_w: &[f64]| Nats(sign * log_mean_exp(log_w.iter().map(|w| sign * w)));
        Ok(log_w.chunks(self.per).map(mean).collect())
    }

    /// Through all distributions in search of step sizes: one for each k and sample, `[K, samples]`.
    pub(super) fn scout(mut self, betas: &[f64], watch: Watch) -> Result<Vec<f64>> {
        let samples = self.x.len() / self.per;
        let mut logs = vec![FIRST_STEP.ln(); samples];
        let mut steps = Vec::with_capacity(betas.len() * samples);
        self.look()?;
        for (k, beta) in betas.iter().enumerate().skip(1) {
            let sizes: Vec<f64> = logs.iter().map(|log: &f64| log.exp()).collect();
            let accepted = self.propel(k, *beta, &sizes)?;
            for (log, accepted) in logs.iter_mut().zip(accepted.chunks(self.per)) {
                let mean = accepted.iter().sum::<f64>() / self.per as f64;
                *log += RATE * (mean - ACCEPTED);
            }
            steps.extend(sizes);
            watch(accepted.len());
        }
        Ok(steps)
    }

    /// One Hamiltonian move of every chain under p_k, with a step size for each sample; what was the chance
    /// that it be accepted?
    ///
    /// With U(z) = ‖z‖²/2 − β ℓ(z), momentum v ~ N(0, I) and step ε, L leapfrog steps
    /// v ← v − ε/2 ∇U(z), z ← z + ε v, v ← v − ε/2 ∇U(z), accepted with chance
    /// min(1, exp(U + ‖v‖²/2 before − after)).
    fn propel(&mut self, k: usize, beta: f64, sizes: &[f64]) -> Result<Vec<f64>> {
        let latent = self.decoder.latent();
        let (mut v, mut chances) = (Vec::with_capacity(self.z.len()), Vec::new());
        for row in 0..sizes.len() {
            let (normal, uniform) = self.draw(row, k, self.per * latent);
            v.extend(normal);
            chances.extend(uniform);
        }
        let per = self.per;
        let size = |i: usize| {
            let chain = i / latent;
            let [_, jitter] = chances[chain];
            sizes[chain / per] * (1.0 + JITTER * (2.0 * jitter - 1.0))
        };
        let energies = |z: &[f64], v: &[f64], value: &[f64]| -> Vec<f64> {
            let halves = |part: &[f64]| part.iter().map(|a| a * a).sum::<f64>() / 2.0;
            let parts = z.chunks(latent).zip(v.chunks(latent)).zip(value);
            parts
                .map(|((z, v), value)| halves(z) - beta * value + halves(v))
                .collect()
        };
        let before = energies(&self.z, &v, &self.value);
        let start = (self.z.clone(), self.value.clone(), self.slope.clone());
        for _ in 0..self.annealing.leapfrog {
            for (i, v) in v.iter_mut().enumerate() {
                *v -= size(i) / 2.0 * (self.z[i] - beta * self.slope[i]);
                self.z[i] += size(i) * *v;
            }
            self.look()?;
            for (i, v) in v.iter_mut().enumerate() {
                *v -= size(i) / 2.0 * (self.z[i] - beta * self.slope[i]);
            }
        }
        let after = energies(&self.z, &v, &self.value);
        let mut accepted = Vec::with_capacity(before.len());
        for chain in 0..before.len() {
            // What is no number is no place to go to.
            let chance = (before[chain] - after[chain]).exp().min(1.0);
            let chance = if chance.is_nan() { 0.0 } else { chance };
            if chances[chain][0] >= chance {
                let part = chain * latent..(chain + 1) * latent;
                self.z[part.clone()].copy_from_slice(&start.0[part.clone()]);
                self.value[chain] = start.1[chain];
                self.slope[part.clone()].copy_from_slice(&start.2[part]);
            }
            accepted.push(chance);
        }
        Ok(accepted)
    }
}

/// ln of the mean of the exponentials.
pub(super) fn log_mean_exp(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let most = values.clone().fold(f64::NEG_INFINITY, f64::max);
    let n = values.clone().count() as f64;
    most + (values.map(|v| (v - most).exp()).sum::<f64>() / n).ln()
}
