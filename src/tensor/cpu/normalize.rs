//! Batch norm and layer norm.

use super::array::{Array, recorded};
use super::buffer::Buffer;
use super::weights::Weights;
use crate::error::Result;
use crate::tensor::device::Tape;
use crate::tensor::lanes::{channel_sums, sums};
use crate::tensor::moments::Moments;
use crate::tensor::needs::Needs;
use rayon::prelude::*;
use std::ops::Range;

/// Number of features whose gradients are summed in one parallel task.
const FEATURES: usize = 1 << 10;

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
        let sums = channel_sums([&dy, &xs], channels, plane, |c, [dy, x]| {
            [dy, dy * (x - f64::from(mean[c])) * f64::from(inverse[c])]
        });
        if needs.weights {
            for (parameter, i) in [(&beta, 0), (&gamma, 1)] {
                let gradient = parameter.gradient(store).sum();
                for (gradient, sums) in gradient.iter_mut().zip(&sums) {
                    *gradient += sums[i] as f32;
                }
            }
        }
        if needs.input {
            let count = (n * plane) as f32;
            let dx = x.gradient(store).sum();
            let samples = dx
                .par_chunks_exact_mut(features)
                .zip(dy.par_chunks_exact(features))
                .zip(xs.par_chunks_exact(features));
            samples.for_each(|((dx, dy), x)| {
                let runs = dx.chunks_exact_mut(plane).zip(dy.chunks_exact(plane));
                for (c, ((dx, dy), x)) in runs.zip(x.chunks_exact(plane)).enumerate() {
                    let scale = gs[c] * inverse[c];
                    // dx = γ/σ (dy − mean dy − x̂ · mean(dy·x̂)). With constant μ and σ the means drop out.
                    let (plain, hat) = if of_batch {
                        (sums[c][0] as f32 / count, sums[c][1] as f32 / count)
                    } else {
                        (0.0, 0.0)
                    };
                    let slope = hat * inverse[c];
                    for ((dx, dy), x) in dx.iter_mut().zip(dy).zip(x) {
                        *dx += scale * (dy - plain - (x - mean[c]) * slope);
                    }
                }
            });
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
    let mut y = Buffer::any(xs.len());
    let samples = y
        .par_chunks_exact_mut(features)
        .zip(xs.par_chunks_exact(features));
    let moments: Vec<(f32, f32)> = samples
        .map(|(y, x)| {
            let [sum] = sums([x], |[x]| [x]);
            let mean = sum / features as f64;
            let [square] = sums([x], |[x]| [(x - mean).powi(2)]);
            let variance = square / features as f64;
            let (mean, inverse) = (mean as f32, (1.0 / (variance + eps as f64).sqrt()) as f32);
            for (((y, x), g), b) in y.iter_mut().zip(x).zip(gs.iter()).zip(bs.iter()) {
                *y = (x - mean) * inverse * g + b;
            }
            (mean, inverse)
        })
        .collect();
    let (gamma, beta) = (gamma.clone(), beta.clone());
    recorded(y, (n, features), tape, move |_, dy, store| {
        if needs.weights {
            sum_samples(beta.gradient(store).sum(), n, |_, at, sums| {
                sums.iter_mut()
                    .zip(&dy[at])
                    .for_each(|(sum, dy)| *sum += dy);
            });
            sum_samples(gamma.gradient(store).sum(), n, |sample, at, sums| {
                let (mean, inverse) = moments[sample];
                for ((sum, dy), x) in sums.iter_mut().zip(&dy[at.clone()]).zip(&xs[at]) {
                    *sum += dy * (x - mean) * inverse;
                }
            });
        }
        if needs.input {
            let dx = x.gradient(store).sum();
            let samples = dx
                .par_chunks_exact_mut(features)
                .zip(dy.par_chunks_exact(features))
                .zip(xs.par_chunks_exact(features).zip(&moments));
            samples.for_each(|((dx, dy), (x, &(mean, inverse)))| {
                // With h = γ·dy: dx = (h − mean h − x̂ · mean(h·x̂))/σ
                let (m, i) = (f64::from(mean), f64::from(inverse));
                let [plain, hat] = sums([dy, x, &gs], |[dy, x, g]| {
                    let h = dy * g;
                    [h, h * (x - m) * i]
                });
                let plain = (plain / features as f64) as f32;
                let hat = (hat / features as f64) as f32;
                for (((dx, dy), x), g) in dx.iter_mut().zip(dy).zip(x).zip(gs.iter()) {
                    *dx += inverse * (dy * g - plain - (x - mean) * inverse * hat);
                }
            });
        }
        Ok(())
    })
}

/// Adds a term of each of `n` samples to `sums`, in parallel over blocks of features. `add` gets a sample, the place of
/// a block in an array `[n, features]`, and the sums of that block.
fn sum_samples(sums: &mut [f32], n: usize, add: impl Fn(usize, Range<usize>, &mut [f32]) + Sync) {
    let features = sums.len();
    let blocks = sums.par_chunks_mut(FEATURES).enumerate();
    blocks.for_each(|(block, sums)| {
        for sample in 0..n {
            let first = sample * features + block * FEATURES;
            add(sample, first..first + sums.len(), sums);
        }
    });
}
