//! Convolution and transposed convolution.

use super::activate::scale_by_slope;
use super::array::{Array, recorded};
use super::buffer::Buffer;
use super::correlation::{Correlation, Sums};
use super::gradient::OwnedGradient;
use super::patches::Patches;
use super::weights::Weights;
use super::winograd::winograd;
use crate::error::Result;
use crate::tensor::activation::Activation;
use crate::tensor::device::{Store, Tape};
use crate::tensor::geometry::Geometry;
use crate::tensor::lanes::channel_sums;
use crate::tensor::needs::Needs;
use rayon::prelude::*;

pub fn conv2d<T: Tape>(
    x: Array<T>,
    w: &Weights,
    b: Option<&Weights>,
    g: Geometry,
    activation: Activation,
    needs: Needs,
) -> Result<Array<T>> {
    convolve(x, (w, b), g, activation, needs, Input::Images)
}

pub fn conv_transpose2d<T: Tape>(
    x: Array<T>,
    w: &Weights,
    b: Option<&Weights>,
    g: Geometry,
    activation: Activation,
    needs: Needs,
) -> Result<Array<T>> {
    convolve(x, (w, b), g, activation, needs, Input::Maps)
}

/// The side of a correlation that is the input of a convolution; the other one is its output.
#[derive(Clone, Copy, PartialEq)]
enum Input {
    Images,
    Maps,
}

impl Input {
    /// Returns what belongs to the images and what belongs to the maps.
    fn sides<V>(self, input: V, output: V) -> (V, V) {
        match self {
            Input::Images => (input, output),
            Input::Maps => (output, input),
        }
    }
}

/// Computes a convolution, whose input are the images, or a transposed one, whose input are the maps.
fn convolve<T: Tape>(
    x: Array<T>,
    (w, b): (&Weights, Option<&Weights>),
    g: Geometry,
    activation: Activation,
    needs: Needs,
    input: Input,
) -> Result<Array<T>> {
    let (x, tape) = x.split();
    let (xs, ws) = (x.host(), w.values());
    let (len, plane) = match input {
        Input::Images => (g.map_len(), g.positions()),
        Input::Maps => (g.image_len(), g.height * g.width),
    };
    let n = x.rows();
    let mut y = Buffer::zeros(n * len);
    let (images, maps) = input.sides(xs.as_slice(), &[]);
    let (to_images, to_maps) = input.sides(None, Some(y.as_mut_slice()));
    let sums = Sums {
        images: to_images,
        maps: to_maps,
        weights: None,
    };
    correlation(g).add(images, &ws, maps, sums);
    add_bias_and_activate(&mut y, b, plane, activation);
    let (w, b) = (w.clone(), b.cloned());
    recorded(y, (n, len), tape, move |y, mut dy, store| {
        scale_by_slope(activation, y, &mut dy);
        if needs.weights {
            add_bias_gradient(b.as_ref(), &dy, plane, store);
        }
        let mut dw = needs.weights.then(|| w.own_gradient(store));
        let mut dx = needs.input.then(|| x.own_gradient(store));
        let (images, maps) = input.sides(xs.as_slice(), dy.as_slice());
        let (to_images, to_maps) = input.sides(dx.as_mut().map(OwnedGradient::sum), None);
        let sums = Sums {
            images: to_images,
            maps: to_maps,
            weights: dw.as_mut().map(OwnedGradient::sum),
        };
        correlation(g).add(images, &ws, maps, sums);
        for gradient in [dw, dx].into_iter().flatten() {
            gradient.put_back(store);
        }
        Ok(())
    })
}

/// Returns the sums for the sizes `g`. The sizes alone select the algorithm, so the result for an image does not
/// depend on the batch that it is in.
fn correlation(g: Geometry) -> Box<dyn Correlation> {
    winograd(g).unwrap_or_else(|| Box::new(Patches::new(g)))
}

/// Adds to each channel its bias, and applies σ.
fn add_bias_and_activate(y: &mut [f32], b: Option<&Weights>, plane: usize, activation: Activation) {
    let bias = b.map(super::weights::Weights::values);
    let channels = b.map_or(1, |b| b.shape()[0]);
    y.par_chunks_mut(channels * plane).for_each(|image| {
        if let Some(bias) = &bias {
            for (channel, b) in image.chunks_exact_mut(plane).zip(bias.iter()) {
                channel.iter_mut().for_each(|y| *y += b);
            }
        }
        activation.apply(image);
    });
}

/// Adds to the gradient of each bias the sum of its channel.
fn add_bias_gradient(b: Option<&Weights>, dy: &[f32], plane: usize, store: &mut Store) {
    if let Some(b) = b {
        let gradient = b.gradient(store).sum();
        let sums = channel_sums([dy], gradient.len(), plane, |_, [dy]| [dy]);
        for (gradient, [sum]) in gradient.iter_mut().zip(sums) {
            *gradient += sum as f32;
        }
    }
}
