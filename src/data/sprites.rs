//! Procedural images whose factors of variation are known, in the manner of dSprites (Matthey et
//! al. 2017): a square, an ellipse or a heart, white on black, 32×32, at every combination of shape,
//! size, rotation and place.
//!
//! Edges are anti-aliased: a quarter of a pixel holds `clamp(½ − 2d, 0, 1)` of white, with `d` the
//! signed distance in pixels from its centre to the outline (negative inside), and a pixel the mean
//! of its quarters.
//!
//! **Rotations that coincide.** Sixteen rotations cover the full turn in steps of 22.5°. The square
//! looks the same every 4 steps and the ellipse every 8; only the heart shows all sixteen apart. The
//! factor is kept all the same, so that every combination exists: of the 73,728 combinations 43,008
//! are distinct images.

use std::collections::BTreeMap;
use std::f32::consts::{FRAC_1_SQRT_2, TAU};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result, unknown};

/// Rows and columns of a sprite.
pub const SPRITE_SIZE: usize = 32;

const PIXELS: usize = SPRITE_SIZE * SPRITE_SIZE;

/// Name and number of values of each factor, the slowest to vary first.
pub const SPRITE_FACTORS: [(&str, usize); 5] = [
    ("shape", 3),
    ("scale", 6),
    ("rotation", 16),
    ("x", 16),
    ("y", 16),
];

/// How many combinations of factors there are: 73,728.
pub const SPRITE_COUNT: usize = 3 * 6 * 16 * 16 * 16;

/// Outlines of the sprites, each sized for scale 1.
///
/// The farthest point of each is at most 9 pixels from the centre of mass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// 12.5 × 12.5 pixels.
    Square,
    /// Semi-axes 9 and 4.5 pixels, the long one horizontal when not rotated.
    Ellipse,
    /// A square on its corner with a half disc on each upper side; upright when not rotated.
    Heart,
}

const HALF_SIDE: f32 = 6.25;
const SEMI_AXES: [f32; 2] = [9.0, 4.5];
/// Centres of the quarters of a pixel, from its centre.
const QUARTERS: [(f32, f32); 4] = [(-0.25, -0.25), (-0.25, 0.25), (0.25, -0.25), (0.25, 0.25)];
/// Height in pixels of the heart's square from lower to upper corner.
const HEART_HEIGHT: f32 = 13.5;
/// Height of the centre of mass over the lower corner, in units of [`HEART_HEIGHT`]: the square
/// (area 1/2, at 1/2) and two half discs of radius √2/4 (area π/8, at 3/4 + 1/(3π)).
const HEART_CENTRE: f32 = 0.656_650;

/// Indices of the factors of one sprite.
///
/// ```
/// use ganscope::data::{Factors, SPRITE_COUNT};
/// let last = Factors::from_index(SPRITE_COUNT - 1).unwrap();
/// assert_eq!(last, Factors { shape: 2, scale: 5, rotation: 15, x: 15, y: 15 });
/// assert_eq!(last.index(), SPRITE_COUNT - 1);
/// assert_eq!(Factors::from_index(SPRITE_COUNT), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Factors {
    /// 0 square, 1 ellipse, 2 heart.
    pub shape: usize,
    /// 0 to 5: scale 0.5, 0.6, …, 1.
    pub scale: usize,
    /// 0 to 15: multiples of 22.5°.
    pub rotation: usize,
    /// 0 to 15: 10 to 22 pixels from the left.
    pub x: usize,
    /// 0 to 15: 10 to 22 pixels from the top.
    pub y: usize,
}

impl Factors {
    /// The `index`-th combination (y varies fastest), or `None` from [`SPRITE_COUNT`] on.
    pub fn from_index(index: usize) -> Option<Self> {
        if index >= SPRITE_COUNT {
            return None;
        }
        let mut rest = index;
        let mut digits = [0; SPRITE_FACTORS.len()];
        for (digit, (_, base)) in digits.iter_mut().zip(SPRITE_FACTORS).rev() {
            *digit = rest % base;
            rest /= base;
        }
        let [shape, scale, rotation, x, y] = digits;
        Some(Factors {
            shape,
            scale,
            rotation,
            x,
            y,
        })
    }

    /// Which combination this is: the inverse of [`from_index`](Self::from_index).
    pub fn index(&self) -> usize {
        let digits = self.indices();
        digits
            .iter()
            .zip(SPRITE_FACTORS)
            .fold(0, |index, (digit, (_, base))| index * base + digit)
    }

    /// The indices in the order of [`SPRITE_FACTORS`].
    pub fn indices(&self) -> [usize; 5] {
        [self.shape, self.scale, self.rotation, self.x, self.y]
    }

    /// The real values that the indices stand for.
    ///
    /// ```
    /// use ganscope::data::{Factors, Shape};
    /// let sprite = Factors { shape: 2, scale: 0, rotation: 4, x: 0, y: 15 }.sprite();
    /// assert_eq!(sprite.shape, Shape::Heart);
    /// assert_eq!((sprite.scale, sprite.x, sprite.y), (0.5, 10.0, 22.0));
    /// assert!((sprite.rotation - std::f32::consts::FRAC_PI_2).abs() < 1e-6);
    /// ```
    pub fn sprite(&self) -> Sprite {
        Sprite {
            shape: match self.shape {
                0 => Shape::Square,
                1 => Shape::Ellipse,
                _ => Shape::Heart,
            },
            scale: 0.5 + self.scale as f32 / 10.0,
            rotation: TAU * self.rotation as f32 / 16.0,
            x: 10.0 + self.x as f32 * 0.8,
            y: 10.0 + self.y as f32 * 0.8,
        }
    }
}

/// Indices, ascending, of the combinations whose factors take the `levels` given for them; a factor
/// without an entry takes all.
///
/// # Errors
/// [`Error::Config`] for a factor that does not exist, or one held to no level or to one it has not.
pub(crate) fn combinations(levels: &BTreeMap<String, Vec<usize>>) -> Result<Vec<usize>> {
    let names = SPRITE_FACTORS.map(|(name, _)| name);
    for (name, held) in levels {
        let Some((_, count)) = SPRITE_FACTORS.iter().find(|(n, _)| n == name) else {
            let key = format!("factors.{name}");
            return Err(unknown("factor of sprites", name, &names).of_setting(key));
        };
        if held.is_empty() {
            return Err(Error::setting(
                format!("factors.{name}"),
                format!(
                    "factor {name} of sprites is held to no level; leave it out to let it take all {count}"
                ),
            ));
        }
        if let Some(level) = held.iter().find(|level| *level >= count) {
            return Err(Error::setting(
                format!("factors.{name}"),
                format!(
                    "factor {name} of sprites has levels 0 to {}, not {level}",
                    count - 1
                ),
            ));
        }
    }
    let held = names.map(|name| levels.get(name));
    let takes = |index: &usize| {
        Factors::from_index(*index).is_some_and(|factors| {
            let mut pairs = factors.indices().into_iter().zip(held);
            pairs.all(|(level, held)| held.is_none_or(|held| held.contains(&level)))
        })
    };
    Ok((0..SPRITE_COUNT).filter(takes).collect())
}

/// One sprite with its factors as real numbers, so that those between the grid's can be drawn too.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sprite {
    /// The outline.
    pub shape: Shape,
    /// 1 for the size given at [`Shape`].
    pub scale: f32,
    /// Radians, counter-clockwise as one sees it.
    pub rotation: f32,
    /// Centre of mass, in pixels from the left edge.
    pub x: f32,
    /// Centre of mass, in pixels from the top edge.
    pub y: f32,
}

impl Sprite {
    /// Draws into `image`, row-major from the top left; black is −1, white is 1.
    pub fn render_into(&self, image: &mut [f32; PIXELS]) {
        image.fill(-1.0);
        // One pixel more than the farthest point of any outline, for the soft edge.
        let reach = 9.0 * self.scale + 1.0;
        let range = |centre: f32| {
            let from = (centre - reach).floor().max(0.0) as usize;
            let to = (centre + reach).ceil().max(0.0) as usize;
            from.min(SPRITE_SIZE)..to.min(SPRITE_SIZE)
        };
        let (sin, cos) = self.rotation.sin_cos();
        for row in range(self.y) {
            // Rows grow downwards, the shape's own y axis upwards.
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

/// Twice as fast as `hypot`, whose care for overflow is not needed here.
fn length(x: f32, y: f32) -> f32 {
    (x * x + y * y).sqrt()
}

fn square(x: f32, y: f32) -> f32 {
    let (dx, dy) = (x - HALF_SIDE, y - HALF_SIDE);
    length(dx.max(0.0), dy.max(0.0)) + dx.max(dy).min(0.0)
}

/// Distance to first order, f (f − 1) / |∇(f²/2)| with f = √(x²/a² + y²/b²): exact at the
/// outline and of the right sign elsewhere.
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

/// Heart with its lower corner at the origin and the notch between its lobes at (0, 1), for x ≥ 0.
/// The distance is exact (Quilez, "2D distance functions").
fn heart(x: f32, y: f32) -> f32 {
    if x + y > 1.0 {
        return length(x - 0.25, y - 0.75) - FRAC_1_SQRT_2 / 2.0;
    }
    let along = 0.5 * (x + y).max(0.0);
    let to_notch = length(x, y - 1.0);
    let to_side = length(x - along, y - along);
    to_notch.min(to_side).copysign(x - y)
}

/// Draws one combination of factors: 32×32 row-major from the top left, black −1, white 1.
///
/// ```
/// use ganscope::data::{Factors, render};
/// let image = render(&Factors { shape: 0, scale: 5, rotation: 0, x: 0, y: 0 });
/// assert_eq!(image[10 * 32 + 10], 1.0); // the centre of the square
/// assert_eq!(image[31 * 32 + 31], -1.0); // the far corner
/// ```
pub fn render(factors: &Factors) -> [f32; PIXELS] {
    let mut image = [0.0; PIXELS];
    factors.sprite().render_into(&mut image);
    image
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f32::consts::PI;

    /// Area in pixels and centre of mass (x, y) of the white.
    fn moments(image: &[f32; PIXELS]) -> (f32, f32, f32) {
        let (mut area, mut x, mut y) = (0.0, 0.0, 0.0);
        for (i, value) in image.iter().enumerate() {
            let white = (value + 1.0) / 2.0;
            area += white;
            x += white * ((i % SPRITE_SIZE) as f32 + 0.5);
            y += white * ((i / SPRITE_SIZE) as f32 + 0.5);
        }
        (area, x / area, y / area)
    }

    #[test]
    fn index_and_factors_are_inverse() {
        for index in 0..SPRITE_COUNT {
            assert_eq!(Factors::from_index(index).unwrap().index(), index);
        }
        assert_eq!(
            SPRITE_FACTORS.map(|(_, n)| n).iter().product::<usize>(),
            SPRITE_COUNT
        );
    }

    #[test]
    fn every_sprite_is_inside_with_its_area_and_place() {
        for index in 0..SPRITE_COUNT {
            let factors = Factors::from_index(index).unwrap();
            let (image, sprite) = (render(&factors), factors.sprite());
            let last = SPRITE_SIZE - 1;
            let edge = |i| {
                i % SPRITE_SIZE == 0
                    || i % SPRITE_SIZE == last
                    || i / SPRITE_SIZE == 0
                    || i / SPRITE_SIZE == last
            };
            assert!(
                (0..PIXELS).filter(|i| edge(*i)).all(|i| image[i] == -1.0),
                "{factors:?}"
            );
            assert!(image.iter().all(|v| (-1.0..=1.0).contains(v)));
            let (area, x, y) = moments(&image);
            let unit = match sprite.shape {
                Shape::Square => 12.5 * 12.5,
                Shape::Ellipse => PI * 9.0 * 4.5,
                // A square of side 13.5/√2 and two half discs on its sides.
                Shape::Heart => 13.5 * 13.5 * (0.5 + PI / 8.0),
            };
            let expected = unit * sprite.scale * sprite.scale;
            assert!(
                (area / expected - 1.0).abs() < 0.015,
                "{factors:?}: {area} {expected}"
            );
            assert!(
                (x - sprite.x).abs() < 0.05 && (y - sprite.y).abs() < 0.05,
                "{factors:?}: {x} {y}"
            );
        }
    }

    #[test]
    fn symmetric_shapes_repeat_and_the_heart_does_not() {
        let at = |shape, rotation| {
            render(&Factors {
                shape,
                scale: 4,
                rotation,
                x: 7,
                y: 3,
            })
        };
        let differ = |a: [f32; PIXELS], b: [f32; PIXELS]| {
            a.iter()
                .zip(b)
                .map(|(a, b)| (a - b).abs())
                .fold(0.0, f32::max)
        };
        for rotation in 0..4 {
            assert!(differ(at(0, rotation), at(0, rotation + 4)) < 1e-4);
            assert!(differ(at(1, rotation), at(1, rotation + 8)) < 1e-4);
            assert!(differ(at(0, 0), at(0, rotation)) > 0.5 || rotation == 0);
            assert!(differ(at(1, rotation), at(1, rotation + 4)) > 0.5);
            assert!(differ(at(2, rotation), at(2, rotation + 8)) > 0.5);
        }
    }

    #[test]
    fn the_upright_heart_points_down_and_turns_counter_clockwise() {
        let image = |rotation| {
            render(&Factors {
                shape: 2,
                scale: 5,
                rotation,
                x: 7,
                y: 7,
            })
        };
        let whites = |image: [f32; PIXELS], column: usize, row: usize| {
            image[row * SPRITE_SIZE + column] > 0.0
        };
        // Centre (15.6, 15.6); the tip is 8.9 px away, the notch 4.6, the lobes 6.0 high.
        assert!(whites(image(0), 15, 23) && !whites(image(0), 15, 8));
        assert!(whites(image(0), 12, 10) && whites(image(0), 19, 10));
        // A quarter turn counter-clockwise takes the tip from the bottom to the right.
        assert!(whites(image(4), 23, 15) && !whites(image(4), 8, 15));
    }
}
