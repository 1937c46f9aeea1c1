//! The unit of a density.

use crate::data::SampleShape;
use crate::error::Result;
use crate::info::{Nats, Sample};

/// The unit in which densities are given: a number x of the network is (x + `offset`)/`scale` in this unit.
pub(super) struct Unit {
    offset: f64,
    pub scale: f64,
}

impl Unit {
    /// Pixel values in [0, 1] for images, the network's own numbers for vectors.
    pub fn of(shape: &SampleShape) -> Self {
        match shape {
            SampleShape::Image { .. } => Unit {
                offset: 1.0,
                scale: 2.0,
            },
            SampleShape::Vector { .. } => Unit {
                offset: 0.0,
                scale: 1.0,
            },
        }
    }

    /// What must be added to a log-density of d network numbers to convert it to this unit.
    pub fn nats(&self, d: usize) -> Nats {
        Nats(d as f64 * self.scale.ln())
    }

    /// Samples of the network, row-major with width d, in this unit.
    pub fn sample(&self, x: &[f32], d: usize) -> Result<Sample> {
        let numbers = x.iter().map(|&x| (f64::from(x) + self.offset) / self.scale);
        Sample::new(numbers.collect(), d)
    }

    /// The unit in words.
    pub fn name(&self, d: usize) -> String {
        match self.nats(d) {
            Nats(0.0) => "density per unit of area, in the coordinates of the points".into(),
            difference => {
                format!(
                    "density of pixel values in [0, 1]; for pixel values in [−1, 1] the log-likelihood is \
                     {difference:.1} lower"
                )
            }
        }
    }
}
