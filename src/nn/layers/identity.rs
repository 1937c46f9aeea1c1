//! A layer that returns its input.

use crate::error::Result;
use crate::nn::layer::Layer;
use crate::nn::pass::Pass;
use crate::tensor::{Batch, Tape};

/// Returns its input. Flatten and reshape are built as this layer, since a sample is a row of numbers in any
/// shape, and so is an activation function that the layer before it computes.
#[derive(Debug, Clone)]
pub(in crate::nn) struct Identity;

impl Layer for Identity {
    fn forward<T: Tape>(&self, x: Batch<T>, _: Pass) -> Result<Batch<T>> {
        Ok(x)
    }

    fn tangent<T: Tape>(&self, _: &Batch, _: &Batch, dx: Batch<T>, _: Pass) -> Result<Batch<T>> {
        Ok(dx)
    }
}
