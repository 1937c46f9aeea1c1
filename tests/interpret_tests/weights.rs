//! Weights of a user's own networks, as PyTorch writes them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use ganscope::interpret::Subject;
use ganscope::nn::{NetworkSpec, StateDict, StateTensor};

fn spec(text: &str) -> NetworkSpec {
    serde_json::from_str(text).unwrap()
}

/// z of 2 numbers → 3 hidden units → 2 numbers.
fn generator() -> NetworkSpec {
    spec(
        r#"{ "input": { "kind": "vector", "len": 2 }, "layers": [
        { "type": "dense", "in": 2, "out": 3 }, { "type": "batch_norm", "features": 3 }, { "type": "relu" },
        { "type": "dense", "in": 3, "out": 2 }
    ] }"#,
    )
}

fn critic() -> NetworkSpec {
    spec(
        r#"{ "input": { "kind": "vector", "len": 2 }, "layers": [{ "type": "dense", "in": 2, "out": 1 }] }"#,
    )
}

/// The tensors of [`generator`] with names that begin with `prefix`.
fn tensors(prefix: &str) -> StateDict {
    let mut state = StateDict::default();
    for (name, shape, value) in [
        ("0.weight", &[3, 2][..], 0.5),
        ("0.bias", &[3], 0.0),
        ("1.weight", &[3], 1.0),
        ("1.bias", &[3], 0.0),
        ("1.running_mean", &[3], 0.0),
        ("1.running_var", &[3], 1.0),
        ("3.weight", &[2, 3], 2.0),
        ("3.bias", &[2], -1.0),
    ] {
        let values = vec![value; shape.iter().product()];
        state.insert(format!("{prefix}{name}"), StateTensor::f32(values, shape));
    }
    state.insert(
        format!("{prefix}1.num_batches_tracked"),
        StateTensor::i64(7),
    );
    state
}

fn write(folder: &Path, state: &StateDict) -> PathBuf {
    let path = folder.join("g.safetensors");
    state.write(&path, &HashMap::new()).unwrap();
    path
}

#[test]
fn names_with_and_without_a_prefix_are_read() {
    let folder = tempfile::tempdir().unwrap();
    for prefix in ["", "main.", "generator.", "module.net."] {
        let path = write(folder.path(), &tensors(prefix));
        let subject = Subject::of_weights(&path, Some(&generator()), None, None).unwrap();
        let g = subject.generator().unwrap();
        // h = (z₁ + z₂)/2 in each of 3 units (batch norm divides by √(1 + 1e-5)), x = 2 · 3h − 1 = 5 for z = (1, 1).
        let z = ganscope::tensor::Batch::new(vec![1.0, 1.0], 1, 2).unwrap();
        let x = g.infer(z).unwrap();
        assert!(
            (x.values()[0] - 5.0).abs() < 1e-3,
            "{prefix}: {}",
            x.values()[0]
        );
        assert_eq!(subject.latents(1, 0, 5).unwrap().len(), 10);
        assert!(subject.discriminator.is_none());
    }
}

#[test]
fn both_networks_of_one_file_are_told_apart_by_their_names() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = tensors("generator.");
    state.insert(
        "discriminator.0.weight",
        StateTensor::f32(vec![1.0, 2.0], &[1, 2]),
    );
    state.insert("discriminator.0.bias", StateTensor::f32(vec![0.5], &[1]));
    let path = write(folder.path(), &state);
    let subject = Subject::of_weights(&path, Some(&generator()), Some(&critic()), None).unwrap();
    assert_eq!(subject.discriminator.unwrap().name(), "discriminator");
    // D alone from the same file: G's tensors belong to no described network.
    let problem = Subject::of_weights(&path, None, Some(&critic()), None).unwrap_err();
    assert!(
        problem.to_string().contains("generator.0.weight"),
        "{problem}"
    );
}

#[track_caller]
fn refused(state: &StateDict, spec: &NetworkSpec, parts: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), state);
    let problem = Subject::of_weights(&path, Some(spec), None, None).unwrap_err();
    let problem = problem.to_string();
    for part in parts {
        assert!(problem.contains(part), "\"{part}\" is not in: {problem}");
    }
}

#[test]
fn weights_that_do_not_fit_are_refused_by_name() {
    // Another width of the hidden layer.
    let wide = spec(
        r#"{ "input": { "kind": "vector", "len": 2 }, "layers": [
        { "type": "dense", "in": 2, "out": 4 }, { "type": "batch_norm", "features": 4 }, { "type": "relu" },
        { "type": "dense", "in": 4, "out": 2 }
    ] }"#,
    );
    refused(&tensors(""), &wide, &["0.weight", "[3, 2]", "[4, 2]"]);
    // A layer too many, and a layer too few.
    let deeper = spec(
        r#"{ "input": { "kind": "vector", "len": 2 }, "layers": [
        { "type": "dense", "in": 2, "out": 3 }, { "type": "batch_norm", "features": 3 }, { "type": "relu" },
        { "type": "dense", "in": 3, "out": 2 }, { "type": "dense", "in": 2, "out": 2 }
    ] }"#,
    );
    refused(
        &tensors("main."),
        &deeper,
        &["main.4.weight", "main.4.bias", "the generator"],
    );
    let shallower = spec(
        r#"{ "input": { "kind": "vector", "len": 2 }, "layers": [{ "type": "dense", "in": 2, "out": 3 }] }"#,
    );
    refused(
        &tensors(""),
        &shallower,
        &["1.weight", "3.bias", "no layer"],
    );

    let mut diverged = tensors("");
    diverged.insert("3.bias", StateTensor::f32(vec![f32::NAN, 0.0], &[2]));
    refused(&diverged, &generator(), &["3.bias", "not finite"]);

    let mut normalized = tensors("");
    normalized.insert("0.weight_orig", StateTensor::f32(vec![0.0; 6], &[3, 2]));
    refused(
        &normalized,
        &generator(),
        &["0.weight_orig", "remove_spectral_norm"],
    );
}

#[test]
fn a_generator_of_images_has_no_latent() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = StateDict::default();
    state.insert("0.weight", StateTensor::f32(vec![1.0], &[1, 1, 1, 1]));
    state.insert("0.bias", StateTensor::f32(vec![0.0], &[1]));
    let path = write(folder.path(), &state);
    let images = spec(
        r#"{ "input": { "kind": "image", "channels": 1, "height": 4, "width": 4 }, "layers": [
        { "type": "conv2d", "in": 1, "out": 1, "kernel": 1, "stride": 1, "padding": 0 }] }"#,
    );
    let problem = Subject::of_weights(&path, Some(&images), None, None).unwrap_err();
    assert!(
        problem.to_string().contains("a latent z is a vector"),
        "{problem}"
    );
    let problem = Subject::of_weights(&path, None, None, None).unwrap_err();
    assert!(problem.to_string().contains("--generator"), "{problem}");
}
