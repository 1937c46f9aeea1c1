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
//! each x and k, and then fixed, so that w stays unbiased.
//!
//! **The β_k.** What the deviation of log w costs is, per step, $(\beta_k - \beta_{k-1})^2\,\mathrm{Var}_k\,\ell(z)$
//! (Neal 2001; Grosse, Maddison & Salakhutdinov 2013). Where the posterior is nearly normal in m dimensions,
//! $\mathrm{Var}_k\,\ell = m/2\beta_k^2$, so that the best β_k grow by the same factor at each step: as many steps for
//! halving the noise that is large as for halving the noise that is small. Below some β the prior holds the chain, and
//! they grow by the same amount:
//!
//! $$ \beta_k = \frac{e^{6k/K} - 1}{e^6 - 1} $$
//!
//! Under a trained generator of MNIST (10-64-256-256-1024-784, 8 samples, σ = 0.15 in [0, 1], 4 chains, 200
//! distributions) the bracket was 10 nats wide with an exponent of 8 and of 4, and 8 with 6 and 5; with the sigmoid
//! that Wu et al. (2017) take, which spends half of its steps on β > ½, it was 49. (By a NumPy program of the same
//! algorithm.)

use serde::{Deserialize, Serialize};

use super::Decoder;
use super::chains::{Chains, Purpose, log_mean_exp};
use crate::error::{Error, Result, thousands};
use crate::info::Nats;

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
/// Chains that are moved at a time, so that memory does not grow with the samples.
const AT_ONCE: usize = 512;
/// The factor that β grows by is e^(GROWTH), as soon as it grows by factors.
const GROWTH: f64 = 6.0;

/// What is told as work goes on: how many chains have been moved through one distribution more.
pub(super) type Watch<'a> = &'a mut dyn FnMut(usize);

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
    /// O(n (C + 4) K L) gradients of the decoder for C chains, 4 of a first run, K distributions and L leapfrog steps.
    ///
    /// # Errors
    /// [`Error::Usage`] for settings of 0 or beyond reason, and for x that are no rows of d finite numbers;
    /// [`Error::Device`].
    pub fn log_likelihood(&self, decoder: &Decoder, x: &[f32]) -> Result<Vec<Nats>> {
        self.lower(decoder, x, &mut |_| {})
    }

    /// The same for `n` samples drawn from the model, between both bounds.
    ///
    /// # Errors
    /// As [`log_likelihood`](Self::log_likelihood).
    pub fn bracket(&self, decoder: &Decoder, n: usize) -> Result<Bracket> {
        self.both(decoder, n, &mut |_| {})
    }

    /// The mean of [`log_likelihood`](Self::log_likelihood) over the rows of x, under each noise that chains
    /// meet on their way to the decoder's: (σ_k, bound) for k = 1 … K, the largest noise first.
    ///
    /// A power of a normal density is another, of more noise:
    /// $p(x \mid z)^{\beta_k} \propto \mathcal{N}(x; G(z), \sigma_k^2 I)$ with
    /// $\sigma_k = \sigma/\sqrt{\beta_k}$. So p_k is the posterior under the noise σ_k, and with
    /// $c(\sigma) = -\frac d2\log 2\pi\sigma^2$, the constant of ℓ,
    ///
    /// $$ \log p_{\sigma_k}(x) \approx \log\overline{w_k} - \beta_k\,c(\sigma) + c(\sigma_k), \qquad
    ///    \log w_k = \sum_{j=1}^{k}(\beta_j - \beta_{j-1})\,\ell(z_{j-1}). $$
    ///
    /// One run thus says which noise fits best.
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
    /// // Of N(0, 0.6² + σ²), the one with variance x² gives x the highest density: σ = 0.8 for x = 1.
    /// let found = annealing.by_noise(&decoder, &[1.0])?;
    /// let (sigma, _) = found.into_iter().max_by(|a, b| a.1.0.total_cmp(&b.1.0)).unwrap();
    /// assert!((sigma - 0.8).abs() < 0.1, "{sigma}");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`log_likelihood`](Self::log_likelihood).
    pub fn by_noise(&self, decoder: &Decoder, x: &[f32]) -> Result<Vec<(f64, Nats)>> {
        self.profile(decoder, x, &mut |_| {})
    }

    /// [`log_likelihood`](Self::log_likelihood), watched.
    pub(super) fn lower(&self, decoder: &Decoder, x: &[f32], watch: Watch) -> Result<Vec<Nats>> {
        let mut found = Vec::new();
        for (first, rows) in self.portions(&self.rows(decoder, x)?) {
            let steps = self.scout(decoder, first, rows, watch)?;
            let chains = Chains::new(self, decoder, Purpose::Forward, first, rows, self.chains);
            found.extend(chains.run(&self.betas(), &steps, &mut |_, log_w| watch(log_w.len()))?);
        }
        Ok(found)
    }

    /// [`bracket`](Self::bracket), watched.
    pub(super) fn both(&self, decoder: &Decoder, n: usize, watch: Watch) -> Result<Bracket> {
        self.validate()?;
        if n == 0 {
            return Err(Error::Usage("a bracket needs at least one sample".into()));
        }
        let (z, x) = decoder.draw(n, self.seed)?;
        let rows: Vec<&[f32]> = x.chunks_exact(decoder.width()).collect();
        let betas = self.betas();
        let mut bounds = Vec::with_capacity(n);
        for (first, rows) in self.portions(&rows) {
            let steps = self.scout(decoder, first, rows, watch)?;
            let chains = |purpose| Chains::new(self, decoder, purpose, first, rows, self.chains);
            let mut after = |_: usize, log_w: &[f64]| watch(log_w.len());
            let lower = chains(Purpose::Forward).run(&betas, &steps, &mut after)?;
            let from = &z[first * decoder.latent()..][..rows.len() * decoder.latent()];
            let upper = chains(Purpose::Backward).from(from);
            let upper = upper.run(&betas, &steps, &mut after)?;
            bounds.extend(lower.into_iter().zip(upper));
        }
        Ok(Bracket { bounds })
    }

    /// [`by_noise`](Self::by_noise), watched.
    pub(super) fn profile(
        &self,
        decoder: &Decoder,
        x: &[f32],
        watch: Watch,
    ) -> Result<Vec<(f64, Nats)>> {
        let rows = self.rows(decoder, x)?;
        let betas = self.betas();
        let mut sums = vec![0.0; betas.len()];
        for (first, rows) in self.portions(&rows) {
            let steps = self.scout(decoder, first, rows, watch)?;
            let chains = Chains::new(self, decoder, Purpose::Forward, first, rows, self.chains);
            chains.run(&betas, &steps, &mut |k, log_w| {
                let of_each = log_w
                    .chunks(self.chains)
                    .map(|w| log_mean_exp(w.iter().copied()));
                sums[k] += of_each.sum::<f64>();
                watch(log_w.len());
            })?;
        }
        let half = decoder.width() as f64 / 2.0;
        let of_noise = |(beta, sum): (&f64, &f64)| {
            // c(σ_k) = c(σ) + d/2 ln β_k
            let constants = (1.0 - beta) * decoder.log_constant() + half * beta.ln();
            let bound = sum / rows.len() as f64 + constants;
            (decoder.sigma() / beta.sqrt(), Nats(bound))
        };
        Ok(betas.iter().zip(&sums).skip(1).map(of_noise).collect())
    }

    /// What [`lower`](Self::lower) tells its watch in all, for `n` samples; `ways` is 2 for
    /// [`both`](Self::both).
    pub(super) fn work(&self, n: usize, ways: usize) -> f64 {
        let [n, k] = [n, self.distributions].map(|size| size as f64);
        n * k * (SCOUTS + ways * self.chains) as f64
    }

    /// The rows of x.
    fn rows<'x>(&self, decoder: &Decoder, x: &'x [f32]) -> Result<Vec<&'x [f32]>> {
        self.validate()?;
        let d = decoder.width();
        if x.is_empty() || !x.len().is_multiple_of(d) || x.iter().any(|x| !x.is_finite()) {
            return Err(Error::Usage(format!(
                "the likelihood is of rows of {d} finite numbers, as many as G makes; there are {} numbers",
                x.len()
            )));
        }
        Ok(x.chunks_exact(d).collect())
    }

    /// Refuses settings that cannot be.
    pub(super) fn validate(&self) -> Result<()> {
        let sizes = [
            ("chains", self.chains, 10_000),
            ("distributions", self.distributions, 1_000_000),
            ("leapfrog", self.leapfrog, 1_000_000),
        ];
        let wrong = |(_, size, most): &&(&str, usize, usize)| !(1..=*most).contains(size);
        match sizes.iter().find(wrong) {
            None => Ok(()),
            Some((name, size, most)) => Err(Error::Usage(format!(
                "{name} must be 1 to {}, not {size}",
                thousands(*most as u64)
            ))),
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
        let k_max = self.distributions as f64;
        let beta = |k: usize| (GROWTH * k as f64 / k_max).exp_m1() / GROWTH.exp_m1();
        (0..=self.distributions).map(beta).collect()
    }

    /// A step size for each k and x: `[K, rows]`.
    fn scout(
        &self,
        decoder: &Decoder,
        first: usize,
        rows: &[&[f32]],
        watch: Watch,
    ) -> Result<Vec<f64>> {
        let chains = Chains::new(self, decoder, Purpose::Scouting, first, rows, SCOUTS);
        chains.scout(&self.betas(), watch)
    }
}
