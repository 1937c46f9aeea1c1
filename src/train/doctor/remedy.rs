//! What to try: for each disease a few settings, of which the first that this run does not have already, and
//! can have, is named.

use crate::train::{Settings, TrainConfig};

/// The first of `candidates`, each of them settings as `--set` takes them, that changes the run and that it
/// can have.
fn first(config: &TrainConfig, candidates: &[Vec<String>]) -> String {
    let possible = |settings: &&Vec<String>| {
        let mut changes = Settings::default();
        let set = settings.iter().all(|s| changes.assign(s).is_ok());
        let changed = changes.over(config).ok();
        let works =
            |c: &TrainConfig| c != config && c.validate(&config.discriminator.input).is_ok();
        set && changed.as_ref().is_some_and(works)
    };
    let settings = candidates.iter().find(possible).or(candidates.last());
    let options = settings.into_iter().flatten().map(|s| format!("--set {s}"));
    format!(
        "start a new run with {}",
        options.collect::<Vec<_>>().join(" ")
    )
}

fn one(setting: &str) -> Vec<String> {
    vec![setting.into()]
}

/// The learning rate of a player, over `divisor`.
fn slower(config: &TrainConfig, network: &str, divisor: f64) -> String {
    let players = &config.optimizer;
    let optimizer = match network {
        "generator" => &players.generator,
        _ => &players.discriminator,
    };
    let lr = format!("{:.1e}", optimizer.lr() / divisor);
    format!("optimizer.{network}.lr={}", lr.replace(".0e", "e"))
}

pub(super) fn exploding(config: &TrainConfig, network: &str) -> String {
    let clipped = [
        format!("clip.{network}.kind=norm"),
        format!("clip.{network}.limit=1"),
    ];
    format!(
        "{}, or with --set {} --set {}",
        first(config, &[vec![slower(config, network, 10.0)]]),
        clipped[0],
        clipped[1]
    )
}

/// Of a network's layers, or, with none, of the loss.
pub(super) fn vanishing(config: &TrainConfig, network: Option<&str>) -> String {
    match network {
        Some(network) => format!(
            "start a new run in whose {network}.layers leaky_relu stands in the place of what is flat, or \
             batch_norm or layer_norm before it"
        ),
        None => first(
            config,
            &[one("objective.kind=nsgan"), one("objective.kind=lsgan")],
        ),
    }
}

pub(super) fn collapsing(config: &TrainConfig) -> String {
    first(
        config,
        &[
            one("penalty.kind=r1r2"),
            one("discriminator.spectral_norm=true"),
            vec![slower(config, "generator", 3.0)],
        ],
    )
}

pub(super) fn oscillating(config: &TrainConfig) -> String {
    first(
        config,
        &[
            one("penalty.kind=r1"),
            vec![
                slower(config, "generator", 3.0),
                slower(config, "discriminator", 3.0),
            ],
        ],
    )
}

pub(super) fn too_strong(config: &TrainConfig) -> String {
    first(
        config,
        &[
            one("discriminator.spectral_norm=true"),
            one("penalty.kind=r1"),
            one("n_critic=1"),
            vec![slower(config, "discriminator", 10.0)],
        ],
    )
}
