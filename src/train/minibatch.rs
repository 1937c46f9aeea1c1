//! The batches of one update.

use crate::nn::Pass;
use crate::tensor::{Batch, Recording};

/// Real and generated samples of one update, and how D is applied to them.
pub(super) struct Minibatch {
    /// Index of the update of D.
    pub update: u64,
    /// How D is applied.
    pub passes: Passes,
    /// Real samples x.
    pub real: Batch,
    /// Latent vectors z.
    pub z: Batch,
    /// Generated samples x̃ = G(z).
    pub fake: Batch,
    /// Tape on which x̃ was computed, for the update of G.
    pub tape: Recording,
}

/// The applications of D in one update. Each has its own dropout masks.
#[derive(Clone, Copy)]
pub(super) struct Passes {
    /// D on x.
    pub real: Pass,
    /// D on x̃ for the update of D.
    pub fake: Pass,
    /// D on x̃ for the update of G, and on x as the second view that the agreement of codes compares.
    pub generator: Pass,
}
