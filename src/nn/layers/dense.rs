//! Fully connected layer: y = x Wᵀ + b.

use super::parameters::{named, named_mut, zero_bias};
use crate::data::SampleShape;
use crate::error::Result;
use crate::nn::init::Initializer;
use crate::nn::layer::{Layer, LayerDescription, Memory, Mismatch};
use crate::nn::limits::check_size;
use crate::nn::pass::Pass;
use crate::tensor::activation::Activation;
use crate::tensor::dense::dense;
use crate::tensor::operator::Operator;
use crate::tensor::{Batch, Parameter, Tape, tangent};
use rand::Rng;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Fully connected layer, y = x Wᵀ + b (PyTorch's `Linear`).
///
/// ```
/// use ganscope::nn::{LayerSpec, layers::Dense};
/// let layer: LayerSpec = serde_json::from_str(r#"{ "type": "dense", "in": 784, "out": 512 }"#)?;
/// assert_eq!(layer, Dense::new(784, 512).into());
/// assert_eq!(layer.to_string(), "dense 784→512");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dense {
    /// Number of inputs; `in` in a configuration.
    #[serde(rename = "in")]
    pub inputs: usize,
    /// Number of outputs; `out` in a configuration.
    #[serde(rename = "out")]
    pub outputs: usize,
    /// Whether the layer has a bias b; default true.
    #[serde(default = "default_bias")]
    pub bias: bool,
}

fn default_bias() -> bool {
    true
}

impl Dense {
    /// A layer with a bias.
    pub fn new(inputs: usize, outputs: usize) -> Self {
        Dense {
            inputs,
            outputs,
            bias: true,
        }
    }
}

impl fmt::Display for Dense {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "dense {}→{}", self.inputs, self.outputs)
    }
}

impl LayerDescription for Dense {
    type Built = DenseLayer;

    fn output_shape(&self, input: &SampleShape) -> Result<SampleShape, Mismatch> {
        check_size("out", self.outputs)?;
        let expected = SampleShape::Vector { len: self.inputs };
        if *input != expected {
            return Err(Mismatch::input(expected.to_string()));
        }
        Ok(SampleShape::Vector { len: self.outputs })
    }

    fn build(&self, _: &SampleShape, init: Initializer, rng: &mut impl Rng) -> Result<Self::Built> {
        let size = (self.outputs, self.inputs);
        let fans = (self.inputs as f64, self.outputs as f64);
        let weight = init.weights(size, fans, rng);
        Ok(DenseLayer {
            weight: Parameter::new(weight, &[self.outputs, self.inputs])?,
            bias: zero_bias(self.outputs, self.bias)?,
            activation: Activation::Linear,
        })
    }

    fn has_parameters(&self) -> bool {
        true
    }

    fn memory(&self, _: &SampleShape, output: &SampleShape) -> Memory {
        Memory {
            parameters: self.inputs as f64 * self.outputs as f64,
            ..Memory::of_output(output)
        }
    }
}

/// A fully connected layer with its weights.
#[derive(Debug, Clone)]
pub(in crate::nn) struct DenseLayer {
    weight: Parameter,
    bias: Option<Parameter>,
    activation: Activation,
}

impl Layer for DenseLayer {
    fn forward<T: Tape>(&self, x: Batch<T>, pass: Pass) -> Result<Batch<T>> {
        let bias = self.bias.as_ref();
        dense(x, &self.weight, bias, self.activation, pass.needs)
    }

    fn tangent<T: Tape>(&self, _: &Batch, y: &Batch, dx: Batch<T>, pass: Pass) -> Result<Batch<T>> {
        let linear = Operator::Dense.apply(dx, &self.weight, pass.needs)?;
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
        Some(Operator::Dense)
    }

    fn fused_activation(&mut self) -> Option<&mut Activation> {
        Some(&mut self.activation)
    }
}
