//! Random affine maps of images, for a discriminator that sees real and generated images rotated, sheared,
//! stretched and shifted a little (Zhao et al. 2020, Karras et al. 2020).
//!
//! The value of pixel p of the output is that of place p' of the input, by bilinear interpolation. With p
//! and p' measured from the centre of the image,
//!
//! $$ p' = R(\theta)\begin{pmatrix} 1 & s \\ 0 & 1\end{pmatrix}
//!         \begin{pmatrix} e^{a} & 0 \\ 0 & e^{b}\end{pmatrix} p + t $$
//!
//! θ, s, a, b and the components of t are uniform on an interval around 0 and drawn anew for each image.
//! Beyond the edge, the pixels of the border are repeated.

use crate::data::SampleShape;
use crate::error::Result;
use crate::nn::init::Initializer;
use crate::nn::layer::{Layer, LayerDescription, Mismatch};
use crate::nn::limits::check_number;
use crate::nn::pass::Pass;
use crate::random::Stream;
use crate::tensor::resample::{TAPS, resample};
use crate::tensor::{Batch, Tape};
use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};
use std::fmt;

/// In training, maps each image by a random affine map. In inference the layer changes nothing.
///
/// Each field is the largest absolute value of a parameter of the map; with 0, the default, that parameter
/// is always 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RandomAffine {
    /// Largest angle θ, in radians.
    pub rotation: f32,
    /// Largest shear s.
    pub shear: f32,
    /// Largest logarithm of the scales, a and b: 0.2 scales by factors between 0.82 and 1.22. At most 4.
    pub stretch: f32,
    /// Largest shift t in pixels, horizontally and vertically.
    pub shift: f32,
}

impl fmt::Display for RandomAffine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "random_affine")
    }
}

impl LayerDescription for RandomAffine {
    type Built = RandomAffineLayer;

    fn output_shape(&self, input: &SampleShape) -> Result<SampleShape, Mismatch> {
        let condition = "finite and at least 0";
        for (name, range) in [
            ("rotation", self.rotation),
            ("shear", self.shear),
            ("stretch", self.stretch),
            ("shift", self.shift),
        ] {
            check_number(range >= 0.0, name, condition, range)?;
        }
        // An image that is scaled by more than e⁴ = 55 cannot be recognised.
        let stretch = self.stretch;
        check_number(stretch <= 4.0, "stretch", "at most 4", stretch)?;
        image_size(input)?;
        Ok(input.clone())
    }

    fn build(&self, input: &SampleShape, _: Initializer, _: &mut impl Rng) -> Result<Self::Built> {
        Ok(RandomAffineLayer {
            ranges: *self,
            size: image_size(input)?,
        })
    }
}

/// Returns height and width.
fn image_size(input: &SampleShape) -> Result<(usize, usize), Mismatch> {
    match *input {
        SampleShape::Image { height, width, .. } => Ok((height, width)),
        SampleShape::Vector { .. } => Err(Mismatch::input("an image")),
    }
}

/// Random affine maps of images of one size. The maps are a function of the seed, the step and the layer's
/// index.
#[derive(Debug, Clone)]
pub(in crate::nn) struct RandomAffineLayer {
    ranges: RandomAffine,
    /// Height and width of the images.
    size: (usize, usize),
}

impl Layer for RandomAffineLayer {
    fn forward<T: Tape>(&self, x: Batch<T>, pass: Pass) -> Result<Batch<T>> {
        if !pass.training {
            return Ok(x);
        }
        let (height, width) = self.size;
        let taps = self
            .ranges
            .taps(x.rows(), self.size, &mut pass.rng(Stream::Affine));
        resample(x, &taps, height * width, pass.needs)
    }

    /// The layer is linear, so its tangent is the layer itself, with the same maps.
    fn tangent<T: Tape>(&self, _: &Batch, _: &Batch, dx: Batch<T>, pass: Pass) -> Result<Batch<T>> {
        self.forward(dx, pass)
    }
}

impl RandomAffine {
    /// For each pixel of `n` images, the four pixels that it is interpolated from, with their weights.
    fn taps(
        &self,
        n: usize,
        (height, width): (usize, usize),
        rng: &mut impl Rng,
    ) -> Vec<(usize, f32)> {
        let mut taps = Vec::with_capacity(n * height * width * TAPS);
        for _ in 0..n {
            let (m, t) = self.draw(rng);
            let centre = |side: usize| (side as f32 - 1.0) / 2.0;
            let (centre_x, centre_y) = (centre(width), centre(height));
            for row in 0..height {
                for column in 0..width {
                    let (u, v) = (column as f32 - centre_x, row as f32 - centre_y);
                    let x = m[0] * u + m[1] * v + t[0] + centre_x;
                    let y = m[2] * u + m[3] * v + t[1] + centre_y;
                    let ([left, right], wx) = neighbours(x, width);
                    let ([above, below], wy) = neighbours(y, height);
                    taps.extend([
                        (above * width + left, (1.0 - wy) * (1.0 - wx)),
                        (above * width + right, (1.0 - wy) * wx),
                        (below * width + left, wy * (1.0 - wx)),
                        (below * width + right, wy * wx),
                    ]);
                }
            }
        }
        taps
    }

    /// Draws the matrix of one map, row by row, and t.
    fn draw(&self, rng: &mut impl Rng) -> ([f32; 4], [f32; 2]) {
        let mut uniform = |range: f32| (2.0 * rng.random::<f32>() - 1.0) * range;
        let (sin, cos) = uniform(self.rotation).sin_cos();
        let s = uniform(self.shear);
        let (a, b) = (uniform(self.stretch).exp(), uniform(self.stretch).exp());
        let t = [uniform(self.shift), uniform(self.shift)];
        let m = [cos * a, (cos * s - sin) * b, sin * a, (sin * s + cos) * b];
        (m, t)
    }
}

/// Returns the two pixels around a coordinate, and its distance from the first.
fn neighbours(coordinate: f32, side: usize) -> ([usize; 2], f32) {
    let coordinate = coordinate.clamp(0.0, side as f32 - 1.0);
    let first = coordinate as usize;
    ([first, (first + 1).min(side - 1)], coordinate.fract())
}
