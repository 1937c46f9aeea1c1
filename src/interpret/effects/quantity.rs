//! What is measured on generated samples, to see what a change of z changes.

use crate::error::Result;

/// A quantity that was measured on each of n samples.
#[derive(Debug, Clone, PartialEq)]
pub struct Quantity {
    /// Name, such as `shape` or `score of D`.
    pub name: String,
    /// One value for each sample.
    pub values: Values,
}

/// The values of a [`Quantity`].
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// One of finitely many levels, such as a class.
    Levels {
        /// Level of each sample, below `count`.
        levels: Vec<usize>,
        /// Number of levels.
        count: usize,
    },
    /// A number, such as a distance.
    Numbers {
        /// Number for each sample.
        numbers: Vec<f64>,
        /// Unit of the numbers; empty for none.
        unit: String,
    },
}

impl Quantity {
    /// Makes a quantity of `count` levels.
    pub fn levels(name: impl Into<String>, levels: Vec<usize>, count: usize) -> Self {
        Quantity {
            name: name.into(),
            values: Values::Levels { levels, count },
        }
    }

    /// Makes a quantity of numbers.
    pub fn numbers(name: impl Into<String>, numbers: Vec<f64>, unit: impl Into<String>) -> Self {
        Quantity {
            name: name.into(),
            values: Values::Numbers {
                numbers,
                unit: unit.into(),
            },
        }
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        match &self.values {
            Values::Levels { levels, .. } => levels.len(),
            Values::Numbers { numbers, .. } => numbers.len(),
        }
    }

    /// Whether there is no sample.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Measures quantities on samples.
pub trait Meter {
    /// Measures the samples, row-major [n, numel] as G makes them, that is images in [−1, 1] and tables standardised.
    /// The quantities are the same, in the same order, for all samples.
    ///
    /// # Errors
    /// [`Error::Usage`](crate::Error::Usage) for samples that cannot be measured, such as pixels that are not finite.
    fn measure(&self, samples: &[f32]) -> Result<Vec<Quantity>>;
}

/// Several meters are one meter.
impl Meter for Vec<Box<dyn Meter>> {
    fn measure(&self, samples: &[f32]) -> Result<Vec<Quantity>> {
        let measured = self.iter().map(|meter| meter.measure(samples));
        Ok(measured.collect::<Result<Vec<_>>>()?.concat())
    }
}
