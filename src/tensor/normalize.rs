//! Batch normalisation (Ioffe & Szegedy 2015) and layer normalisation (Ba et al. 2016).
//!
//! $$ y = \gamma\,\frac{x - \mu}{\sqrt{\sigma^2 + \varepsilon}} + \beta $$
//!
//! with μ and σ² over batch and plane for each channel, or over all features for each sample.

#[cfg(not(feature = "cuda"))]
use super::parameter::{input_gradient, zeroed};
use super::{Batch, Needs, Parameter, Tape};
use crate::error::Result;

/// Mean and (biased) variance of each channel of one batch.
#[derive(Debug, Clone, PartialEq)]
pub struct Moments {
    pub mean: Vec<f32>,
    pub variance: Vec<f32>,
}

impl Moments {
    /// Of x `[n, channels·plane]`, summed in f64.
    pub fn of(x: &[f32], channels: usize, features: usize) -> Self {
        let plane = features / channels;
        let count = (x.len() / channels) as f64;
        let mut sums = vec![0.0f64; channels];
        each_channel(x, features, plane, |c, run| {
            sums[c] += run.iter().map(|&x| x as f64).sum::<f64>();
        });
        let mean: Vec<f64> = sums.iter().map(|s| s / count).collect();
        let mut squares = vec![0.0f64; channels];
        each_channel(x, features, plane, |c, run| {
            let square = |&x: &f32| (x as f64 - mean[c]).powi(2);
            squares[c] += run.iter().map(square).sum::<f64>();
        });
        Moments {
            mean: mean.iter().map(|&m| m as f32).collect(),
            variance: squares.iter().map(|s| (s / count) as f32).collect(),
        }
    }
}

fn each_channel<'a>(
    x: &'a [f32],
    features: usize,
    plane: usize,
    mut f: impl FnMut(usize, &'a [f32]),
) {
    for sample in x.chunks_exact(features) {
        for (c, run) in sample.chunks_exact(plane).enumerate() {
            f(c, run);
        }
    }
}

/// Batch norm of x `[n, channels·plane]`; γ, β `[channels]`. Without `running` the moments of this
/// batch are used, and returned so that the layer can follow them; with it, they are constants.
///
/// # Errors
/// [`Error::Device`](crate::Error::Device) when the device fails.
#[cfg(not(feature = "cuda"))]
pub fn batch_norm<T: Tape>(
    x: Batch<T>,
    gamma: &Parameter,
    beta: &Parameter,
    eps: f32,
    running: Option<&Moments>,
    needs: Needs,
) -> Result<(Batch<T>, Option<Moments>)> {
    let (x, tape) = x.split();
    let (n, features) = (x.rows(), x.columns());
    let (gs, bs, xs) = (gamma.values(), beta.values(), x.host());
    let channels = gs.len();
    let plane = features / channels;
    let of_batch = running.is_none();
    let moments = running
        .cloned()
        .unwrap_or_else(|| Moments::of(&xs, channels, features));
    let inverse: Vec<f32> = moments
        .variance
        .iter()
        .map(|v| 1.0 / (v + eps).sqrt())
        .collect();
    let mut y = super::buffer::Buffer::any(xs.len());
    {
        use rayon::prelude::*;
        let normalize = |(y, x): (&mut [f32], &[f32])| {
            for (c, (y, x)) in y
                .chunks_exact_mut(plane)
                .zip(x.chunks_exact(plane))
                .enumerate()
            {
                let scale = gs[c] * inverse[c];
                let shift = bs[c] - moments.mean[c] * scale;
                y.iter_mut()
                    .zip(x)
                    .for_each(|(y, x)| *y = x * scale + shift);
            }
        };
        y.par_chunks_mut(features)
            .zip(xs.par_chunks(features))
            .for_each(normalize);
    }
    let (gamma, beta) = (gamma.clone(), beta.clone());
    let mean = moments.mean.clone();
    let y = super::batch::recorded(y, (n, features), tape, move |_, dy, store| {
        // Σ dy and Σ dy·x̂ of each channel
        let mut sums = vec![(0.0f64, 0.0f64); channels];
        for (dy, x) in dy.chunks_exact(features).zip(xs.chunks_exact(features)) {
            let runs = dy.chunks_exact(plane).zip(x.chunks_exact(plane));
            for (c, (dy, x)) in runs.enumerate() {
                let (mut plain, mut hat) = (0.0f32, 0.0f32);
                for (dy, x) in dy.iter().zip(x) {
                    plain += dy;
                    hat += dy * (x - mean[c]);
                }
                sums[c].0 += plain as f64;
                sums[c].1 += (hat * inverse[c]) as f64;
            }
        }
        if needs.weights {
            let add = |to: &mut [f32], of: &dyn Fn(usize) -> f64| {
                to.iter_mut()
                    .enumerate()
                    .for_each(|(c, to)| *to += of(c) as f32);
            };
            add(zeroed(gamma.gradient(store)), &|c| sums[c].1);
            add(zeroed(beta.gradient(store)), &|c| sums[c].0);
        }
        if needs.input {
            let count = (n * plane) as f32;
            let dx = zeroed(input_gradient(store, &x));
            let samples = dx.chunks_exact_mut(features).zip(dy.chunks_exact(features));
            for ((dx, dy), x) in samples.zip(xs.chunks_exact(features)) {
                let runs = dx.chunks_exact_mut(plane).zip(dy.chunks_exact(plane));
                for (c, ((dx, dy), x)) in runs.zip(x.chunks_exact(plane)).enumerate() {
                    let scale = gs[c] * inverse[c];
                    // dx = γ/σ (dy − mean dy − x̂ · mean(dy·x̂)); constants have no such terms.
                    let (plain, hat) = match of_batch {
                        true => (sums[c].0 as f32 / count, sums[c].1 as f32 / count),
                        false => (0.0, 0.0),
                    };
                    let slope = hat * inverse[c];
                    for ((dx, dy), x) in dx.iter_mut().zip(dy).zip(x) {
                        *dx += scale * (dy - plain - (x - mean[c]) * slope);
                    }
                }
            }
        }
        Ok(())
    })?;
    Ok((y, of_batch.then_some(moments)))
}

/// Layer norm of x `[n, features]` over the features of each sample; γ, β `[features]`, any rank.
///
/// # Errors
/// [`Error::Device`](crate::Error::Device) when the device fails.
#[cfg(not(feature = "cuda"))]
pub fn layer_norm<T: Tape>(
    x: Batch<T>,
    gamma: &Parameter,
    beta: &Parameter,
    eps: f32,
    needs: Needs,
) -> Result<Batch<T>> {
    let (x, tape) = x.split();
    let (n, features) = (x.rows(), x.columns());
    let (gs, bs, xs) = (gamma.values(), beta.values(), x.host());
    // μ and 1/√(σ² + ε) of each sample
    let moments: Vec<(f32, f32)> = xs
        .chunks_exact(features)
        .map(|x| {
            let mean = x.iter().map(|&x| x as f64).sum::<f64>() / features as f64;
            let square = |&x: &f32| (x as f64 - mean).powi(2);
            let variance = x.iter().map(square).sum::<f64>() / features as f64;
            (mean as f32, (1.0 / (variance + eps as f64).sqrt()) as f32)
        })
        .collect();
    let mut y = super::buffer::Buffer::any(xs.len());
    let samples = y.chunks_exact_mut(features).zip(xs.chunks_exact(features));
    for ((y, x), (mean, inverse)) in samples.zip(&moments) {
        for (((y, x), g), b) in y.iter_mut().zip(x).zip(gs.iter()).zip(bs.iter()) {
            *y = (x - mean) * inverse * g + b;
        }
    }
    let (gamma, beta) = (gamma.clone(), beta.clone());
    super::batch::recorded(y, (n, features), tape, move |_, dy, store| {
        if needs.weights {
            let sum = zeroed(beta.gradient(store));
            for dy in dy.chunks_exact(features) {
                sum.iter_mut().zip(dy).for_each(|(sum, dy)| *sum += dy);
            }
            let sum = zeroed(gamma.gradient(store));
            let samples = dy.chunks_exact(features).zip(xs.chunks_exact(features));
            for ((dy, x), (mean, inverse)) in samples.zip(&moments) {
                for ((sum, dy), x) in sum.iter_mut().zip(dy).zip(x) {
                    *sum += dy * (x - mean) * inverse;
                }
            }
        }
        if needs.input {
            let dx = zeroed(input_gradient(store, &x));
            let samples = dx.chunks_exact_mut(features).zip(dy.chunks_exact(features));
            let samples = samples.zip(xs.chunks_exact(features)).zip(&moments);
            for (((dx, dy), x), (mean, inverse)) in samples {
                // With h = γ·dy: dx = (h − mean h − x̂ · mean(h·x̂))/σ
                let (mut plain, mut hat) = (0.0f64, 0.0f64);
                for ((dy, x), g) in dy.iter().zip(x).zip(gs.iter()) {
                    let h = (dy * g) as f64;
                    plain += h;
                    hat += h * ((x - mean) * inverse) as f64;
                }
                let plain = (plain / features as f64) as f32;
                let hat = (hat / features as f64) as f32;
                for (((dx, dy), x), g) in dx.iter_mut().zip(dy).zip(x).zip(gs.iter()) {
                    *dx += inverse * (dy * g - plain - (x - mean) * inverse * hat);
                }
            }
        }
        Ok(())
    })
}

/// [`batch_norm`], composed of dfdx's operations.
#[cfg(feature = "cuda")]
pub fn batch_norm<T: Tape>(
    x: Batch<T>,
    gamma: &Parameter,
    beta: &Parameter,
    eps: f32,
    running: Option<&Moments>,
    _: Needs,
) -> Result<(Batch<T>, Option<Moments>)> {
    let (gamma, beta) = (gamma.tensor(), beta.tensor());
    let (y, moments) = super::composed::batch_norm(x.into_tensor()?, gamma, beta, eps, running)?;
    Ok((Batch::from_tensor(y)?, moments))
}

/// [`layer_norm`], composed of dfdx's operations.
#[cfg(feature = "cuda")]
pub fn layer_norm<T: Tape>(
    x: Batch<T>,
    gamma: &Parameter,
    beta: &Parameter,
    eps: f32,
    _: Needs,
) -> Result<Batch<T>> {
    let tensor = x.into_tensor()?;
    let y = super::composed::layer_norm(tensor, gamma.tensor(), beta.tensor(), eps)?;
    Batch::from_tensor(y)
}
