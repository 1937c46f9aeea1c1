//! Modularity: whether each code has information about at most one factor (Ridgeway & Mozer 2018).
//!
//! $$ \text{modularity}_j = 1 - \frac{\sum_{k \ne k(j)} I(c_j; v_k)^2}{(K - 1)\, I(c_j; v_{k(j)})^2}, \qquad
//!    k(j) = \arg\max_k I(c_j; v_k) $$
//!
//! The score is the mean over codes: 1 if no code has information about two factors, and 0 if each code has the same
//! information about all factors. Mutual information is estimated as for the [gap](super::mig()), with 20 intervals for
//! each code. A code with no information at all counts as 0, as in `disentanglement_lib` (Locatello et al. 2019).
//!
//! The estimates for codes without information are small but differ between factors, so the score of an independent
//! representation is far from 0: compare it with the value for chance.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::information::{Discrete, by_chance, chance, matrix, mean};
use super::{InformationSettings, Protocol, Representation};
use crate::error::{Error, Result};

/// The modularity of a representation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Modularity {
    /// Mean of `codes`, 0 to 1.
    pub score: f64,
    /// Modularity of each code, 0 to 1.
    pub codes: Vec<f64>,
    /// The factor, as a position in `protocol.factors`, about which each code has most information.
    pub best_factors: Vec<usize>,
    /// Mutual information in bits of each code (rows) and factor (columns).
    pub information_bits: Vec<Vec<f64>>,
    /// Mean score after permutations of the samples' factors.
    pub chance: Option<f64>,
    /// Number of intervals into which each code was divided.
    pub bins: usize,
    /// Number of permutations for `chance`.
    pub permutations: usize,
    /// Sample size, codes and factors.
    pub protocol: Protocol,
}

impl fmt::Display for Modularity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by_chance = by_chance(self.chance);
        writeln!(f, "modularity         {:.3}{by_chance}", self.score)?;
        for (j, modularity) in self.codes.iter().enumerate() {
            let best = self.best_factors[j];
            writeln!(
                f,
                "{:<18} {modularity:.3}; {:.3} bits about {}",
                format!("code {j}"),
                self.information_bits[j][best],
                self.protocol.factors[best]
            )?;
        }
        write!(f, "{}; {} intervals per code", self.protocol, self.bins)
    }
}

/// Computes the modularity.
///
/// ```
/// use ganscope::interpret::disentanglement::{Factor, InformationSettings, Representation, modularity};
/// // The first code is one factor; the second code is the sum of both.
/// let levels: Vec<usize> = (0..16).flat_map(|i| [i % 4, i / 4]).collect();
/// let codes: Vec<f64> = levels.chunks(2).flat_map(|v| [v[0] as f64, (v[0] + v[1]) as f64]).collect();
/// let factors = [Factor::new("hue", 4), Factor::new("size", 4)];
/// let representation = Representation::new(&codes, 2, &levels, &factors)?;
/// let found = modularity(&representation, &InformationSettings::default())?;
/// assert_eq!(found.codes[0], 1.0);
/// assert!(found.codes[1].abs() < 1e-12);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] if fewer than two factors vary, and for settings out of range.
pub fn modularity(
    representation: &Representation,
    settings: &InformationSettings,
) -> Result<Modularity> {
    settings.check()?;
    let all: Vec<usize> = (0..representation.len()).collect();
    let used = representation.varying(&all, 2)?;
    let discrete = Discrete::new(representation, settings.bins);
    let information_bits = discrete.information(representation, &used);
    let (best_factors, codes): (Vec<usize>, Vec<f64>) =
        information_bits.iter().map(|row| of_code(row)).unzip();
    let chance = chance(settings.permutations, |step| {
        let permuted = representation.permuted(settings.seed, step);
        let information = discrete.information(&permuted, &used);
        let codes: Vec<f64> = information.iter().map(|row| of_code(row).1).collect();
        Ok(mean(&codes))
    })?;
    Ok(Modularity {
        score: mean(&codes),
        codes,
        best_factors,
        information_bits,
        chance,
        bins: settings.bins,
        permutations: settings.permutations,
        protocol: representation.protocol(&used, 0, settings.seed),
    })
}

/// The modularity of each code for a known matrix of mutual information, row-major [codes, factors]. The score is the
/// mean.
///
/// ```
/// use ganscope::interpret::disentanglement::modularity_of;
/// assert_eq!(modularity_of(&[1.0, 0.0, 1.0, 0.5, 2.0, 2.0], 2)?, [1.0, 0.75, 0.0]);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] for fewer than two factors, an incomplete matrix, and negative or infinite information.
pub fn modularity_of(information: &[f64], factors: usize) -> Result<Vec<f64>> {
    if factors < 2 {
        return Err(Error::Usage(
            "modularity compares the factors of a code, so it needs at least 2 factors".into(),
        ));
    }
    let rows = matrix(information, factors, "mutual information")?;
    Ok(rows.iter().map(|row| of_code(row).1).collect())
}

/// The factor about which a code has most information, and the modularity of the code.
fn of_code(information: &[f64]) -> (usize, f64) {
    let (mut best, mut largest) = (0, 0.0);
    for (k, information) in information.iter().enumerate() {
        if *information > largest {
            (best, largest) = (k, *information);
        }
    }
    if largest == 0.0 {
        return (best, 0.0);
    }
    let others = information.iter().enumerate().filter(|(k, _)| *k != best);
    // The ratio is squared, not the information, so that small and large values do not leave the range of numbers.
    let squares: f64 = others.map(|(_, i)| (i / largest).powi(2)).sum();
    (best, 1.0 - squares / (information.len() - 1) as f64)
}
