//! The mutual information of the classes that are read off two views of the same samples.

use super::batch::Batch;
use super::device::{Recording, Tensor};
use super::loss::Loss;
use crate::error::Result;
use dfdx::shapes::{Axes2, Axis, Rank0};
use dfdx::tensor::WithEmptyTape;
use dfdx::tensor_ops::{PermuteTo, SumTo, TryMatMul};

/// Computes −Σ P ln(P/(P_c P_c′)) in nats, for the logits `[n, classes]` of two views of n samples.
///
/// With Q and Q′ the softmax of the logits, P = (QᵀQ′ + Q′ᵀQ)/2n, which is symmetric.
///
/// ```
/// use ganscope::tensor::{Batch, mutual_information::negative_mutual_information};
/// // Both views put the first sample into class 0 and the second into class 1, almost surely.
/// let logits = || Ok::<_, ganscope::Error>(Batch::new(vec![9.0, -9.0, -9.0, 9.0], 2, 2)?.record());
/// let loss = negative_mutual_information(logits()?, logits()?)?;
/// assert!((loss.value() + 2f64.ln()).abs() < 1e-5);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Device`](crate::Error::Device) when the device fails.
///
/// # Panics
/// When the shapes differ.
pub fn negative_mutual_information(
    logits: Batch<Recording>,
    other: Batch<Recording>,
) -> Result<Loss> {
    let n = logits.rows() as f32;
    let q = logits.into_tensor()?.softmax::<Axis<1>>();
    let other = other.into_tensor()?.softmax::<Axis<1>>();
    let transposed = |q: &Tensor<Recording>| q.with_empty_tape().permute::<_, Axes2<1, 0>>();
    let (q_transposed, other_transposed) = (transposed(&q), transposed(&other));
    let pairs = q_transposed.matmul(other) + other_transposed.matmul(q);
    let joint = pairs * (0.5 / n);
    // A class that no sample has adds 0 to Σ p ln p, not 0 · ∞: the logarithm is of a positive number.
    let marginal = joint.with_empty_tape().sum::<(usize,), Axis<1>>();
    let logarithm = (marginal.with_empty_tape() + f32::MIN_POSITIVE).ln();
    let marginal_sum = (marginal * logarithm).sum::<Rank0, Axis<0>>();
    let logarithm = (joint.with_empty_tape() + f32::MIN_POSITIVE).ln();
    let joint_sum = (joint * logarithm).sum::<Rank0, Axes2<0, 1>>();
    Ok(Loss(marginal_sum * 2.0 - joint_sum))
}
