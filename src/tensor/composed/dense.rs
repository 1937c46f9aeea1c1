//! A fully connected layer, and activations.

use crate::error::Result;
use crate::tensor::activation::Activation;
use crate::tensor::device::{Tape, Tensor};
use dfdx::shapes::{Axes2, Axis, HasShape};
use dfdx::tensor::WithEmptyTape;
use dfdx::tensor_ops::{BroadcastTo, PermuteTo, ReshapeTo, TryAdd, TryMatMul, TryMul, TrySub};

/// Computes x Wᵀ + b for x `[n, in]`, w `[out, in]`, b `[out, 1]`.
///
/// # Errors
/// [`Error::Device`](crate::Error::Device) when the device fails.
pub fn dense<T: Tape>(x: Tensor<T>, w: Tensor, b: Option<Tensor>) -> Result<Tensor<T>> {
    let w = w
        .retaped::<T>()
        .try_permute::<(usize, usize), Axes2<1, 0>>()?;
    let y = x.try_matmul(w)?;
    match b {
        None => Ok(y),
        Some(b) => {
            let size = *y.shape();
            let b = b.retaped::<T>().try_reshape_like(&(size.1,))?;
            Ok(y.try_add(b.try_broadcast_like::<_, Axis<0>>(&size)?)?)
        }
    }
}

/// Computes σ(x) for each number.
///
/// # Errors
/// [`Error::Device`](crate::Error::Device) when the device fails.
pub fn activate<T: Tape>(x: Tensor<T>, activation: Activation) -> Result<Tensor<T>> {
    let copy = x.with_empty_tape();
    // min(x, 0)
    let negative =
        |x: Tensor<T>| -> Result<Tensor<T>> { Ok(x.try_negate()?.try_relu()?.try_negate()?) };
    Ok(match activation {
        Activation::Linear => x,
        Activation::Relu => x.try_relu()?,
        Activation::LeakyRelu { slope } => {
            x.try_relu()?.try_add(negative(copy)?.try_mul(slope)?)?
        }
        Activation::Tanh => x.try_tanh()?,
        Activation::Sigmoid => x.try_sigmoid()?,
        Activation::Softplus => {
            // ln(1 + e^−|x|), where −|x| is computed as x − 2 max(x, 0): its slope at 0 is 1 in dfdx, so that
            // softplus has its slope ½ there.
            let twice = copy.with_empty_tape().try_relu()?.try_mul(2.0)?;
            let tail = copy.try_sub(twice)?.try_exp()?.try_add(1.0)?.try_ln()?;
            x.try_relu()?.try_add(tail)?
        }
        Activation::Elu { alpha } => {
            let tail = negative(copy)?.try_exp()?.try_sub(1.0)?.try_mul(alpha)?;
            x.try_relu()?.try_add(tail)?
        }
    })
}
