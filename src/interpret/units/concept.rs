//! Which units are active where a concept is in the image (GAN Dissection, Bau et al. 2019).
//!
//! Let r↑ᵤ be the activation of unit u, upsampled bilinearly to the resolution of the masks s of a concept. Over all
//! pixels of all samples,
//!
//! $$ \mathrm{IoU}_u = \frac{\#\{r^\uparrow_u > t_u \wedge s\}}{\#\{r^\uparrow_u > t_u \vee s\}} $$
//!
//! It is 1 if the unit is active exactly where the concept is. The threshold t_u is fitted, or a quantile of the unit's
//! own upsampled activations ([`ThresholdRule`]). As in the paper, a fitted threshold is measured on other samples than
//! those it was fitted to; the paper maximises an information ratio, where this maximises the IoU.
//!
//! **Chance.** The masks are assigned to the samples at random. What remains of the IoU is due to where the unit is active
//! and where the concept usually is, not to whether it is there.

use std::fmt;

use rand::seq::SliceRandom;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::layer::Units;
use super::threshold::{ThresholdRule, best_threshold, top_fraction};
use super::upsample::Upsample;
use crate::error::{Error, Result, counted, counted_are, thousands};
use crate::interpret::intervals::{bootstrap, check_resamples};
use crate::random::{Stream, rng};

/// Largest number of activations that are kept for one group of units: 128 MB.
const MAXIMUM_ACTIVATIONS: usize = 1 << 25;

/// Largest number of pixels of all masks.
const MAXIMUM_PIXELS: usize = 1 << 24;

/// Largest number of pixels that are compared at the same time in different threads: about 100 MB.
const PIXELS_IN_PARALLEL: usize = 1 << 23;

/// Largest number of random assignments of masks to samples.
const MAXIMUM_SHUFFLES: usize = 1000;

/// The pixels of each generated image in which a concept is present.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConceptMasks {
    /// Name of the concept, such as `horizontal stroke`.
    pub name: String,
    /// Height of a mask in pixels.
    pub height: usize,
    /// Width of a mask in pixels.
    pub width: usize,
    /// Whether the concept is present, row-major [n, height, width].
    pub present: Vec<bool>,
}

/// Settings of [`concept_units`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ConceptSettings {
    /// How the thresholds are chosen; default fitted.
    pub threshold: ThresholdRule,
    /// Number of random assignments of masks to samples for the IoU by chance; default 10.
    pub shuffles: usize,
    /// Number of bootstrap resamples for the intervals; default 200.
    pub resamples: usize,
    /// Random seed of the halves, the assignments and the resamples; default 1.
    pub seed: u64,
}

impl Default for ConceptSettings {
    fn default() -> Self {
        ConceptSettings {
            threshold: ThresholdRule::Fitted,
            shuffles: 10,
            resamples: 200,
            seed: 1,
        }
    }
}

/// How well one unit matches a concept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConceptUnit {
    /// Index of the unit in its layer.
    pub unit: usize,
    /// Intersection over union with the masks, 0 to 1.
    pub iou: f64,
    /// Interval of 95 % for the IoU, by the bootstrap over the samples. It does not contain the variation of the threshold,
    /// and has length 0 if the unit matches the concept exactly in every sample.
    pub interval: (f64, f64),
    /// The IoU by chance: the mean over random assignments of the masks to the samples.
    pub chance_iou: f64,
    /// Threshold t of the activation.
    pub threshold: f64,
    /// Fraction of the pixels whose activation exceeds t.
    pub active: f64,
}

/// The units of a layer in the order of their IoU with a concept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConceptUnits {
    /// Name of the concept.
    pub concept: String,
    /// Index and description of the layer.
    pub layer: String,
    /// The units, the one with the largest IoU first.
    pub units: Vec<ConceptUnit>,
    /// Fraction of the pixels in which the concept is present, among the samples on which the IoU is measured.
    pub present: f64,
    /// Number of samples to which thresholds were fitted; 0 for a top fraction.
    pub n_fitted: usize,
    /// Number of samples on which the IoU is measured.
    pub n_measured: usize,
    /// Height and width of the activations, and of the masks, in pixels.
    pub resolutions: [(usize, usize); 2],
    /// Rule of the threshold, shuffles, resamples and seed.
    pub settings: ConceptSettings,
}

/// Measures how well each unit matches a concept, for the images of `z` [n, latent] with one mask each.
///
/// ```
/// use ganscope::nn::{Network, NetworkSpec};
/// use ganscope::random::{Stream, standard_normal};
/// use ganscope::interpret::{ConceptMasks, ConceptSettings, Units, concept_units};
/// let spec: NetworkSpec = serde_json::from_str(r#"{
///     "input": { "kind": "vector", "len": 2 },
///     "layers": [{ "type": "dense", "in": 2, "out": 8, "bias": false },
///                { "type": "reshape", "channels": 2, "height": 2, "width": 2 }]
/// }"#)?;
/// let mut g = Network::new("generator", &spec, 1, Stream::GeneratorInit)?;
/// // Unit 0 is constant; unit 1 has z₂ in its top-left pixel.
/// g.parameters_mut()[0].1.update(|w| { w.fill(0.0); w[9] = 1.0; });
/// let z = standard_normal(1, Stream::Exploration, 0, 2 * 100);
/// // The concept: the top-left pixel is bright.
/// let present = z.chunks_exact(2).flat_map(|z| [z[1] > 0.5, false, false, false]).collect();
/// let masks = ConceptMasks { name: "bright corner".into(), height: 2, width: 2, present };
/// let found = concept_units(&Units::new(&g, 2)?, &z, &masks, &ConceptSettings::default())?;
/// assert_eq!(found.units[0].unit, 1);
/// assert!(found.units[0].iou > 0.9);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] for fewer than 4 samples, masks of another number or of a lower resolution than the activations, a
/// concept that is in no mask, and settings out of range; [`Error::Device`].
pub fn concept_units(
    units: &Units,
    z: &[f32],
    masks: &ConceptMasks,
    settings: &ConceptSettings,
) -> Result<ConceptUnits> {
    let n = units.samples(z)?;
    check(units, n, masks, settings)?;
    let mut order: Vec<usize> = (0..n).collect();
    let (fitted, measured) = match settings.threshold {
        ThresholdRule::TopFraction(_) => order.split_at(0),
        ThresholdRule::Fitted => {
            order.shuffle(&mut rng(settings.seed, Stream::Split, 0));
            let (fitted, measured) = order.split_at_mut(n / 2);
            // In the order of the samples, so that memory is read in order.
            fitted.sort_unstable();
            measured.sort_unstable();
            (&*fitted, &*measured)
        }
    };
    let concept = Concept::new(masks, fitted, measured, settings)?;
    let pixels = units.pixels();
    // All activations of a unit must be known to choose its threshold, so units are processed in groups that fit into
    // memory; most layers are one group.
    let group = (MAXIMUM_ACTIVATIONS / (n * pixels)).clamp(1, units.count());
    let upsample = Upsample::new(units.resolution(), (masks.height, masks.width));
    let mut found: Vec<ConceptUnit> = Vec::with_capacity(units.count());
    for first in (0..units.count()).step_by(group) {
        let range = first..units.count().min(first + group);
        let mut activations = vec![Vec::with_capacity(n * pixels); range.len()];
        units.for_each_block(z, |_, block| {
            for of_sample in block.chunks_exact(units.count() * pixels) {
                for (unit, kept) in range.clone().zip(&mut activations) {
                    kept.extend_from_slice(&of_sample[unit * pixels..][..pixels]);
                }
            }
            Ok(())
        })?;
        let of_unit = |(unit, activations): (usize, &Vec<f32>)| {
            concept.measure(unit, activations, &upsample, settings)
        };
        let numbered: Vec<_> = range.zip(&activations).collect();
        for numbered in numbered.chunks((PIXELS_IN_PARALLEL / masks.present.len()).max(1)) {
            found.par_extend(numbered.par_iter().copied().map(of_unit));
        }
    }
    found.sort_by(|a, b| b.iou.total_cmp(&a.iou).then(a.unit.cmp(&b.unit)));
    Ok(ConceptUnits {
        concept: masks.name.clone(),
        layer: units.layer().into(),
        units: found,
        present: concept.present(),
        n_fitted: fitted.len(),
        n_measured: measured.len(),
        resolutions: [units.resolution(), (masks.height, masks.width)],
        settings: *settings,
    })
}

fn check(units: &Units, n: usize, masks: &ConceptMasks, settings: &ConceptSettings) -> Result<()> {
    let refuse = |problem: String| Err(Error::Usage(problem));
    if n < 4 {
        return refuse(format!(
            "{} too few to compare units with a concept: use at least 4",
            counted_are(n, "sample")
        ));
    }
    let (height, width) = units.resolution();
    if masks.height < height || masks.width < width {
        return refuse(format!(
            "the masks have {}×{} pixels, but the activations of layer {} have {height}×{width}; the masks must have at \
             least as many",
            masks.height,
            masks.width,
            units.layer()
        ));
    }
    let expected = n
        .checked_mul(masks.height)
        .and_then(|p| p.checked_mul(masks.width));
    if expected != Some(masks.present.len()) {
        return refuse(format!(
            "{} for {} do not make one mask of {}×{} pixels for each sample",
            counted(masks.present.len(), "pixel"),
            counted(n, "sample"),
            masks.height,
            masks.width
        ));
    }
    if masks.present.len() > MAXIMUM_PIXELS {
        return refuse(format!(
            "masks of {} in total take too much memory; use at most {}",
            counted(masks.present.len(), "pixel"),
            counted(MAXIMUM_PIXELS / (masks.height * masks.width), "mask")
        ));
    }
    if let ThresholdRule::TopFraction(fraction) = settings.threshold
        && !(fraction > 0.0 && fraction < 1.0)
    {
        return refuse(format!(
            "the top fraction of activations must be above 0 and below 1, not {fraction}"
        ));
    }
    if !(1..=MAXIMUM_SHUFFLES).contains(&settings.shuffles) {
        return refuse(format!(
            "shuffles, the number of random assignments of masks, must be between 1 and {MAXIMUM_SHUFFLES}, not {}",
            settings.shuffles
        ));
    }
    check_resamples(settings.resamples)
}

/// The masks of the samples to which thresholds are fitted, and of those on which the IoU is measured.
struct Concept<'a> {
    masks: &'a ConceptMasks,
    fitted: &'a [usize],
    measured: &'a [usize],
    /// The mask of each measured sample as bits.
    bits: Vec<Vec<u64>>,
    /// Random orders of the measured samples.
    shuffled: Vec<Vec<usize>>,
}

impl<'a> Concept<'a> {
    fn new(
        masks: &'a ConceptMasks,
        fitted: &'a [usize],
        measured: &'a [usize],
        settings: &ConceptSettings,
    ) -> Result<Self> {
        let pixels = masks.height * masks.width;
        let of_sample = |sample: usize| &masks.present[sample * pixels..][..pixels];
        let occurs = |samples: &[usize]| samples.iter().any(|&s| of_sample(s).contains(&true));
        for samples in [fitted, measured] {
            if !samples.is_empty() && !occurs(samples) {
                return Err(Error::Usage(format!(
                    "the concept \"{}\" is in none of {}, so no unit can be compared with it; use more samples or \
                     another concept",
                    masks.name,
                    counted(samples.len(), "mask")
                )));
            }
        }
        let shuffle = |i: usize| {
            let mut order: Vec<usize> = (0..measured.len()).collect();
            order.shuffle(&mut rng(settings.seed, Stream::Permutation, i as u64));
            order
        };
        Ok(Concept {
            masks,
            fitted,
            measured,
            bits: measured
                .iter()
                .map(|&s| bits(of_sample(s).iter().copied()))
                .collect(),
            shuffled: (0..settings.shuffles).map(shuffle).collect(),
        })
    }

    /// Fraction of the pixels in which the concept is present.
    fn present(&self) -> f64 {
        let count: u32 = self
            .bits
            .iter()
            .flatten()
            .map(|word| word.count_ones())
            .sum();
        f64::from(count) / (self.measured.len() * self.masks.height * self.masks.width) as f64
    }

    /// Compares the activations [n, height, width] of a unit with the concept.
    fn measure(
        &self,
        unit: usize,
        activations: &[f32],
        upsample: &Upsample,
        settings: &ConceptSettings,
    ) -> ConceptUnit {
        let n = self.fitted.len() + self.measured.len();
        let low = activations.len() / n;
        let upsampled = |samples: &[usize]| {
            let mut values = Vec::with_capacity(samples.len() * upsample.pixels());
            for &sample in samples {
                upsample.append(&activations[sample * low..][..low], &mut values);
            }
            values
        };
        let values = upsampled(self.measured);
        let threshold = match settings.threshold {
            ThresholdRule::TopFraction(fraction) => top_fraction(&values, fraction),
            ThresholdRule::Fitted => {
                let pixels = self.masks.height * self.masks.width;
                let masks = self
                    .fitted
                    .iter()
                    .map(|s| &self.masks.present[s * pixels..][..pixels]);
                let present = masks.flatten().copied();
                best_threshold(&upsampled(self.fitted), present)
            }
        };
        let of_samples = values.chunks_exact(upsample.pixels());
        let active: Vec<Vec<u64>> = of_samples
            .map(|values| bits(values.iter().map(|v| *v > threshold)))
            .collect();
        // Intersection and union of each sample.
        let counts = |order: &[usize]| -> Vec<(f64, f64)> {
            let pairs = active.iter().zip(order).map(|(a, &i)| (a, &self.bits[i]));
            pairs
                .map(|(a, s)| (count(a, s, |a, s| a & s), count(a, s, |a, s| a | s)))
                .collect()
        };
        let all: Vec<usize> = (0..active.len()).collect();
        let paired = counts(&all);
        let chance: f64 = (self.shuffled.iter())
            .map(|order| ratio(counts(order).into_iter()))
            .sum();
        let intervals = bootstrap(active.len(), settings.resamples, settings.seed, |drawn| {
            vec![ratio(drawn.iter().map(|&i| paired[i]))]
        });
        let active = values.iter().filter(|v| **v > threshold).count();
        ConceptUnit {
            unit,
            iou: ratio(paired.iter().copied()),
            interval: intervals[0],
            chance_iou: chance / self.shuffled.len() as f64,
            threshold: f64::from(threshold),
            active: active as f64 / values.len() as f64,
        }
    }
}

/// The flags as bits, 64 in a word.
fn bits(flags: impl Iterator<Item = bool>) -> Vec<u64> {
    let mut words = Vec::new();
    for (i, flag) in flags.enumerate() {
        if i % 64 == 0 {
            words.push(0);
        }
        words[i / 64] |= u64::from(flag) << (i % 64);
    }
    words
}

/// Number of bits that are set in the combination of two masks.
fn count(a: &[u64], b: &[u64], combine: impl Fn(u64, u64) -> u64) -> f64 {
    let ones = a.iter().zip(b).map(|(a, b)| combine(*a, *b).count_ones());
    f64::from(ones.sum::<u32>())
}

/// The sum of the intersections divided by the sum of the unions; 0 if all unions are empty.
fn ratio(counts: impl Iterator<Item = (f64, f64)>) -> f64 {
    let (intersection, union) = counts.fold((0.0, 0.0), |sum, c| (sum.0 + c.0, sum.1 + c.1));
    if union > 0.0 {
        intersection / union
    } else {
        0.0
    }
}

impl fmt::Display for ConceptUnits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "units of layer {} for \"{}\"", self.layer, self.concept)?;
        for unit in self.units.iter().take(5) {
            let (low, high) = unit.interval;
            write!(
                f,
                "\nunit {:<6} IoU {:.3} (95 % interval {low:.3} to {high:.3}; by chance {:.3})",
                unit.unit, unit.iou, unit.chance_iou
            )?;
        }
        let rule = match self.settings.threshold {
            ThresholdRule::Fitted => format!(
                "thresholds fitted to {} others",
                thousands(self.n_fitted as u64)
            ),
            ThresholdRule::TopFraction(fraction) => {
                format!(
                    "thresholds exceeded by {:.1} % of the activations",
                    100.0 * fraction
                )
            }
        };
        let [(h, w), (height, width)] = self.resolutions;
        write!(
            f,
            "\n{} of {h}×{w} pixels, masks of {height}×{width}; the concept is in {:.1} % of the pixels; {}, {rule}; seed {}",
            counted(self.units.len(), "unit"),
            100.0 * self.present,
            counted(self.n_measured, "sample"),
            self.settings.seed
        )
    }
}
