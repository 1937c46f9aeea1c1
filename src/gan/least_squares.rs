//! Least-squares GAN (Mao et al. 2017).
//!
//! $$ L_D = \tfrac12\,\mathbb{E}_x[(D(x) - b)^2] + \tfrac12\,\mathbb{E}_z[(D(G(z)) - a)^2] $$
//! $$ L_G = \tfrac12\,\mathbb{E}_z[(D(G(z)) - c)^2] $$
//!
//! With b − c = 1 and b − a = 2 the generator minimises the Pearson χ² divergence between
//! p_r + p_θ and 2 p_θ; the 0-1 coding below is the one the paper trains with.

use super::{Loss, Objective, Scores, squared_error};
use serde::{Deserialize, Serialize};

/// Targets of the squared error: `a` for generated, `b` for real, `c` for what G wants.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LeastSquares {
    pub a: f64,
    pub b: f64,
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

    /// The optimal D is (b p_r + a p_θ)/(p_r + p_θ), so its place between a and b is P(real).
    fn probability(&self, score: f64) -> Option<f64> {
        Some((score - self.a) / (self.b - self.a))
    }

    /// D is then constant at (a + b)/2.
    fn equilibrium(&self) -> Option<f64> {
        Some((self.b - self.a).powi(2) / 4.0)
    }
}
