//! The purpose of a forward pass.

use crate::random::{Stream, rng};
use crate::tensor::Needs;
use rand_chacha::ChaCha8Rng;

/// What a forward pass is for: training or inference, and which gradients will be read.
#[derive(Debug, Clone, Copy)]
pub struct Pass {
    /// Whether batch norm uses the moments of the batch, and dropout and random affine maps are active.
    pub(super) training: bool,
    /// Gradients that will be read. Those of other weights and inputs are not computed.
    pub(super) needs: Needs,
    /// Seed of the random numbers of the layers.
    seed: u64,
    /// Training step, which the random numbers of the layers depend on.
    step: u64,
    /// Index of the layer that is computed, which its random numbers depend on.
    pub(super) layer: usize,
}

impl Pass {
    /// Inference: running moments, no dropout, no gradients.
    pub const INFERENCE: Pass = Pass {
        training: false,
        needs: Needs::NONE,
        seed: 0,
        step: 0,
        layer: 0,
    };

    /// A training pass that computes the gradients of the weights, but not that of the input.
    pub fn training(seed: u64, step: u64) -> Pass {
        Pass {
            training: true,
            needs: Needs::WEIGHTS,
            seed,
            step,
            layer: 0,
        }
    }

    /// The same pass without the gradients of the weights.
    pub fn frozen(mut self) -> Pass {
        self.needs.weights = false;
        self
    }

    /// The same pass with the gradient of the input, for what the input was computed from.
    pub fn through(mut self) -> Pass {
        self.needs.input = true;
        self
    }

    /// The random numbers of the layer that is computed, a function of (seed, step, layer).
    pub(super) fn rng(self, stream: Stream) -> ChaCha8Rng {
        rng(self.seed, stream, self.step << 8 | self.layer as u64)
    }
}
