//! The networks that a data set gets when a configuration names none.
//!
//! Points and table rows get three hidden layers of 128 units; images get the DCGAN of Radford et
//! al. (2016) at small size: each level halves the side with a 4×4 kernel of stride 2.

use super::{AffineRanges, Initializer, LayerSpec, NetworkSpec};
use crate::data::SampleShape;
use crate::error::{Error, Result};

/// Units of a hidden layer for points and tables.
const UNITS: usize = 128;
/// Channels of the convolution nearest to the image; each level doubles them.
const CHANNELS: usize = 64;
/// The same where Q reads codes: a quarter of the work, for twice as many steps.
const CHANNELS_OF_CODES: usize = 32;
/// Units between the convolutions and what Q puts out.
const UNITS_OF_CODES: usize = 256;

/// D for samples of this shape: one score a sample.
///
/// # Errors
/// [`Error::Usage`] for images whose sides cannot be halved often enough.
pub fn discriminator(data: &SampleShape) -> Result<NetworkSpec> {
    convolutional(data, CHANNELS)
}

fn convolutional(data: &SampleShape, channels_of_first: usize) -> Result<NetworkSpec> {
    let slope = 0.2;
    let mut layers = Vec::new();
    let init = match *data {
        SampleShape::Vector { len } => {
            let mut inputs = len;
            for _ in 0..3 {
                layers.push(dense(inputs, UNITS));
                layers.push(LayerSpec::LeakyRelu { slope });
                inputs = UNITS;
            }
            layers.push(dense(inputs, 1));
            Initializer::He
        }
        SampleShape::Image {
            channels,
            height,
            width,
        } => {
            let levels = levels(height, width)?;
            let mut inputs = channels;
            for level in 0..levels {
                let outputs = channels_of_first << level;
                layers.push(LayerSpec::Conv2d {
                    inputs,
                    outputs,
                    kernel: 4,
                    stride: 2,
                    padding: 1,
                    bias: true,
                });
                layers.push(LayerSpec::LeakyRelu { slope });
                inputs = outputs;
            }
            layers.push(LayerSpec::Flatten {});
            layers.push(dense(inputs * (height >> levels) * (width >> levels), 1));
            Initializer::Dcgan
        }
    };
    Ok(NetworkSpec {
        input: data.clone(),
        init,
        spectral_norm: false,
        layers,
    })
}

/// G from `latent` numbers to samples of this shape.
///
/// # Errors
/// [`Error::Usage`] for images whose sides cannot be halved often enough.
pub fn generator(data: &SampleShape, latent: usize) -> Result<NetworkSpec> {
    deconvolutional(data, latent, CHANNELS)
}

fn deconvolutional(
    data: &SampleShape,
    latent: usize,
    channels_of_last: usize,
) -> Result<NetworkSpec> {
    let mut layers = Vec::new();
    let init = match *data {
        SampleShape::Vector { len } => {
            let mut inputs = latent;
            for _ in 0..3 {
                layers.push(dense(inputs, UNITS));
                layers.push(LayerSpec::Relu {});
                inputs = UNITS;
            }
            layers.push(dense(inputs, len));
            Initializer::He
        }
        SampleShape::Image {
            channels,
            height,
            width,
        } => {
            let levels = levels(height, width)?;
            let (height, width) = (height >> levels, width >> levels);
            let mut inputs = channels_of_last << (levels - 1);
            layers.push(dense(latent, inputs * height * width));
            layers.push(LayerSpec::Reshape {
                channels: inputs,
                height,
                width,
            });
            layers.push(norm(inputs));
            layers.push(LayerSpec::Relu {});
            for level in (0..levels).rev() {
                let outputs = if level == 0 {
                    channels
                } else {
                    channels_of_last << (level - 1)
                };
                layers.push(LayerSpec::ConvTranspose2d {
                    inputs,
                    outputs,
                    kernel: 4,
                    stride: 2,
                    padding: 1,
                    bias: true,
                });
                if level > 0 {
                    layers.push(norm(outputs));
                    layers.push(LayerSpec::Relu {});
                }
                inputs = outputs;
            }
            layers.push(LayerSpec::Tanh {});
            Initializer::Dcgan
        }
    };
    Ok(NetworkSpec {
        input: SampleShape::Vector { len: latent },
        init,
        spectral_norm: false,
        layers,
    })
}

/// D as an auto-encoder of samples of this shape, through `code` numbers (Berthelot et al. 2017, at the
/// size of the other presets). What it puts out is not bounded, as theirs is not: a tanh at −1, which is where the
/// median of images with a dark ground is, and so where the error |v − D(v)| sends it, learns no more.
///
/// # Errors
/// [`Error::Usage`] for images whose sides cannot be halved often enough.
pub fn autoencoder(data: &SampleShape, code: usize) -> Result<NetworkSpec> {
    let elu = || LayerSpec::Elu { alpha: 1.0 };
    let mut layers = Vec::new();
    match *data {
        SampleShape::Vector { len } => {
            for (inputs, outputs) in [(len, UNITS), (UNITS, UNITS)] {
                layers.extend([dense(inputs, outputs), elu()]);
            }
            layers.push(dense(UNITS, code));
            for (inputs, outputs) in [(code, UNITS), (UNITS, UNITS)] {
                layers.extend([dense(inputs, outputs), elu()]);
            }
            layers.push(dense(UNITS, len));
        }
        SampleShape::Image { .. } => {
            // The discriminator's layers down to its features, and the generator's up again, without
            // batch norm: what one sample scores must not depend on the others.
            let mut down = discriminator(data)?.layers;
            down.pop();
            let features = match generator(data, code)?.layers.first() {
                Some(LayerSpec::Dense { outputs, .. }) => *outputs,
                _ => 0, // the preset begins so
            };
            let up = generator(data, code)?.layers;
            let plain = |layer: LayerSpec| match layer {
                LayerSpec::LeakyRelu { .. } | LayerSpec::Relu {} => elu(),
                other => other,
            };
            layers.extend(down.into_iter().map(plain));
            layers.push(dense(features, code));
            let normless = |layer: &LayerSpec| !matches!(layer, LayerSpec::BatchNorm { .. });
            layers.extend(up.into_iter().filter(normless).map(plain));
            layers.pop(); // tanh
        }
    }
    Ok(NetworkSpec {
        input: data.clone(),
        init: Initializer::Xavier,
        spectral_norm: false,
        layers,
    })
}

/// D with `parameters` outputs more than its score: Q's.
pub fn with_heads(mut d: NetworkSpec, parameters: usize) -> NetworkSpec {
    if let Some(LayerSpec::Dense { outputs, .. }) = d.layers.last_mut() {
        *outputs += parameters;
    }
    d
}

/// G and D for images, where Q reads codes by `parameters` outputs of D.
///
/// A code takes what Q can read first, and slant, size and place are read sooner than a class. So D, and Q
/// with it, sees images by a random affine map, which hides them; a layer of units lies between the
/// convolutions and the heads, as in the paper; and layer norm is in the place of its batch norm, whose
/// moments are not the same for real and generated images: with batch norm, what Q read of generated
/// images at step 400 was 3.2 bits in training, and 2.1 in inference.
///
/// # Errors
/// [`Error::Usage`] for images whose sides cannot be halved often enough.
pub fn with_codes(
    data: &SampleShape,
    latent: usize,
    parameters: usize,
) -> Result<(NetworkSpec, NetworkSpec)> {
    let mut d = convolutional(data, CHANNELS_OF_CODES)?;
    let features = match d.layers.pop() {
        Some(LayerSpec::Dense { inputs, .. }) => inputs,
        _ => 0, // the preset ends so
    };
    let norm = LayerSpec::LayerNorm { eps: 1e-5 };
    let mut layers = vec![LayerSpec::RandomAffine(AffineRanges {
        rotation: 0.4,
        shear: 0.3,
        stretch: 0.25,
        shift: 2.0,
    })];
    for (place, layer) in d.layers.into_iter().enumerate() {
        let convolution = matches!(layer, LayerSpec::Conv2d { .. });
        layers.push(layer);
        if convolution && place > 0 {
            layers.push(norm.clone());
        }
    }
    layers.extend([
        dense(features, UNITS_OF_CODES),
        norm,
        LayerSpec::LeakyRelu { slope: 0.2 },
        dense(UNITS_OF_CODES, 1 + parameters),
    ]);
    d.layers = layers;
    Ok((deconvolutional(data, latent, CHANNELS_OF_CODES)?, d))
}

fn dense(inputs: usize, outputs: usize) -> LayerSpec {
    LayerSpec::Dense {
        inputs,
        outputs,
        bias: true,
    }
}

fn norm(features: usize) -> LayerSpec {
    LayerSpec::BatchNorm {
        features,
        eps: 1e-5,
        momentum: 0.1,
    }
}

/// How often the sides are halved: until neither exceeds 8.
fn levels(height: usize, width: usize) -> Result<usize> {
    let levels = (1..).find(|l| height.max(width) >> l <= 8).unwrap_or(1);
    match height.is_multiple_of(1 << levels) && width.is_multiple_of(1 << levels) {
        true => Ok(levels),
        false => Err(Error::Usage(format!(
            "images of {height}×{width} cannot be halved {levels} times; choose an image_size that is \
             a multiple of {}, or give the networks in the configuration",
            1 << levels
        ))),
    }
}
