//! Time of a training step as in `ganscope train`, without the moving average: draw a real batch and latent vectors,
//! update D, update G. `wgan-gp` updates D five times, each time with the gradient penalty. steps.py has the same
//! networks in PyTorch.

use criterion::{Criterion, criterion_group, criterion_main};
use ganscope::data::idx::Idx;
use ganscope::train::{Settings, Trainer};
use std::hint::black_box;
use std::time::Duration;

const MLP: &str = r#"
batch = 128
generator.layers = [
    { type = "dense", in = 64, out = 256 }, { type = "leaky_relu" },
    { type = "dense", in = 256, out = 512 }, { type = "leaky_relu" },
    { type = "dense", in = 512, out = 784 }, { type = "tanh" },
]
discriminator.layers = [
    { type = "flatten" },
    { type = "dense", in = 784, out = 512 }, { type = "leaky_relu" },
    { type = "dense", in = 512, out = 256 }, { type = "leaky_relu" },
    { type = "dense", in = 256, out = 1 },
]
"#;

const DCGAN: &str = r#"
batch = 64
generator.layers = [
    { type = "dense", in = 64, out = 6272 },
    { type = "reshape", channels = 128, height = 7, width = 7 }, { type = "relu" },
    { type = "conv_transpose2d", in = 128, out = 64, kernel = 4, stride = 2, padding = 1 }, { type = "relu" },
    { type = "conv_transpose2d", in = 64, out = 1, kernel = 4, stride = 2, padding = 1 }, { type = "tanh" },
]
"#;

const PLANE: &str = r#"
batch = 256
discriminator.layers = [
    { type = "dense", in = 2, out = 128 }, { type = "relu" },
    { type = "dense", in = 128, out = 128 }, { type = "relu" },
    { type = "dense", in = 128, out = 128 }, { type = "relu" },
    { type = "dense", in = 128, out = 1 },
]
"#;

fn steps(c: &mut Criterion) {
    ganscope::tensor::use_threads(0).expect("no threads are in use yet");
    // Random images instead of MNIST, so that the benchmark needs no download.
    let folder = tempfile::tempdir().expect("a directory for the data");
    for part in ["train", "t10k"] {
        let n = 1024;
        let images = Idx {
            dimensions: vec![n, 28, 28],
            bytes: (0..n * 784)
                .map(|i| ((i * 2_654_435_761) >> 13) as u8)
                .collect(),
        };
        let labels = Idx {
            dimensions: vec![n],
            bytes: vec![0; n],
        };
        let mnist = folder.path().join("mnist");
        std::fs::create_dir_all(&mnist).expect("a directory for the data");
        images
            .write(&mnist.join(format!("{part}-images-idx3-ubyte")))
            .expect("a writable directory");
        labels
            .write(&mnist.join(format!("{part}-labels-idx1-ubyte")))
            .expect("a writable directory");
    }
    for (name, recipe, data, text) in [
        ("mlp", "nsgan", "mnist", MLP),
        ("dcgan", "nsgan", "mnist", DCGAN),
        ("plane", "nsgan", "grid25", PLANE),
        ("dcgan-wgan-gp", "wgan-gp", "mnist", DCGAN),
        ("plane-wgan-gp", "wgan-gp", "grid25", PLANE),
    ] {
        let mut settings = Settings::parse(text).expect("a valid configuration");
        settings.set("gan", recipe).expect("a setting");
        settings.set("ema", 0.0).expect("a setting");
        if recipe == "wgan-gp" {
            settings.set("n_critic", 5).expect("a setting");
        }
        settings.set("data.name", data).expect("a setting");
        settings
            .set("data.dir", folder.path().display().to_string())
            .expect("a setting");
        let (config, data) = settings.resolve().expect("a valid configuration");
        let mut trainer = Trainer::new(config, data).expect("valid networks");
        c.bench_function(name, |b| {
            b.iter(|| black_box(trainer.step().expect("a finite step")));
        });
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_secs(2))
        .measurement_time(Duration::from_secs(8))
        .sample_size(30)
        .without_plots();
    targets = steps
}
criterion_main!(benches);
