//! Networks from descriptions: shapes, errors, values, gradients, batch norm's moments, weights on disk.

use ganscope::data::SampleShape;
use ganscope::nn::{Network, NetworkSpec, Pass, StateDict, StateTensor, presets};
use ganscope::random::{Stream, standard_normal};
use ganscope::tensor::{Batch, Gradients};

fn spec(input: &str, layers: &str) -> NetworkSpec {
    serde_json::from_str(&format!(r#"{{"input": {input}, "layers": [{layers}]}}"#)).unwrap()
}

const IMAGE: &str = r#"{"kind": "image", "channels": 2, "height": 6, "width": 6}"#;
const VECTOR: &str = r#"{"kind": "vector", "len": 12}"#;

fn network(spec: &NetworkSpec) -> Network {
    Network::new("net", spec, 7, Stream::GeneratorInit).unwrap()
}

fn numbers(seed: u64, n: usize) -> Vec<f32> {
    standard_normal(seed, Stream::Data, 0, n)
}

fn batch(seed: u64, rows: usize, columns: usize) -> Batch {
    Batch::new(numbers(seed, rows * columns), rows, columns).unwrap()
}

#[test]
fn every_layer_has_its_shape() {
    let image = |channels, height, width| SampleShape::Image {
        channels,
        height,
        width,
    };
    let vector = |len| SampleShape::Vector { len };
    for (input, layer, expected) in [
        (
            VECTOR,
            r#"{"type": "dense", "in": 12, "out": 5}"#,
            vector(5),
        ),
        (
            IMAGE,
            r#"{"type": "conv2d", "in": 2, "out": 3, "kernel": 4, "stride": 2, "padding": 1}"#,
            image(3, 3, 3),
        ),
        (
            IMAGE,
            r#"{"type": "conv2d", "in": 2, "out": 3, "kernel": 3}"#,
            image(3, 4, 4),
        ),
        (
            IMAGE,
            r#"{"type": "conv_transpose2d", "in": 2, "out": 3, "kernel": 4, "stride": 2, "padding": 1}"#,
            image(3, 12, 12),
        ),
        (
            IMAGE,
            r#"{"type": "batch_norm", "features": 2}"#,
            image(2, 6, 6),
        ),
        (
            VECTOR,
            r#"{"type": "batch_norm", "features": 12}"#,
            vector(12),
        ),
        (IMAGE, r#"{"type": "layer_norm"}"#, image(2, 6, 6)),
        (VECTOR, r#"{"type": "relu"}"#, vector(12)),
        (
            VECTOR,
            r#"{"type": "leaky_relu", "slope": 0.1}"#,
            vector(12),
        ),
        (VECTOR, r#"{"type": "tanh"}"#, vector(12)),
        (VECTOR, r#"{"type": "sigmoid"}"#, vector(12)),
        (VECTOR, r#"{"type": "softplus"}"#, vector(12)),
        (VECTOR, r#"{"type": "elu"}"#, vector(12)),
        (VECTOR, r#"{"type": "maxout", "pieces": 3}"#, vector(4)),
        (IMAGE, r#"{"type": "flatten"}"#, vector(72)),
        (
            VECTOR,
            r#"{"type": "reshape", "channels": 3, "height": 2, "width": 2}"#,
            image(3, 2, 2),
        ),
        (
            IMAGE,
            r#"{"type": "upsample_nearest", "factor": 2}"#,
            image(2, 12, 12),
        ),
        (VECTOR, r#"{"type": "dropout", "p": 0.5}"#, vector(12)),
        (IMAGE, r#"{"type": "minibatch_stddev"}"#, image(3, 6, 6)),
        (VECTOR, r#"{"type": "minibatch_stddev"}"#, vector(13)),
    ] {
        let mut net = network(&spec(input, layer));
        assert_eq!(*net.output(), expected, "{layer}");
        let x = batch(1, 3, net.spec().input.numel());
        assert_eq!(
            net.infer(x.clone()).unwrap().columns(),
            expected.numel(),
            "{layer}"
        );
        let y = net.forward(x.record(), Pass::training(1, 0)).unwrap();
        assert_eq!((y.rows(), y.columns()), (3, expected.numel()), "{layer}");
        assert!(y.values().iter().all(|y| y.is_finite()));
    }
}

#[test]
fn mistakes_name_network_layer_and_both_shapes() {
    for (input, layer, expected, got) in [
        (
            IMAGE,
            r#"{"type": "dense", "in": 72, "out": 1}"#,
            "72 numbers",
            "2×6×6 image",
        ),
        (
            VECTOR,
            r#"{"type": "dense", "in": 13, "out": 1}"#,
            "13 numbers",
            "12 numbers",
        ),
        (
            VECTOR,
            r#"{"type": "dense", "in": 12, "out": 0}"#,
            "out of at least 1",
            "12",
        ),
        (
            VECTOR,
            r#"{"type": "conv2d", "in": 2, "out": 1, "kernel": 3}"#,
            "image of 2 channels",
            "12 numbers",
        ),
        (
            IMAGE,
            r#"{"type": "conv2d", "in": 3, "out": 1, "kernel": 3}"#,
            "3 channels",
            "2×6×6",
        ),
        (
            IMAGE,
            r#"{"type": "conv2d", "in": 2, "out": 1, "kernel": 9}"#,
            "at least 9×9",
            "2×6×6",
        ),
        (
            IMAGE,
            r#"{"type": "conv2d", "in": 2, "out": 1, "kernel": 3, "padding": 3}"#,
            "padding below kernel",
            "2×6×6",
        ),
        (
            IMAGE,
            r#"{"type": "conv_transpose2d", "in": 1, "out": 1, "kernel": 3}"#,
            "1 channels",
            "2×6×6",
        ),
        (
            IMAGE,
            r#"{"type": "batch_norm", "features": 5}"#,
            "5 channels",
            "2×6×6",
        ),
        (
            VECTOR,
            r#"{"type": "maxout", "pieces": 5}"#,
            "multiple of 5",
            "12 numbers",
        ),
        (
            VECTOR,
            r#"{"type": "reshape", "channels": 1, "height": 3, "width": 3}"#,
            "9 numbers",
            "12 numbers",
        ),
        (
            VECTOR,
            r#"{"type": "upsample_nearest", "factor": 2}"#,
            "an image",
            "12 numbers",
        ),
        (
            VECTOR,
            r#"{"type": "dropout", "p": 1.0}"#,
            "p in [0, 1)",
            "12 numbers",
        ),
    ] {
        let layers = format!(r#"{{"type": "tanh"}}, {layer}"#);
        let error = Network::new(
            "critic",
            &spec(input, &layers),
            1,
            Stream::DiscriminatorInit,
        );
        let message = error.unwrap_err().to_string();
        for part in ["critic layer 1", expected, got] {
            assert!(message.contains(part), "{message} lacks {part}");
        }
    }
    let unknown = serde_json::from_str::<NetworkSpec>(
        r#"{"input": {"kind": "vector", "len": 1}, "layers": [{"type": "dens"}]}"#,
    );
    assert!(unknown.unwrap_err().to_string().contains("dens"));
    let net = network(&spec(VECTOR, r#"{"type": "relu"}"#));
    let message = net.infer(batch(1, 2, 5)).unwrap_err().to_string();
    assert!(
        message.contains("12 numbers") && message.contains("5 numbers"),
        "{message}"
    );
}

/// Activations fused into a layer and standing alone give the values of a plain f64 loop.
#[test]
fn a_network_is_the_composition_of_its_layers() {
    let layers = r#"{"type": "dense", "in": 12, "out": 4}, {"type": "leaky_relu"},
        {"type": "tanh"}, {"type": "dense", "in": 4, "out": 2, "bias": false}"#;
    let net = network(&spec(VECTOR, layers));
    let x = batch(3, 5, 12);
    let (xs, y) = (x.values().to_vec(), net.infer(x).unwrap());
    let weights: Vec<Vec<f64>> = net
        .parameters()
        .iter()
        .map(|(_, p)| p.values().iter().map(|&v| v as f64).collect())
        .collect();
    assert_eq!(
        net.parameters()
            .iter()
            .map(|(n, _)| n.as_str())
            .collect::<Vec<_>>(),
        ["0.weight", "0.bias", "3.weight"]
    );
    for row in 0..5 {
        let hidden: Vec<f64> = (0..4)
            .map(|i| {
                let dot: f64 = (0..12)
                    .map(|j| weights[0][i * 12 + j] * xs[row * 12 + j] as f64)
                    .sum();
                let h = dot + weights[1][i];
                (if h > 0.0 { h } else { 0.2f32 as f64 * h }).tanh()
            })
            .collect();
        for i in 0..2 {
            let expected: f64 = (0..4).map(|j| weights[2][i * 4 + j] * hidden[j]).sum();
            let error = (y.values()[row * 2 + i] as f64 - expected).abs();
            assert!(error < 1e-6, "{error}");
        }
    }
}

/// Directional derivatives of mean(y) through convolution, batch norm, upsampling, stddev and dense.
#[test]
fn gradients_through_a_whole_network_agree_with_differences() {
    let layers = r#"{"type": "conv2d", "in": 2, "out": 3, "kernel": 3, "padding": 1},
        {"type": "batch_norm", "features": 3}, {"type": "tanh"},
        {"type": "upsample_nearest", "factor": 2}, {"type": "minibatch_stddev"},
        {"type": "conv_transpose2d", "in": 4, "out": 2, "kernel": 2, "stride": 2}, {"type": "softplus"},
        {"type": "layer_norm"}, {"type": "flatten"}, {"type": "dense", "in": 1152, "out": 1}, {"type": "tanh"}"#;
    let s = spec(IMAGE, layers);
    let x = batch(4, 4, 72);
    let loss = |net: &Network, x: &Batch, pass: Pass| {
        let mut net = net.clone();
        net.forward(x.clone().record(), pass)
            .unwrap()
            .mean()
            .unwrap()
    };
    let pass = Pass::training(1, 0).through();
    let net = network(&s);
    let value = |net: &Network, x: &Batch| loss(net, x, pass).as_vec()[0] as f64;
    let mut gradients = Gradients::of(loss(&net, &x, pass)).unwrap();
    let h = 2e-3f32;
    let names: Vec<String> = net.parameters().iter().map(|(n, _)| n.clone()).collect();
    for (i, name) in names.iter().enumerate() {
        let gradient = gradients.take(net.parameters()[i].1).unwrap();
        // Along the gradient itself: the derivative is its squared norm.
        let norm = gradient
            .iter()
            .map(|g| (*g as f64).powi(2))
            .sum::<f64>()
            .sqrt();
        // A bias in front of batch norm has no effect.
        if norm < 1e-6 {
            assert_eq!(name, "0.bias");
            continue;
        }
        let moved = |sign: f32| {
            let mut net = net.clone();
            let parameters = net.parameters_mut();
            let (_, p) = parameters.into_iter().nth(i).unwrap();
            p.update(|v| {
                let step = v.iter_mut().zip(&gradient);
                step.for_each(|(v, g)| *v += sign * h * g / norm as f32);
            });
            value(&net, &x)
        };
        let slope = (moved(1.0) - moved(-1.0)) / (2.0 * h as f64);
        assert!(
            (slope / norm - 1.0).abs() < 0.01,
            "{name}: {slope} against {norm}"
        );
    }
    let gradient = gradients.take_input(&x).unwrap();
    let norm = gradient
        .iter()
        .map(|g| (*g as f64).powi(2))
        .sum::<f64>()
        .sqrt();
    let moved = |sign: f32| {
        let start = x.values();
        let values = start
            .iter()
            .zip(&gradient)
            .map(|(v, g)| v + sign * h * g / norm as f32);
        value(&net, &Batch::new(values.collect(), 4, 72).unwrap())
    };
    let slope = (moved(1.0) - moved(-1.0)) / (2.0 * h as f64);
    assert!(
        (slope / norm - 1.0).abs() < 0.01,
        "input: {slope} against {norm}"
    );

    // Frozen: the same input gradient and none for the weights.
    let mut frozen = Gradients::of(loss(&net, &x, pass.frozen())).unwrap();
    let same = frozen.take_input(&x).unwrap();
    assert_eq!(same, gradient);
    for (name, parameter) in net.parameters() {
        assert!(
            frozen.take(parameter).unwrap().iter().all(|g| *g == 0.0),
            "{name}"
        );
    }
}

/// Running moments: m ← m + 0.1 (seen − m), with the unbiased variance, as PyTorch has it.
#[test]
fn batch_norm_follows_and_inference_uses_what_it_followed() {
    let mut net = network(&spec(VECTOR, r#"{"type": "batch_norm", "features": 12}"#));
    let (mut mean, mut variance) = (vec![0.0f64; 12], vec![1.0f64; 12]);
    for seed in 0..5 {
        let x = batch(seed, 8, 12);
        for c in 0..12 {
            let column: Vec<f64> = (0..8).map(|r| x.values()[r * 12 + c] as f64).collect();
            let m = column.iter().sum::<f64>() / 8.0;
            let v = column.iter().map(|x| (x - m).powi(2)).sum::<f64>() / 7.0;
            mean[c] += 0.1 * (m - mean[c]);
            variance[c] += 0.1 * (v - variance[c]);
        }
        net.forward(x.record(), Pass::training(1, seed)).unwrap();
    }
    let x = batch(9, 2, 12);
    let y = net.infer(x.clone()).unwrap();
    for i in 0..24 {
        let expected = (x.values()[i] as f64 - mean[i % 12]) / (variance[i % 12] + 1e-5).sqrt();
        assert!((y.values()[i] as f64 - expected).abs() < 2e-6);
    }
}

#[test]
fn dropout_keeps_the_mean_and_is_a_function_of_seed_and_step() {
    let mut net = network(&spec(VECTOR, r#"{"type": "dropout", "p": 0.3}"#));
    let ones = Batch::new(vec![1.0; 12 * 4000], 4000, 12).unwrap();
    let mut drop = |seed, step| {
        let y = net
            .forward(ones.clone(), Pass::training(seed, step))
            .unwrap();
        y.values().to_vec()
    };
    let y = drop(1, 5);
    let mean = y.iter().map(|&y| y as f64).sum::<f64>() / y.len() as f64;
    // sd of the mean: √(0.3/0.7/48000) = 0.003
    assert!((mean - 1.0).abs() < 0.012, "{mean}");
    assert!(y.iter().all(|y| *y == 0.0 || (y - 1.0 / 0.7).abs() < 1e-6));
    assert_eq!(drop(1, 5), y);
    assert_ne!(drop(1, 6), y);
    assert_ne!(drop(2, 5), y);
    assert_eq!(
        *net.infer(ones.clone()).unwrap().values(),
        vec![1.0; 12 * 4000]
    );
}

#[test]
fn weights_survive_the_disk_bit_by_bit() {
    let layers = r#"{"type": "dense", "in": 12, "out": 8}, {"type": "batch_norm", "features": 8},
        {"type": "relu"}, {"type": "dense", "in": 8, "out": 1}"#;
    let s = spec(VECTOR, layers);
    let mut net = network(&s);
    net.forward(batch(1, 8, 12).record(), Pass::training(1, 0))
        .unwrap();
    let mut state = StateDict::default();
    state.add("generator", &net);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.safetensors");
    state.write(&path, &Default::default()).unwrap();
    let (read, _) = StateDict::read(&path).unwrap();
    assert_eq!(read, state);
    let mut other = Network::new("net", &s, 99, Stream::GeneratorInit).unwrap();
    read.load("generator", &mut other).unwrap();
    let x = batch(2, 3, 12);
    assert_eq!(
        *net.infer(x.clone()).unwrap().values(),
        *other.infer(x).unwrap().values()
    );
    assert_eq!(read.get("generator.0.weight").unwrap().shape, [8, 12]);
    assert_eq!(read.get("generator.1.running_var").unwrap().shape, [8]);

    let missing = StateDict::default()
        .load("generator", &mut other)
        .unwrap_err();
    assert!(
        missing.contains("generator.0.weight is missing"),
        "{missing}"
    );
    let mut wrong = read.clone();
    wrong.insert(
        "generator.0.weight",
        StateTensor::f32(vec![0.0; 6], &[2, 3]),
    );
    let message = wrong.load("generator", &mut other).unwrap_err();
    assert!(
        message.contains("[2, 3]") && message.contains("[8, 12]"),
        "{message}"
    );
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    assert!(
        StateDict::read(&path)
            .unwrap_err()
            .to_string()
            .contains("truncated")
    );
}

/// θ ← d·θ + (1 − d)·θ'
#[test]
fn the_moving_average_is_its_recursion() {
    let s = spec(VECTOR, r#"{"type": "dense", "in": 12, "out": 3}"#);
    let mut average = network(&s);
    let other = Network::new("net", &s, 99, Stream::GeneratorInit).unwrap();
    let start = average.parameters()[0].1.values()[5] as f64;
    let target = other.parameters()[0].1.values()[5] as f64;
    for _ in 0..10 {
        average.follow(&other, 0.9);
    }
    let expected = target + 0.9f64.powi(10) * (start - target);
    assert!((average.parameters()[0].1.values()[5] as f64 - expected).abs() < 1e-6);
}

#[test]
fn presets_fit_their_data() {
    for (channels, side) in [(1, 28), (1, 32), (3, 64)] {
        let shape = SampleShape::Image {
            channels,
            height: side,
            width: side,
        };
        let g = network(&presets::generator(&shape, 16).unwrap());
        assert_eq!(*g.output(), shape);
        let d = network(&presets::discriminator(&shape).unwrap());
        assert_eq!(*d.output(), SampleShape::Vector { len: 1 });
    }
    let odd = SampleShape::Image {
        channels: 1,
        height: 30,
        width: 30,
    };
    let message = presets::generator(&odd, 16).unwrap_err().to_string();
    assert!(message.contains("multiple of 4"), "{message}");
}

#[test]
fn initial_weights_are_a_function_of_seed_and_layer() {
    let layers =
        r#"{"type": "dense", "in": 12, "out": 12}, {"type": "dense", "in": 12, "out": 12}"#;
    let s = spec(VECTOR, layers);
    let weights = |seed| -> Vec<Vec<f32>> {
        let net = Network::new("net", &s, seed, Stream::GeneratorInit).unwrap();
        net.parameters()
            .iter()
            .map(|(_, p)| p.values().to_vec())
            .collect()
    };
    assert_eq!(weights(1), weights(1));
    assert_ne!(weights(1)[0], weights(2)[0]);
    assert_ne!(weights(1)[0], weights(1)[2]);
}
