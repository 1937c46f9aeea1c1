//! Networks written as JSON, and comparisons of numbers.

use ganscope::nn::{Network, NetworkSpec, StateDict, StateValues};
use ganscope::random::{Stream, standard_normal};
use ganscope::tensor::Batch;
use std::collections::BTreeMap;

/// On a GPU dfdx computes all gradients, even those that nobody reads, and adds in no fixed order.
pub const ON_GPU: bool = cfg!(feature = "cuda");

pub fn vector(len: usize) -> String {
    format!(r#"{{ "kind": "vector", "len": {len} }}"#)
}

pub fn image(channels: usize, height: usize, width: usize) -> String {
    format!(
        r#"{{ "kind": "image", "channels": {channels}, "height": {height}, "width": {width} }}"#
    )
}

pub fn parse(input: &str, layers: &str) -> serde_json::Result<NetworkSpec> {
    serde_json::from_str(&format!(
        r#"{{ "input": {input}, "init": "he", "layers": [{layers}] }}"#
    ))
}

pub fn spec(input: &str, layers: &str) -> NetworkSpec {
    parse(input, layers).unwrap()
}

/// A network whose biases are not 0 and whose scales are not 1, so that a test notices if one is missing.
pub fn network(input: &str, layers: &str) -> Network {
    let spec = spec(input, layers);
    let mut network = Network::new("net", &spec, 7, Stream::GeneratorInit).unwrap();
    for (i, (_, parameter)) in network.parameters_mut().into_iter().enumerate() {
        let change = numbers(100 + i as u64, parameter.values().len());
        parameter.update(|v| v.iter_mut().zip(change).for_each(|(v, c)| *v += 0.2 * c));
    }
    network
}

pub fn numbers(stream: u64, n: usize) -> Vec<f32> {
    standard_normal(stream, Stream::Data, 0, n)
}

pub fn batch(stream: u64, rows: usize, columns: usize) -> Batch {
    Batch::new(numbers(stream, rows * columns), rows, columns).unwrap()
}

pub fn wide(x: &[f32]) -> Vec<f64> {
    x.iter().map(|&x| x as f64).collect()
}

/// Returns weights and moments by name, in f64.
pub fn weights(network: &Network) -> BTreeMap<String, Vec<f64>> {
    let mut state = StateDict::default();
    state.add("w", network);
    let floats = |values: &StateValues| match values {
        StateValues::F32(v) => wide(v),
        StateValues::I64(v) => v.iter().map(|&v| v as f64).collect(),
    };
    let name = |name: &str| name.trim_start_matches("w.").to_string();
    state
        .iter()
        .map(|(n, tensor)| (name(n), floats(&tensor.values)))
        .collect()
}

#[track_caller]
pub fn close(what: &str, ours: &[f32], expected: &[f64], tolerance: f64) {
    assert_eq!(ours.len(), expected.len(), "{what}");
    let scale = expected.iter().fold(1e-2f64, |a, b| a.max(b.abs()));
    for (i, (a, b)) in ours.iter().zip(expected).enumerate() {
        let error = (*a as f64 - b).abs() / scale;
        assert!(
            error < tolerance,
            "{what}[{i}]: {a} against {b}, off by {error:e} of {scale}"
        );
    }
}
