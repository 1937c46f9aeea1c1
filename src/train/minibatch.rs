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
    /// How D is applied to x.
    pub real: Pass,
    /// How D is applied to x̃ in the update of D.
    pub fake: Pass,
    /// How D is applied to x̃ in the update of G. D is also applied to x in this way to get the second view of each real
    /// sample, with which the agreement of codes is computed.
    pub generator: Pass,
}
