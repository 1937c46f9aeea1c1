//! The rules that turn measurements into a verdict.
//!
//! | disease | sign | threshold |
//! |---|---|---|
//! | standing still | distance of the weights from their initial values, relative to √updates | [`MIN_PACE`] |
//! | exploding | gradient norm of a layer | [`MAX_GRADIENT_NORM`] |
//! | | relative change of a network's weights in an update | [`MAX_UPDATE_RATIO`] |
//! | | last gradient norm of a network relative to its median | [`MAX_GRADIENT_GROWTH`] |
//! | | distance of the weights from their initial values | [`MAX_DISTANCE`] |
//! | | L_D relative to its value at equilibrium | [`MAX_LOSS_RATIO`] |
//! | vanishing | smallest influence of a layer relative to the largest | [`MIN_INFLUENCE_RATIO`] |
//! | | saturated fraction of a hidden activation function | [`MAX_SATURATION`] |
//! | | fraction of D's gradient that L_G passes on | [`MIN_SLOPE`] |
//! | collapsing | effective number of modes relative to all modes | [`MIN_MODE_SHARE`] |
//! | | distance between samples relative to real samples | [`MIN_DIVERSITY`] |
//! | oscillating | strength of the oscillation | [`MIN_OSCILLATION_STRENGTH`] |
//! | | its size at the end relative to the beginning | [`MIN_OSCILLATION_GROWTH`] |
//! | D too strong | L_D relative to its value at equilibrium | [`MIN_LOSS_RATIO`] |
//!
//! Every threshold lies between the worst measurement of a healthy run and the mildest of a network built to have the
//! disease. The measurements are in the book, under "How the doctor's thresholds were chosen".
//!
//! The rules do not detect an oscillation whose period is shorter than two lines of the log or longer than a
//! third of it, nor a G that generates a few images that are far from each other.

use super::diagnosis::Ailment;
use super::disease::Disease;
use super::game::{EXTRA_UPDATES, GameSigns};
use super::layers::LayerSigns;
use super::remedy;
use super::travel::Travel;
use crate::error::{short, thousands};
use crate::train::config::TrainConfig;
use crate::train::names::{DISCRIMINATOR, GENERATOR};

/// Standing still: a network whose ‖θ − θ₀‖/‖θ₀‖ is below this times the square root of its updates, as for a
/// random walk, ...
pub const MIN_PACE: f64 = 7e-4;
/// ... and below this distance, at which a network may have converged, ...
pub const CONVERGED_DISTANCE: f64 = 0.05;
/// ... after at least this number of updates. Each update counts with the factor on its learning rate.
pub const MIN_UPDATES: f64 = 200.0;
/// Exploding: a layer whose ‖∂L/∂W‖ is above this.
pub const MAX_GRADIENT_NORM: f64 = 1e3;
/// Exploding: an update that changes the weights of a network by more than this times their norm, or times
/// their initial norm where that is larger.
pub const MAX_UPDATE_RATIO: f64 = 1.0;
/// Exploding: a network whose last gradient norm is above this times its median.
pub const MAX_GRADIENT_GROWTH: f64 = 1e3;
/// Exploding: a network whose ‖θ − θ₀‖/‖θ₀‖ is above this, with a learning rate far above that of the recipe.
pub const MAX_DISTANCE: f64 = 30.0;
/// Exploding: L_D above this times its value at equilibrium.
pub const MAX_LOSS_RATIO: f64 = 5.0;
/// Vanishing: a layer whose [influence](LayerSigns::influence) is below this fraction of the largest in its network.
pub const MIN_INFLUENCE_RATIO: f64 = 1e-4;
/// Vanishing: a hidden activation function of which at least this fraction is saturated.
pub const MAX_SATURATION: f64 = 0.95;
/// Vanishing: L_G passes less than this fraction of D's gradient on to G.
pub const MIN_SLOPE: f64 = 0.02;
/// Collapsing: an effective number of modes below this fraction of all modes.
pub const MIN_MODE_SHARE: f64 = 0.25;
/// Collapsing: a mean distance between samples below this fraction of that between real samples.
pub const MIN_DIVERSITY: f64 = 0.03;
/// Oscillating: an oscillation of at least this strength, ...
pub const MIN_OSCILLATION_STRENGTH: f64 = 0.6;
/// ... unless its size at the end of the history has decayed below this fraction of its size at the beginning.
pub const MIN_OSCILLATION_GROWTH: f64 = 0.5;
/// D too strong: L_D below this fraction of its value at equilibrium.
pub const MIN_LOSS_RATIO: f64 = 0.05;

/// Returns all diseases of a run with evidence and remedy, the worst first.
pub(super) fn judge(config: &TrainConfig, layers: &[LayerSigns], game: &GameSigns) -> Vec<Ailment> {
    let found = [
        standing_still(config, layers, game),
        exploding(config, layers, game),
        vanishing(config, layers, game),
        collapsing(config, game),
        oscillating(config, game),
        too_strong(config, game),
    ];
    found.into_iter().flatten().collect()
}

/// Returns the ailment if there is any evidence for it.
fn ailment(disease: Disease, evidence: &[String], remedy: String) -> Option<Ailment> {
    (!evidence.is_empty()).then(|| Ailment {
        disease,
        evidence: evidence.join("; "),
        remedy,
    })
}

/// Whether a value is above a limit; NaN is above every limit.
fn exceeds(value: f64, limit: f64) -> bool {
    value.is_nan() || value > limit
}

fn describe(layer: &LayerSigns) -> String {
    format!("{} layer {}", layer.network, layer.layer)
}

/// Returns ‖Δθ‖/‖θ‖ over all weights of a network, or 0 where there is no step. A single small layer may change
/// completely in a step, so all layers count together. The weights of a D that cannot distinguish any samples go to 0,
/// so their initial norm is used where it is larger.
fn update_ratio(layers: &[LayerSigns], network: &str) -> f64 {
    let of_network = layers.iter().filter(|l| l.network == network);
    let sizes = of_network
        .filter_map(|l| Some((l.update? * l.weight?, l.weight?.max(l.fresh.unwrap_or(0.0)))));
    let (change, size) = sizes.fold((0.0, 0.0), |(change, size), (c, s)| {
        (change + c * c, size + s * s)
    });
    if size > 0.0 {
        (change / size).sqrt()
    } else {
        0.0
    }
}

/// Returns the layer with the largest absolute value of a sign, and the value. NaN is larger than every number.
fn largest(
    layers: &[LayerSigns],
    sign: impl Fn(&LayerSigns) -> Option<f64>,
) -> Option<(&LayerSigns, f64)> {
    let all = layers.iter().filter_map(|l| Some((l, sign(l)?)));
    all.max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()))
}

/// The networks in the order in which [`GameSigns`] lists them.
const PLAYERS: [&str; 2] = [DISCRIMINATOR, GENERATOR];

/// Returns the distance that the weights of a network in training have moved at least.
fn expected_distance(travel: &Travel) -> f64 {
    (MIN_PACE * travel.updates.sqrt()).min(CONVERGED_DISTANCE)
}

/// Whether the weights of a network have hardly moved, although its gradients do not vanish.
fn stands_still(layers: &[LayerSigns], game: &GameSigns, player: &str, travel: &Travel) -> bool {
    let hardly_moved = travel.distance < expected_distance(travel) && travel.updates >= MIN_UPDATES;
    hardly_moved && vanishing_evidence(layers, game, player).is_empty()
}

fn standing_still(
    config: &TrainConfig,
    layers: &[LayerSigns],
    game: &GameSigns,
) -> Option<Ailment> {
    let (mut evidence, mut players) = (Vec::new(), Vec::new());
    for (player, travel) in PLAYERS.iter().zip(&game.travel) {
        if stands_still(layers, game, player, travel) {
            let expected = expected_distance(travel);
            players.push((*player, expected / travel.distance));
            evidence.push(format!(
                "in {} updates with a learning rate of {} the {player}'s weights have moved by {} of their initial \
                 norm, less than {}",
                thousands(travel.updates.round() as u64),
                remedy::learning_rate(config.optimizer.of(player).lr()),
                short(travel.distance),
                short(expected)
            ));
        }
    }
    let remedy = remedy::standing_still(config, &players);
    ailment(Disease::StandingStill, &evidence, remedy)
}

fn exploding(config: &TrainConfig, layers: &[LayerSigns], game: &GameSigns) -> Option<Ailment> {
    let mut evidence = Vec::new();
    let mut network = None;
    if let Some((layer, norm)) = largest(layers, |l| l.gradient)
        && exceeds(norm, MAX_GRADIENT_NORM)
    {
        network.get_or_insert(layer.network.as_str());
        evidence.push(format!(
            "the gradient of {} has norm {}, above {}",
            describe(layer),
            short(norm),
            short(MAX_GRADIENT_NORM)
        ));
    }
    for player in PLAYERS {
        let ratio = update_ratio(layers, player);
        if exceeds(ratio, MAX_UPDATE_RATIO) {
            network.get_or_insert(player);
            evidence.push(format!(
                "the next update changes the {player}'s weights by {} times their norm, above {MAX_UPDATE_RATIO}",
                short(ratio)
            ));
        }
    }
    for (player, growth) in PLAYERS.iter().zip(game.growth.unwrap_or_default()) {
        if exceeds(growth, MAX_GRADIENT_GROWTH) {
            network.get_or_insert(player);
            evidence.push(format!(
                "the {player}'s gradient norm is {} times its median, above {}",
                short(growth),
                short(MAX_GRADIENT_GROWTH)
            ));
        }
    }
    for (player, travel) in PLAYERS.iter().zip(&game.travel) {
        if exceeds(travel.distance, MAX_DISTANCE) && !remedy::has_usual_rate(config, player) {
            network.get_or_insert(player);
            evidence.push(format!(
                "with a learning rate of {} the {player}'s weights have moved by {} times their initial norm, above \
                 {MAX_DISTANCE}",
                remedy::learning_rate(config.optimizer.of(player).lr()),
                short(travel.distance)
            ));
        }
    }
    if let Some(share) = game.d_loss_share
        && exceeds(share, MAX_LOSS_RATIO)
        // A D that hardly learns can have a large loss although nothing explodes.
        && !stands_still(layers, game, DISCRIMINATOR, &game.travel[0])
    {
        network.get_or_insert(DISCRIMINATOR);
        evidence.push(format!(
            "L_D is {} times its value at equilibrium, above {MAX_LOSS_RATIO}",
            short(share)
        ));
    }
    let network = network?;
    if config.unbounded() {
        evidence.push("nothing bounds the critic, whose loss has no lower bound".into());
    }
    let of_network = |l: &LayerSigns| l.spectral_norm.filter(|_| l.network == network);
    if let Some((layer, sigma)) = largest(layers, of_network) {
        evidence.push(format!(
            "{} has spectral norm {}",
            describe(layer),
            short(sigma)
        ));
    }
    ailment(
        Disease::Exploding,
        &evidence,
        remedy::exploding(config, network),
    )
}

/// Returns the evidence that the gradients of a network vanish, in some of its layers or in all of them.
fn vanishing_evidence(layers: &[LayerSigns], game: &GameSigns, player: &str) -> Vec<String> {
    let mut evidence = vanishing_layers(layers, player);
    if player == GENERATOR && game.slope < MIN_SLOPE {
        evidence.push(format!(
            "L_G passes only {} of D's gradient on to G, less than {MIN_SLOPE}",
            short(game.slope)
        ));
    }
    evidence
}

/// Returns the evidence that gradients vanish in some layers of a network.
fn vanishing_layers(layers: &[LayerSigns], network: &str) -> Vec<String> {
    let mut evidence = Vec::new();
    let of_network: Vec<&LayerSigns> = layers.iter().filter(|l| l.network == network).collect();
    let influences = of_network.iter().filter_map(|l| Some((l, l.influence()?)));
    let smallest = influences.clone().min_by(|a, b| a.1.total_cmp(&b.1));
    let largest = influences.max_by(|a, b| a.1.total_cmp(&b.1));
    if let (Some((weak, smallest)), Some((strong, largest))) = (smallest, largest)
        && smallest < MIN_INFLUENCE_RATIO * largest
    {
        evidence.push(format!(
            "the influence of {} on the loss is only {} of that of {}, less than {}",
            describe(weak),
            short(smallest / largest),
            describe(strong),
            short(MIN_INFLUENCE_RATIO)
        ));
    }
    let hidden = of_network
        .iter()
        .filter(|l| !(l.last && network == GENERATOR));
    let saturations = hidden.filter_map(|l| Some((l, l.saturation?)));
    if let Some((layer, saturation)) = saturations.max_by(|a, b| a.1.total_cmp(&b.1))
        && saturation >= MAX_SATURATION
    {
        evidence.push(format!(
            "{} is {:.0} % saturated",
            describe(layer),
            100.0 * saturation
        ));
    }
    evidence
}

fn vanishing(config: &TrainConfig, layers: &[LayerSigns], game: &GameSigns) -> Option<Ailment> {
    let players = [GENERATOR, DISCRIMINATOR];
    let vanishes = |player: &&str| !vanishing_layers(layers, player).is_empty();
    let network = players.into_iter().find(vanishes);
    let evidence = players.map(|player| vanishing_evidence(layers, game, player));
    let evidence = evidence.concat();
    let remedy = remedy::vanishing(config, network);
    ailment(Disease::Vanishing, &evidence, remedy)
}

fn collapsing(config: &TrainConfig, game: &GameSigns) -> Option<Ailment> {
    let mut evidence = Vec::new();
    if let Some((effective, total)) = game.modes
        && effective < MIN_MODE_SHARE * total as f64
    {
        evidence.push(format!(
            "the effective number of modes is {effective:.1} of {total}, less than {:.0} %",
            100.0 * MIN_MODE_SHARE
        ));
    }
    if game.diversity < MIN_DIVERSITY {
        evidence.push(format!(
            "the mean distance between generated samples is {} of that between real samples, less than \
             {MIN_DIVERSITY}",
            short(game.diversity)
        ));
    }
    ailment(Disease::Collapsing, &evidence, remedy::collapsing(config))
}

fn oscillating(config: &TrainConfig, game: &GameSigns) -> Option<Ailment> {
    let o = game.oscillation?;
    let persists = o.strength >= MIN_OSCILLATION_STRENGTH && o.growth >= MIN_OSCILLATION_GROWTH;
    if !persists {
        return None;
    }
    let evidence = format!(
        "the difference of D's mean outputs on real and generated samples oscillates with a period of {} lines of the \
         log and a strength of {}, at least {MIN_OSCILLATION_STRENGTH}; its standard deviation in the last third is {} \
         times that in the first",
        o.period,
        short(o.strength),
        short(o.growth)
    );
    ailment(
        Disease::Oscillating,
        &[evidence],
        remedy::oscillating(config),
    )
}

fn too_strong(config: &TrainConfig, game: &GameSigns) -> Option<Ailment> {
    let share = game.d_loss_share.filter(|share| *share < MIN_LOSS_RATIO)?;
    let evidence = format!(
        "L_D is {} of its value at equilibrium on batches that D was not trained on, less than {MIN_LOSS_RATIO}, and \
         {EXTRA_UPDATES} more updates would lower it by {}",
        short(share),
        short(game.optimality_gap)
    );
    ailment(Disease::DTooStrong, &[evidence], remedy::too_strong(config))
}
