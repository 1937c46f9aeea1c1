//! Spectral normalisation (Miyato et al. 2018): a layer of weights W is applied with
//!
//! $$ \bar W = \frac{W}{\sigma(W)}, \qquad \sigma(W) = \max_{\lVert v\rVert = 1} \lVert A_W v\rVert $$
//!
//! where A_W is what the layer does to its input, without the bias. For a convolution that is the
//! operator from image to maps at the image's actual size, and not W reshaped to a matrix, as in the
//! paper's own code: that matrix knows neither stride nor padding, and its largest singular value is
//! off by a factor that depends on the layer.
//!
//! σ comes from power iteration. W moves little from one step to the next, so the vectors are kept
//! and one round follows each update of W:
//!
//! $$ u \leftarrow \frac{A_W v}{\lVert A_W v\rVert}, \qquad
//!    v \leftarrow \frac{A_W^\top u}{\lVert A_W^\top u\rVert}, \qquad
//!    \sigma = \lVert A_W^\top u\rVert = u^\top A_W v $$
//!
//! With u and v held, σ is linear in W, and what the loss L says of W̄, G = ∂L/∂W̄, says of W
//!
//! $$ \frac{\partial L}{\partial W} = \frac1\sigma \left(G - \langle G, \bar W\rangle\,
//!    \frac{\partial\, u^\top A_W v}{\partial W}\right) $$
//!
//! This is exact where u and v have converged: σ does not change with them there.

use super::LayerSpec;
use crate::error::Result;
use crate::tensor::operator::Operator;
use crate::tensor::{Batch, Gradients, Needs, Parameter};
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};

/// Rounds of power iteration at most, where no earlier step has done them.
const MOST_ROUNDS: usize = 100;
/// σ has converged when a round changes it by no larger part.
const CONVERGED: f32 = 1e-4;

/// What stands behind a layer's weight W̄.
#[derive(Debug, Clone)]
pub(super) struct Spectral {
    operator: Operator,
    /// W, in the layout of W̄: what the optimiser moves.
    pub w: Vec<f32>,
    /// The largest σ's singular vectors, in the operator's output and input.
    pub u: Vec<f32>,
    pub v: Vec<f32>,
    pub sigma: f32,
}

impl Spectral {
    /// Divides `weight`, the layer's fresh W, by its σ. `inputs` is the length of v.
    pub fn new(
        operator: Operator,
        weight: &mut Parameter,
        inputs: usize,
        rng: &mut impl Rng,
    ) -> Result<Self> {
        let mut v: Vec<f32> = (0..inputs).map(|_| StandardNormal.sample(rng)).collect();
        normalize(&mut v);
        let mut spectral = Spectral {
            operator,
            w: weight.values().to_vec(),
            u: Vec::new(),
            v,
            sigma: 1.0,
        };
        spectral.converge(weight)?;
        spectral.divide(weight);
        Ok(spectral)
    }

    /// Takes `weight` as it is, with σ = 1, for W: what a file without W brought.
    pub fn adopt(&mut self, weight: &Parameter) -> Result<()> {
        self.w = weight.values().to_vec();
        self.converge(weight)?;
        self.sigma = 1.0;
        Ok(())
    }

    /// Changes W, and `weight`, the layer's W̄, after it.
    pub fn update(
        &mut self,
        weight: &mut Parameter,
        change: impl FnOnce(&mut [f32]) -> Result<()>,
    ) -> Result<()> {
        change(&mut self.w)?;
        weight.update(|w| w.copy_from_slice(&self.w));
        self.iterate(weight)?;
        self.divide(weight);
        Ok(())
    }

    /// Makes ∂L/∂W of `gradient`, which is ∂L/∂W̄.
    pub fn pull_back(&self, weight: &Parameter, gradient: &mut [f32]) -> Result<()> {
        let needs = Needs {
            input: false,
            weights: true,
        };
        let y = self.operator.apply(row(&self.v)?.record(), weight, needs)?;
        let change = Gradients::of(y.dot(row(&self.u)?)?)?.take(weight)?;
        let along = dot(gradient, &weight.values()) as f32;
        for (g, change) in gradient.iter_mut().zip(&change) {
            *g = (*g - along * change) / self.sigma;
        }
        Gradients::done_with(change);
        Ok(())
    }

    /// One round of power iteration on `weight`, which is W.
    fn iterate(&mut self, weight: &Parameter) -> Result<()> {
        let needs = Needs {
            input: true,
            weights: false,
        };
        let v = row(&self.v)?;
        let y = self.operator.apply(v.clone().record(), weight, needs)?;
        let mut u = y.values().to_vec();
        normalize(&mut u);
        let mut next = Gradients::of(y.dot(row(&u)?)?)?.take_input(&v)?;
        let sigma = normalize(&mut next);
        self.u = u;
        // W = 0 has no direction: the last one stays.
        if sigma > 0.0 {
            (self.v, self.sigma) = (next, sigma);
        }
        Ok(())
    }

    fn converge(&mut self, weight: &Parameter) -> Result<()> {
        let mut before = 0.0;
        for _ in 0..MOST_ROUNDS {
            self.iterate(weight)?;
            if (self.sigma - before).abs() <= CONVERGED * self.sigma {
                break;
            }
            before = self.sigma;
        }
        Ok(())
    }

    /// W̄ = W/σ
    fn divide(&self, weight: &mut Parameter) {
        weight.update(|w| w.iter_mut().for_each(|w| *w /= self.sigma));
    }
}

fn row(values: &[f32]) -> Result<Batch> {
    Batch::new(values.to_vec(), 1, values.len())
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    let products = a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b));
    products.sum()
}

/// Divides by the norm, unless that is 0, and returns it.
fn normalize(values: &mut [f32]) -> f32 {
    let norm = dot(values, values).sqrt() as f32;
    if norm > 0.0 {
        values.iter_mut().for_each(|x| *x /= norm);
    }
    norm
}

impl LayerSpec {
    /// Why this layer cannot be in a network with spectral norm.
    pub(super) fn undoes_spectral_norm(&self) -> Option<&'static str> {
        match self {
            LayerSpec::BatchNorm { .. } => Some(
                "divides each channel by its deviation over the batch, however small that is, and so \
                 undoes the bound",
            ),
            LayerSpec::LayerNorm { .. } => Some(
                "divides each sample by its own deviation, however small that is, and so undoes the bound",
            ),
            LayerSpec::Maxout { .. } => Some(
                "puts through one of its pieces at a time, while the norm is that of all pieces together: \
                 what the layer is then bounded by, between 1/√pieces and 1, nobody can say",
            ),
            _ => None,
        }
    }
}
