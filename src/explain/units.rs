//! Which units of G belong to a class or a factor, and what removing them does.

use super::concepts;
use super::context::Context;
use super::section::Section;
use crate::error::{Result, counted};
use crate::interpret::{
    AblationSettings, ClassSelectivity, Meter, Selectivity, SelectivitySettings, Subject, Units,
    Values, ablation_effect, selectivity,
};
use crate::nn::{LayerSpec, Network};
use crate::report::format::short;
use crate::report::{IntervalPlot, strips};

/// Number of units that are removed together.
const REMOVED: usize = 4;
/// Number of latents on which the removal is measured.
const LATENTS_OF_ABLATION: usize = 200;
/// Number of samples in a row of images.
const DRAWN: usize = 8;
/// Smallest number of samples of a level that is examined.
const FEWEST: usize = 20;

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
    let Some((name, levels, _)) = context.levels().next() else {
        return Ok(());
    };
    let units = Units::new(g, layers)?;
    let settings = SelectivitySettings {
        permutations: context.settings.replicates,
        seed: context.settings.seed,
    };
    let layer = Layer {
        context,
        name,
        levels,
        selective: selectivity(&units, &context.z, levels, &settings)?,
        units,
    };
    layer.most_selective(section)?;
    let data = context.subject.data.as_ref();
    if data.is_some_and(|data| data.config.name == "sprites") {
        concepts::run(context, &layer.units, section)?;
    }
    layer.removal(section)?;
    section.record("selectivity", &layer.selective)
}

/// The units of the examined layer, with their selectivity for the levels of a class or factor.
struct Layer<'a> {
    context: &'a Context<'a>,
    /// Name of the class or factor.
    name: &'a str,
    /// Level of each generated sample.
    levels: &'a [usize],
    units: Units,
    selective: Selectivity,
}

impl Layer<'_> {
    /// The levels with enough samples.
    fn classes(&self) -> impl Iterator<Item = &ClassSelectivity> {
        let classes = self.selective.classes.iter();
        classes.filter(|class| class.n_class >= FEWEST)
    }

    /// The best unit of each level.
    fn most_selective(&self, section: &mut Section) -> Result<()> {
        let layer = &self.selective.layer;
        let mut plot = IntervalPlot::new(
            &format!(
                "The most selective unit of each {}, layer {layer}",
                self.name
            ),
            "|AUC − ½|",
        );
        let (mut real, mut best): (usize, Option<(f64, usize, usize)>) = (0, None);
        for class in self.classes() {
            let Some(unit) = class.units.first() else {
                continue;
            };
            let deviation = (unit.auc - 0.5).abs();
            // The interval on the side of the deviation.
            let (low, high) = (unit.interval.0 - 0.5, unit.interval.1 - 0.5);
            let interval = if unit.auc >= 0.5 {
                (low, high)
            } else {
                (-high, -low)
            };
            let is_real = interval.0 > class.chance_deviation;
            real += usize::from(is_real);
            if is_real && best.is_none_or(|(most, ..)| deviation > most) {
                best = Some((deviation, class.class, unit.unit));
            }
            let level = self.context.level_name(self.name, class.class);
            let row = format!("{level}: unit {}", unit.unit);
            plot = plot.row(&row, deviation, interval, Some(class.chance_deviation));
        }
        let examined = counted(self.classes().count(), "level");
        section.finding(match best {
            Some((deviation, class, unit)) => format!(
                "For {real} of {examined} of {} with at least {FEWEST} samples, a unit in the middle of G (layer {layer}, {}) \
                 separates them from all others better than the best unit does with shuffled labels. The most selective one is \
                 unit {unit}: for {}, its AUC is {:.2}.",
                self.name,
                counted(self.units.count(), "unit"),
                self.context.level_name(self.name, class),
                0.5 + deviation
            ),
            None => format!(
                "Of {examined} of {} with at least {FEWEST} samples, none has a unit in the middle of G (layer {layer}) that \
                 separates it better than the best unit does with shuffled labels.",
                self.name
            ),
        });
        section.figure(
            plot.svg()?,
            "Rows whose interval lies to the right of the orange line separate one level from all others more than the best unit \
             does with shuffled labels. The AUC is the probability that the unit is more (or less) active in a sample of the level \
             than in another.",
        );
        Ok(())
    }

    /// What happens without the units that are most active in one level.
    fn removal(&self, section: &mut Section) -> Result<()> {
        let highest =
            |class: &ClassSelectivity| class.units.iter().map(|u| u.auc).fold(0.0, f64::max);
        let strongest = self
            .classes()
            .max_by(|a, b| highest(a).total_cmp(&highest(b)));
        let Some(class) = strongest else {
            return Ok(());
        };
        // Units that are more active in the class, so that removing them can remove the class.
        let raising = class.units.iter().filter(|unit| unit.auc > 0.5);
        let removed: Vec<usize> = raising.take(REMOVED).map(|unit| unit.unit).collect();
        if removed.is_empty() || 2 * removed.len() > self.units.count() {
            return Ok(());
        }
        let z = self.context.new_latents(LATENTS_OF_ABLATION)?;
        let is_of_class = |samples: &[f32]| -> Result<Vec<f64>> {
            let measured = self.context.meter.measure(samples)?;
            let levels = measured.into_iter().find(|q| q.name == self.name);
            Ok(match levels.map(|q| q.values) {
                Some(Values::Levels { levels, .. }) => {
                    let is_class = |level: &usize| f64::from(u8::from(*level == class.class));
                    levels.iter().map(is_class).collect()
                }
                _ => Vec::new(),
            })
        };
        let settings = AblationSettings {
            resamples: self.context.settings.replicates,
            seed: self.context.settings.seed,
            ..AblationSettings::default()
        };
        let found = ablation_effect(&self.units, &z, &removed, Some(&is_of_class), &settings)?;
        let level = self.context.level_name(self.name, class.class);
        if let Some(measured) = &found.measured {
            section.finding(format!(
                "Setting the {} that are most active in {level} to 0 changes the fraction of these samples by {} (95 % interval {} \
                 to {}). For random sets of as many other units, most changes lie between {} and {}. {}",
                counted(removed.len(), "unit"),
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
        }
        if let Some(shape) = self.context.image() {
            let members = self.levels.iter().enumerate();
            let members = members.filter(|(_, of_sample)| **of_sample == class.class);
            let latent = self.context.latent();
            let chosen = members.take(DRAWN);
            let chosen: Vec<f32> = chosen
                .flat_map(|(i, _)| self.context.z[i * latent..][..latent].to_vec())
                .collect();
            let before = self.context.subject.generate(&chosen)?;
            let after = self.units.ablate(&chosen, &removed, settings.replacement)?;
            let rows = [("all units".into(), before), ("without them".into(), after)];
            section.figure(
                strips(
                    &format!("Samples of {level} with and without its units"),
                    shape,
                    &rows,
                )?,
                format!(
                    "What happens to samples of {level} when the {} that are most active in them are set to 0.",
                    counted(removed.len(), "unit")
                ),
            );
        }
        section.record("ablation", &found)
    }
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
