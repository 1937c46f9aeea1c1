//! Precision and recall by k-nearest-neighbour balls (Kynkäänniemi et al. 2019), density and
//! coverage (Naeem et al. 2020).
//!
//! With real features X₁ … X_N, generated ones Y₁ … Y_M, and B_k(X_i) the closed ball around X_i that
//! reaches to its k-th nearest neighbour among the X, B_k(Y_j) likewise among the Y:
//!
//! $$ \text{precision} = \frac1M \sum_j \mathbf 1\Bigl[Y_j \in \bigcup_i B_3(X_i)\Bigr], \qquad
//!    \text{recall} = \frac1N \sum_i \mathbf 1\Bigl[X_i \in \bigcup_j B_3(Y_j)\Bigr] $$
//! $$ \text{density} = \frac1{5M} \sum_j \sum_i \mathbf 1[Y_j \in B_5(X_i)], \qquad
//!    \text{coverage} = \frac1N \sum_i \mathbf 1[\exists j: Y_j \in B_5(X_i)] $$
//!
//! Precision asks whether generated samples look real, recall whether everything real is generated.
//! One outlier of the real set has a large ball and lifts precision; density counts the balls around
//! a sample instead, and coverage uses balls of the real set alone. For samples of one distribution
//! the expected density is 1 and the expected coverage 1 − 2⁻⁵ where N = M is large.

use serde::{Deserialize, Serialize};

use super::Features;
use super::nearest::{Nearest, distances};
use crate::error::Result;

/// k of precision and recall.
pub const K_PRECISION: usize = 3;
/// k of density and coverage.
pub const K_DENSITY: usize = 5;

/// How much of either set lies where the other one is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PrecisionRecall {
    /// Share of generated samples within the real set's balls, 0 to 1.
    pub precision: f64,
    /// Share of real samples within the generated set's balls, 0 to 1.
    pub recall: f64,
    /// Balls of the real set around a generated sample on average, over k; may exceed 1.
    pub density: f64,
    /// Share of real samples with a generated one in their ball, 0 to 1.
    pub coverage: f64,
}

/// What one block of generated samples has to say.
struct Block {
    precise: usize,
    /// Balls around samples of the block.
    balls: u64,
    /// Which real samples are recalled by the block, and which are covered.
    recalled: Vec<bool>,
    covered: Vec<bool>,
}

/// Compares generated with real features.
///
/// ```
/// use ganscope::evaluate::{Features, precision_recall};
/// let real = Features::new((0..20).map(f64::from).collect(), 1)?;
/// // A generator that knows the lower half, and it well.
/// let half = Features::new((0..10).map(|i| f64::from(i) + 0.5).collect(), 1)?;
/// let measured = precision_recall(&real, &half)?;
/// assert_eq!(measured.precision, 1.0);
/// assert!(measured.recall > 0.5 && measured.recall < 0.7);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`](crate::Error::Usage) for features of two spaces, and for sets of no more than
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
    let share = |flags: &[bool]| flags.iter().filter(|f| **f).count() as f64 / n as f64;
    Ok(PrecisionRecall {
        precision: all.precise as f64 / m as f64,
        recall: share(&all.recalled),
        density: all.balls as f64 / (K_DENSITY * m) as f64,
        coverage: share(&all.covered),
    })
}
