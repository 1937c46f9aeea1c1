//! The article's L_D (§3.2) in its own symbols and with its own sign.
//!
//! $$ L_D = \tfrac12\bigl(\log D(x) + \log(1 - D(G(z)))\bigr) $$
//!
//! The article says that D *minimises* this. Both logarithms are negative and grow towards 0 as D gets
//! better, so a D that minimises the formula as written gets worse. The formula is −½ times the L_D of
//! [`Saturating`](super::Saturating), which is the corrected form.

use crate::tensor::logistic::cross_entropy;
use crate::tensor::{Loss, Scores};

/// Returns L_D as written, averaged over the batches. It has the wrong sign for a loss.
///
/// ```
/// use ganscope::gan::{Scores, as_written};
/// use ganscope::tensor::Batch;
/// let score = |s| Scores::of(Batch::new(vec![s], 1, 1)?.record());
/// // D(x) = ½ for both samples: ½ (ln ½ + ln ½) = −ln 2.
/// assert!((as_written::l_d(score(0.0)?, score(0.0)?).value() + 0.693_147).abs() < 1e-6);
/// // A better D has a *larger* value.
/// assert!(as_written::l_d(score(4.0)?, score(-4.0)?).value() > -0.02);
/// # Ok::<(), ganscope::Error>(())
/// ```
pub fn l_d(real: Scores, generated: Scores) -> Loss {
    (cross_entropy(real, 1.0) + cross_entropy(generated, 0.0)) * -0.5
}
