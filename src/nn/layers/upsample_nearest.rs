//! Enlarges an image by repeating its pixels.

use crate::data::SampleShape;
use crate::error::Result;
use crate::nn::init::Initializer;
use crate::nn::layer::{Layer, LayerDescription, Mismatch};
use crate::nn::limits::check_size;
use crate::nn::pass::Pass;
use crate::tensor::{Batch, Tape, composed};
use rand::Rng;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Repeats every pixel `factor × factor` times (PyTorch's `Upsample` with mode `nearest`).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpsampleNearest {
    /// Factor by which height and width grow.
    pub factor: usize,
}

impl fmt::Display for UpsampleNearest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "upsample_nearest {}", self.factor)
    }
}

impl LayerDescription for UpsampleNearest {
    type Built = UpsampleNearestLayer;

    fn output_shape(&self, input: &SampleShape) -> Result<SampleShape, Mismatch> {
        check_size("factor", self.factor)?;
        let (channels, height, width) = image(input)?;
        // Saturates only for sizes that are refused as too large.
        Ok(SampleShape::Image {
            channels,
            height: height.saturating_mul(self.factor),
            width: width.saturating_mul(self.factor),
        })
    }

    fn build(&self, input: &SampleShape, _: Initializer, _: &mut impl Rng) -> Result<Self::Built> {
        Ok(UpsampleNearestLayer {
            input: image(input)?,
            factor: self.factor,
        })
    }
}

/// Returns channels, height and width.
fn image(input: &SampleShape) -> Result<(usize, usize, usize), Mismatch> {
    match *input {
        SampleShape::Image {
            channels,
            height,
            width,
        } => Ok((channels, height, width)),
        SampleShape::Vector { .. } => Err(Mismatch::input("an image")),
    }
}

/// The enlargement of images of one size.
#[derive(Debug, Clone)]
pub(in crate::nn) struct UpsampleNearestLayer {
    /// Channels, height and width of the input.
    input: (usize, usize, usize),
    factor: usize,
}

impl Layer for UpsampleNearestLayer {
    fn forward<T: Tape>(&self, x: Batch<T>, _: Pass) -> Result<Batch<T>> {
        let enlarged = composed::upsample_nearest(x.into_tensor()?, self.input, self.factor)?;
        Batch::from_tensor(enlarged)
    }

    /// The layer is linear, so its tangent is the layer itself.
    fn tangent<T: Tape>(&self, _: &Batch, _: &Batch, dx: Batch<T>, pass: Pass) -> Result<Batch<T>> {
        self.forward(dx, pass)
    }
}
