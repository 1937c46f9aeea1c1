//! Exponential linear unit: y = x for x > 0, α(eˣ − 1) otherwise (Clevert et al. 2016).

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

/// Exponential linear unit, y = x for x > 0 and α(eˣ − 1) otherwise (Clevert et al. 2016; PyTorch's `ELU`).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Elu {
    /// α, the bound −α of the values for x < 0; at least 0; default 1.
    pub alpha: f32,
}

impl Default for Elu {
    fn default() -> Self {
        Elu { alpha: 1.0 }
    }
}

impl fmt::Display for Elu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "elu {}", self.alpha)
    }
}

impl Elu {
    fn function(&self) -> Activation {
        Activation::Elu { alpha: self.alpha }
    }
}

impl LayerDescription for Elu {
    type Built = ActivationLayer;

    fn output_shape(&self, input: &SampleShape) -> Result<SampleShape, Mismatch> {
        // The gradient is computed from the output, whose sign must be that of the input.
        check_number(self.alpha >= 0.0, "alpha", "at least 0", self.alpha)?;
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
        Some(Saturation::DeadUnits)
    }
}
