//! Classifier score (Salimans et al. 2016, where the classifier is an Inception network).
//!
//! $$ \exp \mathbb{E}_x\, \mathrm{KL}\bigl(p(y \mid x) \,\Vert\, p(y)\bigr) $$
//!
//! The score is 1 if the classifier gives the same probabilities for every sample. It is the number of
//! classes if the classifier is certain about each sample and all classes occur equally often. It does not
//! use real samples: a generator that makes one perfect image of each class has the highest possible score.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// Number of parts of the samples over which the score is averaged, as in the paper.
pub const SPLITS: usize = 10;

/// Mean and standard deviation of the score over [`SPLITS`] parts of the samples.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ClassifierScore {
    /// Mean, from 1 to the number of classes.
    pub mean: f64,
    /// Standard deviation over the parts, with their number as divisor.
    pub sd: f64,
}

/// The classifier score of the probabilities p(y|x), row-major [n, classes].
///
/// ```
/// use ganscope::evaluate::classifier_score;
/// // Certain about every sample, with half of the samples in each class.
/// let certain: Vec<f64> = (0..40).flat_map(|i| [f64::from(i % 2), f64::from(1 - i % 2)]).collect();
/// assert!((classifier_score(&certain, 2)?.mean - 2.0).abs() < 1e-12);
/// // Never certain.
/// assert!((classifier_score(&[0.5; 80], 2)?.mean - 1.0).abs() < 1e-12);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] for an incomplete row, for a row that is not a probability distribution, and for fewer
/// than [`SPLITS`] rows.
pub fn classifier_score(probabilities: &[f64], classes: usize) -> Result<ClassifierScore> {
    if classes == 0 || !probabilities.len().is_multiple_of(classes) {
        return Err(Error::Usage(format!(
            "{} probabilities cannot be divided into rows of {classes} classes",
            probabilities.len()
        )));
    }
    let is_distribution =
        |row: &[f64]| row.iter().all(|p| *p >= 0.0) && (row.iter().sum::<f64>() - 1.0).abs() < 1e-6;
    let mut rows = probabilities.chunks_exact(classes);
    if let Some(row) = rows.position(|row| !is_distribution(row)) {
        return Err(Error::Usage(format!(
            "row {row} (counted from 0) of the class probabilities is not a distribution: it has a negative value or does not add up to 1"
        )));
    }
    let n = probabilities.len() / classes;
    if n < SPLITS {
        return Err(Error::Usage(format!(
            "the classifier score is a mean over {SPLITS} parts of the samples, so {n} samples are too few"
        )));
    }
    // The sizes of the parts differ by at most one sample.
    let scores = (0..SPLITS).map(|part| {
        let rows = part * n / SPLITS * classes..(part + 1) * n / SPLITS * classes;
        score(&probabilities[rows], classes)
    });
    let scores: Vec<f64> = scores.collect();
    let mean = scores.iter().sum::<f64>() / SPLITS as f64;
    let squares = scores.iter().map(|s| (s - mean).powi(2)).sum::<f64>();
    Ok(ClassifierScore {
        mean,
        sd: (squares / SPLITS as f64).sqrt(),
    })
}

/// The score of one part.
fn score(rows: &[f64], classes: usize) -> f64 {
    let n = (rows.len() / classes) as f64;
    let mut marginal = vec![0.0; classes];
    for row in rows.chunks_exact(classes) {
        marginal.iter_mut().zip(row).for_each(|(m, p)| *m += p / n);
    }
    let kl = |row: &[f64]| -> f64 {
        let terms = row.iter().zip(&marginal).filter(|(p, _)| **p > 0.0);
        terms.map(|(p, m)| p * (p / m).ln()).sum()
    };
    (rows.chunks_exact(classes).map(kl).sum::<f64>() / n).exp()
}
