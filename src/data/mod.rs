//! Where samples come from.
mod shape;
pub use shape::{Description, SampleShape};
