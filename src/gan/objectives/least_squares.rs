//! Least-squares GAN (Mao et al. 2017).
//!
//! $$ L_D = \tfrac12\,\mathbb{E}_x[(D(x) - b)^2] + \tfrac12\,\mathbb{E}_z[(D(G(z)) - a)^2] $$
//! $$ L_G = \tfrac12\,\mathbb{E}_z[(D(G(z)) - c)^2] $$
//!
//! With b − c = 1 and b − a = 2 the generator minimises the Pearson χ² divergence between
//! p_r + p_θ and 2 p_θ. The default targets, 0 and 1, are those the paper trains with.

use crate::error::{Error, Result};
use crate::gan::objective::Objective;
use crate::tensor::scores::squared_error;
use crate::tensor::{Loss, Scores};
use serde::{Deserialize, Serialize};

/// Targets of the squared errors.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LeastSquares {
    /// Target of D for generated samples.
    pub a: f64,
    /// Target of D for real samples.
    pub b: f64,
    /// Target of G for the scores of generated samples.
    pub c: f64,
}

impl Default for LeastSquares {
    fn default() -> Self {
        Self {
            a: 0.0,
            b: 1.0,
            c: 1.0,
        }
    }
}

impl Objective for LeastSquares {
    fn discriminator(&self, real: Scores, generated: Scores) -> Loss {
        (squared_error(real, self.b) + squared_error(generated, self.a)) * 0.5
    }

    fn generator(&self, generated: Scores) -> Loss {
        squared_error(generated, self.c) * 0.5
    }

    /// The optimal D is (b p_r + a p_θ)/(p_r + p_θ), so P(real) is the position of the score between a and b.
    fn probability(&self, score: f64) -> Option<f64> {
        Some((score - self.a) / (self.b - self.a))
    }

    /// At equilibrium D is constant at (a + b)/2.
    fn equilibrium(&self) -> Option<f64> {
        Some((self.b - self.a).powi(2) / 4.0)
    }

    fn validate(&self) -> Result<()> {
        let LeastSquares { a, b, c } = self;
        if a.is_finite() && b.is_finite() && c.is_finite() && a != b {
            return Ok(());
        }
        Err(Error::setting(
            "objective",
            format!(
                "objective.a, b and c must be finite, and a must differ from b; got a = {a}, b = {b}, c = {c}"
            ),
        ))
    }
}
