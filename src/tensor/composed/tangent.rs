//! The operations of [`tensor::tangent`](crate::tensor::tangent) written with dfdx's own.
//!
//! Of two tensors, the tangent carries the tape; the other stands for itself by its name on it.

use super::Matrix;
use crate::error::Result;
use crate::tensor::activation::Activation;
use crate::tensor::{Tape, Tensor, device};
use dfdx::shapes::{Axes2, Axis, HasShape};
use dfdx::tensor::{TensorFrom, WithEmptyTape};
use dfdx::tensor_ops::{
    BroadcastTo, ChooseFrom, MeanTo, ReshapeTo, SumTo, TryAdd, TryConcatAlong, TryDiv, TryGt,
    TryMul, TrySub,
};

/// σ' ȧ, with σ' a function of y = σ(x).
///
/// # Errors
/// [`Error::Device`](crate::Error::Device) when the device fails, here and below.
pub fn activate<T: Tape>(y: Tensor, da: Tensor<T>, activation: Activation) -> Result<Tensor<T>> {
    // `above` where y > 0, else `below`
    let step = |above: f32, below: f32| -> Result<Tensor<T>> {
        let everywhere = |value: f32| -> Result<Tensor> {
            let value = device().try_tensor(value)?;
            Ok(value.try_broadcast_like::<_, Axes2<0, 1>>(y.shape())?)
        };
        let chosen = (y.try_gt(0.0)?).try_choose(everywhere(above)?, everywhere(below)?)?;
        Ok(chosen.retaped())
    };
    let y = y.retaped::<T>();
    let slope = match activation {
        Activation::Linear => return Ok(da),
        Activation::Relu => step(1.0, 0.0)?,
        Activation::LeakyRelu { slope } => step(1.0, slope)?,
        Activation::Tanh => y.try_square()?.try_negate()?.try_add(1.0)?,
        Activation::Sigmoid => {
            let square = y.with_empty_tape().try_square()?;
            y.try_sub(square)?
        }
        Activation::Softplus => {
            let tail = y.try_negate()?.try_exp()?;
            tail.try_negate()?.try_add(1.0)?
        }
        Activation::Elu { alpha } => {
            // min(y, 0) + α for y ≤ 0, else 1
            let low = y.try_negate()?.try_relu()?.try_negate()?;
            low.try_add(step(1.0, alpha)?)?
        }
    };
    Ok(da.try_mul(slope)?)
}

/// See [`maxout`](super::maxout): ẋ · mask summed over each group; the mask is 1 where x is the largest.
///
/// # Errors
/// As [`activate`].
pub fn maxout<T: Tape>(dx: Tensor<T>, mask: Tensor, pieces: usize) -> Result<Tensor<T>> {
    let (n, features) = *dx.shape();
    let chosen = super::masked(dx, mask)?.try_reshape_like(&(n, features / pieces, pieces))?;
    Ok(chosen.try_sum::<Matrix, Axis<2>>()?)
}

/// See [`minibatch_stddev`](super::minibatch_stddev): a deviation s_j moves by mean(c ẋ)/s_j.
///
/// # Errors
/// As [`activate`].
pub fn minibatch_stddev<T: Tape>(x: Tensor<T>, dx: Tensor<T>, plane: usize) -> Result<Tensor<T>> {
    let size = *x.shape();
    let mean = x.with_empty_tape().try_mean::<(usize,), Axis<0>>()?;
    let centred = x.try_sub(mean.try_broadcast_like::<_, Axis<0>>(&size)?)?;
    let variance = (centred.with_empty_tape().try_square()?).try_mean::<(usize,), Axis<0>>()?;
    let deviation = variance.try_add(1e-8)?.try_sqrt()?;
    let copy = dx.with_empty_tape();
    let along = centred.try_mul(copy)?.try_mean::<(usize,), Axis<0>>()?;
    let moved = along.try_div(deviation)?.try_mean::<(), Axis<0>>()?;
    let channel = moved.try_broadcast_like::<Matrix, Axes2<0, 1>>(&(size.0, plane))?;
    Ok((dx, channel).try_concat_along(Axis::<1>)?)
}

/// γ (ċ − h m)/s per channel over batch and plane, γ `[channels, 1]`; symbols as in the kernel.
///
/// # Errors
/// As [`activate`].
pub fn batch_norm<T: Tape>(
    x: Tensor<T>,
    dx: Tensor<T>,
    gamma: Tensor,
    eps: f32,
) -> Result<Tensor<T>> {
    let (n, features) = *x.shape();
    let channels = gamma.shape().0;
    let cube = (n, channels, features / channels);
    let mean = |t: Tensor3<T>| -> Result<Tensor3<T>> {
        let mean = t.try_mean::<(usize,), Axes2<0, 2>>()?;
        Ok(mean.try_broadcast_like::<_, Axes2<0, 2>>(&cube)?)
    };
    let t = tangent(
        x.try_reshape_like(&cube)?,
        dx.try_reshape_like(&cube)?,
        eps,
        mean,
    )?;
    let gamma = gamma.retaped::<T>().try_reshape_like(&(channels,))?;
    let y = t.try_mul(gamma.try_broadcast_like::<_, Axes2<0, 2>>(&cube)?)?;
    Ok(y.try_reshape_like(&(n, features))?)
}

/// γ (ċ − h m)/s per sample over its features, γ `[features]` of any rank.
///
/// # Errors
/// As [`activate`].
pub fn layer_norm<T: Tape>(
    x: Tensor<T>,
    dx: Tensor<T>,
    gamma: Tensor,
    eps: f32,
) -> Result<Tensor<T>> {
    let (n, features) = *x.shape();
    let cube = (n, 1, features);
    let mean = |t: Tensor3<T>| -> Result<Tensor3<T>> {
        let mean = t.try_mean::<Matrix, Axis<2>>()?;
        Ok(mean.try_broadcast_like::<_, Axis<2>>(&cube)?)
    };
    let t = tangent(
        x.try_reshape_like(&cube)?,
        dx.try_reshape_like(&cube)?,
        eps,
        mean,
    )?;
    let gamma = gamma.retaped::<T>().try_reshape_like(&(features,))?;
    let gamma = gamma.try_broadcast_like::<_, Axes2<0, 1>>(&cube)?;
    Ok(t.try_mul(gamma)?.try_reshape_like(&(n, features))?)
}

type Tensor3<T> = dfdx::tensor::Tensor<super::Cube, f32, crate::tensor::Device, T>;

/// (ċ − h m)/s, where `mean` gives every number the mean of its group.
fn tangent<T: Tape>(
    x: Tensor3<T>,
    dx: Tensor3<T>,
    eps: f32,
    mean: impl Fn(Tensor3<T>) -> Result<Tensor3<T>>,
) -> Result<Tensor3<T>> {
    let (x_mean, dx_mean) = (mean(x.with_empty_tape())?, mean(dx.with_empty_tape())?);
    let (c, dc) = (x.try_sub(x_mean)?, dx.try_sub(dx_mean)?);
    let s = (mean(c.with_empty_tape().try_square()?)?.try_add(eps)?).try_sqrt()?;
    let h = c.try_div(s.with_empty_tape())?;
    let m = mean(h.with_empty_tape().try_mul(dc.with_empty_tape())?)?;
    Ok(dc.try_sub(h.try_mul(m)?)?.try_div(s)?)
}
