//! Hamiltonian Monte Carlo chains that move through a sequence of distributions, for
//! [`Annealing`](super::Annealing).

use super::Decoder;
use crate::error::Result;
use crate::info::Nats;
use crate::random::{Stream, rng};
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};

/// Acceptance rate that the step sizes aim at. The 0.65 that is optimal for one long chain (Neal 2011,
/// section 4.4) leaves too many of these short chains unmoved.
const TARGET_ACCEPTANCE: f64 = 0.9;
/// Change of the logarithm of a step size per unit of acceptance above the target.
const ADAPTATION_RATE: f64 = 0.1;
/// Initial step size. The prior, where the chains start, has standard deviation 1.
const FIRST_STEP: f64 = 0.5;
/// Relative range in which the step size of each move is drawn: with a fixed one a chain may return to
/// where it started (Neal 2011, section 3.2).
const JITTER: f64 = 0.2;

/// A callback for progress, called with the number of chains that were moved to the next distribution.
pub(super) type Progress<'a> = &'a mut dyn FnMut(usize);

/// What chains are for. Chains for different purposes share no random numbers.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose {
    /// Finding step sizes.
    Tuning,
    /// A lower bound: from the prior to the posterior.
    Forward,
    /// An upper bound: from the posterior to the prior.
    Backward,
}

/// How chains are run.
#[derive(Debug, Clone, Copy)]
pub(super) struct ChainSettings {
    pub purpose: Purpose,
    /// Number of chains for each sample.
    pub per_sample: usize,
    /// Leapfrog steps of a move.
    pub leapfrog: usize,
    pub seed: u64,
}

/// The state of the chains of several samples.
pub(super) struct Chains<'a> {
    settings: ChainSettings,
    decoder: &'a Decoder<'a>,
    /// Index of the first sample. Random numbers depend on the index of a sample, so that they do not
    /// depend on how samples are grouped.
    first: usize,
    /// The x of each chain.
    x: Vec<&'a [f32]>,
    /// The position of each chain, row-major [chains, latent].
    z: Vec<f64>,
    /// ℓ(z) of each chain.
    value: Vec<f64>,
    /// ∇ℓ(z), in the layout of z.
    gradient: Vec<f64>,
}

impl<'a> Chains<'a> {
    /// Starts every chain at a draw from the prior.
    pub fn new(
        settings: ChainSettings,
        decoder: &'a Decoder<'a>,
        first: usize,
        rows: &[&'a [f32]],
    ) -> Self {
        let repeated = |x: &&'a [f32]| std::iter::repeat_n(*x, settings.per_sample);
        let mut chains = Chains {
            settings,
            decoder,
            first,
            x: rows.iter().flat_map(repeated).collect(),
            z: Vec::new(),
            value: Vec::new(),
            gradient: Vec::new(),
        };
        let width = settings.per_sample * decoder.latent();
        chains.z = (0..rows.len())
            .flat_map(|row| chains.draw(row, 0, width).0)
            .collect();
        chains
    }

    /// Starts every chain at the z of its sample instead, row-major [samples, latent].
    pub fn starting_at(mut self, z: &[f64]) -> Self {
        let repeated = |z: &[f64]| z.repeat(self.settings.per_sample);
        self.z = z.chunks(self.decoder.latent()).flat_map(repeated).collect();
        self
    }

    /// Draws `n` normal numbers for a sample at distribution k, and two uniform ones for each of its chains.
    fn draw(&self, row: usize, k: usize, n: usize) -> (Vec<f64>, Vec<[f64; 2]>) {
        let stream = match self.settings.purpose {
            Purpose::Tuning => Stream::AnnealingScouts,
            Purpose::Forward => Stream::AnnealingForward,
            Purpose::Backward => Stream::AnnealingBackward,
        };
        let step = ((self.first + row) as u64) << 32 | k as u64;
        let mut rng = rng(self.settings.seed, stream, step);
        let normal = (0..n).map(|_| StandardNormal.sample(&mut rng)).collect();
        let uniform = (0..self.settings.per_sample).map(|_| rng.random());
        (normal, uniform.collect())
    }

    /// Computes ℓ and ∇ℓ at z.
    fn evaluate(&mut self) -> Result<()> {
        (self.value, self.gradient) = self.decoder.log_likelihood(&self.z, &self.x)?;
        Ok(())
    }

    /// Moves the chains through all distributions and returns an estimate of log p(x) for each sample: from
    /// the mean of w, or of 1/w when the chains run backwards. After each distribution k, `after` is called
    /// with k and the log w of all chains.
    pub fn run(
        mut self,
        betas: &[f64],
        step_sizes: &[f64],
        after: &mut dyn FnMut(usize, &[f64]),
    ) -> Result<Vec<Nats>> {
        let per_sample = self.settings.per_sample;
        let samples = self.x.len() / per_sample;
        let mut log_w = vec![0.0; self.x.len()];
        self.evaluate()?;
        let backward = matches!(self.settings.purpose, Purpose::Backward);
        for i in 1..betas.len() {
            let k = if backward { betas.len() - i } else { i };
            let sizes = &step_sizes[(k - 1) * samples..][..samples];
            // No weight depends on the move by T_K, so both directions omit it.
            let moves = k + 1 < betas.len();
            if backward && moves {
                self.hamiltonian_move(k, betas[k], sizes)?;
            }
            for (log_w, value) in log_w.iter_mut().zip(&self.value) {
                *log_w += (betas[k] - betas[k - 1]) * value;
            }
            if !backward && moves {
                self.hamiltonian_move(k, betas[k], sizes)?;
            }
            after(k, &log_w);
        }
        let sign = if backward { -1.0 } else { 1.0 };
        let mean = |log_w: &[f64]| Nats(sign * log_mean_exp(log_w.iter().map(|w| sign * w)));
        Ok(log_w.chunks(per_sample).map(mean).collect())
    }

    /// Moves the chains through all distributions, adapting the step sizes to the acceptance rate. Returns a
    /// step size for each k and sample, row-major [K, samples].
    pub fn tune(mut self, betas: &[f64], progress: Progress<'_>) -> Result<Vec<f64>> {
        let per_sample = self.settings.per_sample;
        let samples = self.x.len() / per_sample;
        let mut logs = vec![FIRST_STEP.ln(); samples];
        let mut step_sizes = Vec::with_capacity(betas.len() * samples);
        self.evaluate()?;
        for (k, beta) in betas.iter().enumerate().skip(1) {
            let sizes: Vec<f64> = logs.iter().map(|log: &f64| log.exp()).collect();
            let acceptance = self.hamiltonian_move(k, *beta, &sizes)?;
            for (log, acceptance) in logs.iter_mut().zip(acceptance.chunks(per_sample)) {
                let mean = acceptance.iter().sum::<f64>() / per_sample as f64;
                *log += ADAPTATION_RATE * (mean - TARGET_ACCEPTANCE);
            }
            step_sizes.extend(sizes);
            progress(acceptance.len());
        }
        Ok(step_sizes)
    }

    /// Makes one Hamiltonian move of every chain under p_k, with a step size for each sample, and returns the
    /// acceptance probability of each chain.
    ///
    /// With U(z) = ‖z‖²/2 − β ℓ(z), momentum v ~ N(0, I) and step size ε, a move consists of L leapfrog steps
    /// v ← v − ε/2 ∇U(z), z ← z + ε v, v ← v − ε/2 ∇U(z). It is accepted with probability
    /// min(1, exp(U + ‖v‖²/2 before − after)).
    fn hamiltonian_move(&mut self, k: usize, beta: f64, sizes: &[f64]) -> Result<Vec<f64>> {
        let latent = self.decoder.latent();
        let per_sample = self.settings.per_sample;
        let (mut v, mut uniform) = (Vec::with_capacity(self.z.len()), Vec::new());
        for row in 0..sizes.len() {
            let drawn = self.draw(row, k, per_sample * latent);
            v.extend(drawn.0);
            uniform.extend(drawn.1);
        }
        let size = |i: usize| {
            let chain = i / latent;
            let [_, jitter] = uniform[chain];
            sizes[chain / per_sample] * (1.0 + JITTER * (2.0 * jitter - 1.0))
        };
        let energies = |z: &[f64], v: &[f64], value: &[f64]| -> Vec<f64> {
            let half_square = |part: &[f64]| part.iter().map(|a| a * a).sum::<f64>() / 2.0;
            let chains = z.chunks(latent).zip(v.chunks(latent)).zip(value);
            chains
                .map(|((z, v), value)| half_square(z) - beta * value + half_square(v))
                .collect()
        };
        let before = energies(&self.z, &v, &self.value);
        let start = (self.z.clone(), self.value.clone(), self.gradient.clone());
        for _ in 0..self.settings.leapfrog {
            for (i, v) in v.iter_mut().enumerate() {
                *v -= size(i) / 2.0 * (self.z[i] - beta * self.gradient[i]);
                self.z[i] += size(i) * *v;
            }
            self.evaluate()?;
            for (i, v) in v.iter_mut().enumerate() {
                *v -= size(i) / 2.0 * (self.z[i] - beta * self.gradient[i]);
            }
        }
        let after = energies(&self.z, &v, &self.value);
        let mut acceptance = Vec::with_capacity(before.len());
        for chain in 0..before.len() {
            // A move to a point where the energy is NaN is never accepted.
            let probability = (before[chain] - after[chain]).exp().min(1.0);
            let probability = if probability.is_nan() {
                0.0
            } else {
                probability
            };
            if uniform[chain][0] >= probability {
                let part = chain * latent..(chain + 1) * latent;
                self.z[part.clone()].copy_from_slice(&start.0[part.clone()]);
                self.value[chain] = start.1[chain];
                self.gradient[part.clone()].copy_from_slice(&start.2[part]);
            }
            acceptance.push(probability);
        }
        Ok(acceptance)
    }
}

/// The logarithm of the mean of the exponentials.
pub(super) fn log_mean_exp(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let most = values.clone().fold(f64::NEG_INFINITY, f64::max);
    let n = values.clone().count() as f64;
    most + (values.map(|v| (v - most).exp()).sum::<f64>() / n).ln()
}
