//! All measures of the quality of generated images, with their protocol.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    ClassifierScore, FeatureSpace, Features, Gaussian, K_DENSITY, K_PRECISION, SPLITS,
    classifier_score, precision_recall,
};
use crate::error::{Result, counted, thousands};

/// Number of images in the published protocols.
pub const IMAGES_N: usize = 10_000;

/// Measures of the quality of images. All but the classifier score compare them with real images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImageQuality {
    /// Classifier score, from 1 to the number of classes: high if the classifier is certain about each image
    /// and all classes occur equally often. The mean over `splits` parts of the images; `None` without a classifier.
    pub classifier_score: Option<f64>,
    /// Standard deviation of the classifier score over these parts.
    pub classifier_score_sd: Option<f64>,
    /// Squared Fréchet distance between Gaussians fitted to the features; 0 is best.
    pub frechet: f64,
    /// Precision: fraction of the images that are near a real image, with k = `k_precision`.
    pub precision: f64,
    /// Recall: fraction of the real images that are near a generated image, with k = `k_precision`.
    pub recall: f64,
    /// Density of real images around the images, with k = `k_density`; its expectation is 1 for real images.
    pub density: f64,
    /// Coverage: fraction of the real images with an image in their neighbourhood, with k = `k_density`; its
    /// expectation is 1 − 2⁻⁵ for real images.
    pub coverage: f64,
    /// Number of images.
    pub n: usize,
    /// Number of real images with which they were compared.
    pub n_real: usize,
    /// Number of parts over which the classifier score is averaged.
    pub splits: usize,
    /// Number of nearest neighbours for precision and recall.
    pub k_precision: usize,
    /// Number of nearest neighbours for density and coverage.
    pub k_density: usize,
    /// The space in which the images were compared, in words.
    pub features: String,
    /// Accuracy of the classifier on test images; `None` without a classifier.
    pub classifier_accuracy: Option<f64>,
    /// What the values can and cannot be trusted for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
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

    /// Writes each note on a line of its own.
    pub(super) fn write_notes(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut notes = self.notes.iter();
        notes.try_for_each(|note| write!(f, "\nnote               {note}"))
    }

    /// The protocol of the measurement.
    pub(super) fn protocol(&self) -> String {
        let parts = match self.classifier_score {
            Some(_) => format!("; classifier score averaged over {} parts", self.splits),
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
        write!(f, "protocol           {}", self.protocol())?;
        self.write_notes(f)
    }
}

/// A note for fewer images than the covariance of their features needs.
fn too_few_images(generated: &Features, real: &Features) -> Option<String> {
    let (n, n_real, d) = (generated.len(), real.len(), real.dimension());
    (n.min(n_real) <= d).then(|| {
        format!(
            "{} and {} are too few for a covariance of {d} features, which needs more than {d} of each: the Fréchet \
             distance depends mostly on the number of images, so compare it only with distances for the same numbers, \
             and prefer precision, recall, density and coverage, which are accurate to about one image in {}",
            counted(n, "generated image"),
            counted(n_real, "real image"),
            n.min(n_real)
        )
    })
}

/// Measures `samples` against `real` images of the same shape, both in [−1, 1] and row-major
/// [n, numel].
///
/// By convention there should be 10,000 of each (Lucic et al. 2018 on MNIST and Fashion-MNIST), since
/// distances between fewer images are larger. The generator should not have been trained on the real
/// images; otherwise a generator that memorised its training images would appear perfect.
///
/// # Errors
/// [`Error::Usage`](crate::Error::Usage) for images that do not fit the space, for numbers that are
/// not finite, and for fewer than [`SPLITS`] samples or six real images.
pub fn image_quality(samples: &[f32], real: &[f32], space: &FeatureSpace) -> Result<ImageQuality> {
    quality_of_features(&space.features(samples)?, &space.features(real)?, space)
}

/// [`image_quality`] from the features of the images.
pub(super) fn quality_of_features(
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
        notes: Vec::from_iter(too_few_images(generated, real)),
    })
}
