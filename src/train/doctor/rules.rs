//! The rules that make a verdict of what was seen.
//!
//! Every threshold stands between two measurements. *Healthy* is the worst of all recipes with their
//! defaults on `ring8` (seed 1) and `grid25` (seed 2), examined four to six times within their first 1,000 to
//! 3,000 steps (300 to 400 for `wgan` and `wgan-gp`), of `nsgan` on `sprites` within 100 and `wgan-gp` within 10,
//! and of `mnist` after 20 and 50 (five recipes) and at the end of a study (all); without `began`, which does
//! collapse on points. *Ill* is the mildest of the networks that `tests/doctor_tests` builds to have the disease.
//!
//! | disease | sign | healthy | threshold | ill |
//! |---|---|---|---|---|
//! | standing still | distance from θ₀ over √updates | 0.0026 (`lsgan` on `ring8`) | [`PACE`] 0.0007 | 0.0005: Adam at a rate of 10⁻⁵ |
//! | exploding | ‖∂L/∂W‖ of a layer | 126 (`wgan`) | [`STEEP`] 1,000 | 14,899: ten linear layers of gain 3 |
//! | | ‖Δθ‖/‖θ‖ of a network | 0.09 (`wgan-gp`, a layer of it) | [`LEAP`] 1 | 20: Adam at a rate of 3 |
//! | | last gradient norm over its median | 8.9 (`wgan`) | [`GROWTH`] 1,000 | 281,912: a log made so |
//! | | distance from θ₀ | 5.8 (`infogan` on `mnist`) | [`FLUNG`] 30 | 85: Adam at a rate of 10 |
//! | | L_D over equilibrium | 1.46 (`lsgan`, `infogan`) | [`WRONG`] 5 | 14: a D that says 20 of everything |
//! | vanishing | least influence over greatest | 0.013 (`adagan`) | [`FADED`] 10⁻⁴ | 1.6·10⁻⁹: twelve sigmoids |
//! | | flat share of a hidden activation | 0.84 (`wgan`) | [`SATURATED`] 0.95 | 1.00: tanh of weights × 300 |
//! | | D's slope that L_G lets through | 0.21 (`nsgan`) | [`SLOPE`] 0.02 | 0.0012: `gan` against a sure D |
//! | collapsing | modes by evenness over modes | 0.93 (`nsgan`) | [`FEW_MODES`] 0.25 | 0.125: one of eight |
//! | | distance over real distance | 0.058 (`nsgan`: sprites at step 60; 0.34 at 80) | [`ALIKE`] 0.03 | 0.016: one of eight |
//! | oscillating | strength | 0.55 (`adagan` on `mnist`) | [`REGULAR`] 0.6 | 0.97: a bilinear game |
//! | | last third over first | | [`DYING`] 0.5 | 1.05: the same |
//! | D too strong | L_D over equilibrium | 0.16 (`lsgan` on `mnist`, step 50) | [`SURE`] 0.05 | 0.0012: 300 updates against noise |
//!
//! `wgan` bound to 0.01, whose critic starts with a gradient of next to nothing, swings in its first 50 steps
//! with a strength of 0.74 and settles to 0.19 of that by step 100: this is what [`DYING`] is for, and why a
//! history of fewer than 60 lines says nothing of oscillation.
//!
//! An update counts by its share of the full learning rate, which at the end of a schedule may be next to
//! nothing; and who has come as far as [`AWAY`] may have arrived. A player whose gradient vanishes stands still
//! for that reason, and is not said to do so.
//!
//! What no rule sees: an oscillation whose period is shorter than two lines of the log, or longer than a
//! third of it; and a G that makes a few images far from each other.

use super::layers::LayerSigns;
use super::remedy;
use super::{Ailment, Disease, GameSigns, MORE, Travel};
use crate::error::{short, thousands};
use crate::train::TrainConfig;

/// Standing still: ‖θ − θ₀‖/‖θ₀‖ of a player below so much times the root of its updates, which is how a
/// random walk of such steps goes, ...
pub const PACE: f64 = 7e-4;
/// ... and below this, ...
pub const AWAY: f64 = 0.05;
/// ... after at least so many updates.
pub const PATIENCE: f64 = 200.0;
/// Exploding: ‖∂L/∂W‖ of a layer above this.
pub const STEEP: f64 = 1e3;
/// Exploding: ‖Δθ‖/‖θ‖ of a network's weights, or of fresh ones if they are larger, above this.
pub const LEAP: f64 = 1.0;
/// Exploding: a player's last gradient norm above so many times its median.
pub const GROWTH: f64 = 1e3;
/// Exploding: ‖θ − θ₀‖/‖θ₀‖ of a player above this, with a rate that is not near its recipe's own.
pub const FLUNG: f64 = 30.0;
/// Exploding: L_D above so many times what it is at equilibrium.
pub const WRONG: f64 = 5.0;
/// Vanishing: [influence](LayerSigns::influence) of a layer below this share of the greatest in its
/// network.
pub const FADED: f64 = 1e-4;
/// Vanishing: share of a hidden activation function that is flat, from this on.
pub const SATURATED: f64 = 0.95;
/// Vanishing: share of D's slope that L_G lets through, below this.
pub const SLOPE: f64 = 0.02;
/// Collapsing: share of the modes, counted by their evenness, below this.
pub const FEW_MODES: f64 = 0.25;
/// Collapsing: mean distance of samples below this share of that of real ones.
pub const ALIKE: f64 = 0.03;
/// Oscillating: strength from this on, ...
pub const REGULAR: f64 = 0.6;
/// ... unless it has died down to less than this share of its size.
pub const DYING: f64 = 0.5;
/// D too strong: L_D below this share of what it is at equilibrium.
pub const SURE: f64 = 0.05;

/// Everything that ails the run, the worst first.
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

/// The ailment, if there is evidence.
fn ailment(disease: Disease, evidence: Vec<String>, remedy: String) -> Option<Ailment> {
    (!evidence.is_empty()).then(|| Ailment {
        disease,
        evidence: evidence.join("; "),
        remedy,
    })
}

/// What is no number is beyond any limit.
fn beyond(value: f64, limit: f64) -> bool {
    value.is_nan() || value > limit
}

fn place(layer: &LayerSigns) -> String {
    format!("{} layer {}", layer.network, layer.layer)
}

/// ‖Δθ‖/‖θ‖ of all weights of a network, or over what they had when fresh, if that was more: a single
/// small layer may well be turned over, and a D that has nothing left to tell goes to 0. 0 where there is no
/// step.
fn update(layers: &[LayerSigns], network: &str) -> f64 {
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

/// The layer where a sign is greatest; what is no number is greater than any.
fn greatest(
    layers: &[LayerSigns],
    sign: impl Fn(&LayerSigns) -> Option<f64>,
) -> Option<(&LayerSigns, f64)> {
    let all = layers.iter().filter_map(|l| Some((l, sign(l)?)));
    all.max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()))
}

/// As they stand in [`GameSigns`].
const PLAYERS: [&str; 2] = ["discriminator", "generator"];

/// How far a player that learns has come, at the least.
fn least(way: &Travel) -> f64 {
    (PACE * way.updates.sqrt()).min(AWAY)
}

/// Whether a player has not, and not because no gradient arrives.
fn stands_still(layers: &[LayerSigns], game: &GameSigns, player: &str, way: &Travel) -> bool {
    let near = way.distance < least(way) && way.updates >= PATIENCE;
    near && faint(layers, game, player).is_empty()
}

fn standing_still(
    config: &TrainConfig,
    layers: &[LayerSigns],
    game: &GameSigns,
) -> Option<Ailment> {
    let (mut evidence, mut players) = (Vec::new(), Vec::new());
    for (player, way) in PLAYERS.iter().zip(&game.travel) {
        if stands_still(layers, game, player, way) {
            players.push((*player, least(way) / way.distance));
            evidence.push(format!(
                "after {} updates at a full learning rate of {} the {player} is {} of its first size from where it \
                 began, less than {}",
                thousands(way.updates.round() as u64),
                remedy::number(config.optimizer.of(player).lr()),
                short(way.distance),
                short(least(way))
            ));
        }
    }
    let remedy = remedy::standing_still(config, &players);
    ailment(Disease::StandingStill, evidence, remedy)
}

fn exploding(config: &TrainConfig, layers: &[LayerSigns], game: &GameSigns) -> Option<Ailment> {
    let mut evidence = Vec::new();
    let mut network = None;
    if let Some((layer, norm)) = greatest(layers, |l| l.gradient)
        && beyond(norm, STEEP)
    {
        network.get_or_insert(layer.network.as_str());
        evidence.push(format!(
            "the gradient of {} has norm {}, beyond {}",
            place(layer),
            short(norm),
            short(STEEP)
        ));
    }
    for player in PLAYERS {
        let ratio = update(layers, player);
        if beyond(ratio, LEAP) {
            network.get_or_insert(player);
            evidence.push(format!(
                "the next update changes the {player}'s weights by {} times their size, beyond {LEAP}",
                short(ratio)
            ));
        }
    }
    for (player, growth) in PLAYERS.iter().zip(game.growth.unwrap_or_default()) {
        if beyond(growth, GROWTH) {
            network.get_or_insert(player);
            evidence.push(format!(
                "the {player}'s gradient norm is {} times its median, beyond {}",
                short(growth),
                short(GROWTH)
            ));
        }
    }
    for (player, way) in PLAYERS.iter().zip(&game.travel) {
        if beyond(way.distance, FLUNG) && !remedy::is_usual(config, player) {
            network.get_or_insert(player);
            evidence.push(format!(
                "the {player}, with a learning rate of {}, is {} times its first size from where it began, beyond \
                 {FLUNG}",
                remedy::number(config.optimizer.of(player).lr()),
                short(way.distance)
            ));
        }
    }
    if let Some(share) = game.d_loss_share
        && beyond(share, WRONG)
        // A D that stands still is left behind, and nothing explodes.
        && !stands_still(layers, game, "discriminator", &game.travel[0])
    {
        network.get_or_insert("discriminator");
        evidence.push(format!(
            "L_D is {} times its value at equilibrium, beyond {WRONG}",
            short(share)
        ));
    }
    let network = network?;
    if config.unbounded() {
        evidence.push("nothing bounds the critic, and its loss has no lower end".into());
    }
    let of_network = |l: &LayerSigns| l.spectral_norm.filter(|_| l.network == network);
    if let Some((layer, sigma)) = greatest(layers, of_network) {
        evidence.push(format!(
            "{} has spectral norm {}",
            place(layer),
            short(sigma)
        ));
    }
    ailment(
        Disease::Exploding,
        evidence,
        remedy::exploding(config, network),
    )
}

/// What says that no gradient arrives in a player's layers, or at the player.
fn faint(layers: &[LayerSigns], game: &GameSigns, player: &str) -> Vec<String> {
    let mut evidence = faded(layers, player);
    if player == "generator" && game.slope < SLOPE {
        evidence.push(format!(
            "L_G lets only {} of D's slope through to G, less than {SLOPE}",
            short(game.slope)
        ));
    }
    evidence
}

/// What says so of a network's layers.
fn faded(layers: &[LayerSigns], network: &str) -> Vec<String> {
    let mut evidence = Vec::new();
    let of_network: Vec<&LayerSigns> = layers.iter().filter(|l| l.network == network).collect();
    let influences = of_network.iter().filter_map(|l| Some((l, l.influence()?)));
    let least = influences.clone().min_by(|a, b| a.1.total_cmp(&b.1));
    let most = influences.max_by(|a, b| a.1.total_cmp(&b.1));
    if let (Some((weak, least)), Some((strong, most))) = (least, most)
        && least < FADED * most
    {
        evidence.push(format!(
            "{} has {} of the influence on the loss that {} has, less than {}",
            place(weak),
            short(least / most),
            place(strong),
            short(FADED)
        ));
    }
    let hidden = of_network
        .iter()
        .filter(|l| !(l.last && network == "generator"));
    let flat = hidden.filter_map(|l| Some((l, l.saturation?)));
    if let Some((layer, share)) = flat.max_by(|a, b| a.1.total_cmp(&b.1))
        && share >= SATURATED
    {
        evidence.push(format!(
            "{} is flat in {:.0} % of it",
            place(layer),
            100.0 * share
        ));
    }
    evidence
}

fn vanishing(config: &TrainConfig, layers: &[LayerSigns], game: &GameSigns) -> Option<Ailment> {
    let players = ["generator", "discriminator"];
    let network = players.into_iter().find(|p| !faded(layers, p).is_empty());
    let evidence = players.map(|player| faint(layers, game, player)).concat();
    let remedy = remedy::vanishing(config, network);
    ailment(Disease::Vanishing, evidence, remedy)
}

fn collapsing(config: &TrainConfig, game: &GameSigns) -> Option<Ailment> {
    let mut evidence = Vec::new();
    if let Some((spread, total)) = game.modes
        && spread < FEW_MODES * total as f64
    {
        evidence.push(format!(
            "good samples are spread over {spread:.1} of {total} modes, less than {:.0} %",
            100.0 * FEW_MODES
        ));
    }
    if game.diversity < ALIKE {
        evidence.push(format!(
            "two samples are {} times as far from each other as two real ones, less than {ALIKE}",
            short(game.diversity)
        ));
    }
    ailment(Disease::Collapsing, evidence, remedy::collapsing(config))
}

fn oscillating(config: &TrainConfig, game: &GameSigns) -> Option<Ailment> {
    let o = game.oscillation?;
    let regular = o.strength >= REGULAR && o.growth >= DYING;
    let evidence = regular.then(|| {
        format!(
            "the difference of D's readings on real and generated samples comes back every {} lines of the \
             log with {} of its size, from {REGULAR} on; its last third varies {} times as much as its first",
            o.period,
            short(o.strength),
            short(o.growth)
        )
    });
    let evidence = evidence.into_iter().collect();
    ailment(Disease::Oscillating, evidence, remedy::oscillating(config))
}

fn too_strong(config: &TrainConfig, game: &GameSigns) -> Option<Ailment> {
    let share = game.d_loss_share.filter(|share| *share < SURE)?;
    let evidence = format!(
        "L_D is {} of its value at equilibrium on batches that D has not learnt from, less than {SURE}, and \
         {MORE} more updates would take off {}",
        short(share),
        short(game.optimality_gap)
    );
    ailment(
        Disease::DTooStrong,
        vec![evidence],
        remedy::too_strong(config),
    )
}
