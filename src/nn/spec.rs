//! The description of a network, as it stands in a configuration (TOML) and in a checkpoint (JSON).

use super::init::Initializer;
use super::layers::LayerSpec;
use super::limits::{MAX_OUTPUT, MAX_SIZE};
use crate::data::SampleShape;
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};

/// The description of a network: input shape, initialisation of the weights, and the layers in order.
///
/// ```
/// use ganscope::{data::SampleShape, nn::{LayerSpec, NetworkSpec}};
/// let spec: NetworkSpec = serde_json::from_str(r#"{
///     "input": { "kind": "vector", "len": 2 },
///     "layers": [
///         { "type": "dense", "in": 2, "out": 16 },
///         { "type": "leaky_relu", "slope": 0.2 },
///         { "type": "dense", "in": 16, "out": 1 }
///     ]
/// }"#)?;
/// assert_eq!(spec.shapes("critic")?.last(), Some(&SampleShape::Vector { len: 1 }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkSpec {
    /// Shape of one input sample.
    pub input: SampleShape,
    /// Distribution of the initial weights; default `xavier`.
    #[serde(default)]
    pub init: Initializer,
    /// Whether every dense, conv2d and conv_transpose2d weight is divided by the norm of the layer's
    /// linear operator (Miyato et al. 2018); default false.
    #[serde(default)]
    pub spectral_norm: bool,
    /// The layers, first to last.
    pub layers: Vec<LayerSpec>,
}

impl NetworkSpec {
    /// Returns the shape of a sample after each layer. Errors call the network `network`.
    ///
    /// # Errors
    /// [`Error::Shape`] with the layer, what it expects and what it got; [`Error::Config`] for a layer
    /// that cannot be combined with spectral norm.
    pub fn shapes(&self, network: &str) -> Result<Vec<SampleShape>> {
        let mut shape = self.input.clone();
        let mut shapes = Vec::with_capacity(self.layers.len());
        if !(1..=MAX_SIZE).contains(&shape.numel()) {
            return Err(Error::Shape {
                network: network.into(),
                index: 0,
                layer: "input".into(),
                expected: format!("sizes of at least 1, and at most {MAX_SIZE} numbers"),
                got: shape.to_string(),
            });
        }
        for (index, layer) in self.layers.iter().enumerate() {
            if self.spectral_norm
                && let Some(reason) = layer.spectral_norm_conflict()
            {
                return Err(Error::setting(
                    format!("{network}.spectral_norm"),
                    format!(
                        "{network}: \"spectral_norm\" cannot be combined with layer {index} ({layer}), which \
                         {reason}; remove the layer or spectral_norm"
                    ),
                ));
            }
            let refusal = |expected: String, got: String| Error::Shape {
                network: network.into(),
                index,
                layer: layer.to_string(),
                expected,
                got,
            };
            let output = layer.output_shape(&shape).map_err(|mismatch| {
                let got = match mismatch.setting {
                    Some(setting) => format!("{setting} (input: {shape})"),
                    None => shape.to_string(),
                };
                refusal(mismatch.expected, got)
            })?;
            if output.numel() > MAX_OUTPUT {
                return Err(refusal(
                    format!("an output of at most {MAX_OUTPUT} numbers per sample"),
                    output.to_string(),
                ));
            }
            shape = output;
            shapes.push(shape.clone());
        }
        Ok(shapes)
    }
}
