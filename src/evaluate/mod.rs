//! Measures of what a generator makes, each printed with the protocol it was measured under.

mod classifier;
mod classifier_score;
mod features;
mod frechet;
mod modes;
mod nearest;
mod precision_recall;

pub use classifier::{Classifier, ClassifierRecipe};
pub use classifier_score::{ClassifierScore, SPLITS, classifier_score};
pub use features::Features;
pub use frechet::Gaussian;
pub use modes::{HIGH_QUALITY_SIGMAS, ModeCoverage, PROTOCOL_N, mode_coverage, points};
pub use nearest::Nearest;
pub use precision_recall::{K_DENSITY, K_PRECISION, PrecisionRecall, precision_recall};
