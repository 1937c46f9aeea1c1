//! AdaGAN (Tolstikhin et al. 2017): generators one after another, each for what the mixture so far lacks.
//!
//! After t − 1 components with mixture p_g, a discriminator between data and mixture gives the density
//! ratio r(x) = p_g(x)/p_d(x) = (1 − D(x))/D(x) at each of the N training examples. The next component,
//! which gets the share β of the mixture, is trained on the examples weighted by
//!
//! $$ w_i = \frac{1}{\beta N}\bigl(\lambda^* - (1 - \beta)\,r_i\bigr)_+ ,
//!    \qquad \sum_i w_i = 1 $$
//!
//! (their eq. 15 for every f-divergence): nothing where the mixture already has enough, most where it has
//! nothing. With β = 1/t all components weigh the same.

use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};

/// How many components, and what each gets.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Boosting {
    /// Generators in the mixture; 1 is no boosting.
    pub components: u64,
    /// Updates of each; whatever `steps` are beyond go to the last.
    pub steps: u64,
    /// Training examples that are weighted, where the data are drawn afresh or are more.
    pub examples: usize,
    /// Updates of the discriminator between data and mixture.
    pub discriminator_steps: u64,
    /// Whether the examples are weighted; without it a mixture of generators that know nothing of each
    /// other, a plain ensemble.
    pub reweight: bool,
}

impl Default for Boosting {
    fn default() -> Self {
        Boosting {
            components: 1,
            steps: 1000,
            examples: 16_384,
            discriminator_steps: 1000,
            reweight: true,
        }
    }
}

impl Boosting {
    /// Refuses settings that mean nothing.
    ///
    /// # Errors
    /// [`Error::Config`] naming the setting.
    pub fn validate(&self) -> Result<()> {
        let sizes = [
            ("components", self.components),
            ("steps", self.steps),
            ("examples", self.examples as u64),
            ("discriminator_steps", self.discriminator_steps),
        ];
        match sizes.iter().find(|(_, value)| *value == 0) {
            None => Ok(()),
            Some((name, _)) => Err(Error::setting(
                format!("boosting.{name}"),
                format!("boosting.{name} must be at least 1, not 0"),
            )),
        }
    }

    /// The component that trains after `step` updates, from 0.
    pub fn component(&self, step: u64) -> u64 {
        (step / self.steps).min(self.components - 1)
    }
}

/// The weights w of the examples, from the ratios r of mixture to data and the share β in (0, 1].
///
/// ```
/// use ganscope::gan::reweight;
/// // Half of the data are covered twice as densely as they should be, the others not at all.
/// assert_eq!(reweight(&[2.0, 0.0, 2.0, 0.0], 0.5), [0.0, 0.5, 0.0, 0.5]);
/// // A mixture that is right asks for the data again.
/// assert_eq!(reweight(&[1.0; 4], 0.5), [0.25; 4]);
/// ```
pub fn reweight(ratios: &[f64], beta: f64) -> Vec<f64> {
    let n = ratios.len() as f64;
    let mut sorted: Vec<f64> = ratios.to_vec();
    sorted.sort_by(f64::total_cmp);
    // λ over the m smallest ratios, until the next one would get no weight: Algorithm 2.
    let (mut lambda, mut sum) = (0.0, 0.0);
    for (m, ratio) in sorted.iter().enumerate() {
        if m > 0 && (1.0 - beta) * ratio >= lambda {
            break;
        }
        sum += ratio / n;
        let share = (m + 1) as f64 / n;
        lambda = (beta + (1.0 - beta) * sum) / share;
    }
    let weight = |r: &f64| ((lambda - (1.0 - beta) * r) / (beta * n)).max(0.0);
    ratios.iter().map(weight).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// λ* is the only level at which the weights sum to one: found here by bisection.
    #[test]
    fn weights_are_those_of_the_level_at_which_they_sum_to_one() {
        let ratios: Vec<f64> = (0..97)
            .map(|i| ((i * 37 % 97) as f64 / 20.0).exp() - 1.0)
            .collect();
        for beta in [1.0, 0.5, 1.0 / 3.0, 0.1, 0.01] {
            let sum = |lambda: f64| -> f64 {
                let of = |r: &f64| (lambda - (1.0 - beta) * r).max(0.0) / (beta * 97.0);
                ratios.iter().map(of).sum()
            };
            let (mut low, mut high) = (0.0, 1e4);
            for _ in 0..200 {
                let middle = (low + high) / 2.0;
                if sum(middle) < 1.0 {
                    low = middle
                } else {
                    high = middle
                }
            }
            let weights = reweight(&ratios, beta);
            assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{beta}");
            for (w, r) in weights.iter().zip(&ratios) {
                let expected = (low - (1.0 - beta) * r).max(0.0) / (beta * 97.0);
                assert!((w - expected).abs() < 1e-12, "{beta}: {w} {expected}");
            }
        }
    }
}
