//! Some columns of an array.

use super::array::Array;
use crate::error::Result;
use crate::tensor::composed;
use crate::tensor::device::Tape;
use std::ops::Range;

pub fn columns<T: Tape>(x: Array<T>, range: Range<usize>) -> Result<Array<T>> {
    Array::from_tensor(composed::columns(x.into_tensor()?, range)?)
}
