//! What a direction changes.
//!
//! For n latents z and positions α along a direction v, quantities q are measured on G(z + αv). What the direction
//! changes is the mutual information between the position and the quantity, in bits:
//!
//! $$ I(\alpha; q) = H(q) - H(q \mid \alpha), \qquad \alpha \text{ uniform over the positions} $$
//!
//! It is 0 for a direction that leaves q as it is, and at most log₂ of the number of positions. Counts estimate it, with
//! the correction of Miller and Madow; numbers are put into bins that are equally frequent at α = 0. The interval is a
//! percentile interval of the bootstrap over the latents: all positions of a latent are drawn together.
//!
//! Any direction changes something. So the same is measured for random directions, and only what exceeds the largest
//! information of the random directions is more than chance.

use std::fmt;

use rand::RngExt;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::quantity::{Meter, Quantity, Values};
use crate::error::{Error, Result, counted, short, thousands};
use crate::info::Bits;
use crate::info::discrete::{Estimator, Symbols, mutual_information};
use crate::info::resampling::quantile;
use crate::interpret::Direction;
use crate::interpret::inference::infer_all;
use crate::nn::Network;
use crate::random::{Stream, rng, standard_normal};

/// Where and how often the effect of a direction is measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EffectSettings {
    /// Positions α along the direction; one of them must be 0.
    pub positions: Vec<f64>,
    /// Number of bins of a quantity that is a number.
    pub bins: usize,
    /// Number of bootstrap replicates.
    pub replicates: usize,
    /// Number of random directions for comparison.
    pub random_directions: usize,
    /// Random seed.
    pub seed: u64,
}

impl Default for EffectSettings {
    fn default() -> Self {
        EffectSettings {
            positions: vec![-3.0, -1.5, 0.0, 1.5, 3.0],
            bins: 8,
            replicates: 200,
            random_directions: 16,
            seed: 1,
        }
    }
}

/// What one direction changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// Name of the direction.
    pub direction: String,
    /// The effect on each quantity, in the order of the meters.
    pub on: Vec<QuantityEffect>,
}

/// What a direction changes in one quantity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QuantityEffect {
    /// Name of the quantity.
    pub quantity: String,
    /// Unit of [`curve`](Self::curve).
    pub unit: String,
    /// At each position: the mean of a number, or the fraction of samples whose level differs from that at α = 0.
    pub curve: Vec<f64>,
    /// I(α; q).
    pub information: Bits,
    /// 95 % interval of the information.
    pub interval: (Bits, Bits),
    /// Largest information of the random directions.
    pub chance: Bits,
    /// Whether even the lower end of the interval is above chance.
    pub more_than_chance: bool,
}

/// The effects of several directions of one generator, with their protocol.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Effects {
    /// Number of latents.
    pub n: usize,
    /// Settings of the measurement.
    pub settings: EffectSettings,
    /// The effect of each direction.
    pub directions: Vec<Effect>,
}

/// The values of one quantity as symbols, [positions, n], with its curve.
struct Measured {
    name: String,
    unit: String,
    curve: Vec<f64>,
    symbols: Vec<u32>,
}

impl Effects {
    /// Measures what the `directions` of `g` change in the quantities of `meter`, starting from latents
    /// `z` [n, latent].
    ///
    /// ```
    /// use ganscope::interpret::{Direction, EffectSettings, Effects, Meter, Quantity};
    /// use ganscope::nn::{Network, NetworkSpec};
    /// use ganscope::random::{Stream, standard_normal};
    /// let spec: NetworkSpec = serde_json::from_str(r#"{
    ///     "input": { "kind": "vector", "len": 2 },
    ///     "layers": [{ "type": "dense", "in": 2, "out": 2, "bias": false }]
    /// }"#)?;
    /// let mut g = Network::new("generator", &spec, 1, Stream::GeneratorInit)?;
    /// g.parameters_mut()[0].1.update(|w| w.copy_from_slice(&[1.0, 0.0, 0.0, 1.0]));
    ///
    /// /// The sign of the first coordinate of a point.
    /// struct Side;
    /// impl Meter for Side {
    ///     fn measure(&self, samples: &[f32]) -> ganscope::Result<Vec<Quantity>> {
    ///         let side = samples.chunks(2).map(|x| usize::from(x[0] > 0.0)).collect();
    ///         Ok(vec![Quantity::levels("side", side, 2)])
    ///     }
    /// }
    /// let directions = [
    ///     Direction::new("across", vec![1.0, 0.0], 1.0)?,
    ///     Direction::new("along", vec![0.0, 1.0], 1.0)?,
    /// ];
    /// let z = standard_normal(1, Stream::Exploration, 0, 500 * 2);
    /// let effects = Effects::measure(&g, &directions, &z, &Side, &EffectSettings::default())?;
    /// let [across, along] = &effects.directions[..] else { unreachable!() };
    /// // At α = ±3 the side is nearly certain, at 0 it is open: I ≈ 1 − (1 + 2 · 0.35)/5 bits.
    /// assert!((across.on[0].information.0 - 0.65).abs() < 0.05);
    /// assert!(along.on[0].information.0.abs() < 0.01 && !along.on[0].more_than_chance);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Usage`] for settings that cannot be used, for latents that are not rows of G's input, and for directions
    /// of another length; those of the meter.
    pub fn measure(
        g: &Network,
        directions: &[Direction],
        z: &[f32],
        meter: &dyn Meter,
        settings: &EffectSettings,
    ) -> Result<Effects> {
        let latent = g.spec().input.numel();
        let n = check(directions, z, latent, settings)?;
        let start = meter.measure(&infer_all(g, z)?)?;
        let cuts: Vec<Vec<f64>> = start.iter().map(|q| cuts(q, settings.bins)).collect();
        let along = |direction: &Direction| -> Result<Vec<Measured>> {
            let mut at_positions = Vec::new();
            for &alpha in &settings.positions {
                at_positions.push(if alpha == 0.0 {
                    start.clone()
                } else {
                    meter.measure(&infer_all(g, &direction.walk(z, alpha))?)?
                });
            }
            let quantities = start.iter().zip(&cuts).enumerate();
            Ok(quantities
                .map(|(place, (at_zero, cuts))| {
                    let column: Vec<&Quantity> = at_positions.iter().map(|q| &q[place]).collect();
                    Measured::new(at_zero, &column, cuts)
                })
                .collect())
        };
        let mut chance = vec![Bits(0.0); start.len()];
        for k in 0..settings.random_directions {
            let v = standard_normal(settings.seed, Stream::RandomDirection, k as u64, latent);
            let v = v.into_iter().map(f64::from).collect();
            for (chance, measured) in chance
                .iter_mut()
                .zip(along(&Direction::new("random", v, 0.0)?)?)
            {
                chance.0 = measured.information(None, n)?.0.max(chance.0);
            }
        }
        let mut effects = Vec::new();
        for direction in directions {
            let measured = along(direction)?;
            let on = measured.into_iter().zip(&chance);
            let on = on.map(|(measured, &chance)| measured.effect(n, chance, settings));
            effects.push(Effect {
                direction: direction.name.clone(),
                on: on.collect::<Result<Vec<_>>>()?,
            });
        }
        Ok(Effects {
            n,
            settings: settings.clone(),
            directions: effects,
        })
    }
}

impl Effect {
    /// The quantity that the direction changes most among those that it changes more than chance.
    pub fn strongest(&self) -> Option<&QuantityEffect> {
        let real = self.on.iter().filter(|on| on.more_than_chance);
        real.max_by(|a, b| a.information.0.total_cmp(&b.information.0))
    }

    /// The largest information about another quantity than the strongest one, relative to that: 0 for a direction that
    /// changes a single quantity, 1 for one that changes two of them equally.
    pub fn leakage(&self) -> Option<f64> {
        let strongest = self.strongest()?;
        let others = self
            .on
            .iter()
            .filter(|on| on.quantity != strongest.quantity);
        let most = others.map(|on| on.information.0).fold(0.0, f64::max);
        Some(most / strongest.information.0)
    }
}

impl Measured {
    fn new(at_zero: &Quantity, at_positions: &[&Quantity], cuts: &[f64]) -> Self {
        let mut symbols = Vec::new();
        let mut curve = Vec::new();
        let mut unit = String::new();
        for quantity in at_positions {
            match (&quantity.values, &at_zero.values) {
                (Values::Numbers { numbers, unit: of }, _) => {
                    unit.clone_from(of);
                    curve.push(numbers.iter().sum::<f64>() / numbers.len() as f64);
                    let bin = |v: &f64| cuts.partition_point(|cut| cut < v) as u32;
                    symbols.extend(numbers.iter().map(bin));
                }
                (Values::Levels { levels, .. }, Values::Levels { levels: before, .. }) => {
                    unit = "fraction changed".into();
                    let changed = levels
                        .iter()
                        .zip(before)
                        .filter(|(now, before)| now != before);
                    curve.push(changed.count() as f64 / levels.len() as f64);
                    symbols.extend(levels.iter().map(|level| *level as u32));
                }
                // A meter measures the same quantities for all samples.
                (Values::Levels { .. }, Values::Numbers { .. }) => {}
            }
        }
        Measured {
            name: at_zero.name.clone(),
            unit,
            curve,
            symbols,
        }
    }

    /// I(α; q) of the latents with the numbers `drawn`, or of all n.
    fn information(&self, drawn: Option<&[usize]>, n: usize) -> Result<Bits> {
        let mut positions = Vec::with_capacity(self.symbols.len());
        let mut values = Vec::with_capacity(self.symbols.len());
        for (position, at) in self.symbols.chunks_exact(n).enumerate() {
            match drawn {
                Some(drawn) => values.extend(drawn.iter().map(|&i| at[i])),
                None => values.extend_from_slice(at),
            }
            positions.resize(values.len(), position);
        }
        let (x, y) = (Symbols::new(&positions)?, Symbols::new(&values)?);
        let found = mutual_information(&x, &y, Estimator::MillerMadow)?;
        // The correction of the bias can exceed a small estimate.
        Ok(Bits(found.value.bits().0.max(0.0)))
    }

    fn effect(self, n: usize, chance: Bits, settings: &EffectSettings) -> Result<QuantityEffect> {
        let information = self.information(None, n)?;
        let replicate = |i: u64| {
            let mut rng = rng(settings.seed, Stream::Bootstrap, i);
            let drawn: Vec<usize> = (0..n).map(|_| rng.random_range(0..n)).collect();
            self.information(Some(&drawn), n)
        };
        let replicates: Vec<Result<Bits>> = (0..settings.replicates as u64)
            .into_par_iter()
            .map(replicate)
            .collect();
        let replicates = replicates.into_iter().collect::<Result<Vec<Bits>>>()?;
        let mut sorted: Vec<f64> = replicates.into_iter().map(|bits| bits.0).collect();
        sorted.sort_by(f64::total_cmp);
        let interval = (
            Bits(quantile(&sorted, 0.025)),
            Bits(quantile(&sorted, 0.975)),
        );
        Ok(QuantityEffect {
            quantity: self.name,
            unit: self.unit,
            curve: self.curve,
            information,
            interval,
            chance,
            more_than_chance: interval.0.0 > chance.0,
        })
    }
}

/// The bounds between bins that are equally frequent at α = 0.
fn cuts(quantity: &Quantity, bins: usize) -> Vec<f64> {
    let Values::Numbers { numbers, .. } = &quantity.values else {
        return Vec::new();
    };
    let mut sorted = numbers.clone();
    sorted.sort_by(f64::total_cmp);
    let mut cuts: Vec<f64> = (1..bins)
        .map(|k| sorted[(sorted.len() * k / bins).min(sorted.len() - 1)])
        .collect();
    cuts.dedup();
    cuts
}

/// Checks the arguments, and returns the number of latents.
fn check(
    directions: &[Direction],
    z: &[f32],
    latent: usize,
    settings: &EffectSettings,
) -> Result<usize> {
    let refuse = |problem: String| Err(Error::Usage(problem));
    if z.is_empty() || !z.len().is_multiple_of(latent) {
        return refuse(format!(
            "{} cannot be divided into latents of {latent}; give at least one row",
            counted(z.len(), "number")
        ));
    }
    if let Some(other) = directions.iter().find(|d| d.vector.len() != latent) {
        return refuse(format!(
            "direction \"{}\" has {}, but z has {latent}",
            other.name,
            counted(other.vector.len(), "number")
        ));
    }
    let positions = &settings.positions;
    if positions.iter().any(|alpha| !alpha.is_finite())
        || positions.iter().filter(|alpha| **alpha == 0.0).count() != 1
        || positions.len() < 2
    {
        return refuse(
            "the positions along a direction must be finite numbers, at least two, and exactly one of them must be 0"
                .into(),
        );
    }
    if settings.bins < 2 || settings.replicates < 2 {
        return refuse(format!(
            "at least 2 bins and 2 bootstrap replicates are needed, not {} and {}",
            settings.bins, settings.replicates
        ));
    }
    Ok(z.len() / latent)
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.strongest() {
            Some(strongest) => write!(
                f,
                "{}: {} bits about {} (95 % interval {} to {}; chance at most {})",
                self.direction,
                short(strongest.information.0),
                strongest.quantity,
                short(strongest.interval.0.0),
                short(strongest.interval.1.0),
                short(strongest.chance.0)
            ),
            None => write!(f, "{}: no more than a random direction", self.direction),
        }
    }
}

impl fmt::Display for Effects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for effect in &self.directions {
            writeln!(f, "{effect}")?;
        }
        let positions: Vec<String> = self.settings.positions.iter().map(|&a| short(a)).collect();
        write!(
            f,
            "protocol: {} latents, α = {}; numbers in {} bins; {} bootstrap replicates; chance: the largest value of {} \
             random directions; seed {}",
            thousands(self.n as u64),
            positions.join(", "),
            self.settings.bins,
            self.settings.replicates,
            self.settings.random_directions,
            self.settings.seed
        )
    }
}
