//! Average pooling of images: every pixel becomes the mean of a square of pixels of the same channel.

use super::backend;
use super::batch::Batch;
use super::device::Tape;
use super::needs::Needs;
use crate::error::Result;

pub use super::geometry::Geometry;

/// Computes the mean of the pixels under a square window at each of its positions, channel by channel. `g` describes
/// images of `channels` channels, as many filters, the side of the window and its stride; its padding is 0.
///
/// ```
/// use ganscope::tensor::{Batch, Needs, pool::{Geometry, avg_pool2d}};
/// let g = Geometry { channels: 1, height: 2, width: 4, filters: 1, kernel: 2, stride: 2, padding: 0 };
/// let x = Batch::new(vec![1.0, 2.0, 5.0, 5.0, 3.0, 4.0, 5.0, 9.0], 1, 8)?;
/// assert_eq!(*avg_pool2d(x, g, Needs::ALL)?.values(), [2.5, 6.0]);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Device`](crate::Error::Device) when the device fails. The caller checks the sizes.
pub fn avg_pool2d<T: Tape>(x: Batch<T>, g: Geometry, needs: Needs) -> Result<Batch<T>> {
    Ok(Batch(backend::avg_pool2d(x.0, g, needs)?))
}
