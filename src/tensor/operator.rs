//! A layer with weights, without its bias and activation: a linear operator A.
//!
//! For a convolution, A maps the whole image to its maps, with the layer's stride and padding at the
//! image's actual size. One recorded product y = A v is enough to apply Aᵀ as well: the gradient of
//! ⟨u, A v⟩ with respect to v is Aᵀu. The gradient with respect to the weights, on which A depends
//! linearly, is ∂(uᵀA v)/∂W.

use super::activation::Activation;
use super::batch::Batch;
use super::conv::{conv_transpose2d, conv2d};
use super::dense::dense;
use super::device::Tape;
use super::geometry::Geometry;
use super::needs::Needs;
use super::parameter::Parameter;
use crate::error::Result;

/// The linear operator of a layer's weights.
///
/// ```
/// use ganscope::tensor::{Batch, Gradients, Needs, Parameter, operator::Operator};
/// let w = Parameter::new(vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &[2, 3])?;
/// let (u, v) = (Batch::new(vec![1.0, -1.0], 1, 2)?, Batch::new(vec![0.0, 1.0, 1.0], 1, 3)?);
/// let y = Operator::Dense.apply(v.clone().record(), &w, Needs::ALL)?;
/// assert_eq!(*y.values(), [5.0, 11.0]);
/// let mut gradients = Gradients::of(y.dot(&u)?)?;
/// assert_eq!(gradients.take_input(&v)?, [-3.0, -3.0, -3.0]);
/// assert_eq!(gradients.take(&w)?, [0.0, 1.0, 1.0, 0.0, -1.0, -1.0]);
/// # Ok::<(), ganscope::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// The product x Wᵀ of a fully connected layer.
    Dense,
    /// The convolution W ∗ x.
    Conv2d(Geometry),
    /// The transposed convolution Wᵀ ∗ x.
    ConvTranspose2d(Geometry),
}

impl Operator {
    /// Computes A x for each row x; the sizes are those of the layer.
    ///
    /// # Errors
    /// [`Error::Device`](crate::Error::Device) when the device fails. The caller checks the shapes.
    pub fn apply<T: Tape>(self, x: Batch<T>, w: &Parameter, needs: Needs) -> Result<Batch<T>> {
        let linear = Activation::Linear;
        match self {
            Operator::Dense => dense(x, w, None, linear, needs),
            Operator::Conv2d(g) => conv2d(x, w, None, g, linear, needs),
            Operator::ConvTranspose2d(g) => conv_transpose2d(x, w, None, g, linear, needs),
        }
    }
}
