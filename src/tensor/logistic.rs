//! The cross-entropy of a logit, precise however sure the logit is.

use super::{Loss, Scores};

/// E[−(t log σ(s) + (1 − t) log(1 − σ(s)))] over all scores s, for one target probability t.
///
/// Its gradient, σ(s) − t a score, is summed as (1 − t) σ(s) − t σ(−s): no digits cancel, so a score
/// of −30 against t = 0 still gives e⁻³⁰. (dfdx's `bce_with_logits` gives 0 below −17.)
pub fn cross_entropy(scores: Scores, target: f64) -> Loss {
    // The target is a number in single precision, as all numbers on the tape are.
    let target = target as f32;
    #[cfg(not(feature = "cuda"))]
    {
        use dfdx::tensor::{PutTape, SplitTape, Tape as _, TensorFrom};
        let (scores, mut tape) = scores.0.split_tape();
        let s = scores.as_vec();
        let n = s.len() as f64;
        let t = target as f64;
        // −log σ(s) = softplus(−s)
        let terms = s.iter().map(|&s| {
            let s = s as f64;
            t * softplus(-s) + (1.0 - t) * softplus(s)
        });
        let mean = super::device().tensor((terms.sum::<f64>() / n) as f32);
        let loss: super::Scalar<dfdx::tensor::NoneTape> = mean;
        let value = loss.clone();
        tape.add_backward_op(move |store| {
            let g = store.get_or_alloc_mut(&value)?[0] as f64;
            let sum = store.get_or_alloc_mut(&scores)?;
            for (sum, s) in sum.iter_mut().zip(&s) {
                let s = *s as f64;
                *sum += (g / n * ((1.0 - t) * sigmoid(s) - t * sigmoid(-s))) as f32;
            }
            Ok(())
        });
        Loss(loss.put_tape(tape))
    }
    #[cfg(feature = "cuda")]
    Loss(super::composed::cross_entropy(scores.0, target))
}

#[cfg(not(feature = "cuda"))]
fn softplus(s: f64) -> f64 {
    s.max(0.0) + (-s.abs()).exp().ln_1p()
}

#[cfg(not(feature = "cuda"))]
fn sigmoid(s: f64) -> f64 {
    1.0 / (1.0 + (-s).exp())
}
