//! Settings of the test for copied data.

use serde::{Deserialize, Serialize};

/// Settings of [`copying_test`](super::copying_test).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CopyingSettings {
    /// Number of cells of the k-means partition of the training samples.
    pub cells: usize,
    /// Smallest number of generated and of held-out samples with which a cell is tested.
    pub fewest: usize,
    /// Random seed of the starting points of k-means.
    pub seed: u64,
}

impl Default for CopyingSettings {
    fn default() -> Self {
        CopyingSettings {
            cells: 10,
            fewest: 20,
            seed: 1,
        }
    }
}
