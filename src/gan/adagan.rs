//! AdaGAN (Tolstikhin et al. 2017): a mixture of generators, each trained on what the earlier ones miss.
//!
//! After t − 1 components with mixture p_g, a discriminator between data and mixture gives the density
//! ratio r(x) = p_g(x)/p_d(x) = (1 − D(x))/D(x) at each of the N training examples. The next component,
//! which gets the share β of the mixture, is trained on the examples with the weights
//!
//! $$ w_i = \frac{1}{\beta N}\bigl(\lambda^* - (1 - \beta)\,r_i\bigr)_+ ,
//!    \qquad \sum_i w_i = 1 $$
//!
//! (their eq. 15, the same for every f-divergence). An example that the mixture already covers well enough gets
//! weight 0; one that it does not cover at all gets the largest weight. With β = 1/t all components have the same
//! share.

use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};

/// Number of components of the mixture, and how each is trained.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Boosting {
    /// Number of generators in the mixture; 1 for no boosting.
    pub components: u64,
    /// Updates of each component; steps of the run beyond `components` times this train the last one.
    pub steps: u64,
    /// Largest number of training examples that are weighted; also their number where the dataset is infinite.
    pub examples: usize,
    /// Updates of the discriminator between data and mixture, for each component after the first.
    pub discriminator_steps: u64,
    /// Whether the examples are weighted; without weights the mixture is a plain ensemble of independent
    /// generators.
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
    /// Checks that every number is at least 1.
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

    /// Returns the index, from 0, of the component that is in training after `step` updates.
    pub fn component(&self, step: u64) -> u64 {
        (step / self.steps).min(self.components - 1)
    }
}

/// Returns the weights w of the examples, from the density ratios r of mixture to data and the share β in (0, 1].
///
/// ```
/// use ganscope::gan::reweight;
/// // The mixture is twice too dense at half of the examples, and does not cover the others.
/// assert_eq!(reweight(&[2.0, 0.0, 2.0, 0.0], 0.5), [0.0, 0.5, 0.0, 0.5]);
/// // A mixture that matches the data leaves the weights equal.
/// assert_eq!(reweight(&[1.0; 4], 0.5), [0.25; 4]);
/// ```
pub fn reweight(ratios: &[f64], beta: f64) -> Vec<f64> {
    let n = ratios.len() as f64;
    let mut sorted: Vec<f64> = ratios.to_vec();
    sorted.sort_by(f64::total_cmp);
    // Algorithm 2: λ for the m smallest ratios, with m increasing until the next example would get no weight.
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

    /// λ* is the only value at which the weights sum to one; the test finds it by bisection.
    #[test]
    fn weights_equal_those_of_the_lambda_at_which_they_sum_to_one() {
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
                    low = middle;
                } else {
                    high = middle;
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
