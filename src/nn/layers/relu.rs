//! Rectified linear unit: y = max(x, 0).

use super::activation::ActivationLayer;
use crate::data::SampleShape;
use crate::error::Result;
use crate::nn::init::Initializer;
use crate::nn::layer::{LayerDescription, Memory, Mismatch, Saturation};
use crate::tensor::activation::Activation;
use rand::Rng;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Rectified linear unit: y = max(x, 0) (PyTorch's `ReLU`).
// With braces, because serde accepts unknown fields for a unit struct.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Relu {}

impl fmt::Display for Relu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "relu")
    }
}

impl LayerDescription for Relu {
    type Built = ActivationLayer;

    fn output_shape(&self, input: &SampleShape) -> Result<SampleShape, Mismatch> {
        Ok(input.clone())
    }

    fn build(&self, _: &SampleShape, _: Initializer, _: &mut impl Rng) -> Result<Self::Built> {
        Ok(ActivationLayer(Activation::Relu))
    }

    fn memory(&self, _: &SampleShape, _: &SampleShape) -> Memory {
        Memory::NONE
    }

    fn activation(&self) -> Option<Activation> {
        Some(Activation::Relu)
    }

    fn saturation(&self) -> Option<Saturation> {
        Some(Saturation::DeadUnits)
    }
}
