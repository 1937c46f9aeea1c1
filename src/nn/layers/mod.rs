//! Every layer that a network can have, one file per layer.
//!
//! To add a layer, write `NAME.rs` with its description (the fields of a configuration), an
//! implementation of `LayerDescription`, and one of `Layer` for the layer that is built from it; then add
//! `mod NAME;` and a line to the list below. A configuration names the layer by its type in snake case:
//! `type = "conv2d"` is [`Conv2d`]. Operations that dfdx's tape must know belong in
//! [`tensor`](crate::tensor).

#[macro_use]
mod dispatch;

mod activation;
mod convolution;
mod identity;
mod parameters;

mod avg_pool2d;
mod batch_norm;
mod conv2d;
mod conv_transpose2d;
mod dense;
mod dropout;
mod elu;
mod flatten;
mod layer_norm;
mod leaky_relu;
mod maxout;
mod minibatch_stddev;
mod random_affine;
mod relu;
mod reshape;
mod residual;
mod scale;
mod sigmoid;
mod softplus;
mod tanh;
mod upsample_nearest;

use super::init::Initializer;
use super::layer::{Layer, LayerDescription, Memory, Mismatch, Saturation};
use super::pass::Pass;
use super::state_dict::StateTensor;
use crate::data::SampleShape;
use crate::error::Result;
use crate::tensor::activation::Activation;
use crate::tensor::normalize::Moments;
use crate::tensor::operator::Operator;
use crate::tensor::{Batch, Parameter, Tape};
use identity::Identity;
use rand::Rng;
use residual::BranchLayer;
pub use residual::Residual;
use serde::{Deserialize, Serialize};
use std::fmt;

layers! {
    ($)
    dense::Dense,
    conv2d::Conv2d,
    conv_transpose2d::ConvTranspose2d,
    batch_norm::BatchNorm,
    layer_norm::LayerNorm,
    relu::Relu,
    leaky_relu::LeakyRelu,
    tanh::Tanh,
    sigmoid::Sigmoid,
    softplus::Softplus,
    elu::Elu,
    maxout::Maxout,
    flatten::Flatten,
    reshape::Reshape,
    upsample_nearest::UpsampleNearest,
    scale::Scale,
    avg_pool2d::AvgPool2d,
    dropout::Dropout,
    random_affine::RandomAffine,
    minibatch_stddev::MinibatchStddev,
}

impl fmt::Display for LayerSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        each_description!(self, layer => layer.fmt(f))
    }
}

impl From<Residual<LayerSpec>> for LayerSpec {
    fn from(block: Residual<LayerSpec>) -> Self {
        LayerSpec::Residual(block)
    }
}

impl BranchLayer for LayerSpec {
    fn output_shape(&self, input: &SampleShape) -> Result<SampleShape, Mismatch> {
        self.output_shape(input)
    }

    fn has_parameters(&self) -> bool {
        self.has_parameters()
    }
}

/// The questions of [`LayerDescription`], asked of whichever layer it is.
impl LayerSpec {
    /// Returns the layers of the main branch and of the shortcut, if this is a residual block.
    pub(in crate::nn) fn branches(&self) -> Option<[&[LayerSpec]; 2]> {
        match self {
            LayerSpec::Residual(block) => Some(block.branches()),
            _ => None,
        }
    }

    pub(super) fn output_shape(&self, input: &SampleShape) -> Result<SampleShape, Mismatch> {
        each_description!(self, layer => layer.output_shape(input))
    }

    /// Whether the layer has parameters that are trained.
    pub(crate) fn has_parameters(&self) -> bool {
        each_description!(self, layer => layer.has_parameters())
    }

    pub(super) fn memory(&self, input: &SampleShape, output: &SampleShape) -> Memory {
        each_description!(self, layer => layer.memory(input, output))
    }

    pub(super) fn activation(&self) -> Option<Activation> {
        each_description!(self, layer => layer.activation())
    }

    pub(super) fn saturation(&self) -> Option<Saturation> {
        each_description!(self, layer => layer.saturation())
    }

    pub(super) fn spectral_norm_conflict(&self) -> Option<&'static str> {
        each_description!(self, layer => layer.spectral_norm_conflict())
    }
}

impl Layer for BuiltLayer {
    fn forward<T: Tape>(&self, x: Batch<T>, pass: Pass) -> Result<Batch<T>> {
        each_built!(self, layer => layer.forward(x, pass))
    }

    fn forward_with_moments<T: Tape>(
        &self,
        x: Batch<T>,
        pass: Pass,
    ) -> Result<(Batch<T>, Option<Moments>)> {
        each_built!(self, layer => layer.forward_with_moments(x, pass))
    }

    fn tangent<T: Tape>(&self, x: &Batch, y: &Batch, dx: Batch<T>, pass: Pass) -> Result<Batch<T>> {
        each_built!(self, layer => layer.tangent(x, y, dx, pass))
    }

    fn tangent_depends_on_input(&self, pass: Pass) -> bool {
        each_built!(self, layer => layer.tangent_depends_on_input(pass))
    }

    fn parameters(&self) -> Vec<(&'static str, &Parameter)> {
        each_built!(self, layer => layer.parameters())
    }

    fn parameters_mut(&mut self) -> Vec<(&'static str, &mut Parameter)> {
        each_built!(self, layer => layer.parameters_mut())
    }

    fn operator(&self) -> Option<Operator> {
        each_built!(self, layer => layer.operator())
    }

    fn fused_activation(&mut self) -> Option<&mut Activation> {
        each_built!(self, layer => layer.fused_activation())
    }

    fn buffers(&self) -> Vec<(&'static str, StateTensor)> {
        each_built!(self, layer => layer.buffers())
    }

    fn set_buffers(&mut self, tensors: &[StateTensor]) {
        each_built!(self, layer => layer.set_buffers(tensors));
    }

    fn update_running_moments(&mut self, moments: &Moments, count: usize) {
        each_built!(self, layer => layer.update_running_moments(moments, count));
    }
}
