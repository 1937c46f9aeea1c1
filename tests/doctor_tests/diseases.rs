//! Each disease in a GAN built to have it.

use crate::common::{changed, close, each, remedies_work, run, set, settings, trainer};
use ganscope::Error;
use ganscope::train::{Diagnosis, Disease, Run, Trainer, train};
use std::sync::atomic::AtomicBool;

const SPRITES: &str = r#"
data = "sprites"
batch = 16
latent = 4
ema = 0.0
[generator]
layers = [
    { type = "dense", in = 4, out = 512 }, { type = "reshape", channels = 8, height = 8, width = 8 },
    { type = "batch_norm", features = 8 }, { type = "relu" },
    { type = "conv_transpose2d", in = 8, out = 1, kernel = 8, stride = 4, padding = 2 }, { type = "tanh" },
]
[discriminator]
layers = [
    { type = "conv2d", in = 1, out = 4, kernel = 4, stride = 4 }, { type = "leaky_relu" },
    { type = "flatten" }, { type = "dense", in = 256, out = 1 },
]
"#;

const RING: &str = "data = 'ring8'\nbatch = 128\nema = 0.0";

#[track_caller]
fn healthy(found: &Diagnosis) {
    assert_eq!(found.verdict(), "healthy", "{found:?}");
}

#[track_caller]
fn has(found: &Diagnosis, disease: Disease, parts: &[&str]) {
    let Some(first) = found.ailments.first() else {
        panic!("healthy: {found:?}")
    };
    assert_eq!(first.disease, disease, "{found:?}");
    assert_eq!(found.verdict(), disease.to_string());
    let mut sorted = found.diseases();
    sorted.sort();
    assert_eq!(sorted, found.diseases());
    for part in parts {
        assert!(first.evidence.contains(part), "{part}: {}", first.evidence);
    }
}

/// `depth` layers of `width` units, each followed by `activation`.
fn deep(depth: usize, width: usize, activation: &str) -> String {
    let mut layers = Vec::new();
    let mut inputs = 2;
    for _ in 0..depth {
        layers.push(format!(
            "{{ type = 'dense', in = {inputs}, out = {width} }}{activation}"
        ));
        inputs = width;
    }
    layers.push(format!("{{ type = 'dense', in = {width}, out = 2 }}"));
    format!(
        "{RING}\ngenerator = {{ init = 'orthogonal', layers = [{}] }}",
        layers.join(", ")
    )
}

#[test]
fn a_deep_linear_generator_of_gain_three_explodes() {
    let text = deep(10, 8, "");
    let of_gain = |gain: f32| {
        let trainer = changed(&text, &["optimizer.generator.lr=1e-12"], |state| {
            for layer in 1..10 {
                each(state, &format!("generator.{layer}.weight"), |w| gain * w);
            }
        });
        trainer.examine(&[]).unwrap()
    };
    let found = of_gain(3.0);
    has(
        &found,
        Disease::Exploding,
        &["generator layer", "has norm", "spectral norm 3.00"],
    );
    assert!(
        found.ailments[0]
            .remedy
            .contains("--set optimizer.generator.lr=")
    );
    remedies_work(&found, &text, &[]);
    assert!(!of_gain(1.0).diseases().contains(&Disease::Exploding));
}

#[test]
fn a_learning_rate_that_turns_weights_over_explodes() {
    let over = ["optimizer.discriminator.lr=3"];
    let found = trainer(RING, &over).examine(&[]).unwrap();
    has(
        &found,
        Disease::Exploding,
        &["the next update changes the discriminator's weights by"],
    );
    assert!(
        found.ailments[0]
            .remedy
            .contains("--set optimizer.discriminator.lr=3e-1")
    );
    remedies_work(&found, RING, &over);
}

#[test]
fn gradients_that_grow_in_the_log_explode() {
    let mut trainer = trainer(RING, &[]);
    let mut history = run(&mut trainer, 20);
    assert_eq!(trainer.examine(&history).unwrap().verdict(), "healthy");
    let mut last = history[19].clone();
    last.grad_norm_g *= 1e5;
    history.push(last);
    let found = trainer.examine(&history).unwrap();
    has(
        &found,
        Disease::Exploding,
        &["generator's gradient norm is", "times its median"],
    );
}

#[test]
fn a_deep_generator_of_sigmoids_vanishes() {
    let text = deep(12, 16, ", { type = 'sigmoid' }");
    let mut trainer = trainer(&text, &["generator.init=xavier"]);
    let fresh = trainer.examine(&[]).unwrap();
    has(
        &fresh,
        Disease::Vanishing,
        &["generator layer 0 (dense 2→16)", "of the influence"],
    );
    assert!(
        fresh.ailments[0].remedy.contains("generator.layers"),
        "{fresh:?}"
    );
    let history = run(&mut trainer, 100);
    let found = trainer.examine(&history).unwrap();
    has(&found, Disease::Vanishing, &["generator layer"]);
    remedies_work(&found, &text, &["generator.init=xavier"]);
    // It is the sigmoids.
    let relus = deep(12, 16, ", { type = 'leaky_relu' }");
    let found = crate::common::trainer(&relus, &["generator.init=he"])
        .examine(&[])
        .unwrap();
    assert!(!found.diseases().contains(&Disease::Vanishing), "{found:?}");
}

#[test]
fn a_discriminator_of_saturated_tanh_vanishes() {
    let text = format!(
        "{RING}\ndiscriminator.layers = [{{ type = 'dense', in = 2, out = 16 }}, {{ type = 'tanh' }}, \
         {{ type = 'dense', in = 16, out = 1 }}]"
    );
    let with = |size: f32| {
        let trainer = changed(&text, &[], |state| {
            each(state, "discriminator.0.weight", |w| size * w);
        });
        trainer.examine(&[]).unwrap()
    };
    has(
        &with(300.0),
        Disease::Vanishing,
        &["discriminator layer 1 (tanh) is flat in"],
    );
    healthy(&with(1.0));
}

/// D learns for long against a G that stays, and whose images of noise are none of sprites.
fn against_a_sure_discriminator(gan: &str) -> (Diagnosis, [String; 3]) {
    let over = [
        format!("gan={gan}"),
        "optimizer.generator.lr=1e-12".into(),
        "optimizer.discriminator.lr=2e-3".into(),
    ];
    let mut trainer = trainer(SPRITES, &over.each_ref().map(String::as_str));
    let history = run(&mut trainer, 300);
    (trainer.examine(&history).unwrap(), over)
}

#[test]
fn a_discriminator_that_learnt_for_long_is_too_strong() {
    let (found, over) = against_a_sure_discriminator("nsgan");
    has(
        &found,
        Disease::DTooStrong,
        &["of its value at equilibrium"],
    );
    assert!(
        found.game.slope > 0.9 && found.game.optimality_gap.abs() < 0.02,
        "{found:?}"
    );
    remedies_work(&found, SPRITES, &over.each_ref().map(String::as_str));
}

/// The same D: log(1 − D) is flat where D is sure (Goodfellow et al. 2014, section 3).
#[test]
fn the_minimax_game_vanishes_against_a_sure_discriminator() {
    let (found, over) = against_a_sure_discriminator("gan");
    has(&found, Disease::Vanishing, &["L_G lets only"]);
    assert_eq!(found.diseases(), [Disease::Vanishing, Disease::DTooStrong]);
    assert!(
        found.ailments[0]
            .remedy
            .contains("--set objective.kind=nsgan")
    );
    remedies_work(&found, SPRITES, &over.each_ref().map(String::as_str));
}

#[test]
fn a_generator_at_one_mode_has_collapsed() {
    for (data, centre, total) in [("ring8", [1.0, 0.0], 8), ("grid25", [4.0, -2.0], 25)] {
        let over = [format!("data={data}")];
        let trainer = changed(RING, &[&over[0]], |state| {
            each(state, "generator.6.weight", |w| 0.01 * w);
            set(state, "generator.6.bias", &centre);
        });
        let found = trainer.examine(&[]).unwrap();
        let modes = format!("spread over 1.0 of {total} modes");
        has(
            &found,
            Disease::Collapsing,
            &[&modes, "as far from each other"],
        );
        let (spread, of) = found.game.modes.unwrap();
        close(spread, 1.0, 1e-9);
        assert_eq!(of, total);
        remedies_work(&found, RING, &[&over[0]]);
    }
}

#[test]
fn a_generator_of_one_image_has_collapsed() {
    let with = |size: f32| {
        let trainer = changed(SPRITES, &[], |state| {
            each(state, "generator.4.weight", |w| size * w);
        });
        trainer.examine(&[]).unwrap()
    };
    has(
        &with(1e-3),
        Disease::Collapsing,
        &["as far from each other"],
    );
    healthy(&with(1.0));
}

/// D(x) = w·x against G(z) = Wz + b: the bilinear game w·(E[x] − b) goes round, by an angle of lr a step,
/// and the product of the two twice as fast. R₁ is a brake on w (Mescheder et al. 2018).
const BILINEAR: &str = "
data = 'ring8'
gan = 'wgan'
weight_clip = 0.0
n_critic = 1
ema = 0.0
optimizer.generator = { kind = 'sgd', lr = 0.1 }
optimizer.discriminator = { kind = 'sgd', lr = 0.1 }
generator.layers = [{ type = 'dense', in = 2, out = 2 }]
discriminator.layers = [{ type = 'dense', in = 2, out = 1, bias = false }]
";

#[test]
fn a_bilinear_game_oscillates_and_r1_stops_it() {
    let mut game = trainer(BILINEAR, &[]);
    let history = run(&mut game, 400);
    let found = game.examine(&history).unwrap();
    has(&found, Disease::Oscillating, &["comes back every 31 lines"]);
    close(
        found.game.oscillation.unwrap().period as f64,
        std::f64::consts::PI / 0.1,
        0.04,
    );
    assert!(
        found.ailments[0].remedy.contains("--set penalty.kind=r1"),
        "{found:?}"
    );
    remedies_work(&found, BILINEAR, &[]);

    let mut game = trainer(BILINEAR, &["penalty.kind=r1", "penalty.gamma=1"]);
    let history = run(&mut game, 400);
    healthy(&game.examine(&history).unwrap());
}

#[test]
fn a_run_that_diverges_ends_with_the_verdict() {
    let folder = tempfile::tempdir().unwrap();
    let over = [
        "gan=lsgan",
        "log_every=1",
        "optimizer.discriminator.kind=sgd",
        "optimizer.discriminator.lr=0.1",
    ];
    let (config, data) = settings(RING, &over).resolve().unwrap();
    let run = Run::create(folder.path(), &config, false).unwrap();
    let mut trainer = Trainer::new(config, data).unwrap();
    let ended = train(
        &run,
        &mut trainer,
        0.0,
        &AtomicBool::new(false),
        &mut |_| (),
    );
    let Err(Error::Diverged {
        network, remedy, ..
    }) = ended
    else {
        panic!("{ended:?}")
    };
    for part in [
        format!("the {network} is exploding"),
        "its gradient norm was".into(),
        ", then ".into(),
        "has spectral norm".into(),
        format!("--set optimizer.{network}.lr="),
        "resuming this run would end here again".into(),
    ] {
        assert!(remedy.contains(&part), "{part}: {remedy}");
    }
}
