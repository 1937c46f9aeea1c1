//! Maxout (Goodfellow et al. 2013): the largest of each few consecutive features.

use crate::data::SampleShape;
use crate::error::Result;
use crate::nn::init::Initializer;
use crate::nn::layer::{Layer, LayerDescription, Mismatch};
use crate::nn::limits::check_size;
use crate::nn::pass::Pass;
use crate::tensor::{Batch, Tape, composed, tangent};
use rand::Rng;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Maxout: the largest of each `pieces` consecutive features (Goodfellow et al. 2013).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Maxout {
    /// Number of consecutive features of which the largest is the output.
    pub pieces: usize,
}

impl fmt::Display for Maxout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "maxout {}", self.pieces)
    }
}

impl LayerDescription for Maxout {
    type Built = MaxoutLayer;

    fn output_shape(&self, input: &SampleShape) -> Result<SampleShape, Mismatch> {
        check_size("pieces", self.pieces)?;
        match *input {
            SampleShape::Vector { len } if len.is_multiple_of(self.pieces) => {
                Ok(SampleShape::Vector {
                    len: len / self.pieces,
                })
            }
            _ => Err(Mismatch::input(format!(
                "an input whose length is a multiple of {}",
                self.pieces
            ))),
        }
    }

    fn build(&self, _: &SampleShape, _: Initializer, _: &mut impl Rng) -> Result<Self::Built> {
        Ok(MaxoutLayer {
            pieces: self.pieces,
        })
    }

    fn spectral_norm_conflict(&self) -> Option<&'static str> {
        Some(
            "outputs only one of its pieces at a time, while the spectral norm is computed for all pieces \
             together, so the Lipschitz constant is only known to lie between 1/√pieces and 1",
        )
    }
}

/// Maxout at run time.
#[derive(Debug, Clone)]
pub(in crate::nn) struct MaxoutLayer {
    pieces: usize,
}

impl Layer for MaxoutLayer {
    fn forward<T: Tape>(&self, x: Batch<T>, _: Pass) -> Result<Batch<T>> {
        Batch::from_tensor(composed::maxout(x.into_tensor()?, self.pieces)?)
    }

    fn tangent<T: Tape>(&self, x: &Batch, _: &Batch, dx: Batch<T>, _: Pass) -> Result<Batch<T>> {
        tangent::maxout(x, dx, self.pieces)
    }
}
