//! Compares gradients of networks with central differences of plain loops in f64.

use crate::common::{ON_GPU, batch, close, image, network, numbers, vector, weights, wide};
use crate::plain;
use ganscope::gan::{NonSaturating, Objective, Scores};
use ganscope::nn::{Network, Pass};
use ganscope::tensor::{Batch, Gradients, Loss, Recording, composed};
use std::collections::BTreeMap;

type Weights = BTreeMap<String, Vec<f64>>;

const ROWS: usize = 5;
const H: f64 = 1e-6;

fn critic() -> Network {
    network(
        &image(2, 6, 6),
        r#"{"type":"conv2d","in":2,"out":3,"kernel":4,"stride":2,"padding":1}, {"type":"leaky_relu"},
           {"type":"conv2d","in":3,"out":4,"kernel":2}, {"type":"batch_norm","features":4},
           {"type":"leaky_relu"}, {"type":"minibatch_stddev"}, {"type":"flatten"},
           {"type":"dense","in":20,"out":1}"#,
    )
}

fn generator() -> Network {
    network(
        &vector(3),
        r#"{"type":"dense","in":3,"out":18}, {"type":"reshape","channels":2,"height":3,"width":3},
           {"type":"batch_norm","features":2}, {"type":"elu"},
           {"type":"conv_transpose2d","in":2,"out":2,"kernel":4,"stride":2,"padding":1}, {"type":"tanh"}"#,
    )
}

/// The loss Σ r·y with fixed random r, to which every output contributes differently.
pub fn weighted(y: Batch<Recording>) -> Loss {
    use dfdx::tensor_ops::SumTo;
    let (rows, columns) = (y.rows(), y.columns());
    let r = batch(99, rows, columns).into_tensor().unwrap();
    let y = composed::masked(y.into_tensor().unwrap(), r).unwrap();
    y.sum::<(), _>().into()
}

/// Returns the derivatives of f with respect to every number of every parameter, by name.
fn differences(network: &Network, f: &dyn Fn(&Weights) -> f64) -> Weights {
    let start = weights(network);
    let slope = |name: &str, i: usize| {
        let at = |d: f64| {
            let mut w = start.clone();
            if let Some(values) = w.get_mut(name) {
                values[i] += d;
            }
            f(&w)
        };
        (at(H) - at(-H)) / (2.0 * H)
    };
    let of = |name: String| {
        let slopes = (0..start[&name].len()).map(|i| slope(&name, i)).collect();
        (name, slopes)
    };
    network.parameters().into_iter().map(|p| of(p.0)).collect()
}

#[track_caller]
fn check(network: &Network, gradients: &mut Gradients, expected: &Weights) {
    for (name, parameter) in network.parameters() {
        let ours = gradients.take(parameter).unwrap();
        close(&name, &ours, &expected[&name], 2e-5);
        assert!(
            ours.iter().any(|g| g.abs() > 1e-4) || is_bias_before_norm(&name),
            "{name}"
        );
    }
}

/// Whether the parameter is a bias before batch norm, which subtracts it again: its gradient is 0.
fn is_bias_before_norm(name: &str) -> bool {
    name == "2.bias"
}

#[test]
fn gradients_of_weights_and_input_with_batch_norm() {
    let mut critic = critic();
    let x = batch(5, ROWS, 72);
    let spec = critic.spec().clone();
    let r = wide(&numbers(99, ROWS));
    let loss = |w: &Weights, x: &[f64]| -> f64 {
        let y = plain::forward(&spec, w, x, ROWS, true);
        y.iter().zip(&r).map(|(y, r)| y * r).sum()
    };
    let xs = wide(&x.values());
    let of_weights = differences(&critic, &|w| loss(w, &xs));
    let w = weights(&critic);
    let of_input: Vec<f64> = (0..xs.len())
        .map(|i| {
            let at = |d: f64| {
                let mut xs = xs.clone();
                xs[i] += d;
                loss(&w, &xs)
            };
            (at(H) - at(-H)) / (2.0 * H)
        })
        .collect();
    let mut run = |pass: Pass| {
        let y = critic.forward(x.clone().record(), pass).unwrap();
        let gradients = Gradients::of(weighted(y)).unwrap();
        (critic.clone(), gradients)
    };
    let pass = Pass::training(1, 0);

    let (critic, mut gradients) = run(pass.through());
    check(&critic, &mut gradients, &of_weights);
    close("dx", &gradients.take_input(&x).unwrap(), &of_input, 2e-5);

    let (critic, mut gradients) = run(pass);
    check(&critic, &mut gradients, &of_weights);
    let dx = gradients.take_input(&x).unwrap();
    assert!(
        ON_GPU || dx.iter().all(|g| *g == 0.0),
        "nobody asked for it"
    );

    let (critic, mut gradients) = run(pass.frozen().through());
    close(
        "frozen dx",
        &gradients.take_input(&x).unwrap(),
        &of_input,
        2e-5,
    );
    for (name, parameter) in critic.parameters() {
        let frozen = gradients.take(parameter).unwrap();
        assert!(ON_GPU || frozen.iter().all(|g| *g == 0.0), "{name}");
    }
}

#[test]
fn gradients_of_the_generator_through_a_frozen_discriminator() {
    let (mut g, mut d) = (generator(), critic());
    let z = batch(6, ROWS, 3);
    let (g_spec, d_spec, d_weights) = (g.spec().clone(), d.spec().clone(), weights(&d));
    let zs = wide(&z.values());
    // L_G = E[−ln σ(D(G(z)))]
    let loss = |w: &Weights| -> f64 {
        let x = plain::forward(&g_spec, w, &zs, ROWS, true);
        let scores = plain::forward(&d_spec, &d_weights, &x, ROWS, true);
        scores.iter().map(|s| (-s).exp().ln_1p()).sum::<f64>() / ROWS as f64
    };
    let mut expected = differences(&g, &loss);
    let pass = Pass::training(1, 0);
    let x = g.forward(z.clone().record(), pass).unwrap();
    let scores = d.forward(x, pass.frozen().through()).unwrap();
    let l_g = NonSaturating::default().generator(Scores::of(scores).unwrap());
    let value = loss(&weights(&g));
    assert!(
        (l_g.value() - value).abs() < 3e-6 * value.max(1.0),
        "{} {value}",
        l_g.value()
    );
    let mut gradients = Gradients::of(l_g).unwrap();
    for (name, parameter) in g.parameters() {
        let ours = gradients.take(parameter).unwrap();
        let expected = expected.remove(&name).unwrap();
        close(&name, &ours, &expected, 5e-5);
    }
    for (name, parameter) in d.parameters() {
        let frozen = gradients.take(parameter).unwrap();
        assert!(ON_GPU || frozen.iter().all(|g| *g == 0.0), "{name}");
    }
}

#[test]
fn gradients_of_fused_and_separate_activations() {
    for layers in [
        r#"{"type":"dense","in":4,"out":6}, {"type":"softplus"}, {"type":"scale","factor":3.0}, {"type":"layer_norm"}, {"type":"sigmoid"},
           {"type":"dense","in":6,"out":4}, {"type":"maxout","pieces":2}, {"type":"elu","alpha":0.7}"#,
        r#"{"type":"elu"}, {"type":"dense","in":4,"out":4}, {"type":"tanh"}, {"type":"relu"},
           {"type":"reshape","channels":1,"height":2,"width":2}, {"type":"upsample_nearest","factor":2},
           {"type":"conv2d","in":1,"out":2,"kernel":3,"stride":2}, {"type":"leaky_relu","slope":0.3}"#,
        r#"{"type":"residual","main":[{"type":"dense","in":4,"out":4}, {"type":"relu"}, {"type":"dense","in":4,"out":8}],
             "shortcut":[{"type":"dense","in":4,"out":8}]}, {"type":"tanh"},
           {"type":"residual","main":[{"type":"elu"}, {"type":"residual","main":[{"type":"dense","in":8,"out":8}]},
             {"type":"layer_norm"}]},
           {"type":"reshape","channels":2,"height":2,"width":2},
           {"type":"residual","main":[{"type":"conv_transpose2d","in":2,"out":2,"kernel":3,"stride":2,"padding":1,
             "output_padding":1,"bias":false}, {"type":"batch_norm","features":2,"affine":false}, {"type":"avg_pool2d","kernel":2}]}"#,
    ] {
        let mut network = network(&vector(4), layers);
        let x = batch(8, ROWS, 4);
        let (spec, xs) = (network.spec().clone(), wide(&x.values()));
        let r = wide(&numbers(99, ROWS * network.output().numel()));
        let expected = differences(&network, &|w| {
            let y = plain::forward(&spec, w, &xs, ROWS, true);
            y.iter().zip(&r).map(|(y, r)| y * r).sum()
        });
        let y = network.forward(x.record(), Pass::training(1, 0)).unwrap();
        let mut gradients = Gradients::of(weighted(y)).unwrap();
        for (name, parameter) in network.parameters() {
            let ours = gradients.take(parameter).unwrap();
            close(&name, &ours, &expected[&name], 2e-5);
        }
    }
}
