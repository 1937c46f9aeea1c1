//! Average pooling with a square window.

use crate::data::SampleShape;
use crate::error::Result;
use crate::nn::init::Initializer;
use crate::nn::layer::{Layer, LayerDescription, Mismatch};
use crate::nn::limits::check_size;
use crate::nn::pass::Pass;
use crate::tensor::pool::{Geometry, avg_pool2d};
use crate::tensor::{Batch, Tape};
use rand::Rng;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Average pooling with a square window and without padding (PyTorch's `AvgPool2d`). Pixels at the right and lower edge
/// that no position of the window reaches are dropped.
///
/// ```
/// use ganscope::nn::{LayerSpec, layers::AvgPool2d};
/// let layer: LayerSpec = serde_json::from_str(r#"{ "type": "avg_pool2d", "kernel": 2 }"#)?;
/// assert_eq!(layer, AvgPool2d { kernel: 2, stride: None }.into());
/// assert_eq!(layer.to_string(), "avg_pool2d 2×2 /2");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AvgPool2d {
    /// Side of the window in pixels.
    pub kernel: usize,
    /// Pixels between two positions of the window; default `kernel`, so that the windows do not overlap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stride: Option<usize>,
}

impl AvgPool2d {
    fn stride(&self) -> usize {
        self.stride.unwrap_or(self.kernel)
    }

    /// Returns the sizes for this input.
    fn geometry(&self, input: &SampleShape) -> Result<Geometry, Mismatch> {
        check_size("kernel", self.kernel)?;
        check_size("stride", self.stride())?;
        match *input {
            SampleShape::Image {
                channels,
                height,
                width,
            } if height.min(width) >= self.kernel => Ok(Geometry {
                channels,
                height,
                width,
                filters: channels,
                kernel: self.kernel,
                stride: self.stride(),
                padding: 0,
            }),
            _ => Err(Mismatch::input(format!(
                "an image of at least {0}×{0} pixels",
                self.kernel
            ))),
        }
    }
}

impl fmt::Display for AvgPool2d {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "avg_pool2d {0}×{0} /{1}", self.kernel, self.stride())
    }
}

impl LayerDescription for AvgPool2d {
    type Built = AvgPool2dLayer;

    fn output_shape(&self, input: &SampleShape) -> Result<SampleShape, Mismatch> {
        let g = self.geometry(input)?;
        Ok(SampleShape::Image {
            channels: g.channels,
            height: g.out_height(),
            width: g.out_width(),
        })
    }

    fn build(&self, input: &SampleShape, _: Initializer, _: &mut impl Rng) -> Result<Self::Built> {
        Ok(AvgPool2dLayer(self.geometry(input)?))
    }
}

/// Average pooling of images of one size.
#[derive(Debug, Clone)]
pub(in crate::nn) struct AvgPool2dLayer(Geometry);

impl Layer for AvgPool2dLayer {
    fn forward<T: Tape>(&self, x: Batch<T>, pass: Pass) -> Result<Batch<T>> {
        avg_pool2d(x, self.0, pass.needs)
    }

    /// The layer is linear, so its tangent is the layer itself.
    fn tangent<T: Tape>(&self, _: &Batch, _: &Batch, dx: Batch<T>, pass: Pass) -> Result<Batch<T>> {
        self.forward(dx, pass)
    }
}
