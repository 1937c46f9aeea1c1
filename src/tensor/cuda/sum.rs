//! The sum of two batches.

use super::array::Array;
use crate::error::Result;
use crate::tensor::composed;
use crate::tensor::device::Tape;

pub fn sum<T: Tape>(a: Array<T>, b: &Array) -> Result<Array<T>> {
    Array::from_tensor(composed::sum(a.into_tensor()?, b.tensor())?)
}
