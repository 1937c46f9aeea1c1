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
fn a_learning_rate_that_replaces_the_weights_explodes() {
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
            .contains("--set optimizer.discriminator.lr=1e-3")
    );
    remedies_work(&found, RING, &over);
}

/// Asserts that a run of `text` with the first remedy is healthy after `steps` steps.
#[track_caller]
fn cured(found: &Diagnosis, text: &str, over: &[&str], steps: u64) {
    let remedy = &found.ailments[0].remedy;
    let own = remedy.split(", or with").next().unwrap();
    let named = own.split("--set ").skip(1).map(str::trim);
    let over: Vec<&str> = over.iter().copied().chain(named).collect();
    let mut trainer = trainer(text, &over);
    let history = run(&mut trainer, steps);
    healthy(&trainer.examine(&history).unwrap());
}

#[test]
fn learning_rates_far_above_those_of_the_recipe_explode() {
    let over = ["optimizer.generator.lr=10", "optimizer.discriminator.lr=10"];
    let mut trainer = trainer(RING, &over);
    let history = run(&mut trainer, 40);
    let found = trainer.examine(&history).unwrap();
    has(
        &found,
        Disease::Exploding,
        &[
            "with a learning rate of 10 the generator's weights have moved by 8",
            "times their initial norm",
        ],
    );
    for rate in ["generator.lr=3e-3", "discriminator.lr=1e-3"] {
        assert!(found.ailments[0].remedy.contains(rate), "{found:?}");
    }
    cured(&found, RING, &over, 40);
}

/// A D with the score 20 for every sample: L_D = 20 + ln(1 + e⁻²⁰) + ln(1 + e⁻²⁰), compared with ln 4.
#[test]
fn a_discriminator_that_is_certain_and_wrong_explodes() {
    let with = |logit: f32| {
        let trainer = changed(RING, &["optimizer.discriminator.lr=1e-12"], |state| {
            for layer in [0, 2, 4, 6] {
                each(state, &format!("discriminator.{layer}.weight"), |_| 0.0);
            }
            set(state, "discriminator.6.bias", &[logit]);
        });
        trainer.examine(&[]).unwrap()
    };
    let found = with(20.0);
    close(found.game.d_loss_share.unwrap(), 20.0 / 4f64.ln(), 1e-5);
    has(
        &found,
        Disease::Exploding,
        &["L_D is 14.4 times its value at equilibrium"],
    );
    assert!(!with(4.0).diseases().contains(&Disease::Exploding));
}

#[test]
fn an_unbounded_critic_explodes_and_a_bound_helps() {
    for (over, bound) in [
        (
            [
                "gan=wgan",
                "weight_clip=0",
                "optimizer.discriminator.lr=0.01",
            ],
            "--set weight_clip=0.3",
        ),
        (
            [
                "gan=wgan-gp",
                "penalty.kind=none",
                "optimizer.discriminator.lr=0.01",
            ],
            "--set penalty.kind=gradient --set penalty.weight=0.1",
        ),
    ] {
        let mut trainer = trainer(RING, &over);
        let history = run(&mut trainer, 250);
        let found = trainer.examine(&history).unwrap();
        has(&found, Disease::Exploding, &["nothing bounds the critic"]);
        assert!(found.ailments[0].remedy.contains(bound), "{found:?}");
        remedies_work(&found, RING, &over);
        cured(&found, RING, &over, 250);
    }
}

#[test]
fn a_network_with_far_too_small_a_learning_rate_stands_still() {
    for (over, parts, rate) in [
        (
            ["optimizer.generator.lr=1e-6", "gan=gan"],
            [
                "the generator's weights have moved",
                "learning rate of 1e-6",
            ],
            "start a new run with --set optimizer.generator.lr=3e-3",
        ),
        (
            ["optimizer.discriminator.lr=1e-5", "gan=nsgan"],
            [
                "the discriminator's weights have moved",
                "learning rate of 1e-5",
            ],
            "start a new run with --set optimizer.discriminator.lr=1e-3",
        ),
    ] {
        let mut trainer = trainer(RING, &over);
        let mut history = run(&mut trainer, 150);
        // The rule needs 200 updates.
        let early = trainer.examine(&history).unwrap().diseases();
        assert!(!early.contains(&Disease::StandingStill), "{early:?}");
        history.extend(run(&mut trainer, 60));
        let found = trainer.examine(&history).unwrap();
        has(&found, Disease::StandingStill, &parts);
        assert_eq!(found.ailments[0].remedy, rate);
        cured(&found, RING, &over, 210);
    }
}

/// The recipe has no learning rate for another optimiser, so the remedy is computed from the distance that the
/// weights have moved. As gradients become smaller during training, one remedy may not be enough.
#[test]
fn learning_rate_of_another_optimiser_is_computed_from_the_distance() {
    let over = [
        "optimizer.generator.kind=sgd",
        "optimizer.discriminator.kind=sgd",
        "optimizer.generator.lr=1e-5",
        "optimizer.discriminator.lr=1e-5",
    ];
    let mut slow = trainer(RING, &over);
    let history = run(&mut slow, 210);
    let found = slow.examine(&history).unwrap();
    has(
        &found,
        Disease::StandingStill,
        &[
            "the discriminator's weights have moved",
            "the generator's weights have moved",
        ],
    );
    let named = found.ailments[0]
        .remedy
        .split("--set ")
        .skip(1)
        .map(str::trim);
    let over: Vec<&str> = over.iter().copied().chain(named).collect();
    let mut faster = trainer(RING, &over);
    let history = run(&mut faster, 210);
    let after = faster.examine(&history).unwrap();
    for (before, after) in found.game.travel.iter().zip(&after.game.travel) {
        assert!(
            after.distance > 4.0 * before.distance,
            "{before:?} {after:?}"
        );
    }
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
        &["generator layer 0 (dense 2→16)", "the influence of"],
    );
    assert!(
        fresh.ailments[0].remedy.contains("generator.layers"),
        "{fresh:?}"
    );
    let history = run(&mut trainer, 100);
    let found = trainer.examine(&history).unwrap();
    has(&found, Disease::Vanishing, &["generator layer"]);
    remedies_work(&found, &text, &["generator.init=xavier"]);
    // With leaky ReLUs the same network is healthy.
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
        &["discriminator layer 1 (tanh) is 100 % saturated"],
    );
    healthy(&with(1.0));
}

/// Trains D for a long time against a G that does not change and generates noise instead of sprites.
fn with_a_certain_discriminator(gan: &str) -> (Diagnosis, [String; 3]) {
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
fn a_discriminator_trained_for_long_is_too_strong() {
    let (found, over) = with_a_certain_discriminator("nsgan");
    // G stands still because its learning rate is 1e-12.
    has(
        &found,
        Disease::StandingStill,
        &[
            "the generator's weights have moved",
            "learning rate of 1e-12",
        ],
    );
    assert_eq!(
        found.diseases(),
        [Disease::StandingStill, Disease::DTooStrong]
    );
    let strong = &found.ailments[1].evidence;
    assert!(strong.contains("of its value at equilibrium"), "{strong}");
    assert!(
        found.game.slope > 0.9 && found.game.optimality_gap.abs() < 0.02,
        "{found:?}"
    );
    remedies_work(&found, SPRITES, &over.each_ref().map(String::as_str));
}

/// The same D: log(1 − D) is flat where D is certain (Goodfellow et al. 2014, section 3).
#[test]
fn the_minimax_loss_vanishes_against_a_certain_discriminator() {
    let (found, over) = with_a_certain_discriminator("gan");
    has(&found, Disease::Vanishing, &["L_G passes only"]);
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
        let modes = format!("the effective number of modes is 1.0 of {total}");
        has(
            &found,
            Disease::Collapsing,
            &[&modes, "the mean distance between generated samples"],
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
        &["the mean distance between generated samples"],
    );
    healthy(&with(1.0));
}

/// D(x) = w·x and G(z) = Wz + b: the bilinear game w·(E[x] − b) rotates by an angle of lr per step, and the
/// product of w and b oscillates with twice that frequency. R₁ damps w (Mescheder et al. 2018).
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
    has(
        &found,
        Disease::Oscillating,
        &["oscillates with a period of 31 lines"],
    );
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
        "resuming this run would fail again at this step".into(),
    ] {
        assert!(remedy.contains(&part), "{part}: {remedy}");
    }
}
