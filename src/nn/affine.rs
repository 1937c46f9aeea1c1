//! Random affine maps of images, as a layer: D then judges images that are turned, sheared, stretched
//! and shifted a little, real and generated ones alike (Zhao et al. 2020, Karras et al. 2020).
//!
//! Pixel p of the output is where p came from, by bilinear interpolation: with p and p' measured from
//! the middle of the image,
//!
//! $$ p' = R(\theta)\begin{pmatrix} 1 & s \\ 0 & 1\end{pmatrix}
//!         \begin{pmatrix} e^{a} & 0 \\ 0 & e^{b}\end{pmatrix} p + t $$
//!
//! θ, s, a, b and t are uniform about 0, drawn anew for each image; the border goes on beyond the edge.

use super::network::Pass;
use crate::random::{Stream, rng};
use crate::tensor::resample::TAPS;
use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};

/// How far the maps go, to either side; 0 is not at all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AffineRanges {
    /// θ, in radians.
    pub rotation: f32,
    /// s.
    pub shear: f32,
    /// a and b: 0.2 is from 18 % smaller to 22 % larger.
    pub stretch: f32,
    /// t, in pixels across and down.
    pub shift: f32,
}

impl AffineRanges {
    /// The ranges by name.
    pub(super) fn named(&self) -> [(&'static str, f32); 4] {
        [
            ("rotation", self.rotation),
            ("shear", self.shear),
            ("stretch", self.stretch),
            ("shift", self.shift),
        ]
    }

    /// For `n` images, what each pixel is made of; a function of the pass and the layer.
    pub(super) fn taps(
        &self,
        n: usize,
        (height, width): (usize, usize),
        layer: usize,
        pass: Pass,
    ) -> Vec<(usize, f32)> {
        let mut rng = rng(pass.seed, Stream::Affine, pass.step << 8 | layer as u64);
        let mut taps = Vec::with_capacity(n * height * width * TAPS);
        for _ in 0..n {
            let (m, t) = self.draw(&mut rng);
            let middle = |side: usize| (side as f32 - 1.0) / 2.0;
            let (across, down) = (middle(width), middle(height));
            for row in 0..height {
                for column in 0..width {
                    let (u, v) = (column as f32 - across, row as f32 - down);
                    let x = m[0] * u + m[1] * v + t[0] + across;
                    let y = m[2] * u + m[3] * v + t[1] + down;
                    let ([left, right], wx) = between(x, width);
                    let ([above, below], wy) = between(y, height);
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

    /// The matrix of one map, row by row, and t.
    fn draw(&self, rng: &mut impl Rng) -> ([f32; 4], [f32; 2]) {
        let mut to_either_side = |range: f32| (2.0 * rng.random::<f32>() - 1.0) * range;
        let (sin, cos) = to_either_side(self.rotation).sin_cos();
        let s = to_either_side(self.shear);
        let (a, b) = (
            to_either_side(self.stretch).exp(),
            to_either_side(self.stretch).exp(),
        );
        let t = [to_either_side(self.shift), to_either_side(self.shift)];
        let m = [cos * a, (cos * s - sin) * b, sin * a, (sin * s + cos) * b];
        (m, t)
    }
}

/// The pixels on both sides of a place, and how far it is from the first to the second.
fn between(place: f32, side: usize) -> ([usize; 2], f32) {
    let place = place.clamp(0.0, side as f32 - 1.0);
    let first = place as usize;
    ([first, (first + 1).min(side - 1)], place.fract())
}
