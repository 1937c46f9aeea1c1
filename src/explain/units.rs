//! Which units of G belong to a class or a factor, and what removing them does.

use super::context::Context;
use super::section::Section;
use crate::data::{SPRITE_FACTORS, SampleShape, render};
use crate::error::{Result, counted};
use crate::evaluate::nearest_sprites;
use crate::interpret::{
    AblationEffect, AblationSettings, ConceptMasks, ConceptSettings, Meter, Selectivity,
    SelectivitySettings, Subject, Units, Values, ablation_effect, concept_units, selectivity,
};
use crate::nn::{LayerSpec, Network};
use crate::report::format::short;
use crate::report::{IntervalPlot, Table, strips};

/// Number of units that are removed together.
const REMOVED: usize = 4;
/// Number of latents on which the removal is measured.
const LATENTS_OF_ABLATION: usize = 200;
/// Number of samples in a row of images.
const DRAWN: usize = 8;
/// Smallest number of samples of a level that is examined.
const FEWEST: usize = 20;
/// Number of units of a concept in the table.
const SHOWN: usize = 3;

pub(super) fn obstacle(subject: &Subject) -> Option<&'static str> {
    let Some(g) = &subject.generator else {
        return Some("it examines a generator, and there is none");
    };
    if middle(g).is_none() {
        return Some("the generator has no hidden layer");
    }
    let is_measured = subject.data.as_ref().is_some_and(|data| {
        data.dataset.labels().is_some()
            || data.dataset.mixture().is_some()
            || data.config.name == "sprites"
    });
    (!is_measured).then_some("it needs data with classes or factors")
}

/// Number of layers up to the activation function in the middle of G.
fn middle(g: &Network) -> Option<usize> {
    let is_activation = |layer: &LayerSpec| {
        matches!(
            layer,
            LayerSpec::Relu(_) | LayerSpec::LeakyRelu(_) | LayerSpec::Elu(_) | LayerSpec::Tanh(_)
        )
    };
    let layers = g.spec().layers.iter().enumerate();
    // An activation at the end belongs to the samples.
    let hidden: Vec<usize> = layers
        .filter(|(i, layer)| is_activation(layer) && i + 1 < g.spec().layers.len())
        .map(|(i, _)| i + 1)
        .collect();
    hidden.get(hidden.len() / 2).copied()
}

pub(super) fn run(context: &mut Context<'_>, section: &mut Section) -> Result<()> {
    let g = context.subject.generator()?;
    let Some(layers) = middle(g) else {
        return Ok(());
    };
    let units = Units::new(g, layers)?;
    let Some((name, levels, _)) = context.levels().next() else {
        return Ok(());
    };
    let (name, levels) = (name.to_string(), levels.to_vec());
    let settings = SelectivitySettings {
        permutations: context.settings.replicates,
        seed: context.settings.seed,
    };
    let selective = selectivity(&units, &context.z, &levels, &settings)?;
    most_selective(context, &selective, &name, &units, section)?;
    if context
        .subject
        .data
        .as_ref()
        .is_some_and(|d| d.config.name == "sprites")
    {
        concepts(context, &units, section)?;
    }
    removal(context, &selective, &name, &units, section)?;
    section.record("selectivity", &selective)
}

/// The best unit of each class.
fn most_selective(
    context: &Context<'_>,
    selective: &Selectivity,
    name: &str,
    units: &Units,
    section: &mut Section,
) -> Result<()> {
    let mut plot = IntervalPlot::new(
        &format!(
            "The most selective unit of each {name}, layer {}",
            selective.layer
        ),
        "|AUC − ½|",
    );
    let (mut real, mut best): (usize, Option<(f64, usize, usize)>) = (0, None);
    let classes = || {
        selective
            .classes
            .iter()
            .filter(|class| class.n_class >= FEWEST)
    };
    for class in classes() {
        let Some(unit) = class.units.first() else {
            continue;
        };
        let deviation = (unit.auc - 0.5).abs();
        // The interval on the side of the deviation.
        let ends = [unit.interval.0 - 0.5, unit.interval.1 - 0.5];
        let interval = if unit.auc >= 0.5 {
            (ends[0], ends[1])
        } else {
            (-ends[1], -ends[0])
        };
        let is_real = interval.0 > class.chance_deviation;
        real += usize::from(is_real);
        if is_real && best.is_none_or(|(most, ..)| deviation > most) {
            best = Some((deviation, class.class, unit.unit));
        }
        plot = plot.row(
            &format!(
                "{}: unit {}",
                context.level_name(name, class.class),
                unit.unit
            ),
            deviation,
            interval,
            Some(class.chance_deviation),
        );
    }
    if let Some((deviation, class, unit)) = best {
        section.finding(format!(
            "For {real} of {} of {name} with at least {FEWEST} samples, a unit in the middle of G (layer {}, {}) separates \
             them from all others better than the best unit does with shuffled labels. The most selective one is unit {unit}: for \
             {}, its AUC is {:.2}.",
            counted(classes().count(), "level"),
            selective.layer,
            counted(units.count(), "unit"),
            context.level_name(name, class),
            0.5 + deviation
        ));
    } else {
        section.finding(format!(
            "Of {} of {name} with at least {FEWEST} samples, none has a unit in the middle of G (layer {}) that separates it better \
             than the best unit does with shuffled labels.",
            counted(classes().count(), "level"),
            selective.layer
        ));
    }
    section.figure(
        plot.svg()?,
        "Rows whose interval lies to the right of the orange line separate one level from all others more than the best unit does with shuffled \
         labels. The AUC is the probability that the unit is more (or less) active in a sample of the level than in another.",
    );
    Ok(())
}

/// Which units are active exactly where a sprite of a shape is.
fn concepts(context: &Context<'_>, units: &Units, section: &mut Section) -> Result<()> {
    let Some(SampleShape::Image { height, width, .. }) = context.image().cloned() else {
        return Ok(());
    };
    let data = context.subject.data.as_ref();
    let levels = data.map(|d| d.config.factors.clone()).unwrap_or_default();
    let nearest = nearest_sprites(&context.generated, &levels)?;
    let mut table = Table::new(
        "Intersection over union (IoU) of a unit's active region with the mask of the nearest sprite, for the best units of each shape. \
         Chance: the mean over masks of other samples.",
        &["shape", "unit", "IoU", "interval", "chance"],
    );
    let mut results = Vec::new();
    let shapes = ["square", "ellipse", "heart"];
    for (shape, name) in shapes.iter().enumerate().take(SPRITE_FACTORS[0].1) {
        let mut present = Vec::with_capacity(nearest.len() * height * width);
        for sprite in &nearest {
            let is_shape = sprite.is_recognised() && sprite.factors.indices()[0] == shape;
            let mask = render(&sprite.factors);
            present.extend(mask.iter().map(|v| is_shape && *v > 0.0));
        }
        if !present.contains(&true) {
            continue;
        }
        let masks = ConceptMasks {
            name: (*name).into(),
            height,
            width,
            present,
        };
        let settings = ConceptSettings {
            resamples: context.settings.replicates,
            seed: context.settings.seed,
            ..ConceptSettings::default()
        };
        let found = concept_units(units, &context.z, &masks, &settings)?;
        for unit in found.units.iter().take(SHOWN) {
            table = table.row([
                (*name).to_string(),
                unit.unit.to_string(),
                format!("{:.2}", unit.iou),
                format!("{:.2} to {:.2}", unit.interval.0, unit.interval.1),
                format!("{:.2}", unit.chance_iou),
            ]);
        }
        results.push(found);
    }
    let best: Vec<_> = (results.iter())
        .filter_map(|found| Some((found, found.units.first()?)))
        .collect();
    if let [(_, first), rest @ ..] = &best[..]
        && !rest.is_empty()
        && rest.iter().all(|(_, unit)| unit.unit == first.unit)
    {
        section.finding(format!(
            "Unit {} is the best one for every shape, so it marks where a sprite is, not which shape it has.",
            first.unit
        ));
    }
    if let Some((found, unit)) = best.iter().max_by(|a, b| a.1.iou.total_cmp(&b.1.iou)) {
        section.finding(format!(
            "Unit {} matches the {} best: the region where it is active and the mask of the nearest sprite have an IoU of {:.2} \
             (interval {:.2} to {:.2}; {:.2} by chance).",
            unit.unit, found.concept, unit.iou, unit.interval.0, unit.interval.1, unit.chance_iou
        ));
    }
    section.table(table);
    section.record("concepts", &results)
}

/// What happens without the most selective units of one class.
fn removal(
    context: &Context<'_>,
    selective: &Selectivity,
    name: &str,
    units: &Units,
    section: &mut Section,
) -> Result<()> {
    // Units that are more active in the class, so that removing them can remove the class.
    let raising = |class: &crate::interpret::ClassSelectivity| -> Vec<usize> {
        let above = class.units.iter().filter(|unit| unit.auc > 0.5);
        above.take(REMOVED).map(|unit| unit.unit).collect()
    };
    let classes = selective
        .classes
        .iter()
        .filter(|class| class.n_class >= FEWEST);
    let strongest = classes.max_by(|a, b| {
        let best = |class: &crate::interpret::ClassSelectivity| {
            class.units.iter().map(|u| u.auc).fold(0.0, f64::max)
        };
        best(a).total_cmp(&best(b))
    });
    let Some(class) = strongest else {
        return Ok(());
    };
    let removed = raising(class);
    if removed.is_empty() || 2 * removed.len() > units.count() {
        return Ok(());
    }
    let z = context.first(LATENTS_OF_ABLATION);
    let of_class = |samples: &[f32]| -> Result<Vec<f64>> {
        let measured = context.meter.measure(samples)?;
        let levels = measured.into_iter().find(|q| q.name == name);
        Ok(match levels.map(|q| q.values) {
            Some(Values::Levels { levels, .. }) => levels
                .iter()
                .map(|l| f64::from(u8::from(*l == class.class)))
                .collect(),
            _ => Vec::new(),
        })
    };
    let settings = AblationSettings {
        resamples: context.settings.replicates,
        seed: context.settings.seed,
        ..AblationSettings::default()
    };
    let found: AblationEffect = ablation_effect(units, z, &removed, Some(&of_class), &settings)?;
    let Some(measured) = &found.measured else {
        return Ok(());
    };
    section.finding(format!(
        "Setting the {} that are most active in {} to 0 changes the fraction of these samples by {} (95 % interval {} to {}). For \
         random sets of as many other units, most changes lie between {} and {}. {}",
        counted(removed.len(), "unit"),
        context.level_name(name, class.class),
        signed(measured.effect),
        signed(measured.interval.0),
        signed(measured.interval.1),
        signed(measured.null.range.0),
        signed(measured.null.range.1),
        if measured.is_outside && measured.interval.0 * measured.interval.1 > 0.0 {
            "This is more than chance."
        } else {
            "No difference from random sets was found."
        }
    ));
    if let Some(shape) = context.image() {
        let member = context.level_name(name, class.class);
        let levels = context
            .levels()
            .find(|(n, ..)| *n == name)
            .map_or(&[][..], |l| l.1);
        let members = levels
            .iter()
            .enumerate()
            .filter(|(_, l)| **l == class.class);
        let latent = context.latent();
        let chosen: Vec<f32> = members
            .take(DRAWN)
            .flat_map(|(i, _)| context.z[i * latent..][..latent].to_vec())
            .collect();
        let before = context.subject.generate(&chosen)?;
        let after = units.ablate(&chosen, &removed, settings.replacement)?;
        section.figure(
            strips(
                &format!("Samples of {member} with and without its units"),
                shape,
                &[("all units".into(), before), ("without them".into(), after)],
            )?,
            format!(
                "What happens to samples of {member} when the {} units that are most active in them are set to 0.",
                removed.len()
            ),
        );
    }
    section.record("ablation", &found)
}

/// A change such as `−0.25` or `+0.10`.
fn signed(change: f64) -> String {
    let shown = short(change);
    if change > 0.0 {
        format!("+{shown}")
    } else {
        shown
    }
}
