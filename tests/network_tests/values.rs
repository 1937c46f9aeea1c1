//! Compares the outputs of networks with numbers computed by hand and with plain loops in f64.

use crate::common::{batch, close, image, network, vector, weights, wide};
use crate::plain;
use ganscope::nn::Pass;
use ganscope::tensor::Batch;

/// Compares a network with the plain loops of the same description, first in training, then in inference with
/// the running moments from that.
fn check(input: &str, layers: &str) {
    let mut network = network(input, layers);
    let columns = network.spec().input.numel();
    let x = batch(3, 4, columns);
    for training in [true, false] {
        let before = weights(&network);
        let y = if training {
            network.forward(x.clone(), Pass::training(1, 0)).unwrap()
        } else {
            network.infer(x.clone()).unwrap()
        };
        let expected = plain::forward(network.spec(), &before, &wide(&x.values()), 4, training);
        close(layers, &y.values(), &expected, 3e-6);
    }
}

#[test]
fn a_dense_network_with_every_activation() {
    for activation in [
        r#"{"type":"relu"}"#,
        r#"{"type":"leaky_relu","slope":0.2}"#,
        r#"{"type":"tanh"}"#,
        r#"{"type":"sigmoid"}"#,
        r#"{"type":"softplus"}"#,
        r#"{"type":"elu","alpha":0.7}"#,
    ] {
        let dense = r#"{"type":"dense","in":6,"out":6}"#;
        // Activations that are fused, that follow another one or a normalisation, and that come first.
        check(&vector(6), &format!("{dense}, {activation}, {dense}"));
        check(&vector(6), &format!("{dense}, {activation}, {activation}"));
        let norm = r#"{"type":"batch_norm","features":6}"#;
        check(
            &vector(6),
            &format!("{dense}, {norm}, {activation}, {dense}"),
        );
        check(&vector(6), &format!("{activation}, {dense}"));
    }
}

#[test]
fn convolutional_networks() {
    check(
        &image(2, 6, 6),
        r#"{"type":"conv2d","in":2,"out":4,"kernel":4,"stride":2,"padding":1}, {"type":"leaky_relu"},
           {"type":"conv2d","in":4,"out":3,"kernel":2,"bias":false}, {"type":"batch_norm","features":3},
           {"type":"relu"}, {"type":"minibatch_stddev"}, {"type":"flatten"}, {"type":"tanh"},
           {"type":"dense","in":16,"out":6}, {"type":"maxout","pieces":2}, {"type":"layer_norm"}"#,
    );
    check(
        &vector(5),
        r#"{"type":"dense","in":5,"out":12}, {"type":"reshape","channels":3,"height":2,"width":2},
           {"type":"batch_norm","features":3}, {"type":"elu"},
           {"type":"conv_transpose2d","in":3,"out":4,"kernel":4,"stride":2,"padding":1},
           {"type":"layer_norm"}, {"type":"softplus"}, {"type":"upsample_nearest","factor":2},
           {"type":"conv2d","in":4,"out":2,"kernel":3,"padding":1}, {"type":"sigmoid"},
           {"type":"conv_transpose2d","in":2,"out":1,"kernel":3,"bias":false}, {"type":"tanh"}"#,
    );
}

#[test]
fn pooling_output_padding_and_batch_norm_without_parameters() {
    check(
        &image(2, 5, 7),
        r#"{"type":"avg_pool2d","kernel":2}, {"type":"batch_norm","features":2,"affine":false},
           {"type":"conv_transpose2d","in":2,"out":3,"kernel":5,"stride":2,"padding":2,"output_padding":1},
           {"type":"avg_pool2d","kernel":3,"stride":1}, {"type":"tanh"},
           {"type":"conv_transpose2d","in":3,"out":1,"kernel":3,"stride":3,"output_padding":2}"#,
    );
}

/// Blocks as in SNGAN's networks, a block within a block, one with a shortcut of its own, and one that begins the
/// network.
#[test]
fn residual_blocks() {
    check(
        &vector(5),
        r#"{"type":"residual","main":[{"type":"relu"}, {"type":"dense","in":5,"out":5}]}, {"type":"tanh"},
           {"type":"residual","main":[{"type":"dense","in":5,"out":4}, {"type":"elu"},
             {"type":"residual","main":[{"type":"batch_norm","features":4}],"shortcut":[{"type":"sigmoid"}]}],
             "shortcut":[{"type":"dense","in":5,"out":4,"bias":false}]}"#,
    );
    check(
        &image(2, 4, 4),
        r#"{"type":"residual","main":[
             {"type":"batch_norm","features":2}, {"type":"relu"}, {"type":"upsample_nearest","factor":2},
             {"type":"conv2d","in":2,"out":3,"kernel":3,"padding":1}, {"type":"leaky_relu"},
             {"type":"conv2d","in":3,"out":3,"kernel":3,"padding":1}],
             "shortcut":[{"type":"upsample_nearest","factor":2}, {"type":"conv2d","in":2,"out":3,"kernel":1}]},
           {"type":"residual","main":[{"type":"relu"}, {"type":"conv2d","in":3,"out":3,"kernel":3,"padding":1},
             {"type":"avg_pool2d","kernel":2}],"shortcut":[{"type":"avg_pool2d","kernel":2}]},
           {"type":"relu"}, {"type":"flatten"}, {"type":"dense","in":48,"out":1}"#,
    );
}

#[test]
fn two_layers_by_hand() {
    let mut network = network(
        &vector(2),
        r#"{"type":"dense","in":2,"out":2}, {"type":"leaky_relu","slope":0.5}, {"type":"dense","in":2,"out":1}"#,
    );
    let values = [
        vec![1.0, 2.0, -3.0, 1.0],
        vec![0.5, -1.0],
        vec![2.0, -4.0],
        vec![0.25],
    ];
    for ((_, parameter), values) in network.parameters_mut().into_iter().zip(&values) {
        parameter.update(|v| v.copy_from_slice(values));
    }
    // h = (1·1 + 2·(−1) + 0.5, −3·1 − 1 − 1) = (−0.5, −5) → (−0.25, −2.5); y = −0.5 + 10 + 0.25
    let y = network
        .infer(Batch::new(vec![1.0, -1.0], 1, 2).unwrap())
        .unwrap();
    assert_eq!(*y.values(), [9.75]);
    let names: Vec<String> = network.parameters().into_iter().map(|p| p.0).collect();
    assert_eq!(names, ["0.weight", "0.bias", "2.weight", "2.bias"]);
}
