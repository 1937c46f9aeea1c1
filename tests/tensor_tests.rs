//! Compares the operations of `tensor/` with plain loops and central differences in f64, and with the same
//! operations composed of dfdx's own.

use ganscope::Result;
use ganscope::random::{Stream, standard_normal};
use ganscope::tensor::activation::Activation;
use ganscope::tensor::conv::{Geometry, conv_transpose2d, conv2d};
use ganscope::tensor::dense::{activate, dense};
use ganscope::tensor::normalize::{Moments, batch_norm, layer_norm};
use ganscope::tensor::pool::avg_pool2d;
use ganscope::tensor::resample::resample;
use ganscope::tensor::sum::sum;
use ganscope::tensor::{Batch, Gradients, Needs, Parameter, Recording, Tensor, composed};

fn numbers(stream: u64, n: usize) -> Vec<f32> {
    standard_normal(stream, Stream::Data, 0, n)
}

fn close(what: &str, ours: &[f32], expected: &[f64], tolerance: f64) {
    assert_eq!(ours.len(), expected.len(), "{what}");
    let scale = expected.iter().fold(1.0f64, |a, b| a.max(b.abs()));
    for (i, (a, b)) in ours.iter().zip(expected).enumerate() {
        let error = (*a as f64 - b).abs() / scale;
        assert!(
            error < tolerance,
            "{what}[{i}]: {a} against {b}, off by {error:e} of {scale}"
        );
    }
}

fn to_f64(x: &[f32]) -> Vec<f64> {
    x.iter().map(|&x| x as f64).collect()
}

/// Computes ∂f/∂x by central differences.
fn differences(f: &dyn Fn(&[f64]) -> f64, x: &[f64]) -> Vec<f64> {
    let h = 1e-5;
    (0..x.len())
        .map(|i| {
            let at = |d: f64| {
                let mut x = x.to_vec();
                x[i] += d;
                f(&x)
            };
            (at(h) - at(-h)) / (2.0 * h)
        })
        .collect()
}

/// An operation of `tensor/` on (x, parameters, needs).
type Ours<'a> = &'a dyn Fn(Batch<Recording>, &[Parameter], Needs) -> Result<Batch<Recording>>;
/// The same operation as an f64 loop over (x, parameters).
type Plain<'a> = &'a dyn Fn(&[f64], &[Vec<f64>]) -> Vec<f64>;
/// The same operation composed of dfdx's.
type Composed<'a> = &'a dyn Fn(Tensor<Recording>, &[Tensor]) -> Result<Tensor<Recording>>;

/// Compares value and gradients of an operation with `plain`, an f64 loop over (x, parameters).
///
/// The loss is Σ r·y with fixed random r, so that every output has a different weight.
#[expect(
    clippy::needless_pass_by_value,
    reason = "callers write the arguments as literals"
)]
fn check(
    x: (Vec<f32>, usize, usize),
    parameters: Vec<(Vec<f32>, Vec<usize>)>,
    ours: Ours<'_>,
    plain: Plain<'_>,
) {
    let run = |needs: Needs| {
        let parameters: Vec<Parameter> = parameters
            .iter()
            .map(|(v, s)| Parameter::new(v.clone(), s).unwrap())
            .collect();
        let batch = Batch::new(x.0.clone(), x.1, x.2).unwrap();
        let y = ours(batch.clone().record(), &parameters, needs).unwrap();
        let values = y.values();
        let r = numbers(99, values.len());
        let (rows, columns) = (y.rows(), y.columns());
        let r_tensor = Batch::new(r.clone(), rows, columns)
            .unwrap()
            .into_tensor()
            .unwrap();
        let loss = composed::masked(y.into_tensor().unwrap(), r_tensor).unwrap();
        use dfdx::tensor_ops::SumTo;
        let mut gradients = Gradients::of(loss.sum::<(), _>().into()).unwrap();
        let dx = gradients.take_input(&batch).unwrap();
        let dw: Vec<Vec<f32>> = parameters
            .iter()
            .map(|p| gradients.take(p).unwrap())
            .collect();
        (values.to_vec(), r, dx, dw)
    };
    let (y, r, dx, dw) = run(Needs::ALL);
    let ps: Vec<Vec<f64>> = parameters.iter().map(|(v, _)| to_f64(v)).collect();
    let xs = to_f64(&x.0);
    close("y", &y, &plain(&xs, &ps), 2e-6);
    let loss = |x: &[f64], ps: &[Vec<f64>]| -> f64 {
        plain(x, ps)
            .iter()
            .zip(&r)
            .map(|(y, r)| y * *r as f64)
            .sum()
    };
    close("dx", &dx, &differences(&|x| loss(x, &ps), &xs), 5e-6);
    for (i, dw) in dw.iter().enumerate() {
        let f = |w: &[f64]| {
            let mut ps = ps.clone();
            ps[i] = w.to_vec();
            loss(&xs, &ps)
        };
        close(&format!("dw{i}"), dw, &differences(&f, &ps[i]), 5e-6);
    }
    // Gradients that are not needed are not computed, and the others do not change. (On a GPU dfdx computes
    // all of them.)
    if cfg!(feature = "cuda") {
        return;
    }
    let (_, _, frozen_dx, frozen_dw) = run(Needs {
        input: true,
        weights: false,
    });
    assert_eq!(frozen_dx, dx);
    assert!(frozen_dw.iter().flatten().all(|g| *g == 0.0));
    let (_, _, data_dx, data_dw) = run(Needs {
        input: false,
        weights: true,
    });
    assert_eq!(data_dw, dw);
    assert!(data_dx.iter().all(|g| *g == 0.0));
}

fn leaky(x: f64) -> f64 {
    if x > 0.0 { x } else { 0.2 * x }
}

const LEAKY: Activation = Activation::LeakyRelu { slope: 0.2 };

#[test]
fn dense_equals_its_definition() {
    let (n, i, o) = (5, 7, 4);
    check(
        (numbers(1, n * i), n, i),
        vec![(numbers(2, o * i), vec![o, i]), (numbers(3, o), vec![o])],
        &|x, p, needs| dense(x, &p[0], Some(&p[1]), Activation::Tanh, needs),
        &|x, p| {
            let mut y = vec![0.0; n * o];
            for b in 0..n {
                for r in 0..o {
                    let sum: f64 = (0..i).map(|c| x[b * i + c] * p[0][r * i + c]).sum();
                    y[b * o + r] = (sum + p[1][r]).tanh();
                }
            }
            y
        },
    );
}

/// Visits the terms of Y[f, oy, ox] = Σ W[f, c, ky, kx] X[c, oy·s + ky − p, ox·s + kx − p].
fn for_each_tap(g: Geometry, mut visit: impl FnMut(usize, usize, usize)) {
    for f in 0..g.filters {
        for oy in 0..g.out_height() {
            for ox in 0..g.out_width() {
                for c in 0..g.channels {
                    for ky in 0..g.kernel {
                        for kx in 0..g.kernel {
                            let y = (oy * g.stride + ky) as isize - g.padding as isize;
                            let x = (ox * g.stride + kx) as isize - g.padding as isize;
                            let inside = y >= 0
                                && x >= 0
                                && (y as usize) < g.height
                                && (x as usize) < g.width;
                            if inside {
                                visit(
                                    (f * g.out_height() + oy) * g.out_width() + ox,
                                    ((f * g.channels + c) * g.kernel + ky) * g.kernel + kx,
                                    (c * g.height + y as usize) * g.width + x as usize,
                                );
                            }
                        }
                    }
                }
            }
        }
    }
}

fn geometry(
    [channels, height, width]: [usize; 3],
    filters: usize,
    [kernel, stride, padding]: [usize; 3],
) -> Geometry {
    Geometry {
        channels,
        height,
        width,
        filters,
        kernel,
        stride,
        padding,
    }
}

/// Geometries with strides 1 to 3, kernels that are and are not multiples of the stride, paddings, and
/// unequal sides.
fn geometries() -> Vec<Geometry> {
    vec![
        geometry([2, 6, 6], 3, [4, 2, 1]),
        geometry([1, 5, 7], 2, [3, 1, 1]),
        geometry([2, 7, 5], 2, [3, 2, 0]),
        geometry([1, 7, 7], 2, [5, 3, 2]),
        geometry([3, 3, 3], 2, [1, 1, 0]),
        geometry([1, 4, 4], 1, [2, 3, 0]),
    ]
}

#[test]
fn conv2d_equals_its_definition() {
    for g in geometries() {
        let n = 3;
        check(
            (numbers(4, n * g.image_len()), n, g.image_len()),
            vec![
                (
                    numbers(5, g.filters * g.channels * g.kernel * g.kernel),
                    vec![g.filters, g.channels, g.kernel, g.kernel],
                ),
                (numbers(6, g.filters), vec![g.filters]),
            ],
            &|x, p, needs| conv2d(x, &p[0], Some(&p[1]), g, LEAKY, needs),
            &|x, p| {
                let plane = g.out_height() * g.out_width();
                let mut out = Vec::new();
                for x in x.chunks(g.image_len()) {
                    let mut y: Vec<f64> = (0..g.map_len()).map(|i| p[1][i / plane]).collect();
                    for_each_tap(g, |to, w, from| y[to] += p[0][w] * x[from]);
                    out.extend(y.into_iter().map(leaky));
                }
                out
            },
        );
    }
}

#[test]
fn conv_transpose2d_equals_its_definition() {
    for g in geometries() {
        let n = 3;
        check(
            (numbers(7, n * g.map_len()), n, g.map_len()),
            vec![
                (
                    numbers(8, g.filters * g.channels * g.kernel * g.kernel),
                    vec![g.filters, g.channels, g.kernel, g.kernel],
                ),
                (numbers(9, g.channels), vec![g.channels]),
            ],
            &|x, p, needs| conv_transpose2d(x, &p[0], Some(&p[1]), g, LEAKY, needs),
            &|x, p| {
                let plane = g.height * g.width;
                let mut out = Vec::new();
                for x in x.chunks(g.map_len()) {
                    let mut y: Vec<f64> = (0..g.image_len()).map(|i| p[1][i / plane]).collect();
                    for_each_tap(g, |from, w, to| y[to] += p[0][w] * x[from]);
                    out.extend(y.into_iter().map(leaky));
                }
                out
            },
        );
    }
}

/// Compares the convolutions that are computed by Winograd's algorithm, and their gradients, with f64 loops. The
/// errors are relative to the root mean square of the exact values. Tiles of 4 × 4 outputs have the rounding error of the
/// products themselves, tiles of 7 × 7 four times as much.
#[test]
fn many_channels_equal_their_definition() {
    // Whole tiles and parts of tiles, unequal sides, pixels that no kernel reaches, more images than are interleaved,
    // and planes that are computed in several strips.
    for (g, n, tile) in [
        (geometry([64, 14, 14], 64, [4, 2, 1]), 3, 7),
        (geometry([64, 16, 16], 64, [4, 2, 1]), 3, 4),
        (geometry([32, 13, 10], 33, [4, 2, 1]), 17, 7),
        (geometry([33, 15, 6], 32, [4, 2, 0]), 33, 4),
        (geometry([32, 9, 6], 40, [2, 1, 1]), 5, 7),
        (geometry([34, 40, 72], 32, [4, 2, 1]), 2, 4),
        (geometry([33, 54, 28], 32, [4, 2, 1]), 2, 7),
        (geometry([32, 13, 13], 32, [6, 3, 2]), 4, 4),
    ] {
        let x = numbers(41, n * g.image_len());
        let y = numbers(42, n * g.map_len());
        let w = numbers(43, g.filters * g.channels * g.kernel * g.kernel);
        // W · gather(X), scatter(Wᵀ · Y) and Y · gather(X)ᵀ.
        let mut maps = vec![0.0; y.len()];
        let mut images = vec![0.0; x.len()];
        let mut weights = vec![0.0; w.len()];
        for i in 0..n {
            let (x, y) = (&x[i * g.image_len()..], &y[i * g.map_len()..]);
            let maps = &mut maps[i * g.map_len()..];
            let images = &mut images[i * g.image_len()..];
            for_each_tap(g, |m, k, p| {
                maps[m] += f64::from(w[k]) * f64::from(x[p]);
                images[p] += f64::from(w[k]) * f64::from(y[m]);
                weights[k] += f64::from(y[m]) * f64::from(x[p]);
            });
        }
        let parameter = Parameter::new(w, &[g.filters, g.channels, g.kernel, g.kernel]).unwrap();
        let image = Batch::new(x, n, g.image_len()).unwrap();
        let map = Batch::new(y, n, g.map_len()).unwrap();
        // With the loss Σ output·r, the gradient of the output is r.
        let gradients = |output: Batch<Recording>, input: &Batch, r: &Batch| {
            let values = output.values().to_vec();
            let mut gradients = Gradients::of(output.dot(r).unwrap()).unwrap();
            let dx = gradients.take_input(input).unwrap();
            (values, dx, gradients.take(&parameter).unwrap())
        };
        let linear = Activation::Linear;
        let output = conv2d(
            image.clone().record(),
            &parameter,
            None,
            g,
            linear,
            Needs::ALL,
        );
        let (found_maps, found_images, found_weights) = gradients(output.unwrap(), &image, &map);
        let output = conv_transpose2d(
            map.clone().record(),
            &parameter,
            None,
            g,
            linear,
            Needs::ALL,
        );
        let transposed = gradients(output.unwrap(), &map, &image);
        // A sum of N products has an error of about √N roundings.
        let in_patch = g.channels * g.kernel * g.kernel;
        let at_pixel = g.filters * (g.kernel / g.stride).pow(2);
        let in_batch = n * g.out_height() * g.out_width();
        for (name, found, exact, terms) in [
            ("convolution", &found_maps, &maps, in_patch),
            ("its input", &found_images, &images, at_pixel),
            ("its weights", &found_weights, &weights, in_batch),
            ("transposed convolution", &transposed.0, &images, at_pixel),
            ("its input", &transposed.1, &maps, in_patch),
            ("its weights", &transposed.2, &weights, in_batch),
        ] {
            let rms = |values: &[f64]| {
                let squares: f64 = values.iter().map(|v| v * v).sum();
                (squares / values.len() as f64).sqrt()
            };
            let rounding = rms(exact) * (terms as f64).sqrt() * 0.5f64.powi(24);
            let errors: Vec<f64> = found
                .iter()
                .zip(exact)
                .map(|(&found, exact)| (f64::from(found) - exact) / rounding)
                .collect();
            let largest = errors.iter().fold(0.0f64, |max, e| max.max(e.abs()));
            let (max_rms, max) = if tile == 4 { (1.5, 15.0) } else { (6.0, 100.0) };
            assert!(
                rms(&errors) < max_rms && largest < max,
                "{g:?}, {name}: {:.1} and {largest:.1} roundings",
                rms(&errors)
            );
        }
    }
}

#[test]
fn batch_norm_equals_its_definition() {
    for (n, channels, plane) in [(6, 3, 1), (4, 2, 5)] {
        let features = channels * plane;
        let plain = |x: &[f64], p: &[Vec<f64>], running: Option<(f64, f64)>| {
            let mut y = vec![0.0; x.len()];
            for (c, (gamma, beta)) in p[0].iter().zip(&p[1]).enumerate() {
                let at: Vec<usize> = (0..x.len()).filter(|i| i % features / plane == c).collect();
                let count = at.len() as f64;
                let (mean, variance) = running.unwrap_or_else(|| {
                    let mean = at.iter().map(|&i| x[i]).sum::<f64>() / count;
                    let square = at.iter().map(|&i| (x[i] - mean).powi(2)).sum::<f64>();
                    (mean, square / count)
                });
                for i in at {
                    y[i] = (x[i] - mean) / (variance + 1e-5).sqrt() * gamma + beta;
                }
            }
            y
        };
        let parameters = vec![
            (numbers(11, channels), vec![channels]),
            (numbers(12, channels), vec![channels]),
        ];
        check(
            (numbers(10, n * features), n, features),
            parameters.clone(),
            &|x, p, needs| Ok(batch_norm(x, &p[0], &p[1], 1e-5, None, needs)?.0),
            &|x, p| plain(x, p, None),
        );
        let running = Moments {
            mean: vec![0.3; channels],
            variance: vec![1.7; channels],
        };
        check(
            (numbers(10, n * features), n, features),
            parameters,
            &|x, p, needs| Ok(batch_norm(x, &p[0], &p[1], 1e-5, Some(&running), needs)?.0),
            &|x, p| plain(x, p, Some((0.3f32 as f64, 1.7f32 as f64))),
        );
    }
}

#[test]
fn layer_norm_equals_its_definition() {
    let (n, features) = (4, 6);
    check(
        (numbers(13, n * features), n, features),
        vec![
            (numbers(14, features), vec![features]),
            (numbers(15, features), vec![features]),
        ],
        &|x, p, needs| layer_norm(x, &p[0], &p[1], 1e-5, needs),
        &|x, p| {
            let mut y = Vec::new();
            for x in x.chunks(features) {
                let mean = x.iter().sum::<f64>() / features as f64;
                let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / features as f64;
                for (i, x) in x.iter().enumerate() {
                    y.push((x - mean) / (variance + 1e-5).sqrt() * p[0][i] + p[1][i]);
                }
            }
            y
        },
    );
}

/// Asserts that value, input gradient and weight gradients of `ours` equal those of `theirs`.
fn assert_same(
    (n, columns): (usize, usize),
    shapes: &[Vec<usize>],
    ours: Ours<'_>,
    theirs: Composed<'_>,
) {
    let x = Batch::new(numbers(20, n * columns), n, columns).unwrap();
    let values: Vec<Vec<f32>> = shapes
        .iter()
        .enumerate()
        .map(|(i, s)| numbers(21 + i as u64, s.iter().product()))
        .collect();
    let parameters: Vec<Parameter> = values
        .iter()
        .zip(shapes)
        .map(|(v, s)| Parameter::new(v.clone(), s).unwrap())
        .collect();
    let tensors: Vec<Tensor> = values
        .iter()
        .zip(shapes)
        .map(|(v, s)| Batch::new(v.clone(), s[0], s[1..].iter().product()).unwrap())
        .map(|batch| batch.into_tensor().unwrap())
        .collect();
    let a = ours(x.clone().record(), &parameters, Needs::ALL).unwrap();
    let b = theirs(x.clone().record().into_tensor().unwrap(), &tensors).unwrap();
    close("y", &a.values(), &to_f64(&b.as_vec()), 1e-6);
    use dfdx::tensor_ops::SumTo;
    let loss = |t: Tensor<Recording>| Gradients::of(t.square().sum::<(), _>().into()).unwrap();
    let (mut a, mut b) = (loss(a.into_tensor().unwrap()), loss(b));
    close(
        "dx",
        &a.take_input(&x).unwrap(),
        &to_f64(&b.take_input(&x).unwrap()),
        2e-6,
    );
    for (p, t) in parameters.iter().zip(&tensors) {
        close(
            "dw",
            &a.take(p).unwrap(),
            &to_f64(&b.take_tensor(t).unwrap()),
            2e-6,
        );
    }
}

/// With the feature `cuda`, the operations are the composed ones that are tested here.
#[test]
fn composed_operations_agree_with_the_cpu_kernels() {
    let (n, i, o) = (5, 6, 3);
    assert_same(
        (n, i),
        &[vec![o, i], vec![o]],
        &|x, p, needs| dense(x, &p[0], Some(&p[1]), Activation::Linear, needs),
        &|x, p| composed::dense(x, p[0].clone(), Some(p[1].clone())),
    );
    for activation in [
        Activation::Relu,
        LEAKY,
        Activation::Tanh,
        Activation::Sigmoid,
        Activation::Softplus,
        Activation::Elu { alpha: 1.3 },
    ] {
        assert_same((n, i), &[], &|x, _, _| activate(x, activation), &|x, _| {
            composed::activate(x, activation)
        });
    }
    for g in geometries() {
        let w = vec![g.filters, g.channels, g.kernel, g.kernel];
        assert_same(
            (n, g.image_len()),
            &[w.clone(), vec![g.filters]],
            &|x, p, needs| conv2d(x, &p[0], Some(&p[1]), g, Activation::Linear, needs),
            &|x, p| composed::conv2d(x, p[0].clone(), Some(p[1].clone()), g),
        );
        assert_same(
            (n, g.map_len()),
            &[w, vec![g.channels]],
            &|x, p, needs| conv_transpose2d(x, &p[0], Some(&p[1]), g, Activation::Linear, needs),
            &|x, p| composed::conv_transpose2d(x, p[0].clone(), Some(p[1].clone()), g),
        );
    }
    assert_same(
        (n, 8),
        &[vec![4], vec![4]],
        &|x, p, needs| Ok(batch_norm(x, &p[0], &p[1], 1e-5, None, needs)?.0),
        &|x, p| Ok(composed::batch_norm(x, p[0].clone(), p[1].clone(), 1e-5, None)?.0),
    );
    assert_same(
        (n, 8),
        &[vec![8], vec![8]],
        &|x, p, needs| layer_norm(x, &p[0], &p[1], 1e-5, needs),
        &|x, p| composed::layer_norm(x, p[0].clone(), p[1].clone(), 1e-5),
    );
}

/// Resamples three images of two channels of five pixels, each image with taps of its own.
#[test]
fn resampling_agrees_with_its_loop_and_with_dfdx() {
    let (n, channels, plane) = (3, 2, 5);
    let taps: Vec<(usize, f32)> = (numbers(8, n * plane * 4).into_iter().enumerate())
        .map(|(k, w)| ((7 * k + k / 3) % plane, w))
        .collect();
    let plain = |x: &[f64], _: &[Vec<f64>]| -> Vec<f64> {
        let pixel = |p: usize| {
            let (sample, channel) = (p / (channels * plane), p / plane);
            let taps = &taps[(sample * plane + p % plane) * 4..][..4];
            let value = |&(i, w): &(usize, f32)| w as f64 * x[channel * plane + i];
            taps.iter().map(value).sum()
        };
        (0..x.len()).map(pixel).collect()
    };
    let m = channels * plane;
    check(
        (numbers(9, n * m), n, m),
        vec![],
        &|x, _, needs| resample(x, &taps, plane, needs),
        &plain,
    );
    assert_same(
        (n, m),
        &[],
        &|x, _, needs| resample(x, &taps, plane, needs),
        &|x, _| composed::resample(x, &taps, plane),
    );
}

#[test]
fn upsampling_repeats_pixels_and_its_gradient_sums_them() {
    let x = Batch::new(vec![1.0, 2.0, 3.0, 4.0], 1, 4).unwrap();
    let y = composed::upsample_nearest(x.clone().record().into_tensor().unwrap(), (1, 2, 2), 2)
        .unwrap();
    let expected = [
        1., 1., 2., 2., 1., 1., 2., 2., 3., 3., 4., 4., 3., 3., 4., 4.,
    ];
    assert_eq!(y.as_vec(), expected);
    use dfdx::tensor_ops::SumTo;
    let mut gradients = Gradients::of(y.sum::<(), _>().into()).unwrap();
    assert_eq!(gradients.take_input(&x).unwrap(), [4.0; 4]);
}

#[test]
fn a_sum_and_its_gradients() {
    let [a, b] = [1, 2].map(|stream| Batch::new(numbers(stream, 12), 3, 4).unwrap());
    let expected: Vec<f32> = a
        .values()
        .iter()
        .zip(b.values().iter())
        .map(|(a, b)| a + b)
        .collect();
    let r = Batch::new(numbers(9, 12), 3, 4).unwrap();
    let y = sum(a.clone().record(), &b).unwrap();
    assert_eq!(*y.values(), expected);
    let mut gradients = Gradients::of(y.dot(&r).unwrap()).unwrap();
    assert_eq!(gradients.take_input(&a).unwrap(), *r.values());
    assert_eq!(gradients.take_input(&b).unwrap(), *r.values());
    // A batch that is added to itself gets both gradients.
    let y = sum(a.clone().record(), &a).unwrap();
    let mut gradients = Gradients::of(y.dot(&r).unwrap()).unwrap();
    let twice: Vec<f32> = r.values().iter().map(|r| 2.0 * r).collect();
    assert_eq!(gradients.take_input(&a).unwrap(), twice);
    let composed = composed::sum(a.record().into_tensor().unwrap(), b.into_tensor().unwrap());
    assert_eq!(composed.unwrap().as_vec(), expected);
}

#[test]
fn average_pooling_and_its_gradient() {
    let (channels, height, width) = (2, 5, 6);
    for (kernel, stride) in [(2, 2), (3, 1), (2, 3), (5, 5), (1, 1)] {
        let g = Geometry {
            channels,
            height,
            width,
            filters: channels,
            kernel,
            stride,
            padding: 0,
        };
        let n = g.image_len();
        let x = Batch::new(numbers(1, 3 * n), 3, n).unwrap();
        let (rows, columns) = (g.out_height(), g.out_width());
        let plain = |x: &[f64]| -> Vec<f64> {
            let outputs = 3 * g.map_len();
            let of = |o: usize| {
                let (plane, i, j) = (o / (rows * columns), o / columns % rows, o % columns);
                let under = (0..kernel * kernel).map(|k| {
                    let (row, column) = (i * stride + k / kernel, j * stride + k % kernel);
                    x[(plane * height + row) * width + column]
                });
                under.sum::<f64>() / (kernel * kernel) as f64
            };
            (0..outputs).map(of).collect()
        };
        let r = numbers(9, 3 * g.map_len());
        let xs = to_f64(&x.values());
        let weighted = |x: &[f64]| -> f64 {
            let y = plain(x);
            y.iter().zip(&r).map(|(y, r)| y * f64::from(*r)).sum()
        };
        let what = format!("{kernel} /{stride}");
        let y = avg_pool2d(x.clone().record(), g, Needs::ALL).unwrap();
        close(&what, &y.values(), &plain(&xs), 1e-6);
        let composed = composed::avg_pool2d(x.clone().into_tensor().unwrap(), g).unwrap();
        close(&what, &composed.as_vec(), &plain(&xs), 1e-6);
        let r = Batch::new(r.clone(), 3, g.map_len()).unwrap();
        let mut gradients = Gradients::of(y.dot(&r).unwrap()).unwrap();
        let dx = gradients.take_input(&x).unwrap();
        close(&what, &dx, &differences(&weighted, &xs), 1e-6);
    }
}

#[test]
fn maxout_takes_the_largest_of_each_group() {
    let x = Batch::new(vec![1.0, 5.0, -2.0, -3.0], 1, 4).unwrap();
    let y = composed::maxout(x.clone().record().into_tensor().unwrap(), 2).unwrap();
    assert_eq!(y.as_vec(), [5.0, -2.0]);
    use dfdx::tensor_ops::SumTo;
    let mut gradients = Gradients::of(y.sum::<(), _>().into()).unwrap();
    assert_eq!(gradients.take_input(&x).unwrap(), [0.0, 1.0, 1.0, 0.0]);
}

#[test]
fn minibatch_stddev_is_the_mean_deviation_over_the_batch() {
    // Feature 0 has deviation 1 and feature 1 has 3, so the channel holds 2.
    let x = Batch::new(vec![0.0, 0.0, 2.0, 6.0], 2, 2).unwrap();
    let y = composed::minibatch_stddev(x.record().into_tensor().unwrap(), 2).unwrap();
    close(
        "y",
        &y.as_vec(),
        &[0.0, 0.0, 2.0, 2.0, 2.0, 6.0, 2.0, 2.0],
        1e-6,
    );
}

/// The results are equal bit for bit, because sums are grouped by size and never by thread.
#[cfg(not(feature = "cuda"))]
#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let g = Geometry {
        channels: 32,
        height: 14,
        width: 14,
        filters: 32,
        kernel: 4,
        stride: 2,
        padding: 1,
    };
    let run = || {
        let n = 37;
        let x = Batch::new(numbers(30, n * g.image_len()), n, g.image_len()).unwrap();
        let w = Parameter::new(numbers(31, 32 * 32 * 16), &[32, 32, 4, 4]).unwrap();
        let v = Parameter::new(numbers(32, 200 * g.map_len()), &[200, g.map_len()]).unwrap();
        let h = conv2d(x.clone().record(), &w, None, g, LEAKY, Needs::ALL).unwrap();
        let y = dense(h, &v, None, Activation::Tanh, Needs::ALL).unwrap();
        let mut gradients = Gradients::of(y.mean().unwrap()).unwrap();
        (
            gradients.take_input(&x).unwrap(),
            gradients.take(&w).unwrap(),
            gradients.take(&v).unwrap(),
        )
    };
    let with = |threads| {
        rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap()
            .install(run)
    };
    let one = with(1);
    for threads in [2, 3, 7] {
        assert!(one == with(threads), "{threads} threads differ from one");
    }
}

#[test]
fn softmax_cross_entropy_agrees_with_loops_and_with_dfdx() {
    use ganscope::tensor::{Loss, softmax};
    let (n, count) = (7, 5);
    // Logits up to ±12: some rows are certain, a few of them of the wrong class.
    let logits: Vec<f32> = numbers(3, n * count).iter().map(|v| 4.0 * v).collect();
    let classes: Vec<usize> = (0..n).map(|i| i * 3 % count).collect();
    let plain = |s: &[f64]| {
        let rows = s.chunks(count).zip(&classes);
        let losses = rows.map(|(row, &t)| {
            let sum: f64 = row.iter().map(|v| v.exp()).sum();
            -(row[t].exp() / sum).ln()
        });
        losses.sum::<f64>() / n as f64
    };
    let expected = plain(&to_f64(&logits));
    let slopes = differences(&plain, &to_f64(&logits));
    type CrossEntropy<'a> = &'a dyn Fn(Batch<Recording>) -> Result<Loss>;
    let ours: CrossEntropy<'_> = &|s| softmax::cross_entropy(s, &classes);
    let composed: CrossEntropy<'_> =
        &|s| Ok(composed::softmax_cross_entropy(s.into_tensor()?, &classes)?.into());
    for (what, loss) in [("ours", ours), ("composed", composed)] {
        let batch = Batch::new(logits.clone(), n, count).unwrap();
        let loss = loss(batch.clone().record()).unwrap();
        close(what, &[loss.value() as f32], &[expected], 1e-6);
        let gradient = Gradients::of(loss).unwrap().take_input(&batch).unwrap();
        close(what, &gradient, &slopes, 1e-7);
    }
    let p = softmax::probabilities(&logits, count);
    let loss: f64 = p
        .chunks(count)
        .zip(&classes)
        .map(|(p, &t)| -p[t].ln())
        .sum();
    assert!((loss / n as f64 - expected).abs() < 1e-6);
    // First a class without a column, then a row without a class.
    for classes in [&[0, 1, 2, 3, 4, 5, 0][..], &[0; 6]] {
        let batch = Batch::new(logits.clone(), n, count).unwrap().record();
        let message = softmax::cross_entropy(batch, classes);
        assert!(
            message
                .err()
                .unwrap()
                .to_string()
                .contains("need 7 class indices, each below 5")
        );
    }
}
