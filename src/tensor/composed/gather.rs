//! Which rows of a matrix stand where: the index behind the operations of [`composed`](super) that are
//! one gather. Made on the host once for each layer, and kept on the device.

use crate::error::Result;
use crate::tensor::conv::Geometry;
use crate::tensor::{Device, Tape, Tensor, device};
use dfdx::shapes::{Axis, HasShape};
use dfdx::tensor::{TensorFromVec, ZerosTensor};
use dfdx::tensor_ops::{GatherTo, TryConcatAlong};
use std::cell::RefCell;
use std::collections::HashMap;

type Index = dfdx::tensor::Tensor<(usize,), usize, Device>;

/// A gather of rows; the row after the last one is zeros, for what lies outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Gather {
    /// Of an image `[channels·height·width]`: what is under each tap of the kernel at each position,
    /// `[taps, positions]`.
    Patches(Geometry),
    /// Of the patches `[taps·positions]`: the places that stand for one number of the image,
    /// `[overlaps, channels·height·width]`. The transpose of [`Patches`](Self::Patches).
    Overlaps(Geometry),
}

impl Gather {
    /// The rows of x `[rows, n]`, gathered.
    ///
    /// # Errors
    /// [`Error::Device`](crate::Error::Device) when the device fails.
    pub fn of<T: Tape>(self, x: Tensor<T>) -> Result<Tensor<T>> {
        thread_local!(static KEPT: RefCell<HashMap<Gather, Index>> = RefCell::default());
        let kept = KEPT.with_borrow(|kept| kept.get(&self).cloned());
        let index = match kept {
            Some(index) => index,
            None => {
                let places = self.places();
                let length = places.len();
                let index = device().try_tensor_from_vec(places, (length,))?;
                KEPT.with_borrow_mut(|kept| kept.insert(self, index.clone()));
                index
            }
        };
        let zeros: Tensor = device().try_zeros_like(&(1, x.shape().1))?;
        let x = (x, zeros.retaped::<T>()).try_concat_along(Axis::<0>)?;
        Ok(x.try_gather(index)?)
    }

    fn places(self) -> Vec<usize> {
        match self {
            Gather::Patches(g) => patches(g),
            Gather::Overlaps(g) => overlaps(g),
        }
    }
}

fn patches(g: Geometry) -> Vec<usize> {
    let mut places = Vec::with_capacity(g.taps() * g.positions());
    for tap in 0..g.taps() {
        let area = g.kernel * g.kernel;
        let (c, ky, kx) = (tap / area, tap % area / g.kernel, tap % g.kernel);
        // y = oy·stride + ky − padding
        let inside = |o: usize, k: usize, size: usize| {
            let place = (o * g.stride + k).checked_sub(g.padding);
            place.filter(|place| *place < size)
        };
        for position in 0..g.positions() {
            let y = inside(position / g.out_width(), ky, g.height);
            let x = inside(position % g.out_width(), kx, g.width);
            places.push(match (y, x) {
                (Some(y), Some(x)) => (c * g.height + y) * g.width + x,
                _ => g.image_len(),
            });
        }
    }
    places
}

fn overlaps(g: Geometry) -> Vec<usize> {
    // Along one side at most ⌈kernel/stride⌉ taps reach a place: y = oy·stride + ky − padding for
    // ky = (y + padding) mod stride and every stride further.
    let side = g.kernel.div_ceil(g.stride);
    let reach = |place: usize, j: usize, size: usize| {
        let k = (place + g.padding) % g.stride + j * g.stride;
        let o = (place + g.padding).checked_sub(k)? / g.stride;
        (k < g.kernel && o < size).then_some((k, o))
    };
    let mut places = Vec::with_capacity(side * side * g.image_len());
    for j in 0..side * side {
        for number in 0..g.image_len() {
            let (c, y, x) = (
                number / (g.height * g.width),
                number / g.width % g.height,
                number % g.width,
            );
            let y = reach(y, j / side, g.out_height());
            let x = reach(x, j % side, g.out_width());
            places.push(match (y, x) {
                (Some((ky, oy)), Some((kx, ox))) => {
                    let tap = (c * g.kernel + ky) * g.kernel + kx;
                    tap * g.positions() + oy * g.out_width() + ox
                }
                _ => g.taps() * g.positions(),
            });
        }
    }
    places
}
