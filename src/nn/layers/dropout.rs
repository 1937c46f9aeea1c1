//! Dropout (Srivastava et al. 2014).

use crate::data::SampleShape;
use crate::error::Result;
use crate::nn::init::Initializer;
use crate::nn::layer::{Layer, LayerDescription, Mismatch};
use crate::nn::limits::check_number;
use crate::nn::pass::Pass;
use crate::random::Stream;
use crate::tensor::{Batch, Tape, composed};
use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Dropout: in training, sets each feature to 0 with probability `p` and scales the others by 1/(1 − p)
/// (PyTorch's `Dropout`). In inference the layer changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dropout {
    /// Probability that a feature is set to 0, in [0, 1).
    pub p: f32,
}

impl fmt::Display for Dropout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "dropout {}", self.p)
    }
}

impl LayerDescription for Dropout {
    type Built = DropoutLayer;

    fn output_shape(&self, input: &SampleShape) -> Result<SampleShape, Mismatch> {
        check_number((0.0..1.0).contains(&self.p), "p", "in [0, 1)", self.p)?;
        Ok(input.clone())
    }

    fn build(&self, _: &SampleShape, _: Initializer, _: &mut impl Rng) -> Result<Self::Built> {
        Ok(DropoutLayer { p: self.p })
    }
}

/// Dropout at run time. Its mask is a function of the seed, the step and the layer's index.
#[derive(Debug, Clone)]
pub(in crate::nn) struct DropoutLayer {
    p: f32,
}

impl Layer for DropoutLayer {
    fn forward<T: Tape>(&self, x: Batch<T>, pass: Pass) -> Result<Batch<T>> {
        if !pass.training {
            return Ok(x);
        }
        let mut rng = pass.rng(Stream::Dropout);
        let (rows, columns) = (x.rows(), x.columns());
        let factor = |_| {
            if rng.random::<f32>() < self.p {
                0.0
            } else {
                1.0 / (1.0 - self.p)
            }
        };
        let mask = Batch::new((0..rows * columns).map(factor).collect(), rows, columns)?;
        Batch::from_tensor(composed::masked(x.into_tensor()?, mask.into_tensor()?)?)
    }

    /// The layer is linear, so its tangent is the layer itself, with the same mask.
    fn tangent<T: Tape>(&self, _: &Batch, _: &Batch, dx: Batch<T>, pass: Pass) -> Result<Batch<T>> {
        self.forward(dx, pass)
    }
}
