//! The reconstruction error of an auto-encoder.

use super::array::Array;
use crate::error::Result;
use crate::tensor::composed;
use crate::tensor::device::Tape;

pub fn reconstruction_error<T: Tape>(x: &Array, y: Array<T>) -> Result<Array<T>> {
    Array::from_tensor(composed::restoration(x.tensor(), y.into_tensor()?)?)
}
