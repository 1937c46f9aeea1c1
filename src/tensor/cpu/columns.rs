//! Some columns of an array.

use super::array::{Array, recorded};
use super::buffer::Buffer;
use crate::error::Result;
use crate::tensor::device::Tape;
use std::ops::Range;

pub fn columns<T: Tape>(x: Array<T>, range: Range<usize>) -> Result<Array<T>> {
    let (x, tape) = x.split();
    let (n, m, k) = (x.rows(), x.columns(), range.len());
    let mut y = Buffer::any(n * k);
    for (y, x) in y.chunks_exact_mut(k).zip(x.host().chunks_exact(m)) {
        y.copy_from_slice(&x[range.clone()]);
    }
    recorded(y, (n, k), tape, move |_, dy, store| {
        let dx = x.gradient(store).sum();
        for (dx, dy) in dx.chunks_exact_mut(m).zip(dy.chunks_exact(k)) {
            let sums = dx[range.clone()].iter_mut();
            sums.zip(dy).for_each(|(sum, dy)| *sum += dy);
        }
        Ok(())
    })
}
