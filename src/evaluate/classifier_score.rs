//! Classifier score (Salimans et al. 2016, where the classifier is an Inception network).
//!
//! $$ \exp \mathbb{E}_x\, \mathrm{KL}\bigl(p(y \mid x) \,\Vert\, p(y)\bigr) $$
//!
//! From 1, when the classifier says the same of every sample, to the number of classes, when it is
//! sure of each sample and meets all classes alike. It looks at no real sample: a generator that
//! makes one perfect image of each class has the best score there is.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The score is the mean over this many parts of the samples, in their order, as in the paper.
pub const SPLITS: usize = 10;

/// Mean and standard deviation of the score over [`SPLITS`] parts of the samples.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ClassifierScore {
    /// 1 to the number of classes.
    pub mean: f64,
    /// Over the parts, divided by their number.
    pub sd: f64,
}

/// The score of p(y|x), row-major [n, classes].
///
/// ```
/// use ganscope::evaluate::classifier_score;
/// // Sure of every sample, and half of them of each class.
/// let sure: Vec<f64> = (0..40).flat_map(|i| [f64::from(i % 2), f64::from(1 - i % 2)]).collect();
/// assert!((classifier_score(&sure, 2)?.mean - 2.0).abs() < 1e-12);
/// // Never sure.
/// assert!((classifier_score(&[0.5; 80], 2)?.mean - 1.0).abs() < 1e-12);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] for rows that are not whole or no distributions, and for fewer than [`SPLITS`].
pub fn classifier_score(probabilities: &[f64], classes: usize) -> Result<ClassifierScore> {
    if classes == 0 || !probabilities.len().is_multiple_of(classes) {
        return Err(Error::Usage(format!(
            "{} probabilities are not whole rows of {classes} classes",
            probabilities.len()
        )));
    }
    let distribution =
        |row: &[f64]| row.iter().all(|p| *p >= 0.0) && (row.iter().sum::<f64>() - 1.0).abs() < 1e-6;
    let mut rows = probabilities.chunks_exact(classes);
    if let Some(row) = rows.position(|row| !distribution(row)) {
        return Err(Error::Usage(format!(
            "row {row} (counted from 0) of the class probabilities does not add up to 1"
        )));
    }
    let n = probabilities.len() / classes;
    if n < SPLITS {
        return Err(Error::Usage(format!(
            "the classifier score is a mean over {SPLITS} parts of the samples; {n} are too few"
        )));
    }
    // Parts that differ by at most one sample.
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
