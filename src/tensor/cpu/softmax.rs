//! The cross-entropy of logits over classes, in f64.

use crate::error::Result;
use crate::tensor::device::{Recording, Scalar, Tensor, device};
use dfdx::shapes::HasShape;
use dfdx::tensor::{NoneTape, PutTape, SplitTape, Tape as _, TensorFrom};

pub fn softmax_cross_entropy(logits: Tensor<Recording>, classes: &[usize]) -> Result<Scalar> {
    let (n, count) = *logits.shape();
    let (logits, mut tape) = logits.split_tape();
    let s = logits.as_vec();
    let classes = classes.to_vec();
    let rows = s.chunks_exact(count).zip(&classes);
    let sum: f64 = rows
        .map(|(row, &t)| log_sum_exp(row) - f64::from(row[t]))
        .sum();
    let loss: Scalar<NoneTape> = device().try_tensor((sum / n as f64) as f32)?;
    let value = loss.clone();
    tape.add_backward_op(move |store| {
        let g = f64::from(store.get_or_alloc_mut(&value)?[0]) / n as f64;
        let sum = store.get_or_alloc_mut(&logits)?;
        let rows = s.chunks_exact(count).zip(&classes);
        for (sum, (row, &t)) in sum.chunks_exact_mut(count).zip(rows) {
            let total = log_sum_exp(row);
            for (j, (sum, &s)) in sum.iter_mut().zip(row).enumerate() {
                let hit = f64::from(u8::from(j == t));
                *sum += (g * ((f64::from(s) - total).exp() - hit)) as f32;
            }
        }
        Ok(())
    });
    Ok(loss.put_tape(tape))
}

/// Computes ln Σ eˢ, shifted by the largest s so that nothing overflows.
fn log_sum_exp(row: &[f32]) -> f64 {
    let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let largest = f64::from(largest);
    largest
        + row
            .iter()
            .map(|&s| (f64::from(s) - largest).exp())
            .sum::<f64>()
            .ln()
}
