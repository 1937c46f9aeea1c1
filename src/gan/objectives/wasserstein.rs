//! Wasserstein GAN (Arjovsky et al. 2017).
//!
//! $$ L_D = \mathbb{E}_z[D(G(z))] - \mathbb{E}_x[D(x)], \qquad L_G = -\mathbb{E}_z[D(G(z))] $$
//!
//! D is a *critic*: its score is a potential, not a probability. Over all D with slope at most 1 the maximum of
//! −L_D is W₁(p_r, p_θ) (Kantorovich & Rubinstein 1958). The loss itself does not bound the slope; that is done by
//! clipping the weights, by a [penalty](crate::gan::PenaltyConfig) on the gradient, or by spectral normalisation.

use crate::gan::objective::{MeanOutputs, Measurement, Objective};
use crate::tensor::scores::mean;
use crate::tensor::{Loss, Scores};
use serde::{Deserialize, Serialize};

/// The difference of the critic's mean scores.
///
/// ```
/// use ganscope::gan::{Objective, Scores, Wasserstein};
/// use ganscope::tensor::Batch;
/// let scores = |s| Scores::of(Batch::new(s, 2, 1)?.record());
/// let l_d = Wasserstein {}.discriminator(scores(vec![3.0, 5.0])?, scores(vec![1.0, 2.0])?);
/// assert!((l_d.value() + 2.5).abs() < 1e-6);
/// # Ok::<(), ganscope::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wasserstein {}

impl Wasserstein {
    /// Estimates W₁, in the data's unit of length, from the mean scores of a critic whose mean slope is
    /// E‖∇D‖: (E[D(x)] − E[D(x̃)]) / E‖∇D‖.
    ///
    /// Without the division the estimate would be too large. Among critics a·f, where f attains W₁ with slope 1,
    /// aW₁ − λ(a − 1)² is largest at a = 1 + W₁/2λ: at λ = 10, a distance of 3 would be estimated as 3.45.
    ///
    /// ```
    /// use ganscope::gan::Wasserstein;
    /// let (w1, lambda) = (3.0, 10.0);
    /// let a = 1.0 + w1 / (2.0 * lambda);
    /// assert!((Wasserstein::distance(a * w1, 0.0, a) - 3.0f64).abs() < 1e-12);
    /// ```
    pub fn distance(on_real: f64, on_generated: f64, slope: f64) -> f64 {
        (on_real - on_generated) / slope
    }
}

impl Objective for Wasserstein {
    fn discriminator(&self, real: Scores, generated: Scores) -> Loss {
        mean(generated) + mean(real) * -1.0
    }

    fn generator(&self, generated: Scores) -> Loss {
        mean(generated) * -1.0
    }

    fn probability(&self, _: f64) -> Option<f64> {
        None
    }

    fn equilibrium(&self) -> Option<f64> {
        Some(0.0)
    }

    fn is_bounded_below(&self) -> bool {
        false
    }

    /// W₁, where the mean slope of the critic is known.
    fn measurements(&self, means: &MeanOutputs) -> Vec<Measurement> {
        let distance = |slope| Measurement {
            key: "w1",
            value: Wasserstein::distance(means.real, means.generated, slope),
        };
        means.slope.map(distance).into_iter().collect()
    }
}
