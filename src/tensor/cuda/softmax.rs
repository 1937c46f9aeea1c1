//! The cross-entropy of logits over classes.

use crate::error::Result;
use crate::tensor::composed;
use crate::tensor::device::{Recording, Scalar, Tensor};

pub fn softmax_cross_entropy(logits: Tensor<Recording>, classes: &[usize]) -> Result<Scalar> {
    composed::softmax_cross_entropy(logits, classes)
}
