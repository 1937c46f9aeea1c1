//! What layers with a weight and a bias share.

use crate::error::Result;
use crate::tensor::Parameter;

/// Returns `n` biases of 0, if the layer has biases.
pub(super) fn zero_bias(n: usize, has_bias: bool) -> Result<Option<Parameter>> {
    has_bias
        .then(|| Parameter::new(vec![0.0; n], &[n]))
        .transpose()
}

/// Returns a weight and its bias with PyTorch's names.
pub(super) fn named<'a>(
    weight: &'a Parameter,
    bias: Option<&'a Parameter>,
) -> Vec<(&'static str, &'a Parameter)> {
    let bias = bias.map(|bias| ("bias", bias));
    std::iter::once(("weight", weight)).chain(bias).collect()
}

/// Returns a weight and its bias with PyTorch's names, mutably.
pub(super) fn named_mut<'a>(
    weight: &'a mut Parameter,
    bias: Option<&'a mut Parameter>,
) -> Vec<(&'static str, &'a mut Parameter)> {
    let bias = bias.map(|bias| ("bias", bias));
    std::iter::once(("weight", weight)).chain(bias).collect()
}
