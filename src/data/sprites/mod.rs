//! Procedural images whose factors of variation are known, similar to dSprites (Matthey et al. 2017):
//! a square, an ellipse or a heart, white on black, 32×32, at every combination of shape, size, rotation
//! and position.
//!
//! Edges are anti-aliased: a quarter of a pixel holds `clamp(½ − 2d, 0, 1)` of white, where `d` is the
//! signed distance in pixels from its centre to the outline (negative inside). The value of a pixel is
//! the mean of its quarters.
//!
//! **Rotations that coincide.** Sixteen rotations cover the full turn in steps of 22.5°. The square
//! looks the same every 4 steps and the ellipse every 8; only the heart looks different at all sixteen.
//! The factor has sixteen levels for every shape, so that every combination exists: the 73,728
//! combinations give 43,008 different images.

mod factors;
mod sprite;

pub(crate) use factors::combinations;
pub use factors::{Factors, SPRITE_COUNT, SPRITE_FACTORS, render};
pub use sprite::{SPRITE_SIZE, Shape, Sprite};
