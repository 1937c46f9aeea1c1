//! Resampling of images.

use super::array::Array;
use crate::error::Result;
use crate::tensor::composed;
use crate::tensor::device::Tape;
use crate::tensor::needs::Needs;

pub fn resample<T: Tape>(
    x: Array<T>,
    taps: &[(usize, f32)],
    plane: usize,
    _: Needs,
) -> Result<Array<T>> {
    Array::from_tensor(composed::resample(x.into_tensor()?, taps, plane)?)
}
