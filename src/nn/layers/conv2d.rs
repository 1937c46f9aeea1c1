//! Convolution with a square kernel.

use super::convolution;
use super::parameters::{named, named_mut, zero_bias};
use crate::data::SampleShape;
use crate::error::Result;
use crate::nn::init::Initializer;
use crate::nn::layer::{Layer, LayerDescription, Memory, Mismatch};
use crate::nn::pass::Pass;
use crate::tensor::activation::Activation;
use crate::tensor::conv::{Geometry, conv2d};
use crate::tensor::operator::Operator;
use crate::tensor::{Batch, Parameter, Tape, tangent};
use rand::Rng;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Convolution with a square kernel (PyTorch's `Conv2d`).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conv2d {
    /// Number of input channels; `in` in a configuration.
    #[serde(rename = "in")]
    pub inputs: usize,
    /// Number of output channels; `out` in a configuration.
    #[serde(rename = "out")]
    pub outputs: usize,
    /// Side of the kernel in pixels.
    pub kernel: usize,
    /// Pixels between two positions of the kernel; default 1.
    #[serde(default = "default_stride")]
    pub stride: usize,
    /// Pixels of zeros added on each side of the image, less than `kernel`; default 0.
    #[serde(default)]
    pub padding: usize,
    /// Whether each output channel has a bias; default true.
    #[serde(default = "default_bias")]
    pub bias: bool,
}

fn default_stride() -> usize {
    1
}

fn default_bias() -> bool {
    true
}

impl fmt::Display for Conv2d {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Conv2d {
            inputs,
            outputs,
            kernel,
            stride,
            ..
        } = self;
        write!(f, "conv2d {inputs}→{outputs} {kernel}×{kernel} /{stride}")
    }
}

impl Conv2d {
    /// Returns the sizes for this input.
    fn geometry(&self, input: &SampleShape) -> Result<Geometry, Mismatch> {
        let Conv2d {
            outputs,
            kernel,
            stride,
            padding,
            ..
        } = *self;
        let (height, width) = convolution::image_size(input, self.inputs)?;
        convolution::check_settings(outputs, kernel, stride, padding)?;
        if height.min(width) + 2 * padding < kernel {
            return Err(Mismatch::input(format!(
                "an image of at least {kernel}×{kernel}, including its padding"
            )));
        }
        Ok(Geometry {
            channels: self.inputs,
            height,
            width,
            filters: outputs,
            kernel,
            stride,
            padding,
        })
    }
}

impl LayerDescription for Conv2d {
    type Built = Conv2dLayer;

    fn output_shape(&self, input: &SampleShape) -> Result<SampleShape, Mismatch> {
        let g = self.geometry(input)?;
        Ok(SampleShape::Image {
            channels: g.filters,
            height: g.out_height(),
            width: g.out_width(),
        })
    }

    fn build(
        &self,
        input: &SampleShape,
        init: Initializer,
        rng: &mut impl Rng,
    ) -> Result<Self::Built> {
        let geometry = self.geometry(input)?;
        let fans = convolution::fans(&geometry);
        Ok(Conv2dLayer {
            weight: convolution::new_weight(&geometry, fans, init, rng)?,
            bias: zero_bias(self.outputs, self.bias)?,
            geometry,
            activation: Activation::Linear,
        })
    }

    fn has_parameters(&self) -> bool {
        true
    }

    fn memory(&self, input: &SampleShape, output: &SampleShape) -> Memory {
        match self.geometry(input) {
            Ok(geometry) => convolution::memory(&geometry, output),
            Err(_) => Memory::of_output(output),
        }
    }
}

/// A convolution with its weights.
#[derive(Debug, Clone)]
pub(in crate::nn) struct Conv2dLayer {
    weight: Parameter,
    bias: Option<Parameter>,
    geometry: Geometry,
    activation: Activation,
}

impl Layer for Conv2dLayer {
    fn forward<T: Tape>(&self, x: Batch<T>, pass: Pass) -> Result<Batch<T>> {
        let (bias, g) = (self.bias.as_ref(), self.geometry);
        conv2d(x, &self.weight, bias, g, self.activation, pass.needs)
    }

    fn tangent<T: Tape>(&self, _: &Batch, y: &Batch, dx: Batch<T>, pass: Pass) -> Result<Batch<T>> {
        let operator = Operator::Conv2d(self.geometry);
        let linear = operator.apply(dx, &self.weight, pass.needs)?;
        tangent::activate(y, linear, self.activation)
    }

    fn tangent_depends_on_input(&self, _: Pass) -> bool {
        self.activation.is_curved()
    }

    fn parameters(&self) -> Vec<(&'static str, &Parameter)> {
        named(&self.weight, self.bias.as_ref())
    }

    fn parameters_mut(&mut self) -> Vec<(&'static str, &mut Parameter)> {
        named_mut(&mut self.weight, self.bias.as_mut())
    }

    fn operator(&self) -> Option<Operator> {
        Some(Operator::Conv2d(self.geometry))
    }

    fn fused_activation(&mut self) -> Option<&mut Activation> {
        Some(&mut self.activation)
    }
}
