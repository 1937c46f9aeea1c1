//! The cross-entropy of logits against one target probability.

use crate::tensor::composed;
use crate::tensor::device::{Recording, Scalar, Tensor};

pub fn logistic_cross_entropy(scores: Tensor<Recording>, target: f32) -> Scalar {
    composed::cross_entropy(scores, target)
}
