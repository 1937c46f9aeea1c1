//! Convolution and transposed convolution in two dimensions, with bias and activation fused.

use super::activation::Activation;
use super::{Batch, Needs, Parameter, Tape};
use crate::error::Result;

/// The sizes of a convolution from an image `[channels, height, width]` to maps
/// `[filters, out_height, out_width]`; square kernel.
///
/// A transposed convolution goes the other way: its *input* are the maps, its *output* the image.
///
/// ```
/// use ganscope::tensor::conv::Geometry;
/// let g = Geometry { channels: 1, height: 28, width: 28, filters: 64, kernel: 4, stride: 2, padding: 1 };
/// assert_eq!((g.out_height(), g.out_width()), (14, 14));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Geometry {
    pub channels: usize,
    pub height: usize,
    pub width: usize,
    pub filters: usize,
    pub kernel: usize,
    pub stride: usize,
    pub padding: usize,
}

impl Geometry {
    /// ⌊(height + 2·padding − kernel) / stride⌋ + 1
    pub fn out_height(&self) -> usize {
        (self.height + 2 * self.padding - self.kernel) / self.stride + 1
    }

    /// ⌊(width + 2·padding − kernel) / stride⌋ + 1
    pub fn out_width(&self) -> usize {
        (self.width + 2 * self.padding - self.kernel) / self.stride + 1
    }

    /// Numbers in an image.
    pub fn image_len(&self) -> usize {
        self.channels * self.height * self.width
    }

    /// Numbers in the maps of one image.
    pub fn map_len(&self) -> usize {
        self.filters * self.positions()
    }

    /// Output positions.
    pub(crate) fn positions(&self) -> usize {
        self.out_height() * self.out_width()
    }

    /// Numbers that the sums over one image need beside it: its patch matrix, and its padded plane
    /// by phases. A float, since the sizes may be anything.
    pub(crate) fn workspace(&self) -> f64 {
        let [channels, kernel, stride] =
            [self.channels, self.kernel, self.stride].map(|n| n as f64);
        let (height, width) = (self.out_height() as f64, self.out_width() as f64);
        let reach = ((self.kernel - 1) / self.stride) as f64;
        let patches = kernel.powi(2) * height * width;
        let phases = stride.powi(2) * (height + reach) * (width + reach);
        channels * (patches + phases)
    }

    /// Numbers under the kernel at one position.
    pub(crate) fn taps(&self) -> usize {
        self.channels * self.kernel * self.kernel
    }
}

/// y = σ(W ∗ x + b): x `[n, channels·height·width]`, W `[filters, channels, kernel, kernel]`,
/// b `[filters]`, y `[n, filters·out_height·out_width]`. (As in every deep-learning library, the
/// "convolution" is a cross-correlation.)
///
/// # Errors
/// [`Error::Device`](crate::Error::Device) when the device fails. Shapes are the caller's to check.
#[cfg(not(feature = "cuda"))]
pub fn conv2d<T: Tape>(
    x: Batch<T>,
    w: &Parameter,
    b: Option<&Parameter>,
    g: Geometry,
    activation: Activation,
    needs: Needs,
) -> Result<Batch<T>> {
    use super::buffer::Buffer;
    use super::correlation::Correlation;
    use super::parameter::{input_gradient, zeroed};
    let (x, tape) = x.split();
    let (xs, ws) = (x.host(), w.values());
    let (n, plane) = (x.rows(), g.positions());
    let mut y = Buffer::zeros(n * g.map_len());
    Correlation::new(g).forward(&xs, &ws, &mut y);
    finish(&mut y, b, plane, activation);
    let (w, b) = (w.clone(), b.cloned());
    super::batch::recorded(y, (n, g.map_len()), tape, move |y, mut dy, store| {
        super::dense::backward_in_parallel(activation, y, &mut dy);
        let sums = Correlation::new(g);
        if needs.weights {
            bias_gradient(&b, &dy, plane, store);
            sums.weight_gradient(&xs, &dy, zeroed(w.gradient(store)));
        }
        if needs.input {
            sums.transpose(&dy, &ws, zeroed(input_gradient(store, &x)));
        }
        Ok(())
    })
}

/// y = σ(Wᵀ ∗ x + b), the adjoint of [`conv2d`]: x `[n, filters·out_height·out_width]`,
/// W `[filters, channels, kernel, kernel]`, b `[channels]`, y `[n, channels·height·width]`.
///
/// # Errors
/// [`Error::Device`](crate::Error::Device) when the device fails. Shapes are the caller's to check.
#[cfg(not(feature = "cuda"))]
pub fn conv_transpose2d<T: Tape>(
    x: Batch<T>,
    w: &Parameter,
    b: Option<&Parameter>,
    g: Geometry,
    activation: Activation,
    needs: Needs,
) -> Result<Batch<T>> {
    use super::buffer::Buffer;
    use super::correlation::Correlation;
    use super::parameter::{input_gradient, zeroed};
    let (x, tape) = x.split();
    let (xs, ws) = (x.host(), w.values());
    let (n, plane) = (x.rows(), g.height * g.width);
    let mut y = Buffer::zeros(n * g.image_len());
    Correlation::new(g).transpose(&xs, &ws, &mut y);
    finish(&mut y, b, plane, activation);
    let (w, b) = (w.clone(), b.cloned());
    super::batch::recorded(y, (n, g.image_len()), tape, move |y, mut dy, store| {
        super::dense::backward_in_parallel(activation, y, &mut dy);
        let sums = Correlation::new(g);
        if needs.weights {
            bias_gradient(&b, &dy, plane, store);
            sums.weight_gradient(&dy, &xs, zeroed(w.gradient(store)));
        }
        if needs.input {
            sums.forward(&dy, &ws, zeroed(input_gradient(store, &x)));
        }
        Ok(())
    })
}

/// Adds each channel's bias and applies σ.
#[cfg(not(feature = "cuda"))]
fn finish(y: &mut [f32], b: Option<&Parameter>, plane: usize, activation: Activation) {
    use rayon::prelude::*;
    let bias = b.map(|b| b.values());
    let channels = b.map_or(1, |b| b.shape()[0]);
    y.par_chunks_mut(channels * plane).for_each(|image| {
        if let Some(bias) = &bias {
            for (channel, b) in image.chunks_exact_mut(plane).zip(bias.iter()) {
                channel.iter_mut().for_each(|y| *y += b);
            }
        }
        activation.apply(image);
    });
}

#[cfg(not(feature = "cuda"))]
fn bias_gradient(
    b: &Option<Parameter>,
    dy: &[f32],
    plane: usize,
    store: &mut super::parameter::Store,
) {
    if let Some(b) = b {
        let gradient = super::parameter::zeroed(b.gradient(store));
        for image in dy.chunks_exact(gradient.len() * plane) {
            for (sum, channel) in gradient.iter_mut().zip(image.chunks_exact(plane)) {
                *sum += channel.iter().sum::<f32>();
            }
        }
    }
}

/// [`conv2d`], composed of dfdx's operations.
#[cfg(feature = "cuda")]
pub fn conv2d<T: Tape>(
    x: Batch<T>,
    w: &Parameter,
    b: Option<&Parameter>,
    g: Geometry,
    activation: Activation,
    _: Needs,
) -> Result<Batch<T>> {
    let b = b.map(|b| b.tensor());
    let y = super::composed::conv2d(x.into_tensor()?, w.tensor(), b, g)?;
    Batch::from_tensor(super::composed::activate(y, activation)?)
}

/// [`conv_transpose2d`], composed of dfdx's operations.
#[cfg(feature = "cuda")]
pub fn conv_transpose2d<T: Tape>(
    x: Batch<T>,
    w: &Parameter,
    b: Option<&Parameter>,
    g: Geometry,
    activation: Activation,
    _: Needs,
) -> Result<Batch<T>> {
    let b = b.map(|b| b.tensor());
    let y = super::composed::conv_transpose2d(x.into_tensor()?, w.tensor(), b, g)?;
    Batch::from_tensor(super::composed::activate(y, activation)?)
}
