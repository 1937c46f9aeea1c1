//! What a direction changes in the samples, in bits.

mod effect;
mod meters;
mod quantity;

pub use effect::{Effect, EffectSettings, Effects, QuantityEffect};
pub use meters::{
    ColumnMeter, ImageMeter, MixtureMeter, OutputMeter, PixelMeter, ScoreMeter, SpriteMeter,
};
pub use quantity::{Meter, Quantity, Values};
