//! A fixed factor: y = factor · x.

use crate::data::SampleShape;
use crate::error::Result;
use crate::nn::init::Initializer;
use crate::nn::layer::{Layer, LayerDescription, Mismatch};
use crate::nn::limits::check_number;
use crate::nn::pass::Pass;
use crate::tensor::{Batch, Tape};
use rand::Rng;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Multiplies its input by a fixed factor. Behind a D with spectral norm, the factor is D's Lipschitz constant.
///
/// ```
/// use ganscope::{nn::{Network, NetworkSpec}, random::Stream, tensor::Batch};
/// let spec: NetworkSpec = serde_json::from_str(r#"{
///     "input": { "kind": "vector", "len": 2 }, "layers": [{ "type": "scale", "factor": 10 }]
/// }"#)?;
/// let network = Network::new("scale", &spec, 1, Stream::DiscriminatorInit)?;
/// let y = network.infer(Batch::new(vec![0.5, -2.0], 1, 2)?)?;
/// assert_eq!(*y.values(), [5.0, -20.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scale {
    /// The factor: finite and not 0.
    pub factor: f32,
}

impl fmt::Display for Scale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "scale ×{}", self.factor)
    }
}

impl LayerDescription for Scale {
    type Built = ScaleLayer;

    fn output_shape(&self, input: &SampleShape) -> Result<SampleShape, Mismatch> {
        check_number(
            self.factor != 0.0,
            "factor",
            "finite and not 0",
            self.factor,
        )?;
        Ok(input.clone())
    }

    fn build(&self, _: &SampleShape, _: Initializer, _: &mut impl Rng) -> Result<Self::Built> {
        Ok(ScaleLayer(self.factor))
    }
}

/// The multiplication by a factor.
#[derive(Debug, Clone)]
pub(in crate::nn) struct ScaleLayer(f32);

impl Layer for ScaleLayer {
    fn forward<T: Tape>(&self, x: Batch<T>, _: Pass) -> Result<Batch<T>> {
        Batch::from_tensor(x.into_tensor()? * self.0)
    }

    /// The layer is linear, so its tangent is the layer itself.
    fn tangent<T: Tape>(&self, _: &Batch, _: &Batch, dx: Batch<T>, pass: Pass) -> Result<Batch<T>> {
        self.forward(dx, pass)
    }
}
