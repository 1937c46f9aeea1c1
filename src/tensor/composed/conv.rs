//! Convolutions, each one matrix product and one `gather`.
//!
//! A convolution gathers the numbers under the kernel at each position and multiplies them by W. A
//! transposed convolution multiplies by Wᵀ first and sums the numbers that fall on the same pixel.

use super::gather::Gather;
use crate::error::Result;
use crate::tensor::device::{Tape, Tensor};
use crate::tensor::geometry::Geometry;
use dfdx::shapes::{Axes2, Axis, HasShape};
use dfdx::tensor_ops::{BroadcastTo, PermuteTo, ReshapeTo, SumTo, TryAdd, TryMatMul};

/// Computes a convolution with the sizes of [`conv::conv2d`](crate::tensor::conv::conv2d); b is `[filters, 1]`.
///
/// # Errors
/// [`Error::Device`](crate::Error::Device) when the device fails.
pub fn conv2d<T: Tape>(
    x: Tensor<T>,
    w: Tensor,
    b: Option<Tensor>,
    g: Geometry,
) -> Result<Tensor<T>> {
    let n = x.shape().0;
    // y `[filters, positions·n]` = W `[filters, taps]` · patches `[taps, positions·n]`
    let patches = Gather::Patches(g).of(x.try_permute::<(usize, usize), Axes2<1, 0>>()?)?;
    let patches = patches.try_reshape_like(&(g.taps(), g.positions() * n))?;
    let y = w.retaped::<T>().try_matmul(patches)?;
    images(y, b, (n, g.map_len()))
}

/// Computes a transposed convolution with the sizes of
/// [`conv::conv_transpose2d`](crate::tensor::conv::conv_transpose2d); b is `[channels, 1]`.
///
/// # Errors
/// [`Error::Device`](crate::Error::Device) when the device fails.
pub fn conv_transpose2d<T: Tape>(
    x: Tensor<T>,
    w: Tensor,
    b: Option<Tensor>,
    g: Geometry,
) -> Result<Tensor<T>> {
    let n = x.shape().0;
    // patches `[taps, positions·n]` = Wᵀ `[taps, filters]` · x `[filters, positions·n]`
    let x = x.try_permute::<(usize, usize), Axes2<1, 0>>()?;
    let x = x.try_reshape_like(&(g.filters, g.positions() * n))?;
    let w = w
        .retaped::<T>()
        .try_permute::<(usize, usize), Axes2<1, 0>>()?;
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

/// Adds b to y `[maps, plane·n]` and orders the result by samples, `[n, maps·plane]`.
fn images<T: Tape>(
    mut y: Tensor<T>,
    b: Option<Tensor>,
    (n, length): (usize, usize),
) -> Result<Tensor<T>> {
    let size = *y.shape();
    if let Some(b) = b {
        let b = b.retaped::<T>().try_reshape_like(&(size.0,))?;
        y = y.try_add(b.try_broadcast_like::<_, Axis<1>>(&size)?)?;
    }
    let y = y.try_reshape_like(&(length, n))?;
    // The reshape makes the result contiguous, because the next operations read rows of samples.
    Ok(y.try_permute::<(usize, usize), Axes2<1, 0>>()?
        .try_reshape_like(&(n, length))?)
}
