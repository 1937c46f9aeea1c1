//! Batch norm and layer norm.

use super::array::{Array, recorded};
use super::buffer::Buffer;
use super::weights::Weights;
use crate::error::Result;
use crate::tensor::device::Tape;
use crate::tensor::moments::Moments;
use crate::tensor::needs::Needs;
use rayon::prelude::*;

pub fn batch_norm<T: Tape>(
    x: Array<T>,
    gamma: &Weights,
    beta: &Weights,
    eps: f32,
    running: Option<&Moments>,
    needs: Needs,
) -> Result<(Array<T>, Option<Moments>)> {
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
    let mut y = Buffer::any(xs.len());
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
    let (gamma, beta) = (gamma.clone(), beta.clone());
    let mean = moments.mean.clone();
    let y = recorded(y, (n, features), tape, move |_, dy, store| {
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
            add(gamma.gradient(store).sum(), &|c| sums[c].1);
            add(beta.gradient(store).sum(), &|c| sums[c].0);
        }
        if needs.input {
            let count = (n * plane) as f32;
            let dx = x.gradient(store).sum();
            let samples = dx.chunks_exact_mut(features).zip(dy.chunks_exact(features));
            for ((dx, dy), x) in samples.zip(xs.chunks_exact(features)) {
                let runs = dx.chunks_exact_mut(plane).zip(dy.chunks_exact(plane));
                for (c, ((dx, dy), x)) in runs.zip(x.chunks_exact(plane)).enumerate() {
                    let scale = gs[c] * inverse[c];
                    // dx = γ/σ (dy − mean dy − x̂ · mean(dy·x̂)). With constant μ and σ the means drop out.
                    let (plain, hat) = if of_batch {
                        (sums[c].0 as f32 / count, sums[c].1 as f32 / count)
                    } else {
                        (0.0, 0.0)
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

pub fn layer_norm<T: Tape>(
    x: Array<T>,
    gamma: &Weights,
    beta: &Weights,
    eps: f32,
    needs: Needs,
) -> Result<Array<T>> {
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
    let mut y = Buffer::any(xs.len());
    let samples = y.chunks_exact_mut(features).zip(xs.chunks_exact(features));
    for ((y, x), (mean, inverse)) in samples.zip(&moments) {
        for (((y, x), g), b) in y.iter_mut().zip(x).zip(gs.iter()).zip(bs.iter()) {
            *y = (x - mean) * inverse * g + b;
        }
    }
    let (gamma, beta) = (gamma.clone(), beta.clone());
    recorded(y, (n, features), tape, move |_, dy, store| {
        if needs.weights {
            let sum = beta.gradient(store).sum();
            for dy in dy.chunks_exact(features) {
                sum.iter_mut().zip(dy).for_each(|(sum, dy)| *sum += dy);
            }
            let sum = gamma.gradient(store).sum();
            let samples = dy.chunks_exact(features).zip(xs.chunks_exact(features));
            for ((dy, x), (mean, inverse)) in samples.zip(&moments) {
                for ((sum, dy), x) in sum.iter_mut().zip(dy).zip(x) {
                    *sum += dy * (x - mean) * inverse;
                }
            }
        }
        if needs.input {
            let dx = x.gradient(store).sum();
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
