//! Where the samples of a [`Dataset`](super::Dataset) come from: drawn without end, or a finite number.

use std::fmt::Debug;

use rand::Rng;

use super::Mixture;

/// A distribution that samples are drawn from, as many as are asked for.
pub(super) trait EndlessSource: Debug + Send + Sync {
    /// Draws one sample into `sample`, which has the length of the dataset's shape.
    fn draw(&self, rng: &mut dyn Rng, sample: &mut [f32]);

    /// The mixture of Gaussians that is drawn from, where it is one.
    fn mixture(&self) -> Option<&Mixture> {
        None
    }
}

impl EndlessSource for Mixture {
    fn draw(&self, rng: &mut dyn Rng, sample: &mut [f32]) {
        sample.copy_from_slice(&self.draw_point(rng).map(|x| x as f32));
    }

    fn mixture(&self) -> Option<&Mixture> {
        Some(self)
    }
}

/// A finite number of samples, at least one.
pub(super) trait FiniteSource: Debug + Send + Sync {
    /// Number of samples.
    fn len(&self) -> usize;

    /// Writes the samples at `indices` one after another into `values`; all indices are below `len`.
    fn read(&self, indices: &[usize], values: &mut [f32]);

    /// The class of each sample, where there are classes.
    fn labels(&self) -> Option<&[u8]> {
        None
    }

    /// SHA-256 of the stored samples in hexadecimal; `None` for samples that are rendered.
    fn digest(&self) -> Option<String> {
        None
    }

    /// Whether a training batch is drawn with replacement instead of visiting every sample once in an epoch.
    fn with_replacement(&self) -> bool {
        false
    }

    /// The number by which users know the sample at `index`.
    fn number(&self, index: usize) -> usize {
        index
    }

    /// Name and number of levels of each factor that the samples vary in, where the factors are known.
    fn factors(&self) -> &'static [(&'static str, usize)] {
        &[]
    }

    /// The level of each factor of the sample that users know by `number`, if there is such a sample.
    fn factor_levels(&self, _number: usize) -> Option<Vec<usize>> {
        None
    }
}
