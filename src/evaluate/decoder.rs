//! A generator with Gaussian noise on its samples, which makes it a model with a density (Wu et al. 2017).
//!
//! $$ z \sim \mathcal{N}(0, I), \qquad x \mid z \sim \mathcal{N}(G(z), \sigma^2 I) $$
//! $$ \ell(z) = \log p(x \mid z)
//!    = -\frac{\lVert x - G(z)\rVert^2}{2\sigma^2} - \frac{d}{2}\log(2\pi\sigma^2), \qquad
//!    \nabla\ell(z) = \frac{1}{\sigma^2}\Bigl(\frac{\partial G}{\partial z}\Bigr)^{\!\top}(x - G(z)) $$
//!
//! The distribution of a GAN has no density of its own: all samples G(z) are on a surface with the dimension of z.
//! σ is the typical distance of a sample from this surface.

use std::f64::consts::TAU;

use crate::error::{Error, Result};
use crate::nn::Network;
use crate::random::{Stream, rng};
use crate::tensor::Batch;
use rand_distr::{Distribution, StandardNormal};

/// A generator with the noise that is added to its samples.
///
/// ```
/// use ganscope::evaluate::Decoder;
/// use ganscope::nn::{Network, NetworkSpec};
/// use ganscope::random::Stream;
/// let spec: NetworkSpec = serde_json::from_str(r#"{
///     "input": { "kind": "vector", "len": 1 },
///     "layers": [{ "type": "dense", "in": 1, "out": 2, "bias": false }]
/// }"#)?;
/// let mut g = Network::new("generator", &spec, 1, Stream::GeneratorInit)?;
/// g.parameters_mut()[0].1.update(|w| w.copy_from_slice(&[3.0, 4.0]));
/// let decoder = Decoder::new(&g, 0.5)?;
///
/// // At z = 2, x − G(z) = (1, 0), so ℓ = −1/(2 σ²) − ln(2πσ²) and ∇ℓ = (3, 4)·(1, 0)/σ².
/// let (value, gradient) = decoder.log_likelihood(&[2.0], &[&[7.0, 8.0]])?;
/// assert!((value[0] - (-2.0 - (0.5 * std::f64::consts::PI).ln())).abs() < 1e-6);
/// assert!((gradient[0] - 12.0).abs() < 1e-5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Decoder<'a> {
    g: &'a Network,
    sigma: f64,
}

impl<'a> Decoder<'a> {
    /// Adds noise of standard deviation `sigma` to the samples of `g`.
    ///
    /// # Errors
    /// [`Error::Usage`] unless σ is positive and finite.
    pub fn new(g: &'a Network, sigma: f64) -> Result<Self> {
        if sigma > 0.0 && sigma.is_finite() {
            Ok(Decoder { g, sigma })
        } else {
            Err(Error::Usage(format!(
                "sigma, the standard deviation of the noise around G(z), must be positive and finite, not {sigma}"
            )))
        }
    }

    /// Standard deviation of the noise, σ.
    pub fn sigma(&self) -> f64 {
        self.sigma
    }

    /// Number of latent variables, the width of z.
    pub fn latent(&self) -> usize {
        self.g.spec().input.numel()
    }

    /// Number of values of a sample, d.
    pub fn width(&self) -> usize {
        self.g.output().numel()
    }

    /// The constant of ℓ, −d/2 log(2πσ²).
    pub(super) fn log_constant(&self) -> f64 {
        -0.5 * self.width() as f64 * (TAU * self.sigma * self.sigma).ln()
    }

    /// ℓ(z) and ∇ℓ(z) for each row of z `[m, latent]`, where row i belongs to the sample x\[i\].
    ///
    /// # Errors
    /// [`Error::Usage`] for an x of another width; [`Error::Device`].
    pub fn log_likelihood(&self, z: &[f64], x: &[&[f32]]) -> Result<(Vec<f64>, Vec<f64>)> {
        let (m, d) = (x.len(), self.width());
        if let Some(wrong) = x.iter().find(|x| x.len() != d) {
            return Err(Error::Usage(format!(
                "G makes samples of {d} numbers, but x has {}",
                wrong.len()
            )));
        }
        let z = Batch::new(z.iter().map(|&z| z as f32).collect(), m, self.latent())?;
        let precision = 1.0 / (self.sigma * self.sigma);
        let constant = self.log_constant();
        let mut values = Vec::with_capacity(m);
        let (_, gradients) = self.g.pull_back(&z, |generated| {
            let mut residuals = Vec::with_capacity(m * d);
            for (x, generated) in x.iter().zip(generated.values().chunks_exact(d)) {
                let mut squares = 0.0;
                for (x, generated) in x.iter().zip(generated) {
                    let residual = f64::from(*x) - f64::from(*generated);
                    squares += residual * residual;
                    residuals.push((residual * precision) as f32);
                }
                values.push(constant - 0.5 * precision * squares);
            }
            Batch::new(residuals, m, d)
        })?;
        Ok((values, gradients.into_iter().map(f64::from).collect()))
    }

    /// Draws `n` pairs of z `[n, latent]` and x `[n, d]` from the model. The result is a function of `seed`.
    ///
    /// # Errors
    /// [`Error::Device`].
    pub fn draw(&self, n: usize, seed: u64) -> Result<(Vec<f64>, Vec<f32>)> {
        let mut rng = rng(seed, Stream::Simulation, 0);
        let mut normal = || -> f64 { StandardNormal.sample(&mut rng) };
        let z: Vec<f64> = (0..n * self.latent()).map(|_| normal()).collect();
        let batch = Batch::new(z.iter().map(|&z| z as f32).collect(), n, self.latent())?;
        let generated = self.g.infer(batch)?;
        let noisy = |value: &f32| (f64::from(*value) + self.sigma * normal()) as f32;
        Ok((z, generated.values().iter().map(noisy).collect()))
    }
}
