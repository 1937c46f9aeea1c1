//! How likely a sample is under a [`Decoder`]: annealed importance sampling, and the bracket that tells how far
//! to believe it.
//!
//! p(x) = ∫ p(z) p(x|z) dz has no closed form. Between the prior and the posterior lie
//! $p_k(z) \propto p(z)\,p(x \mid z)^{\beta_k}$ with $0 = \beta_0 < \dots < \beta_K = 1$. A chain starts at
//! $z_0 \sim p(z)$ and moves by kernels $T_k$ that leave $p_k$ as it is (Neal 2001):
//!
//! $$ \log w = \sum_{k=1}^{K} (\beta_k - \beta_{k-1})\,\ell(z_{k-1}), \qquad z_k \sim T_k(\cdot \mid z_{k-1}),
//!    \qquad \mathbb{E}[w] = p(x) $$
//!
//! so the logarithm of the mean of w over chains is, in expectation, at most log p(x). For an x that was drawn
//! from the model, a z of its exact posterior is known: the one it was made from. The chain that starts there
//! and runs backwards has $\mathbb{E}[1/w] = 1/p(x)$, and gives an upper bound (bidirectional Monte Carlo,
//! Grosse, Ghahramani & Adams 2015). On data, only the lower bound can be had; the gap between both bounds on
//! simulated samples says how much it is likely to miss.
//!
//! T_k is Hamiltonian (Duane et al. 1987; Neal 2011). Its step size is found by chains of a first run, for
//! each x and k, and then fixed, so that w stays unbiased. The β_k are those of Wu et al. (2017): a sigmoid's.

use serde::{Deserialize, Serialize};

use super::Decoder;
use crate::error::{Error, Result};
use crate::info::Nats;
use crate::random::{Stream, rng};
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};

/// How slowly, and how often.
///
/// For the same number of gradients many distributions with short moves are better than few with long ones:
/// under a linear G of 10 latent numbers the deviation of log w was 1.1 with 1,000 of 10 leapfrog steps, 0.35
/// with 3,333 of 3, and 0.4 with 10,000 of 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Annealing {
    /// Chains for each x.
    pub chains: usize,
    /// K.
    pub distributions: usize,
    /// Leapfrog steps of a move.
    pub leapfrog: usize,
    /// Every random number follows from it.
    pub seed: u64,
}

impl Default for Annealing {
    fn default() -> Self {
        Annealing {
            chains: 16,
            distributions: 3000,
            leapfrog: 3,
            seed: 1,
        }
    }
}

/// Both bounds on simulated samples.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bracket {
    /// For each sample the lower bound on log p(x), and the upper one.
    pub bounds: Vec<(Nats, Nats)>,
}

impl Bracket {
    /// The mean of upper − lower.
    pub fn gap(&self) -> Nats {
        let gaps = self.bounds.iter().map(|(lower, upper)| upper.0 - lower.0);
        Nats(gaps.sum::<f64>() / self.bounds.len() as f64)
    }
}

/// Chains for each x that look for step sizes.
const SCOUTS: usize = 4;
/// The share of moves that the step size aims to have accepted. The 0.65 that is best for one long chain (Neal
/// 2011, section 4.4) leaves too many where they were: with the above it gave 0.71.
const ACCEPTED: f64 = 0.9;
/// How far a log step size moves for what was accepted beyond that.
const RATE: f64 = 0.05;
/// Before anything is known: the prior has deviation 1.
const FIRST_STEP: f64 = 0.5;
/// A move's step size is drawn within this share of the one that was found: a fixed one may lead round an orbit
/// to where it began (Neal 2011, section 3.2).
const JITTER: f64 = 0.2;
/// Chains that are moved at a time, so that memory does not grow with the samples.
const AT_ONCE: usize = 512;
/// β_k is a sigmoid on [−4, 4], brought to [0, 1].
const STEEPNESS: f64 = 4.0;

/// What chains are for: none shares a random number with another.
#[derive(Debug, Clone, Copy)]
enum Purpose {
    Scouting,
    Forward,
    Backward,
}

impl Annealing {
    /// A lower bound on log p(x), for each row of x `[n, d]`. Wu et al. (2017), algorithm 1.
    ///
    /// ```
    /// use ganscope::evaluate::{Annealing, Decoder};
    /// use ganscope::nn::{Network, NetworkSpec};
    /// use ganscope::random::Stream;
    /// let spec: NetworkSpec = serde_json::from_str(r#"{
    ///     "input": { "kind": "vector", "len": 1 },
    ///     "layers": [{ "type": "dense", "in": 1, "out": 1, "bias": false }]
    /// }"#)?;
    /// let mut g = Network::new("generator", &spec, 1, Stream::GeneratorInit)?;
    /// g.parameters_mut()[0].1.update(|w| w[0] = 0.6);
    /// let decoder = Decoder::new(&g, 0.8)?;
    ///
    /// // x ~ N(0, 0.6² + 0.8²) = N(0, 1).
    /// let annealing = Annealing { distributions: 200, ..Annealing::default() };
    /// let found = annealing.log_likelihood(&decoder, &[1.5])?[0];
    /// let exact = -0.5 * 1.5f64.powi(2) - 0.5 * (2.0 * std::f64::consts::PI).ln();
    /// assert!((found.0 - exact).abs() < 0.02, "{found} {exact}");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Usage`] for settings of 0 and for x that are no rows of d finite numbers; [`Error::Device`].
    pub fn log_likelihood(&self, decoder: &Decoder, x: &[f32]) -> Result<Vec<Nats>> {
        self.validate()?;
        let d = decoder.width();
        if x.is_empty() || !x.len().is_multiple_of(d) || x.iter().any(|x| !x.is_finite()) {
            return Err(Error::Usage(format!(
                "the likelihood is of rows of {d} finite numbers, as many as G makes; there are {} numbers",
                x.len()
            )));
        }
        let rows: Vec<&[f32]> = x.chunks_exact(d).collect();
        let mut found = Vec::with_capacity(rows.len());
        for (first, rows) in self.portions(&rows) {
            let steps = self.scout(decoder, first, rows)?;
            let chains = Chains::new(self, decoder, Purpose::Forward, first, rows, self.chains);
            found.extend(chains.run(&steps)?);
        }
        Ok(found)
    }

    /// The same for `n` samples drawn from the model, between both bounds.
    ///
    /// # Errors
    /// As [`log_likelihood`](Self::log_likelihood).
    pub fn bracket(&self, decoder: &Decoder, n: usize) -> Result<Bracket> {
        self.validate()?;
        if n == 0 {
            return Err(Error::Usage("a bracket needs at least one sample".into()));
        }
        let (z, x) = decoder.draw(n, self.seed)?;
        let rows: Vec<&[f32]> = x.chunks_exact(decoder.width()).collect();
        let mut bounds = Vec::with_capacity(n);
        for (first, rows) in self.portions(&rows) {
            let steps = self.scout(decoder, first, rows)?;
            let chains = |purpose| Chains::new(self, decoder, purpose, first, rows, self.chains);
            let lower = chains(Purpose::Forward).run(&steps)?;
            let from = &z[first * decoder.latent()..][..rows.len() * decoder.latent()];
            let upper = chains(Purpose::Backward).from(from).run(&steps)?;
            bounds.extend(lower.into_iter().zip(upper));
        }
        Ok(Bracket { bounds })
    }

    fn validate(&self) -> Result<()> {
        let sizes = [
            ("chains", self.chains),
            ("distributions", self.distributions),
            ("leapfrog", self.leapfrog),
        ];
        match sizes.iter().find(|(_, size)| *size == 0) {
            None => Ok(()),
            Some((name, _)) => Err(Error::Usage(format!("{name} must be at least 1, not 0"))),
        }
    }

    /// As many samples at a time as memory is meant for, with the index of the first.
    fn portions<'x, 'a>(
        &self,
        rows: &'a [&'x [f32]],
    ) -> impl Iterator<Item = (usize, &'a [&'x [f32]])> {
        let portion = (AT_ONCE / self.chains.max(SCOUTS)).max(1);
        let chunks = rows.chunks(portion).enumerate();
        chunks.map(move |(i, rows)| (i * portion, rows))
    }

    /// β_0 … β_K.
    fn betas(&self) -> Vec<f64> {
        let sigmoid = |t: f64| 1.0 / (1.0 + (-t).exp());
        let k_max = self.distributions as f64;
        let (low, high) = (sigmoid(-STEEPNESS), sigmoid(STEEPNESS));
        let at = |k: usize| sigmoid(STEEPNESS * (2.0 * k as f64 / k_max - 1.0));
        let mut betas: Vec<f64> = (0..=self.distributions)
            .map(|k| (at(k) - low) / (high - low))
            .collect();
        // Exactly, whatever the rounding.
        betas[0] = 0.0;
        betas[self.distributions] = 1.0;
        betas
    }

    /// A step size for each k and x: `[K, rows]`.
    fn scout(&self, decoder: &Decoder, first: usize, rows: &[&[f32]]) -> Result<Vec<f64>> {
        let mut chains = Chains::new(self, decoder, Purpose::Scouting, first, rows, SCOUTS);
        let betas = self.betas();
        let mut logs = vec![FIRST_STEP.ln(); rows.len()];
        let mut steps = Vec::with_capacity(self.distributions * rows.len());
        chains.look()?;
        for (k, beta) in betas.iter().enumerate().skip(1) {
            let sizes: Vec<f64> = logs.iter().map(|log: &f64| log.exp()).collect();
            let accepted = chains.propel(k, *beta, &sizes)?;
            for (log, accepted) in logs.iter_mut().zip(accepted.chunks(SCOUTS)) {
                let mean = accepted.iter().sum::<f64>() / SCOUTS as f64;
                *log += RATE * (mean - ACCEPTED);
            }
            steps.extend(sizes);
        }
        Ok(steps)
    }
}

/// Chains at work: `per` for each of a few samples.
struct Chains<'a> {
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
    fn new(
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
    fn from(mut self, z: &[f64]) -> Self {
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

    /// Through all distributions; for each sample log p̂(x) by the mean of w, or of 1/w backwards.
    fn run(mut self, steps: &[f64]) -> Result<Vec<Nats>> {
        let betas = self.annealing.betas();
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
        }
        let sign = if backward { -1.0 } else { 1.0 };
        let mean = |log_w: &[f64]| Nats(sign * log_mean_exp(log_w.iter().map(|w| sign * w)));
        Ok(log_w.chunks(self.per).map(mean).collect())
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
fn log_mean_exp(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let most = values.clone().fold(f64::NEG_INFINITY, f64::max);
    let n = values.clone().count() as f64;
    most + (values.map(|v| (v - most).exp()).sum::<f64>() / n).ln()
}
