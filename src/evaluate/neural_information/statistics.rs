//! Normal scores of samples, and the mean of terms with its standard error.

use statrs::distribution::{ContinuousCDF, Normal};

use crate::error::{Error, Result};
use crate::info::Sample;

/// The normal scores Φ⁻¹((r − ½)/N) of each column, where r are the ranks; equal values have the mean of their
/// ranks. The scores do not change under increasing maps of a column, and an outlier is not far from other values.
pub(super) fn normal_scores(sample: &Sample) -> Result<Sample> {
    let (n, d) = (sample.len(), sample.dimension());
    let normal = Normal::standard();
    let mut scores = vec![0.0; n * d];
    for j in 0..d {
        let column: Vec<f64> = sample.column(j).collect();
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by(|&a, &b| column[a].total_cmp(&column[b]));
        let mut below = 0;
        for equal in order.chunk_by(|&a, &b| column[a] == column[b]) {
            if equal.len() == n {
                return Err(Error::Usage(format!(
                    "variable {} is {} in every row, so it shares no information; leave it out",
                    j + 1,
                    column[0]
                )));
            }
            let middle = below as f64 + equal.len() as f64 / 2.0;
            let score = normal.inverse_cdf(middle / n as f64);
            equal.iter().for_each(|&row| scores[row * d + j] = score);
            below += equal.len();
        }
    }
    Sample::new(scores, d)
}

/// The values in single precision, as networks take them.
pub(super) fn single_precision(sample: &Sample) -> Vec<f32> {
    sample.values().iter().map(|&x| x as f32).collect()
}

/// The mean of independent terms, and its standard error.
pub(super) fn mean_and_error(terms: &[f64]) -> (f64, f64) {
    let n = terms.len() as f64;
    let mean = terms.iter().sum::<f64>() / n;
    let squares: f64 = terms.iter().map(|t| (t - mean).powi(2)).sum();
    (mean, (squares / (n - 1.0) / n).sqrt())
}
