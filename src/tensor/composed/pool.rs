//! Average pooling composed of dfdx's own operations.

use crate::error::Result;
use crate::tensor::device::{Tape, Tensor, device};
use crate::tensor::geometry::Geometry;
use dfdx::shapes::HasShape;
use dfdx::tensor::TensorFromVec;
use dfdx::tensor_ops::{ReshapeTo, TryMatMul};

/// Computes the mean of the pixels under a window, by a product of each channel with a matrix `[pixels, positions]`
/// whose columns hold 1/kernel² at the pixels of one position.
///
/// # Errors
/// [`Error::Device`](crate::Error::Device) when the device fails.
pub fn avg_pool2d<T: Tape>(x: Tensor<T>, g: Geometry) -> Result<Tensor<T>> {
    let (n, (pixels, positions)) = (x.shape().0, (g.height * g.width, g.positions()));
    let mut means = vec![0.0; pixels * positions];
    for position in 0..positions {
        let (top, left) = (position / g.out_width(), position % g.out_width());
        for k in 0..g.kernel * g.kernel {
            let row = top * g.stride + k / g.kernel;
            let column = left * g.stride + k % g.kernel;
            means[(row * g.width + column) * positions + position] =
                1.0 / (g.kernel * g.kernel) as f32;
        }
    }
    let means: Tensor = device().try_tensor_from_vec(means, (pixels, positions))?;
    let channels = x.try_reshape_like(&(n * g.channels, pixels))?;
    let pooled = channels.try_matmul(means.retaped::<T>())?;
    Ok(pooled.try_reshape_like(&(n, g.map_len()))?)
}
