//! The factors of a sprite, and the numbering of their combinations.

use std::collections::BTreeMap;
use std::f32::consts::TAU;

use serde::{Deserialize, Serialize};

use super::sprite::{PIXELS, Shape, Sprite};
use crate::data::factor_levels::LevelChoice;
use crate::error::Result;

/// Name and number of levels of each factor. In the numbering of the combinations the last varies fastest.
pub const SPRITE_FACTORS: [(&str, usize); 5] = [
    ("shape", 3),
    ("scale", 6),
    ("rotation", 16),
    ("x", 16),
    ("y", 16),
];

/// Number of combinations of factors: 73,728.
pub const SPRITE_COUNT: usize = 3 * 6 * 16 * 16 * 16;

/// Levels of the factors of one sprite.
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
    /// Shape: 0 square, 1 ellipse, 2 heart.
    pub shape: usize,
    /// Scale, 0 to 5: 0.5, 0.6, …, 1.
    pub scale: usize,
    /// Rotation, 0 to 15: multiples of 22.5°.
    pub rotation: usize,
    /// Horizontal position, 0 to 15: 10 to 22 pixels from the left edge.
    pub x: usize,
    /// Vertical position, 0 to 15: 10 to 22 pixels from the top edge.
    pub y: usize,
}

impl Factors {
    /// Combination number `index` (y varies fastest), or `None` if there are not that many.
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

    /// Number of this combination: the inverse of [`from_index`](Self::from_index).
    pub fn index(&self) -> usize {
        let digits = self.indices();
        digits
            .iter()
            .zip(SPRITE_FACTORS)
            .fold(0, |index, (digit, (_, base))| index * base + digit)
    }

    /// The levels in the order of [`SPRITE_FACTORS`].
    pub fn indices(&self) -> [usize; 5] {
        [self.shape, self.scale, self.rotation, self.x, self.y]
    }

    /// The sprite with these levels.
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

/// Ascending numbers of the combinations whose factors have one of the given `levels`; a factor without
/// an entry may have any level.
///
/// # Errors
/// [`Error::Config`](crate::Error::Config) for a factor that does not exist, an empty list of levels, or a level that
/// does not exist.
pub(crate) fn combinations(levels: &BTreeMap<String, Vec<usize>>) -> Result<Vec<usize>> {
    let choice = LevelChoice::new("sprites", &SPRITE_FACTORS, levels)?;
    let is_allowed = |index: &usize| {
        Factors::from_index(*index).is_some_and(|factors| choice.allows(&factors.indices()))
    };
    Ok((0..SPRITE_COUNT).filter(is_allowed).collect())
}

/// Draws one combination of factors as a 32×32 image, row-major from the top left, black −1, white 1.
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
    use super::super::SPRITE_SIZE;
    use super::*;
    use std::f32::consts::PI;

    /// Area in pixels and centre of mass (x, y) of the white pixels.
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
    fn every_sprite_has_its_area_and_centre_and_does_not_touch_the_border() {
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
    fn rotations_coincide_for_symmetric_shapes_only() {
        let at = |shape, rotation| {
            render(&Factors {
                shape,
                scale: 4,
                rotation,
                x: 7,
                y: 3,
            })
        };
        let largest_difference = |a: [f32; PIXELS], b: [f32; PIXELS]| {
            a.iter()
                .zip(b)
                .map(|(a, b)| (a - b).abs())
                .fold(0.0, f32::max)
        };
        for rotation in 0..4 {
            assert!(largest_difference(at(0, rotation), at(0, rotation + 4)) < 1e-4);
            assert!(largest_difference(at(1, rotation), at(1, rotation + 8)) < 1e-4);
            assert!(largest_difference(at(0, 0), at(0, rotation)) > 0.5 || rotation == 0);
            assert!(largest_difference(at(1, rotation), at(1, rotation + 4)) > 0.5);
            assert!(largest_difference(at(2, rotation), at(2, rotation + 8)) > 0.5);
        }
    }

    #[test]
    fn the_heart_points_down_and_rotates_counter_clockwise() {
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
