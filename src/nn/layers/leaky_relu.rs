//! Leaky rectified linear unit: y = x for x > 0, slope·x otherwise.

use super::activation::ActivationLayer;
use crate::data::SampleShape;
use crate::error::Result;
use crate::nn::init::Initializer;
use crate::nn::layer::{LayerDescription, Memory, Mismatch, Saturation};
use crate::nn::limits::check_number;
use crate::tensor::activation::Activation;
use rand::Rng;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Leaky rectified linear unit, y = x for x > 0 and slope·x otherwise (PyTorch's `LeakyReLU`).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LeakyRelu {
    /// Slope for x < 0, at least 0; default 0.2.
    pub slope: f32,
}

impl Default for LeakyRelu {
    fn default() -> Self {
        LeakyRelu { slope: 0.2 }
    }
}

impl fmt::Display for LeakyRelu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "leaky_relu {}", self.slope)
    }
}

impl LeakyRelu {
    fn function(&self) -> Activation {
        Activation::LeakyRelu { slope: self.slope }
    }
}

impl LayerDescription for LeakyRelu {
    type Built = ActivationLayer;

    fn output_shape(&self, input: &SampleShape) -> Result<SampleShape, Mismatch> {
        // The gradient is computed from the output, whose sign must be that of the input.
        check_number(self.slope >= 0.0, "slope", "at least 0", self.slope)?;
        Ok(input.clone())
    }

    fn build(&self, _: &SampleShape, _: Initializer, _: &mut impl Rng) -> Result<Self::Built> {
        Ok(ActivationLayer(self.function()))
    }

    fn memory(&self, _: &SampleShape, _: &SampleShape) -> Memory {
        Memory::NONE
    }

    fn activation(&self) -> Option<Activation> {
        Some(self.function())
    }

    fn saturation(&self) -> Option<Saturation> {
        (self.slope == 0.0).then_some(Saturation::DeadUnits)
    }
}
