//! How thorough an explanation is, and the progress of its computation.

use serde::{Deserialize, Serialize};

/// How a GAN is explained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ExplainSettings {
    /// Names of the methods to run, as in [`METHODS`](super::METHODS); empty for all.
    pub only: Vec<String>,
    /// Number of latents z, and of real samples for the methods that need these.
    pub latents: usize,
    /// Number of bootstrap replicates of each interval.
    pub replicates: usize,
    /// Number of images in each set that is inverted.
    pub inverted: usize,
    /// Random seed.
    pub seed: u64,
}

impl Default for ExplainSettings {
    fn default() -> Self {
        ExplainSettings {
            only: Vec::new(),
            latents: 1000,
            replicates: 200,
            inverted: 64,
            seed: 1,
        }
    }
}

/// What happens during an explanation.
#[derive(Debug, Clone, PartialEq)]
pub enum Event<'a> {
    /// A message, such as that a classifier is trained first.
    Note(&'a str),
    /// A method starts.
    Method(Progress),
}

/// The method that starts, and how much was done before.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// Heading of the method that starts.
    pub method: &'static str,
    /// Number of methods that are finished.
    pub done: usize,
    /// Number of methods to run.
    pub total: usize,
    /// Fraction of the expected computing time that is over, 0 to 1.
    pub fraction: f64,
}
