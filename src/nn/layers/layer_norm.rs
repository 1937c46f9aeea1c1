//! Layer normalisation (Ba, Kiros & Hinton 2016).
//!
//! $$ y = \gamma\,\frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} + \beta $$
//!
//! μ and σ² are the mean and the biased variance of all features of one sample.

use super::parameters::{named, named_mut};
use crate::data::SampleShape;
use crate::error::Result;
use crate::nn::init::Initializer;
use crate::nn::layer::{Layer, LayerDescription, Memory, Mismatch};
use crate::nn::limits::check_number;
use crate::nn::pass::Pass;
use crate::tensor::normalize::layer_norm;
use crate::tensor::{Batch, Parameter, Tape, tangent};
use rand::Rng;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Layer normalisation over all features of a sample (PyTorch's `LayerNorm`).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LayerNorm {
    /// ε, added to the variance; default 10⁻⁵.
    pub eps: f32,
}

impl Default for LayerNorm {
    fn default() -> Self {
        LayerNorm { eps: 1e-5 }
    }
}

impl fmt::Display for LayerNorm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "layer_norm")
    }
}

impl LayerDescription for LayerNorm {
    type Built = LayerNormLayer;

    fn output_shape(&self, input: &SampleShape) -> Result<SampleShape, Mismatch> {
        check_number(self.eps > 0.0, "eps", "above 0", self.eps)?;
        Ok(input.clone())
    }

    fn build(
        &self,
        input: &SampleShape,
        init: Initializer,
        rng: &mut impl Rng,
    ) -> Result<Self::Built> {
        let shape = match *input {
            SampleShape::Vector { len } => vec![len],
            SampleShape::Image {
                channels,
                height,
                width,
            } => vec![channels, height, width],
        };
        let n = input.numel();
        Ok(LayerNormLayer {
            gamma: Parameter::new(init.scales(n, rng), &shape)?,
            beta: Parameter::new(vec![0.0; n], &shape)?,
            eps: self.eps,
        })
    }

    fn has_parameters(&self) -> bool {
        true
    }

    fn memory(&self, _: &SampleShape, output: &SampleShape) -> Memory {
        Memory {
            parameters: output.numel() as f64,
            ..Memory::of_output(output)
        }
    }

    fn spectral_norm_conflict(&self) -> Option<&'static str> {
        Some(
            "divides each sample by its own standard deviation, which can be arbitrarily small, so the layer no \
             longer has norm 1",
        )
    }
}

/// Layer norm with its parameters.
#[derive(Debug, Clone)]
pub(in crate::nn) struct LayerNormLayer {
    gamma: Parameter,
    beta: Parameter,
    eps: f32,
}

impl Layer for LayerNormLayer {
    fn forward<T: Tape>(&self, x: Batch<T>, pass: Pass) -> Result<Batch<T>> {
        layer_norm(x, &self.gamma, &self.beta, self.eps, pass.needs)
    }

    fn tangent<T: Tape>(&self, x: &Batch, _: &Batch, dx: Batch<T>, pass: Pass) -> Result<Batch<T>> {
        tangent::layer_norm(x, dx, &self.gamma, self.eps, pass.needs)
    }

    fn tangent_depends_on_input(&self, _: Pass) -> bool {
        true
    }

    fn parameters(&self) -> Vec<(&'static str, &Parameter)> {
        named(&self.gamma, Some(&self.beta))
    }

    fn parameters_mut(&mut self) -> Vec<(&'static str, &mut Parameter)> {
        named_mut(&mut self.gamma, Some(&mut self.beta))
    }
}
