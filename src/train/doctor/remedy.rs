//! Remedies: for each disease a few alternative settings, of which the first is suggested that differs from the run's
//! settings and is valid for it.

use crate::gan::{PenaltyConfig, Recipe};
use crate::train::config::TrainConfig;
use crate::train::names::{DISCRIMINATOR, GENERATOR};
use crate::train::settings::Settings;
use std::mem::discriminant;

/// How a remedy begins that changes settings.
pub const NEW_RUN: &str = "start a new run with";

/// Suggests the first of `candidates` that changes the configuration and is valid, or the last one if none is. Each
/// candidate is a list of settings as `--set` takes them.
fn first_applicable(config: &TrainConfig, candidates: &[Vec<String>]) -> String {
    let applicable = |settings: &&Vec<String>| {
        let mut changes = Settings::default();
        let assigned = settings.iter().all(|s| changes.assign(s).is_ok());
        let changed = changes.over(config).ok();
        let is_valid =
            |c: &TrainConfig| c != config && c.validate(&config.discriminator.input).is_ok();
        assigned && changed.as_ref().is_some_and(is_valid)
    };
    let settings = candidates.iter().find(applicable).or(candidates.last());
    let options = settings.into_iter().flatten().map(|s| format!("--set {s}"));
    format!("{NEW_RUN} {}", options.collect::<Vec<_>>().join(" "))
}

fn one(setting: &str) -> Vec<String> {
    vec![setting.into()]
}

/// Formats a learning rate with two digits.
pub(super) fn learning_rate(lr: f64) -> String {
    let short = format!("{lr:.1e}");
    match short.parse::<f64>() {
        Ok(rounded) if rounded >= 0.1 => rounded.to_string(),
        _ => short.replace(".0e", "e"),
    }
}

/// Returns the setting of a player's learning rate.
fn rate_setting(player: &str, lr: f64) -> String {
    format!("optimizer.{player}.lr={}", learning_rate(lr))
}

/// Returns the setting of a player's learning rate divided by `divisor`.
fn slower(config: &TrainConfig, player: &str, divisor: f64) -> String {
    rate_setting(player, config.optimizer.of(player).lr() / divisor)
}

/// Returns the learning rate that the recipe sets for a player on such data, if the optimiser is that of the recipe.
fn usual_rate(config: &TrainConfig, player: &str) -> Option<f64> {
    let shape = &config.discriminator.input;
    let recipe = Recipe::named(&config.gan).ok()?.on(shape);
    let (generator, discriminator) = recipe.optimizers(shape);
    let usual = if player == GENERATOR {
        generator
    } else {
        discriminator
    };
    let same_kind = discriminant(&usual) == discriminant(config.optimizer.of(player));
    same_kind.then(|| usual.lr())
}

/// A learning rate this many times that of the recipe is far above it.
const HIGH_RATE_FACTOR: f64 = 10.0;

/// Whether a player's learning rate is known not to be far above that of the recipe.
pub(super) fn has_usual_rate(config: &TrainConfig, player: &str) -> bool {
    let lr = config.optimizer.of(player).lr();
    usual_rate(config, player).is_some_and(|usual| lr < HIGH_RATE_FACTOR * usual)
}

/// Returns the recipe's learning rates for the players whose rates are far above them.
fn usual_rates_for_fast_players(config: &TrainConfig) -> Vec<String> {
    let setting = |player: &str| {
        let usual = usual_rate(config, player)?;
        (!has_usual_rate(config, player)).then(|| rate_setting(player, usual))
    };
    [GENERATOR, DISCRIMINATOR]
        .into_iter()
        .filter_map(setting)
        .collect()
}

/// Factor by which a remedy for standing still aims beyond the smallest distance that is expected. Recipes
/// reach 4 to 24 times that distance.
const DISTANCE_FACTOR: f64 = 8.0;

/// Suggests a higher learning rate for each of `players`, given with its expected distance divided by its
/// actual one: that of the recipe if it is higher, else one with which the weights would move
/// [`DISTANCE_FACTOR`] times the expected distance.
pub(super) fn standing_still(config: &TrainConfig, players: &[(&str, f64)]) -> String {
    let faster = |(player, shortfall): &(&str, f64)| {
        let lr = config.optimizer.of(player).lr();
        let usual = usual_rate(config, player).filter(|usual| *usual > lr);
        // The distance of weights that have not moved at all does not determine a factor.
        let factor = (DISTANCE_FACTOR * shortfall).clamp(10.0, 1e4);
        rate_setting(player, usual.unwrap_or(factor * lr))
    };
    first_applicable(config, &[players.iter().map(faster).collect()])
}

/// Returns settings that bound the critic: the weight bound of the recipe, or else the penalty of `wgan-gp`.
fn critic_bound(config: &TrainConfig) -> Vec<String> {
    let shape = &config.discriminator.input;
    let weight_clip = Recipe::named(&config.gan).map_or(0.0, |recipe| recipe.on(shape).weight_clip);
    if weight_clip > 0.0 {
        return one(&format!("weight_clip={weight_clip}"));
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

/// Suggests lower learning rates and a bound on the critic, or else clipped gradients of `network`.
pub fn exploding(config: &TrainConfig, network: &str) -> String {
    let mut causes = usual_rates_for_fast_players(config);
    if config.unbounded() {
        causes.extend(critic_bound(config));
    }
    let mut candidates = vec![causes];
    candidates.retain(|settings| !settings.is_empty());
    candidates.push(vec![slower(config, network, 10.0)]);
    format!(
        "{}, or with --set clip.{network}.kind=norm --set clip.{network}.limit=1",
        first_applicable(config, &candidates)
    )
}

/// Suggests other layers for `network`, or another loss where gradients do not vanish in layers.
pub(super) fn vanishing(config: &TrainConfig, network: Option<&str>) -> String {
    let usual = usual_rates_for_fast_players(config);
    match network {
        // Learning rates that are far too high can saturate the layers.
        Some(_) if !usual.is_empty() => first_applicable(config, &[usual]),
        Some(network) => format!(
            "{NEW_RUN} other {network}.layers: leaky_relu in place of the saturated activation function, or \
             batch_norm or layer_norm before it"
        ),
        None => first_applicable(
            config,
            &[one("objective.kind=nsgan"), one("objective.kind=lsgan")],
        ),
    }
}

/// Suggests a bound on D's gradient, or a slower G.
pub(super) fn collapsing(config: &TrainConfig) -> String {
    first_applicable(
        config,
        &[
            one("penalty.kind=r1r2"),
            one("discriminator.spectral_norm=true"),
            vec![slower(config, GENERATOR, 3.0)],
        ],
    )
}

/// Suggests a penalty that damps oscillations, or lower learning rates.
pub(super) fn oscillating(config: &TrainConfig) -> String {
    first_applicable(
        config,
        &[
            one("penalty.kind=r1"),
            vec![
                slower(config, GENERATOR, 3.0),
                slower(config, DISCRIMINATOR, 3.0),
            ],
        ],
    )
}

/// Suggests a bound on D's gradient, or a slower D.
pub(super) fn too_strong(config: &TrainConfig) -> String {
    first_applicable(
        config,
        &[
            one("discriminator.spectral_norm=true"),
            one("penalty.kind=r1"),
            one("n_critic=1"),
            vec![slower(config, DISCRIMINATOR, 10.0)],
        ],
    )
}
