//! Minibatch standard deviation (Karras et al. 2018): shows a discriminator how much the samples of a batch
//! differ.

use crate::data::SampleShape;
use crate::error::Result;
use crate::nn::init::Initializer;
use crate::nn::layer::{Layer, LayerDescription, Mismatch};
use crate::nn::pass::Pass;
use crate::tensor::{Batch, Tape, composed, tangent};
use rand::Rng;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Adds a channel (or a number) that holds the standard deviation over the batch, averaged over all
/// features (Karras et al. 2018).
// With braces, because serde accepts unknown fields for a unit struct.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MinibatchStddev {}

impl fmt::Display for MinibatchStddev {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "minibatch_stddev")
    }
}

impl LayerDescription for MinibatchStddev {
    type Built = MinibatchStddevLayer;

    fn output_shape(&self, input: &SampleShape) -> Result<SampleShape, Mismatch> {
        Ok(match *input {
            SampleShape::Image {
                channels,
                height,
                width,
            } => SampleShape::Image {
                channels: channels + 1,
                height,
                width,
            },
            SampleShape::Vector { len } => SampleShape::Vector { len: len + 1 },
        })
    }

    fn build(&self, input: &SampleShape, _: Initializer, _: &mut impl Rng) -> Result<Self::Built> {
        let channel_len = match *input {
            SampleShape::Image { height, width, .. } => height * width,
            SampleShape::Vector { .. } => 1,
        };
        Ok(MinibatchStddevLayer { channel_len })
    }
}

/// Minibatch standard deviation at run time.
#[derive(Debug, Clone)]
pub(in crate::nn) struct MinibatchStddevLayer {
    /// Number of values in the added channel.
    channel_len: usize,
}

impl Layer for MinibatchStddevLayer {
    fn forward<T: Tape>(&self, x: Batch<T>, _: Pass) -> Result<Batch<T>> {
        let widened = composed::minibatch_stddev(x.into_tensor()?, self.channel_len)?;
        Batch::from_tensor(widened)
    }

    fn tangent<T: Tape>(&self, x: &Batch, _: &Batch, dx: Batch<T>, _: Pass) -> Result<Batch<T>> {
        tangent::minibatch_stddev(x, dx, self.channel_len)
    }

    fn tangent_depends_on_input(&self, _: Pass) -> bool {
        true
    }
}
