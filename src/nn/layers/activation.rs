//! An activation function that the layer before it cannot compute.

use crate::error::Result;
use crate::nn::layer::Layer;
use crate::nn::pass::Pass;
use crate::tensor::activation::Activation;
use crate::tensor::dense::activate;
use crate::tensor::{Batch, Tape, tangent};

/// Applies an activation function. Every activation function of the list is built as this layer.
#[derive(Debug, Clone)]
pub(in crate::nn) struct ActivationLayer(pub Activation);

impl Layer for ActivationLayer {
    fn forward<T: Tape>(&self, x: Batch<T>, _: Pass) -> Result<Batch<T>> {
        activate(x, self.0)
    }

    fn tangent<T: Tape>(&self, _: &Batch, y: &Batch, dx: Batch<T>, _: Pass) -> Result<Batch<T>> {
        tangent::activate(y, dx, self.0)
    }

    fn tangent_depends_on_input(&self, _: Pass) -> bool {
        self.0.is_curved()
    }
}
