//! The held-out samples on which a likelihood is measured.

use crate::data::{DataConfig, Dataset, Mixture, SampleShape, datasets_with_test_split};
use crate::error::{Error, Result, counted};

/// Seed that selects the held-out samples. It does not depend on the seed of the chains.
const TEST_SEED: u64 = 0;
/// Seed that selects the validation samples.
const VALIDATION_SEED: u64 = 1;
/// Number of validation samples, on which σ is chosen.
const VALIDATION_N: usize = 1000;

/// Samples on which the likelihood of a generator is measured, row-major.
pub(super) struct HeldOut {
    pub shape: SampleShape,
    /// Samples that the generator was not trained on.
    pub test: Vec<f32>,
    /// Other samples, on which σ is chosen.
    pub validation: Vec<f32>,
    /// The test samples in words.
    pub name: String,
}

impl HeldOut {
    /// `n` held-out samples for a generator that was trained on `data`.
    pub fn of(data: &DataConfig, n: usize) -> Result<Self> {
        let training = Dataset::open(data)?;
        let shape = training.description().shape.clone();
        if training.mixture().is_some() {
            return Ok(HeldOut {
                shape,
                test: training.sample(TEST_SEED, n)?,
                validation: training.sample(VALIDATION_SEED, VALIDATION_N)?,
                name: format!("{} newly drawn from {}", counted(n, "point"), data.name),
            });
        }
        let (Some(unseen), Some(len)) = (data.unseen(), training.len()) else {
            let known = [datasets_with_test_split(), Mixture::names()].concat();
            return Err(Error::Usage(format!(
                "{} has no test split, and the likelihood is measured on samples that G was not trained on; \
                 choose a run on one of: {}",
                data.name,
                known.join(", ")
            )));
        };
        Ok(HeldOut {
            shape,
            test: Dataset::open(&unseen)?.sample(TEST_SEED, n)?,
            // The last training images: σ is a single number, which cannot overfit.
            validation: training.rows(len - VALIDATION_N.min(len)..len)?,
            name: format!(
                "{} of {}'s {} split",
                counted(n, "image"),
                data.name,
                unseen.split
            ),
        })
    }
}
