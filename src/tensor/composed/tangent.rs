//! The operations of [`tensor::tangent`](crate::tensor::tangent) composed of dfdx's own.
//!
//! The tangent carries the tape; the tape knows the other tensor by its identifier.

use super::features::masked;
use crate::error::Result;
use crate::tensor::activation::Activation;
use crate::tensor::device::{Device, Tape, Tensor, device};
use dfdx::shapes::{Axes2, Axis, HasShape};
use dfdx::tensor::{TensorFrom, WithEmptyTape};
use dfdx::tensor_ops::{
    BroadcastTo, ChooseFrom, MeanTo, ReshapeTo, SumTo, TryAdd, TryConcatAlong, TryDiv, TryGt,
    TryMul, TrySub,
};

/// Computes σ'(x) ȧ, where σ'(x) is a function of y = σ(x).
///
/// # Errors
/// [`Error::Device`](crate::Error::Device) when the device fails.
pub fn activate<T: Tape>(y: Tensor, da: Tensor<T>, activation: Activation) -> Result<Tensor<T>> {
    // Returns `above` where y > 0 and `below` elsewhere.
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
            // The slope is y + α for y ≤ 0, and 1 elsewhere.
            let low = y.try_negate()?.try_relu()?.try_negate()?;
            low.try_add(step(1.0, alpha)?)?
        }
    };
    Ok(da.try_mul(slope)?)
}

/// Computes the tangent of [`maxout`](super::maxout): the sum of ẋ · mask over each group, where the mask
/// is 1 if x is the largest.
///
/// # Errors
/// [`Error::Device`](crate::Error::Device) when the device fails.
pub fn maxout<T: Tape>(dx: Tensor<T>, mask: Tensor, pieces: usize) -> Result<Tensor<T>> {
    let (n, features) = *dx.shape();
    let chosen = masked(dx, mask)?.try_reshape_like(&(n, features / pieces, pieces))?;
    Ok(chosen.try_sum::<(usize, usize), Axis<2>>()?)
}

/// Computes the tangent of [`minibatch_stddev`](super::minibatch_stddev): the derivative of a deviation
/// s_j is mean(c ẋ)/s_j.
///
/// # Errors
/// [`Error::Device`](crate::Error::Device) when the device fails.
pub fn minibatch_stddev<T: Tape>(x: Tensor<T>, dx: Tensor<T>, plane: usize) -> Result<Tensor<T>> {
    let size = *x.shape();
    let mean = x.with_empty_tape().try_mean::<(usize,), Axis<0>>()?;
    let centred = x.try_sub(mean.try_broadcast_like::<_, Axis<0>>(&size)?)?;
    let variance = (centred.with_empty_tape().try_square()?).try_mean::<(usize,), Axis<0>>()?;
    let deviation = variance.try_add(1e-8)?.try_sqrt()?;
    let copy = dx.with_empty_tape();
    let product = centred.try_mul(copy)?.try_mean::<(usize,), Axis<0>>()?;
    let change = product.try_div(deviation)?.try_mean::<(), Axis<0>>()?;
    let channel = change.try_broadcast_like::<(usize, usize), Axes2<0, 1>>(&(size.0, plane))?;
    Ok((dx, channel).try_concat_along(Axis::<1>)?)
}

/// Computes γ (ċ − h m)/s for each channel over batch and plane, with γ `[channels, 1]`.
///
/// With c = x − mean x and ċ = ẋ − mean ẋ, s is the deviation √(mean c² + ε), h = c/s and m = mean(h ċ).
///
/// # Errors
/// [`Error::Device`](crate::Error::Device) when the device fails.
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

/// Computes γ (ċ − h m)/s for each sample over its features; γ has `features` numbers in any shape. The
/// symbols are those of [`batch_norm`].
///
/// # Errors
/// [`Error::Device`](crate::Error::Device) when the device fails.
pub fn layer_norm<T: Tape>(
    x: Tensor<T>,
    dx: Tensor<T>,
    gamma: Tensor,
    eps: f32,
) -> Result<Tensor<T>> {
    let (n, features) = *x.shape();
    let cube = (n, 1, features);
    let mean = |t: Tensor3<T>| -> Result<Tensor3<T>> {
        let mean = t.try_mean::<(usize, usize), Axis<2>>()?;
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

type Tensor3<T> = dfdx::tensor::Tensor<(usize, usize, usize), f32, Device, T>;

/// Computes (ċ − h m)/s, where `mean` replaces every number by the mean of its group.
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
