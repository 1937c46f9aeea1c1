//! An independent implementation of every layer as a loop in f64.

use ganscope::data::SampleShape;
use ganscope::nn::layers::{
    AvgPool2d, BatchNorm, Conv2d, ConvTranspose2d, Dense, Elu, LayerNorm, LeakyRelu, Maxout,
    Reshape, Scale, UpsampleNearest,
};
use ganscope::nn::{LayerSpec, NetworkSpec};
use std::collections::BTreeMap;

type Weights = BTreeMap<String, Vec<f64>>;

/// Channels, height and width; a vector has channels of 1×1.
type Size = (usize, usize, usize);

fn size(shape: &SampleShape) -> Size {
    match *shape {
        SampleShape::Vector { len } => (len, 1, 1),
        SampleShape::Image {
            channels,
            height,
            width,
        } => (channels, height, width),
    }
}

/// Computes the output for `n` samples. Batch norm uses the moments of the batch in training, and the running
/// moments otherwise.
pub fn forward(spec: &NetworkSpec, w: &Weights, x: &[f64], n: usize, training: bool) -> Vec<f64> {
    apply(&spec.layers, "", w, (x, size(&spec.input)), (n, training)).0
}

/// Applies layers whose names begin with `prefix`, and returns the output with its size.
fn apply(
    layers: &[LayerSpec],
    prefix: &str,
    w: &Weights,
    (x, s): (&[f64], Size),
    (n, training): (usize, bool),
) -> (Vec<f64>, Size) {
    let (mut y, mut s) = (x.to_vec(), s);
    for (i, layer) in layers.iter().enumerate() {
        let get = |name: &str| w.get(&format!("{prefix}{i}.{name}")).map(Vec::as_slice);
        let weight = get("weight").unwrap_or_default();
        let gamma = |o: usize| weight.get(o).copied().unwrap_or(1.0);
        let bias = |o: usize| get("bias").map_or(0.0, |b| b[o]);
        let each = |y: &[f64], f: &dyn Fn(f64) -> f64| y.iter().map(|&v| f(v)).collect();
        (y, s) = match *layer {
            LayerSpec::Dense(Dense {
                inputs, outputs, ..
            }) => {
                let row = |x: &[f64], o: usize| {
                    let products = x.iter().zip(&weight[o * inputs..]).map(|(x, w)| x * w);
                    products.sum::<f64>() + bias(o)
                };
                let rows = y.chunks(inputs);
                let y = rows.flat_map(|x| (0..outputs).map(move |o| row(x, o)));
                (y.collect(), (outputs, 1, 1))
            }
            LayerSpec::Conv2d(Conv2d {
                outputs,
                kernel,
                stride,
                padding,
                ..
            }) => conv(&y, n, s, weight, &bias, outputs, (kernel, stride, padding)),
            LayerSpec::ConvTranspose2d(ConvTranspose2d {
                outputs,
                kernel,
                stride,
                padding,
                output_padding,
                ..
            }) => {
                let sizes = (kernel, stride, padding);
                adjoint(&y, n, s, weight, &bias, outputs, sizes, output_padding)
            }
            LayerSpec::BatchNorm(BatchNorm { eps, .. }) => {
                let moments = get("running_mean").zip(get("running_var"));
                let given = moments.filter(|_| !training);
                (batch_norm(&y, s, (&gamma, &bias), eps as f64, given), s)
            }
            LayerSpec::LayerNorm(LayerNorm { eps }) => {
                let len = s.0 * s.1 * s.2;
                let norm = |x: &[f64]| {
                    let (mean, variance) = moments(x.iter().copied());
                    let deviation = (variance + eps as f64).sqrt();
                    let place =
                        |(j, v): (usize, &f64)| (v - mean) / deviation * weight[j] + bias(j);
                    x.iter().enumerate().map(place).collect::<Vec<_>>()
                };
                (y.chunks(len).flat_map(norm).collect(), s)
            }
            LayerSpec::Relu(_) => (each(&y, &|v| v.max(0.0)), s),
            LayerSpec::LeakyRelu(LeakyRelu { slope }) => {
                (each(&y, &|v| if v > 0.0 { v } else { v * slope as f64 }), s)
            }
            LayerSpec::Scale(Scale { factor }) => (each(&y, &|v| v * factor as f64), s),
            LayerSpec::Tanh(_) => (each(&y, &f64::tanh), s),
            LayerSpec::Sigmoid(_) => (each(&y, &|v| 1.0 / (1.0 + (-v).exp())), s),
            LayerSpec::Softplus(_) => (each(&y, &|v| v.exp().ln_1p()), s),
            LayerSpec::Elu(Elu { alpha }) => {
                let elu = |v: f64| {
                    if v > 0.0 {
                        v
                    } else {
                        alpha as f64 * v.exp_m1()
                    }
                };
                (each(&y, &elu), s)
            }
            LayerSpec::Maxout(Maxout { pieces }) => {
                let largest = |x: &[f64]| x.iter().copied().fold(f64::MIN, f64::max);
                (
                    y.chunks(pieces).map(largest).collect(),
                    (s.0 / pieces, 1, 1),
                )
            }
            LayerSpec::Flatten(_) => (y, (s.0 * s.1 * s.2, 1, 1)),
            LayerSpec::Reshape(Reshape {
                channels,
                height,
                width,
            }) => (y, (channels, height, width)),
            LayerSpec::UpsampleNearest(UpsampleNearest { factor }) => {
                let (c, h, w) = (s.0, s.1 * factor, s.2 * factor);
                let pixel = |k: usize| {
                    let (plane, row, column) = (k / (h * w), k / w % h, k % w);
                    y[(plane * s.1 + row / factor) * s.2 + column / factor]
                };
                ((0..n * c * h * w).map(pixel).collect(), (c, h, w))
            }
            LayerSpec::Dropout(_) | LayerSpec::RandomAffine(_) => (y, s),
            LayerSpec::MinibatchStddev(_) => {
                let len = s.0 * s.1 * s.2;
                let deviation = |j: usize| {
                    let (_, variance) = moments(y.iter().skip(j).step_by(len).copied());
                    (variance + 1e-8).sqrt()
                };
                let mean = (0..len).map(deviation).sum::<f64>() / len as f64;
                let more = |x: &[f64]| [x, &vec![mean; s.1 * s.2]].concat();
                (y.chunks(len).flat_map(more).collect(), (s.0 + 1, s.1, s.2))
            }
            LayerSpec::AvgPool2d(AvgPool2d { kernel, stride }) => {
                let stride = stride.unwrap_or(kernel);
                let (h, w) = ((s.1 - kernel) / stride + 1, (s.2 - kernel) / stride + 1);
                let mean = |(plane, i, j): Size| {
                    let pixel =
                        |(_, a, b): Size| y[(plane * s.1 + i * stride + a) * s.2 + j * stride + b];
                    cells(1, kernel, kernel).map(pixel).sum::<f64>() / (kernel * kernel) as f64
                };
                (cells(n * s.0, h, w).map(mean).collect(), (s.0, h, w))
            }
            LayerSpec::Residual(ref block) => {
                let branch = |layers: &[LayerSpec], name: &str| {
                    let prefix = format!("{prefix}{i}.{name}.");
                    apply(layers, &prefix, w, (&y, s), (n, training))
                };
                let (main, size) = branch(&block.main, "main");
                let (shortcut, _) = branch(&block.shortcut, "shortcut");
                (
                    main.iter().zip(shortcut).map(|(a, b)| a + b).collect(),
                    size,
                )
            }
        };
    }
    (y, s)
}

/// Returns the mean and the biased variance.
pub fn moments(x: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let n = x.clone().count() as f64;
    let mean = x.clone().sum::<f64>() / n;
    (mean, x.map(|v| (v - mean).powi(2)).sum::<f64>() / n)
}

type Bias<'a> = &'a dyn Fn(usize) -> f64;

fn conv(
    x: &[f64],
    n: usize,
    (c, h, w): Size,
    weight: &[f64],
    bias: Bias<'_>,
    filters: usize,
    (kernel, stride, padding): Size,
) -> (Vec<f64>, Size) {
    let out = |side: usize| (side + 2 * padding - kernel) / stride + 1;
    let (oh, ow) = (out(h), out(w));
    let mut y = Vec::new();
    for sample in 0..n {
        for (f, i, j) in cells(filters, oh, ow) {
            let mut sum = bias(f);
            for (ch, a, b) in cells(c, kernel, kernel) {
                let (row, column) = (i * stride + a, j * stride + b);
                if (padding..h + padding).contains(&row) && (padding..w + padding).contains(&column)
                {
                    let pixel = ((sample * c + ch) * h + row - padding) * w + column - padding;
                    sum += x[pixel] * weight[((f * c + ch) * kernel + a) * kernel + b];
                }
            }
            y.push(sum);
        }
    }
    (y, (filters, oh, ow))
}

/// A transposed convolution, with weights in PyTorch's layout `[in, out, kernel, kernel]` and an output padding of
/// `more`.
#[expect(
    clippy::too_many_arguments,
    reason = "they are the settings of the layer"
)]
fn adjoint(
    x: &[f64],
    n: usize,
    (c, h, w): Size,
    weight: &[f64],
    bias: Bias<'_>,
    outputs: usize,
    (kernel, stride, padding): Size,
    more: usize,
) -> (Vec<f64>, Size) {
    let out = |side: usize| (side - 1) * stride + kernel + more - 2 * padding;
    let (oh, ow) = (out(h), out(w));
    let mut y: Vec<f64> = (0..n * outputs * oh * ow)
        .map(|k| bias(k / (oh * ow) % outputs))
        .collect();
    for sample in 0..n {
        for (ch, i, j) in cells(c, h, w) {
            let value = x[((sample * c + ch) * h + i) * w + j];
            for (o, a, b) in cells(outputs, kernel, kernel) {
                let (row, column) = (i * stride + a, j * stride + b);
                if (padding..oh + padding).contains(&row)
                    && (padding..ow + padding).contains(&column)
                {
                    let pixel =
                        ((sample * outputs + o) * oh + row - padding) * ow + column - padding;
                    y[pixel] += value * weight[((ch * outputs + o) * kernel + a) * kernel + b];
                }
            }
        }
    }
    (y, (outputs, oh, ow))
}

fn cells(a: usize, b: usize, c: usize) -> impl Iterator<Item = Size> {
    (0..a).flat_map(move |i| (0..b).flat_map(move |j| (0..c).map(move |k| (i, j, k))))
}

fn batch_norm(
    x: &[f64],
    (channels, h, w): Size,
    (gamma, beta): (Bias<'_>, Bias<'_>),
    eps: f64,
    given: Option<(&[f64], &[f64])>,
) -> Vec<f64> {
    let channel = |k: usize| k / (h * w) % channels;
    let of = |c: usize| {
        let own = x.iter().enumerate().filter(move |(k, _)| channel(*k) == c);
        moments(own.map(|(_, v)| *v))
    };
    let all: Vec<(f64, f64)> = match given {
        Some((mean, variance)) => mean.iter().copied().zip(variance.iter().copied()).collect(),
        None => (0..channels).map(of).collect(),
    };
    let place = |(k, v): (usize, &f64)| {
        let (mean, variance) = all[channel(k)];
        (v - mean) / (variance + eps).sqrt() * gamma(channel(k)) + beta(channel(k))
    };
    x.iter().enumerate().map(place).collect()
}
