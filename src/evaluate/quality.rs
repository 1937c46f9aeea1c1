//! All that is measured of generated images, with its protocol.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    ClassifierScore, FeatureSpace, Features, Gaussian, K_DENSITY, K_PRECISION, SPLITS,
    classifier_score, precision_recall,
};
use crate::error::{Result, thousands};

/// Images of a comparison in the published protocols, as far as there are so many.
pub const IMAGES_N: usize = 10_000;

/// How good images are. All but the classifier score compare with real images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImageQuality {
    /// How sure a classifier is of each image, and how even over all: 1 to the number of classes. None
    /// without a classifier. The mean over `splits` parts of the images.
    pub classifier_score: Option<f64>,
    /// Its standard deviation over these parts.
    pub classifier_score_sd: Option<f64>,
    /// Squared Fréchet distance between Gaussians fitted to the features; 0 is best.
    pub frechet: f64,
    /// Share of the images that look real, k = `k_precision`.
    pub precision: f64,
    /// Share of the real images that are generated too, k = `k_precision`.
    pub recall: f64,
    /// How densely real images surround the others, k = `k_density`; 1 for real images.
    pub density: f64,
    /// Share of the real images with a generated one near, k = `k_density`; 1 − 2⁻⁵ for real images.
    pub coverage: f64,
    /// Images measured.
    pub n: usize,
    /// Real images they were compared with.
    pub n_real: usize,
    /// Parts of the classifier score.
    pub splits: usize,
    /// Neighbours that span the balls of precision and recall.
    pub k_precision: usize,
    /// Neighbours that span the balls of density and coverage.
    pub k_density: usize,
    /// The space that images were compared in.
    pub features: String,
    /// Share of test images that the classifier names rightly. None without a classifier.
    pub classifier_accuracy: Option<f64>,
}

impl ImageQuality {
    /// The measures by name, as text.
    pub(super) fn rows(&self) -> Vec<(&'static str, String)> {
        let score = self.classifier_score.map(|score| {
            let sd = self.classifier_score_sd.unwrap_or(0.0);
            ("classifier score", format!("{score:.3} ± {sd:.3}"))
        });
        let rest = [
            ("Fréchet distance", format!("{:.3}", self.frechet)),
            ("precision", format!("{:.3}", self.precision)),
            ("recall", format!("{:.3}", self.recall)),
            ("density", format!("{:.3}", self.density)),
            ("coverage", format!("{:.3}", self.coverage)),
        ];
        score.into_iter().chain(rest).collect()
    }

    /// How it was measured.
    pub(super) fn protocol(&self) -> String {
        let parts = match self.classifier_score {
            Some(_) => format!("; score over {} parts", self.splits),
            None => String::new(),
        };
        format!(
            "n = {} against {} real images; k = {} for precision and recall, {} for density and \
             coverage{parts}\nfeatures           {}",
            thousands(self.n as u64),
            thousands(self.n_real as u64),
            self.k_precision,
            self.k_density,
            self.features
        )
    }
}

impl fmt::Display for ImageQuality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in self.rows() {
            writeln!(f, "{name:<18} {value}")?;
        }
        write!(f, "protocol           {}", self.protocol())
    }
}

/// Measures `samples` against `real` images of the same shape, both in [−1, 1] and row-major
/// [n, numel].
///
/// By the field's convention there should be as many of both, and 10,000 (Lucic et al. 2018 on MNIST
/// and Fashion-MNIST): distances between fewer are larger. Real images that the generator was not
/// trained on keep one that learned its training images by heart from passing for perfect.
///
/// # Errors
/// [`Error::Usage`](crate::Error::Usage) for images that do not fit the space, for numbers that are
/// not finite, and for fewer than [`SPLITS`] samples or six real images.
pub fn image_quality(samples: &[f32], real: &[f32], space: &FeatureSpace) -> Result<ImageQuality> {
    of_features(&space.features(samples)?, &space.features(real)?, space)
}

/// The same of features.
pub(super) fn of_features(
    generated: &Features,
    real: &Features,
    space: &FeatureSpace,
) -> Result<ImageQuality> {
    let classifier = space.classifier();
    let score: Option<ClassifierScore> = match classifier {
        Some(classifier) => {
            let probabilities = classifier.probabilities(generated)?;
            Some(classifier_score(&probabilities, classifier.classes())?)
        }
        None => None,
    };
    let frechet = Gaussian::fit(generated)?.frechet(&Gaussian::fit(real)?)?;
    let neighbours = precision_recall(real, generated)?;
    Ok(ImageQuality {
        classifier_score: score.map(|s| s.mean),
        classifier_score_sd: score.map(|s| s.sd),
        frechet,
        precision: neighbours.precision,
        recall: neighbours.recall,
        density: neighbours.density,
        coverage: neighbours.coverage,
        n: generated.len(),
        n_real: real.len(),
        splits: SPLITS,
        k_precision: K_PRECISION,
        k_density: K_DENSITY,
        features: space.to_string(),
        classifier_accuracy: classifier.map(|c| c.accuracy),
    })
}
