//! Mutual information gap, MIG (Chen et al. 2018).
//!
//! $$ \mathrm{MIG} = \frac1K \sum_k \frac{1}{H(v_k)} \Bigl(I(c_{j(k)}; v_k) - \max_{j \ne j(k)} I(c_j; v_k)\Bigr),
//!    \qquad j(k) = \arg\max_j I(c_j; v_k) $$
//!
//! The score is 1 if each factor is determined by one code and no other code has information about it, and 0 if for
//! each factor two codes have the same information. The protocol is that of `disentanglement_lib` (Locatello et al.
//! 2019): 10,000 samples, each code divided into 20 intervals of the same width, and mutual information from counts.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::information::{Discrete, by_chance, chance, entropy, gap, matrix, mean};
use super::{InformationSettings, Protocol, Representation};
use crate::error::{Error, Result};

/// The mutual information gap of a representation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mig {
    /// Mean of `gaps`, 0 to 1.
    pub score: f64,
    /// Gap of each factor between its two most informative codes, divided by the entropy of the factor, 0 to 1.
    pub gaps: Vec<f64>,
    /// The most informative code for each factor.
    pub best_codes: Vec<usize>,
    /// Mutual information in bits of each code (rows) and factor (columns).
    pub information_bits: Vec<Vec<f64>>,
    /// Entropy of each factor in bits.
    pub entropies_bits: Vec<f64>,
    /// Mean score after permutations of the samples' factors.
    pub chance: Option<f64>,
    /// Number of intervals into which each code was divided.
    pub bins: usize,
    /// Number of permutations for `chance`.
    pub permutations: usize,
    /// Sample size, codes and factors.
    pub protocol: Protocol,
}

impl fmt::Display for Mig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by_chance = by_chance(self.chance);
        writeln!(f, "MIG                {:.3}{by_chance}", self.score)?;
        let factors = self.protocol.factors.iter().enumerate();
        for (k, name) in factors {
            let best = self.best_codes[k];
            writeln!(
                f,
                "{name:<18} gap {:.3}; code {best} has {:.3} of {:.3} bits",
                self.gaps[k], self.information_bits[best][k], self.entropies_bits[k]
            )?;
        }
        write!(f, "{}; {} intervals per code", self.protocol, self.bins)
    }
}

/// Computes the mutual information gap.
///
/// ```
/// use ganscope::interpret::disentanglement::{Factor, InformationSettings, Representation, mig};
/// // The first code is the first factor; the second and the third code are both the second factor.
/// let levels: Vec<usize> = (0..16).flat_map(|i| [i % 4, i / 4]).collect();
/// let codes: Vec<f64> = levels.chunks(2).flat_map(|v| [v[0] as f64, v[1] as f64, -2.0 * v[1] as f64]).collect();
/// let factors = [Factor::new("hue", 4), Factor::new("size", 4)];
/// let representation = Representation::new(&codes, 3, &levels, &factors)?;
/// let found = mig(&representation, &InformationSettings::default())?;
/// assert_eq!(found.gaps, [1.0, 0.0]);
/// assert_eq!(found.score, 0.5);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] for fewer than two codes, if no factor varies, and for settings out of range.
pub fn mig(representation: &Representation, settings: &InformationSettings) -> Result<Mig> {
    settings.check()?;
    representation.needs_two_codes()?;
    let all: Vec<usize> = (0..representation.len()).collect();
    let used = representation.varying(&all, 1)?;
    let entropies_bits: Vec<f64> = (used.iter())
        .map(|k| {
            entropy(
                representation.level(*k),
                representation.factors()[*k].levels,
            )
        })
        .collect();
    let codes = Discrete::new(representation, settings.bins);
    let gaps_of = |information: &[Vec<f64>]| -> Vec<(usize, f64)> {
        let factors = entropies_bits.iter().enumerate();
        factors
            .map(|(k, entropy)| {
                let (best, gap) = gap(information, k);
                (best, gap / entropy)
            })
            .collect()
    };
    let information_bits = codes.information(representation, &used);
    let (best_codes, gaps): (Vec<usize>, Vec<f64>) = gaps_of(&information_bits).into_iter().unzip();
    let chance = chance(settings.permutations, |step| {
        let permuted = representation.permuted(settings.seed, step);
        let gaps = gaps_of(&codes.information(&permuted, &used));
        Ok(gaps.iter().map(|(_, gap)| gap).sum::<f64>() / used.len() as f64)
    })?;
    Ok(Mig {
        score: mean(&gaps),
        gaps,
        best_codes,
        information_bits,
        entropies_bits,
        chance,
        bins: settings.bins,
        permutations: settings.permutations,
        protocol: representation.protocol(&used, 0, settings.seed),
    })
}

/// The gap of each factor for a known matrix of mutual information, row-major [codes, factors], and the entropies of
/// the factors, both in the same unit. The mutual information gap is the mean.
///
/// ```
/// use ganscope::interpret::disentanglement::gap_of;
/// assert_eq!(gap_of(&[0.75, 0.1, 0.25, 1.0], &[1.0, 2.0])?, [0.5, 0.45]);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] for fewer than two codes, an incomplete matrix, negative or infinite information, and entropies
/// that are not positive.
pub fn gap_of(information: &[f64], entropies: &[f64]) -> Result<Vec<f64>> {
    let rows = matrix(information, entropies.len(), "mutual information")?;
    if rows.len() < 2 {
        return Err(Error::Usage(
            "the gap is a difference between two codes, but the matrix of mutual information has one row".into(),
        ));
    }
    if let Some(wrong) = entropies.iter().find(|h| !(**h > 0.0 && h.is_finite())) {
        return Err(Error::Usage(format!(
            "the entropy of a factor is {wrong}; the gap is divided by it, so it must be positive and finite"
        )));
    }
    let gaps = entropies.iter().enumerate();
    Ok(gaps.map(|(k, entropy)| gap(&rows, k).1 / entropy).collect())
}
