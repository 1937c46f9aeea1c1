//! What a likelihood is measured on, and the unit that it is per.

use super::VALIDATION;
use crate::data::{DataConfig, Dataset, SampleShape};
use crate::error::{Error, Result, counted};
use crate::info::{Nats, Sample};

/// Which held-out samples are taken follows from it, and not from the seed of the chains.
const TEST: u64 = 0;
const OTHER: u64 = 1;

/// What a generator's likelihood is measured on, row-major.
pub(super) struct HeldOut {
    pub shape: SampleShape,
    /// Samples that it has not learnt from.
    pub test: Vec<f32>,
    /// Others, to choose σ by.
    pub validation: Vec<f32>,
    pub name: String,
}

impl HeldOut {
    pub fn of(data: &DataConfig, n: usize) -> Result<Self> {
        let learnt = Dataset::open(data)?;
        let shape = learnt.description().shape.clone();
        if learnt.mixture().is_some() {
            return Ok(HeldOut {
                shape,
                test: learnt.sample(TEST, n)?,
                validation: learnt.sample(OTHER, VALIDATION)?,
                name: format!("{} drawn afresh from {}", counted(n, "point"), data.name),
            });
        }
        let (Some(unseen), Some(len)) = (data.unseen(), learnt.len()) else {
            return Err(Error::Usage(format!(
                "the likelihood is of samples that G has not learnt from, and {} has no test split; it can be \
                 taken of runs on mnist, fashion-mnist, ring8 and grid25",
                data.name
            )));
        };
        Ok(HeldOut {
            shape,
            test: Dataset::open(&unseen)?.sample(TEST, n)?,
            // The last that it learnt from: σ is one number, which nothing can be learnt by heart with.
            validation: learnt.rows(len - VALIDATION.min(len)..len)?,
            name: format!(
                "{} of {}'s {} split",
                counted(n, "image"),
                data.name,
                unseen.split
            ),
        })
    }
}

/// What a density is per: the network's number x is (x + `offset`)/`scale` of it.
pub(super) struct Unit {
    offset: f64,
    pub scale: f64,
}

impl Unit {
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

    /// What the logarithm of a density in d dimensions is larger by.
    pub fn nats(&self, d: usize) -> Nats {
        Nats(d as f64 * self.scale.ln())
    }

    pub fn sample(&self, x: &[f32], d: usize) -> Result<Sample> {
        let numbers = x.iter().map(|&x| (f64::from(x) + self.offset) / self.scale);
        Sample::new(numbers.collect(), d)
    }

    pub fn name(&self, d: usize) -> String {
        match self.nats(d) {
            Nats(0.0) => "density in the points' own unit".into(),
            more => format!("density of pixel values in [0, 1]; in [−1, 1]: {more:.1} less"),
        }
    }
}
