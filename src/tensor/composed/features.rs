//! Operations on the features or pixels of each sample.

use crate::error::Result;
use crate::tensor::device::{Tape, Tensor, device};
use crate::tensor::taps::TAPS;
use dfdx::shapes::{Axes2, Axis, HasShape};
use dfdx::tensor::{TensorFromVec, WithEmptyTape};
use dfdx::tensor_ops::{
    BroadcastTo, GatherTo, MaxTo, MeanTo, PermuteTo, ReshapeTo, SumTo, TryAdd, TryConcatAlong,
    TryMatMul, TryMul, TrySub,
};

/// Repeats every number of x `[n, channels·height·width]` `factor × factor` times.
///
/// # Errors
/// [`Error::Device`](crate::Error::Device) when the device fails.
pub fn upsample_nearest<T: Tape>(
    x: Tensor<T>,
    (channels, height, width): (usize, usize, usize),
    factor: usize,
) -> Result<Tensor<T>> {
    let (tall, wide) = (height * factor, width * factor);
    let index: Vec<usize> = (0..channels * tall * wide)
        .map(|i| {
            let (c, y, x) = (i / (tall * wide), i / wide % tall, i % wide);
            (c * height + y / factor) * width + x / factor
        })
        .collect();
    let (n, length) = (x.shape().0, index.len());
    let index = device().try_tensor_from_vec(index, (length,))?;
    let columns: Tensor<T> = x
        .try_permute::<(usize, usize), Axes2<1, 0>>()?
        .try_gather(index)?;
    Ok(columns
        .try_permute::<(usize, usize), Axes2<1, 0>>()?
        .try_reshape_like(&(n, length))?)
}

/// Computes the largest of each `pieces` consecutive features (Goodfellow et al. 2013), for x
/// `[n, k·pieces]`; the result is `[n, k]`.
///
/// # Errors
/// [`Error::Device`](crate::Error::Device) when the device fails.
pub fn maxout<T: Tape>(x: Tensor<T>, pieces: usize) -> Result<Tensor<T>> {
    let (n, features) = *x.shape();
    let grouped = x.try_reshape_like(&(n, features / pieces, pieces))?;
    Ok(grouped.try_max::<(usize, usize), Axis<2>>()?)
}

/// Multiplies each number by the number of `mask` in the same place.
///
/// # Errors
/// [`Error::Device`](crate::Error::Device) when the device fails.
pub fn masked<T: Tape>(x: Tensor<T>, mask: Tensor) -> Result<Tensor<T>> {
    Ok(x.try_mul(mask.retaped::<T>())?)
}

/// Computes a + b.
///
/// # Errors
/// [`Error::Device`](crate::Error::Device) when the device fails.
pub fn sum<T: Tape>(a: Tensor<T>, b: Tensor) -> Result<Tensor<T>> {
    Ok(a.try_add(b.retaped::<T>())?)
}

/// Computes y_p = Σ_k w_pk x_i(p, k) for each plane of x `[n, m]`, for taps `[n, plane, 4]` of (i, w).
///
/// # Errors
/// [`Error::Device`](crate::Error::Device) when the device fails.
pub fn resample<T: Tape>(x: Tensor<T>, taps: &[(usize, f32)], plane: usize) -> Result<Tensor<T>> {
    let (n, m) = *x.shape();
    let planes = n * (m / plane);
    let of_plane = |index: usize| {
        let sample = index / (m / plane);
        &taps[sample * plane * TAPS..][..plane * TAPS]
    };
    let all = (0..planes).flat_map(of_plane);
    let (index, weight): (Vec<usize>, Vec<f32>) = all.copied().unzip();
    let index = device().try_tensor_from_vec(index, (planes, plane * TAPS))?;
    let weight: Tensor = device().try_tensor_from_vec(weight, (planes, plane * TAPS))?;
    let x = x.try_reshape_like(&(planes, plane))?;
    let gathered: Tensor<T> = x.try_gather::<(usize, usize), (usize, usize)>(index)?;
    let terms = gathered.try_mul(weight.retaped::<T>())?;
    let terms = terms.try_reshape_like(&(n, m, TAPS))?;
    Ok(terms.try_sum::<(usize, usize), Axis<2>>()?)
}

/// Returns some columns of x `[n, m]`, by a product with columns of the unit matrix.
///
/// # Errors
/// [`Error::Device`](crate::Error::Device) when the device fails.
pub fn columns<T: Tape>(x: Tensor<T>, range: std::ops::Range<usize>) -> Result<Tensor<T>> {
    let (m, k) = (x.shape().1, range.len());
    let mut unit = vec![0.0; m * k];
    for (to, from) in range.enumerate() {
        unit[from * k + to] = 1.0;
    }
    let unit: Tensor = device().try_tensor_from_vec(unit, (m, k))?;
    Ok(x.try_matmul(unit.retaped::<T>())?)
}

/// Appends one channel that holds the mean, over all features, of their standard deviation over the
/// batch (Karras et al. 2018). x is `[n, channels·plane]`, the result `[n, (channels + 1)·plane]`.
///
/// # Errors
/// [`Error::Device`](crate::Error::Device) when the device fails.
pub fn minibatch_stddev<T: Tape>(x: Tensor<T>, plane: usize) -> Result<Tensor<T>> {
    let size = *x.shape();
    let copy = x.with_empty_tape();
    let mean = copy.with_empty_tape().try_mean::<(usize,), Axis<0>>()?;
    let centred = copy.try_sub(mean.try_broadcast_like::<_, Axis<0>>(&size)?)?;
    let variance = centred.try_square()?.try_mean::<(usize,), Axis<0>>()?;
    let deviation = variance
        .try_add(1e-8)?
        .try_sqrt()?
        .try_mean::<(), Axis<0>>()?;
    // The broadcast is not reshaped: on a GPU, dfdx's gradient of a reshaped broadcast is that of one number.
    let channel = deviation.try_broadcast_like::<(usize, usize), Axes2<0, 1>>(&(size.0, plane))?;
    Ok((x, channel).try_concat_along(Axis::<1>)?)
}
