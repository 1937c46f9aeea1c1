//! A generator as a model with a density: what it makes, seen through Gaussian noise (Wu et al. 2017).
//!
//! $$ z \sim \mathcal{N}(0, I), \qquad x \mid z \sim \mathcal{N}(G(z), \sigma^2 I) $$
//! $$ \ell(z) = \log p(x \mid z)
//!    = -\frac{\lVert x - G(z)\rVert^2}{2\sigma^2} - \frac{d}{2}\log(2\pi\sigma^2), \qquad
//!    \nabla\ell(z) = \frac{1}{\sigma^2}\Bigl(\frac{\partial G}{\partial z}\Bigr)^{\!\top}(x - G(z)) $$
//!
//! A GAN's own distribution has no density: G puts all its mass on a surface of the dimension of z. σ says how
//! far from it a sample may lie.

use std::f64::consts::TAU;

use crate::error::{Error, Result};
use crate::nn::{Network, Pass};
use crate::random::{Stream, rng};
use crate::tensor::{Batch, Gradients};
use rand_distr::{Distribution, StandardNormal};

/// G with the noise that it is observed through.
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
/// // At z = 2 it is x − G(z) = (1, 0): −1/(2 σ²) − ln(2πσ²), and (3, 4)·(1, 0)/σ².
/// let (value, slope) = decoder.log_likelihood(&[2.0], &[&[7.0, 8.0]])?;
/// assert!((value[0] - (-2.0 - (0.5 * std::f64::consts::PI).ln())).abs() < 1e-6);
/// assert!((slope[0] - 12.0).abs() < 1e-5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Decoder<'a> {
    g: &'a Network,
    sigma: f64,
}

impl<'a> Decoder<'a> {
    /// # Errors
    /// [`Error::Usage`] unless σ is positive and finite.
    pub fn new(g: &'a Network, sigma: f64) -> Result<Self> {
        match sigma > 0.0 && sigma.is_finite() {
            true => Ok(Decoder { g, sigma }),
            false => Err(Error::Usage(format!(
                "sigma, the deviation of the noise around G(z), must be positive and finite, not {sigma}"
            ))),
        }
    }

    /// σ.
    pub fn sigma(&self) -> f64 {
        self.sigma
    }

    /// Numbers of z.
    pub fn latent(&self) -> usize {
        self.g.spec().input.numel()
    }

    /// d, numbers of x.
    pub fn width(&self) -> usize {
        self.g.output().numel()
    }

    /// −d/2 log(2πσ²), the constant of ℓ.
    pub(super) fn log_constant(&self) -> f64 {
        -0.5 * self.width() as f64 * (TAU * self.sigma * self.sigma).ln()
    }

    /// ℓ(z) and ∇ℓ(z) for each z `[m, latent]`, where x\[i\] belongs to z's row i.
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
        let made = self
            .g
            .apply(z.clone().record(), Pass::INFERENCE.through())?;
        let precision = 1.0 / (self.sigma * self.sigma);
        let constant = self.log_constant();
        let mut values = Vec::with_capacity(m);
        let mut residues = Vec::with_capacity(m * d);
        for (x, made) in x.iter().zip(made.values().chunks_exact(d)) {
            let mut squares = 0.0;
            for (x, made) in x.iter().zip(made) {
                let residue = f64::from(*x) - f64::from(*made);
                squares += residue * residue;
                residues.push((residue * precision) as f32);
            }
            values.push(constant - 0.5 * precision * squares);
        }
        let product = made.dot(&Batch::new(residues, m, d)?)?;
        let slopes = Gradients::of(product)?.take_input(&z)?;
        Ok((values, slopes.into_iter().map(f64::from).collect()))
    }

    /// `n` pairs of z and x drawn from the model, a function of `seed`: z `[n, latent]`, x `[n, d]`.
    ///
    /// # Errors
    /// [`Error::Device`].
    pub fn draw(&self, n: usize, seed: u64) -> Result<(Vec<f64>, Vec<f32>)> {
        let mut rng = rng(seed, Stream::Simulation, 0);
        let mut normal = || -> f64 { StandardNormal.sample(&mut rng) };
        let z: Vec<f64> = (0..n * self.latent()).map(|_| normal()).collect();
        let batch = Batch::new(z.iter().map(|&z| z as f32).collect(), n, self.latent())?;
        let made = self.g.infer(batch)?;
        let noisy = |made: &f32| (f64::from(*made) + self.sigma * normal()) as f32;
        Ok((z, made.values().iter().map(noisy).collect()))
    }
}
