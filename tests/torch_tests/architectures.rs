//! Loads public GAN architectures with random weights, as PyTorch writes them, and compares the outputs.

use std::path::Path;
use std::process::Command;

use ganscope::data::npy;
use ganscope::interpret::Subject;
use ganscope::nn::NetworkSpec;
use ganscope::tensor::Batch;

use crate::{python, say};

/// Largest difference from PyTorch's output in double precision, relative to its largest number.
const TOLERANCE: f64 = 1e-5;

/// The architectures that load.
const LOADED: [&str; 15] = [
    "began-d",
    "began-g",
    "dcgan-d",
    "dcgan-g",
    "infogan-g",
    "lsgan-g",
    "pytorch-gan-dcgan-d",
    "pytorch-gan-dcgan-g",
    "sngan-d",
    "sngan-g",
    "sngan-resnet-d",
    "sngan-resnet-g",
    "wgan-gp-layer-norm-d",
    "wgan-gp-mlp-d",
    "wgan-gp-mlp-g",
];

/// Reads the description of a network, its weights and an input, and returns the largest relative difference between
/// its output and PyTorch's.
fn difference(folder: &Path, name: &str) -> f64 {
    let file = |end: &str| folder.join(format!("{name}{end}"));
    let text = std::fs::read_to_string(file(".toml")).unwrap();
    let spec: NetworkSpec = toml::from_str(&text).unwrap();
    let weights = file(".safetensors");
    let subject = if name.ends_with("-g") {
        Subject::of_weights(&weights, Some(&spec), None, None)
    } else {
        Subject::of_weights(&weights, None, Some(&spec), None)
    };
    let subject = subject.unwrap_or_else(|error| panic!("{name}: {error}"));
    let network = subject
        .generator
        .as_ref()
        .or(subject.discriminator.as_ref());
    let network = network.unwrap();
    let [x, expected] = ["-input.npy", "-output.npy"].map(|end| npy::read(&file(end)).unwrap());
    let n = x.dimensions[0];
    let rows: Vec<f32> = x.values.iter().map(|x| *x as f32).collect();
    let batch = Batch::new(rows, n, x.values.len() / n).unwrap();
    let y = network.infer(batch).unwrap().values().to_vec();
    assert_eq!(y.len(), expected.values.len(), "{name}");
    // If the outputs were constant, the comparison would show nothing.
    let one = y.len() / n;
    assert_ne!(y[..one], y[y.len() - one..], "{name}");
    let pairs = y.iter().zip(&expected.values);
    let largest = expected.values.iter().fold(0.0f64, |a, b| a.max(b.abs()));
    pairs.fold(0.0f64, |a, (y, e)| a.max((f64::from(*y) - e).abs())) / largest
}

#[test]
fn public_architectures_give_the_outputs_of_pytorch() {
    let python = match python() {
        Ok(python) => python,
        Err(why) => return say(&format!("public architectures: skipped, {why}")),
    };
    let folder = tempfile::tempdir().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/torch/architectures.py");
    let output = Command::new(python)
        .arg(script)
        .arg(folder.path())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let files = std::fs::read_dir(folder.path()).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut described: Vec<String> = names
        .filter_map(|name| Some(name.strip_suffix(".toml")?.to_string()))
        .collect();
    described.sort();
    assert_eq!(described, LOADED);
    for name in &described {
        let difference = difference(folder.path(), name);
        println!("{name}: largest relative difference {difference:.1e}");
        assert!(difference < TOLERANCE, "{name}: {difference:e}");
    }
    // What has no layer is refused by name.
    for (name, module) in [
        ("wgan-gp-instance-norm-d", "InstanceNorm2d"),
        ("grouped-d", "groups=64"),
    ] {
        let line = printed.lines().find(|line| line.contains(name)).unwrap();
        println!("{line}");
        assert!(
            line.contains("has no layer for") && line.contains(module),
            "{line}"
        );
    }
}
