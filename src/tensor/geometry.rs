//! The sizes of a convolution.

/// The sizes of a convolution from an image `[channels, height, width]` to maps
/// `[filters, out_height, out_width]` with a square kernel.
///
/// A transposed convolution goes the other way: its *input* is the maps, its *output* the image.
///
/// ```
/// use ganscope::tensor::conv::Geometry;
/// let g = Geometry { channels: 1, height: 28, width: 28, filters: 64, kernel: 4, stride: 2, padding: 1 };
/// assert_eq!((g.out_height(), g.out_width()), (14, 14));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Geometry {
    /// Number of channels of the image.
    pub channels: usize,
    /// Height of the image in pixels.
    pub height: usize,
    /// Width of the image in pixels.
    pub width: usize,
    /// Number of maps.
    pub filters: usize,
    /// Height and width of the kernel.
    pub kernel: usize,
    /// Distance between neighbouring positions of the kernel, in pixels.
    pub stride: usize,
    /// Number of zeros added at each edge of the image.
    pub padding: usize,
}

impl Geometry {
    /// Computes ⌊(height + 2·padding − kernel) / stride⌋ + 1.
    pub fn out_height(&self) -> usize {
        (self.height + 2 * self.padding - self.kernel) / self.stride + 1
    }

    /// Computes ⌊(width + 2·padding − kernel) / stride⌋ + 1.
    pub fn out_width(&self) -> usize {
        (self.width + 2 * self.padding - self.kernel) / self.stride + 1
    }

    /// Returns the size of the image, channels·height·width.
    pub fn image_len(&self) -> usize {
        self.channels * self.height * self.width
    }

    /// Returns the size of the maps, filters·out_height·out_width.
    pub fn map_len(&self) -> usize {
        self.filters * self.positions()
    }

    /// Returns the number of positions of the kernel, out_height·out_width.
    pub(crate) fn positions(&self) -> usize {
        self.out_height() * self.out_width()
    }

    /// Returns how many numbers the CPU kernel stores per image in addition to it: the patch matrix and
    /// the phases of the padded image. A float, because the product may overflow an integer.
    pub(crate) fn workspace(&self) -> f64 {
        let [channels, kernel, stride] =
            [self.channels, self.kernel, self.stride].map(|n| n as f64);
        let (height, width) = (self.out_height() as f64, self.out_width() as f64);
        let reach = ((self.kernel - 1) / self.stride) as f64;
        let patches = kernel.powi(2) * height * width;
        let phases = stride.powi(2) * (height + reach) * (width + reach);
        channels * (patches + phases)
    }

    /// Returns the number of weights of one filter, channels·kernel².
    pub(crate) fn taps(&self) -> usize {
        self.channels * self.kernel * self.kernel
    }
}
