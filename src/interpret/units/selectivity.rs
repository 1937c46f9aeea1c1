//! Which units are more active in images of one class than in the others.
//!
//! Let m_u(z) be the mean of unit u over the pixels. For the images of class c against the rest,
//!
//! $$ \mathrm{AUC}_u = P(m_u > m'_u) + \tfrac12 P(m_u = m'_u) $$
//!
//! for a random image of the class and a random other image: ½ for a unit that does not distinguish them, 1 or 0 for one
//! that separates them. With n₁ images of the class and n₂ others, its variance at a true value θ is (Hanley & McNeil
//! 1982, with the sizes replaced by their mean as by Newcombe 2006)
//!
//! $$ V(\theta) = \frac{\theta(1-\theta)}{n_1 n_2}\Bigl[1 + N^*\frac{1-\theta}{2-\theta} + N^*\frac{\theta}{1+\theta}\Bigr],
//!    \qquad N^* = \tfrac12(n_1 + n_2) - 1 $$
//!
//! and the interval has the θ with |AUC − θ| ≤ 1.96 √V(θ). It has a positive length at AUC = 1, too.
//!
//! **Chance.** The best of many units has an AUC above ½ even if none is selective. `chance_deviation` is the 95 % quantile
//! of the largest |AUC − ½| among all units when the labels are permuted.

use std::fmt;

use rand::seq::SliceRandom;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::layer::Units;
use crate::error::{Error, Result, counted, thousands};
use crate::info::resampling::quantile;
use crate::interpret::inference::check_kept;
use crate::interpret::intervals::{Z, mean};
use crate::random::{Stream, rng};

/// Largest number of permutations of the labels.
const MAXIMUM_PERMUTATIONS: usize = 100_000;

/// Largest number of classes.
const MAXIMUM_CLASSES: usize = 1000;

/// Settings of [`selectivity`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SelectivitySettings {
    /// Number of permutations of the labels for the AUC by chance; default 200.
    pub permutations: usize,
    /// Random seed of the permutations; default 1.
    pub seed: u64,
}

impl Default for SelectivitySettings {
    fn default() -> Self {
        SelectivitySettings {
            permutations: 200,
            seed: 1,
        }
    }
}

/// How well one unit separates a class from the rest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SelectiveUnit {
    /// Index of the unit in its layer.
    pub unit: usize,
    /// AUC of the unit's mean activation for the class against the rest, 0 to 1; ½ is chance.
    pub auc: f64,
    /// Interval of 95 % for the AUC.
    pub interval: (f64, f64),
}

/// The units in the order of their selectivity for one class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassSelectivity {
    /// The class.
    pub class: usize,
    /// Number of images of the class.
    pub n_class: usize,
    /// The units, the one with the largest |AUC − ½| first.
    pub units: Vec<SelectiveUnit>,
    /// The 95 % quantile of the largest |AUC − ½| among all units under permuted labels.
    pub chance_deviation: f64,
}

/// The selectivity of the units of a layer for each class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Selectivity {
    /// One entry for each class that occurs, in ascending order.
    pub classes: Vec<ClassSelectivity>,
    /// Index and description of the layer.
    pub layer: String,
    /// Number of samples.
    pub n: usize,
    /// Permutations and seed.
    pub settings: SelectivitySettings,
}

/// Measures how selective each unit is for each class, for the images of `z` [n, latent] with one label each.
///
/// ```
/// use ganscope::nn::{Network, NetworkSpec};
/// use ganscope::random::{Stream, standard_normal};
/// use ganscope::interpret::{SelectivitySettings, Units, selectivity};
/// let spec: NetworkSpec = serde_json::from_str(r#"{
///     "input": { "kind": "vector", "len": 1 },
///     "layers": [{ "type": "dense", "in": 1, "out": 2 }]
/// }"#)?;
/// let mut g = Network::new("generator", &spec, 1, Stream::GeneratorInit)?;
/// g.parameters_mut()[0].1.update(|w| w.copy_from_slice(&[0.0, -3.0]));
/// let z = standard_normal(1, Stream::Exploration, 0, 100);
/// let labels: Vec<usize> = z.iter().map(|z| usize::from(*z > 0.0)).collect();
/// let found = selectivity(&Units::new(&g, 1)?, &z, &labels, &SelectivitySettings::default())?;
/// // Unit 1 is −3z, the most active where z < 0; unit 0 is constant.
/// let class_1 = &found.classes[1];
/// assert_eq!((class_1.units[0].unit, class_1.units[0].auc), (1, 0.0));
/// assert_eq!((class_1.units[1].unit, class_1.units[1].auc), (0, 0.5));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] for labels of another number than the samples, fewer than 2 or more than 1000 classes, and settings
/// out of range; [`Error::Device`].
pub fn selectivity(
    units: &Units,
    z: &[f32],
    labels: &[usize],
    settings: &SelectivitySettings,
) -> Result<Selectivity> {
    let n = units.samples(z)?;
    let classes = check(n, labels, settings)?;
    // A mean and a rank for each unit.
    check_kept(n, units.count(), 2 * size_of::<f64>(), units.layer())?;
    let pixels = units.pixels();
    // Mean activations, one column for each unit.
    let mut means = vec![Vec::with_capacity(n); units.count()];
    units.for_each_block(z, |_, block| {
        for (index, of_unit) in block.chunks_exact(pixels).enumerate() {
            let sum: f64 = of_unit.iter().map(|a| f64::from(*a)).sum();
            means[index % units.count()].push(sum / pixels as f64);
        }
        Ok(())
    })?;
    let ranks: Vec<Vec<f64>> = means.par_iter().map(|values| ranks(values)).collect();
    let of_class = |class: usize| {
        let members: Vec<usize> = (0..n).filter(|&i| labels[i] == class).collect();
        let sizes = (members.len(), n - members.len());
        let of_unit = |(unit, ranks): (usize, &Vec<f64>)| {
            let auc = auc(ranks, &members);
            let interval = interval(auc, sizes.0, sizes.1);
            SelectiveUnit {
                unit,
                auc,
                interval,
            }
        };
        let mut found: Vec<SelectiveUnit> = ranks.iter().enumerate().map(of_unit).collect();
        let deviation = |unit: &SelectiveUnit| (unit.auc - 0.5).abs();
        found.sort_by(|a, b| {
            deviation(b)
                .total_cmp(&deviation(a))
                .then(a.unit.cmp(&b.unit))
        });
        let permuted = |i: usize| {
            let mut order: Vec<usize> = (0..n).collect();
            let mut rng = rng(settings.seed, Stream::Permutation, i as u64);
            let (chosen, _) = order.partial_shuffle(&mut rng, sizes.0);
            let deviations = ranks.iter().map(|ranks| (auc(ranks, chosen) - 0.5).abs());
            deviations.fold(0.0, f64::max)
        };
        let permutations = (0..settings.permutations).into_par_iter();
        let mut largest: Vec<f64> = permutations.map(permuted).collect();
        largest.sort_by(f64::total_cmp);
        ClassSelectivity {
            class,
            n_class: sizes.0,
            units: found,
            chance_deviation: quantile(&largest, 0.95),
        }
    };
    Ok(Selectivity {
        classes: classes.into_iter().map(of_class).collect(),
        layer: units.layer().into(),
        n,
        settings: *settings,
    })
}

/// The classes that occur, in ascending order.
fn check(n: usize, labels: &[usize], settings: &SelectivitySettings) -> Result<Vec<usize>> {
    if labels.len() != n {
        return Err(Error::Usage(format!(
            "{} and {} do not fit together; each sample needs one label",
            counted(labels.len(), "label"),
            counted(n, "sample")
        )));
    }
    let mut classes = labels.to_vec();
    classes.sort_unstable();
    classes.dedup();
    if !(2..=MAXIMUM_CLASSES).contains(&classes.len()) {
        return Err(Error::Usage(format!(
            "the labels have {}; selectivity needs 2 to {} of them",
            counted(classes.len(), "different value"),
            thousands(MAXIMUM_CLASSES as u64)
        )));
    }
    let permutations = settings.permutations;
    if !(20..=MAXIMUM_PERMUTATIONS).contains(&permutations) {
        return Err(Error::Usage(format!(
            "{} of the labels cannot be used: a 95 % quantile needs between 20 and {}",
            counted(permutations, "permutation"),
            thousands(MAXIMUM_PERMUTATIONS as u64)
        )));
    }
    Ok(classes)
}

/// The ranks of the values from 1; equal values share the mean of their ranks.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&i, &j| values[i].total_cmp(&values[j]));
    let mut ranks = vec![0.0; values.len()];
    let mut first = 0;
    for group in order.chunk_by(|&i, &j| values[i] == values[j]) {
        let rank = first as f64 + (group.len() as f64 + 1.0) / 2.0;
        group.iter().for_each(|&i| ranks[i] = rank);
        first += group.len();
    }
    ranks
}

/// AUC of the members against the rest: their sum of ranks above the smallest possible one, divided by the number of
/// pairs.
fn auc(ranks: &[f64], members: &[usize]) -> f64 {
    let (n1, n) = (members.len() as f64, ranks.len() as f64);
    let sum: f64 = members.iter().map(|&i| ranks[i]).sum();
    (sum - n1 * (n1 + 1.0) / 2.0) / (n1 * (n - n1))
}

/// The θ with |auc − θ| ≤ 1.96 √V(θ), whose ends are found by bisection.
fn interval(auc: f64, n1: usize, n2: usize) -> (f64, f64) {
    let (n1, n2) = (n1 as f64, n2 as f64);
    let extra = (n1 + n2) / 2.0 - 1.0;
    let reach = |theta: f64| {
        let spread = 1.0 + extra * ((1.0 - theta) / (2.0 - theta) + theta / (1.0 + theta));
        Z * (theta * (1.0 - theta) * spread / (n1 * n2)).max(0.0).sqrt()
    };
    let end = |outermost: f64| {
        // `near` is inside the interval, `far` outside of it or its end.
        let (mut near, mut far) = (auc, outermost);
        for _ in 0..60 {
            let middle = 0.5 * (near + far);
            if (auc - middle).abs() <= reach(middle) {
                near = middle;
            } else {
                far = middle;
            }
        }
        near
    };
    (end(0.0), end(1.0))
}

impl fmt::Display for Selectivity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the most selective unit of layer {} for each class",
            self.layer
        )?;
        for class in &self.classes {
            if let Some(best) = class.units.first() {
                let (low, high) = best.interval;
                let is_beyond = (best.auc - 0.5).abs() > class.chance_deviation;
                write!(
                    f,
                    "\nclass {:<5} unit {:<6} AUC {:.3} (95 % interval {low:.3} to {high:.3}), {} the range of chance \
                     {:.3} to {:.3}",
                    class.class,
                    best.unit,
                    best.auc,
                    if is_beyond { "outside" } else { "inside" },
                    0.5 - class.chance_deviation,
                    0.5 + class.chance_deviation
                )?;
            }
        }
        let units = self.classes.first().map_or(0, |class| class.units.len());
        let sizes: Vec<f64> = self.classes.iter().map(|c| c.n_class as f64).collect();
        write!(
            f,
            "\n{}, {} ({:.0} per class on average); the range of chance has the most extreme of all units in 95 % of {} \
             of the labels; seed {}",
            counted(units, "unit"),
            counted(self.n, "sample"),
            mean(&sizes),
            counted(self.settings.permutations, "permutation"),
            self.settings.seed
        )
    }
}
