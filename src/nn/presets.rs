//! The networks that a dataset gets when a configuration names none.
//!
//! Points and table rows get three hidden layers of 128 units. Images get a small DCGAN (Radford et al.
//! 2016): each convolution halves height and width with a 4×4 kernel of stride 2.

use super::init::Initializer;
use super::layers::{
    BatchNorm, Conv2d, ConvTranspose2d, Dense, Elu, Flatten, LayerNorm, LayerSpec, LeakyRelu,
    RandomAffine, Relu, Reshape, Tanh,
};
use super::spec::NetworkSpec;
use crate::data::SampleShape;
use crate::error::{Error, Result};

/// Units of a hidden layer for points and tables.
const UNITS: usize = 128;
/// Channels of the convolution next to the image; each further one has twice as many.
const CHANNELS: usize = 64;
/// The same for networks with codes (InfoGAN), whose steps then cost a quarter.
const CHANNELS_WITH_CODES: usize = 32;
/// Units between the convolutions of D and the outputs of Q.
const UNITS_WITH_CODES: usize = 256;

/// Returns the description of D for samples of this shape: one score per sample.
///
/// # Errors
/// [`Error::Usage`] for images whose height or width cannot be halved often enough.
pub fn discriminator(data: &SampleShape) -> Result<NetworkSpec> {
    discriminator_with_channels(data, CHANNELS)
}

fn discriminator_with_channels(data: &SampleShape, first_channels: usize) -> Result<NetworkSpec> {
    let mut layers: Vec<LayerSpec> = Vec::new();
    let init = match *data {
        SampleShape::Vector { len } => {
            let mut inputs = len;
            for _ in 0..3 {
                layers.push(Dense::new(inputs, UNITS).into());
                layers.push(LeakyRelu::default().into());
                inputs = UNITS;
            }
            layers.push(Dense::new(inputs, 1).into());
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
                let outputs = first_channels << level;
                layers.push(
                    Conv2d {
                        inputs,
                        outputs,
                        kernel: 4,
                        stride: 2,
                        padding: 1,
                        bias: true,
                    }
                    .into(),
                );
                layers.push(LeakyRelu::default().into());
                inputs = outputs;
            }
            layers.push(Flatten {}.into());
            let features = inputs * (height >> levels) * (width >> levels);
            layers.push(Dense::new(features, 1).into());
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

/// Returns the description of G from `latent` numbers to samples of this shape.
///
/// # Errors
/// [`Error::Usage`] for images whose height or width cannot be halved often enough.
pub fn generator(data: &SampleShape, latent: usize) -> Result<NetworkSpec> {
    generator_with_channels(data, latent, CHANNELS)
}

fn generator_with_channels(
    data: &SampleShape,
    latent: usize,
    last_channels: usize,
) -> Result<NetworkSpec> {
    let mut layers: Vec<LayerSpec> = Vec::new();
    let init = match *data {
        SampleShape::Vector { len } => {
            let mut inputs = latent;
            for _ in 0..3 {
                layers.push(Dense::new(inputs, UNITS).into());
                layers.push(Relu {}.into());
                inputs = UNITS;
            }
            layers.push(Dense::new(inputs, len).into());
            Initializer::He
        }
        SampleShape::Image {
            channels,
            height,
            width,
        } => {
            let levels = levels(height, width)?;
            let (height, width) = (height >> levels, width >> levels);
            let mut inputs = last_channels << (levels - 1);
            layers.push(Dense::new(latent, inputs * height * width).into());
            layers.push(
                Reshape {
                    channels: inputs,
                    height,
                    width,
                }
                .into(),
            );
            layers.push(BatchNorm::new(inputs).into());
            layers.push(Relu {}.into());
            for level in (0..levels).rev() {
                let outputs = if level == 0 {
                    channels
                } else {
                    last_channels << (level - 1)
                };
                layers.push(
                    ConvTranspose2d {
                        inputs,
                        outputs,
                        kernel: 4,
                        stride: 2,
                        padding: 1,
                        bias: true,
                    }
                    .into(),
                );
                if level > 0 {
                    layers.push(BatchNorm::new(outputs).into());
                    layers.push(Relu {}.into());
                }
                inputs = outputs;
            }
            layers.push(Tanh {}.into());
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

/// Returns the description of D as an auto-encoder of samples of this shape with a code of `code` numbers
/// (Berthelot et al. 2017, at the size of the other presets).
///
/// As in the paper, the output is not bounded. A tanh would stop learning at −1: there its slope is 0, and
/// the error |v − D(v)| drives pixels there whose median is the dark background.
///
/// # Errors
/// [`Error::Usage`] for images whose height or width cannot be halved often enough.
pub fn autoencoder(data: &SampleShape, code: usize) -> Result<NetworkSpec> {
    let elu = || LayerSpec::from(Elu::default());
    let dense = |inputs, outputs| LayerSpec::from(Dense::new(inputs, outputs));
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
            // The layers of the discriminator down to its features, then those of the generator, without
            // batch norm: the score of one sample must not depend on the others.
            let mut encoder = discriminator(data)?.layers;
            encoder.pop();
            let mut decoder = generator(data, code)?.layers;
            decoder.pop(); // tanh
            let features = match decoder.first() {
                Some(LayerSpec::Dense(first)) => first.outputs,
                _ => 0, // cannot happen: the generator begins with a dense layer
            };
            let with_elu = |layer: LayerSpec| match layer {
                LayerSpec::LeakyRelu(_) | LayerSpec::Relu(_) => elu(),
                other => other,
            };
            layers.extend(encoder.into_iter().map(with_elu));
            layers.push(dense(features, code));
            let is_kept = |layer: &LayerSpec| !matches!(layer, LayerSpec::BatchNorm(_));
            layers.extend(decoder.into_iter().filter(is_kept).map(with_elu));
        }
    }
    Ok(NetworkSpec {
        input: data.clone(),
        init: Initializer::Xavier,
        spectral_norm: false,
        layers,
    })
}

/// Adds `parameters` outputs for Q to the last layer of D, beside the score.
pub fn with_heads(mut d: NetworkSpec, parameters: usize) -> NetworkSpec {
    if let Some(LayerSpec::Dense(last)) = d.layers.last_mut() {
        last.outputs += parameters;
    }
    d
}

/// Returns the descriptions of G and D for images with codes (InfoGAN), where `parameters` outputs of D are
/// those of Q.
///
/// A code represents what Q can recognise most easily, and slant, size and position are easier than a class.
/// So D, and Q with it, sees every image through a random affine map, which hides them. As in the paper, a
/// layer of units lies between the convolutions and the outputs. Layer norm replaces the paper's batch norm,
/// whose moments differ between real and generated images, so that Q would read other codes in inference
/// than in training.
///
/// # Errors
/// [`Error::Usage`] for images whose height or width cannot be halved often enough.
pub fn with_codes(
    data: &SampleShape,
    latent: usize,
    parameters: usize,
) -> Result<(NetworkSpec, NetworkSpec)> {
    let g = generator_with_channels(data, latent, CHANNELS_WITH_CODES)?;
    let mut d = discriminator_with_channels(data, CHANNELS_WITH_CODES)?;
    let features = match d.layers.pop() {
        Some(LayerSpec::Dense(last)) => last.inputs,
        _ => 0, // cannot happen: the discriminator ends with a dense layer
    };
    let affine = RandomAffine {
        rotation: 0.4,
        shear: 0.3,
        stretch: 0.25,
        shift: 2.0,
    };
    let mut layers = vec![affine.into()];
    for (index, layer) in d.layers.into_iter().enumerate() {
        let is_normalized = index > 0 && matches!(layer, LayerSpec::Conv2d(_));
        layers.push(layer);
        if is_normalized {
            layers.push(LayerNorm::default().into());
        }
    }
    layers.extend([
        Dense::new(features, UNITS_WITH_CODES).into(),
        LayerNorm::default().into(),
        LeakyRelu::default().into(),
        Dense::new(UNITS_WITH_CODES, 1 + parameters).into(),
    ]);
    d.layers = layers;
    Ok((g, d))
}

/// Returns how often height and width are halved: until neither exceeds 8.
fn levels(height: usize, width: usize) -> Result<usize> {
    let levels = (1..).find(|l| height.max(width) >> l <= 8).unwrap_or(1);
    if height.is_multiple_of(1 << levels) && width.is_multiple_of(1 << levels) {
        return Ok(levels);
    }
    Err(Error::Usage(format!(
        "images of {height}×{width} cannot be halved {levels} times; choose an image_size that is a multiple \
         of {}, or describe the networks in the configuration",
        1 << levels
    )))
}
