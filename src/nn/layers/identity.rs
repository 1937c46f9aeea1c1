//! A layer that returns its input.

use crate::error::Result;
use crate::nn::layer::Layer;
use crate::nn::pass::Pass;
use crate::tensor::{Batch, Tape};

/// The layer that flatten and reshape are at run time (a sample is always a row of numbers), and an
/// activation function that the layer before it applies.
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
