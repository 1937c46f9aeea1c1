//! Measures of the quality of generated samples. Each is printed with its protocol.
//!
//! | data | measures |
//! |---|---|
//! | points from a known density | [`mode_coverage`] |
//! | images | [`image_quality`]: classifier score, Fréchet distance, precision, recall, density, coverage |
//! | sprites | the same, and [`sprite_coverage`]: how the true factors are covered |
//! | labelled images, for a generator with codes | [`CodeReading`]: whether the codes that Q predicts agree with the classes |
//! | held-out samples, for a generator with noise | [`Likelihood`]: by [`Annealing`] with a bracket, and Parzen's estimate |
//! | columns of a table | [`NeuralInformation`]: mutual information by networks |
//!
//! Images are compared in a [`FeatureSpace`] with real images from an [`ImageBenchmark`].

mod annealing;
mod benchmark;
mod cache;
mod chains;
mod classifier;
mod classifier_score;
mod code_accuracy;
mod decoder;
mod features;
mod frechet;
mod likelihood;
mod modes;
mod nearest;
mod neighbours;
mod neural_information;
mod pixels;
mod precision_recall;
mod quality;
mod space;
mod sprite_coverage;

pub use annealing::{Annealing, Bracket};
pub use benchmark::{Comparison, ImageBenchmark};
pub use classifier::{Classifier, ClassifierRecipe};
pub use classifier_score::{ClassifierScore, SPLITS, classifier_score};
pub use code_accuracy::{CodeAccuracy, CodeReading};
pub use decoder::Decoder;
pub use features::Features;
pub use frechet::Gaussian;
pub use likelihood::{KERNELS, Likelihood, LikelihoodProtocol};
pub use modes::{HIGH_QUALITY_SIGMAS, ModeCoverage, PROTOCOL_N, mode_coverage, points};
pub use nearest::Nearest;
pub use neighbours::{NEIGHBOURS, Neighbours};
pub use neural_information::{NeuralBound, NeuralInformation};
pub use pixels::PixelComponents;
pub use precision_recall::{K_DENSITY, K_PRECISION, PrecisionRecall, precision_recall};
pub use quality::{IMAGES_N, ImageQuality, image_quality};
pub use space::FeatureSpace;
pub use sprite_coverage::{
    FactorCoverage, NearestSprite, SpriteCoverage, UNEXPLAINED, nearest_sprites, sprite_coverage,
};
