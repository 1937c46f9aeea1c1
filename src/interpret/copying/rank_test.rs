//! The rank test of Mann & Whitney (1947), with the normal distribution and a correction for ties.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal};

use crate::error::{Error, Result};

/// The rank test of Mann & Whitney (1947) of distances.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RankTest {
    /// U: number of pairs in which the generated sample has the larger distance; equal distances count ½.
    pub u: f64,
    /// Z_U, in standard deviations of U: negative for copying, positive for underfitting.
    pub z: f64,
    /// Probability of a Z_U at least as small if the generated samples have the distribution of the data.
    pub p_copying: f64,
    /// Probability of a Z_U at least as large if the generated samples have the distribution of the data.
    pub p_underfitting: f64,
    /// Number of generated samples.
    pub generated: usize,
    /// Number of held-out samples.
    pub held_out: usize,
}

/// Compares the distances of generated and held-out samples to their nearest training sample.
///
/// ```
/// use ganscope::interpret::rank_test;
/// // Of 2 × 3 pairs, the generated sample has the larger distance in 1, and the same distance in 1.
/// let test = rank_test(&[1.0, 3.0], &[2.0, 3.0, 4.0])?;
/// assert_eq!(test.u, 1.5);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] if there are no distances of one kind, and for distances that are negative or not finite.
pub fn rank_test(generated: &[f64], held_out: &[f64]) -> Result<RankTest> {
    let (m, n) = (generated.len(), held_out.len());
    if m == 0 || n == 0 {
        return Err(Error::Usage(format!(
            "distances of {m} generated and {n} held-out samples cannot be compared; both are needed"
        )));
    }
    let all = generated.iter().chain(held_out);
    if let Some(wrong) = all.clone().find(|d| !(**d >= 0.0 && d.is_finite())) {
        return Err(Error::Usage(format!(
            "a distance is {wrong}; distances must be finite and at least 0"
        )));
    }
    let mut ranked: Vec<(f64, bool)> = (generated.iter().map(|d| (*d, true)))
        .chain(held_out.iter().map(|d| (*d, false)))
        .collect();
    ranked.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut u, mut below, mut ties) = (0.0, 0.0, 0.0);
    for tied in ranked.chunk_by(|a, b| a.0 == b.0) {
        let t = tied.len() as f64;
        let of_generated = tied.iter().filter(|(_, generated)| *generated).count() as f64;
        let of_held_out = t - of_generated;
        u += of_generated * (below + 0.5 * of_held_out);
        below += of_held_out;
        ties += t.powi(3) - t;
    }
    let (m, n) = (m as f64, n as f64);
    let total = m + n;
    let variance = m * n / 12.0 * (total + 1.0 - ties / (total * (total - 1.0)));
    // If all distances are equal, there is no difference and no variance.
    let z = if variance > 1e-9 * m * n {
        (u - 0.5 * m * n) / variance.sqrt()
    } else {
        0.0
    };
    let (p_copying, p_underfitting) = tails(z);
    Ok(RankTest {
        u,
        z,
        p_copying,
        p_underfitting,
        generated: generated.len(),
        held_out: held_out.len(),
    })
}

/// Probabilities that a standard normal variable is below and above `z`.
pub(super) fn tails(z: f64) -> (f64, f64) {
    let normal = Normal::standard();
    (normal.cdf(z), normal.sf(z))
}
