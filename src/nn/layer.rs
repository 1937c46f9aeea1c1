//! The layers of a network at run time.

use super::network::Pass;
use super::spectral::Spectral;
use super::{AffineRanges, Initializer, LayerSpec};
use crate::data::SampleShape;
use crate::error::{Error, Result};
use crate::random::{Stream, rng};
use crate::tensor::activation::Activation;
use crate::tensor::conv::{Geometry, conv_transpose2d, conv2d};
use crate::tensor::dense::{activate, dense};
use crate::tensor::normalize::{Moments, batch_norm, layer_norm};
use crate::tensor::operator::Operator;
use crate::tensor::resample::resample;
use crate::tensor::{Batch, Needs, Parameter, Tape, composed};
use rand::{Rng, RngExt};

/// A layer with its weights; a following activation function is already part of it.
#[derive(Debug, Clone)]
pub(super) enum Op {
    Dense {
        w: Parameter,
        b: Option<Parameter>,
        activation: Activation,
    },
    Conv {
        w: Parameter,
        b: Option<Parameter>,
        g: Geometry,
        activation: Activation,
    },
    ConvTranspose {
        w: Parameter,
        b: Option<Parameter>,
        g: Geometry,
        activation: Activation,
    },
    BatchNorm {
        gamma: Parameter,
        beta: Parameter,
        eps: f32,
        momentum: f32,
        running: Running,
    },
    LayerNorm {
        gamma: Parameter,
        beta: Parameter,
        eps: f32,
    },
    Activate(Activation),
    Maxout {
        pieces: usize,
    },
    Upsample {
        input: (usize, usize, usize),
        factor: usize,
    },
    Dropout {
        p: f32,
    },
    RandomAffine {
        ranges: AffineRanges,
        side: (usize, usize),
    },
    MinibatchStddev {
        plane: usize,
    },
}

/// Batch norm's moving averages.
#[derive(Debug, Clone)]
pub(super) struct Running {
    pub moments: Moments,
    pub batches: i64,
}

#[derive(Debug, Clone)]
pub(super) struct Layer {
    /// Place in the description, and so in PyTorch's names.
    pub index: usize,
    pub op: Op,
    /// With spectral norm, what the weight of `op` is made from.
    pub spectral: Option<Spectral>,
}

impl Layer {
    /// Every parameter with what it is made from.
    pub fn parameters(&self) -> impl Iterator<Item = (&Parameter, Option<&Spectral>)> {
        // The weight comes first.
        let spectral = std::iter::once(self.spectral.as_ref()).chain(std::iter::repeat(None));
        self.op.parameters().zip(spectral)
    }

    /// The same, to be changed.
    pub fn parameters_mut(
        &mut self,
    ) -> impl Iterator<Item = (&mut Parameter, Option<&mut Spectral>)> {
        let spectral =
            std::iter::once(self.spectral.as_mut()).chain(std::iter::repeat_with(|| None));
        self.op.parameters_mut().zip(spectral)
    }

    /// Makes `activation` part of this layer, if it can.
    pub fn takes(&mut self, new: Activation) -> bool {
        match &mut self.op {
            Op::Dense { activation, .. }
            | Op::Conv { activation, .. }
            | Op::ConvTranspose { activation, .. }
                if *activation == Activation::Linear =>
            {
                *activation = new;
                true
            }
            _ => false,
        }
    }

    /// The activation function that is part of this layer, or all of it, with its place in the
    /// description.
    pub fn activation(&self) -> Option<(usize, Activation)> {
        match &self.op {
            Op::Dense { activation, .. }
            | Op::Conv { activation, .. }
            | Op::ConvTranspose { activation, .. } => {
                (*activation != Activation::Linear).then_some((self.index + 1, *activation))
            }
            Op::Activate(activation) => Some((self.index, *activation)),
            _ => None,
        }
    }

    /// The layer's output; and what batch norm saw, where it took the moments of the batch.
    pub fn forward<T: Tape>(
        &self,
        x: Batch<T>,
        pass: Pass,
        needs: Needs,
    ) -> Result<(Batch<T>, Option<Moments>)> {
        let y = match &self.op {
            Op::Dense { w, b, activation } => dense(x, w, b.as_ref(), *activation, needs),
            Op::Conv {
                w,
                b,
                g,
                activation,
            } => conv2d(x, w, b.as_ref(), *g, *activation, needs),
            Op::ConvTranspose {
                w,
                b,
                g,
                activation,
            } => conv_transpose2d(x, w, b.as_ref(), *g, *activation, needs),
            Op::BatchNorm {
                gamma,
                beta,
                eps,
                running,
                ..
            } => return batch_norm(x, gamma, beta, *eps, running.given(pass), needs),
            Op::LayerNorm { gamma, beta, eps } => layer_norm(x, gamma, beta, *eps, needs),
            Op::Activate(activation) => activate(x, *activation),
            Op::Maxout { pieces } => {
                Batch::from_tensor(composed::maxout(x.into_tensor()?, *pieces)?)
            }
            Op::Upsample { input, factor } => Batch::from_tensor(composed::upsample_nearest(
                x.into_tensor()?,
                *input,
                *factor,
            )?),
            Op::Dropout { p } if pass.training => drop(x, *p, self.index, pass),
            Op::Dropout { .. } => Ok(x),
            Op::RandomAffine { ranges, side } if pass.training => {
                let taps = ranges.taps(x.rows(), *side, self.index, pass);
                resample(x, &taps, side.0 * side.1, needs)
            }
            Op::RandomAffine { .. } => Ok(x),
            Op::MinibatchStddev { plane } => {
                Batch::from_tensor(composed::minibatch_stddev(x.into_tensor()?, *plane)?)
            }
        };
        Ok((y?, None))
    }
}

impl LayerSpec {
    /// Whether such a layer has weights.
    pub(crate) fn learns(&self) -> bool {
        use LayerSpec::{BatchNorm, Conv2d, ConvTranspose2d, Dense, LayerNorm};
        matches!(
            self,
            Dense { .. }
                | Conv2d { .. }
                | ConvTranspose2d { .. }
                | BatchNorm { .. }
                | LayerNorm { .. }
        )
    }
}

impl Op {
    /// What its weight does, if that is linear.
    pub fn operator(&self) -> Option<Operator> {
        match self {
            Op::Dense { .. } => Some(Operator::Dense),
            Op::Conv { g, .. } => Some(Operator::Conv2d(*g)),
            Op::ConvTranspose { g, .. } => Some(Operator::ConvTranspose2d(*g)),
            _ => None,
        }
    }

    pub fn learns(&self) -> bool {
        self.parameters().next().is_some()
    }

    pub fn parameters(&self) -> impl Iterator<Item = &Parameter> {
        let (first, second) = match self {
            Op::Dense { w, b, .. } | Op::Conv { w, b, .. } | Op::ConvTranspose { w, b, .. } => {
                (Some(w), b.as_ref())
            }
            Op::BatchNorm { gamma, beta, .. } | Op::LayerNorm { gamma, beta, .. } => {
                (Some(gamma), Some(beta))
            }
            _ => (None, None),
        };
        first.into_iter().chain(second)
    }

    pub fn parameters_mut(&mut self) -> impl Iterator<Item = &mut Parameter> {
        let (first, second) = match self {
            Op::Dense { w, b, .. } | Op::Conv { w, b, .. } | Op::ConvTranspose { w, b, .. } => {
                (Some(w), b.as_mut())
            }
            Op::BatchNorm { gamma, beta, .. } | Op::LayerNorm { gamma, beta, .. } => {
                (Some(gamma), Some(beta))
            }
            _ => (None, None),
        };
        first.into_iter().chain(second)
    }
}

impl Running {
    /// The moments of a pass that does not take those of its batch.
    pub fn given(&self, pass: Pass) -> Option<&Moments> {
        (!pass.training).then_some(&self.moments)
    }

    /// PyTorch's rule: the variance that is followed is the unbiased one.
    pub fn follow(&mut self, seen: &Moments, momentum: f32, count: usize) {
        let unbias = count as f32 / (count.max(2) - 1) as f32;
        let mix = |to: &mut [f32], from: &[f32], factor: f32| {
            for (to, from) in to.iter_mut().zip(from) {
                *to += momentum * (from * factor - *to);
            }
        };
        mix(&mut self.moments.mean, &seen.mean, 1.0);
        mix(&mut self.moments.variance, &seen.variance, unbias);
        self.batches += 1;
    }
}

/// The operation of a layer that is no fusable activation; none for a mere change of shape.
pub(super) fn build(
    layer: &LayerSpec,
    init: Initializer,
    input: &SampleShape,
    rng: &mut impl Rng,
) -> Result<Option<Op>> {
    let activation = Activation::Linear;
    let zeros = |n: usize, wanted: bool| {
        wanted
            .then(|| Parameter::new(vec![0.0; n], &[n]))
            .transpose()
    };
    Ok(Some(match *layer {
        LayerSpec::Dense {
            inputs,
            outputs,
            bias,
        } => {
            let fans = (inputs as f64, outputs as f64);
            let w = init.weights((outputs, inputs), fans, rng);
            let w = Parameter::new(w, &[outputs, inputs])?;
            Op::Dense {
                w,
                b: zeros(outputs, bias)?,
                activation,
            }
        }
        LayerSpec::Conv2d { bias, .. } | LayerSpec::ConvTranspose2d { bias, .. } => {
            let SampleShape::Image { height, width, .. } = *input else {
                return Ok(None); // shapes() has refused it
            };
            let g = layer.geometry(height, width).map_err(Error::Usage)?;
            let transposed = matches!(layer, LayerSpec::ConvTranspose2d { .. });
            let area = (g.kernel * g.kernel) as f64;
            // Each pixel of the larger side is under kernel²/stride² positions of the smaller.
            let (wide, narrow) = (g.channels as f64 * area, g.filters as f64 * area);
            let thin = (g.stride * g.stride) as f64;
            let fans = match transposed {
                true => (narrow / thin, wide),
                false => (wide, narrow / thin),
            };
            let taps = g.channels * g.kernel * g.kernel;
            let w = init.weights((g.filters, taps), fans, rng);
            let w = Parameter::new(w, &[g.filters, g.channels, g.kernel, g.kernel])?;
            match transposed {
                true => Op::ConvTranspose {
                    w,
                    b: zeros(g.channels, bias)?,
                    g,
                    activation,
                },
                false => Op::Conv {
                    w,
                    b: zeros(g.filters, bias)?,
                    g,
                    activation,
                },
            }
        }
        LayerSpec::BatchNorm {
            features,
            eps,
            momentum,
        } => Op::BatchNorm {
            gamma: Parameter::new(init.scales(features, rng), &[features])?,
            beta: Parameter::new(vec![0.0; features], &[features])?,
            eps,
            momentum,
            running: Running {
                moments: Moments {
                    mean: vec![0.0; features],
                    variance: vec![1.0; features],
                },
                batches: 0,
            },
        },
        LayerSpec::LayerNorm { eps } => {
            let shape = match *input {
                SampleShape::Vector { len } => vec![len],
                SampleShape::Image {
                    channels,
                    height,
                    width,
                } => vec![channels, height, width],
            };
            Op::LayerNorm {
                gamma: Parameter::new(init.scales(input.numel(), rng), &shape)?,
                beta: Parameter::new(vec![0.0; input.numel()], &shape)?,
                eps,
            }
        }
        LayerSpec::Maxout { pieces } => Op::Maxout { pieces },
        LayerSpec::UpsampleNearest { factor } => match *input {
            SampleShape::Image {
                channels,
                height,
                width,
            } => Op::Upsample {
                input: (channels, height, width),
                factor,
            },
            SampleShape::Vector { .. } => return Ok(None), // shapes() has refused it
        },
        LayerSpec::Dropout { p } => Op::Dropout { p },
        LayerSpec::RandomAffine(ranges) => match *input {
            SampleShape::Image { height, width, .. } => Op::RandomAffine {
                ranges,
                side: (height, width),
            },
            SampleShape::Vector { .. } => return Ok(None), // shapes() has refused it
        },
        LayerSpec::MinibatchStddev {} => Op::MinibatchStddev {
            plane: match *input {
                SampleShape::Image { height, width, .. } => height * width,
                SampleShape::Vector { .. } => 1,
            },
        },
        _ => return Ok(None),
    }))
}

/// Inverted dropout: the mask is a function of (seed, step, layer).
fn drop<T: Tape>(x: Batch<T>, p: f32, layer: usize, pass: Pass) -> Result<Batch<T>> {
    let mut rng = rng(pass.seed, Stream::Dropout, pass.step << 8 | layer as u64);
    let (rows, columns) = (x.rows(), x.columns());
    let keep = |_| {
        if rng.random::<f32>() < p {
            0.0
        } else {
            1.0 / (1.0 - p)
        }
    };
    let mask = Batch::new((0..rows * columns).map(keep).collect(), rows, columns)?;
    Batch::from_tensor(composed::masked(x.into_tensor()?, mask.into_tensor()?)?)
}
