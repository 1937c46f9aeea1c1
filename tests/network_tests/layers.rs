//! State and random numbers of layers: running moments, dropout, affine maps, moving averages, initial weights.

use crate::common::{batch, close, image, network, spec, vector, weights, wide};
use crate::plain::moments;
use ganscope::nn::{Network, Pass};
use ganscope::random::Stream;
use ganscope::tensor::Batch;

#[test]
fn running_moments_follow_the_closed_recursion() {
    let (momentum, batches, rows) = (0.3, 4, 5);
    let mut net = network(
        &image(3, 2, 2),
        r#"{"type":"batch_norm","features":3,"momentum":0.3,"eps":1e-3}"#,
    );
    let (mut mean, mut variance) = (vec![0.0; 3], vec![1.0; 3]);
    for k in 0..batches {
        let x = batch(20 + k, rows, 12);
        for c in 0..3 {
            let values = x.values();
            let own = values.chunks(12).flat_map(|s| s[4 * c..4 * c + 4].to_vec());
            let own: Vec<f64> = own.map(f64::from).collect();
            let (mu, biased) = moments(own.iter().copied());
            // There are 20 numbers per channel. The variance that is averaged is the unbiased one.
            let unbiased = biased * 20.0 / 19.0;
            mean[c] = (1.0 - momentum) * mean[c] + momentum * mu;
            variance[c] = (1.0 - momentum) * variance[c] + momentum * unbiased;
        }
        net.forward(x, Pass::training(1, k)).unwrap();
    }
    let state = weights(&net);
    let narrow = |name: &str| state[name].iter().map(|&v| v as f32).collect::<Vec<f32>>();
    close("mean", &narrow("0.running_mean"), &mean, 1e-6);
    close("variance", &narrow("0.running_var"), &variance, 1e-6);
    assert_eq!(state["0.num_batches_tracked"], [batches as f64]);

    // Inference uses the running moments and does not change them.
    let x = batch(50, 2, 12);
    let y = net.infer(x.clone()).unwrap();
    let (gamma, beta) = (&state["0.weight"], &state["0.bias"]);
    let expected: Vec<f64> = wide(&x.values())
        .iter()
        .enumerate()
        .map(|(k, v)| {
            let c = k / 4 % 3;
            (v - mean[c]) / (variance[c] + 1e-3).sqrt() * gamma[c] + beta[c]
        })
        .collect();
    close("y", &y.values(), &expected, 2e-6);
    assert_eq!(weights(&net), state);
}

#[test]
fn dropout_keeps_the_mean_and_is_reproducible() {
    let p = 0.3f64;
    let mut net = network(&vector(500), r#"{"type":"dropout","p":0.3}"#);
    let ones = Batch::new(vec![1.0; 20_000], 40, 500).unwrap();
    let mut draw = |seed, step| {
        let y = net
            .forward(ones.clone(), Pass::training(seed, step))
            .unwrap();
        y.values().to_vec()
    };
    let y = draw(1, 2);
    let scale = (1.0 / (1.0 - p)) as f32;
    assert!(y.iter().all(|v| *v == 0.0 || (v - scale).abs() < 1e-6));
    // The number of kept values is binomial, with mean 14,000 and standard deviation √(n p (1 − p)) = 64.8;
    // the tolerance is four standard deviations.
    let kept = y.iter().filter(|v| **v != 0.0).count() as f64;
    assert!(
        (kept - 14_000.0).abs() < 4.0 * (20_000.0 * p * (1.0 - p)).sqrt(),
        "{kept}"
    );
    assert_eq!(y, draw(1, 2));
    assert_ne!(y, draw(1, 3));
    assert_ne!(y, draw(2, 2));
    assert_eq!(*net.infer(ones.clone()).unwrap().values(), *ones.values());
    // Two layers drop independently: a fraction of 0.49 remains, with a standard deviation of
    // √(20000 · 0.49 · 0.51) = 70.7.
    let drop = r#"{"type":"dropout","p":0.3}"#;
    let mut twice = network(&vector(500), &format!("{drop}, {drop}"));
    let y = twice.forward(ones, Pass::training(1, 2)).unwrap();
    let kept = y.values().iter().filter(|v| **v != 0.0).count() as f64;
    assert!((kept - 9_800.0).abs() < 4.0 * 70.7, "{kept}");
}

#[test]
fn the_gradient_of_dropout_uses_the_same_mask() {
    use ganscope::tensor::Gradients;
    let mut net = network(&vector(100), r#"{"type":"dropout","p":0.5}"#);
    let x = Batch::new(vec![3.0; 100], 1, 100).unwrap();
    let y = net
        .forward(x.clone().record(), Pass::training(1, 0).through())
        .unwrap();
    let values = y.values().to_vec();
    let mut gradients = Gradients::of(y.mean().unwrap()).unwrap();
    let dx = gradients.take_input(&x).unwrap();
    for (y, dx) in values.iter().zip(dx) {
        // y is 0 or 2·3, and its part of the gradient of the mean is 0 or 2/100.
        assert!((y / 300.0 - dx).abs() < 1e-8, "{y} {dx}");
    }
    assert!(values.contains(&0.0) && values.contains(&6.0));
}

/// For the image f(x, y) = 3x − 2y + 1, with x and y measured from the centre, bilinear interpolation is
/// exact, so each map can be computed from its output.
#[test]
fn affine_maps_stay_within_their_ranges() {
    let (side, n) = (21usize, 400);
    let plane: Vec<f32> = (0..side * side)
        .map(|p| {
            let (x, y) = ((p % side) as f32 - 10.0, (p / side) as f32 - 10.0);
            3.0 * x - 2.0 * y + 1.0
        })
        .collect();
    let image = image(1, side, side);
    let maps = |ranges: &str, step: u64| -> Vec<[f64; 3]> {
        let mut net = network(&image, &format!(r#"{{"type":"random_affine"{ranges}}}"#));
        let x = Batch::new(plane.repeat(n), n, side * side).unwrap();
        let y = net.forward(x.clone(), Pass::training(1, step)).unwrap();
        assert_eq!(*net.infer(x.clone()).unwrap().values(), *x.values());
        let values = y.values();
        let read = |y: &[f32]| {
            let at = |x: usize, row: usize| f64::from(y[row * side + x]);
            // Horizontal and vertical slope, and the value at the centre.
            [at(11, 10) - at(10, 10), at(10, 11) - at(10, 10), at(10, 10)]
        };
        values.chunks_exact(side * side).map(read).collect()
    };
    let within = |what: &str, found: f64, low: f64, high: f64| {
        assert!(
            low - 1e-4 <= found && found <= high + 1e-4,
            "{what} {found}"
        );
    };
    // Without ranges the image does not change.
    for [across, down, middle] in maps("", 0) {
        within("across", across, 3.0, 3.0);
        within("down", down, -2.0, -2.0);
        within("middle", middle, 1.0, 1.0);
    }
    // f = 3x − 2y, rotated by θ, has the slopes (3 cos θ − 2 sin θ, −3 sin θ − 2 cos θ).
    let turned = maps(r#","rotation":0.5"#, 0);
    let angle = |[across, down, _]: &[f64; 3]| {
        within("length", across.hypot(*down), 13f64.sqrt(), 13f64.sqrt());
        (-2f64).atan2(3.0) - down.atan2(*across)
    };
    let angles: Vec<f64> = turned.iter().map(angle).collect();
    angles.iter().for_each(|a| within("angle", *a, -0.5, 0.5));
    // The variance of a uniform distribution, 0.25 / 3, with a standard error of 0.0037 for 400 maps.
    let variance = angles.iter().map(|a| a * a).sum::<f64>() / n as f64;
    within("variance", variance, 0.0833 - 0.015, 0.0833 + 0.015);
    for [across, down, middle] in maps(r#","shear":0.4"#, 0) {
        within("across", across, 3.0, 3.0);
        within("down", down, -2.0 - 1.2, -2.0 + 1.2);
        within("middle", middle, 1.0, 1.0);
    }
    for [across, down, _] in maps(r#","stretch":0.2"#, 0) {
        within("across", across, 3.0 * (-0.2f64).exp(), 3.0 * 0.2f64.exp());
        within("down", -down, 2.0 * (-0.2f64).exp(), 2.0 * 0.2f64.exp());
    }
    let shifted = maps(r#","shift":2.0"#, 0);
    for [across, down, middle] in &shifted {
        within("across", *across, 3.0, 3.0);
        within("down", *down, -2.0, -2.0);
        within("middle", *middle, 1.0 - 10.0, 1.0 + 10.0);
    }
    assert!(shifted.iter().any(|m| m[2] < -3.0) && shifted.iter().any(|m| m[2] > 5.0));
    // The maps are a function of the pass.
    assert_eq!(shifted, maps(r#","shift":2.0"#, 0));
    assert_ne!(shifted, maps(r#","shift":2.0"#, 1));
}

#[test]
fn the_moving_average_has_its_closed_form() {
    let layers = r#"{"type":"dense","in":3,"out":4}, {"type":"batch_norm","features":4}"#;
    let (mut average, decay, steps) = (network(&vector(3), layers), 0.9f64, 10);
    let start = weights(&average);
    let mut other =
        Network::new("net", &spec(&vector(3), layers), 99, Stream::GeneratorInit).unwrap();
    other.forward(batch(1, 6, 3), Pass::training(1, 0)).unwrap();
    for _ in 0..steps {
        average.average_with(&other, decay);
    }
    let (now, target) = (weights(&average), weights(&other));
    // θ_k = dᵏ θ_0 + (1 − dᵏ) θ'
    let left = decay.powi(steps);
    for name in ["0.weight", "0.bias", "1.weight", "1.bias"] {
        let expected: Vec<f64> = start[name]
            .iter()
            .zip(&target[name])
            .map(|(a, b)| left * a + (1.0 - left) * b)
            .collect();
        let ours: Vec<f32> = now[name].iter().map(|&v| v as f32).collect();
        close(name, &ours, &expected, 2e-6);
    }
    for name in ["1.running_mean", "1.running_var", "1.num_batches_tracked"] {
        assert_eq!(now[name], target[name], "{name}");
    }
}

#[test]
fn initial_weights_are_a_function_of_seed_stream_and_layer() {
    let layers =
        r#"{"type":"dense","in":4,"out":4}, {"type":"relu"}, {"type":"dense","in":4,"out":4}"#;
    let spec = spec(&vector(4), layers);
    let make = |seed, stream| weights(&Network::new("net", &spec, seed, stream).unwrap());
    let first = make(1, Stream::GeneratorInit);
    assert_ne!(first["0.weight"], first["2.weight"]);
    assert_eq!(first["0.bias"], [0.0; 4]);
    assert_eq!(first, make(1, Stream::GeneratorInit));
    assert_ne!(first, make(2, Stream::GeneratorInit));
    assert_ne!(
        first["0.weight"],
        make(1, Stream::DiscriminatorInit)["0.weight"]
    );
    // A further layer does not change the weights of those before it.
    let mut longer = spec.clone();
    longer
        .layers
        .push(ganscope::nn::layers::Dense::new(4, 2).into());
    let longer = weights(&Network::new("net", &longer, 1, Stream::GeneratorInit).unwrap());
    assert_eq!(longer["2.weight"], first["2.weight"]);
}
