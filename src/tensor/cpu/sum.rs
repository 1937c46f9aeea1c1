//! The sum of two batches.

use super::array::{Array, recorded};
use super::buffer::Buffer;
use crate::error::Result;
use crate::tensor::device::Tape;

pub fn sum<T: Tape>(a: Array<T>, b: &Array) -> Result<Array<T>> {
    let (a, tape) = a.split();
    let (b, size) = (b.clone(), (a.rows(), a.columns()));
    let mut y = Buffer::copy(&a.host());
    let host = b.host();
    y.iter_mut().zip(host.iter()).for_each(|(y, b)| *y += b);
    recorded(y, size, tape, move |_, g, store| {
        a.gradient(store).add(&g);
        b.gradient(store).add(&g);
        Ok(())
    })
}
