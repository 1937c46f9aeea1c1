//! The indices by which a convolution gathers the rows of a matrix. An index is computed on the host once
//! per layer, and kept on the device.

use crate::error::Result;
use crate::tensor::device::{Device, Tape, Tensor, device};
use crate::tensor::geometry::Geometry;
use dfdx::shapes::{Axis, HasShape};
use dfdx::tensor::{TensorFromVec, ZerosTensor};
use dfdx::tensor_ops::{GatherTo, TryConcatAlong};
use std::cell::RefCell;
use std::collections::HashMap;

type Index = dfdx::tensor::Tensor<(usize,), usize, Device>;

/// A gather of rows. A row of zeros is appended, to which the index points outside of the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Gather {
    /// Gathers from an image `[channels·height·width]` the number under each tap of the kernel at each
    /// position, `[taps, positions]`.
    Patches(Geometry),
    /// Gathers from the patches `[taps·positions]` the elements that belong to the same number of the
    /// image, `[overlaps, channels·height·width]`: the transpose of [`Patches`](Self::Patches).
    Overlaps(Geometry),
}

impl Gather {
    /// Gathers the rows of x `[rows, n]`.
    ///
    /// # Errors
    /// [`Error::Device`](crate::Error::Device) when the device fails.
    pub fn of<T: Tape>(self, x: Tensor<T>) -> Result<Tensor<T>> {
        thread_local!(static CACHE: RefCell<HashMap<Gather, Index>> = RefCell::default());
        let cached = CACHE.with_borrow(|cache| cache.get(&self).cloned());
        let index = match cached {
            Some(index) => index,
            None => {
                let rows = self.rows();
                let length = rows.len();
                let index = device().try_tensor_from_vec(rows, (length,))?;
                CACHE.with_borrow_mut(|cache| cache.insert(self, index.clone()));
                index
            }
        };
        let zeros: Tensor = device().try_zeros_like(&(1, x.shape().1))?;
        let x = (x, zeros.retaped::<T>()).try_concat_along(Axis::<0>)?;
        Ok(x.try_gather(index)?)
    }

    /// Returns the row to gather for each row of the result.
    fn rows(self) -> Vec<usize> {
        match self {
            Gather::Patches(g) => patches(g),
            Gather::Overlaps(g) => overlaps(g),
        }
    }
}

fn patches(g: Geometry) -> Vec<usize> {
    let mut rows = Vec::with_capacity(g.taps() * g.positions());
    for tap in 0..g.taps() {
        let area = g.kernel * g.kernel;
        let (c, ky, kx) = (tap / area, tap % area / g.kernel, tap % g.kernel);
        // y = oy·stride + ky − padding
        let inside = |o: usize, k: usize, size: usize| {
            let pixel = (o * g.stride + k).checked_sub(g.padding);
            pixel.filter(|pixel| *pixel < size)
        };
        for position in 0..g.positions() {
            let y = inside(position / g.out_width(), ky, g.height);
            let x = inside(position % g.out_width(), kx, g.width);
            rows.push(match (y, x) {
                (Some(y), Some(x)) => (c * g.height + y) * g.width + x,
                _ => g.image_len(),
            });
        }
    }
    rows
}

fn overlaps(g: Geometry) -> Vec<usize> {
    // Along one side at most ⌈kernel/stride⌉ taps reach a pixel: y = oy·stride + ky − padding holds for
    // ky = (y + padding) mod stride plus multiples of the stride.
    let side = g.kernel.div_ceil(g.stride);
    let reach = |pixel: usize, j: usize, size: usize| {
        let k = (pixel + g.padding) % g.stride + j * g.stride;
        let o = (pixel + g.padding).checked_sub(k)? / g.stride;
        (k < g.kernel && o < size).then_some((k, o))
    };
    let mut rows = Vec::with_capacity(side * side * g.image_len());
    for j in 0..side * side {
        for number in 0..g.image_len() {
            let (c, y, x) = (
                number / (g.height * g.width),
                number / g.width % g.height,
                number % g.width,
            );
            let y = reach(y, j / side, g.out_height());
            let x = reach(x, j % side, g.out_width());
            rows.push(match (y, x) {
                (Some((ky, oy)), Some((kx, ox))) => {
                    let tap = (c * g.kernel + ky) * g.kernel + kx;
                    tap * g.positions() + oy * g.out_width() + ox
                }
                _ => g.taps() * g.positions(),
            });
        }
    }
    rows
}
