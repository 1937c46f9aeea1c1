//! Softplus: y = ln(1 + eˣ).

use super::activation::ActivationLayer;
use crate::data::SampleShape;
use crate::error::Result;
use crate::nn::init::Initializer;
use crate::nn::layer::{LayerDescription, Memory, Mismatch, Saturation};
use crate::tensor::activation::Activation;
use rand::Rng;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Softplus: y = ln(1 + eˣ) (PyTorch's `Softplus`).
// With braces, because serde accepts unknown fields for a unit struct.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Softplus {}

impl fmt::Display for Softplus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "softplus")
    }
}

impl LayerDescription for Softplus {
    type Built = ActivationLayer;

    fn output_shape(&self, input: &SampleShape) -> Result<SampleShape, Mismatch> {
        Ok(input.clone())
    }

    fn build(&self, _: &SampleShape, _: Initializer, _: &mut impl Rng) -> Result<Self::Built> {
        Ok(ActivationLayer(Activation::Softplus))
    }

    fn memory(&self, _: &SampleShape, _: &SampleShape) -> Memory {
        Memory::NONE
    }

    fn activation(&self) -> Option<Activation> {
        Some(Activation::Softplus)
    }

    fn saturation(&self) -> Option<Saturation> {
        Some(Saturation::DeadUnits)
    }
}
