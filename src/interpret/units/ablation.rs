//! What a generator draws without some units, compared with random sets of as many other units (Bau et al. 2019).
//!
//! With f₁(z) the activations and U the set of units, the ablated image is
//!
//! $$ G_{-U}(z) = f_2\bigl(f_1(z) \text{ with } r_u \leftarrow 0 \text{ (or its mean) for } u \in U\bigr) $$
//!
//! and the effect on a measure m of an image is the mean over z of m(G₋ᵤ(z)) − m(G(z)). The change of the image itself is
//! the mean of |G₋ᵤ(z) − G(z)| over its values. The same is computed for random sets of |U| units that are not in U. An
//! effect inside their range says nothing about U: any units would have had it.

use std::collections::BTreeSet;
use std::fmt;

use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

use super::effect::EffectSize;
use super::layer::{Replacement, Units};
use crate::error::{Error, Result, counted, thousands};
use crate::interpret::inference::MAXIMUM_ROWS;
use crate::interpret::intervals::check_resamples;
use crate::random::{Stream, rng};

/// Smallest number of random sets, for which the range from the smallest to the largest effect covers 95 %.
const MINIMUM_DRAWS: usize = 39;
/// Largest number of random sets.
const MAXIMUM_DRAWS: usize = 100_000;

/// A measure of images: receives rows of images [m, image width], a few hundred at a time, and returns one finite number
/// for each.
pub type ImageMeasure<'a> = &'a dyn Fn(&[f32]) -> Result<Vec<f64>>;

/// Settings of [`ablation_effect`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AblationSettings {
    /// Value to which the units are set; default zero.
    pub replacement: Replacement,
    /// Number of random sets of units, at least 39; default 79. If there are not more other sets than this, all of them
    /// are used.
    pub draws: usize,
    /// Number of bootstrap resamples for the intervals; default 200.
    pub resamples: usize,
    /// Random seed of the sets and the resamples; default 1.
    pub seed: u64,
}

impl Default for AblationSettings {
    fn default() -> Self {
        AblationSettings {
            replacement: Replacement::Zero,
            draws: 79,
            resamples: 200,
            seed: 1,
        }
    }
}

/// The effect of ablating a set of units.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AblationEffect {
    /// The ablated units.
    pub units: Vec<usize>,
    /// Mean absolute change of a value of the image.
    pub change: EffectSize,
    /// Mean change of the measure of an image; `None` if there is no measure.
    pub measured: Option<EffectSize>,
    /// Index and description of the layer.
    pub layer: String,
    /// Number of units of the layer.
    pub n_units: usize,
    /// Number of samples.
    pub n: usize,
    /// Replacement, draws, resamples and seed.
    pub settings: AblationSettings,
}

/// Measures what changes in the images of `z` [n, latent] when `ablated` units are replaced, and compares it with random
/// sets of as many other units.
///
/// ```
/// use ganscope::nn::{Network, NetworkSpec};
/// use ganscope::random::{Stream, standard_normal};
/// use ganscope::interpret::{AblationSettings, Units, ablation_effect};
/// let spec: NetworkSpec = serde_json::from_str(r#"{
///     "input": { "kind": "vector", "len": 2 },
///     "layers": [{ "type": "dense", "in": 2, "out": 60 }, { "type": "relu" },
///                { "type": "dense", "in": 60, "out": 1 }]
/// }"#)?;
/// let mut g = Network::new("generator", &spec, 1, Stream::GeneratorInit)?;
/// // Unit 7 is 1 for every z and has weight 5.
/// g.parameters_mut()[1].1.update(|b| b[7] = 1.0);
/// g.parameters_mut()[0].1.update(|w| w[14..16].fill(0.0));
/// g.parameters_mut()[2].1.update(|w| w[7] = 5.0);
/// let z = standard_normal(1, Stream::Exploration, 0, 2 * 50);
/// let found = ablation_effect(
///     &Units::new(&g, 2)?, &z, &[7],
///     Some(&|images: &[f32]| Ok(images.iter().map(|y| f64::from(*y)).collect())),
///     &AblationSettings::default(),
/// )?;
/// let measured = found.measured.expect("a measure was given");
/// assert!((measured.effect + 5.0).abs() < 1e-5 && measured.is_outside);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] for no units, units that the layer does not have, more than half of the units (there is then no other
/// set to compare with), settings out of range, and a measure that does not return one finite number for each image; the
/// errors of the measure; [`Error::Device`].
pub fn ablation_effect(
    units: &Units,
    z: &[f32],
    ablated: &[usize],
    measure: Option<ImageMeasure<'_>>,
    settings: &AblationSettings,
) -> Result<AblationEffect> {
    let n = units.samples(z)?;
    check(units, ablated, settings)?;
    let activations = units.activations(z)?;
    let values = units.means_for(&activations, settings.replacement);
    let original = units.images_of(&activations)?;
    let width = units.image_width();
    let measure = |images: &[f32]| -> Result<Option<Vec<f64>>> {
        let Some(measure) = measure else {
            return Ok(None);
        };
        let mut all = Vec::with_capacity(n);
        for images in images.chunks(MAXIMUM_ROWS * width) {
            all.extend(checked(measure(images)?, images.len() / width)?);
        }
        Ok(Some(all))
    };
    let original_measures = measure(&original)?;
    // For each sample: the mean absolute change of the image, and the change of its measure.
    let effects = |set: &[usize]| -> Result<(Vec<f64>, Option<Vec<f64>>)> {
        let images = units.ablate_activations(&activations, set, &values)?;
        let rows = images.chunks_exact(width).zip(original.chunks_exact(width));
        let change = |(a, b): (&[f32], &[f32])| {
            let differences = a
                .iter()
                .zip(b)
                .map(|(a, b)| (f64::from(*a) - f64::from(*b)).abs());
            differences.sum::<f64>() / width as f64
        };
        let changes = rows.map(change).collect();
        let measures = match (&original_measures, measure(&images)?) {
            (Some(before), Some(after)) => {
                Some(after.iter().zip(before).map(|(a, b)| a - b).collect())
            }
            _ => None,
        };
        Ok((changes, measures))
    };
    let (changes, measures) = effects(ablated)?;
    let (mut null_changes, mut null_measures) = (Vec::new(), Vec::new());
    let mean = |values: &[f64]| values.iter().sum::<f64>() / n as f64;
    for set in other_sets(units.count(), ablated, settings) {
        let (changes, measures) = effects(&set)?;
        null_changes.push(mean(&changes));
        null_measures.extend(measures.map(|measures| mean(&measures)));
    }
    let AblationSettings {
        resamples, seed, ..
    } = *settings;
    Ok(AblationEffect {
        units: ablated.to_vec(),
        change: EffectSize::of(&changes, &null_changes, resamples, seed),
        measured: measures
            .map(|measures| EffectSize::of(&measures, &null_measures, resamples, seed)),
        layer: units.layer().into(),
        n_units: units.count(),
        n,
        settings: *settings,
    })
}

fn check(units: &Units, ablated: &[usize], settings: &AblationSettings) -> Result<()> {
    units.check_units(ablated)?;
    let refuse = |problem: String| Err(Error::Usage(problem));
    if ablated.is_empty() {
        return refuse("there is no unit to ablate; name at least one".into());
    }
    if 2 * ablated.len() > units.count() {
        return refuse(format!(
            "{} of the {} of layer {} are more than half, so there is no set of as many other units to compare with; \
             ablate fewer, or look at the images of `Units::ablate`",
            counted(ablated.len(), "unit"),
            counted(units.count(), "unit"),
            units.layer()
        ));
    }
    if !(MINIMUM_DRAWS..=MAXIMUM_DRAWS).contains(&settings.draws) {
        return refuse(format!(
            "draws, the number of random sets of units, must be between {MINIMUM_DRAWS} (fewer cannot cover 95 %) and {}, \
             not {}",
            thousands(MAXIMUM_DRAWS as u64),
            settings.draws
        ));
    }
    check_resamples(settings.resamples)
}

/// Refuses measures that are not one finite number for each image.
fn checked(measures: Vec<f64>, n: usize) -> Result<Vec<f64>> {
    if measures.len() != n {
        return Err(Error::Usage(format!(
            "the measure returned {} for {}; it must return one for each",
            counted(measures.len(), "number"),
            counted(n, "image")
        )));
    }
    if let Some(i) = measures.iter().position(|m| !m.is_finite()) {
        return Err(Error::Usage(format!(
            "the measure of image {i} (counted from 0) is {}; effects need finite measures",
            measures[i]
        )));
    }
    Ok(measures)
}

/// Different sets of units that are not ablated, each with as many units as the ablated set: all of them if there are at
/// most `draws`, otherwise random ones.
fn other_sets(count: usize, ablated: &[usize], settings: &AblationSettings) -> Vec<Vec<usize>> {
    let mut others: Vec<usize> = (0..count).filter(|unit| !ablated.contains(unit)).collect();
    let size = ablated.len();
    if binomial_at_most(others.len(), size, settings.draws) {
        return combinations(&others, size);
    }
    let (mut seen, mut sets) = (BTreeSet::new(), Vec::with_capacity(settings.draws));
    let mut rng = rng(settings.seed, Stream::Subsample, 0);
    while sets.len() < settings.draws {
        let (chosen, _) = others.partial_shuffle(&mut rng, size);
        let mut set = chosen.to_vec();
        set.sort_unstable();
        if seen.insert(set.clone()) {
            sets.push(set);
        }
    }
    sets
}

/// Whether there are at most `limit` subsets of `size` of `n` elements.
fn binomial_at_most(n: usize, size: usize, limit: usize) -> bool {
    let size = size.min(n - size);
    let mut subsets = 1usize;
    for i in 0..size {
        // The product of i + 1 successive numbers is divisible by (i + 1)!. It grows with i, so it never comes back
        // below the limit.
        subsets = subsets.saturating_mul(n - i) / (i + 1);
        if subsets > limit {
            return false;
        }
    }
    subsets <= limit
}

/// All subsets of `size` elements, in lexicographic order.
fn combinations(elements: &[usize], size: usize) -> Vec<Vec<usize>> {
    if size == 0 {
        return vec![vec![]];
    }
    let mut all = Vec::new();
    // The first element of a subset must leave enough elements for the rest.
    for (i, first) in elements
        .iter()
        .enumerate()
        .take((elements.len() + 1).saturating_sub(size))
    {
        for mut rest in combinations(&elements[i + 1..], size - 1) {
            rest.insert(0, *first);
            all.push(rest);
        }
    }
    all
}

impl fmt::Display for AblationEffect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(measured) = &self.measured {
            writeln!(f, "change of the measure        {measured}")?;
        }
        writeln!(f, "mean |change| of the image   {}", self.change)?;
        let units: Vec<String> = self
            .units
            .iter()
            .take(10)
            .map(ToString::to_string)
            .collect();
        let more = if self.units.len() > 10 { ", …" } else { "" };
        let value = match self.settings.replacement {
            Replacement::Zero => "zero",
            Replacement::Mean => "their mean",
        };
        write!(
            f,
            "{} {}{more} of the {} of layer {} set to {value}, {}; seed {}",
            if self.units.len() == 1 {
                "unit"
            } else {
                "units"
            },
            units.join(", "),
            thousands(self.n_units as u64),
            self.layer,
            counted(self.n, "sample"),
            self.settings.seed
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_sets_are_all_sets_or_different_random_ones() {
        let settings = AblationSettings {
            draws: 39,
            ..AblationSettings::default()
        };
        // 7 units remain: 21 pairs.
        let all = other_sets(9, &[2, 5], &settings);
        assert_eq!(all.len(), 21);
        let drawn = other_sets(20, &[2, 5], &settings);
        assert_eq!(drawn.len(), 39);
        for sets in [all, drawn] {
            let distinct: BTreeSet<_> = sets.iter().collect();
            assert_eq!(distinct.len(), sets.len());
            for set in &sets {
                assert!(
                    set.len() == 2 && set[0] < set[1] && !set.contains(&2) && !set.contains(&5)
                );
            }
        }
        assert!(binomial_at_most(7, 2, 21) && !binomial_at_most(7, 2, 20));
        assert!(!binomial_at_most(1000, 500, 100_000));
        assert_eq!(combinations(&(0..100).collect::<Vec<_>>(), 100).len(), 1);
    }
}
