//! What a trained GAN has learnt: one method per file, each with its equation and its source.
//!
//! A method takes a [`Network`](crate::nn::Network), latents or data, and returns a result with its protocol (sample
//! size, seed, layer, step sizes). Results are printed with `Display`, written as JSON with serde, and shown in a
//! notebook cell.

mod direction;
mod effect;
mod meters;
mod quantity;
mod subject;

pub use direction::{Direction, Directions, read_direction};
pub use effect::{Effect, EffectSettings, Effects, QuantityEffect};
pub use meters::{ColumnMeter, ImageMeter, MixtureMeter, PixelMeter, ScoreMeter, SpriteMeter};
pub use quantity::{Meter, Quantity, Values};
pub use subject::{RealData, Subject};
