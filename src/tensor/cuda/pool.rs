//! Average pooling.

use super::array::Array;
use crate::error::Result;
use crate::tensor::composed;
use crate::tensor::device::Tape;
use crate::tensor::geometry::Geometry;
use crate::tensor::needs::Needs;

pub fn avg_pool2d<T: Tape>(x: Array<T>, g: Geometry, _: Needs) -> Result<Array<T>> {
    Array::from_tensor(composed::avg_pool2d(x.into_tensor()?, g)?)
}
