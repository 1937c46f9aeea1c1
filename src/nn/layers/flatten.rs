//! Makes a row of numbers of an image.

use super::identity::Identity;
use crate::data::SampleShape;
use crate::error::Result;
use crate::nn::init::Initializer;
use crate::nn::layer::{LayerDescription, Memory, Mismatch};
use rand::Rng;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Makes a row of numbers of an image (PyTorch's `Flatten`).
// With braces, because serde accepts unknown fields for a unit struct.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flatten {}

impl fmt::Display for Flatten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "flatten")
    }
}

impl LayerDescription for Flatten {
    type Built = Identity;

    fn output_shape(&self, input: &SampleShape) -> Result<SampleShape, Mismatch> {
        Ok(SampleShape::Vector { len: input.numel() })
    }

    fn build(&self, _: &SampleShape, _: Initializer, _: &mut impl Rng) -> Result<Self::Built> {
        Ok(Identity)
    }

    fn memory(&self, _: &SampleShape, _: &SampleShape) -> Memory {
        Memory::NONE
    }
}
