//! Precision and recall by k-nearest-neighbour balls (Kynkäänniemi et al. 2019), density and
//! coverage (Naeem et al. 2020).
//!
//! For real features X₁ … X_N and generated features Y₁ … Y_M, let B_k(X_i) be the closed ball around X_i
//! whose radius is the distance to its k-th nearest neighbour among the X, and B_k(Y_j) likewise among the Y:
//!
//! $$ \text{precision} = \frac1M \sum_j \mathbf 1\Bigl[Y_j \in \bigcup_i B_3(X_i)\Bigr], \qquad
//!    \text{recall} = \frac1N \sum_i \mathbf 1\Bigl[X_i \in \bigcup_j B_3(Y_j)\Bigr] $$
//! $$ \text{density} = \frac1{5M} \sum_j \sum_i \mathbf 1[Y_j \in B_5(X_i)], \qquad
//!    \text{coverage} = \frac1N \sum_i \mathbf 1[\exists j: Y_j \in B_5(X_i)] $$
//!
//! Precision measures whether generated samples look real, recall whether all kinds of real samples are
//! generated. An outlier of the real set has a large ball and raises the precision. Density is more robust
//! since it counts the balls that contain a sample, and coverage uses only balls of the real set. If both sets
//! have the same distribution and N = M is large, the expected density is 1 and the expected coverage 1 − 2⁻⁵.

use serde::{Deserialize, Serialize};

use super::Features;
use super::nearest::{Nearest, distances};
use crate::error::Result;

/// Number of nearest neighbours k for precision and recall.
pub const K_PRECISION: usize = 3;
/// Number of nearest neighbours k for density and coverage.
pub const K_DENSITY: usize = 5;

/// How far two sets of samples overlap.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PrecisionRecall {
    /// Fraction of generated samples inside a ball of the real set, 0 to 1.
    pub precision: f64,
    /// Fraction of real samples inside a ball of the generated set, 0 to 1.
    pub recall: f64,
    /// Mean number of balls of the real set that contain a generated sample, divided by k; may exceed 1.
    pub density: f64,
    /// Fraction of real samples whose ball contains a generated sample, 0 to 1.
    pub coverage: f64,
}

/// Counts for one block of generated samples.
struct Block {
    /// Number of samples inside a ball of the real set.
    precise: usize,
    /// Number of pairs of a sample and a ball of the real set that contains it.
    balls: u64,
    /// Whether each real sample is inside a ball of the block.
    recalled: Vec<bool>,
    /// Whether the ball of each real sample contains a sample of the block.
    covered: Vec<bool>,
}

/// Compares generated with real features.
///
/// ```
/// use ganscope::evaluate::{Features, precision_recall};
/// let real = Features::new((0..20).map(f64::from).collect(), 1)?;
/// // A generator that covers only the lower half.
/// let half = Features::new((0..10).map(|i| f64::from(i) + 0.5).collect(), 1)?;
/// let measured = precision_recall(&real, &half)?;
/// assert_eq!(measured.precision, 1.0);
/// assert!(measured.recall > 0.5 && measured.recall < 0.7);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`](crate::Error::Usage) for features of different dimensions, and for sets of at most
/// [`K_DENSITY`] samples.
pub fn precision_recall(real: &Features, generated: &Features) -> Result<PrecisionRecall> {
    real.same_space(generated)?;
    let near_real = Nearest::among(real, K_DENSITY)?;
    let near_generated = Nearest::among(generated, K_PRECISION)?;
    let squared_radius = |nearest: &Nearest, k: usize| -> Vec<f64> {
        let rows = nearest.squared.chunks_exact(nearest.k);
        rows.map(|row| row[k - 1]).collect()
    };
    let real_3 = squared_radius(&near_real, K_PRECISION);
    let real_5 = squared_radius(&near_real, K_DENSITY);
    let generated_3 = squared_radius(&near_generated, K_PRECISION);
    let (n, m) = (real.len(), generated.len());

    let start = |rows: std::ops::Range<usize>| {
        let block = Block {
            precise: 0,
            balls: 0,
            recalled: vec![false; n],
            covered: vec![false; n],
        };
        (block, vec![false; rows.len()], rows.start)
    };
    let blocks = distances(
        generated,
        real,
        start,
        |(block, precise, first), j, from, d| {
            for (i, &d) in (from..).zip(d) {
                precise[j - *first] |= d <= real_3[i];
                block.recalled[i] |= d <= generated_3[j];
                if d <= real_5[i] {
                    block.balls += 1;
                    block.covered[i] = true;
                }
            }
        },
    );
    let mut all = start(0..0).0;
    for (block, precise, _) in blocks {
        all.precise += precise.iter().filter(|p| **p).count();
        all.balls += block.balls;
        let or = |all: &mut [bool], some: &[bool]| {
            all.iter_mut().zip(some).for_each(|(a, b)| *a |= b);
        };
        or(&mut all.recalled, &block.recalled);
        or(&mut all.covered, &block.covered);
    }
    let fraction = |flags: &[bool]| flags.iter().filter(|f| **f).count() as f64 / n as f64;
    Ok(PrecisionRecall {
        precision: all.precise as f64 / m as f64,
        recall: fraction(&all.recalled),
        density: all.balls as f64 / (K_DENSITY * m) as f64,
        coverage: fraction(&all.covered),
    })
}
