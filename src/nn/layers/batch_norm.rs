//! Batch normalisation (Ioffe & Szegedy 2015).
//!
//! $$ y = \gamma\,\frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} + \beta $$
//!
//! μ and σ² are the mean and the biased variance of each channel: in training those of the batch, in
//! inference their moving averages.

use super::parameters::{named, named_mut};
use crate::data::SampleShape;
use crate::error::Result;
use crate::nn::init::Initializer;
use crate::nn::layer::{Layer, LayerDescription, Mismatch};
use crate::nn::limits::check_number;
use crate::nn::pass::Pass;
use crate::nn::state_dict::{StateTensor, StateValues};
use crate::tensor::normalize::{Moments, batch_norm};
use crate::tensor::{Batch, Needs, Parameter, Tape, tangent};
use rand::Rng;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Batch normalisation of each channel of an image, or of each number where there are no channels
/// (PyTorch's `BatchNorm2d` and `BatchNorm1d`).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchNorm {
    /// Number of channels, or of numbers.
    pub features: usize,
    /// ε, added to the variance; default 10⁻⁵.
    #[serde(default = "default_eps")]
    pub eps: f32,
    /// Weight of the newest batch in the moving averages, in [0, 1]; default 0.1.
    #[serde(default = "default_momentum")]
    pub momentum: f32,
    /// Whether γ and β are trained; otherwise they are 1 and 0. Default true.
    #[serde(default = "default_affine", skip_serializing_if = "is_true")]
    pub affine: bool,
}

fn default_eps() -> f32 {
    1e-5
}

fn default_momentum() -> f32 {
    0.1
}

fn default_affine() -> bool {
    true
}

fn is_true(affine: &bool) -> bool {
    *affine
}

impl BatchNorm {
    /// A layer with the default ε and momentum, and with γ and β.
    pub fn new(features: usize) -> Self {
        BatchNorm {
            features,
            eps: default_eps(),
            momentum: default_momentum(),
            affine: default_affine(),
        }
    }
}

impl fmt::Display for BatchNorm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "batch_norm {}", self.features)
    }
}

impl LayerDescription for BatchNorm {
    type Built = BatchNormLayer;

    fn output_shape(&self, input: &SampleShape) -> Result<SampleShape, Mismatch> {
        check_number(self.eps > 0.0, "eps", "above 0", self.eps)?;
        let in_range = (0.0..=1.0).contains(&self.momentum);
        check_number(in_range, "momentum", "in [0, 1]", self.momentum)?;
        let (SampleShape::Image {
            channels: found, ..
        }
        | SampleShape::Vector { len: found }) = *input;
        if found != self.features {
            let expected = format!("{} channels or numbers", self.features);
            return Err(Mismatch::input(expected));
        }
        Ok(input.clone())
    }

    fn build(&self, _: &SampleShape, init: Initializer, rng: &mut impl Rng) -> Result<Self::Built> {
        let n = self.features;
        let gamma = if self.affine {
            init.scales(n, rng)
        } else {
            vec![1.0; n]
        };
        Ok(BatchNormLayer {
            gamma: Parameter::new(gamma, &[n])?,
            beta: Parameter::new(vec![0.0; n], &[n])?,
            affine: self.affine,
            eps: self.eps,
            momentum: self.momentum,
            running: Moments {
                mean: vec![0.0; n],
                variance: vec![1.0; n],
            },
            batches: 0,
        })
    }

    fn has_parameters(&self) -> bool {
        self.affine
    }

    fn spectral_norm_conflict(&self) -> Option<&'static str> {
        Some(
            "divides each channel by its standard deviation over the batch, which can be arbitrarily small, so \
             the layer no longer has norm 1",
        )
    }
}

/// Batch norm with its parameters and moving averages.
#[derive(Debug, Clone)]
pub(in crate::nn) struct BatchNormLayer {
    gamma: Parameter,
    beta: Parameter,
    /// Whether γ and β are trained.
    affine: bool,
    eps: f32,
    momentum: f32,
    /// Moving averages of the moments.
    running: Moments,
    /// Number of batches in the moving averages.
    batches: i64,
}

impl BatchNormLayer {
    /// Returns the moving averages in inference, and none in training, where the batch's moments count.
    fn moments_given(&self, pass: Pass) -> Option<&Moments> {
        (!pass.training).then_some(&self.running)
    }

    fn needs(&self, pass: Pass) -> Needs {
        Needs {
            weights: pass.needs.weights && self.affine,
            ..pass.needs
        }
    }
}

impl Layer for BatchNormLayer {
    fn forward<T: Tape>(&self, x: Batch<T>, pass: Pass) -> Result<Batch<T>> {
        Ok(self.forward_with_moments(x, pass)?.0)
    }

    fn forward_with_moments<T: Tape>(
        &self,
        x: Batch<T>,
        pass: Pass,
    ) -> Result<(Batch<T>, Option<Moments>)> {
        let (moments, needs) = (self.moments_given(pass), self.needs(pass));
        batch_norm(x, &self.gamma, &self.beta, self.eps, moments, needs)
    }

    fn tangent<T: Tape>(&self, x: &Batch, _: &Batch, dx: Batch<T>, pass: Pass) -> Result<Batch<T>> {
        let (moments, needs) = (self.moments_given(pass), self.needs(pass));
        tangent::batch_norm(x, dx, &self.gamma, self.eps, moments, needs)
    }

    fn tangent_depends_on_input(&self, pass: Pass) -> bool {
        self.moments_given(pass).is_none()
    }

    fn parameters(&self) -> Vec<(&'static str, &Parameter)> {
        if self.affine {
            named(&self.gamma, Some(&self.beta))
        } else {
            Vec::new()
        }
    }

    fn parameters_mut(&mut self) -> Vec<(&'static str, &mut Parameter)> {
        if self.affine {
            named_mut(&mut self.gamma, Some(&mut self.beta))
        } else {
            Vec::new()
        }
    }

    fn buffers(&self) -> Vec<(&'static str, StateTensor)> {
        let vector = |values: &[f32]| StateTensor::f32(values.to_vec(), &[values.len()]);
        vec![
            ("running_mean", vector(&self.running.mean)),
            ("running_var", vector(&self.running.variance)),
            ("num_batches_tracked", StateTensor::i64(self.batches)),
        ]
    }

    fn set_buffers(&mut self, tensors: &[StateTensor]) {
        let mut values = tensors.iter().map(|tensor| &tensor.values);
        if let (
            Some(StateValues::F32(mean)),
            Some(StateValues::F32(variance)),
            Some(StateValues::I64(batches)),
        ) = (values.next(), values.next(), values.next())
        {
            self.running = Moments {
                mean: mean.clone(),
                variance: variance.clone(),
            };
            self.batches = batches[0];
        }
    }

    /// As in PyTorch, the variance that is averaged is the unbiased one.
    fn update_running_moments(&mut self, moments: &Moments, count: usize) {
        let unbiased = count as f32 / (count.max(2) - 1) as f32;
        let momentum = self.momentum;
        let update = |average: &mut [f32], new: &[f32], factor: f32| {
            for (average, new) in average.iter_mut().zip(new) {
                *average += momentum * (new * factor - *average);
            }
        };
        update(&mut self.running.mean, &moments.mean, 1.0);
        update(&mut self.running.variance, &moments.variance, unbiased);
        self.batches += 1;
    }
}
