//! What every layer has to define: [`LayerDescription`] before it is built, [`Layer`] afterwards.

use super::init::Initializer;
use super::pass::Pass;
use super::state_dict::StateTensor;
use crate::data::SampleShape;
use crate::error::{Error, Result};
use crate::tensor::activation::Activation;
use crate::tensor::normalize::Moments;
use crate::tensor::operator::Operator;
use crate::tensor::{Batch, Parameter, Tape};
use rand::Rng;
use std::fmt::Display;

/// A layer as a configuration or a checkpoint describes it. Its `Display` form, such as
/// `dense 784→512`, names the layer in errors and tables.
pub(super) trait LayerDescription: Display {
    /// Layer that is built from this description.
    type Built: Layer;

    /// Returns the shape of an output sample.
    ///
    /// # Errors
    /// What the layer expects instead of this input, or instead of one of its own settings.
    fn output_shape(&self, input: &SampleShape) -> Result<SampleShape, Mismatch>;

    /// Builds the layer, with new weights, for an input that [`output_shape`](Self::output_shape)
    /// has accepted.
    fn build(
        &self,
        input: &SampleShape,
        init: Initializer,
        rng: &mut impl Rng,
    ) -> Result<Self::Built>;

    /// Whether the layer has parameters that are trained.
    fn has_parameters(&self) -> bool {
        false
    }

    /// Returns how many numbers the layer keeps in memory during training.
    fn memory(&self, _input: &SampleShape, output: &SampleShape) -> Memory {
        Memory::of_output(output)
    }

    /// Returns the activation function that this layer consists of, which the layer before it may compute.
    fn activation(&self) -> Option<Activation> {
        None
    }

    /// Returns how the saturation of this activation function is measured, if it can saturate.
    fn saturation(&self) -> Option<Saturation> {
        None
    }

    /// Returns why a network with this layer cannot have spectral norm, if it cannot.
    fn spectral_norm_conflict(&self) -> Option<&'static str> {
        None
    }
}

/// A layer with its weights.
pub(super) trait Layer {
    /// Computes the output.
    fn forward<T: Tape>(&self, x: Batch<T>, pass: Pass) -> Result<Batch<T>>;

    /// Computes the output, and returns the moments of the batch if the layer used them (batch norm).
    fn forward_with_moments<T: Tape>(
        &self,
        x: Batch<T>,
        pass: Pass,
    ) -> Result<(Batch<T>, Option<Moments>)> {
        Ok((self.forward(x, pass)?, None))
    }

    /// Computes the derivative of the output `y` along the direction `dx` of the input `x`.
    fn tangent<T: Tape>(&self, x: &Batch, y: &Batch, dx: Batch<T>, pass: Pass) -> Result<Batch<T>>;

    /// Whether the tangent depends on the input other than in jumps (a ReLU's depends on it in jumps only).
    fn tangent_depends_on_input(&self, _pass: Pass) -> bool {
        false
    }

    /// Returns the parameters with PyTorch's names. If the layer has an [`operator`](Self::operator),
    /// the operator's weight comes first.
    fn parameters(&self) -> Vec<(&'static str, &Parameter)> {
        Vec::new()
    }

    /// Returns the same parameters, mutably.
    fn parameters_mut(&mut self) -> Vec<(&'static str, &mut Parameter)> {
        Vec::new()
    }

    /// Returns the linear operator that the first parameter is the weight of, if there is one.
    fn operator(&self) -> Option<Operator> {
        None
    }

    /// Returns the activation function that the layer applies to its output (`Linear` if none), if it can
    /// apply one.
    fn fused_activation(&mut self) -> Option<&mut Activation> {
        None
    }

    /// Returns what a checkpoint holds of this layer beside the parameters, with PyTorch's names.
    fn buffers(&self) -> Vec<(&'static str, StateTensor)> {
        Vec::new()
    }

    /// Sets the buffers. `tensors` must have the order, the shapes and the types of
    /// [`buffers`](Self::buffers).
    fn set_buffers(&mut self, _tensors: &[StateTensor]) {}

    /// Updates moving averages with the moments of a batch that has `count` numbers per channel.
    fn update_running_moments(&mut self, _moments: &Moments, _count: usize) {}
}

/// Why a layer does not fit into a network.
#[derive(Debug)]
pub(crate) struct Mismatch {
    /// What the layer expects.
    pub expected: String,
    /// The setting that is wrong, as `name = value`; none if it is the input that does not fit.
    pub setting: Option<String>,
}

impl Mismatch {
    /// The layer expects another input.
    pub fn input(expected: impl Into<String>) -> Self {
        Mismatch {
            expected: expected.into(),
            setting: None,
        }
    }
}

impl From<Mismatch> for Error {
    fn from(mismatch: Mismatch) -> Self {
        Error::Usage(format!("expected {}", mismatch.expected))
    }
}

/// Numbers that a layer keeps in memory during training.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Memory {
    /// Number of trained parameters.
    pub parameters: f64,
    /// Number of values of one output sample that are stored for the backward pass.
    pub activations: f64,
    /// Number of temporary values, which have no gradient.
    pub workspace: f64,
}

impl Memory {
    /// No numbers: for layers that change only the shape, and for activation functions, which the layer
    /// before them computes.
    pub const NONE: Memory = Memory {
        parameters: 0.0,
        activations: 0.0,
        workspace: 0.0,
    };

    /// The output, without parameters.
    pub fn of_output(output: &SampleShape) -> Memory {
        Memory {
            activations: output.numel() as f64,
            ..Memory::NONE
        }
    }
}

/// How the saturation of an activation function is measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Saturation {
    /// By the fraction of values with a small slope, for functions that are flat on both sides.
    Values {
        /// Largest slope of the function.
        max_slope: f32,
    },
    /// By the fraction of units whose slope is small for every sample, for functions that are flat on the
    /// left only. Their largest slope is 1.
    DeadUnits,
}
