//! Compares tangents with central differences of plain loops in f64, and the gradients of tangents with
//! central differences of those.

use crate::common::{ON_GPU, batch, close, image, network, numbers, vector, weights, wide};
use crate::gradients::weighted;
use crate::plain;
use ganscope::nn::{Network, NetworkSpec, Pass, Trace};
use ganscope::tensor::{Batch, Gradients, Needs, Tape};
use std::collections::BTreeMap;

type Weights = BTreeMap<String, Vec<f64>>;

const ROWS: usize = 4;
/// Step of a difference of differences: its truncation error is of order h², its rounding error the precision
/// of f64 over h².
const H: f64 = 1e-4;

/// Networks with every layer, alone or among others.
fn networks() -> Vec<Network> {
    let net = |input: String, layers: &str| network(&input, layers);
    let mut all = vec![
        net(
            image(2, 5, 5),
            r#"{"type":"conv2d","in":2,"out":3,"kernel":3,"stride":2,"padding":1}, {"type":"tanh"},
               {"type":"conv2d","in":3,"out":2,"kernel":2,"bias":false}, {"type":"leaky_relu"}"#,
        ),
        net(
            image(3, 2, 2),
            r#"{"type":"conv_transpose2d","in":3,"out":2,"kernel":4,"stride":2,"padding":1},
               {"type":"softplus"}, {"type":"conv_transpose2d","in":2,"out":1,"kernel":2}"#,
        ),
        net(vector(6), r#"{"type":"layer_norm"}"#),
        net(
            image(2, 2, 3),
            r#"{"type":"conv2d","in":2,"out":2,"kernel":1}, {"type":"layer_norm","eps":0.1}, {"type":"elu"}"#,
        ),
        net(vector(5), r#"{"type":"batch_norm","features":5}"#),
        net(
            image(2, 3, 2),
            r#"{"type":"conv2d","in":2,"out":2,"kernel":2,"bias":false},
               {"type":"batch_norm","features":2}, {"type":"relu"}"#,
        ),
        net(
            vector(6),
            r#"{"type":"dense","in":6,"out":6}, {"type":"maxout","pieces":3}"#,
        ),
        net(
            image(1, 2, 2),
            r#"{"type":"upsample_nearest","factor":2},
               {"type":"conv2d","in":1,"out":2,"kernel":2,"stride":2}, {"type":"sigmoid"}"#,
        ),
        net(
            image(2, 2, 2),
            r#"{"type":"conv2d","in":2,"out":2,"kernel":1}, {"type":"minibatch_stddev"},
               {"type":"flatten"}, {"type":"dense","in":12,"out":2}"#,
        ),
        net(
            image(1, 5, 4),
            r#"{"type":"conv2d","in":1,"out":2,"kernel":1}, {"type":"avg_pool2d","kernel":2}, {"type":"tanh"},
               {"type":"conv_transpose2d","in":2,"out":1,"kernel":3,"stride":2,"padding":1,"output_padding":1}"#,
        ),
        net(
            vector(3),
            r#"{"type":"residual","main":[{"type":"dense","in":3,"out":4}, {"type":"tanh"}],
               "shortcut":[{"type":"dense","in":3,"out":4,"bias":false}]}, {"type":"sigmoid"},
               {"type":"dense","in":4,"out":2}"#,
        ),
        net(
            vector(3),
            r#"{"type":"dense","in":3,"out":3}, {"type":"elu"},
               {"type":"residual","main":[{"type":"dense","in":3,"out":3}, {"type":"leaky_relu"},
                 {"type":"residual","main":[{"type":"softplus"}, {"type":"dense","in":3,"out":3}],
                  "shortcut":[{"type":"batch_norm","features":3,"eps":0.1}]}]}"#,
        ),
        // Only the main branch is curved, and then only the shortcut.
        net(
            image(1, 4, 4),
            r#"{"type":"conv2d","in":1,"out":2,"kernel":1},
               {"type":"residual","main":[{"type":"tanh"}, {"type":"conv2d","in":2,"out":2,"kernel":3,"padding":1},
                 {"type":"avg_pool2d","kernel":2}], "shortcut":[{"type":"avg_pool2d","kernel":2}]},
               {"type":"residual","main":[{"type":"relu"}, {"type":"conv2d","in":2,"out":2,"kernel":1}],
                 "shortcut":[{"type":"conv2d","in":2,"out":2,"kernel":1}, {"type":"tanh"}]}"#,
        ),
    ];
    for activation in [
        r#"{"type":"relu"}"#,
        r#"{"type":"leaky_relu","slope":0.3}"#,
        r#"{"type":"tanh"}"#,
        r#"{"type":"sigmoid"}"#,
        r#"{"type":"softplus"}"#,
        r#"{"type":"elu","alpha":0.7}"#,
    ] {
        // Activations that are fused, that follow another activation, and that come first.
        let (first, last) = (
            r#"{"type":"dense","in":3,"out":4}"#,
            r#"{"type":"dense","in":4,"out":2}"#,
        );
        let fused = format!("{first}, {activation}, {activation}, {last}");
        all.push(network(&vector(3), &fused));
        all.push(network(&vector(3), &format!("{activation}, {first}")));
    }
    all
}

/// Computes ẏ by differences of the plain loops.
fn along(spec: &NetworkSpec, w: &Weights, x: &[f64], dx: &[f64], training: bool) -> Vec<f64> {
    let at = |h: f64| {
        let moved: Vec<f64> = x.iter().zip(dx).map(|(x, dx)| x + h * dx).collect();
        plain::forward(spec, w, &moved, ROWS, training)
    };
    let (ahead, behind) = (at(H), at(-H));
    (ahead.iter().zip(behind))
        .map(|(a, b)| (a - b) / (2.0 * H))
        .collect()
}

/// Computes ∂f/∂v by differences.
fn slopes(v: &[f64], f: impl Fn(&[f64]) -> f64) -> Vec<f64> {
    let slope = |i: usize| {
        let at = |h: f64| {
            let mut v = v.to_vec();
            v[i] += h;
            f(&v)
        };
        (at(H) - at(-H)) / (2.0 * H)
    };
    (0..v.len()).map(slope).collect()
}

fn directions(network: &Network) -> (Batch, Batch) {
    let columns = network.spec().input.numel();
    (batch(31, ROWS, columns), batch(32, ROWS, columns))
}

fn name(network: &Network) -> String {
    serde_json::to_string(&network.spec().layers).unwrap()
}

/// The tangent at `x` along `dx`.
fn tangent<T: Tape>(
    network: &Network,
    x: &Batch,
    dx: Batch<T>,
    pass: Pass,
    needs: Needs,
) -> Batch<T> {
    let (_, trace) = network.trace(x.clone(), pass).unwrap();
    trace.tangent(dx, needs).unwrap()
}

/// Only the gradient of the input.
const INPUT: Needs = Needs {
    input: true,
    weights: false,
};

#[test]
fn tangents_agree_with_differences() {
    for mut network in networks() {
        let (x, dx) = directions(&network);
        // Running moments that differ from 0 and 1, for inference.
        let before = weights(&network);
        network
            .forward(batch(30, ROWS, x.columns()), Pass::training(1, 0))
            .unwrap();
        let (spec, w) = (network.spec(), weights(&network));
        for (pass, training) in [(Pass::training(1, 0), true), (Pass::INFERENCE, false)] {
            let ours = tangent(&network, &x, dx.clone(), pass, Needs::NONE);
            let expected = along(spec, &w, &wide(&x.values()), &wide(&dx.values()), training);
            close(&name(&network), &ours.values(), &expected, 3e-6);
        }
        // Only a forward pass updates the running moments, if there are any.
        assert_eq!(weights(&network), w);
        assert_eq!(before == w, !name(&network).contains("batch_norm"));
    }
}

#[test]
fn gradients_of_tangents_agree_with_differences() {
    for network in networks() {
        let (x, dx) = directions(&network);
        let (spec, w) = (network.spec().clone(), weights(&network));
        let (xs, dxs) = (wide(&x.values()), wide(&dx.values()));
        let r = wide(&numbers(99, ROWS * network.output().numel()));
        for (pass, needs, training) in [
            (Pass::training(1, 0), Needs::ALL, true),
            (Pass::INFERENCE, INPUT, false),
        ] {
            // The loss is Σ r·ẏ.
            let sum = |w: &Weights, x: &[f64], dx: &[f64]| -> f64 {
                let dy = along(&spec, w, x, dx, training);
                dy.iter().zip(&r).map(|(dy, r)| dy * r).sum()
            };
            let dy = tangent(&network, &x, dx.clone().record(), pass, needs);
            let mut gradients = Gradients::of(weighted(dy)).unwrap();
            let what = |of: &str| format!("{of} of {}, training {training}", name(&network));
            let ours = gradients.take_input(&dx).unwrap();
            let expected = slopes(&dxs, |dx| sum(&w, &xs, dx));
            close(&what("dx"), &ours, &expected, 2e-5);
            let ours = gradients.take_input(&x).unwrap();
            let expected = slopes(&xs, |x| sum(&w, x, &dxs));
            close(&what("x"), &ours, &expected, 2e-5);
            for (parameter, values) in network.parameters() {
                if ON_GPU && !training {
                    continue;
                }
                let expected = if training {
                    slopes(&w[&parameter], |values| {
                        let mut w = w.clone();
                        w.insert(parameter.clone(), values.to_vec());
                        sum(&w, &xs, &dxs)
                    })
                } else {
                    vec![0.0; values.values().len()]
                };
                let ours = gradients.take(values).unwrap();
                close(&what(&parameter), &ours, &expected, 2e-5);
            }
        }
    }
}

#[test]
#[cfg_attr(feature = "cuda", ignore = "dfdx computes all of it")]
fn unneeded_gradients_are_not_computed() {
    for network in networks() {
        let (x, dx) = directions(&network);
        let run = |needs: Needs| {
            let pass = Pass::training(1, 0);
            let dy = tangent(&network, &x, dx.clone().record(), pass, needs);
            let mut gradients = Gradients::of(weighted(dy)).unwrap();
            let of_weights: Vec<Vec<f32>> = (network.parameters().iter())
                .map(|(_, p)| gradients.take(p).unwrap())
                .collect();
            let of_input = [&x, &dx].map(|b| gradients.take_input(b).unwrap());
            (of_weights, of_input)
        };
        let (all, whole) = (run(Needs::ALL), name(&network));
        let (of_weights, of_input) = run(Needs::WEIGHTS);
        assert_eq!(of_weights, all.0, "{whole}");
        // Layers without weights do not know which gradients are needed.
        if network.parameters()[0].0.starts_with("0.") {
            assert!(of_input.iter().flatten().all(|g| *g == 0.0), "{whole}");
        }
        let (of_weights, of_input) = run(INPUT);
        assert!(of_weights.iter().flatten().all(|g| *g == 0.0), "{whole}");
        assert_eq!(of_input, all.1, "{whole}");
    }
}

#[test]
fn the_tangent_of_an_affine_map_is_the_map() {
    let image = image(2, 6, 5);
    let layer = r#"{"type":"random_affine","rotation":0.5,"shear":0.2,"stretch":0.2,"shift":1.0}"#;
    let mut network = network(&image, layer);
    let (x, dx) = directions(&network);
    let pass = Pass::training(5, 3);
    let dy = tangent(&network, &x, dx.clone(), pass, Needs::NONE);
    let moved = network.forward(dx.clone(), pass).unwrap();
    assert_eq!(*dy.values(), *moved.values());
    assert_ne!(*dy.values(), *dx.values());
}

#[test]
fn the_tangent_of_dropout_uses_the_mask_of_its_pass() {
    let mut network = network(&vector(200), r#"{"type":"dropout","p":0.4}"#);
    let (x, dx) = directions(&network);
    for step in [3, 4] {
        let pass = Pass::training(5, step);
        let kept = network
            .forward(Batch::new(vec![1.0; 800], 4, 200).unwrap(), pass)
            .unwrap();
        let dy = tangent(&network, &x, dx.clone(), pass, Needs::NONE);
        let expected: Vec<f32> = (dx.values().iter().zip(kept.values().iter()))
            .map(|(dx, kept)| dx * kept)
            .collect();
        assert_eq!(*dy.values(), expected);
        assert!(expected.contains(&0.0));
    }
    let dy = tangent(&network, &x, dx.clone(), Pass::INFERENCE, Needs::NONE);
    assert_eq!(*dy.values(), *dx.values());
}

#[test]
fn batches_of_wrong_size_are_refused() {
    let network = network(&vector(3), r#"{"type":"dense","in":3,"out":1}"#);
    let refuse = |x: Batch, dx: Batch| {
        let tangent = |(_, trace): (Batch, Trace<'_>)| trace.tangent(dx, Needs::NONE);
        let traced = network.trace(x, Pass::INFERENCE);
        traced.and_then(tangent).unwrap_err().to_string()
    };
    let message = refuse(batch(1, 2, 3), batch(1, 3, 3));
    assert_eq!(
        message,
        "net: a tangent needs one direction for each sample, not 3 directions for 2 samples"
    );
    let message = refuse(batch(1, 2, 3), batch(1, 2, 4));
    assert!(message.contains("got 4 numbers"), "{message}");
    let message = refuse(batch(1, 2, 4), batch(1, 2, 3));
    assert!(message.contains("got 4 numbers"), "{message}");
}
