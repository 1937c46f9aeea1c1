//! How a likelihood is measured.

use serde::Serialize;

use crate::error::{Error, Result, thousands};
use crate::evaluate::Annealing;

/// Largest number of samples that is accepted; a larger one is most likely a typing error.
const MAXIMUM_N: usize = 1_000_000;

/// How the likelihood of held-out samples is measured.
///
/// A generator whose pixels are nearly all black or white, such as one whose weights were not averaged, may need
/// more distributions than the default; the bracket shows it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LikelihoodProtocol {
    /// Number of held-out samples.
    pub n: usize,
    /// Number of samples drawn from the model for the bracket.
    pub simulated: usize,
    /// Settings of annealed importance sampling.
    #[serde(flatten)]
    pub annealing: Annealing,
}

impl Default for LikelihoodProtocol {
    fn default() -> Self {
        LikelihoodProtocol {
            n: 50,
            simulated: 10,
            annealing: Annealing {
                chains: 4,
                distributions: 500,
                ..Annealing::default()
            },
        }
    }
}

impl LikelihoodProtocol {
    pub(super) fn validate(&self) -> Result<()> {
        let sizes = [("n", self.n), ("simulated", self.simulated)];
        let is_invalid = |(_, size): &&(&str, usize)| !(1..=MAXIMUM_N).contains(size);
        if let Some((name, size)) = sizes.iter().find(is_invalid) {
            return Err(Error::Usage(format!(
                "{name} must be from 1 to {}, not {size}",
                thousands(MAXIMUM_N as u64)
            )));
        }
        self.annealing.validate()
    }
}
