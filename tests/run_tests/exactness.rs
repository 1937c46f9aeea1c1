//! A run that was broken and resumed ends with the same bits; so does one on other threads.

use crate::common::{POINTS, SPRITES, go_on, last_checkpoint, same_weights, settings, start};
use ganscope::gan::RECIPES;
use ganscope::nn::StateDict;
use ganscope::train::{Checkpoint, Settings, Trainer, read_metrics};

/// 40 steps, against 20 and then 20 more.
fn in_two_parts(text: &str, over: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let with = |steps: &str| settings(text, &[over, &[steps]].concat());
    let whole = start(&folder.path().join("whole"), &with("steps=40")).unwrap();
    let parts = start(&folder.path().join("parts"), &with("steps=20")).unwrap();
    go_on(&parts, 40).unwrap();
    same_weights(&whole, &parts);
    // And so do the means of the log, less the line at which the first part ended.
    let log = |run: &ganscope::train::Run| {
        let all = read_metrics(run.metrics_path()).unwrap();
        let regular = all.into_iter().filter(|r| r.step != 20);
        regular
            .map(|r| {
                (
                    r.step,
                    r.d_loss,
                    r.g_loss,
                    r.d_real,
                    r.lr_d,
                    r.grad_norm_g,
                    r.extra,
                )
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(log(&whole), log(&parts));
}

#[test]
#[cfg_attr(feature = "cuda", ignore = "a GPU adds in no fixed order")]
fn adam_average_batch_norm_dropout_cosine_and_plateau() {
    in_two_parts(SPRITES, &[]);
}

#[test]
fn the_plateau_has_reduced_by_then() {
    // Otherwise the test above would say nothing about it.
    let folder = tempfile::tempdir().unwrap();
    let run = start(folder.path(), &settings(SPRITES, &["steps=40"])).unwrap();
    let log = read_metrics(run.metrics_path()).unwrap();
    let (first, last) = (log[0].lr_d, log[log.len() - 1].lr_d);
    assert!(last < first * 0.71, "{first} {last}");
    // Cosine over 50 steps after 5 of warm-up: line 1 (step 3) was computed with 3/5, the last with
    // ½(1 + cos(34π/50)).
    let full = 2e-4;
    assert!((log[0].lr_g / full - 0.6).abs() < 1e-12);
    let expected = 0.5 * (1.0 + (34.0 * std::f64::consts::PI / 50.0).cos());
    assert!((log[log.len() - 1].lr_g / full - expected).abs() < 1e-12);
}

#[test]
fn every_optimiser_without_average_and_with_more_critic_steps() {
    for kind in ["sgd", "rmsprop", "adagrad"] {
        let g = format!("optimizer.generator.kind={kind}");
        let d = format!("optimizer.discriminator.kind={kind}");
        in_two_parts(POINTS, &[&g, &d, "ema=0", "n_critic=2"]);
    }
    let momentum = "optimizer.discriminator = { kind = \"sgd\", lr = 0.01, momentum = 0.9 }\n";
    in_two_parts(&format!("{momentum}{POINTS}"), &["gan=lsgan"]);
}

#[test]
fn every_recipe_and_what_may_be_added_to_it() {
    for name in RECIPES {
        in_two_parts(
            "data = \"ring8\"\nbatch = 16\nlog_every = 4",
            &[&format!("gan={name}")],
        );
    }
    let codes = [
        "gan=wgan-gp",
        "codes.categorical=[4]",
        "codes.continuous=1",
        "latent=8",
    ];
    in_two_parts(
        "data = \"ring8\"\nbatch = 16\nlog_every = 4",
        &["objective.kind=began"],
    );
    in_two_parts("data = \"ring8\"\nbatch = 16\nlog_every = 4", &codes);
    // The second and the third component begin before and after the break at 20.
    let boosting = [
        "gan=adagan",
        "boosting.components=3",
        "boosting.steps=12",
        "boosting.examples=200",
        "boosting.discriminator_steps=5",
    ];
    in_two_parts("data = \"ring8\"\nbatch = 16\nlog_every = 4", &boosting);
    let ensemble = [&boosting[..], &["boosting.reweight=false"]].concat();
    in_two_parts("data = \"ring8\"\nbatch = 16\nlog_every = 4", &ensemble);
    let r_adv = ["gan=gan", "r_adv.kind=repaired", "penalty.kind=r1"];
    in_two_parts("data = \"ring8\"\nbatch = 16\nlog_every = 4", &r_adv);
}

/// Residual blocks with batch norm in G, and with spectral norm and a gradient penalty in D.
#[test]
#[cfg_attr(feature = "cuda", ignore = "a GPU adds in no fixed order")]
fn residual_blocks() {
    let text = r#"
data = "sprites"
batch = 4
latent = 4
log_every = 3
sample_every = 1000
checkpoint_every = 20
penalty = { kind = "r1", gamma = 1.0 }
[generator]
layers = [
    { type = "dense", in = 4, out = 128 }, { type = "reshape", channels = 2, height = 8, width = 8 },
    { type = "residual", main = [
        { type = "batch_norm", features = 2 }, { type = "relu" }, { type = "upsample_nearest", factor = 2 },
        { type = "conv2d", in = 2, out = 2, kernel = 3, padding = 1 } ],
      shortcut = [{ type = "upsample_nearest", factor = 2 }] },
    { type = "conv_transpose2d", in = 2, out = 1, kernel = 5, stride = 2, padding = 2, output_padding = 1 },
    { type = "tanh" },
]
[discriminator]
spectral_norm = true
layers = [
    { type = "residual", main = [{ type = "conv2d", in = 1, out = 2, kernel = 3, padding = 1 }, { type = "softplus" },
        { type = "conv2d", in = 2, out = 2, kernel = 3, padding = 1 }, { type = "avg_pool2d", kernel = 2 }],
      shortcut = [{ type = "avg_pool2d", kernel = 2 }, { type = "conv2d", in = 1, out = 2, kernel = 1 }] },
    { type = "relu" }, { type = "avg_pool2d", kernel = 4 }, { type = "flatten" }, { type = "dense", in = 32, out = 1 },
]
"#;
    in_two_parts(text, &[]);
}

#[test]
#[cfg_attr(feature = "cuda", ignore = "a GPU adds in no fixed order")]
fn spectral_norm_of_both() {
    let both = [
        "discriminator.spectral_norm=true",
        "generator.spectral_norm=true",
    ];
    in_two_parts(POINTS, &both);
    let convolutions = r#"
data = "sprites"
batch = 8
latent = 4
log_every = 3
sample_every = 1000
checkpoint_every = 20
[generator]
spectral_norm = true
layers = [
    { type = "dense", in = 4, out = 512 }, { type = "reshape", channels = 8, height = 8, width = 8 },
    { type = "conv_transpose2d", in = 8, out = 4, kernel = 4, stride = 2, padding = 1 }, { type = "relu" },
    { type = "conv_transpose2d", in = 4, out = 1, kernel = 4, stride = 2, padding = 1 }, { type = "tanh" },
]
[discriminator]
spectral_norm = true
layers = [
    { type = "conv2d", in = 1, out = 4, kernel = 4, stride = 2, padding = 1 }, { type = "leaky_relu" },
    { type = "flatten" }, { type = "dense", in = 1024, out = 1 },
]
"#;
    in_two_parts(convolutions, &[]);
    let folder = tempfile::tempdir().unwrap();
    let run = start(folder.path(), &settings(convolutions, &["steps=20"])).unwrap();
    let (state, _) = StateDict::read(&last_checkpoint(&run)).unwrap();
    for name in [
        "generator.0",
        "generator.2",
        "discriminator.0",
        "discriminator.3",
    ] {
        let applied = state.get(&format!("{name}.weight")).unwrap();
        let learnt = state.get(&format!("spectral.{name}.weight")).unwrap();
        assert!(applied.shape == learnt.shape && applied != learnt, "{name}");
    }
    // An average of weights has nothing behind it, and is sampled from all the same.
    assert!(state.get("generator_average.0.weight").is_some());
    assert!(
        state
            .iter()
            .all(|(name, _)| !name.starts_with("spectral.generator_average"))
    );
    let checkpoint = Checkpoint::read(&last_checkpoint(&run)).unwrap();
    assert!(
        checkpoint
            .sample(2, 1)
            .unwrap()
            .values
            .iter()
            .all(|v| v.is_finite())
    );
}

#[test]
#[cfg_attr(feature = "cuda", ignore = "a GPU adds in no fixed order")]
fn one_thread_and_two() {
    let folder = tempfile::tempdir().unwrap();
    let runs = [1, 2].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        let pool = pool.build().unwrap();
        let path = folder.path().join(threads.to_string());
        pool.install(|| start(&path, &settings(SPRITES, &["steps=20"])).unwrap())
    });
    same_weights(&runs[0], &runs[1]);
}

#[test]
fn the_seed_decides() {
    let folder = tempfile::tempdir().unwrap();
    let run = |name: &str, seed: &str| {
        start(
            &folder.path().join(name),
            &settings(POINTS, &["steps=5", seed]),
        )
        .unwrap()
    };
    let (a, b, c) = (run("a", "seed=1"), run("b", "seed=1"), run("c", "seed=2"));
    same_weights(&a, &b);
    let read = |run| StateDict::read(&last_checkpoint(run)).unwrap().0;
    assert_ne!(read(&a), read(&c));
}

#[test]
#[cfg_attr(feature = "cuda", ignore = "a GPU adds in no fixed order")]
fn a_checkpoint_holds_what_the_trainer_had() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(SPRITES, &["steps=6"]);
    let run = start(folder.path(), &settings).unwrap();
    let (config, data) = settings.resolve().unwrap();
    let mut trainer = Trainer::new(config.clone(), data).unwrap();
    for _ in 0..6 {
        trainer.step().unwrap();
    }
    let checkpoint = Checkpoint::read(&last_checkpoint(&run)).unwrap();
    assert_eq!((checkpoint.step, &checkpoint.config), (6, &config));
    assert!(checkpoint.seconds > 0.0);
    // Samples are a function of (seed, n), and of nothing else.
    let bits = |samples: ganscope::data::Samples| {
        assert_eq!(samples.values.len(), 5 * 32 * 32);
        samples
            .values
            .iter()
            .map(|v| v.to_bits())
            .collect::<Vec<_>>()
    };
    let (ours, theirs) = (
        checkpoint.sample(5, 7).unwrap(),
        trainer.sample(5, 7).unwrap(),
    );
    let first = bits(ours);
    assert_eq!(first, bits(theirs));
    assert_eq!(first, bits(checkpoint.sample(5, 7).unwrap()));
    assert_ne!(first, bits(checkpoint.sample(5, 8).unwrap()));
    // Samples come from the moving average, not from the weights that learn.
    let (state, _) = StateDict::read(&last_checkpoint(&run)).unwrap();
    assert_ne!(
        state.get("generator.0.weight"),
        state.get("generator_average.0.weight")
    );
    let generator = checkpoint.generator().unwrap();
    let (name, weight) = &generator.parameters()[0];
    let average = state.get(&format!("generator_average.{name}")).unwrap();
    let expected = ganscope::nn::StateValues::F32(weight.values().to_vec());
    assert_eq!(average.values, expected);
}

#[test]
fn defaults_need_no_file() {
    let (config, _) = Settings::default().resolve().unwrap();
    assert_eq!((config.gan.as_str(), config.seed), ("nsgan", 1));
}
