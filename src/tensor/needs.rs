//! The gradients that a backward pass has to compute.

/// Which gradients of an operation are read. On the CPU the others are not computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needs {
    /// Whether the gradient with respect to the input is read: false for data and for latent vectors.
    pub input: bool,
    /// Whether the gradients with respect to the weights are read: false for a frozen network.
    pub weights: bool,
}

impl Needs {
    /// All gradients are read.
    pub const ALL: Needs = Needs {
        input: true,
        weights: true,
    };

    /// Only the gradients with respect to the weights are read.
    pub const WEIGHTS: Needs = Needs {
        input: false,
        weights: true,
    };

    /// No gradient is read.
    pub const NONE: Needs = Needs {
        input: false,
        weights: false,
    };
}
