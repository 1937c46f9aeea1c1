//! The result of an examination.

use super::disease::Disease;
use super::game::GameSigns;
use super::layers::LayerSigns;
use serde::Serialize;

/// A disease that was found, with its evidence and a remedy.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ailment {
    /// Disease that the signs show.
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
