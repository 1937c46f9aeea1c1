//! What an estimator is run on.

use super::data::Data;
use crate::error::Result;
use crate::info::{Estimate, Knn};

/// Estimates one quantity.
pub(in crate::info) type Run = fn(&Input<'_>) -> Result<Estimate>;

/// Settings that estimators share.
#[derive(Debug, Clone, Copy)]
pub(in crate::info) struct Settings {
    /// Number of nearest neighbours.
    pub k: usize,
    /// Whether repeated numbers are rounded ones, to be spread by noise.
    pub jitter: bool,
    /// Random seed.
    pub seed: u64,
}

/// What an estimator is run on.
pub(in crate::info) struct Input<'a> {
    /// The variables, in the order of `Quantity::variables`.
    pub data: &'a [&'a Data],
    pub settings: Settings,
    /// The estimate of I(x; y) of these variables by `ksg-1`, if the choice of the estimator needed it.
    pub ksg_1: Option<&'a Estimate>,
}

impl Input<'_> {
    /// Variable i.
    pub fn variable(&self, i: usize) -> &Data {
        self.data[i]
    }

    /// The settings of estimators by nearest neighbours.
    pub fn knn(&self) -> Knn {
        let plain = Knn::new(self.settings.k);
        if self.settings.jitter {
            plain.jittered(self.settings.seed)
        } else {
            plain
        }
    }
}
