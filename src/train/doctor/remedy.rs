//! What to try: for each disease a few settings, of which the first that this run does not have already, and
//! can have, is named.

use crate::gan::{PenaltyConfig, Recipe};
use crate::train::{Settings, TrainConfig};
use std::mem::discriminant;

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

/// A learning rate as one writes it, to two digits.
pub(super) fn number(lr: f64) -> String {
    let short = format!("{lr:.1e}");
    match short.parse::<f64>() {
        Ok(rounded) if rounded >= 0.1 => rounded.to_string(),
        _ => short.replace(".0e", "e"),
    }
}

/// A player's learning rate as a setting.
fn rate(player: &str, lr: f64) -> String {
    format!("optimizer.{player}.lr={}", number(lr))
}

/// The learning rate of a player, over `divisor`.
fn slower(config: &TrainConfig, player: &str, divisor: f64) -> String {
    rate(player, config.optimizer.of(player).lr() / divisor)
}

/// What the recipe gives a player for such data, where it is the same optimiser.
fn usual(config: &TrainConfig, player: &str) -> Option<f64> {
    let shape = &config.discriminator.input;
    let recipe = Recipe::named(&config.gan).ok()?.on(shape);
    let (generator, discriminator) = recipe.optimizers(shape);
    let usual = match player {
        "generator" => generator,
        _ => discriminator,
    };
    let same = discriminant(&usual) == discriminant(config.optimizer.of(player));
    same.then(|| usual.lr())
}

/// So many times the recipe's own rate is far from it.
const FAR: f64 = 10.0;

/// Whether a player's rate is known to be near the recipe's own, or below it.
pub(super) fn is_usual(config: &TrainConfig, player: &str) -> bool {
    let lr = config.optimizer.of(player).lr();
    usual(config, player).is_some_and(|usual| lr < FAR * usual)
}

/// The recipe's own rates for players whose rates are far above them.
fn usual_for_fast(config: &TrainConfig) -> Vec<String> {
    let fast = |player: &str| {
        let usual = usual(config, player)?;
        (!is_usual(config, player)).then(|| rate(player, usual))
    };
    ["generator", "discriminator"]
        .into_iter()
        .filter_map(fast)
        .collect()
}

/// The recipe's own rate where that is larger; else, of a player that came a share of the way that it should have
/// come at least, one by which it comes [`FURTHER`].
pub(super) fn standing_still(config: &TrainConfig, players: &[(&str, f64)]) -> String {
    let faster = |(player, short_by): &(&str, f64)| {
        let lr = config.optimizer.of(player).lr();
        let usual = usual(config, player).filter(|usual| *usual > lr);
        // What has not moved at all says nothing of how fast is fast enough.
        let factor = (FURTHER * short_by).clamp(10.0, 1e4);
        rate(player, usual.unwrap_or(factor * lr))
    };
    first(config, &[players.iter().map(faster).collect()])
}

/// Times the least way: recipes come 4 to 24 times as far.
const FURTHER: f64 = 8.0;

/// The recipe's own bound of its critic, or else WGAN-GP's.
fn bounded(config: &TrainConfig) -> Vec<String> {
    let shape = &config.discriminator.input;
    let own = Recipe::named(&config.gan).map_or(0.0, |recipe| recipe.on(shape).weight_clip);
    if own > 0.0 {
        return one(&format!("weight_clip={own}"));
    }
    let with_penalty = Recipe::named("wgan-gp").map(|recipe| recipe.on(shape).penalty);
    match with_penalty {
        Ok(PenaltyConfig::Gradient { weight, .. }) => vec![
            "penalty.kind=gradient".into(),
            format!("penalty.weight={weight}"),
        ],
        _ => one("penalty.kind=gradient"),
    }
}

pub(super) fn exploding(config: &TrainConfig, network: &str) -> String {
    let mut culprits = usual_for_fast(config);
    if config.unbounded() {
        culprits.extend(bounded(config));
    }
    let mut candidates = vec![culprits];
    candidates.retain(|settings| !settings.is_empty());
    candidates.push(vec![slower(config, network, 10.0)]);
    format!(
        "{}, or with --set clip.{network}.kind=norm --set clip.{network}.limit=1",
        first(config, &candidates)
    )
}

/// Of a network's layers, or, with none, of the loss.
pub(super) fn vanishing(config: &TrainConfig, network: Option<&str>) -> String {
    let usual = usual_for_fast(config);
    match network {
        // Rates that are far too large have driven it there.
        Some(_) if !usual.is_empty() => first(config, &[usual]),
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
