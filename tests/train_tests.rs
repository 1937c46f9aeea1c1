//! Settings, exact resume, the run folder, and what happens when numbers stop being finite.

use ganscope::nn::StateDict;
use ganscope::random::{Stream, standard_normal};
use ganscope::tensor::Batch;
use ganscope::train::{Run, Settings, Trainer, read_metrics, resume, train};
use ganscope::{Error, nn::StateTensor};
use std::path::Path;
use std::sync::atomic::AtomicBool;

/// Small, but with all that has state: batch norm, Adam, a moving average, two kinds of schedule.
const TINY: &str = r#"
data = "sprites"
seed = 3
batch = 8
latent = 4
ema = 0.9
log_every = 4
sample_every = 50
checkpoint_every = 10
schedule.generator = { kind = "plateau", metric = "g_loss", patience = 1, factor = 0.5 }
schedule.discriminator = { kind = "cosine", over = 40, floor = 0.1, warmup = 3 }
generator.layers = [
    { type = "dense", in = 4, out = 128 }, { type = "reshape", channels = 2, height = 8, width = 8 },
    { type = "batch_norm", features = 2 }, { type = "relu" },
    { type = "conv_transpose2d", in = 2, out = 2, kernel = 4, stride = 2, padding = 1 }, { type = "relu" },
    { type = "conv_transpose2d", in = 2, out = 1, kernel = 4, stride = 2, padding = 1 }, { type = "tanh" },
]
discriminator.layers = [
    { type = "conv2d", in = 1, out = 4, kernel = 4, stride = 4 }, { type = "leaky_relu" },
    { type = "dropout", p = 0.2 }, { type = "flatten" }, { type = "dense", in = 256, out = 1 },
]
"#;

fn settings(changes: &[(&str, i64)]) -> Settings {
    let mut settings = Settings::parse(TINY).unwrap();
    for (key, value) in changes {
        settings.set(key, *value).unwrap();
    }
    settings
}

fn go(run: &Run, trainer: &mut Trainer) -> ganscope::Result<()> {
    train(run, trainer, 0.0, &AtomicBool::new(false), &mut |_| {})
}

fn start(folder: &Path, steps: i64) -> Run {
    let (config, data) = settings(&[("steps", steps)]).resolve().unwrap();
    let run = Run::create(folder, &config, false).unwrap();
    go(&run, &mut Trainer::new(config, data).unwrap()).unwrap();
    run
}

fn weights(run: &Run) -> StateDict {
    let (_, path) = run.checkpoints().unwrap().pop().unwrap();
    StateDict::read(&path).unwrap().0
}

#[test]
fn resuming_is_exact_and_independent_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let whole = start(&folder.path().join("whole"), 40);
    // Split between two lines of the log, so that the plateau's means are carried over too.
    let split = start(&folder.path().join("split"), 17);
    let mut more = Settings::default();
    more.set("steps", 40).unwrap();
    let (mut trainer, _, damaged) = resume(&split, &more).unwrap();
    assert!(damaged.is_empty() && trainer.steps_done() == 17);
    go(&split, &mut trainer).unwrap();
    assert!(
        weights(&whole) == weights(&split),
        "a resumed run differs from an unbroken one"
    );
    for threads in [1, 2, 5] {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        let path = folder.path().join(format!("threads-{threads}"));
        let run = pool.install(|| start(&path, 40));
        assert!(
            weights(&whole) == weights(&run),
            "{threads} threads give other weights"
        );
    }
}

#[test]
fn a_run_folder_holds_what_the_contract_says() {
    let folder = tempfile::tempdir().unwrap();
    let run = start(folder.path(), 55);
    let steps: Vec<u64> = read_metrics(run.metrics_path())
        .unwrap()
        .iter()
        .map(|r| r.step)
        .collect();
    assert_eq!(
        steps,
        [4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 55]
    );
    let pictures: Vec<u64> = run.samples().unwrap().iter().map(|(s, _)| *s).collect();
    assert_eq!(pictures, [0, 50, 55]);
    // The newest two and the best of those at 10, 20, …, 50 and 55.
    let kept: Vec<u64> = run.checkpoints().unwrap().iter().map(|(s, _)| *s).collect();
    assert!(kept.ends_with(&[50, 55]) && kept.len() <= 3, "{kept:?}");
    let (again, _) = Settings::read(&run.config_path())
        .unwrap()
        .resolve()
        .unwrap();
    assert_eq!(again, run.newest().unwrap().0.config);
    // A second run is refused; by force it replaces the first.
    let message = Run::create(folder.path(), &again, false)
        .unwrap_err()
        .to_string();
    assert!(message.contains("already holds a run"), "{message}");
    let run = Run::create(folder.path(), &again, true).unwrap();
    assert!(run.checkpoints().unwrap().is_empty() && !run.metrics_path().exists());
}

#[test]
fn resume_refuses_other_settings_and_clears_what_a_kill_left() {
    let folder = tempfile::tempdir().unwrap();
    let run = start(folder.path(), 20);
    let mut other = Settings::default();
    other.assign("optimizer.generator.lr=0.5").unwrap();
    let message = resume(&run, &other).err().unwrap().to_string();
    assert!(
        message.contains("optimizer.generator.lr is 0.5 asked for"),
        "{message}"
    );
    let config = std::fs::read_to_string(run.config_path()).unwrap();
    std::fs::write(run.config_path(), config.replace("batch = 8", "batch = 9")).unwrap();
    let message = resume(&run, &Settings::default())
        .err()
        .unwrap()
        .to_string();
    assert!(message.contains("batch is 9 in config.toml"), "{message}");
    std::fs::write(run.config_path(), &config).unwrap();

    // A kill in the middle of two writes.
    let log = std::fs::read_to_string(run.metrics_path()).unwrap();
    std::fs::write(run.metrics_path(), format!("{log}{{\"step\": 2")).unwrap();
    let stray = folder.path().join("checkpoints/.ganscope-abc");
    std::fs::write(&stray, "half").unwrap();
    resume(&run, &Settings::default()).unwrap();
    assert!(!stray.exists());
    assert_eq!(std::fs::read_to_string(run.metrics_path()).unwrap(), log);

    // The newest checkpoint is damaged: the one before it serves, and the damage is reported.
    let (_, newest) = run.checkpoints().unwrap().pop().unwrap();
    let bytes = std::fs::read(&newest).unwrap();
    std::fs::write(&newest, &bytes[..1000]).unwrap();
    let (trainer, _, damaged) = resume(&run, &Settings::default()).unwrap();
    assert_eq!(trainer.steps_done(), 10);
    assert!(
        damaged[0].to_string().contains("truncated"),
        "{}",
        damaged[0]
    );
    for (_, path) in run.checkpoints().unwrap() {
        std::fs::write(&path, "").unwrap();
    }
    assert!(matches!(run.newest(), Err(Error::Checkpoint { .. })));
}

#[test]
fn divergence_names_step_network_and_layer() {
    let text = "data = 'ring8'\noptimizer.generator = { kind = 'sgd', lr = 1e30 }";
    let (config, data) = Settings::parse(text).unwrap().resolve().unwrap();
    let mut trainer = Trainer::new(config, data).unwrap();
    let error = (0..50)
        .find_map(|_| trainer.step().err())
        .expect("lr 1e30 diverges");
    let Error::Diverged {
        step,
        network,
        layer,
        ..
    } = &error
    else {
        panic!("{error}")
    };
    assert!(
        *step < 50 && ["generator", "discriminator"].contains(&network.as_str()),
        "{error}"
    );
    assert!(layer.contains("dense"), "{error}");
}

#[test]
fn settings_are_layered_and_explained() {
    let refuse = |text: &str| {
        Settings::parse(text)
            .and_then(|s| s.resolve())
            .err()
            .unwrap()
    };
    for (text, parts) in [
        (
            "steps = 3\nstepz = 4",
            &["line 2", "\"stepz\"", "nearest is \"steps\""][..],
        ),
        ("gan = 'wgna'", &["\"wgna\"", "nearest is"]),
        ("data = 'mnits'", &["\"mnits\"", "nearest is \"mnist\""]),
        ("steps = 'many'", &["steps"]),
        ("steps = -3", &["steps"]),
        ("batch = 0", &["line 1", "batch must be at least 1"]),
        ("latent = 0", &["latent must be at least 1"]),
        ("ema = 1.5", &["ema must be in [0, 1)"]),
        (
            "[optimizer.generator]\nkind = 'adamm'",
            &["line 2", "\"adamm\"", "nearest is \"adam\""],
        ),
        ("[optimizer.generator]\nlr = -1.0", &["lr"]),
        (
            "[optimizer.generator]\nbeta3 = 1.0",
            &["line 2", "beta3", "beta"],
        ),
        (
            "objective = { kind = 'nsgan', label_smoothing = 2.0 }",
            &["label_smoothing"],
        ),
        ("data = 'ring8'\nsteps = = 2", &["line 2"]),
        (
            "generator.layers = [{ type = 'dense', in = 3, out = 2 }]",
            &["generator layer 0", "3 numbers", "2 numbers"],
        ),
        (
            "discriminator.layers = [{ type = 'dense', in = 2, out = 2 }]",
            &["discriminator", "output", "1 number"],
        ),
    ] {
        let message = refuse(text).to_string();
        for part in parts {
            assert!(message.contains(part), "{text}: {message} lacks {part}");
        }
        assert_eq!(refuse(text).exit_code(), 2, "{text}");
    }
    let mut s =
        Settings::parse("data = 'grid25'\nsteps = 5\n[optimizer.generator]\nlr = 0.5").unwrap();
    s.assign("data.name=ring8").unwrap();
    s.assign("n_critic=3").unwrap();
    s.assign("optimizer.discriminator.kind=\"sgd\"").unwrap();
    let (config, data) = s.resolve().unwrap();
    assert_eq!(
        (config.data.name.as_str(), config.steps, config.n_critic),
        ("ring8", 5, 3)
    );
    assert_eq!(config.optimizer.generator.lr(), 0.5);
    assert_eq!(config.optimizer.generator.kind(), "adam");
    assert_eq!(config.optimizer.discriminator.kind(), "sgd");
    Trainer::new(config, data).unwrap().step().unwrap();
}

/// Trains a small DCGAN, and has PyTorch load its checkpoint and compute the same images and scores.
#[test]
fn pytorch_reads_a_checkpoint_and_computes_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let run = start(&folder.path().join("run"), 20);
    let (checkpoint, _) = run.newest().unwrap();
    let mut state = StateDict::read(checkpoint.path()).unwrap().0;
    for name in [
        "generator.0.weight",
        "generator.2.running_var",
        "optimizer.generator.0.exp_avg",
    ] {
        assert!(state.get(name).is_some(), "{name}");
    }
    let python = std::env::var("PYTHON").unwrap_or("python3".into());
    let has_torch = std::process::Command::new(&python)
        .args(["-c", "import torch, safetensors"])
        .output()
        .is_ok_and(|o| o.status.success());
    if !has_torch {
        println!("PyTorch cannot be imported by {python}: the comparison was left out");
        return;
    }
    // The live generator is compared: the average is the one that Checkpoint::generator gives.
    let z = standard_normal(5, Stream::Latent, 0, 16 * 4);
    let x = standard_normal(6, Stream::Data, 0, 16 * 1024);
    let mut live = checkpoint.generator().unwrap();
    state.load("generator", &mut live).unwrap();
    let g = live.infer(Batch::new(z.clone(), 16, 4).unwrap()).unwrap();
    let d = checkpoint.discriminator().unwrap();
    let d = d.infer(Batch::new(x.clone(), 16, 1024).unwrap()).unwrap();
    state = StateDict::default();
    state.insert("z", StateTensor::f32(z, &[16, 4]));
    state.insert("x", StateTensor::f32(x, &[16, 1, 32, 32]));
    state.insert(
        "g_of_z",
        StateTensor::f32(g.values().to_vec(), &[16, 1, 32, 32]),
    );
    state.insert("d_of_x", StateTensor::f32(d.values().to_vec(), &[16, 1]));
    let outputs = folder.path().join("outputs.safetensors");
    state.write(&outputs, &Default::default()).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/torch_checkpoint.py");
    let done = std::process::Command::new(&python)
        .args([script.as_path(), checkpoint.path(), &outputs])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&done.stdout);
    println!("{text}");
    assert!(
        done.status.success(),
        "{text}{}",
        String::from_utf8_lossy(&done.stderr)
    );
}
