//! Reconstruction errors and cross-entropies.

use crate::error::Result;
use crate::tensor::device::{Recording, Scalar, Tape, Tensor, device};
use dfdx::shapes::{Axes2, Axis, HasShape, Rank0};
use dfdx::tensor::{TensorFromVec, WithEmptyTape};
use dfdx::tensor_ops::{MeanTo, ReshapeTo, SumTo, TryMul, TrySub};

/// Computes the mean absolute difference of each row of x and y `[n, m]`; the result is `[n, 1]`.
///
/// # Errors
/// [`Error::Device`](crate::Error::Device) when the device fails.
pub fn restoration<T: Tape>(x: Tensor, y: Tensor<T>) -> Result<Tensor<T>> {
    let n = y.shape().0;
    let difference = y.try_sub(x.retaped::<T>())?.try_abs()?;
    let means = difference.try_mean::<(usize,), Axis<1>>()?;
    Ok(means.try_reshape_like(&(n, 1))?)
}

/// Computes [`logistic::cross_entropy`](crate::tensor::logistic::cross_entropy).
///
/// −log σ(s) is computed as softplus(−s), in whose gradient no digits cancel.
pub fn cross_entropy(scores: Tensor<Recording>, target: f32) -> Scalar {
    let softplus = |s: Tensor<Recording>| {
        let twice = s.with_empty_tape().relu() * 2.0;
        let tail = (s.with_empty_tape() - twice).exp() + 1.0;
        s.relu() + tail.ln()
    };
    let hit = softplus(scores.with_empty_tape().negate()) * target;
    let miss = softplus(scores) * (1.0 - target);
    (miss + hit).mean::<Rank0, Axes2<0, 1>>()
}

/// Computes [`softmax::cross_entropy`](crate::tensor::softmax::cross_entropy); each class must have a column.
///
/// # Errors
/// [`Error::Device`](crate::Error::Device) when the device fails.
pub fn softmax_cross_entropy(logits: Tensor<Recording>, classes: &[usize]) -> Result<Scalar> {
    let (n, count) = *logits.shape();
    let mut hits = vec![0.0; n * count];
    for (row, &t) in hits.chunks_exact_mut(count).zip(classes) {
        row[t] = -1.0 / n as f32;
    }
    let hits = device().try_tensor_from_vec(hits, (n, count))?;
    let logs = logits.try_log_softmax::<Axis<1>>()?;
    Ok(logs
        .try_mul(hits.retaped::<Recording>())?
        .try_sum::<Rank0, Axes2<0, 1>>()?)
}
