//! The cross-entropy of logits against one target probability, in f64.

use crate::tensor::device::{Recording, Scalar, Tensor, device};
use dfdx::tensor::{NoneTape, PutTape, SplitTape, Tape as _, TensorFrom};

pub fn logistic_cross_entropy(scores: Tensor<Recording>, target: f32) -> Scalar {
    let (scores, mut tape) = scores.split_tape();
    let s = scores.as_vec();
    let n = s.len() as f64;
    let t = target as f64;
    // −log σ(s) = softplus(−s)
    let terms = s.iter().map(|&s| {
        let s = s as f64;
        t * softplus(-s) + (1.0 - t) * softplus(s)
    });
    let loss: Scalar<NoneTape> = device().tensor((terms.sum::<f64>() / n) as f32);
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
    loss.put_tape(tape)
}

fn softplus(s: f64) -> f64 {
    s.max(0.0) + (-s.abs()).exp().ln_1p()
}

fn sigmoid(s: f64) -> f64 {
    1.0 / (1.0 + (-s).exp())
}
