//! The space that images of a data set are compared in.

use std::fmt;

use super::{Classifier, Features, PixelComponents};
use crate::error::{Result, thousands};

/// Features of a classifier where there are labels to train one on, and pixels elsewhere.
#[derive(Debug, Clone)]
pub enum FeatureSpace {
    /// The last hidden layer of a classifier.
    Classifier(Box<Classifier>),
    /// Principal components of averaged pixels; there is no classifier score then.
    Pixels(PixelComponents),
}

impl FeatureSpace {
    /// Features of images in [−1, 1], row-major [n, numel].
    ///
    /// # Errors
    /// [`Error::Usage`](crate::Error::Usage) for no or no whole images, or pixels that are not finite.
    pub fn features(&self, images: &[f32]) -> Result<Features> {
        match self {
            FeatureSpace::Classifier(classifier) => classifier.features(images),
            FeatureSpace::Pixels(components) => components.features(images),
        }
    }

    /// The classifier, where there is one.
    pub fn classifier(&self) -> Option<&Classifier> {
        match self {
            FeatureSpace::Classifier(classifier) => Some(classifier),
            FeatureSpace::Pixels(_) => None,
        }
    }
}

impl From<Classifier> for FeatureSpace {
    fn from(classifier: Classifier) -> Self {
        FeatureSpace::Classifier(Box::new(classifier))
    }
}

impl fmt::Display for FeatureSpace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FeatureSpace::Classifier(classifier) => write!(
                f,
                "{} features of a classifier trained on {}, which is right on {:.2} % of {} test images",
                classifier.dimension(),
                classifier.data,
                100.0 * classifier.accuracy,
                thousands(classifier.tested_on as u64)
            ),
            FeatureSpace::Pixels(components) => write!(
                f,
                "{} principal components of averaged pixels, for want of labels to train a classifier on",
                components.dimension()
            ),
        }
    }
}
