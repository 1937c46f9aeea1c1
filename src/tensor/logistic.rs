//! The cross-entropy of scores that are logits of a probability.

use super::backend;
use super::loss::Loss;
use super::scores::Scores;

/// Computes E\[−(t log σ(s) + (1 − t) log(1 − σ(s)))\] over all scores s, for one target probability t.
///
/// The gradient of each score, σ(s) − t, is computed as (1 − t) σ(s) − t σ(−s), in which no digits
/// cancel: a score of −30 against t = 0 still has the gradient e⁻³⁰. (dfdx's `bce_with_logits` gives 0
/// below −17.)
pub fn cross_entropy(scores: Scores, target: f64) -> Loss {
    Loss(backend::logistic_cross_entropy(scores.0, target as f32))
}
