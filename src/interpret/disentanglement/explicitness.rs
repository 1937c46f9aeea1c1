//! Explicitness: whether each value of a factor can be read from the codes by a linear classifier (Ridgeway & Mozer
//! 2018).
//!
//! For each level l of factor k, logistic regression on all codes predicts v_k = l against all other levels. AUC_kl is
//! the area under its receiver operating characteristic on held-out samples, the probability that a sample of level l
//! has a larger log-odds than another sample:
//!
//! $$ \text{explicitness}_k = \frac{1}{L_k} \sum_l \frac{\mathrm{AUC}_{kl} - \frac12}{\frac12}, \qquad
//!    \text{explicitness} = \frac1K \sum_k \text{explicitness}_k $$
//!
//! The score is 1 if all levels are linearly separable from the others and 0 for independent codes. A single code that
//! is the level of an ordered factor is not explicit: a linear function of it cannot separate a middle level from both
//! sides. A third of the samples is held out, and codes are standardised. (`disentanglement_lib` reports the AUC
//! itself, of a multinomial regression.)

use std::fmt;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::information::mean;
use super::lasso::Scale;
use super::logistic::Logistic;
use super::representation::Parts;
use super::{Protocol, Representation};
use crate::error::{Error, Result};

/// Settings of [`explicitness`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExplicitnessSettings {
    /// Quadratic penalty α of the weights; 1 is scikit-learn's default.
    pub penalty: f64,
    /// Random seed of the division of the samples.
    pub seed: u64,
}

impl Default for ExplicitnessSettings {
    fn default() -> Self {
        ExplicitnessSettings {
            penalty: 1.0,
            seed: 1,
        }
    }
}

impl ExplicitnessSettings {
    pub(super) fn check(&self) -> Result<()> {
        check_penalty(self.penalty)
    }
}

/// Refuses a penalty with which logistic regression may have no minimum.
pub(super) fn check_penalty(penalty: f64) -> Result<()> {
    if penalty > 0.0 && penalty.is_finite() {
        return Ok(());
    }
    Err(Error::Usage(format!(
        "the penalty of logistic regression must be positive and finite, not {penalty}; the default is 1"
    )))
}

/// The explicitness of a representation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Explicitness {
    /// Mean of `factors`: 1 is best, 0 is chance, and random codes may be slightly negative.
    pub score: f64,
    /// Explicitness of each factor.
    pub factors: Vec<f64>,
    /// AUC of each level of each factor; `None` for levels that do not occur in both parts of the samples.
    pub areas: Vec<Vec<Option<f64>>>,
    /// Quadratic penalty of the weights.
    pub penalty: f64,
    /// Sample size, codes and factors.
    pub protocol: Protocol,
}

impl fmt::Display for Explicitness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "explicitness       {:.3}; 0 by chance", self.score)?;
        for (name, explicitness) in self.protocol.factors.iter().zip(&self.factors) {
            writeln!(f, "{name:<18} {explicitness:.3}")?;
        }
        write!(f, "{}; penalty {}", self.protocol, self.penalty)
    }
}

/// Computes the explicitness.
///
/// ```
/// use ganscope::interpret::disentanglement::{ExplicitnessSettings, Factor, Representation, explicitness};
/// // The codes indicate the three levels of the factor.
/// let levels: Vec<usize> = (0..300).map(|i| i * 7 % 3).collect();
/// let codes: Vec<f64> = levels.iter().flat_map(|v| [0, 1, 2].map(|l| f64::from(u8::from(*v == l)))).collect();
/// let representation = Representation::new(&codes, 3, &levels, &[Factor::new("shape", 3)])?;
/// let found = explicitness(&representation, &ExplicitnessSettings::default())?;
/// assert_eq!(found.score, 1.0);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] for fewer than 20 samples, if no factor varies in both parts of the samples, and for a penalty that
/// is not positive.
pub fn explicitness(
    representation: &Representation,
    settings: &ExplicitnessSettings,
) -> Result<Explicitness> {
    settings.check()?;
    let parts = representation.parts(settings.seed)?;
    explicitness_of(representation, &parts, settings)
}

/// [`explicitness`] with a given division of the samples.
pub(super) fn explicitness_of(
    representation: &Representation,
    parts: &Parts,
    settings: &ExplicitnessSettings,
) -> Result<Explicitness> {
    let training = representation.varying(&parts.training, 1)?;
    let held_out = representation.varying(&parts.held_out, 1)?;
    let both = |k: &usize| held_out.contains(k);
    let used: Vec<usize> = training.into_iter().filter(both).collect();
    if used.is_empty() {
        return Err(Error::Usage(
            "no factor varies both in the training samples and in the held-out samples; use more samples".into(),
        ));
    }
    let (x, y) = standardised(representation, parts);
    let width = representation.width();
    let area = |k: usize, level: u16| {
        let is_level = |rows: &[usize]| -> Vec<bool> {
            let levels = representation.level_at(k, rows);
            levels.into_iter().map(|other| other == level).collect()
        };
        let labels = is_level(&parts.training);
        if !labels.contains(&true) || !labels.contains(&false) {
            return None;
        }
        let fitted = Logistic::fit(&x, width, &labels, settings.penalty);
        let scores: Vec<f64> = (y.chunks_exact(width))
            .map(|codes| fitted.log_odds(codes))
            .collect();
        area_under_curve(&scores, &is_level(&parts.held_out))
    };
    let of_factor = |k: &usize| -> Vec<Option<f64>> {
        let levels = 0..representation.factors()[*k].levels;
        levels
            .into_par_iter()
            .map(|level| area(*k, level as u16))
            .collect()
    };
    let areas: Vec<Vec<Option<f64>>> = used.iter().map(of_factor).collect();
    let mut factors = Vec::new();
    for (k, areas) in used.iter().zip(&areas) {
        let known: Vec<f64> = areas.iter().flatten().map(|a| (a - 0.5) / 0.5).collect();
        if known.is_empty() {
            return Err(Error::Usage(format!(
                "no level of factor \"{}\" occurs both in the training samples and in the held-out samples; use more samples",
                representation.factors()[*k].name
            )));
        }
        factors.push(mean(&known));
    }
    Ok(Explicitness {
        score: mean(&factors),
        factors,
        areas,
        penalty: settings.penalty,
        protocol: representation.protocol(&used, parts.held_out.len(), settings.seed),
    })
}

/// Codes of the training and the held-out samples, row-major, standardised on the training samples.
fn standardised(representation: &Representation, parts: &Parts) -> (Vec<f64>, Vec<f64>) {
    let width = representation.width();
    let mut x = vec![0.0; parts.training.len() * width];
    let mut y = vec![0.0; parts.held_out.len() * width];
    for j in 0..width {
        let values = representation.code_at(j, &parts.training);
        let scale = Scale::of(&values);
        for (row, value) in x.chunks_exact_mut(width).zip(values) {
            row[j] = scale.apply(value);
        }
        let values = representation.code_at(j, &parts.held_out);
        for (row, value) in y.chunks_exact_mut(width).zip(values) {
            row[j] = scale.apply(value);
        }
    }
    (x, y)
}

/// The probability that a sample with the label has a larger score than one without; equal scores count ½.
fn area_under_curve(scores: &[f64], labels: &[bool]) -> Option<f64> {
    let positive = labels.iter().filter(|label| **label).count();
    let negative = labels.len() - positive;
    if positive == 0 || negative == 0 {
        return None;
    }
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|a, b| scores[*a].total_cmp(&scores[*b]));
    let (mut below, mut pairs) = (0.0, 0.0);
    for tied in order.chunk_by(|a, b| scores[*a] == scores[*b]) {
        let with_label = tied.iter().filter(|i| labels[**i]).count() as f64;
        let without = tied.len() as f64 - with_label;
        pairs += with_label * (below + 0.5 * without);
        below += without;
    }
    Some(pairs / (positive as f64 * negative as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_area_counts_pairs() {
        // Of 2 × 3 pairs, 0.5 is above 0.1 and 0.4, ties with 0.5 …; 0.2 is above 0.1.
        let area = area_under_curve(
            &[0.1, 0.5, 0.2, 0.5, 0.4],
            &[false, true, true, false, false],
        );
        assert_eq!(area, Some((2.5 + 1.0) / 6.0));
        assert_eq!(area_under_curve(&[1.0, 2.0], &[true, true]), None);
    }
}
