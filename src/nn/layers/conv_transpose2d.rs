//! Transposed convolution with a square kernel.

use super::convolution;
use super::parameters::{named, named_mut, zero_bias};
use crate::data::SampleShape;
use crate::error::Result;
use crate::nn::init::Initializer;
use crate::nn::layer::{Layer, LayerDescription, Memory, Mismatch};
use crate::nn::limits::check_setting;
use crate::nn::pass::Pass;
use crate::tensor::activation::Activation;
use crate::tensor::conv::{Geometry, conv_transpose2d};
use crate::tensor::operator::Operator;
use crate::tensor::{Batch, Parameter, Tape, tangent};
use rand::Rng;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Transposed convolution with a square kernel: the adjoint of a convolution, which enlarges an image by
/// its stride (PyTorch's `ConvTranspose2d`).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConvTranspose2d {
    /// Number of input channels; `in` in a configuration.
    #[serde(rename = "in")]
    pub inputs: usize,
    /// Number of output channels; `out` in a configuration.
    #[serde(rename = "out")]
    pub outputs: usize,
    /// Side of the kernel in pixels.
    pub kernel: usize,
    /// Pixels of the output between two pixels of the input; default 1.
    #[serde(default = "default_stride")]
    pub stride: usize,
    /// Pixels removed on each side of the output, less than `kernel`; default 0.
    #[serde(default)]
    pub padding: usize,
    /// Pixels added to the output at its right and lower edge, less than `stride`; default 0. With a stride of 2, a
    /// kernel of 5 and a padding of 2, an output padding of 1 doubles the size of the image.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub output_padding: usize,
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

fn is_zero(n: &usize) -> bool {
    *n == 0
}

impl fmt::Display for ConvTranspose2d {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ConvTranspose2d {
            inputs,
            outputs,
            kernel,
            stride,
            ..
        } = self;
        write!(
            f,
            "conv_transpose2d {inputs}→{outputs} {kernel}×{kernel} ·{stride}"
        )
    }
}

impl ConvTranspose2d {
    /// Returns the sizes of the convolution that this is the adjoint of: from the output to the input.
    fn geometry(&self, input: &SampleShape) -> Result<Geometry, Mismatch> {
        let ConvTranspose2d {
            outputs,
            kernel,
            stride,
            padding,
            output_padding,
            ..
        } = *self;
        let (height, width) = convolution::image_size(input, self.inputs)?;
        convolution::check_settings(outputs, kernel, stride, padding)?;
        // With more, the convolution back to the input would have another position.
        check_setting(
            output_padding < stride,
            "output_padding",
            "less than \"stride\"",
            output_padding,
        )?;
        // Saturates only for sizes that are refused as too large.
        let enlarged = |size: usize| {
            ((size - 1).saturating_mul(stride))
                .saturating_add(kernel)
                .saturating_add(output_padding)
                .checked_sub(2 * padding)
                .filter(|size| *size > 0)
                .ok_or_else(|| {
                    Mismatch::input("an image whose output is larger than what the padding removes")
                })
        };
        Ok(Geometry {
            channels: outputs,
            height: enlarged(height)?,
            width: enlarged(width)?,
            filters: self.inputs,
            kernel,
            stride,
            padding,
        })
    }
}

impl LayerDescription for ConvTranspose2d {
    type Built = ConvTranspose2dLayer;

    fn output_shape(&self, input: &SampleShape) -> Result<SampleShape, Mismatch> {
        let g = self.geometry(input)?;
        Ok(SampleShape::Image {
            channels: g.channels,
            height: g.height,
            width: g.width,
        })
    }

    fn build(
        &self,
        input: &SampleShape,
        init: Initializer,
        rng: &mut impl Rng,
    ) -> Result<Self::Built> {
        let geometry = self.geometry(input)?;
        let (fan_out, fan_in) = convolution::fans(&geometry);
        Ok(ConvTranspose2dLayer {
            weight: convolution::new_weight(&geometry, (fan_in, fan_out), init, rng)?,
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

/// A transposed convolution with its weights.
#[derive(Debug, Clone)]
pub(in crate::nn) struct ConvTranspose2dLayer {
    weight: Parameter,
    bias: Option<Parameter>,
    geometry: Geometry,
    activation: Activation,
}

impl Layer for ConvTranspose2dLayer {
    fn forward<T: Tape>(&self, x: Batch<T>, pass: Pass) -> Result<Batch<T>> {
        let (bias, g) = (self.bias.as_ref(), self.geometry);
        conv_transpose2d(x, &self.weight, bias, g, self.activation, pass.needs)
    }

    fn tangent<T: Tape>(&self, _: &Batch, y: &Batch, dx: Batch<T>, pass: Pass) -> Result<Batch<T>> {
        let operator = Operator::ConvTranspose2d(self.geometry);
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
        Some(Operator::ConvTranspose2d(self.geometry))
    }

    fn fused_activation(&mut self) -> Option<&mut Activation> {
        Some(&mut self.activation)
    }
}
