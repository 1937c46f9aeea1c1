//! The result of an examination.

use super::game::GameSigns;
use super::layers::LayerSigns;
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

/// A disease that was found, with its evidence and a remedy.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ailment {
    /// Disease.
    pub disease: Disease,
    /// Measurements that indicate the disease, and where they were taken.
    pub evidence: String,
    /// Settings of `ganscope train` to try.
    pub remedy: String,
}

/// Result of an examination.
#[derive(Debug, Clone, Serialize)]
pub struct Diagnosis {
    /// Number of updates of G before the examination.
    pub step: u64,
    /// Diseases that were found, the worst first; empty for a healthy run.
    pub ailments: Vec<Ailment>,
    /// Measurements of both networks together.
    pub game: GameSigns,
    /// Measurements of each layer, those of G first.
    pub layers: Vec<LayerSigns>,
}

impl Diagnosis {
    /// Returns `healthy`, or the name of the worst disease.
    pub fn verdict(&self) -> String {
        let worst = self.ailments.first();
        worst.map_or("healthy".into(), |a| a.disease.to_string())
    }

    /// Returns the diseases that were found, the worst first.
    pub fn diseases(&self) -> Vec<Disease> {
        self.ailments.iter().map(|a| a.disease).collect()
    }
}
