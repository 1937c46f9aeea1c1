//! Batch norm and layer norm.

use crate::error::Result;
use crate::tensor::device::{Tape, Tensor, device};
use crate::tensor::moments::Moments;
use dfdx::shapes::{Axes2, Axis, HasShape};
use dfdx::tensor::{TensorFromVec, WithEmptyTape};
use dfdx::tensor_ops::{BroadcastTo, MeanTo, ReshapeTo, TryAdd, TryDiv, TryMul, TrySub};

/// Computes γ (x − μ)/√(σ² + ε) + β for each channel; γ and β are `[channels, 1]`.
///
/// μ and σ² are the `running` moments, or the moments over batch and plane, which are then returned.
///
/// # Errors
/// [`Error::Device`](crate::Error::Device) when the device fails.
pub fn batch_norm<T: Tape>(
    x: Tensor<T>,
    gamma: Tensor,
    beta: Tensor,
    eps: f32,
    running: Option<&Moments>,
) -> Result<(Tensor<T>, Option<Moments>)> {
    let (n, features) = *x.shape();
    let channels = gamma.shape().0;
    let cube = (n, channels, features / channels);
    let x = x.try_reshape_like(&cube)?;
    let (mean, variance) = match running {
        Some(running) => {
            let channel = |v: &[f32]| device().try_tensor_from_vec(v.to_vec(), (channels,));
            (
                channel(&running.mean)?.retaped::<T>(),
                channel(&running.variance)?.retaped::<T>(),
            )
        }
        None => {
            let mean = x.with_empty_tape().try_mean::<(usize,), Axes2<0, 2>>()?;
            let wide = mean
                .with_empty_tape()
                .try_broadcast_like::<_, Axes2<0, 2>>(&cube)?;
            let centred = x.with_empty_tape().try_sub(wide)?;
            (
                mean,
                centred.try_square()?.try_mean::<(usize,), Axes2<0, 2>>()?,
            )
        }
    };
    let of_batch = running.is_none().then(|| Moments {
        mean: mean.as_vec(),
        variance: variance.as_vec(),
    });
    let channel = |t: Tensor| t.retaped::<T>().try_reshape_like(&(channels,));
    let centred = x.try_sub(mean.try_broadcast_like::<_, Axes2<0, 2>>(&cube)?)?;
    let deviation = variance.try_add(eps)?.try_sqrt()?;
    let scale = channel(gamma)?.try_div(deviation)?;
    let y = centred.try_mul(scale.try_broadcast_like::<_, Axes2<0, 2>>(&cube)?)?;
    let y = y.try_add(channel(beta)?.try_broadcast_like::<_, Axes2<0, 2>>(&cube)?)?;
    Ok((y.try_reshape_like(&(n, features))?, of_batch))
}

/// Computes γ (x − μ)/√(σ² + ε) + β for each sample over its features; γ and β have `features` numbers in
/// any shape.
///
/// # Errors
/// [`Error::Device`](crate::Error::Device) when the device fails.
pub fn layer_norm<T: Tape>(
    x: Tensor<T>,
    gamma: Tensor,
    beta: Tensor,
    eps: f32,
) -> Result<Tensor<T>> {
    let size = *x.shape();
    let mean = x.with_empty_tape().try_mean::<(usize,), Axis<1>>()?;
    let centred = x.try_sub(mean.try_broadcast_like::<_, Axis<1>>(&size)?)?;
    let variance = centred
        .with_empty_tape()
        .try_square()?
        .try_mean::<(usize,), Axis<1>>()?;
    let deviation = variance.try_add(eps)?.try_sqrt()?;
    let feature = |t: Tensor| t.retaped::<T>().try_reshape_like(&(size.1,));
    let y = centred.try_div(deviation.try_broadcast_like::<_, Axis<1>>(&size)?)?;
    let y = y.try_mul(feature(gamma)?.try_broadcast_like::<_, Axis<0>>(&size)?)?;
    Ok(y.try_add(feature(beta)?.try_broadcast_like::<_, Axis<0>>(&size)?)?)
}
