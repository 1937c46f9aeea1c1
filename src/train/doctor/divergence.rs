//! What a run that diverged died of.

use super::{Disease, remedy};
use crate::error::{Error, short};
use crate::train::{Losses, Trainer};

/// Lines of the log that are told of.
const TOLD: usize = 4;

/// The verdict on `network`, where a number is no longer finite: what its gradient norm came to in the
/// last lines of the history, its largest spectral norm, and what to try.
pub(in crate::train) fn verdict(trainer: &Trainer, network: &str, history: &[Losses]) -> String {
    let player = match network {
        "generator" => &trainer.generator,
        _ => &trainer.discriminator,
    };
    let mut evidence = Vec::new();
    let norm = |l: &Losses| match network {
        "generator" => l.grad_norm_g,
        _ => l.grad_norm_d,
    };
    let last = &history[history.len().saturating_sub(TOLD)..];
    if !last.is_empty() {
        let norms: Vec<String> = last.iter().map(|l| short(norm(l))).collect();
        evidence.push(format!("its gradient norm was {}", norms.join(", then ")));
    }
    // A device that fails here has nothing to add.
    let norms = player.network.spectral_norms().unwrap_or_default();
    let finite = norms.into_iter().filter(|(_, sigma)| sigma.is_finite());
    if let Some((index, sigma)) = finite.max_by(|a, b| a.1.total_cmp(&b.1)) {
        let layer = player.network.describe(&index.to_string());
        evidence.push(format!(
            "its layer {layer} has spectral norm {}",
            short(sigma)
        ));
    }
    let evidence = match evidence.is_empty() {
        true => String::new(),
        false => format!(" ({})", evidence.join("; ")),
    };
    // Before the first update no learning rate is to blame.
    if [&trainer.generator, &trainer.discriminator]
        .iter()
        .all(|p| p.optimizer.step() == 0)
    {
        return format!(
            "no update has been made yet: a setting is too large{evidence}; look at penalty, codes, r_adv, and \
             the layers and their initial weights"
        );
    }
    format!(
        "the {network} is {}{evidence}; {}; resuming this run would end here again",
        Disease::Exploding,
        remedy::exploding(&trainer.config, network)
    )
}

/// A divergence with what the log says of the way there; any other error as it is.
pub(in crate::train) fn told(error: Error, trainer: &Trainer, history: &[Losses]) -> Error {
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
            remedy: verdict(trainer, &network, history),
            network,
        },
        other => other,
    }
}
