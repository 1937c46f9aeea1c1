//! The fraction of a network's activations that are saturated, so that almost no gradient passes them.
//!
//! An activation function σ is saturated at a value where its slope is below a tenth of its largest slope,
//! which is 1, or ¼ for the sigmoid:
//!
//! | σ | saturated where | what is counted |
//! |---|---|---|
//! | tanh | 1 − y² < 0.1, so \|y\| > 0.949 | values |
//! | sigmoid | y(1 − y) < 0.025, so y < 0.0257 or y > 0.9743 | values |
//! | ReLU, softplus, ELU | on the left | units that are saturated for every sample |
//! | leaky ReLU | nowhere | – |
//!
//! tanh and the sigmoid saturate on both sides, and any saturated value slows training. The others saturate
//! on the left only, where many values lie by design; a unit is harmed only if all its values lie there:
//! then it is dead. A unit of an image is a channel.

use super::layer::Saturation;
use super::network::Network;
use super::pass::Pass;
use crate::data::SampleShape;
use crate::error::Result;
use crate::tensor::Batch;
use crate::tensor::activation::Activation;

/// Fraction of the largest slope below which σ is saturated.
const SMALL_SLOPE: f32 = 0.1;

impl Network {
    /// Returns (name of the layer, saturated fraction of its values or units) for every activation
    /// function that can saturate. The network does not change.
    ///
    /// ```
    /// use ganscope::{nn::{Network, NetworkSpec, Pass}, random::Stream, tensor::Batch};
    /// let spec: NetworkSpec = serde_json::from_str(r#"{
    ///     "input": { "kind": "vector", "len": 1 },
    ///     "layers": [{ "type": "dense", "in": 1, "out": 1 }, { "type": "tanh" }]
    /// }"#)?;
    /// let mut network = Network::new("generator", &spec, 1, Stream::GeneratorInit)?;
    /// network.parameters_mut()[0].1.update(|w| w[0] = 1.0);
    /// // tanh 1.81 = 0.9477 and tanh 1.83 = 0.9498.
    /// let x = Batch::new(vec![0.0, 1.81, 1.83, -5.0], 4, 1)?;
    /// assert_eq!(network.saturation(x, Pass::INFERENCE)?, [("1".to_string(), 0.5)]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The errors of [`forward`](Self::forward).
    pub fn saturation(&self, x: Batch, pass: Pass) -> Result<Vec<(String, f64)>> {
        let steps = self.spec().plan(self.name())?;
        let mut fractions = Vec::new();
        let mut observe = |index: usize, y: Batch| {
            let step = &steps[index];
            if let (Some(kind), Some(activation)) =
                (step.layer.saturation(), step.layer.activation())
            {
                let fraction = fraction(kind, activation, &y.values(), &step.output);
                fractions.push((step.name.clone(), fraction));
            }
        };
        self.run(x, pass, Some(&mut observe))?;
        Ok(fractions)
    }
}

/// Returns the saturated fraction of the values, or units, of a layer with output `y`.
fn fraction(kind: Saturation, activation: Activation, y: &[f32], shape: &SampleShape) -> f64 {
    let mut slopes = vec![1.0; y.len()];
    activation.backward(y, &mut slopes);
    let (count, total) = match kind {
        Saturation::Values { max_slope } => {
            let saturated = |slope: &&f32| **slope < SMALL_SLOPE * max_slope;
            (slopes.iter().filter(saturated).count(), y.len())
        }
        Saturation::DeadUnits => {
            // Number of consecutive values that belong to one unit.
            let unit_len = match *shape {
                SampleShape::Vector { .. } => 1,
                SampleShape::Image { height, width, .. } => height * width,
            };
            let units = shape.numel() / unit_len;
            let mut dead = vec![true; units];
            for (i, slopes) in slopes.chunks_exact(unit_len).enumerate() {
                dead[i % units] &= slopes.iter().all(|slope| *slope < SMALL_SLOPE);
            }
            (dead.iter().filter(|dead| **dead).count(), units)
        }
    };
    count as f64 / total as f64
}
