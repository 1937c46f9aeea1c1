//! The same seed gives the same weights, bit for bit, on every x86-64 processor with AVX2 and FMA.
//!
//! `reference/digests.json` holds a SHA-256 of the weights of short runs. A difference means that some
//! sum is added in another order here than where the file was made. After a change that is meant to
//! alter the arithmetic, `just digests --record` writes the file anew.
#![cfg(not(feature = "cuda"))]

use ganscope::gan::RECIPES;
use ganscope::nn::{StateDict, StateValues};
use ganscope::train::{Settings, Trainer};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

type Digests = BTreeMap<String, String>;

/// A small convolutional pair with batch norm and a transposed convolution. Between 32 channels, Winograd's algorithm
/// is used, with tiles of 4 × 4 outputs in G and of 7 × 7 in D, and next to the image the patch matrix.
const CONVOLUTIONS: &str = r#"
data = "sprites"
batch = 16
latent = 16
[schedule]
generator = { kind = "constant" }
discriminator = { kind = "constant" }
[generator]
layers = [
    { type = "dense", in = 16, out = 2048, bias = false }, { type = "reshape", channels = 32, height = 8, width = 8 },
    { type = "batch_norm", features = 32 }, { type = "relu" },
    { type = "conv_transpose2d", in = 32, out = 32, kernel = 4, stride = 2, padding = 1 },
    { type = "batch_norm", features = 32 }, { type = "relu" },
    { type = "conv_transpose2d", in = 32, out = 1, kernel = 4, stride = 2, padding = 1 }, { type = "tanh" },
]
[discriminator]
layers = [
    { type = "conv2d", in = 1, out = 32, kernel = 4, stride = 2 }, { type = "leaky_relu" },
    { type = "conv2d", in = 32, out = 32, kernel = 4, stride = 2, padding = 1 },
    { type = "batch_norm", features = 32 }, { type = "leaky_relu" },
    { type = "flatten" }, { type = "dense", in = 1568, out = 1 },
]
"#;

/// SHA-256 of the names and bits of all weights and of 64 samples after so many steps.
fn digest(text: &str, steps: u64) -> String {
    let (config, data) = Settings::parse(text).unwrap().resolve().unwrap();
    let mut trainer = Trainer::new(config, data).unwrap();
    for _ in 0..steps {
        trainer.step().unwrap();
    }
    let mut state = StateDict::default();
    state.add("generator", trainer.generator());
    state.add("discriminator", trainer.discriminator());
    let mut hash = Sha256::new();
    for (name, tensor) in state.iter() {
        hash.update(name);
        match &tensor.values {
            StateValues::F32(values) => values.iter().for_each(|v| hash.update(v.to_le_bytes())),
            StateValues::I64(values) => values.iter().for_each(|v| hash.update(v.to_le_bytes())),
        }
    }
    for value in trainer.sample(64, 1).unwrap().values {
        hash.update(value.to_le_bytes());
    }
    hash.finalize().iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

fn reference() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/reference/digests.json")
}

/// Compares with the file, or with `GANSCOPE_RECORD_DIGESTS` set writes these entries into it.
#[track_caller]
fn compare(found: Digests) {
    let text = std::fs::read_to_string(reference()).unwrap_or_else(|_| "{}".into());
    let mut recorded: Digests = serde_json::from_str(&text).unwrap();
    if std::env::var_os("GANSCOPE_RECORD_DIGESTS").is_some() {
        recorded.extend(found);
        let text = serde_json::to_string_pretty(&recorded).unwrap() + "\n";
        std::fs::write(reference(), text).unwrap();
        return;
    }
    let differing: Vec<&String> = found
        .iter()
        .filter(|(run, digest)| recorded.get(*run) != Some(digest))
        .map(|(run, _)| run)
        .collect();
    assert!(
        differing.is_empty(),
        "other weights than in {}: {differing:?}",
        reference().display()
    );
}

fn every_recipe_on_ring8(steps: u64) -> Digests {
    let run = |recipe: &&str| {
        let text = format!("data = \"ring8\"\ngan = \"{recipe}\"");
        (
            format!("{recipe} on ring8, {steps} steps"),
            digest(&text, steps),
        )
    };
    RECIPES.iter().map(run).collect()
}

#[test]
fn every_recipe_gives_the_recorded_weights_after_50_steps() {
    compare(every_recipe_on_ring8(50));
}

#[test]
fn convolutions_give_the_recorded_weights_after_5_steps() {
    let batch_norm = r#"{ type = "batch_norm", features = 32 }, { type = "leaky_relu" }"#;
    // A penalty on D's gradient at each sample does not allow batch norm in D.
    let layer_norm = r#"{ type = "layer_norm" }, { type = "leaky_relu" }"#;
    let adam = "lr = 5e-4, beta1 = 0.5, beta2 = 0.999";
    let adam_of_critic = "lr = 1e-4, beta1 = 0.0, beta2 = 0.9";
    let run = |(recipe, norm, n_critic, adam): (&str, &str, usize, &str)| {
        let networks = CONVOLUTIONS.replace(batch_norm, norm);
        let text = format!(
            "gan = \"{recipe}\"\nn_critic = {n_critic}\n\
             optimizer.generator = {{ kind = \"adam\", {adam} }}\n\
             optimizer.discriminator = {{ kind = \"adam\", {adam} }}\n{networks}"
        );
        (format!("{recipe} on sprites, 5 steps"), digest(&text, 5))
    };
    let runs = [
        ("nsgan", batch_norm, 1, adam),
        ("lsgan", batch_norm, 1, adam),
        ("wgan-gp", layer_norm, 5, adam_of_critic),
    ];
    compare(runs.map(run).into());
}

#[test]
#[ignore = "takes a minute and adds nothing on one processor; `just digests` runs it before and after a refactoring"]
fn every_recipe_gives_the_recorded_weights_after_200_steps() {
    compare(every_recipe_on_ring8(200));
}
