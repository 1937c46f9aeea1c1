//! Makes an image of a row of numbers.

use super::identity::Identity;
use crate::data::SampleShape;
use crate::error::Result;
use crate::nn::init::Initializer;
use crate::nn::layer::{LayerDescription, Memory, Mismatch};
use crate::nn::limits::check_size;
use rand::Rng;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Makes an image of a row of numbers, in channel, row, column order (PyTorch's `Unflatten`).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reshape {
    /// Number of channels of the image.
    pub channels: usize,
    /// Height of the image in pixels.
    pub height: usize,
    /// Width of the image in pixels.
    pub width: usize,
}

impl fmt::Display for Reshape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Reshape {
            channels,
            height,
            width,
        } = self;
        write!(f, "reshape {channels}×{height}×{width}")
    }
}

impl LayerDescription for Reshape {
    type Built = Identity;

    fn output_shape(&self, input: &SampleShape) -> Result<SampleShape, Mismatch> {
        let Reshape {
            channels,
            height,
            width,
        } = *self;
        check_size("channels", channels)?;
        check_size("height", height)?;
        check_size("width", width)?;
        let output = SampleShape::Image {
            channels,
            height,
            width,
        };
        if input.numel() != output.numel() {
            return Err(Mismatch::input(format!(
                "{} numbers for a {output}",
                output.numel()
            )));
        }
        Ok(output)
    }

    fn build(&self, _: &SampleShape, _: Initializer, _: &mut impl Rng) -> Result<Self::Built> {
        Ok(Identity)
    }

    fn memory(&self, _: &SampleShape, _: &SampleShape) -> Memory {
        Memory::NONE
    }
}
