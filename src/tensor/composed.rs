//! The operations of this module written with dfdx's own: what the feature `cuda` runs, and what
//! the hand-written CPU kernels are tested against. Slower on the CPU, differentiable everywhere.
//!
//! Both convolutions are one matrix product and one `gather`: a convolution gathers the numbers under
//! the kernel at each position and multiplies them by W; a transposed one multiplies by Wᵀ first and sums
//! what falls on each number.

mod gather;
pub mod tangent;

use super::activation::Activation;
use super::conv::Geometry;
use super::normalize::Moments;
use super::resample::TAPS;
use super::{Recording, Scalar, Tape, Tensor, device};
use crate::error::Result;
use dfdx::shapes::{Axes2, Axis, HasShape, Rank0};
use dfdx::tensor::{TensorFromVec, WithEmptyTape};
use dfdx::tensor_ops::{
    BroadcastTo, GatherTo, MaxTo, MeanTo, PermuteTo, ReshapeTo, SumTo, TryAdd, TryConcatAlong,
    TryDiv, TryMatMul, TryMul, TrySub,
};

use gather::Gather;

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
            // ln(1 + e^−|x|), with −|x| = x − 2 max(x, 0), whose slope at 0 is not lost.
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
    let n = x.shape().0;
    // y `[filters, positions·n]` = W `[filters, taps]` · patches `[taps, positions·n]`
    let patches = Gather::Patches(g).of(x.try_permute::<Matrix, Axes2<1, 0>>()?)?;
    let patches = patches.try_reshape_like(&(g.taps(), g.positions() * n))?;
    let y = w.retaped::<T>().try_matmul(patches)?;
    images(y, b, (n, g.map_len()))
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
    let n = x.shape().0;
    // patches `[taps, positions·n]` = Wᵀ `[taps, filters]` · x `[filters, positions·n]`
    let x = x.try_permute::<Matrix, Axes2<1, 0>>()?;
    let x = x.try_reshape_like(&(g.filters, g.positions() * n))?;
    let w = w.retaped::<T>().try_permute::<Matrix, Axes2<1, 0>>()?;
    let patches = w.try_matmul(x)?;
    let patches = patches.try_reshape_like(&(g.taps() * g.positions(), n))?;
    // y is the sum of the patches where they overlap.
    let terms = Gather::Overlaps(g).of(patches)?;
    let overlaps = terms.shape().0 / g.image_len();
    let terms = terms.try_reshape_like(&(overlaps, g.image_len() * n))?;
    let y = terms.try_sum::<(usize,), Axis<0>>()?;
    let y = y.try_reshape_like(&(g.channels, g.height * g.width * n))?;
    images(y, b, (n, g.image_len()))
}

/// y `[maps, plane·n]` plus b, as rows `[n, maps·plane]`.
fn images<T: Tape>(mut y: Tensor<T>, b: Option<Tensor>, (n, length): Matrix) -> Result<Tensor<T>> {
    let size = *y.shape();
    if let Some(b) = b {
        let b = b.retaped::<T>().try_reshape_like(&(size.0,))?;
        y = y.try_add(b.try_broadcast_like::<_, Axis<1>>(&size)?)?;
    }
    let y = y.try_reshape_like(&(length, n))?;
    // Made contiguous: what follows reads rows of samples.
    Ok(y.try_permute::<Matrix, Axes2<1, 0>>()?
        .try_reshape_like(&(n, length))?)
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
    // Joined as it is: on a GPU, dfdx's reshape of what is broadcast gives back one gradient of all.
    let channel = deviation.try_broadcast_like::<Matrix, Axes2<0, 1>>(&(size.0, plane))?;
    Ok((x, channel).try_concat_along(Axis::<1>)?)
}

/// (x − μ)/√(σ² + ε) per channel over batch and plane, times γ plus β (both `[channels, 1]`), with
/// μ and σ² of the batch, which are returned, or `running` ones.
///
/// # Errors
/// As [`dense`].
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

/// [`logistic::cross_entropy`](super::logistic::cross_entropy); −log σ(s) = softplus(−s), whose gradient
/// keeps its digits.
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
