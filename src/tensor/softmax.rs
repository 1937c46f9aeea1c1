//! The softmax of logits over classes, and its cross-entropy.

use super::backend;
use super::batch::Batch;
use super::device::Recording;
use super::loss::Loss;
use crate::error::{Error, Result};

/// Computes E\[−log softmax(s)_t\] over the rows of the logits s `[n, classes]`, for the class t of each
/// row.
///
/// The gradient of a row is (softmax(s) − e_t)/n, computed in f64 from the same shifted exponentials as
/// the value.
///
/// ```
/// use ganscope::tensor::{Batch, Gradients, softmax::cross_entropy};
/// // Equal logits of four classes cost ln 4, whatever the class is.
/// let logits = Batch::new(vec![0.5; 8], 2, 4)?;
/// let loss = cross_entropy(logits.clone().record(), &[3, 0])?;
/// let mut gradients = Gradients::of(loss)?;
/// assert_eq!(gradients.take_input(&logits)?[..4], [0.125, 0.125, 0.125, -0.375]);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] when the number of classes is not the number of rows, or a class has no column.
pub fn cross_entropy(logits: Batch<Recording>, classes: &[usize]) -> Result<Loss> {
    let (n, count) = (logits.rows(), logits.columns());
    if classes.len() != n || classes.iter().any(|&t| t >= count) {
        return Err(Error::Usage(format!(
            "logits of shape [{n}, {count}] need {n} class indices, each below {count}; got {} indices, the \
             largest of which is {}",
            classes.len(),
            classes.iter().max().map_or("none".into(), usize::to_string)
        )));
    }
    let loss = backend::softmax_cross_entropy(logits.into_tensor()?, classes)?;
    Ok(Loss(loss))
}

/// Computes E\[−Σ p log softmax(s)\] over the rows of the logits s `[n, classes]`, for the probabilities
/// p `[n, classes]` of each row.
///
/// ```
/// use ganscope::tensor::{Batch, softmax::cross_entropy_with_probabilities};
/// let logits = Batch::new(vec![0.0, 3f32.ln()], 1, 2)?.record();
/// let loss = cross_entropy_with_probabilities(logits, Batch::new(vec![0.0, 1.0], 1, 2)?)?;
/// assert!((loss.value() + 0.75f64.ln()).abs() < 1e-6);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Device`] when the device fails.
///
/// # Panics
/// When the shapes differ.
pub fn cross_entropy_with_probabilities(
    logits: Batch<Recording>,
    probabilities: Batch,
) -> Result<Loss> {
    let (logits, probabilities) = (logits.into_tensor()?, probabilities.into_tensor()?);
    let loss = dfdx::losses::cross_entropy_with_logits_loss(logits, probabilities);
    Ok(Loss(loss))
}

/// Computes softmax(s) for each row of the logits s `[n, classes]`.
///
/// ```
/// let p = ganscope::tensor::softmax::probabilities(&[0.0, 3f32.ln(), 900.0, 900.0], 2);
/// assert!((p[0] - 0.25).abs() < 1e-7 && (p[1] - 0.75).abs() < 1e-7);
/// assert_eq!(p[2..], [0.5, 0.5]);
/// ```
pub fn probabilities(logits: &[f32], classes: usize) -> Vec<f64> {
    let rows = logits.chunks_exact(classes.max(1));
    rows.flat_map(|row| {
        // The largest logit is subtracted so that no exponential overflows.
        let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let power = move |&s: &f32| (f64::from(s) - f64::from(largest)).exp();
        let sum: f64 = row.iter().map(power).sum();
        row.iter().map(move |s| power(s) / sum)
    })
    .collect()
}
