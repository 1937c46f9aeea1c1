//! Activations and their tangent.

use super::array::Array;
use crate::error::Result;
use crate::tensor::activation::Activation;
use crate::tensor::composed;
use crate::tensor::device::Tape;

pub fn activate<T: Tape>(x: Array<T>, activation: Activation) -> Result<Array<T>> {
    Array::from_tensor(composed::activate(x.into_tensor()?, activation)?)
}

pub fn activate_tangent<T: Tape>(
    y: &Array,
    da: Array<T>,
    activation: Activation,
) -> Result<Array<T>> {
    let dy = composed::tangent::activate(y.tensor(), da.into_tensor()?, activation)?;
    Array::from_tensor(dy)
}
