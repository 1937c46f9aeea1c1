//! The cross-entropy of logits over classes.

use super::{Batch, Loss, Recording};
use crate::error::{Error, Result};

/// E[−log softmax(s)_t] over the rows of the logits s `[n, classes]`, for the class t of each row.
///
/// Its gradient in a row is (softmax(s) − e_t)/n, taken in f64 from the same shifted exponentials as
/// the value.
///
/// ```
/// use ganscope::tensor::{Batch, Gradients, softmax::cross_entropy};
/// // Logits that say nothing cost ln 4, whatever the class is.
/// let logits = Batch::new(vec![0.5; 8], 2, 4)?;
/// let loss = cross_entropy(logits.clone().record(), &[3, 0])?;
/// let mut gradients = Gradients::of(loss)?;
/// assert_eq!(gradients.take_input(&logits)?[..4], [0.125, 0.125, 0.125, -0.375]);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] when there is not one class a row, or a class that has no column.
pub fn cross_entropy(logits: Batch<Recording>, classes: &[usize]) -> Result<Loss> {
    let (n, count) = (logits.rows(), logits.columns());
    if classes.len() != n || classes.iter().any(|&t| t >= count) {
        return Err(Error::Usage(format!(
            "logits [{n}, {count}] need {n} classes below {count}; got {} up to {}",
            classes.len(),
            classes.iter().max().map_or("none".into(), usize::to_string)
        )));
    }
    #[cfg(not(feature = "cuda"))]
    {
        use dfdx::tensor::{PutTape, SplitTape, Tape as _, TensorFrom};
        let (logits, mut tape) = logits.into_tensor()?.split_tape();
        let s = logits.as_vec();
        let classes = classes.to_vec();
        let rows = s.chunks_exact(count).zip(&classes);
        let sum: f64 = rows
            .map(|(row, &t)| log_sum_exp(row) - f64::from(row[t]))
            .sum();
        let loss: super::Scalar<dfdx::tensor::NoneTape> =
            super::device().tensor((sum / n as f64) as f32);
        let value = loss.clone();
        tape.add_backward_op(move |store| {
            let g = f64::from(store.get_or_alloc_mut(&value)?[0]) / n as f64;
            let sum = store.get_or_alloc_mut(&logits)?;
            let rows = s.chunks_exact(count).zip(&classes);
            for (sum, (row, &t)) in sum.chunks_exact_mut(count).zip(rows) {
                let total = log_sum_exp(row);
                for (j, (sum, &s)) in sum.iter_mut().zip(row).enumerate() {
                    let hit = f64::from(u8::from(j == t));
                    *sum += (g * ((f64::from(s) - total).exp() - hit)) as f32;
                }
            }
            Ok(())
        });
        Ok(Loss(loss.put_tape(tape)))
    }
    #[cfg(feature = "cuda")]
    {
        let logits = logits.into_tensor()?;
        Ok(Loss(super::composed::softmax_cross_entropy(
            logits, classes,
        )?))
    }
}

/// Computes E[−Σ p log softmax(s)] over the rows of the logits s `[n, classes]`, for the probabilities
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
    Ok(Loss(dfdx::losses::cross_entropy_with_logits_loss(
        logits,
        probabilities,
    )))
}

/// softmax(s), row by row, of logits `[n, classes]`.
///
/// ```
/// let p = ganscope::tensor::softmax::probabilities(&[0.0, 3f32.ln(), 900.0, 900.0], 2);
/// assert!((p[0] - 0.25).abs() < 1e-7 && (p[1] - 0.75).abs() < 1e-7);
/// assert_eq!(p[2..], [0.5, 0.5]);
/// ```
pub fn probabilities(logits: &[f32], classes: usize) -> Vec<f64> {
    let rows = logits.chunks_exact(classes.max(1));
    rows.flat_map(|row| {
        // e^(s − top)/Σ: a large s keeps its digits.
        let top = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let power = move |&s: &f32| (f64::from(s) - f64::from(top)).exp();
        let sum: f64 = row.iter().map(power).sum();
        row.iter().map(move |s| power(s) / sum)
    })
    .collect()
}

/// ln Σ e^s, shifted by the largest s so that nothing overflows.
#[cfg(not(feature = "cuda"))]
fn log_sum_exp(row: &[f32]) -> f64 {
    let top = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let top = f64::from(top);
    top + row
        .iter()
        .map(|&s| (f64::from(s) - top).exp())
        .sum::<f64>()
        .ln()
}
