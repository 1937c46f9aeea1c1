//! Convolution and transposed convolution.

use super::array::Array;
use super::weights::Weights;
use crate::error::Result;
use crate::tensor::activation::Activation;
use crate::tensor::composed;
use crate::tensor::device::Tape;
use crate::tensor::geometry::Geometry;
use crate::tensor::needs::Needs;

pub fn conv2d<T: Tape>(
    x: Array<T>,
    w: &Weights,
    b: Option<&Weights>,
    g: Geometry,
    activation: Activation,
    _: Needs,
) -> Result<Array<T>> {
    let y = composed::conv2d(x.into_tensor()?, w.tensor(), b.map(Weights::tensor), g)?;
    Array::from_tensor(composed::activate(y, activation)?)
}

pub fn conv_transpose2d<T: Tape>(
    x: Array<T>,
    w: &Weights,
    b: Option<&Weights>,
    g: Geometry,
    activation: Activation,
    _: Needs,
) -> Result<Array<T>> {
    let y = composed::conv_transpose2d(x.into_tensor()?, w.tensor(), b.map(Weights::tensor), g)?;
    Array::from_tensor(composed::activate(y, activation)?)
}
