//! How the directions of a page are found: every method with and without labels.

use super::context::Context;
use super::found::Found;
use crate::error::{Result, counted};
use crate::interpret::{
    Direction, Directions, LabelDirection, PrincipalSettings, SefaVariant, SupervisedSettings,
    average_jacobian_directions, code_directions, ganspace, label_direction, sefa,
};
use crate::nn::{LayerSpec, Network};

/// The directions of all methods. They are found when they are first needed.
pub(super) fn found<'a>(context: &'a Context<'_>) -> Result<&'a Found> {
    if let Some(found) = context.found.get() {
        return Ok(found);
    }
    let found = find(context)?;
    Ok(context.found.get_or_init(|| found))
}

/// Largest number of directions of a method.
pub(super) const COUNT: usize = 5;
/// Number of latents over which the metric JᵀJ is averaged.
const LATENTS_OF_METRIC: usize = 64;
/// Number of directions of each method on the page.
const SHOWN: usize = 2;

/// A method without labels: its name, and how it finds directions of a generator from latents and a seed.
pub(super) type Unsupervised = (
    &'static str,
    fn(&Network, &[f32], u64) -> Result<Directions>,
);

pub(super) const UNSUPERVISED: [Unsupervised; 4] = [
    ("SeFa", |g, _, _| sefa(g, SefaVariant::Paper, COUNT)),
    ("SeFa normalised", |g, _, _| {
        sefa(g, SefaVariant::NormalizedRows, COUNT)
    }),
    ("GANSpace", |g, z, seed| {
        let settings = PrincipalSettings {
            layers: first_activation(g),
            count: COUNT,
            seed,
        };
        Ok(ganspace(g, z, &settings)?.directions)
    }),
    ("Jacobian", |g, z, _| {
        let latent = g.spec().input.numel();
        let z = &z[..(LATENTS_OF_METRIC * latent).min(z.len())];
        average_jacobian_directions(g, z, g.spec().layers.len(), COUNT)
    }),
];

/// Whether a method depends on the latents that it sees.
pub(super) fn is_sampled(name: &str) -> bool {
    !name.starts_with("SeFa")
}

/// The directions that a method finds under its short name. SeFa needs an affine first layer, and the other methods a
/// generator that is not constant: `None` if the method refuses the generator.
pub(super) fn directions_of(
    (name, find): Unsupervised,
    g: &Network,
    z: &[f32],
    seed: u64,
) -> Option<Directions> {
    let found = find(g, z, seed).ok()?;
    Some(Directions {
        method: name.into(),
        ..found
    })
}

/// Number of layers of G up to the first activation function.
fn first_activation(g: &Network) -> usize {
    let layers = &g.spec().layers;
    let activation = layers.iter().position(|layer| {
        !matches!(
            layer,
            LayerSpec::Dense(_)
                | LayerSpec::Reshape(_)
                | LayerSpec::BatchNorm(_)
                | LayerSpec::LayerNorm(_)
        )
    });
    activation.map_or(layers.len(), |place| place + 1)
}

/// Finds the directions of all methods that apply.
fn find(context: &Context<'_>) -> Result<Found> {
    let g = context.subject.generator()?;
    let mut methods = Vec::new();
    for method in UNSUPERVISED {
        methods.extend(directions_of(method, g, &context.z, context.settings.seed));
    }
    if context.subject.codes.width() > 0 {
        methods.push(code_directions(&context.subject.codes, context.latent())?);
    }
    let labels = labels(context)?;
    if !labels.is_empty() {
        methods.push(Directions {
            method: "labels".into(),
            quantity: "held-out accuracy".into(),
            protocol: format!("logistic regression, {}", counted(labels.len(), "label")),
            all: labels.iter().map(|label| label.direction.clone()).collect(),
        });
    }
    let mut all: Vec<Direction> = Vec::new();
    for method in &methods {
        // Codes and labels have names of their own, and no order of importance among each other.
        let is_ranked = !method.method.starts_with("codes") && method.method != "labels";
        let shown = if is_ranked { SHOWN } else { method.all.len() };
        for (i, direction) in method.all.iter().take(shown).enumerate() {
            let mut direction = direction.clone();
            if is_ranked {
                direction.name = format!("{} {}", method.method, i + 1);
            }
            all.push(direction);
        }
    }
    Ok(Found {
        methods,
        labels,
        selected: Directions {
            method: "all methods".into(),
            quantity: "strength, in the unit of each method".into(),
            protocol: format!("seed {}", context.settings.seed),
            all,
        },
    })
}

/// The directions of the labels that can be predicted better than by chance from z.
fn labels(context: &Context<'_>) -> Result<Vec<LabelDirection>> {
    let settings = SupervisedSettings {
        resamples: context.settings.replicates,
        seed: context.settings.seed,
        ..SupervisedSettings::default()
    };
    let mut found = Vec::new();
    // Of factors with many levels, such as a position, single levels are no classes.
    for (name, levels, count) in context.levels().filter(|(_, _, count)| *count <= 10) {
        for level in 0..count {
            let is_level: Vec<bool> = levels.iter().map(|l| *l == level).collect();
            // A level with too few samples has no direction.
            let direction =
                label_direction(&format!("{name} {level}"), &context.z, &is_level, &settings);
            found.extend(direction.ok().filter(LabelDirection::is_more_than_chance));
        }
    }
    Ok(found)
}
