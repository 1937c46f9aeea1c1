//! Spectral norm: compares norms with those from plain loops, and gradients with differences; state.

use crate::common::{ON_GPU, batch, close, image, numbers, spec, vector, wide};
use crate::plain;
use ganscope::data::Mixture;
use ganscope::gan::{NonSaturating, Objective};
use ganscope::nn::{Network, NetworkSpec, Pass, StateDict, StateValues};
use ganscope::optim::OptimizerConfig;
use ganscope::random::{Stream, rng};
use ganscope::tensor::{Batch, Gradients};
use ganscope::train::Player;
use std::collections::BTreeMap;

type Weights = BTreeMap<String, Vec<f64>>;

fn normed(input: &str, layers: &str) -> NetworkSpec {
    let mut spec = spec(input, layers);
    spec.spectral_norm = true;
    spec
}

fn dense() -> NetworkSpec {
    normed(
        &vector(2),
        r#"{"type":"dense","in":2,"out":64}, {"type":"leaky_relu"},
           {"type":"dense","in":64,"out":64}, {"type":"leaky_relu"}, {"type":"dense","in":64,"out":1}"#,
    )
}

/// A convolution, a transposed convolution and another convolution.
fn convolutional() -> NetworkSpec {
    normed(
        &image(1, 12, 12),
        r#"{"type":"conv2d","in":1,"out":8,"kernel":4,"stride":2,"padding":1}, {"type":"leaky_relu"},
           {"type":"conv_transpose2d","in":8,"out":4,"kernel":4,"stride":2,"padding":1},
           {"type":"leaky_relu"},
           {"type":"conv2d","in":4,"out":8,"kernel":4,"stride":2,"padding":1}, {"type":"leaky_relu"},
           {"type":"flatten"}, {"type":"dense","in":288,"out":1}"#,
    )
}

/// Computes ‖A‖ of layer `i` with these weights. Plain loops applied to unit vectors give the columns of A; its
/// norm is the root of the largest eigenvalue of AᵀA.
fn operator_norm(spec: &NetworkSpec, i: usize, weight: &[f64]) -> f64 {
    let shapes = spec.shapes("net").unwrap();
    let alone = NetworkSpec {
        input: i.checked_sub(1).map_or(&spec.input, |i| &shapes[i]).clone(),
        layers: vec![spec.layers[i].clone()],
        ..spec.clone()
    };
    let (inputs, outputs) = (alone.input.numel(), shapes[i].numel());
    let units: Vec<f64> = (0..inputs * inputs)
        .map(|k| f64::from(u8::from(k % (inputs + 1) == 0)))
        .collect();
    let w = [("0.weight".to_string(), weight.to_vec())].into();
    let columns = plain::forward(&alone, &w, &units, inputs, false);
    largest_singular_value(&columns, outputs)
}

/// Power iteration in f64 from three starts, for a matrix of `rows` that have `length` numbers each.
fn largest_singular_value(rows: &[f64], length: usize) -> f64 {
    let norm = |x: &[f64]| x.iter().map(|x| x * x).sum::<f64>().sqrt();
    let from = |start: u64| {
        let mut x = wide(&numbers(start, length));
        let mut sigma = 0.0;
        for _ in 0..3000 {
            let scale = norm(&x);
            let mut next = vec![0.0; length];
            let mut square = 0.0;
            for row in rows.chunks(length) {
                let y = row.iter().zip(&x).map(|(a, x)| a * x).sum::<f64>() / scale;
                next.iter_mut().zip(row).for_each(|(n, a)| *n += y * a);
                square += y * y;
            }
            let before = std::mem::replace(&mut sigma, square.sqrt());
            x = next;
            if (sigma - before).abs() < 1e-15 * sigma {
                break;
            }
        }
        sigma
    };
    [11, 12, 13].into_iter().map(from).fold(0.0, f64::max)
}

/// Returns (layer, normalised weight) for every weight.
fn applied(network: &Network) -> Vec<(usize, Vec<f64>)> {
    let all = network.parameters().into_iter();
    all.filter_map(|(name, parameter)| {
        let index = name.strip_suffix(".weight")?;
        Some((index.parse().unwrap(), wide(&parameter.values())))
    })
    .collect()
}

/// Returns the trained parameters: biases, and weights before normalisation.
fn learnt(network: &Network) -> Weights {
    let mut state = StateDict::default();
    state.add("net", network);
    let of = |(name, parameter): (String, &ganscope::tensor::Parameter)| {
        let values = match state.get(&format!("spectral.net.{name}")) {
            Some(tensor) => match &tensor.values {
                StateValues::F32(values) => wide(values),
                StateValues::I64(_) => panic!("{name}"),
            },
            None => wide(&parameter.values()),
        };
        (name, values)
    };
    network.parameters().into_iter().map(of).collect()
}

#[track_caller]
fn all_norms_are_one(network: &Network) {
    for (i, weight) in applied(network) {
        let norm = operator_norm(network.spec(), i, &weight);
        println!("layer {i}: {norm:.5}");
        assert!((norm - 1.0).abs() < 0.02, "layer {i}: {norm}");
    }
}

/// Trains D for `steps` steps on the batches that `real` and `fake` return for a step.
fn trained(
    spec: &NetworkSpec,
    steps: u64,
    batches: impl Fn(Stream, u64) -> Batch,
) -> (Network, Player) {
    let adam = OptimizerConfig::adam(1e-3, 0.5, 0.999);
    let stream = Stream::DiscriminatorInit;
    let mut d = Player::new("discriminator", spec, 3, stream, &adam).unwrap();
    let fresh = d.network.clone();
    for step in 0..steps {
        let on_real = d.scores(batches(Stream::Data, step)).unwrap();
        let on_fake = d.scores(batches(Stream::Latent, step)).unwrap();
        let loss = NonSaturating::default().discriminator(on_real, on_fake);
        d.descend(loss).unwrap();
        if step % 100 == 99 {
            all_norms_are_one(&d.network);
        }
    }
    (fresh, d)
}

/// Checks that every weight has changed by more than a tenth, so that its norm had to be updated.
#[track_caller]
fn assert_trained(fresh: &Network, d: &Network) {
    let (before, after) = (learnt(fresh), learnt(d));
    let moved = before.iter().any(|(name, before)| {
        let square = |x: f64| x * x;
        let change = before.iter().zip(&after[name]).map(|(a, b)| square(a - b));
        let size: f64 = before.iter().copied().map(square).sum();
        size > 0.0 && change.sum::<f64>() > 0.01 * size
    });
    assert!(moved);
}

#[test]
fn norms_of_a_trained_dense_critic() {
    let ring = Mixture::ring8();
    let (fresh, d) = trained(&dense(), 400, |stream, step| match stream {
        Stream::Data => {
            let points = ring.sample(&mut rng(1, stream, step), 64);
            let values = points.iter().flatten().map(|&x| x as f32).collect();
            Batch::new(values, 64, 2).unwrap()
        }
        _ => batch(step, 64, 2),
    });
    all_norms_are_one(&fresh);
    assert_trained(&fresh, &d.network);
}

#[test]
fn norms_of_a_trained_convolutional_critic() {
    // Real images are a bright bar, generated ones noise of the same strength.
    let (fresh, d) = trained(&convolutional(), 400, |stream, step| {
        let mut x = numbers(2 * step + u64::from(stream == Stream::Data), 32 * 144);
        for (sample, x) in x.chunks_mut(144).enumerate() {
            let row = (sample + step as usize) % 12;
            if stream == Stream::Data {
                x[row * 12..][..12].iter_mut().for_each(|x| *x += 1.0);
            }
        }
        Batch::new(x, 32, 144).unwrap()
    });
    all_norms_are_one(&fresh);
    assert_trained(&fresh, &d.network);
    // The reshaped matrix has another norm, so a network that divides by it would fail this test.
    let (_, first) = &applied(&d.network)[0];
    let reshaped = largest_singular_value(first, 16);
    println!("reshaped: {reshaped:.5}");
    assert!((reshaped - 1.0).abs() > 0.2, "{reshaped}");
}

#[test]
fn gradients_of_trained_parameters() {
    let spec = normed(
        &image(2, 6, 6),
        r#"{"type":"conv2d","in":2,"out":3,"kernel":4,"stride":2,"padding":1}, {"type":"tanh"},
           {"type":"conv_transpose2d","in":3,"out":2,"kernel":3,"stride":2,"padding":1,"bias":false},
           {"type":"leaky_relu"}, {"type":"flatten"}, {"type":"dense","in":50,"out":4}, {"type":"tanh"},
           {"type":"dense","in":4,"out":1}"#,
    );
    let mut net = Network::new("net", &spec, 7, Stream::DiscriminatorInit).unwrap();
    net.update(|place, values| {
        let change = numbers(100 + place as u64, values.len());
        values
            .iter_mut()
            .zip(change)
            .for_each(|(v, c)| *v += 0.2 * c);
        Ok(())
    })
    .unwrap();
    // Power iteration without a change of W.
    for _ in 0..500 {
        net.update(|_, _| Ok(())).unwrap();
    }
    let rows = 5;
    let x = batch(5, rows, 72);
    let (xs, r) = (wide(&x.values()), wide(&numbers(99, rows)));
    let loss = |w: &Weights| -> f64 {
        let divided = w.iter().map(|(name, values)| {
            let values = match name.strip_suffix(".weight") {
                None => values.clone(),
                Some(index) => {
                    let sigma = operator_norm(&spec, index.parse().unwrap(), values);
                    values.iter().map(|w| w / sigma).collect()
                }
            };
            (name.clone(), values)
        });
        let y = plain::forward(&spec, &divided.collect(), &xs, rows, true);
        y.iter().zip(&r).map(|(y, r)| y * r).sum()
    };
    let y = net
        .forward(x.clone().record(), Pass::training(1, 0))
        .unwrap();
    let mut all = Gradients::of(y.dot(&batch(99, rows, 1)).unwrap()).unwrap();
    let ours = net.gradients(&mut all).unwrap();
    let start = learnt(&net);
    for ((name, _), ours) in net.parameters().into_iter().zip(&ours) {
        let slope = |i: usize| {
            let at = |d: f64| {
                let mut w = start.clone();
                w.get_mut(&name).unwrap()[i] += d;
                loss(&w)
            };
            (at(1e-5) - at(-1e-5)) / 2e-5
        };
        let expected: Vec<f64> = (0..ours.len()).map(slope).collect();
        close(&name, ours, &expected, 2e-5);
        // The gradient has no component along W, since the loss does not depend on the scale of W.
        if name.ends_with("weight") {
            let along: f64 = ours
                .iter()
                .zip(&start[&name])
                .map(|(g, w)| *g as f64 * w)
                .sum();
            let sizes = |v: &[f64]| v.iter().map(|v| v * v).sum::<f64>().sqrt();
            let cosine = along / sizes(&wide(ours)) / sizes(&start[&name]);
            assert!(cosine.abs() < 1e-4, "{name}: {cosine}");
        }
    }
}

/// For networks with and without spectral norm, which do not change.
#[test]
fn spectral_norms_are_those_of_the_operators() {
    for mut spec in [dense(), convolutional()] {
        for normed in [false, true] {
            spec.spectral_norm = normed;
            let net = Network::new("net", &spec, 3, Stream::DiscriminatorInit).unwrap();
            let before = applied(&net);
            let norms = net.spectral_norms().unwrap();
            assert_eq!(applied(&net), before);
            assert_eq!(norms.len(), before.len());
            for ((place, norm), (i, w)) in norms.iter().zip(&before) {
                let expected = operator_norm(&spec, *i, w);
                assert_eq!(*place, i.to_string());
                assert!(
                    (norm / expected - 1.0).abs() < 5e-3,
                    "layer {i}: {norm} {expected}"
                );
            }
        }
    }
    let mut zero = Network::new("net", &dense(), 3, Stream::DiscriminatorInit).unwrap();
    let mut fill = |value: f32| {
        let mut all = zero.parameters_mut();
        all[0].1.update(|w| w.fill(value));
        zero.spectral_norms().unwrap()[0].1
    };
    assert_eq!(fill(0.0), 0.0);
    assert!(fill(f32::NAN).is_nan());
    // A matrix of 64 × 2 equal numbers has the norm √128 times that number, whatever its size.
    for size in [1e-30f32, 1.0, 1e30] {
        let expected = f64::from(size) * 128f64.sqrt();
        assert!((fill(size) / expected - 1.0).abs() < 1e-3, "{size}");
    }
}

#[test]
fn a_moving_average_averages_the_normalised_weights() {
    let spec = convolutional();
    let [mut average, other] =
        [1, 2].map(|seed| Network::new("net", &spec, seed, Stream::DiscriminatorInit).unwrap());
    let (before, theirs) = (applied(&average), applied(&other));
    average.average_with(&other, 0.75);
    for (((i, w), (_, a)), (_, b)) in applied(&average).iter().zip(&before).zip(&theirs) {
        for ((w, a), b) in w.iter().zip(a).zip(b) {
            assert!((w - (0.75 * a + 0.25 * b)).abs() < 1e-7);
        }
        let norm = operator_norm(&spec, *i, w);
        assert!(norm > 0.3 && norm < 1.0, "layer {i}: {norm}");
    }
    let mut state = StateDict::default();
    state.add("average", &average);
    assert!(state.iter().all(|(name, _)| name.starts_with("average.")));
}

#[test]
fn restored_state_is_identical_and_continues() {
    let new = |seed| Network::new("d", &convolutional(), seed, Stream::DiscriminatorInit).unwrap();
    let (mut net, mut again) = (new(1), new(2));
    let step = |net: &mut Network, k: u64| {
        net.update(|place, values| {
            let change = numbers(1000 * k + place as u64, values.len());
            values
                .iter_mut()
                .zip(change)
                .for_each(|(v, c)| *v += 0.01 * c);
            Ok(())
        })
        .unwrap();
    };
    let saved = |net: &Network| {
        let mut state = StateDict::default();
        state.add("d", net);
        state
    };
    (0..5).for_each(|k| step(&mut net, k));
    let state = saved(&net);
    let without = |part: &str| {
        let mut rest = StateDict::default();
        for (name, tensor) in state.iter().filter(|(name, _)| !name.starts_with(part)) {
            rest.insert(name, tensor.clone());
        }
        rest
    };
    // With weights from PyTorch, the trained weights are the normalised ones.
    without("spectral.").load("d", &mut again).unwrap();
    assert_eq!(applied(&again), applied(&net));
    assert_eq!(learnt(&again)["0.weight"], applied(&net)[0].1);
    state.load("d", &mut again).unwrap();
    assert_eq!(saved(&again), state);
    step(&mut net, 5);
    step(&mut again, 5);
    assert!(ON_GPU || saved(&again) == saved(&net));
    assert_ne!(saved(&net), state);

    let names: Vec<&str> = state.iter().map(|(name, _)| name).collect();
    for name in ["weight", "u", "v", "sigma"] {
        let name = format!("spectral.d.2.{name}");
        assert!(names.contains(&name.as_str()), "{name}");
        let problem = without(&name).load("d", &mut new(3)).unwrap_err();
        assert!(
            problem.contains(&name) && problem.contains("missing"),
            "{problem}"
        );
    }
    assert_eq!(state.get("spectral.d.2.u").unwrap().shape, [4 * 12 * 12]);
    assert_eq!(state.get("spectral.d.2.v").unwrap().shape, [16 * 8 * 6 * 6]);
}

#[test]
fn a_weight_of_zero_stays_finite() {
    let spec = normed(&vector(3), r#"{"type":"dense","in":3,"out":2}"#);
    let mut net = Network::new("net", &spec, 1, Stream::DiscriminatorInit).unwrap();
    for _ in 0..2 {
        net.update(|_, values| {
            values.fill(0.0);
            Ok(())
        })
        .unwrap();
        assert_eq!(*net.parameters()[0].1.values(), [0.0; 6]);
    }
    let y = net
        .forward(batch(1, 4, 3).record(), Pass::training(1, 0))
        .unwrap();
    let mut all = Gradients::of(y.dot(&batch(2, 4, 2)).unwrap()).unwrap();
    let gradients = net.gradients(&mut all).unwrap();
    assert!(gradients.iter().flatten().all(|g| g.is_finite()));
    net.update(|_, values| {
        values.fill(2.0);
        Ok(())
    })
    .unwrap();
    // Every entry is 1/√6.
    let expected = [1.0 / 6.0f64.sqrt(); 6];
    close("again", &net.parameters()[0].1.values(), &expected, 1e-6);
}

#[test]
fn layers_that_remove_the_bound_are_refused() {
    for (layer, reason) in [
        (
            r#"{"type":"batch_norm","features":4}"#,
            "standard deviation over the batch",
        ),
        (r#"{"type":"layer_norm"}"#, "its own standard deviation"),
        (r#"{"type":"maxout","pieces":2}"#, "pieces"),
    ] {
        let layers = format!(r#"{{"type":"dense","in":3,"out":4}}, {layer}"#);
        let message = normed(&vector(3), &layers)
            .shapes("critic")
            .unwrap_err()
            .to_string();
        for part in ["critic", "spectral_norm", "layer 1", reason, "remove"] {
            assert!(message.contains(part), "{message}");
        }
        assert!(spec(&vector(3), &layers).shapes("critic").is_ok());
    }
}
