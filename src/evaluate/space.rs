//! The space in which images of a dataset are compared.

use std::fmt;

use super::{Classifier, Features, PixelComponents};
use crate::error::{Result, thousands};

/// A feature space for images: features of a classifier if the dataset has labels, else components of pixels.
#[derive(Debug, Clone)]
pub enum FeatureSpace {
    /// Outputs of the last hidden layer of a classifier.
    Classifier(Box<Classifier>),
    /// Principal components of averaged pixels. There is no classifier score in this space.
    Pixels(PixelComponents),
}

impl FeatureSpace {
    /// The features of images in [−1, 1], row-major [n, numel].
    ///
    /// # Errors
    /// [`Error::Usage`](crate::Error::Usage) when there is no image, the last image is incomplete, or a pixel
    /// is not finite.
    pub fn features(&self, images: &[f32]) -> Result<Features> {
        match self {
            FeatureSpace::Classifier(classifier) => classifier.features(images),
            FeatureSpace::Pixels(components) => components.features(images),
        }
    }

    /// The classifier, if there is one.
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
                "{} features of a classifier trained on {}, with an accuracy of {:.2} % on {} test images and the \
                 digest {}",
                classifier.dimension(),
                classifier.data,
                100.0 * classifier.accuracy,
                thousands(classifier.tested_on as u64),
                classifier.digest()
            ),
            FeatureSpace::Pixels(components) => write!(
                f,
                "{} principal components of averaged pixels, since there are no labels to train a classifier",
                components.dimension()
            ),
        }
    }
}
