//! A fully connected layer.

use super::array::Array;
use super::weights::Weights;
use crate::error::Result;
use crate::tensor::activation::Activation;
use crate::tensor::composed;
use crate::tensor::device::Tape;
use crate::tensor::needs::Needs;

pub fn dense<T: Tape>(
    x: Array<T>,
    w: &Weights,
    b: Option<&Weights>,
    activation: Activation,
    _: Needs,
) -> Result<Array<T>> {
    let y = composed::dense(x.into_tensor()?, w.tensor(), b.map(Weights::tensor))?;
    Array::from_tensor(composed::activate(y, activation)?)
}
