//! Loads a trained checkpoint in PyTorch and compares outputs, names and moments.
//!
//! Needs a Python that can import torch and safetensors: `$PYTHON`, or else `python3`. Without one the
//! comparison is skipped, with a message; the names are checked in any case.

mod architectures;

use ganscope::data::SampleShape;
use ganscope::data::idx::Idx;
use ganscope::nn::{Network, StateDict, StateTensor, StateValues};
use ganscope::random::{Stream, standard_normal};
use ganscope::tensor::Batch;
use ganscope::train::{Checkpoint, Run, Settings, Trainer, train};
use std::collections::HashMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::AtomicBool;

/// Trains with `settings` and returns the path of the checkpoint.
fn trained(folder: &Path, settings: &str) -> PathBuf {
    let (config, data) = Settings::parse(settings).unwrap().resolve().unwrap();
    let run = Run::create(folder, &config, false).unwrap();
    let mut trainer = Trainer::new(config, data).unwrap();
    let stop = AtomicBool::new(false);
    train(&run, &mut trainer, 0.0, &stop, &mut |_| ()).unwrap();
    run.checkpoints().unwrap().pop().unwrap().1
}

/// Writes the four files of MNIST with 64 images of noise, for the preset networks of 28×28.
fn digits(data: &Path) {
    let folder = data.join("mnist");
    for prefix in ["train", "t10k"] {
        let noise = standard_normal(5, Stream::Data, 0, 64 * 28 * 28);
        let images = Idx {
            dimensions: vec![64, 28, 28],
            bytes: noise.iter().map(|x| (128.0 + 50.0 * x) as u8).collect(),
        };
        let labels = Idx {
            dimensions: vec![64],
            bytes: (0..64).map(|i| i % 10).collect(),
        };
        let path = |kind: &str| folder.join(format!("{prefix}-{kind}-ubyte"));
        images.write(&path("images-idx3")).unwrap();
        labels.write(&path("labels-idx1")).unwrap();
    }
}

/// Returns the shape of `n` samples in PyTorch.
fn shape(n: usize, sample: &SampleShape) -> Vec<usize> {
    match *sample {
        SampleShape::Vector { len } => vec![n, len],
        SampleShape::Image {
            channels,
            height,
            width,
        } => vec![n, channels, height, width],
    }
}

/// Prints a line even if the test passes, when the test harness keeps what `println` prints.
fn say(line: &str) {
    // If standard error is closed, nobody can be told.
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Returns the Python to use, or why there is none.
fn python() -> Result<String, String> {
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".into());
    let found = Command::new(&python)
        .args(["-c", "import torch, safetensors.torch"])
        .output();
    match found {
        Err(e) => Err(format!("{python} cannot be run: {e}")),
        Ok(output) if !output.status.success() => {
            let problem = String::from_utf8_lossy(&output.stderr);
            let last = problem.trim().lines().last().unwrap_or_default();
            Err(format!(
                "{python} cannot import torch and safetensors: {last}"
            ))
        }
        Ok(_) => Ok(python),
    }
}

/// Compares the outputs of ganscope and of PyTorch for the same inputs.
fn compare(name: &str, checkpoint: &Path, generator: (&str, &Network)) {
    let python = match python() {
        Ok(python) => python,
        Err(why) => return say(&format!("{name}: skipped, {why}")),
    };
    let n = 6;
    let (prefix, generator) = generator;
    let discriminator = Checkpoint::read(checkpoint)
        .unwrap()
        .discriminator()
        .unwrap();
    let mut outputs = StateDict::default();
    let mut apply = |stream, network: &Network, of: &str, to: &str| {
        let input = &network.spec().input;
        let x = standard_normal(3, stream, 0, n * input.numel());
        let batch = Batch::new(x.clone(), n, input.numel()).unwrap();
        let y = network.infer(batch).unwrap().values().to_vec();
        // If the outputs were constant, the comparison would show nothing.
        let first = &y[..y.len() / n];
        assert!(
            y[y.len() - first.len()..] != *first,
            "{to} does not depend on {of}"
        );
        outputs.insert(of, StateTensor::f32(x, &shape(n, input)));
        outputs.insert(to, StateTensor::f32(y, &shape(n, network.output())));
    };
    apply(Stream::Latent, generator, "z", "g_of_z");
    apply(Stream::Data, &discriminator, "x", "d_of_x");
    let path = checkpoint.with_file_name("outputs.safetensors");
    outputs.write(&path, &HashMap::new()).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/torch_checkpoint.py");
    let output = Command::new(python)
        .arg(script)
        .args([checkpoint, &path])
        .arg(prefix)
        .output()
        .unwrap();
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    println!("{name}: {}", out.trim().replace('\n', "; "));
    assert!(output.status.success(), "{name}: {out}{err}");
    assert_eq!(
        out.matches("largest absolute difference").count(),
        2,
        "{out}"
    );
}

/// Returns G with its trained weights, not with their moving average.
fn live_generator(checkpoint: &Path) -> Network {
    let read = Checkpoint::read(checkpoint).unwrap();
    let spec = &read.config.generator;
    let mut network = Network::new("generator", spec, 0, Stream::GeneratorInit).unwrap();
    let (state, _) = StateDict::read(checkpoint).unwrap();
    state.load("generator", &mut network).unwrap();
    network
}

/// Compares both the trained weights of G and their moving average.
fn compare_both(name: &str, checkpoint: &Path) {
    let live = live_generator(checkpoint);
    compare(&format!("{name}, live"), checkpoint, ("generator", &live));
    let average = Checkpoint::read(checkpoint).unwrap().generator().unwrap();
    let average = ("generator_average", &average);
    compare(&format!("{name}, average"), checkpoint, average);
}

#[test]
fn the_preset_dcgan() {
    let folder = tempfile::tempdir().unwrap();
    digits(folder.path());
    let settings = format!(
        "steps = 12\nbatch = 16\nema = 0.8\n[data]\nname = \"mnist\"\ndir = {:?}",
        folder.path()
    );
    let checkpoint = trained(&folder.path().join("run"), &settings);
    compare_both("preset 28×28", &checkpoint);
}

#[test]
fn all_layers_of_pytorch() {
    let folder = tempfile::tempdir().unwrap();
    let checkpoint = trained(&folder.path().join("run"), EVERY_LAYER);
    compare_both("every layer", &checkpoint);
}

#[test]
fn spectral_norm() {
    let folder = tempfile::tempdir().unwrap();
    let text = "data = \"sprites\"\nsteps = 10\nbatch = 8\n[discriminator]\nspectral_norm = true";
    let checkpoint = trained(&folder.path().join("run"), text);
    compare_both("spectral norm", &checkpoint);
}

const EVERY_LAYER: &str = r#"
data = "sprites"
steps = 10
batch = 8
latent = 6
ema = 0.5
[generator]
init = "xavier"
layers = [
    { type = "dense", in = 6, out = 64, bias = false }, { type = "batch_norm", features = 64, momentum = 0.3 },
    { type = "elu", alpha = 0.7 }, { type = "reshape", channels = 4, height = 4, width = 4 },
    { type = "upsample_nearest", factor = 2 },
    { type = "residual", main = [
        { type = "conv2d", in = 4, out = 4, kernel = 3, padding = 1 }, { type = "batch_norm", features = 4, affine = false },
        { type = "relu" }, { type = "residual", main = [{ type = "conv2d", in = 4, out = 4, kernel = 1 }] },
      ], shortcut = [{ type = "conv2d", in = 4, out = 4, kernel = 1, bias = false }] },
    { type = "conv2d", in = 4, out = 6, kernel = 3, padding = 1, bias = false }, { type = "layer_norm", eps = 1e-4 },
    { type = "softplus" },
    { type = "conv_transpose2d", in = 6, out = 3, kernel = 3, stride = 2, padding = 1, output_padding = 1, bias = false },
    { type = "batch_norm", features = 3, eps = 1e-3 }, { type = "relu" },
    { type = "conv_transpose2d", in = 3, out = 1, kernel = 4, stride = 2, padding = 1 }, { type = "tanh" },
]
[discriminator]
init = "xavier"
layers = [
    { type = "conv2d", in = 1, out = 4, kernel = 5, stride = 3, padding = 2 }, { type = "leaky_relu", slope = 0.1 },
    { type = "dropout", p = 0.3 }, { type = "minibatch_stddev" },
    { type = "conv2d", in = 5, out = 4, kernel = 4, stride = 2, padding = 1 }, { type = "batch_norm", features = 4 },
    { type = "avg_pool2d", kernel = 2, stride = 1 },
    { type = "sigmoid" }, { type = "flatten" }, { type = "dense", in = 64, out = 24 },
    { type = "maxout", pieces = 3 }, { type = "layer_norm" }, { type = "dense", in = 8, out = 1 },
]
"#;

#[test]
fn names_and_moments_are_pytorchs() {
    let folder = tempfile::tempdir().unwrap();
    let text = "data = \"ring8\"\nsteps = 3\nbatch = 8\n[generator]\nlayers = [\
        { type = \"dense\", in = 2, out = 4 }, { type = \"batch_norm\", features = 4 }, { type = \"relu\" }, \
        { type = \"dense\", in = 4, out = 2, bias = false }]\n[optimizer.discriminator]\nkind = \"rmsprop\"";
    let checkpoint = trained(folder.path(), text);
    let (state, metadata) = StateDict::read(&checkpoint).unwrap();
    let sizes: HashMap<&str, Vec<usize>> = state
        .iter()
        .map(|(name, tensor)| (name, tensor.shape.clone()))
        .collect();
    for prefix in ["generator", "generator_average"] {
        for (name, shape) in [
            ("0.weight", vec![4, 2]),
            ("0.bias", vec![4]),
            ("1.weight", vec![4]),
            ("1.bias", vec![4]),
            ("1.running_mean", vec![4]),
            ("1.running_var", vec![4]),
            ("1.num_batches_tracked", vec![]),
            ("3.weight", vec![2, 4]),
        ] {
            assert_eq!(sizes[format!("{prefix}.{name}").as_str()], shape, "{name}");
        }
    }
    // torch.optim numbers parameters in the order of the network: weight and bias of each layer.
    for (i, len) in [8, 4, 4, 4, 8].into_iter().enumerate() {
        for moment in ["exp_avg", "exp_avg_sq"] {
            let name = format!("optimizer.generator.{i}.{moment}");
            assert_eq!(
                sizes[name.as_str()].iter().product::<usize>(),
                len,
                "{name}"
            );
        }
    }
    assert!(sizes.contains_key("optimizer.discriminator.0.square_avg"));
    assert!(!sizes.contains_key("optimizer.generator.5.exp_avg"));
    // Batch norm of G has seen every batch once.
    let tracked = &state.get("generator.1.num_batches_tracked").unwrap().values;
    assert_eq!(*tracked, StateValues::I64(vec![3]));
    // The metadata hold the descriptions as JSON.
    for player in ["generator", "discriminator"] {
        let spec: serde_json::Value = serde_json::from_str(&metadata[player]).unwrap();
        assert!(
            spec["input"].is_object() && spec["layers"].is_array(),
            "{spec}"
        );
    }
}
