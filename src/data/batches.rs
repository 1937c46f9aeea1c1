//! The order in which a finite dataset is visited: a new permutation in each epoch.

use std::sync::{Arc, Mutex, PoisonError};

use rand::seq::SliceRandom;

use crate::error::{Error, Result};
use crate::random::{Stream, rng};

/// The step whose random numbers are used for evaluation. No training run is that long.
pub(super) const EVALUATION: u64 = u64::MAX;

/// The visiting order of `len` samples.
#[derive(Debug)]
pub(super) struct Order {
    len: usize,
    /// The permutation that was last used, since thousands of consecutive steps share one. It makes
    /// batches faster and does not change them.
    latest: Mutex<Option<Epoch>>,
}

#[derive(Clone, Debug)]
struct Epoch {
    seed: u64,
    number: u64,
    permutation: Arc<Vec<usize>>,
}

impl Order {
    pub fn new(len: usize) -> Self {
        Order {
            len,
            latest: Mutex::new(None),
        }
    }

    /// The indices of the samples of one step.
    ///
    /// An epoch has ⌊len / size⌋ batches; the rest of its permutation is not visited.
    pub fn batch(&self, seed: u64, step: u64, size: usize) -> Result<Vec<usize>> {
        check_size(size)?;
        if size > self.len {
            return Err(Error::Usage(format!(
                "a batch of {size} samples is larger than the dataset, which has {}; \
                 choose a batch size of at most {}",
                self.len, self.len
            )));
        }
        let per_epoch = (self.len / size) as u64;
        let permutation = self.permutation(seed, step / per_epoch);
        let from = (step % per_epoch) as usize * size;
        Ok(permutation[from..from + size].to_vec())
    }

    /// The indices of `n` different samples for evaluation.
    pub fn sample(&self, seed: u64, n: usize) -> Result<Vec<usize>> {
        if n > self.len {
            return Err(Error::Usage(format!(
                "{n} samples were requested, but there are only {}",
                self.len
            )));
        }
        let mut chosen = permutation(seed, EVALUATION, self.len);
        chosen.truncate(n);
        Ok(chosen)
    }

    fn permutation(&self, seed: u64, number: u64) -> Arc<Vec<usize>> {
        // A thread that panicked while it held the lock left either the old or the new epoch, both complete.
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        match &*latest {
            Some(epoch) if (epoch.seed, epoch.number) == (seed, number) => {
                epoch.permutation.clone()
            }
            _ => {
                let permutation = Arc::new(permutation(seed, number, self.len));
                *latest = Some(Epoch {
                    seed,
                    number,
                    permutation: permutation.clone(),
                });
                permutation
            }
        }
    }
}

pub(super) fn check_size(size: usize) -> Result<()> {
    if size == 0 {
        return Err(Error::Usage(
            "a batch of 0 samples cannot be drawn; choose a batch size of at least 1".into(),
        ));
    }
    Ok(())
}

fn permutation(seed: u64, number: u64, len: usize) -> Vec<usize> {
    let mut indices: Vec<usize> = (0..len).collect();
    indices.shuffle(&mut rng(seed, Stream::Data, number));
    indices
}
