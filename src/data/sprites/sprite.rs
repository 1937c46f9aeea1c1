//! One sprite: its outline, and how it is drawn.

use std::f32::consts::FRAC_1_SQRT_2;

use serde::{Deserialize, Serialize};

/// Rows and columns of a sprite.
pub const SPRITE_SIZE: usize = 32;

/// Number of pixels of a sprite.
pub(super) const PIXELS: usize = SPRITE_SIZE * SPRITE_SIZE;

/// Outlines of the sprites, each sized for scale 1.
///
/// Every point of an outline is at most 9 pixels from the centre of mass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// A square of 12.5 × 12.5 pixels.
    Square,
    /// An ellipse with semi-axes of 9 and 4.5 pixels; the longer one is horizontal when not rotated.
    Ellipse,
    /// A square that stands on its corner, with a half disc on each upper side; upright when not rotated.
    Heart,
}

/// Half of the side of the square, in pixels.
const HALF_SIDE: f32 = 6.25;
/// Semi-axes of the ellipse, in pixels.
const SEMI_AXES: [f32; 2] = [9.0, 4.5];
/// Centres of the quarters of a pixel, relative to its centre.
const QUARTERS: [(f32, f32); 4] = [(-0.25, -0.25), (-0.25, 0.25), (0.25, -0.25), (0.25, 0.25)];
/// Height in pixels of the heart's square from lower to upper corner.
const HEART_HEIGHT: f32 = 13.5;
/// Height of the centre of mass above the lower corner, in units of [`HEART_HEIGHT`]: of the square
/// (area 1/2, at 1/2) and two half discs of radius √2/4 (area π/8, at 3/4 + 1/(3π)).
const HEART_CENTRE: f32 = 0.656_650;

/// One sprite with its factors as real numbers, so that values between the levels can be drawn too.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sprite {
    /// Outline of the sprite.
    pub shape: Shape,
    /// Size relative to the one given at [`Shape`].
    pub scale: f32,
    /// Rotation in radians, counter-clockwise.
    pub rotation: f32,
    /// Distance of the centre of mass from the left edge, in pixels.
    pub x: f32,
    /// Distance of the centre of mass from the top edge, in pixels.
    pub y: f32,
}

impl Sprite {
    /// Draws the sprite into `image`, row-major from the top left; black is −1, white is 1.
    pub fn render_into(&self, image: &mut [f32; PIXELS]) {
        image.fill(-1.0);
        // The farthest point of any outline, and one pixel more for the anti-aliased edge.
        let reach = 9.0 * self.scale + 1.0;
        let range = |centre: f32| {
            let from = (centre - reach).floor().max(0.0) as usize;
            let to = (centre + reach).ceil().max(0.0) as usize;
            from.min(SPRITE_SIZE)..to.min(SPRITE_SIZE)
        };
        let (sin, cos) = self.rotation.sin_cos();
        for row in range(self.y) {
            // Row numbers increase downwards, the shape's own y axis points upwards.
            let up = self.y - (row as f32 + 0.5);
            let line = &mut image[row * SPRITE_SIZE..][..SPRITE_SIZE];
            for column in range(self.x) {
                let right = column as f32 + 0.5 - self.x;
                let own = |right: f32, up: f32| [cos * right + sin * up, cos * up - sin * right];
                let centre = self.distance(own(right, up));
                let white = if centre.abs() > 1.0 {
                    f32::from(u8::from(centre < 0.0))
                } else {
                    let quarter = |(dx, dy)| {
                        let distance = self.distance(own(right + dx, up + dy));
                        (0.5 - 2.0 * distance).clamp(0.0, 1.0)
                    };
                    QUARTERS.map(quarter).iter().sum::<f32>() / 4.0
                };
                line[column] = 2.0 * white - 1.0;
            }
        }
    }

    /// Signed distance in pixels from the outline to a point in the shape's own axes.
    fn distance(&self, [x, y]: [f32; 2]) -> f32 {
        let (x, y) = (x / self.scale, y / self.scale);
        self.scale
            * match self.shape {
                Shape::Square => square(x.abs(), y.abs()),
                Shape::Ellipse => ellipse(x, y),
                Shape::Heart => {
                    let (x, y) = (x.abs() / HEART_HEIGHT, y / HEART_HEIGHT);
                    HEART_HEIGHT * heart(x, y + HEART_CENTRE)
                }
            }
    }
}

/// √(x² + y²), twice as fast as `hypot`, which also prevents overflow.
fn length(x: f32, y: f32) -> f32 {
    (x * x + y * y).sqrt()
}

/// Signed distance to the square.
fn square(x: f32, y: f32) -> f32 {
    let (dx, dy) = (x - HALF_SIDE, y - HALF_SIDE);
    length(dx.max(0.0), dy.max(0.0)) + dx.max(dy).min(0.0)
}

/// Signed distance to the ellipse to first order, f (f − 1) / |∇(f²/2)| with f = √(x²/a² + y²/b²): exact
/// on the outline, and with the right sign elsewhere.
fn ellipse(x: f32, y: f32) -> f32 {
    let [a, b] = SEMI_AXES;
    let f = length(x / a, y / b);
    let slope = length(x / (a * a), y / (b * b));
    if slope == 0.0 {
        -b
    } else {
        f * (f - 1.0) / slope
    }
}

/// Signed distance to a heart with its lower corner at the origin and the notch between its lobes at
/// (0, 1), for x ≥ 0. The distance is exact (Quilez, "2D distance functions").
fn heart(x: f32, y: f32) -> f32 {
    if x + y > 1.0 {
        return length(x - 0.25, y - 0.75) - FRAC_1_SQRT_2 / 2.0;
    }
    let along = 0.5 * (x + y).max(0.0);
    let to_notch = length(x, y - 1.0);
    let to_side = length(x - along, y - along);
    to_notch.min(to_side).copysign(x - y)
}
