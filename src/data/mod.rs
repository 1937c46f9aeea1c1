//! Where samples come from.

mod mixture;

pub use mixture::Mixture;
