//! What a network is made of, as it stands in a configuration (TOML) and a checkpoint (JSON).

use super::{AffineRanges, Initializer};
use crate::data::SampleShape;
use crate::error::{Error, Result};
use crate::tensor::activation::Activation;
use crate::tensor::conv::Geometry;
use serde::{Deserialize, Serialize};

/// One layer; sizes and names are PyTorch's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum LayerSpec {
    /// y = x Wᵀ + b
    Dense {
        #[serde(rename = "in")]
        inputs: usize,
        #[serde(rename = "out")]
        outputs: usize,
        #[serde(default = "yes")]
        bias: bool,
    },
    /// Convolution with a square kernel.
    #[serde(rename = "conv2d")]
    Conv2d {
        #[serde(rename = "in")]
        inputs: usize,
        #[serde(rename = "out")]
        outputs: usize,
        kernel: usize,
        #[serde(default = "one")]
        stride: usize,
        #[serde(default)]
        padding: usize,
        #[serde(default = "yes")]
        bias: bool,
    },
    /// The adjoint of a convolution: enlarges by its stride.
    #[serde(rename = "conv_transpose2d")]
    ConvTranspose2d {
        #[serde(rename = "in")]
        inputs: usize,
        #[serde(rename = "out")]
        outputs: usize,
        kernel: usize,
        #[serde(default = "one")]
        stride: usize,
        #[serde(default)]
        padding: usize,
        #[serde(default = "yes")]
        bias: bool,
    },
    /// Batch norm over `features` channels, or numbers where there are no channels.
    BatchNorm {
        features: usize,
        #[serde(default = "small")]
        eps: f32,
        #[serde(default = "tenth")]
        momentum: f32,
    },
    /// Layer norm over all features of a sample.
    LayerNorm {
        #[serde(default = "small")]
        eps: f32,
    },
    Relu {},
    LeakyRelu {
        #[serde(default = "fifth")]
        slope: f32,
    },
    Tanh {},
    Sigmoid {},
    Softplus {},
    Elu {
        #[serde(default = "unit")]
        alpha: f32,
    },
    /// The largest of each `pieces` consecutive features.
    Maxout {
        pieces: usize,
    },
    Flatten {},
    Reshape {
        channels: usize,
        height: usize,
        width: usize,
    },
    /// Every pixel repeated `factor × factor` times.
    UpsampleNearest {
        factor: usize,
    },
    /// Sets each feature to 0 with probability `p` while training, and scales the others by 1/(1 − p).
    Dropout {
        p: f32,
    },
    /// Turns, shears, stretches and shifts each image a little and at random while training.
    RandomAffine(AffineRanges),
    /// One more channel: the mean standard deviation over the batch (Karras et al. 2018).
    MinibatchStddev {},
}

/// No size of a layer is larger, and no sample has more than four times as many numbers: products of
/// a few of them cannot overflow, and no machine holds that much.
const LARGEST: usize = 1 << 30;

fn sized(name: &str, value: usize) -> Result<(), String> {
    match value {
        0 => Err(format!("{name} of at least 1")),
        1..=LARGEST => Ok(()),
        _ => Err(format!("{name} of at most {LARGEST}, not {value}")),
    }
}

fn yes() -> bool {
    true
}
fn one() -> usize {
    1
}
fn small() -> f32 {
    1e-5
}
fn tenth() -> f32 {
    0.1
}
fn fifth() -> f32 {
    0.2
}
fn unit() -> f32 {
    1.0
}

impl LayerSpec {
    /// The activation function, if this layer is one that another layer can apply.
    pub(crate) fn activation(&self) -> Option<Activation> {
        Some(match *self {
            LayerSpec::Relu {} => Activation::Relu,
            LayerSpec::LeakyRelu { slope } => Activation::LeakyRelu { slope },
            LayerSpec::Tanh {} => Activation::Tanh,
            LayerSpec::Sigmoid {} => Activation::Sigmoid,
            LayerSpec::Softplus {} => Activation::Softplus,
            LayerSpec::Elu { alpha } => Activation::Elu { alpha },
            _ => return None,
        })
    }

    /// The shape after this layer, or (what it expects, why not).
    fn output(&self, input: &SampleShape) -> Result<SampleShape, String> {
        use SampleShape::{Image, Vector};
        let must = |holds: bool, condition: &str, value: f32| match holds && value.is_finite() {
            true => Ok(()),
            false => Err(format!("{condition}, not {value}")),
        };
        match *self {
            LayerSpec::Dense {
                inputs, outputs, ..
            } => {
                sized("out", outputs)?;
                match input {
                    Vector { len } if *len == inputs => Ok(Vector { len: outputs }),
                    _ => Err(Vector { len: inputs }.to_string()),
                }
            }
            LayerSpec::Conv2d { inputs, .. } => match *input {
                Image {
                    channels,
                    height,
                    width,
                } if channels == inputs => {
                    let g = self.geometry(height, width)?;
                    Ok(Image {
                        channels: g.filters,
                        height: g.out_height(),
                        width: g.out_width(),
                    })
                }
                _ => Err(format!("an image of {inputs} channels")),
            },
            LayerSpec::ConvTranspose2d { inputs, .. } => match *input {
                Image {
                    channels,
                    height,
                    width,
                } if channels == inputs => {
                    let g = self.geometry(height, width)?;
                    Ok(Image {
                        channels: g.channels,
                        height: g.height,
                        width: g.width,
                    })
                }
                _ => Err(format!("an image of {inputs} channels")),
            },
            LayerSpec::BatchNorm {
                features,
                eps,
                momentum,
            } => {
                must(eps > 0.0, "eps above 0", eps)?;
                must(
                    (0.0..=1.0).contains(&momentum),
                    "momentum in [0, 1]",
                    momentum,
                )?;
                match *input {
                    Image {
                        channels: found, ..
                    }
                    | Vector { len: found }
                        if found == features =>
                    {
                        Ok(input.clone())
                    }
                    _ => Err(format!("{features} channels or numbers")),
                }
            }
            LayerSpec::LayerNorm { eps } => {
                must(eps > 0.0, "eps above 0", eps).map(|()| input.clone())
            }
            // Gradients are computed from the output, whose sign must be that of the input.
            LayerSpec::LeakyRelu { slope } => {
                must(slope >= 0.0, "slope of at least 0", slope).map(|()| input.clone())
            }
            LayerSpec::Elu { alpha } => {
                must(alpha >= 0.0, "alpha of at least 0", alpha).map(|()| input.clone())
            }
            LayerSpec::Maxout { pieces } => {
                sized("pieces", pieces)?;
                match *input {
                    Vector { len } if len % pieces == 0 => Ok(Vector { len: len / pieces }),
                    _ => Err(format!("a multiple of {pieces} numbers")),
                }
            }
            LayerSpec::Flatten {} => Ok(Vector { len: input.numel() }),
            LayerSpec::Reshape {
                channels,
                height,
                width,
            } => {
                let sizes = [channels, height, width];
                (["channels", "height", "width"].iter().zip(sizes))
                    .try_for_each(|(name, size)| sized(name, size))?;
                let target = Image {
                    channels,
                    height,
                    width,
                };
                match input.numel() == target.numel() {
                    true => Ok(target),
                    false => Err(format!("{} numbers for a {target}", target.numel())),
                }
            }
            LayerSpec::UpsampleNearest { factor } => {
                sized("factor", factor)?;
                match *input {
                    Image {
                        channels,
                        height,
                        width,
                    } => Ok(Image {
                        channels,
                        height: height * factor,
                        width: width * factor,
                    }),
                    Vector { .. } => Err("an image".into()),
                }
            }
            LayerSpec::MinibatchStddev {} => Ok(match *input {
                Image {
                    channels,
                    height,
                    width,
                } => Image {
                    channels: channels + 1,
                    height,
                    width,
                },
                Vector { len } => Vector { len: len + 1 },
            }),
            LayerSpec::RandomAffine(ranges) => {
                for (name, range) in ranges.named() {
                    let finite = range >= 0.0 && range.is_finite();
                    must(finite, &format!("{name} finite and of at least 0"), range)?;
                }
                // e⁴ is 55: what is stretched further is out of sight.
                must(
                    ranges.stretch <= 4.0,
                    "stretch of at most 4",
                    ranges.stretch,
                )?;
                match input {
                    Image { .. } => Ok(input.clone()),
                    Vector { .. } => Err("an image".into()),
                }
            }
            LayerSpec::Dropout { p } => {
                must((0.0..1.0).contains(&p), "p in [0, 1)", p).map(|()| input.clone())
            }
            _ => Ok(input.clone()),
        }
    }

    /// The sizes of a convolution whose *input* is `height × width`.
    pub(crate) fn geometry(&self, height: usize, width: usize) -> Result<Geometry, String> {
        let valid = |kernel: usize, stride: usize, outputs: usize, padding: usize| {
            sized("kernel", kernel)?;
            sized("stride", stride)?;
            sized("out", outputs)?;
            match padding < kernel {
                true => Ok(()),
                false => Err(format!("padding below kernel, not {padding}")),
            }
        };
        match *self {
            LayerSpec::Conv2d {
                inputs,
                outputs,
                kernel,
                stride,
                padding,
                ..
            } => {
                valid(kernel, stride, outputs, padding)?;
                if height.min(width) + 2 * padding < kernel {
                    return Err(format!(
                        "an image of at least {kernel}×{kernel} with its padding"
                    ));
                }
                Ok(Geometry {
                    channels: inputs,
                    height,
                    width,
                    filters: outputs,
                    kernel,
                    stride,
                    padding,
                })
            }
            LayerSpec::ConvTranspose2d {
                inputs,
                outputs,
                kernel,
                stride,
                padding,
                ..
            } => {
                valid(kernel, stride, outputs, padding)?;
                let enlarge = |size: usize| {
                    ((size - 1) * stride + kernel)
                        .checked_sub(2 * padding)
                        .filter(|size| *size > 0)
                        .ok_or("an image that its padding does not use up".to_string())
                };
                Ok(Geometry {
                    channels: outputs,
                    height: enlarge(height)?,
                    width: enlarge(width)?,
                    filters: inputs,
                    kernel,
                    stride,
                    padding,
                })
            }
            _ => Err("a convolution".into()),
        }
    }
}

/// A network: what goes in, how weights start, and the layers in order.
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
    /// How weights start.
    #[serde(default)]
    pub init: Initializer,
    /// Every dense, conv2d and conv_transpose2d weight is divided by the norm of the layer's linear
    /// operator (Miyato et al. 2018).
    #[serde(default)]
    pub spectral_norm: bool,
    /// The layers, first to last.
    pub layers: Vec<LayerSpec>,
}

impl NetworkSpec {
    /// The shape after each layer.
    ///
    /// # Errors
    /// [`Error::Shape`] naming the layer, what it expects and what it got; [`Error::Config`] for a layer
    /// that spectral norm cannot work with.
    pub fn shapes(&self, network: &str) -> Result<Vec<SampleShape>> {
        let mut shape = self.input.clone();
        let mut shapes = Vec::with_capacity(self.layers.len());
        if !(1..=LARGEST).contains(&shape.numel()) {
            return Err(Error::Shape {
                network: network.into(),
                index: 0,
                layer: "input".into(),
                expected: format!("sizes of at least 1, and at most {LARGEST} numbers"),
                got: shape.to_string(),
            });
        }
        for (index, layer) in self.layers.iter().enumerate() {
            let refuse = |expected: String, got: &SampleShape| Error::Shape {
                network: network.into(),
                index,
                layer: layer.to_string(),
                expected,
                got: got.to_string(),
            };
            if let Some(reason) = layer.undoes_spectral_norm().filter(|_| self.spectral_norm) {
                return Err(Error::setting(
                    format!("{network}.spectral_norm"),
                    format!(
                        "{network}: \"spectral_norm\" cannot be with layer {index} ({layer}), which {reason}; \
                         leave out one of the two"
                    ),
                ));
            }
            let output = layer.output(&shape).map_err(|e| refuse(e, &shape))?;
            if output.numel() / 4 > LARGEST {
                let expected = format!("to put out at most {} numbers a sample", 4 * LARGEST);
                return Err(refuse(expected, &output));
            }
            shape = output;
            shapes.push(shape.clone());
        }
        Ok(shapes)
    }
}
