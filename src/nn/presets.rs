//! The networks that a dataset gets when a configuration names none.
//!
//! Points and table rows get three hidden layers of 128 units. Images get a small DCGAN (Radford et al.
//! 2016): convolutions halve height and width until neither exceeds 4, so that the last one sees the whole image. D has
//! layer norm in place of batch norm, which lets all recipes use the same D: penalties need a score that does not depend
//! on the other images of the batch. The trials behind these choices are in the book, under "How the default settings
//! were chosen".

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
/// Channels of the convolution next to the image; each further one has twice as many, up to the largest number.
const CHANNELS: usize = 32;
const MAX_CHANNELS: usize = 256;
/// Largest height or width that is not halved any further.
const SMALLEST: usize = 4;
/// The same for an auto-encoder (BEGAN), which has to keep where things are, and for networks with codes (InfoGAN).
const SMALLEST_OF_FEATURES: usize = 8;
/// Units between the convolutions of D and the outputs of Q.
const UNITS_WITH_CODES: usize = 256;

/// Returns the description of D for samples of this shape: one score per sample.
///
/// # Errors
/// [`Error::Usage`] for images whose height and width cannot be halved together.
pub fn discriminator(data: &SampleShape) -> Result<NetworkSpec> {
    let mut layers: Vec<LayerSpec> = Vec::new();
    let mut inputs = data.numel();
    let init = match *data {
        SampleShape::Vector { .. } => {
            for _ in 0..3 {
                layers.push(Dense::new(inputs, UNITS).into());
                layers.push(LeakyRelu::default().into());
                inputs = UNITS;
            }
            Initializer::He
        }
        SampleShape::Image {
            channels,
            height,
            width,
        } => {
            let sizes = sizes(height, width, SMALLEST)?;
            let last = sizes[sizes.len() - 1];
            inputs = channels_at(sizes.len() - 2) * last.height * last.width;
            layers = features(channels, &sizes);
            Initializer::Dcgan
        }
    };
    layers.push(Dense::new(inputs, 1).into());
    Ok(NetworkSpec {
        input: data.clone(),
        init,
        spectral_norm: false,
        layers,
    })
}

/// The layers of D between an image and its features: a convolution for each halving, with layer norm after all but the
/// first, which has to see the brightness of the image.
fn features(channels: usize, sizes: &[Size]) -> Vec<LayerSpec> {
    let mut layers: Vec<LayerSpec> = Vec::new();
    let mut inputs = channels;
    for level in 0..sizes.len() - 1 {
        let outputs = channels_at(level);
        let convolution = Conv2d {
            inputs,
            outputs,
            kernel: 4,
            stride: 2,
            padding: 1,
            bias: true,
        };
        layers.push(convolution.into());
        if level > 0 {
            layers.push(LayerNorm::default().into());
        }
        layers.push(LeakyRelu::default().into());
        inputs = outputs;
    }
    layers.push(Flatten {}.into());
    layers
}

/// Returns the description of G from `latent` numbers to samples of this shape.
///
/// # Errors
/// [`Error::Usage`] for images whose height and width cannot be halved together.
pub fn generator(data: &SampleShape, latent: usize) -> Result<NetworkSpec> {
    generator_from(data, latent, SMALLEST)
}

/// G whose first image has a height and width of at most `smallest`.
fn generator_from(data: &SampleShape, latent: usize, smallest: usize) -> Result<NetworkSpec> {
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
            let sizes = sizes(height, width, smallest)?;
            let first = sizes[sizes.len() - 1];
            let mut inputs = channels_at(sizes.len() - 2);
            layers.push(Dense::new(latent, inputs * first.height * first.width).into());
            let image = Reshape {
                channels: inputs,
                height: first.height,
                width: first.width,
            };
            layers.push(image.into());
            for (level, larger) in sizes.iter().enumerate().take(sizes.len() - 1).rev() {
                layers.push(BatchNorm::new(inputs).into());
                layers.push(Relu {}.into());
                let outputs = match level {
                    0 => channels,
                    level => channels_at(level - 1),
                };
                // 2m − 2 + 4 − 2 = 2m pixels, or 2m − 2 + 3 = 2m + 1.
                let (kernel, padding) = if larger.height.is_multiple_of(2) {
                    (4, 1)
                } else {
                    (3, 0)
                };
                let enlarging = ConvTranspose2d {
                    inputs,
                    outputs,
                    kernel,
                    stride: 2,
                    padding,
                    output_padding: 0,
                    bias: true,
                };
                layers.push(enlarging.into());
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
/// [`Error::Usage`] for images whose height and width cannot be halved together.
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
        SampleShape::Image {
            channels,
            height,
            width,
        } => {
            // The layers of the discriminator down to its features, then those of the generator, both without
            // normalisation, as in the paper.
            let sizes = sizes(height, width, SMALLEST_OF_FEATURES)?;
            let encoder = features(channels, &sizes);
            let mut decoder = generator_from(data, code, SMALLEST_OF_FEATURES)?.layers;
            decoder.pop(); // tanh
            let features_of_image = match decoder.first() {
                Some(LayerSpec::Dense(first)) => first.outputs,
                _ => 0, // cannot happen: the generator begins with a dense layer
            };
            let with_elu = |layer: LayerSpec| match layer {
                LayerSpec::LeakyRelu(_) | LayerSpec::Relu(_) => elu(),
                other => other,
            };
            let is_kept = |layer: &LayerSpec| {
                !matches!(layer, LayerSpec::BatchNorm(_) | LayerSpec::LayerNorm(_))
            };
            layers.extend(encoder.into_iter().filter(is_kept).map(with_elu));
            layers.push(dense(features_of_image, code));
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
/// [`Error::Usage`] for images whose height and width cannot be halved together.
pub fn with_codes(
    data: &SampleShape,
    latent: usize,
    parameters: usize,
) -> Result<(NetworkSpec, NetworkSpec)> {
    let SampleShape::Image {
        channels,
        height,
        width,
    } = *data
    else {
        return Err(Error::Usage(format!(
            "networks with codes are for images, not for samples of {data}"
        )));
    };
    let sizes = sizes(height, width, SMALLEST_OF_FEATURES)?;
    let last = sizes[sizes.len() - 1];
    let flattened = channels_at(sizes.len() - 2) * last.height * last.width;
    let affine = RandomAffine {
        rotation: 0.4,
        shear: 0.3,
        stretch: 0.25,
        shift: 2.0,
    };
    let mut layers: Vec<LayerSpec> = vec![affine.into()];
    layers.extend(features(channels, &sizes));
    layers.extend([
        Dense::new(flattened, UNITS_WITH_CODES).into(),
        LayerNorm::default().into(),
        LeakyRelu::default().into(),
        Dense::new(UNITS_WITH_CODES, 1 + parameters).into(),
    ]);
    let d = NetworkSpec {
        input: data.clone(),
        init: Initializer::Dcgan,
        spectral_norm: false,
        layers,
    };
    Ok((generator_from(data, latent, SMALLEST_OF_FEATURES)?, d))
}

/// Channels of the convolution of a level; the image is at level 0.
fn channels_at(level: usize) -> usize {
    (CHANNELS << level.min(16)).min(MAX_CHANNELS)
}

/// Height and width of an image.
#[derive(Debug, Clone, Copy)]
struct Size {
    height: usize,
    width: usize,
}

/// Returns the sizes from the image down to one that does not exceed `smallest`. Each is half of the one before, rounded
/// down; there are at least two.
///
/// # Errors
/// [`Error::Usage`] where one of height and width is odd and the other is even, since kernels are square, and for images
/// with a side of a single pixel.
fn sizes(height: usize, width: usize, smallest: usize) -> Result<Vec<Size>> {
    let mut size = Size { height, width };
    let mut sizes = vec![size];
    while sizes.len() == 1 || size.height.max(size.width) > smallest {
        if size.height % 2 != size.width % 2 || size.height.min(size.width) < 2 {
            return Err(Error::Usage(format!(
                "images of {height}×{width} cannot be halved until neither side exceeds {smallest} pixels: at \
                 {}×{}, one side is odd and the other is even, or too short. Choose another image_size, or describe \
                 the networks in the configuration",
                size.height, size.width
            )));
        }
        size = Size {
            height: size.height / 2,
            width: size.width / 2,
        };
        sizes.push(size);
    }
    Ok(sizes)
}
