//! Where a run diverged, and the probable cause.

use super::config::{Players, TrainConfig};
use super::doctor::disease::Disease;
use super::doctor::remedy;
use super::losses::Losses;
use super::names::GENERATOR;
use super::not_finite::NotFinite;
use super::player::Player;
use crate::error::{Error, short};
use crate::nn::Network;
use crate::tensor::Batch;

/// Number of lines of the log that a verdict quotes.
const QUOTED_LINES: usize = 4;

/// Returns the first place, in the order of computation, where a number is not finite: in G applied to z, then in D
/// applied to each of `inputs`. If all these are finite, returns `found`, the gradient or loss that was not.
pub(super) fn first_not_finite(
    found: NotFinite,
    networks: &Players<&Network>,
    z: Batch,
    inputs: &[Batch],
) -> NotFinite {
    let of_g = std::iter::once((networks.generator, z));
    let of_d = inputs.iter().map(|x| (networks.discriminator, x.clone()));
    let mut earlier = of_g.chain(of_d).filter_map(|(network, x)| {
        // If the device fails here, the place that is known already is reported.
        let (layer, quantity) = network.first_not_finite(x).ok()??;
        Some(NotFinite::in_layer(network, layer, quantity))
    });
    earlier.next().unwrap_or(found)
}

/// Describes why numbers of `network` are no longer finite and what to try, with the gradient norms in the last lines
/// of `history` and the largest spectral norm as evidence.
pub(super) fn verdict(
    config: &TrainConfig,
    players: &Players<&Player>,
    network: &str,
    history: &[Losses],
) -> String {
    let player = players.of(network);
    let mut evidence = Vec::new();
    let norm = |l: &Losses| {
        if network == GENERATOR {
            l.grad_norm_g
        } else {
            l.grad_norm_d
        }
    };
    let last = &history[history.len().saturating_sub(QUOTED_LINES)..];
    if !last.is_empty() {
        let norms: Vec<String> = last.iter().map(|l| short(norm(l))).collect();
        evidence.push(format!("its gradient norm was {}", norms.join(", then ")));
    }
    // If the device fails here, the verdict does without the norms.
    let norms = player.network.spectral_norms().unwrap_or_default();
    let finite = norms.into_iter().filter(|(_, sigma)| sigma.is_finite());
    if let Some((layer, sigma)) = finite.max_by(|a, b| a.1.total_cmp(&b.1)) {
        let layer = player.network.describe(&layer);
        evidence.push(format!(
            "its layer {layer} has spectral norm {}",
            short(sigma)
        ));
    }
    let evidence = if evidence.is_empty() {
        String::new()
    } else {
        format!(" ({})", evidence.join("; "))
    };
    // Before the first update the learning rate cannot be the cause.
    let both = [players.generator, players.discriminator];
    if both.iter().all(|p| p.optimizer.step() == 0) {
        return format!(
            "no update has been made yet, so the learning rate is not the cause; another setting is probably too \
             large{evidence}; check penalty, codes, r_adv, and the \
             layers with their initial weights"
        );
    }
    format!(
        "the {network} is {}{evidence}; {}; resuming this run would fail again at this step",
        Disease::Exploding,
        remedy::exploding(config, network)
    )
}

/// Adds what the log says about the steps before a divergence to its error; other errors are returned unchanged.
pub(super) fn with_history(
    error: Error,
    config: &TrainConfig,
    players: &Players<&Player>,
    history: &[Losses],
) -> Error {
    match error {
        Error::Diverged {
            step,
            network,
            layer,
            what,
            ..
        } => Error::Diverged {
            step,
            layer,
            what,
            remedy: verdict(config, players, &network, history),
            network,
        },
        other => other,
    }
}
