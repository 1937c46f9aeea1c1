//! Whether the directions of a method are more than chance: does the method find them again?
//!
//! A method is repeated with other latents or other seeds. For each direction v of the original run, the best match
//! among the k leading directions of a repetition is
//!
//! $$ s(v) = \max_{j \le k} \lvert v \cdot v'_j \rvert, $$
//!
//! and its stability is the median of s over the repetitions, with the interval from the 2.5 % to the 97.5 % quantile.
//! The chance value is the 95 % quantile of s when the v' are k perpendicular random directions. A direction is more than
//! chance if the lower end of its interval is above it. For a single random direction in d dimensions
//!
//! $$ (v \cdot v')^2 \sim \operatorname{Beta}\bigl(\tfrac12, \tfrac{d-1}{2}\bigr), \qquad
//!    \mathbb{E}(v \cdot v')^2 = \frac1d. $$
//!
//! If the directions are noise, and the repetitions have no sample in common with the original run, s is above the
//! chance value in 5 % of the repetitions on average. So at most 0.05/0.975 = 5.1 % of such directions are above it in
//! 97.5 % of the repetitions (Markov's inequality). In practice there are fewer: none of 200 principal components of
//! isotropic noise in 64 dimensions.
//!
//! This does not hold if the repetitions are bootstrap resamples of the samples of the original run. The largest
//! variations of one sample, which are noise, are those of its resamples as well: of the same 200 components (1,000
//! samples, k = 5), 62 were above the chance value. Such repetitions measure how much a result depends on single samples,
//! and no direction is called more than chance.
//!
//! Two directions with nearly equal strength may rotate into each other from one repetition to the next. Then neither of
//! them is stable, but their span is. So the principal angles between the spans of the k leading directions are measured
//! as well (Björck & Golub 1973).

use std::fmt;

use nalgebra::DMatrix;
use rand::Rng;
use serde::{Deserialize, Serialize};
use statrs::distribution::{Beta, ContinuousCDF};

use super::span::{latent_of, leading_span};
use crate::error::{Error, Result, counted, thousands};
use crate::info::resampling::quantile;
use crate::interpret::Directions;
use crate::interpret::linear::{columns, orthonormal_basis, principal_angles};
use crate::random::{Stream, rng, standard_normal};

/// Smallest number of repetitions: with fewer, the quantiles of the interval are the extremes of the repetitions.
const FEWEST_REPETITIONS: usize = 20;
/// Largest number of repetitions or of random spans.
const MOST_REPETITIONS: usize = 100_000;

/// The samples (latents, with what was computed from them) on which a method is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RepeatedOn {
    /// New samples in each repetition.
    #[default]
    NewSamples,
    /// [Resamples](crate::interpret::resample_rows) of samples that the original run did not use, such as the
    /// [other half](crate::interpret::halves).
    OtherHalf,
    /// Resamples of the samples of the original run, or these samples with another seed. No direction is called more
    /// than chance.
    SameSamples,
}

impl fmt::Display for RepeatedOn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RepeatedOn::NewSamples => "new samples",
            RepeatedOn::OtherHalf => "resamples of the other half of the samples",
            RepeatedOn::SameSamples => "resamples of the same samples",
        })
    }
}

/// How the stability of directions is measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StabilitySettings {
    /// The samples that the caller's closure uses in a repetition.
    pub repeated_on: RepeatedOn,
    /// Number of repetitions of the method, at least 20.
    pub repetitions: usize,
    /// Number of random spans from which the chance values are computed, at least 20.
    pub random_spans: usize,
    /// Random seed, from which the seeds of the repetitions and the random spans are drawn.
    pub seed: u64,
}

impl Default for StabilitySettings {
    fn default() -> Self {
        StabilitySettings {
            repeated_on: RepeatedOn::NewSamples,
            repetitions: 200,
            random_spans: 1000,
            seed: 1,
        }
    }
}

/// The distribution of a quantity over the repetitions.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// Median over the repetitions.
    pub median: f64,
    /// Lower end of the interval that holds 95 % of the repetitions: the 2.5 % quantile.
    pub low: f64,
    /// Upper end of that interval: the 97.5 % quantile.
    pub high: f64,
}

impl Spread {
    /// The quantiles of at least one value.
    fn of(mut values: Vec<f64>) -> Spread {
        values.sort_by(f64::total_cmp);
        Spread {
            median: quantile(&values, 0.5),
            low: quantile(&values, 0.025),
            high: quantile(&values, 0.975),
        }
    }
}

/// How well one direction is found again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DirectionStability {
    /// Name of the direction.
    pub name: String,
    /// |cos| of the angle to the best match in each repetition, 0 to 1.
    pub cosine: Spread,
    /// Whether the lower end of the interval is above the chance value; `None` if the repetitions used the same samples
    /// as the original run.
    pub more_than_chance: Option<bool>,
}

/// How well the leading directions of a method are found again in repetitions of the method.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stability {
    /// Name of the method.
    pub method: String,
    /// How the directions of the original run were found.
    pub protocol: String,
    /// Number of latent variables d.
    pub latent: usize,
    /// Number of leading directions k.
    pub k: usize,
    /// The k leading directions of the original run.
    pub directions: Vec<DirectionStability>,
    /// 95 % quantile of the |cos| of the best match if the directions of a repetition were random.
    pub chance_cosine: f64,
    /// Largest principal angle between the spans of the k leading directions, in degrees.
    pub largest_angle: Spread,
    /// Mean of these principal angles, in degrees.
    pub mean_angle: Spread,
    /// 5 % quantile of the largest principal angle to a random span, in degrees.
    pub chance_largest_angle: f64,
    /// 5 % quantile of the mean principal angle to a random span, in degrees.
    pub chance_mean_angle: f64,
    /// The samples on which the method was repeated.
    pub repeated_on: RepeatedOn,
    /// Number of repetitions.
    pub repetitions: usize,
    /// Number of random spans from which the chance values were computed.
    pub random_spans: usize,
    /// Random seed.
    pub seed: u64,
}

impl fmt::Display for Stability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let directions = counted(self.k, "leading direction");
        let repetitions = counted(self.repetitions, "repetition");
        let (method, samples) = (&self.method, self.repeated_on);
        if self.repeated_on == RepeatedOn::SameSamples {
            write!(
                f,
                "{directions} by {method}, found again in {repetitions} on {samples}; whether they are more than chance \
                 needs other samples"
            )?;
        } else {
            let found = self.directions.iter();
            let found = found.filter(|d| d.more_than_chance == Some(true)).count();
            write!(
                f,
                "{found} of {directions} by {method} more than chance: |cos| to the best match above {:.3} in 97.5 % of \
                 {repetitions} on {samples}",
                self.chance_cosine
            )?;
        }
        for direction in &self.directions {
            let Spread { median, low, high } = direction.cosine;
            let name = &direction.name;
            write!(f, "\n{name:<16} |cos| {median:.3} [{low:.3}, {high:.3}]")?;
            if direction.more_than_chance == Some(false) {
                f.write_str(", not more than chance")?;
            }
        }
        for (name, angle, chance) in [
            (
                "largest angle",
                &self.largest_angle,
                self.chance_largest_angle,
            ),
            ("mean angle", &self.mean_angle, self.chance_mean_angle),
        ] {
            write!(
                f,
                "\n{name:<16} {:.1}° [{:.1}°, {:.1}°] between the spans; below {chance:.1}° for 5 % of random spans",
                angle.median, angle.low, angle.high
            )?;
        }
        Ok(())
    }
}

/// Measures how well the `k` leading directions of `original` are found again by `find(seed)`, which repeats the method.
///
/// `find` draws its latents, or resamples of them, as a function of the seed that it gets, and uses this seed wherever the
/// method needs one. `settings.repeated_on` must say which samples these are, because the chance value is valid only for
/// samples that the original run did not use. A direction that a repetition does not find has the |cos| 0 there, and a
/// dimension that is missing in its span an angle of 90°.
///
/// ```
/// use ganscope::interpret::{PrincipalSettings, StabilitySettings, ganspace_of_activations, stability};
/// use ganscope::random::{Stream, standard_normal};
/// // The first of five latent variables varies three times as much as the others, which are noise.
/// let find = |seed| {
///     let mut z = standard_normal(seed, Stream::Exploration, 0, 500 * 5);
///     z.iter_mut().step_by(5).for_each(|z| *z *= 3.0);
///     Ok(ganspace_of_activations(&z, &z, 5, &PrincipalSettings::default())?.directions)
/// };
/// let found = stability(&find(1)?, 2, find, &StabilitySettings::default())?;
/// assert_eq!(found.directions[0].more_than_chance, Some(true));
/// assert_eq!(found.directions[1].more_than_chance, Some(false));
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] for a k of 0 or more than the original directions, for fewer than 20 repetitions or random spans or
/// more than 100,000, and for directions of different lengths; the errors of `find`.
pub fn stability(
    original: &Directions,
    k: usize,
    find: impl Fn(u64) -> Result<Directions>,
    settings: &StabilitySettings,
) -> Result<Stability> {
    for (given, noun) in [
        (settings.repetitions, "repetition"),
        (settings.random_spans, "random span"),
    ] {
        if !(FEWEST_REPETITIONS..=MOST_REPETITIONS).contains(&given) {
            return Err(Error::Usage(format!(
                "{given} {noun}s: use at least {FEWEST_REPETITIONS}, or the quantiles mean nothing, and at most {}",
                thousands(MOST_REPETITIONS as u64)
            )));
        }
    }
    let latent = latent_of(original)?;
    let span = leading_span(original, k)?;
    let mut cosines = vec![Vec::with_capacity(settings.repetitions); k];
    let (mut largest, mut mean) = (Vec::new(), Vec::new());
    for step in 0..settings.repetitions as u64 {
        let seed = rng(settings.seed, Stream::Bootstrap, step).next_u64();
        let mut repeated = find(seed)?;
        repeated.all.truncate(k);
        if repeated.all.iter().any(|d| d.vector.len() != latent) {
            return Err(Error::Usage(format!(
                "a repetition of {} found directions of another length than {latent}; it must examine the same latent \
                 space",
                original.method
            )));
        }
        for (direction, cosines) in original.all.iter().zip(&mut cosines) {
            let matches = repeated.all.iter().map(|other| direction.similarity(other));
            cosines.push(matches.fold(0.0, f64::max).min(1.0));
        }
        let vectors = columns(repeated.all.iter().map(|d| &d.vector), latent);
        let angles = all_angles(&span, &orthonormal_basis(&vectors))?;
        largest.push(angles.0);
        mean.push(angles.1);
    }
    let chance = Chance::of(latent, k, span.ncols(), settings)?;
    let is_independent = settings.repeated_on != RepeatedOn::SameSamples;
    let directions = original
        .all
        .iter()
        .zip(cosines)
        .map(|(direction, cosines)| {
            let cosine = Spread::of(cosines);
            DirectionStability {
                name: direction.name.clone(),
                cosine,
                more_than_chance: is_independent.then_some(cosine.low > chance.cosine),
            }
        });
    Ok(Stability {
        method: original.method.clone(),
        protocol: original.protocol.clone(),
        latent,
        k,
        directions: directions.collect(),
        chance_cosine: chance.cosine,
        largest_angle: Spread::of(largest),
        mean_angle: Spread::of(mean),
        chance_largest_angle: chance.largest_angle,
        chance_mean_angle: chance.mean_angle,
        repeated_on: settings.repeated_on,
        repetitions: settings.repetitions,
        random_spans: settings.random_spans,
        seed: settings.seed,
    })
}

/// The largest and the mean principal angle in degrees, where a missing dimension counts as 90°.
fn all_angles(span: &DMatrix<f64>, other: &DMatrix<f64>) -> Result<(f64, f64)> {
    let mut angles = principal_angles(span, other)?;
    angles.resize(span.ncols(), std::f64::consts::FRAC_PI_2);
    let largest = angles.iter().copied().fold(0.0, f64::max);
    let mean = angles.iter().sum::<f64>() / angles.len() as f64;
    Ok((largest.to_degrees(), mean.to_degrees()))
}

/// What random directions give.
struct Chance {
    cosine: f64,
    largest_angle: f64,
    mean_angle: f64,
}

impl Chance {
    /// The chance values for `k` directions with a span of `rank` dimensions.
    fn of(latent: usize, k: usize, rank: usize, settings: &StabilitySettings) -> Result<Chance> {
        // By symmetry, k fixed perpendicular directions and a random one serve as well: the axes.
        let k = k.min(latent);
        let axes = DMatrix::identity(latent, rank);
        let (mut cosines, mut largest, mut mean) = (Vec::new(), Vec::new(), Vec::new());
        for step in 0..settings.random_spans as u64 {
            let numbers = latent * (rank + 1);
            let noise = standard_normal(settings.seed, Stream::RandomDirection, step, numbers);
            let noise: Vec<f64> = noise.into_iter().map(f64::from).collect();
            let (one, span) = noise.split_at(latent);
            let norm = one.iter().map(|v| v * v).sum::<f64>().sqrt();
            cosines.push(one[..k].iter().fold(0.0, |a: f64, v| a.max(v.abs())) / norm);
            let span = orthonormal_basis(&DMatrix::from_column_slice(latent, rank, span));
            let angles = all_angles(&axes, &span)?;
            largest.push(angles.0);
            mean.push(angles.1);
        }
        for values in [&mut cosines, &mut largest, &mut mean] {
            values.sort_by(f64::total_cmp);
        }
        Ok(Chance {
            cosine: quantile(&cosines, 0.95),
            largest_angle: quantile(&largest, 0.05),
            mean_angle: quantile(&mean, 0.05),
        })
    }
}

/// Returns the quantile `p` of |cos| of the angle between two random directions in `latent` dimensions, from
/// cos² ~ Beta(½, (latent − 1)/2).
///
/// ```
/// use ganscope::interpret::random_cosine_quantile;
/// // In three dimensions |cos| is uniform (Archimedes); in two the angle is.
/// assert!((random_cosine_quantile(3, 0.95)? - 0.95).abs() < 1e-6);
/// assert!((random_cosine_quantile(2, 0.5)? - 0.5f64.sqrt()).abs() < 1e-6);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] for no latent variable, and for a p outside (0, 1).
pub fn random_cosine_quantile(latent: usize, p: f64) -> Result<f64> {
    if latent == 0 || !(p > 0.0 && p < 1.0) {
        return Err(Error::Usage(format!(
            "the quantile {p} of the |cos| in {latent} dimensions does not exist; use a quantile between 0 and 1 and at \
             least one dimension"
        )));
    }
    if latent == 1 {
        return Ok(1.0);
    }
    let beta = Beta::new(0.5, 0.5 * (latent - 1) as f64);
    let beta = beta.map_err(|e| Error::Usage(format!("{latent} dimensions: {e}")))?;
    // The distribution function is monotonic, so bisection finds the quantile to the last bits.
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let middle: f64 = 0.5 * (low + high);
        if beta.cdf(middle * middle) < p {
            low = middle;
        } else {
            high = middle;
        }
    }
    Ok(0.5 * (low + high))
}
