//! What can be read from each layer of D with a linear model.

use super::context::{Context, has_labels, labelled};
use super::section::Section;
use crate::error::{Result, minus};
use crate::interpret::{LayerProbe, LayerProbes, ProbeSettings, Subject, probe_layers};
use crate::report::{IntervalPlot, Table};

/// Number of real samples for each latent of the explanation.
const SAMPLES: usize = 2;

pub(super) fn obstacle(subject: &Subject) -> Option<&'static str> {
    if subject.discriminator.is_none() {
        return Some("it examines a discriminator, and there is none");
    }
    (!has_labels(subject)).then_some("it needs data with classes or factors")
}

pub(super) fn run(context: &mut Context<'_>, section: &mut Section) -> Result<()> {
    let settings = context.settings;
    let real = labelled(context.subject, settings.seed, SAMPLES * settings.latents)?;
    let (Some(d), Some(real)) = (&context.subject.discriminator, real) else {
        return Ok(());
    };
    let probe = ProbeSettings {
        resamples: settings.replicates,
        seed: settings.seed,
        ..ProbeSettings::default()
    };
    let found: LayerProbes = probe_layers(d, &real.samples, &real.labels, &probe)?;
    let mut plot = IntervalPlot::new(
        &format!("Linear probes of D for the {}", real.name),
        "held-out accuracy",
    );
    for layer in &found.layers {
        let random = layer
            .random
            .as_ref()
            .map_or(layer.trained.chance, |p| p.score);
        plot = plot.row(
            &layer.name,
            layer.trained.score,
            layer.trained.interval,
            Some(random),
        );
    }
    let input = found
        .layers
        .first()
        .map_or(f64::NAN, |layer| layer.trained.score);
    // The last layer is the score itself.
    let hidden = &found.layers[..found.layers.len().saturating_sub(1)];
    let trained = hidden.iter().filter(|layer| layer.layer.is_some());
    let excess = |layer: &LayerProbe| layer.over_random.as_ref().map_or(f64::MIN, |d| d.value);
    if let Some(best) = trained.max_by(|a, b| excess(a).total_cmp(&excess(b))) {
        let more = best
            .over_random
            .as_ref()
            .is_some_and(|d| d.interval.0 > 0.0);
        section.finding(format!(
            "From layer {} of D, a linear probe reads {} with {:.1} % accuracy (interval {:.1} to {:.1} %); from the same layer with \
             random weights with {:.1} %, from the input with {:.1} %. {}",
            best.name,
            real.name,
            100.0 * best.trained.score,
            100.0 * best.trained.interval.0,
            100.0 * best.trained.interval.1,
            100.0 * best.random.as_ref().map_or(f64::NAN, |p| p.score),
            100.0 * input,
            if more {
                "The difference to random weights is more than chance."
            } else {
                "That is no more than random weights give."
            }
        ));
    }
    section.figure(
        plot.svg()?,
        "Rows whose interval lies to the right of the orange line know more than the same layer with random weights (for the input: than the most \
         frequent label). Linear models fitted to each layer, tested on held-out real samples; inputs and layers with many values are averaged or projected first.",
    );
    let table = Table::new(
        "The same in numbers. The differences are on the same held-out samples, with 95 % intervals.",
        &[
            "layer",
            "features (reduced)",
            "accuracy",
            "above random weights",
            "above the input",
        ],
    );
    let difference = |d: &Option<crate::interpret::Difference>| {
        d.map_or("–".to_string(), |d| {
            minus(format!(
                "{:+.3} ({:+.3} to {:+.3})",
                d.value, d.interval.0, d.interval.1
            ))
        })
    };
    section.table(found.layers.iter().fold(table, |table, layer| {
        table.row([
            layer.name.clone(),
            layer.trained.features.to_string(),
            format!("{:.3}", layer.trained.score),
            difference(&layer.over_random),
            difference(&layer.over_input),
        ])
    }));
    section.record("probes", &found)
}
