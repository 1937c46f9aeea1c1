//! Hyperbolic tangent: y = tanh x.

use super::activation::ActivationLayer;
use crate::data::SampleShape;
use crate::error::Result;
use crate::nn::init::Initializer;
use crate::nn::layer::{LayerDescription, Memory, Mismatch, Saturation};
use crate::tensor::activation::Activation;
use rand::Rng;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Hyperbolic tangent: y = tanh x (PyTorch's `Tanh`).
// With braces, because serde accepts unknown fields for a unit struct.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tanh {}

impl fmt::Display for Tanh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tanh")
    }
}

impl LayerDescription for Tanh {
    type Built = ActivationLayer;

    fn output_shape(&self, input: &SampleShape) -> Result<SampleShape, Mismatch> {
        Ok(input.clone())
    }

    fn build(&self, _: &SampleShape, _: Initializer, _: &mut impl Rng) -> Result<Self::Built> {
        Ok(ActivationLayer(Activation::Tanh))
    }

    fn memory(&self, _: &SampleShape, _: &SampleShape) -> Memory {
        Memory::NONE
    }

    fn activation(&self) -> Option<Activation> {
        Some(Activation::Tanh)
    }

    fn saturation(&self) -> Option<Saturation> {
        Some(Saturation::Values { max_slope: 1.0 })
    }
}
