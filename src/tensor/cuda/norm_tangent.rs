//! The tangent of batch norm and layer norm.

use super::array::Array;
use super::weights::Weights;
use crate::error::Result;
use crate::tensor::composed;
use crate::tensor::device::Tape;
use crate::tensor::groups::Groups;
use crate::tensor::needs::Needs;

pub fn norm_tangent<T: Tape>(
    x: &Array,
    dx: Array<T>,
    gamma: &Weights,
    eps: f32,
    groups: Groups,
    _: Needs,
) -> Result<Array<T>> {
    let x = x.clone().with_tape(T::default()).into_tensor()?;
    let (dx, gamma) = (dx.into_tensor()?, gamma.tensor());
    Array::from_tensor(match groups {
        Groups::Samples => composed::tangent::layer_norm(x, dx, gamma, eps)?,
        Groups::Channels => composed::tangent::batch_norm(x, dx, gamma, eps)?,
    })
}
