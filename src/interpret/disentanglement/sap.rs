//! Separated attribute predictability, SAP (Kumar et al. 2018).
//!
//! S_jk measures how well code j alone predicts factor k:
//!
//! $$ \mathrm{SAP} = \frac1K \sum_k \Bigl(S_{j(k)k} - \max_{j \ne j(k)} S_{jk}\Bigr), \qquad j(k) = \arg\max_j S_{jk} $$
//!
//! Two measures, following the paper, which does not fix the number of thresholds:
//!
//! * [`SapMethod::Thresholds`], for factors of any kind. At most L − 1 thresholds divide the code into intervals, and
//!   each interval is assigned one of the L levels, so that the balanced accuracy (the mean over levels of the
//!   fraction of samples of this level that are assigned to it) is as large as possible on the training samples. S_jk
//!   is the balanced accuracy on the held-out third. The thresholds are the best ones among 255 quantiles, found by
//!   dynamic programming. A code without information has S = 1/L, so no factor has a score above 1 − 1/L on average.
//! * [`SapMethod::RSquared`], for factors whose levels are in order: S_jk is the squared correlation of code and
//!   level, on all samples. The largest score is 1.
//!
//! `disentanglement_lib` (Locatello et al. 2019) has a linear support vector machine on the code in place of the
//! thresholds. It cannot separate the middle levels of an ordered factor, so its scores are lower.

use std::fmt;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::binning::Borders;
use super::information::{by_chance, chance, check_permutations, gap, mean};
use super::lasso::Scale;
use super::representation::Parts;
use super::{Protocol, Representation};
use crate::error::Result;

/// Measure of how well a code alone predicts a factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SapMethod {
    /// Balanced accuracy of the best thresholds, on held-out samples.
    Thresholds,
    /// Squared correlation of the code and the level.
    RSquared,
}

impl fmt::Display for SapMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SapMethod::Thresholds => "balanced accuracy of the best thresholds on one code",
            SapMethod::RSquared => "squared correlation of one code and the level",
        })
    }
}

/// Settings of [`sap`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SapSettings {
    /// Measure of how well a code alone predicts a factor.
    pub method: SapMethod,
    /// Number of permutations of the samples' factors for the value for chance; 0 for none.
    pub permutations: usize,
    /// Random seed of the division of the samples and of the permutations.
    pub seed: u64,
}

impl Default for SapSettings {
    fn default() -> Self {
        SapSettings {
            method: SapMethod::Thresholds,
            permutations: 10,
            seed: 1,
        }
    }
}

/// Separated attribute predictability of a representation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sap {
    /// Mean of `gaps`, 0 to 1.
    pub score: f64,
    /// Gap of each factor between its two most predictive codes, 0 to 1.
    pub gaps: Vec<f64>,
    /// The most predictive code for each factor.
    pub best_codes: Vec<usize>,
    /// S of each code (rows) and factor (columns), 0 to 1.
    pub predictability: Vec<Vec<f64>>,
    /// Mean score after permutations of the samples' factors.
    pub chance: Option<f64>,
    /// The measure of predictability.
    pub method: SapMethod,
    /// Number of permutations for `chance`.
    pub permutations: usize,
    /// Sample size, codes and factors.
    pub protocol: Protocol,
}

impl fmt::Display for Sap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by_chance = by_chance(self.chance);
        writeln!(f, "SAP                {:.3}{by_chance}", self.score)?;
        for (k, name) in self.protocol.factors.iter().enumerate() {
            let best = self.best_codes[k];
            writeln!(
                f,
                "{name:<18} gap {:.3}; code {best} reaches {:.3}",
                self.gaps[k], self.predictability[best][k]
            )?;
        }
        write!(f, "predictability     {}\n{}", self.method, self.protocol)
    }
}

/// Computes separated attribute predictability.
///
/// ```
/// use ganscope::interpret::disentanglement::{Factor, Representation, SapMethod, SapSettings, sap};
/// // Two codes are the two factors, which have 4 levels each.
/// let levels: Vec<usize> = (0..400).flat_map(|i| [i % 4, i / 4 % 4]).collect();
/// let codes: Vec<f64> = levels.iter().map(|v| *v as f64).collect();
/// let factors = [Factor::new("hue", 4), Factor::new("size", 4)];
/// let representation = Representation::new(&codes, 2, &levels, &factors)?;
/// let found = sap(&representation, &SapSettings::default())?;
/// assert!((found.score - 0.75).abs() < 0.1);
/// let settings = SapSettings { method: SapMethod::RSquared, ..SapSettings::default() };
/// assert!((sap(&representation, &settings)?.score - 1.0).abs() < 1e-12);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`](crate::error::Error::Usage) for fewer than two codes, fewer than 20 samples, if no factor varies,
/// and for too many permutations.
pub fn sap(representation: &Representation, settings: &SapSettings) -> Result<Sap> {
    check_permutations(settings.permutations)?;
    representation.needs_two_codes()?;
    let parts = representation.parts(settings.seed)?;
    let mut found = sap_of(representation, &parts, settings)?;
    found.chance = chance(settings.permutations, |step| {
        let permuted = representation.permuted(settings.seed, step);
        Ok(sap_of(&permuted, &parts, settings)?.score)
    })?;
    Ok(found)
}

/// [`sap`] with a given division of the samples, without the value for chance.
pub(super) fn sap_of(
    representation: &Representation,
    parts: &Parts,
    settings: &SapSettings,
) -> Result<Sap> {
    let used = representation.varying(&parts.training, 1)?;
    let row = |j: usize| match settings.method {
        SapMethod::Thresholds => by_thresholds(representation, j, &used, parts),
        SapMethod::RSquared => r_squared(representation, j, &used, parts),
    };
    let codes = (0..representation.width()).into_par_iter();
    let predictability: Vec<Vec<f64>> = codes.map(row).collect();
    let gaps = (0..used.len()).map(|k| gap(&predictability, k));
    let (best_codes, gaps): (Vec<usize>, Vec<f64>) = gaps.unzip();
    let held_out = match settings.method {
        SapMethod::Thresholds => parts.held_out.len(),
        SapMethod::RSquared => 0,
    };
    Ok(Sap {
        score: mean(&gaps),
        gaps,
        best_codes,
        predictability,
        chance: None,
        method: settings.method,
        permutations: settings.permutations,
        protocol: representation.protocol(&used, held_out, settings.seed),
    })
}

/// Squared correlation of code `j` and each factor.
fn r_squared(representation: &Representation, j: usize, used: &[usize], parts: &Parts) -> Vec<f64> {
    let rows = [parts.training.as_slice(), &parts.held_out].concat();
    let code = representation.code_at(j, &rows);
    let code_scale = Scale::of(&code);
    let one = |k: &usize| {
        let levels = representation.level_at(*k, &rows);
        let levels: Vec<f64> = levels.into_iter().map(f64::from).collect();
        let scale = Scale::of(&levels);
        let products = code.iter().zip(&levels);
        let products = products.map(|(c, v)| code_scale.apply(*c) * scale.apply(*v));
        (products.sum::<f64>() / rows.len() as f64).powi(2).min(1.0)
    };
    used.iter().map(one).collect()
}

/// Balanced accuracy of the best thresholds on code `j` for each factor.
fn by_thresholds(
    representation: &Representation,
    j: usize,
    used: &[usize],
    parts: &Parts,
) -> Vec<f64> {
    let training = representation.code_at(j, &parts.training);
    let borders = Borders::of(&training);
    let bins = borders.bins(&training);
    let held_out = borders.bins(&representation.code_at(j, &parts.held_out));
    let one = |k: &usize| {
        let levels = representation.factors()[*k].levels;
        let factor = representation.level_at(*k, &parts.training);
        let assigned = best_levels(&bins, borders.count(), &factor, levels);
        let truth = representation.level_at(*k, &parts.held_out);
        balanced_accuracy(&held_out, &assigned, &truth, levels)
    };
    used.iter().map(one).collect()
}

/// The level that is assigned to each interval of a code, for the largest balanced accuracy with L − 1 thresholds.
///
/// With g(b, l) the fraction of the samples of level l that are in interval b, the sum of g over all intervals up to b,
/// if s thresholds are used and interval b has level l, is at most
///
/// $$ G_b(s, l) = g(b, l) + \max\bigl(G_{b-1}(s, l),\; \max_m G_{b-1}(s - 1, m)\bigr) $$
fn best_levels(bins: &[u8], size: usize, factor: &[u16], levels: usize) -> Vec<u16> {
    let mut counts = vec![0u32; levels];
    let mut fractions = vec![0.0; size * levels];
    for (bin, level) in bins.iter().zip(factor) {
        counts[usize::from(*level)] += 1;
        fractions[usize::from(*bin) * levels + usize::from(*level)] += 1.0;
    }
    for row in fractions.chunks_exact_mut(levels) {
        for (g, count) in row.iter_mut().zip(&counts).filter(|(_, n)| **n > 0) {
            *g /= f64::from(*count);
        }
    }
    let observed = counts.iter().filter(|count| **count > 0).count();
    let thresholds = observed.clamp(1, size) - 1;
    // G of the previous interval, and for each interval and number of thresholds whether G came from a threshold, and
    // the best level before it.
    let mut best = vec![f64::NEG_INFINITY; (thresholds + 1) * levels];
    best[..levels].copy_from_slice(&fractions[..levels]);
    let mut from_threshold = vec![false; size * best.len()];
    let mut best_before = vec![0u16; size * (thresholds + 1)];
    for b in 1..size {
        let g = &fractions[b * levels..][..levels];
        // In descending order, G with fewer thresholds is still that of the previous interval.
        for s in (0..=thresholds).rev() {
            let mut before = f64::NEG_INFINITY;
            if s > 0 {
                for (m, value) in best[(s - 1) * levels..][..levels].iter().enumerate() {
                    if *value > before {
                        before = *value;
                        best_before[b * (thresholds + 1) + s] = m as u16;
                    }
                }
            }
            let own = s * levels..(s + 1) * levels;
            let flags = from_threshold[b * best.len()..][own.clone()].iter_mut();
            for ((value, flag), g) in best[own].iter_mut().zip(flags).zip(g) {
                if before > *value {
                    *value = before;
                    *flag = true;
                }
                *value += g;
            }
        }
    }
    let better = |a: usize, b: usize| if best[b] > best[a] { b } else { a };
    let last = (0..best.len()).fold(0, better);
    let (mut s, mut l) = (last / levels, last % levels);
    let mut assigned = vec![0; size];
    for b in (0..size).rev() {
        assigned[b] = l as u16;
        if from_threshold[b * best.len() + s * levels + l] {
            l = usize::from(best_before[b * (thresholds + 1) + s]);
            s -= 1;
        }
    }
    assigned
}

/// Mean over the levels that occur of the fraction of their samples whose interval is assigned to them.
fn balanced_accuracy(bins: &[u8], assigned: &[u16], truth: &[u16], levels: usize) -> f64 {
    let mut counts = vec![(0u32, 0u32); levels];
    for (bin, level) in bins.iter().zip(truth) {
        let (all, right) = &mut counts[usize::from(*level)];
        *all += 1;
        *right += u32::from(assigned[usize::from(*bin)] == *level);
    }
    let present: Vec<f64> = (counts.iter())
        .filter(|(all, _)| *all > 0)
        .map(|(all, right)| f64::from(*right) / f64::from(*all))
        .collect();
    mean(&present)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The largest balanced accuracy over all assignments of levels to intervals with at most `thresholds` changes.
    fn by_enumeration(bins: &[u8], size: usize, factor: &[u16], levels: usize) -> f64 {
        let mut best: f64 = 0.0;
        for number in 0..levels.pow(size as u32) {
            let assigned: Vec<u16> = (0..size)
                .map(|b| (number / levels.pow(b as u32) % levels) as u16)
                .collect();
            let changes = assigned
                .windows(2)
                .filter(|pair| pair[0] != pair[1])
                .count();
            if changes < levels {
                best = best.max(balanced_accuracy(bins, &assigned, factor, levels));
            }
        }
        best
    }

    #[test]
    fn thresholds_are_the_best_of_all() {
        for case in 0..20u32 {
            let (size, levels) = (6, 3);
            let value = |i: u32| i * i * 31 + case * 17 + i * (case + 3);
            let bins: Vec<u8> = (0..40).map(|i| (value(i) / 7 % 6) as u8).collect();
            let factor: Vec<u16> = (0..40).map(|i| (value(i) / 3 % 3) as u16).collect();
            let assigned = best_levels(&bins, size, &factor, levels);
            let changes = assigned
                .windows(2)
                .filter(|pair| pair[0] != pair[1])
                .count();
            assert!(changes < levels, "{assigned:?}");
            let found = balanced_accuracy(&bins, &assigned, &factor, levels);
            let best = by_enumeration(&bins, size, &factor, levels);
            assert!((found - best).abs() < 1e-12, "{case}: {found} {best}");
        }
    }
}
