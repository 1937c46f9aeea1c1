//! The operations of this module written with dfdx's own: what the feature `cuda` runs, and what
//! the hand-written CPU kernels are tested against. Slower on the CPU, differentiable everywhere.
//!
//! Both convolutions are one idea: gather the numbers under the kernel at each output position (an
//! index per kernel element and position, with one extra row of zeros for what lies outside), then
//! one matrix product.

pub mod tangent;

use super::activation::Activation;
use super::conv::Geometry;
use super::resample::TAPS;
use super::{Recording, Scalar, Tape, Tensor, device};
use crate::error::Result;
use dfdx::shapes::{Axes2, Axes3, Axis, HasShape, Rank0};
use dfdx::tensor::{NoneTape, TensorFrom, TensorFromVec, WithEmptyTape, ZerosTensor};
use dfdx::tensor_ops::{
    BroadcastTo, GatherTo, MaxTo, MeanTo, PermuteTo, ReshapeTo, SumTo, TryAdd, TryConcatAlong,
    TryDiv, TryMatMul, TryMul, TrySub, bce_with_logits,
};

type Matrix = (usize, usize);
type Cube = (usize, usize, usize);

/// x Wᵀ + b for x `[n, in]`, w `[out, in]`, b `[out, 1]`.
///
/// # Errors
/// [`Error::Device`](crate::Error::Device) when the device fails, here and below.
pub fn dense<T: Tape>(x: Tensor<T>, w: Tensor, b: Option<Tensor>) -> Result<Tensor<T>> {
    let w = w.retaped::<T>().try_permute::<Matrix, Axes2<1, 0>>()?;
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

/// σ(x), element by element.
///
/// # Errors
/// As [`dense`].
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
            let tail = copy
                .try_abs()?
                .try_negate()?
                .try_exp()?
                .try_add(1.0)?
                .try_ln()?;
            x.try_relu()?.try_add(tail)?
        }
        Activation::Elu { alpha } => {
            let tail = negative(copy)?.try_exp()?.try_sub(1.0)?.try_mul(alpha)?;
            x.try_relu()?.try_add(tail)?
        }
    })
}

/// Convolution; sizes as in [`conv::conv2d`](super::conv::conv2d), b `[filters, 1]`.
///
/// # Errors
/// As [`dense`].
pub fn conv2d<T: Tape>(
    x: Tensor<T>,
    w: Tensor,
    b: Option<Tensor>,
    g: Geometry,
) -> Result<Tensor<T>> {
    let outside = g.image_len();
    let mut index = Vec::with_capacity(g.taps() * g.positions());
    for tap in 0..g.taps() {
        let (c, ky, kx) = split_tap(tap, g.kernel);
        for position in 0..g.positions() {
            let (oy, ox) = (position / g.out_width(), position % g.out_width());
            let y = (oy * g.stride + ky)
                .checked_sub(g.padding)
                .filter(|y| *y < g.height);
            let x = (ox * g.stride + kx)
                .checked_sub(g.padding)
                .filter(|x| *x < g.width);
            index.push(match (y, x) {
                (Some(y), Some(x)) => (c * g.height + y) * g.width + x,
                _ => outside,
            });
        }
    }
    gathered_product(x, index, g.taps(), w.retaped(), b)
}

/// Transposed convolution; sizes as in [`conv::conv_transpose2d`](super::conv::conv_transpose2d),
/// b `[channels, 1]`.
///
/// # Errors
/// As [`dense`].
pub fn conv_transpose2d<T: Tape>(
    x: Tensor<T>,
    w: Tensor,
    b: Option<Tensor>,
    g: Geometry,
) -> Result<Tensor<T>> {
    let outside = g.map_len();
    let taps = g.filters * g.kernel * g.kernel;
    // y = source·stride + k − padding
    let source = |y: usize, k: usize, size: usize| {
        let offset = (y + g.padding).checked_sub(k)?;
        (offset % g.stride == 0 && offset / g.stride < size).then_some(offset / g.stride)
    };
    let mut index = Vec::with_capacity(taps * g.height * g.width);
    for tap in 0..taps {
        let (f, ky, kx) = split_tap(tap, g.kernel);
        for position in 0..g.height * g.width {
            let y = source(position / g.width, ky, g.out_height());
            let x = source(position % g.width, kx, g.out_width());
            index.push(match (y, x) {
                (Some(y), Some(x)) => (f * g.out_height() + y) * g.out_width() + x,
                _ => outside,
            });
        }
    }
    // [filters, channels, kernel²] → [channels, filters·kernel²]
    let area = g.kernel * g.kernel;
    let w = w
        .retaped::<T>()
        .try_reshape_like(&(g.filters, g.channels, area))?
        .try_permute::<Cube, Axes3<1, 0, 2>>()?
        .try_reshape_like(&(g.channels, taps))?;
    gathered_product(x, index, taps, w, b)
}

fn split_tap(tap: usize, kernel: usize) -> (usize, usize, usize) {
    (tap / (kernel * kernel), tap / kernel % kernel, tap % kernel)
}

/// y `[n, maps·positions]` = w `[maps, taps]` · x gathered by `index` `[taps, positions]`, plus b.
fn gathered_product<T: Tape>(
    x: Tensor<T>,
    index: Vec<usize>,
    taps: usize,
    w: Tensor<T>,
    b: Option<Tensor>,
) -> Result<Tensor<T>> {
    let (n, maps, positions) = (x.shape().0, w.shape().0, index.len() / taps);
    let zeros: Tensor = device().try_zeros_like(&(1, n))?;
    let columns = x.try_permute::<Matrix, Axes2<1, 0>>()?;
    let columns = (columns, zeros.retaped::<T>()).try_concat_along(Axis::<0>)?;
    let index = device().try_tensor_from_vec(index, (taps * positions,))?;
    let patches: Tensor<T> = columns.try_gather(index)?;
    let mut y = w.try_matmul(patches.try_reshape_like(&(taps, positions * n))?)?;
    if let Some(b) = b {
        let b = b.retaped::<T>().try_reshape_like(&(maps,))?;
        y = y.try_add(b.try_broadcast_like::<_, Axis<1>>(&(maps, positions * n))?)?;
    }
    let y = y.try_reshape_like(&(maps * positions, n))?;
    // Made contiguous: what follows reads rows of samples.
    Ok(y.try_permute::<Matrix, Axes2<1, 0>>()?
        .try_reshape_like(&(n, maps * positions))?)
}

/// Every number repeated `factor × factor` times: x `[n, channels·height·width]`.
///
/// # Errors
/// As [`dense`].
pub fn upsample_nearest<T: Tape>(
    x: Tensor<T>,
    (channels, height, width): Cube,
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
    let columns: Tensor<T> = x.try_permute::<Matrix, Axes2<1, 0>>()?.try_gather(index)?;
    Ok(columns
        .try_permute::<Matrix, Axes2<1, 0>>()?
        .try_reshape_like(&(n, length))?)
}

/// The largest of each `pieces` consecutive features (Goodfellow et al. 2013): `[n, k·pieces]` → `[n, k]`.
///
/// # Errors
/// As [`dense`].
pub fn maxout<T: Tape>(x: Tensor<T>, pieces: usize) -> Result<Tensor<T>> {
    let (n, features) = *x.shape();
    let grouped = x.try_reshape_like(&(n, features / pieces, pieces))?;
    Ok(grouped.try_max::<Matrix, Axis<2>>()?)
}

/// x · mask, element by element.
///
/// # Errors
/// As [`dense`].
pub fn masked<T: Tape>(x: Tensor<T>, mask: Tensor) -> Result<Tensor<T>> {
    Ok(x.try_mul(mask.retaped::<T>())?)
}

/// y_p = Σ_k w_pk x_i(p, k) over planes of x `[n, m]`, for taps `[n, plane, 4]` of (i, w).
///
/// # Errors
/// As [`dense`].
pub fn resample<T: Tape>(x: Tensor<T>, taps: &[(usize, f32)], plane: usize) -> Result<Tensor<T>> {
    let (n, m) = *x.shape();
    let planes = n * (m / plane);
    let of_plane = |place: usize| {
        let sample = place / (m / plane);
        &taps[sample * plane * TAPS..][..plane * TAPS]
    };
    let all = (0..planes).flat_map(of_plane);
    let (index, weight): (Vec<usize>, Vec<f32>) = all.copied().unzip();
    let index = device().try_tensor_from_vec(index, (planes, plane * TAPS))?;
    let weight: Tensor = device().try_tensor_from_vec(weight, (planes, plane * TAPS))?;
    let x = x.try_reshape_like(&(planes, plane))?;
    let gathered: Tensor<T> = x.try_gather::<(usize, usize), (usize, usize)>(index)?;
    let each = gathered.try_mul(weight.retaped::<T>())?;
    let each = each.try_reshape_like(&(n, m, TAPS))?;
    Ok(each.try_sum::<Matrix, Axis<2>>()?)
}

/// Some columns of x `[n, m]`, by a product with columns of the unit matrix.
///
/// # Errors
/// As [`dense`].
pub fn columns<T: Tape>(x: Tensor<T>, range: std::ops::Range<usize>) -> Result<Tensor<T>> {
    let (m, k) = (x.shape().1, range.len());
    let mut unit = vec![0.0; m * k];
    for (to, from) in range.enumerate() {
        unit[from * k + to] = 1.0;
    }
    let unit: Tensor = device().try_tensor_from_vec(unit, (m, k))?;
    Ok(x.try_matmul(unit.retaped::<T>())?)
}

/// The mean absolute difference of each row of x and y `[n, m]`: `[n, 1]`.
///
/// # Errors
/// As [`dense`].
pub fn restoration<T: Tape>(x: Tensor, y: Tensor<T>) -> Result<Tensor<T>> {
    let n = y.shape().0;
    let difference = y.try_sub(x.retaped::<T>())?.try_abs()?;
    let means = difference.try_mean::<(usize,), Axis<1>>()?;
    Ok(means.try_reshape_like(&(n, 1))?)
}

/// Appends one channel that holds, everywhere, the mean over all features of their standard
/// deviation over the batch (Karras et al. 2018): a collapsed batch shows itself to D.
/// x `[n, channels·plane]` → `[n, (channels + 1)·plane]`.
///
/// # Errors
/// As [`dense`].
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
    let channel = deviation.try_broadcast_like::<Matrix, Axes2<0, 1>>(&(size.0, plane))?;
    // Concatenation wants what it joins laid out plainly.
    let channel = channel.try_reshape_like(&(size.0, plane))?;
    Ok((x, channel).try_concat_along(Axis::<1>)?)
}

/// (x − μ)/√(σ² + ε) per channel over batch and plane, times γ plus β (both `[channels, 1]`), with
/// μ and σ² of the batch, or given ones (both `[channels]`).
///
/// # Errors
/// As [`dense`].
pub fn batch_norm<T: Tape>(
    x: Tensor<T>,
    gamma: Tensor,
    beta: Tensor,
    eps: f32,
    given: Option<(Vec<f32>, Vec<f32>)>,
) -> Result<Tensor<T>> {
    let (n, features) = *x.shape();
    let channels = gamma.shape().0;
    let cube = (n, channels, features / channels);
    let x = x.try_reshape_like(&cube)?;
    let (mean, variance) = match given {
        Some((mean, variance)) => {
            let channel = |v| device().try_tensor_from_vec(v, (channels,));
            (
                channel(mean)?.retaped::<T>(),
                channel(variance)?.retaped::<T>(),
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
    let channel = |t: Tensor| t.retaped::<T>().try_reshape_like(&(channels,));
    let centred = x.try_sub(mean.try_broadcast_like::<_, Axes2<0, 2>>(&cube)?)?;
    let deviation = variance.try_add(eps)?.try_sqrt()?;
    let scale = channel(gamma)?.try_div(deviation)?;
    let y = centred.try_mul(scale.try_broadcast_like::<_, Axes2<0, 2>>(&cube)?)?;
    let y = y.try_add(channel(beta)?.try_broadcast_like::<_, Axes2<0, 2>>(&cube)?)?;
    Ok(y.try_reshape_like(&(n, features))?)
}

/// (x − μ)/√(σ² + ε) per sample over its features, times γ plus β (both `[features]`, any rank).
///
/// # Errors
/// As [`dense`].
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

/// As [`logistic::cross_entropy`](super::logistic::cross_entropy), but its gradient loses its digits
/// where σ(s) is within f32's precision of the target.
pub fn cross_entropy(scores: Tensor<Recording>, target: f32) -> Scalar {
    let shape = *scores.shape();
    let target: Scalar<NoneTape> = device().tensor(target);
    let targets = target.broadcast_like::<_, Axes2<0, 1>>(&shape);
    bce_with_logits(scores, targets).mean::<Rank0, Axes2<0, 1>>()
}

/// [`softmax::cross_entropy`](super::softmax::cross_entropy); each class must have its column.
///
/// # Errors
/// As [`dense`].
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
