//! The rows to learn from, and the rows on which the bound is evaluated.

use rand::RngExt;
use rand::seq::SliceRandom;

use super::settings::NeuralInformation;
use crate::error::{Error, Result, counted_are};
use crate::random::{Stream, rng};

/// A random split of the rows into two halves.
pub(super) struct Halves {
    /// Rows to learn from.
    training: Vec<usize>,
    /// Rows on which the bound is evaluated.
    pub evaluation: Vec<usize>,
}

impl Halves {
    pub fn new(n: usize, settings: &NeuralInformation) -> Result<Halves> {
        let half = n / 2;
        if half < 2 * settings.batch {
            return Err(Error::Usage(format!(
                "{} too few for batches of {}: the network learns from one half of the rows, which must be at least two \
                 batches; choose a smaller batch",
                counted_are(n, "row"),
                settings.batch
            )));
        }
        let mut training: Vec<usize> = (0..n).collect();
        training.shuffle(&mut rng(settings.seed, Stream::Critic, 0));
        let evaluation = training.split_off(half);
        Ok(Halves {
            training,
            evaluation,
        })
    }

    /// The rows of a training batch, drawn with replacement.
    pub fn batch(&self, settings: &NeuralInformation, step: u64) -> Vec<usize> {
        let mut rng = rng(settings.seed, Stream::Critic, step + 1);
        let draw = |_| self.training[rng.random_range(0..self.training.len())];
        (0..settings.batch).map(draw).collect()
    }
}
