//! The article's L_D (§3.2) in its own symbols and with its own sign.
//!
//! $$ L_D = \tfrac12\bigl(\log D(x) + \log(1 - D(G(z)))\bigr) $$
//!
//! The article has D *minimise* this. Both logarithms are negative and grow towards 0 as D gets
//! better, so a D that descends it unlearns: with the real samples at hand it is −½ times the L_D of
//! [`Saturating`](super::Saturating), which is the repaired reading.

use super::{Loss, Scores, cross_entropy};

/// L_D as written, averaged over the batches; a loss only with a minus sign.
///
/// ```
/// use ganscope::gan::{Scores, as_written};
/// use ganscope::tensor::Batch;
/// let score = |s| Scores::of(Batch::new(vec![s], 1, 1)?.record());
/// // A D that cannot tell: ½ (ln ½ + ln ½) = −ln 2.
/// assert!((as_written::l_d(score(0.0)?, score(0.0)?).value() + 0.693_147).abs() < 1e-6);
/// // A good D has *more* of it.
/// assert!(as_written::l_d(score(4.0)?, score(-4.0)?).value() > -0.02);
/// # Ok::<(), ganscope::Error>(())
/// ```
pub fn l_d(real: Scores, generated: Scores) -> Loss {
    (cross_entropy(real, 1.0) + cross_entropy(generated, 0.0)) * -0.5
}
