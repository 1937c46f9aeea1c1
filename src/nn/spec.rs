//! The description of a network, as it stands in a configuration (TOML) and in a checkpoint (JSON).

use super::init::Initializer;
use super::layers::LayerSpec;
use crate::data::SampleShape;
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
    /// Returns the first layer with a property, and its name (`3`, or `3.main.0` in a residual block). Layers inside of
    /// blocks are visited, too.
    ///
    /// ```
    /// use ganscope::nn::{LayerSpec, NetworkSpec};
    /// let spec: NetworkSpec = toml::from_str(r#"
    ///     input = { kind = "vector", len = 2 }
    ///     layers = [{ type = "residual", main = [{ type = "tanh" }, { type = "dense", in = 2, out = 2 }] }]
    /// "#)?;
    /// let dense = spec.find(&|layer| matches!(layer, LayerSpec::Dense(_)));
    /// assert_eq!(dense.map(|(name, _)| name), Some("0.main.1".to_string()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn find(&self, property: &dyn Fn(&LayerSpec) -> bool) -> Option<(String, &LayerSpec)> {
        find(&self.layers, "", property)
    }
}

fn find<'a>(
    layers: &'a [LayerSpec],
    prefix: &str,
    property: &dyn Fn(&LayerSpec) -> bool,
) -> Option<(String, &'a LayerSpec)> {
    layers.iter().enumerate().find_map(|(index, layer)| {
        let name = format!("{prefix}{index}");
        if property(layer) {
            return Some((name, layer));
        }
        let [main, shortcut] = layer.branches()?;
        find(main, &format!("{name}.main."), property)
            .or_else(|| find(shortcut, &format!("{name}.shortcut."), property))
    })
}
