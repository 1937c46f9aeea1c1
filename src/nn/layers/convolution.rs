//! What a convolution and its transpose share: sizes, initial weights, memory.

use crate::data::SampleShape;
use crate::error::Result;
use crate::nn::init::Initializer;
use crate::nn::layer::{Memory, Mismatch};
use crate::nn::limits::{check_setting, check_size};
use crate::tensor::Parameter;
use crate::tensor::conv::Geometry;
use rand::Rng;

/// Checks the settings of a convolution in either direction.
pub(super) fn check_settings(
    outputs: usize,
    kernel: usize,
    stride: usize,
    padding: usize,
) -> Result<(), Mismatch> {
    check_size("kernel", kernel)?;
    check_size("stride", stride)?;
    check_size("out", outputs)?;
    check_setting(padding < kernel, "padding", "less than \"kernel\"", padding)
}

/// Returns height and width of the input, which must be an image with `channels` channels.
pub(super) fn image_size(input: &SampleShape, channels: usize) -> Result<(usize, usize), Mismatch> {
    match *input {
        SampleShape::Image {
            channels: found,
            height,
            width,
        } if found == channels => Ok((height, width)),
        _ => Err(Mismatch::input(format!("an image of {channels} channels"))),
    }
}

/// Returns (fan_in, fan_out) of a convolution: the number of image values that one map value depends on, and
/// the number of map values that depend on one image value. For the transpose they change places.
pub(super) fn fans(g: &Geometry) -> (f64, f64) {
    let area = (g.kernel * g.kernel) as f64;
    // Each pixel of the image is under kernel²/stride² positions of the kernel.
    let thinning = (g.stride * g.stride) as f64;
    (g.channels as f64 * area, g.filters as f64 * area / thinning)
}

/// Returns new weights `[filters, channels, kernel, kernel]`.
pub(super) fn new_weight(
    g: &Geometry,
    fans: (f64, f64),
    init: Initializer,
    rng: &mut impl Rng,
) -> Result<Parameter> {
    let weight = init.weights((g.filters, g.taps()), fans, rng);
    Parameter::new(weight, &[g.filters, g.channels, g.kernel, g.kernel])
}

/// Returns the numbers that a convolution of these sizes keeps in memory.
pub(super) fn memory(g: &Geometry, output: &SampleShape) -> Memory {
    Memory {
        parameters: g.filters as f64 * g.channels as f64 * (g.kernel as f64).powi(2),
        workspace: g.workspace(),
        ..Memory::of_output(output)
    }
}
