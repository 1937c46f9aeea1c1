//! How much of a network's activations lies where they are flat, and no gradient passes.
//!
//! σ is flat at a value where its slope is below a tenth of its steepest, which is 1 but for the
//! sigmoid's ¼:
//!
//! | σ | flat where | what is counted |
//! |---|---|---|
//! | tanh | 1 − y² < 0.1, so \|y\| > 0.949 | values |
//! | sigmoid | y(1 − y) < 0.025, so y < 0.0257 or y > 0.9743 | values |
//! | ReLU, softplus, ELU | on the left | units that are flat for every sample |
//! | leaky ReLU | nowhere | – |
//!
//! tanh and the sigmoid are flat on both sides, and ought to be on neither. What is flat on one side only
//! is meant to be there often, and harmed only if it never comes back: then the unit is dead. A unit of
//! an image is a channel.

use super::layer::Layer;
use super::{Network, Pass};
use crate::data::SampleShape;
use crate::error::Result;
use crate::tensor::Batch;
use crate::tensor::activation::Activation;

/// Share of the steepest slope below which σ is flat.
const FLAT: f32 = 0.1;

impl Network {
    /// Each activation function that can be flat, by its place in the description, with the share of
    /// its values, or units, that are: 0 to 1. Nothing of the network changes.
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
    /// assert_eq!(network.saturation(x, Pass::INFERENCE)?, [(1, 0.5)]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`forward`](Self::forward).
    pub fn saturation(&self, x: Batch, pass: Pass) -> Result<Vec<(usize, f64)>> {
        let shapes = self.spec().shapes(self.name())?;
        let mut found = Vec::new();
        let mut look = |layer: &Layer, y: &[f32]| {
            let Some((place, activation)) = layer.activation() else {
                return;
            };
            // Values of one unit that follow each other.
            let run = match shapes[layer.index] {
                SampleShape::Vector { .. } => 1,
                SampleShape::Image { height, width, .. } => height * width,
            };
            let units = shapes[layer.index].numel() / run;
            if let Some(share) = share(activation, y, units, run) {
                found.push((place, share));
            }
        };
        self.run(x, pass, Some(&mut look))?;
        Ok(found)
    }
}

fn share(activation: Activation, y: &[f32], units: usize, run: usize) -> Option<f64> {
    let steepest = match activation {
        Activation::Sigmoid => 0.25,
        _ => 1.0,
    };
    let mut slopes = vec![1.0; y.len()];
    activation.backward(y, &mut slopes);
    let flat = |slope: &f32| *slope < FLAT * steepest;
    let (count, of) = match activation {
        Activation::Linear => return None,
        Activation::LeakyRelu { slope } if slope > 0.0 => return None,
        Activation::Tanh | Activation::Sigmoid => {
            (slopes.iter().filter(|s| flat(s)).count(), y.len())
        }
        Activation::Relu
        | Activation::LeakyRelu { .. }
        | Activation::Softplus
        | Activation::Elu { .. } => {
            let mut dead = vec![true; units];
            for (i, slopes) in slopes.chunks_exact(run).enumerate() {
                dead[i % units] &= slopes.iter().all(flat);
            }
            (dead.iter().filter(|d| **d).count(), units)
        }
    };
    Some(count as f64 / of as f64)
}
