//! A loss: one number that was recorded, so that it can be differentiated.

use super::device::Scalar;
use std::ops::{Add, Mul};

/// A number computed from recorded batches and parameters.
///
/// [`Gradients::of`](super::Gradients::of) differentiates it.
///
/// ```
/// use ganscope::tensor::Batch;
/// let x = Batch::new(vec![1.0, 2.0, 6.0], 3, 1)?.record();
/// assert_eq!((x.mean()? * 2.0 + 0.5).value(), 6.5);
/// # Ok::<(), ganscope::Error>(())
/// ```
pub struct Loss(pub(super) Scalar);

impl Loss {
    /// Returns the value of the loss.
    pub fn value(&self) -> f64 {
        f64::from(self.0.as_vec()[0])
    }
}

/// A loss computed by dfdx's own operations, as in [`composed`](super::composed).
impl From<Scalar> for Loss {
    fn from(scalar: Scalar) -> Self {
        Loss(scalar)
    }
}

impl Add for Loss {
    type Output = Loss;
    fn add(self, other: Loss) -> Loss {
        Loss(self.0 + other.0)
    }
}

impl Mul<f64> for Loss {
    type Output = Loss;
    fn mul(self, factor: f64) -> Loss {
        Loss(self.0 * factor as f32)
    }
}

impl Add<f64> for Loss {
    type Output = Loss;
    fn add(self, constant: f64) -> Loss {
        Loss(self.0 + constant as f32)
    }
}
