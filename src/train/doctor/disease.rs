//! The diseases that the doctor knows.

use serde::{Serialize, Serializer};
use std::fmt;

/// A disease that a GAN in training can have. They are ordered from the worst: an earlier disease can cause a
/// later one.
///
/// ```
/// use ganscope::train::Disease;
/// assert!(Disease::Exploding < Disease::Vanishing);
/// assert_eq!(Disease::DTooStrong.to_string(), "D too strong");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Disease {
    /// The weights of a network have hardly changed: its learning rate is far too small.
    StandingStill,
    /// Gradients or updates are so large that training fails.
    Exploding,
    /// The gradients of some layers, or of G, are close to 0.
    Vanishing,
    /// G generates only a small part of the data, or always the same sample.
    Collapsing,
    /// D and G follow each other in a cycle.
    Oscillating,
    /// D distinguishes real from generated samples with certainty, and its gradient no longer guides G.
    DTooStrong,
}

impl fmt::Display for Disease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Disease::StandingStill => "standing still",
            Disease::Exploding => "exploding",
            Disease::Vanishing => "vanishing",
            Disease::Collapsing => "collapsing",
            Disease::Oscillating => "oscillating",
            Disease::DTooStrong => "D too strong",
        })
    }
}

impl Serialize for Disease {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}
