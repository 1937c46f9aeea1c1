//! The log-likelihood of samples under a [`Decoder`], by annealed importance sampling, and a bracket for its error.
//!
//! The integral p(x) = ∫ p(z) p(x|z) dz has no closed form. Annealed importance sampling (Neal 2001) uses the
//! distributions $p_k(z) \propto p(z)\,p(x \mid z)^{\beta_k}$ with $0 = \beta_0 < \dots < \beta_K = 1$, which
//! lead from the prior to the posterior. A chain starts at $z_0 \sim p(z)$ and moves by transition kernels $T_k$
//! that leave $p_k$ invariant:
//!
//! $$ \log w = \sum_{k=1}^{K} (\beta_k - \beta_{k-1})\,\ell(z_{k-1}), \qquad z_k \sim T_k(\cdot \mid z_{k-1}),
//!    \qquad \mathbb{E}[w] = p(x) $$
//!
//! So the logarithm of the mean of w over several chains is, in expectation, a lower bound on log p(x). For an x
//! that was drawn from the model, an exact sample of its posterior is known: the z that it was generated from. A
//! chain that starts there and runs backwards has $\mathbb{E}[1/w] = 1/p(x)$ and gives an upper bound
//! (bidirectional Monte Carlo, Grosse, Ghahramani & Adams 2015). For real data only the lower bound is available.
//! The gap between both bounds on simulated samples indicates how far the lower bound may be from the truth.
//!
//! $T_k$ is a Hamiltonian move (Duane et al. 1987; Neal 2011). Its step size is tuned for each x and k by separate
//! chains and then fixed, so that w stays unbiased.
//!
//! **The β_k.** Each step adds $(\beta_k - \beta_{k-1})^2\,\mathrm{Var}_k\,\ell(z)$ to the variance of log w
//! (Neal 2001; Grosse, Maddison & Salakhutdinov 2013). Where the posterior is nearly normal in m dimensions,
//! $\mathrm{Var}_k\,\ell = m/2\beta_k^2$, so that the best β_k grow by a constant factor. For very small β the
//! prior dominates, and the best β_k grow by a constant amount. The following β_k do both:
//!
//! $$ \beta_k = \frac{e^{6k/K} - 1}{e^6 - 1} $$

use serde::{Deserialize, Serialize};

use super::Decoder;
use super::chains::{ChainSettings, Chains, Progress, Purpose, log_mean_exp};
use crate::error::{Error, Result, thousands};
use crate::info::Nats;

/// Settings of annealed importance sampling.
///
/// For the same number of gradients, many distributions with short moves usually give a better estimate than few
/// distributions with long moves.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Annealing {
    /// Number of chains for each x.
    pub chains: usize,
    /// Number of distributions after the prior, K.
    pub distributions: usize,
    /// Number of leapfrog steps in each move.
    pub leapfrog: usize,
    /// Random seed.
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

/// Lower and upper bounds on the log-likelihood of simulated samples.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bracket {
    /// Lower and upper bound on log p(x) for each sample.
    pub bounds: Vec<(Nats, Nats)>,
}

impl Bracket {
    /// The mean difference between the upper and the lower bound.
    pub fn gap(&self) -> Nats {
        let gaps = self.bounds.iter().map(|(lower, upper)| upper.0 - lower.0);
        Nats(gaps.sum::<f64>() / self.bounds.len() as f64)
    }
}

/// Number of chains for each x that tune the step sizes.
const TUNING_CHAINS: usize = 4;
/// Number of chains that are moved together. It limits the memory.
const CHAINS_IN_MEMORY: usize = 512;
/// The exponent in the formula of β_k.
const GROWTH: f64 = 6.0;

impl Annealing {
    /// A lower bound on log p(x) for each row of x `[n, d]` (Wu et al. 2017, algorithm 1).
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
    /// Takes O(n (C + 4) K L) gradients of the decoder for C chains, 4 tuning chains, K distributions and L leapfrog
    /// steps.
    ///
    /// # Errors
    /// [`Error::Usage`] for settings that are 0 or too large, and for an x that does not consist of rows of d finite
    /// numbers; [`Error::Device`].
    pub fn log_likelihood(&self, decoder: &Decoder<'_>, x: &[f32]) -> Result<Vec<Nats>> {
        self.lower_bounds(decoder, x, &mut |_| {})
    }

    /// Lower and upper bounds on log p(x) for `n` samples that are drawn from the model.
    ///
    /// # Errors
    /// Those of [`log_likelihood`](Self::log_likelihood).
    pub fn bracket(&self, decoder: &Decoder<'_>, n: usize) -> Result<Bracket> {
        self.both_bounds(decoder, n, &mut |_| {})
    }

    /// The mean of [`log_likelihood`](Self::log_likelihood) over the rows of x for a sequence of noise levels that
    /// ends at the decoder's σ: pairs (σ_k, bound) for k = 1 … K, the largest σ first.
    ///
    /// A power of a normal density is proportional to a normal density with a larger variance:
    /// $p(x \mid z)^{\beta_k} \propto \mathcal{N}(x; G(z), \sigma_k^2 I)$ with
    /// $\sigma_k = \sigma/\sqrt{\beta_k}$. So p_k is the posterior for the noise σ_k. With the constant of ℓ,
    /// $c(\sigma) = -\frac d2\log 2\pi\sigma^2$,
    ///
    /// $$ \log p_{\sigma_k}(x) \approx \log\overline{w_k} - \beta_k\,c(\sigma) + c(\sigma_k), \qquad
    ///    \log w_k = \sum_{j=1}^{k}(\beta_j - \beta_{j-1})\,\ell(z_{j-1}). $$
    ///
    /// So one run shows which noise level fits best.
    ///
    /// ```
    /// # use ganscope::evaluate::{Annealing, Decoder};
    /// # use ganscope::nn::{Network, NetworkSpec};
    /// # use ganscope::random::Stream;
    /// # let spec: NetworkSpec = serde_json::from_str(r#"{
    /// #     "input": { "kind": "vector", "len": 1 },
    /// #     "layers": [{ "type": "dense", "in": 1, "out": 1, "bias": false }]
    /// # }"#)?;
    /// # let mut g = Network::new("generator", &spec, 1, Stream::GeneratorInit)?;
    /// # g.parameters_mut()[0].1.update(|w| w[0] = 0.6);
    /// let decoder = Decoder::new(&g, 0.2)?;
    /// let annealing = Annealing { chains: 64, distributions: 1000, ..Annealing::default() };
    /// // The density of N(0, 0.6² + σ²) at x is highest if the variance is x²: σ = 0.8 for x = 1.
    /// let found = annealing.by_noise(&decoder, &[1.0])?;
    /// let (sigma, _) = found.into_iter().max_by(|a, b| a.1.0.total_cmp(&b.1.0)).unwrap();
    /// assert!((sigma - 0.8).abs() < 0.1, "{sigma}");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`log_likelihood`](Self::log_likelihood).
    pub fn by_noise(&self, decoder: &Decoder<'_>, x: &[f32]) -> Result<Vec<(f64, Nats)>> {
        self.bounds_by_noise(decoder, x, &mut |_| {})
    }

    /// [`log_likelihood`](Self::log_likelihood) with progress.
    pub(super) fn lower_bounds(
        &self,
        decoder: &Decoder<'_>,
        x: &[f32],
        progress: Progress<'_>,
    ) -> Result<Vec<Nats>> {
        let mut found = Vec::new();
        for (first, rows) in self.groups(&self.rows(decoder, x)?) {
            let step_sizes = self.tune(decoder, first, rows, progress)?;
            let chains = Chains::new(self.chains(Purpose::Forward), decoder, first, rows);
            found.extend(chains.run(&self.betas(), &step_sizes, &mut |_, log_w| {
                progress(log_w.len());
            })?);
        }
        Ok(found)
    }

    /// [`bracket`](Self::bracket) with progress.
    pub(super) fn both_bounds(
        &self,
        decoder: &Decoder<'_>,
        n: usize,
        progress: Progress<'_>,
    ) -> Result<Bracket> {
        self.validate()?;
        if n == 0 {
            return Err(Error::Usage(
                "at least one sample is needed to compute the bracket (the distance between \
                the upper and the lower bound)"
                    .into(),
            ));
        }
        let (z, x) = decoder.draw(n, self.seed)?;
        let rows: Vec<&[f32]> = x.chunks_exact(decoder.width()).collect();
        let betas = self.betas();
        let mut bounds = Vec::with_capacity(n);
        for (first, rows) in self.groups(&rows) {
            let step_sizes = self.tune(decoder, first, rows, progress)?;
            let chains = |purpose| Chains::new(self.chains(purpose), decoder, first, rows);
            let mut after = |_: usize, log_w: &[f64]| progress(log_w.len());
            let lower = chains(Purpose::Forward).run(&betas, &step_sizes, &mut after)?;
            let start = &z[first * decoder.latent()..][..rows.len() * decoder.latent()];
            let upper = chains(Purpose::Backward).starting_at(start);
            let upper = upper.run(&betas, &step_sizes, &mut after)?;
            bounds.extend(lower.into_iter().zip(upper));
        }
        Ok(Bracket { bounds })
    }

    /// [`by_noise`](Self::by_noise) with progress.
    pub(super) fn bounds_by_noise(
        &self,
        decoder: &Decoder<'_>,
        x: &[f32],
        progress: Progress<'_>,
    ) -> Result<Vec<(f64, Nats)>> {
        let rows = self.rows(decoder, x)?;
        let betas = self.betas();
        let mut sums = vec![0.0; betas.len()];
        for (first, rows) in self.groups(&rows) {
            let step_sizes = self.tune(decoder, first, rows, progress)?;
            let chains = Chains::new(self.chains(Purpose::Forward), decoder, first, rows);
            chains.run(&betas, &step_sizes, &mut |k, log_w| {
                let of_samples = log_w
                    .chunks(self.chains)
                    .map(|w| log_mean_exp(w.iter().copied()));
                sums[k] += of_samples.sum::<f64>();
                progress(log_w.len());
            })?;
        }
        let half = decoder.width() as f64 / 2.0;
        let bound_at = |(beta, sum): (&f64, &f64)| {
            // c(σ_k) = c(σ) + d/2 ln β_k
            let constants = (1.0 - beta) * decoder.log_constant() + half * beta.ln();
            let bound = sum / rows.len() as f64 + constants;
            (decoder.sigma() / beta.sqrt(), Nats(bound))
        };
        Ok(betas.iter().zip(&sums).skip(1).map(bound_at).collect())
    }

    /// The sum of all that is passed to the progress of [`lower_bounds`](Self::lower_bounds) for `n` samples with
    /// `directions` = 1, and of [`both_bounds`](Self::both_bounds) with 2.
    pub(super) fn total_progress(&self, n: usize, directions: usize) -> f64 {
        let [n, k] = [n, self.distributions].map(|size| size as f64);
        n * k * (TUNING_CHAINS + directions * self.chains) as f64
    }

    /// The rows of x, each of the width of G's samples.
    fn rows<'x>(&self, decoder: &Decoder<'_>, x: &'x [f32]) -> Result<Vec<&'x [f32]>> {
        self.validate()?;
        let d = decoder.width();
        if x.is_empty() || !x.len().is_multiple_of(d) || x.iter().any(|x| !x.is_finite()) {
            return Err(Error::Usage(format!(
                "x must consist of complete rows of {d} finite numbers, like the samples of G; got {} numbers, \
                 which are not complete rows or not all finite",
                x.len()
            )));
        }
        Ok(x.chunks_exact(d).collect())
    }

    /// Refuses settings that are 0 or too large.
    pub(super) fn validate(&self) -> Result<()> {
        let sizes = [
            ("chains", self.chains, 10_000),
            ("distributions", self.distributions, 1_000_000),
            ("leapfrog", self.leapfrog, 1_000_000),
        ];
        let is_invalid = |(_, size, most): &&(&str, usize, usize)| !(1..=*most).contains(size);
        match sizes.iter().find(is_invalid) {
            None => Ok(()),
            Some((name, size, most)) => Err(Error::Usage(format!(
                "{name} must be from 1 to {}, not {size}",
                thousands(*most as u64)
            ))),
        }
    }

    /// The rows in groups that fit into memory, each with the index of its first row.
    fn groups<'x, 'a>(
        &self,
        rows: &'a [&'x [f32]],
    ) -> impl Iterator<Item = (usize, &'a [&'x [f32]])> {
        let size = (CHAINS_IN_MEMORY / self.chains.max(TUNING_CHAINS)).max(1);
        let chunks = rows.chunks(size).enumerate();
        chunks.map(move |(i, rows)| (i * size, rows))
    }

    /// β_0 … β_K.
    fn betas(&self) -> Vec<f64> {
        let k_max = self.distributions as f64;
        let beta = |k: usize| (GROWTH * k as f64 / k_max).exp_m1() / GROWTH.exp_m1();
        (0..=self.distributions).map(beta).collect()
    }

    /// Settings of the chains for this purpose.
    fn chains(&self, purpose: Purpose) -> ChainSettings {
        ChainSettings {
            purpose,
            per_sample: match purpose {
                Purpose::Tuning => TUNING_CHAINS,
                Purpose::Forward | Purpose::Backward => self.chains,
            },
            leapfrog: self.leapfrog,
            seed: self.seed,
        }
    }

    /// A step size for each k and x: `[K, rows]`.
    fn tune(
        &self,
        decoder: &Decoder<'_>,
        first: usize,
        rows: &[&[f32]],
        progress: Progress<'_>,
    ) -> Result<Vec<f64>> {
        let chains = Chains::new(self.chains(Purpose::Tuning), decoder, first, rows);
        chains.tune(&self.betas(), progress)
    }
}
