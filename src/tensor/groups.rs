//! The groups of numbers that a norm takes its moments over.

/// What a norm takes its moments over.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Groups {
    /// All features of one sample, as in layer norm.
    Samples,
    /// All numbers of one channel, over batch and plane, as in batch norm.
    Channels,
}
