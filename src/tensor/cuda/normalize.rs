//! Batch norm and layer norm.

use super::array::Array;
use super::weights::Weights;
use crate::error::Result;
use crate::tensor::composed;
use crate::tensor::device::Tape;
use crate::tensor::moments::Moments;
use crate::tensor::needs::Needs;

pub fn batch_norm<T: Tape>(
    x: Array<T>,
    gamma: &Weights,
    beta: &Weights,
    eps: f32,
    running: Option<&Moments>,
    _: Needs,
) -> Result<(Array<T>, Option<Moments>)> {
    let (gamma, beta) = (gamma.tensor(), beta.tensor());
    let (y, moments) = composed::batch_norm(x.into_tensor()?, gamma, beta, eps, running)?;
    Ok((Array::from_tensor(y)?, moments))
}

pub fn layer_norm<T: Tape>(
    x: Array<T>,
    gamma: &Weights,
    beta: &Weights,
    eps: f32,
    _: Needs,
) -> Result<Array<T>> {
    let y = composed::layer_norm(x.into_tensor()?, gamma.tensor(), beta.tensor(), eps)?;
    Array::from_tensor(y)
}
