//! Convolution and transposed convolution.

use super::activate::scale_by_slope;
use super::array::{Array, recorded};
use super::buffer::Buffer;
use super::correlation::{Correlation, Sums};
use super::gradient::OwnedGradient;
use super::patches::Patches;
use super::weights::Weights;
use super::winograd::Winograd;
use crate::error::Result;
use crate::tensor::activation::Activation;
use crate::tensor::device::{Store, Tape};
use crate::tensor::geometry::Geometry;
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
    let (x, tape) = x.split();
    let (xs, ws) = (x.host(), w.values());
    let (n, plane) = (x.rows(), g.positions());
    let mut y = Buffer::zeros(n * g.map_len());
    let sums = Sums {
        maps: Some(&mut y),
        ..Sums::default()
    };
    correlation(g).add(&xs, &ws, &[], sums);
    add_bias_and_activate(&mut y, b, plane, activation);
    let (w, b) = (w.clone(), b.cloned());
    recorded(y, (n, g.map_len()), tape, move |y, mut dy, store| {
        scale_by_slope(activation, y, &mut dy);
        if needs.weights {
            add_bias_gradient(b.as_ref(), &dy, plane, store);
        }
        let mut dw = needs.weights.then(|| w.own_gradient(store));
        let mut dx = needs.input.then(|| x.own_gradient(store));
        let sums = Sums {
            weights: dw.as_mut().map(OwnedGradient::sum),
            images: dx.as_mut().map(OwnedGradient::sum),
            maps: None,
        };
        correlation(g).add(&xs, &ws, &dy, sums);
        put_back([dw, dx], store);
        Ok(())
    })
}

pub fn conv_transpose2d<T: Tape>(
    x: Array<T>,
    w: &Weights,
    b: Option<&Weights>,
    g: Geometry,
    activation: Activation,
    needs: Needs,
) -> Result<Array<T>> {
    let (x, tape) = x.split();
    let (xs, ws) = (x.host(), w.values());
    let (n, plane) = (x.rows(), g.height * g.width);
    let mut y = Buffer::zeros(n * g.image_len());
    let sums = Sums {
        images: Some(&mut y),
        ..Sums::default()
    };
    correlation(g).add(&[], &ws, &xs, sums);
    add_bias_and_activate(&mut y, b, plane, activation);
    let (w, b) = (w.clone(), b.cloned());
    recorded(y, (n, g.image_len()), tape, move |y, mut dy, store| {
        scale_by_slope(activation, y, &mut dy);
        if needs.weights {
            add_bias_gradient(b.as_ref(), &dy, plane, store);
        }
        let mut dw = needs.weights.then(|| w.own_gradient(store));
        let mut dx = needs.input.then(|| x.own_gradient(store));
        let sums = Sums {
            weights: dw.as_mut().map(OwnedGradient::sum),
            maps: dx.as_mut().map(OwnedGradient::sum),
            images: None,
        };
        correlation(g).add(&dy, &ws, &xs, sums);
        put_back([dw, dx], store);
        Ok(())
    })
}

/// Returns the sums for the sizes `g`. The sizes alone select the algorithm, so the result for an image does not
/// depend on the batch that it is in.
fn correlation(g: Geometry) -> Box<dyn Correlation> {
    match Winograd::new(g) {
        Some(winograd) => Box::new(winograd),
        None => Box::new(Patches::new(g)),
    }
}

/// Returns gradients to the store.
fn put_back(gradients: [Option<OwnedGradient>; 2], store: &mut Store) {
    for gradient in gradients.into_iter().flatten() {
        gradient.put_back(store);
    }
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
        for image in dy.chunks_exact(gradient.len() * plane) {
            for (sum, channel) in gradient.iter_mut().zip(image.chunks_exact(plane)) {
                *sum += channel.iter().sum::<f32>();
            }
        }
    }
}
