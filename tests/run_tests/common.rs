//! Small runs, and how to compare them.

use ganscope::Result;
use ganscope::nn::StateDict;
use ganscope::train::{Run, Settings, Trainer, resume, train};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

/// Two small layers each, on points.
pub const POINTS: &str = r#"
data = "ring8"
batch = 16
log_every = 4
sample_every = 1000
checkpoint_every = 10
[generator]
layers = [
    { type = "dense", in = 2, out = 16 }, { type = "relu" }, { type = "dense", in = 16, out = 2 },
]
[discriminator]
layers = [
    { type = "dense", in = 2, out = 16 }, { type = "leaky_relu" }, { type = "dense", in = 16, out = 1 },
]
"#;

/// Convolutions, batch norm on both sides, dropout, a moving average, two schedules; a log line
/// that does not fall on the checkpoints.
pub const SPRITES: &str = r#"
data = "sprites"
batch = 8
latent = 4
ema = 0.9
log_every = 3
sample_every = 1000
checkpoint_every = 20
# The plateau is reached at this rate: the recipe's may change.
[optimizer.generator]
lr = 2e-4
[optimizer.discriminator]
lr = 2e-4
[schedule.generator]
kind = "cosine"
over = 50
floor = 0.0
warmup = 5
[schedule.discriminator]
kind = "plateau"
patience = 0
factor = 0.7
[generator]
layers = [
    { type = "dense", in = 4, out = 512, bias = false }, { type = "reshape", channels = 8, height = 8, width = 8 },
    { type = "batch_norm", features = 8 }, { type = "relu" },
    { type = "conv_transpose2d", in = 8, out = 4, kernel = 4, stride = 2, padding = 1 },
    { type = "batch_norm", features = 4 }, { type = "relu" },
    { type = "conv_transpose2d", in = 4, out = 1, kernel = 4, stride = 2, padding = 1 }, { type = "tanh" },
]
[discriminator]
layers = [
    { type = "conv2d", in = 1, out = 4, kernel = 4, stride = 2, padding = 1 }, { type = "leaky_relu" },
    { type = "conv2d", in = 4, out = 8, kernel = 4, stride = 2, padding = 1 },
    { type = "batch_norm", features = 8 }, { type = "leaky_relu" },
    { type = "flatten" }, { type = "dropout", p = 0.2 }, { type = "dense", in = 512, out = 1 },
]
"#;

/// `text`, and dotted keys over it.
pub fn settings(text: &str, over: &[&str]) -> Settings {
    let mut settings = Settings::parse(text).unwrap();
    for assignment in over {
        settings.assign(assignment).unwrap();
    }
    settings
}

pub fn go(run: &Run, trainer: &mut Trainer, seconds: f64) -> Result<()> {
    train(run, trainer, seconds, &AtomicBool::new(false), &mut |_| ())
}

/// A whole run in `folder`.
pub fn start(folder: &Path, settings: &Settings) -> Result<Run> {
    let (config, data) = settings.resolve()?;
    let run = Run::create(folder, &config, false)?;
    go(&run, &mut Trainer::new(config, data)?, 0.0)?;
    Ok(run)
}

/// Goes on until `steps`.
pub fn go_on(run: &Run, steps: u64) -> Result<()> {
    let (mut trainer, seconds, _) = resume(run, &settings("", &[&format!("steps={steps}")]))?;
    go(run, &mut trainer, seconds)
}

pub fn last_checkpoint(run: &Run) -> PathBuf {
    run.checkpoints().unwrap().pop().unwrap().1
}

/// Steps of the checkpoints that are there.
pub fn kept(run: &Run) -> Vec<u64> {
    let all = run.checkpoints().unwrap();
    all.into_iter().map(|(step, _)| step).collect()
}

/// Every tensor of the two runs' last checkpoints, by bits.
#[track_caller]
pub fn same_weights(a: &Run, b: &Run) {
    let read = |run| StateDict::read(&last_checkpoint(run)).unwrap().0;
    let (a, b) = (read(a), read(b));
    assert_eq!(a.iter().count(), b.iter().count());
    assert!(a.iter().count() >= 8);
    for ((name, a), (other, b)) in a.iter().zip(b.iter()) {
        // Debug formatting of a float is exact, and tells −0 from 0.
        assert!(
            name == other && format!("{a:?}") == format!("{b:?}"),
            "{name}"
        );
    }
}

#[track_caller]
pub fn says<T>(result: Result<T>, parts: &[&str]) {
    let message = match result {
        Ok(_) => panic!("an error was expected"),
        Err(error) => error.to_string(),
    };
    for part in parts {
        assert!(message.contains(part), "\"{part}\" is not in: {message}");
    }
}
