//! Lower bounds on mutual information, as losses of a critic T that scores pairs.
//!
//! With (x, y) from the joint distribution, and (x, y′) from the product of its margins,
//!
//! $$ I(X; Y) \;\ge\; \mathbb{E}[T(x, y)] - \frac{\mathbb{E}[e^{T(x, y')}]}{c} - \ln c + 1 $$
//!
//! for any c > 0, since ln a ≤ a/c + ln c − 1 (Barber & Agakov 2003; Poole et al. 2019, eq. 8).
//!
//! | bound | c |
//! |---|---|
//! | NWJ (Nguyen, Wainwright & Jordan 2010) | e |
//! | MINE (Belghazi et al. 2018) | 𝔼[e^T] itself, and for gradients its moving average |
//!
//! InfoNCE (van den Oord et al. 2018) asks which of n y belongs to each of n x:
//!
//! $$ I(X; Y) \;\ge\; \ln n + \frac1n \sum_i \ln \frac{e^{T(x_i, y_i)}}{\sum_j e^{T(x_i, y_j)}} $$
//!
//! and can say no more than ln n.

use super::{Loss, Scores, mean};
use crate::error::{Error, Result};
use crate::tensor::softmax;
use dfdx::shapes::{Axes2, Rank0};
use dfdx::tensor_ops::{MeanTo, ReshapeTo};

/// Minus the bound, up to −ln c + 1, which no critic changes.
///
/// ```
/// use ganscope::gan::{Scores, bounds};
/// use ganscope::tensor::Batch;
/// let scores = |s: [f32; 2]| Scores::of(Batch::new(s.to_vec(), 2, 1)?.record());
/// let loss = bounds::with_constant(scores([1.0, 2.0])?, scores([0.0, -1.0])?, 2.0);
/// // −3/2 + (1 + 1/e)/2/2
/// assert!((loss.value() - (-1.5 + (1.0 + (-1f64).exp()) / 4.0)).abs() < 1e-6);
/// # Ok::<(), ganscope::Error>(())
/// ```
pub fn with_constant(joint: Scores, product: Scores, c: f64) -> Loss {
    let exponentials = Loss(product.0.exp().mean::<Rank0, Axes2<0, 1>>());
    exponentials * (1.0 / c) + mean(joint) * -1.0
}

/// Minus InfoNCE's bound, up to ln n: the scores are T(xᵢ, yⱼ) row by row, n² of them.
///
/// ```
/// use ganscope::gan::{Scores, bounds};
/// use ganscope::tensor::Batch;
/// let scores = Scores::of(Batch::new(vec![2.0, 0.0, 1.0, 1.0], 4, 1)?.record())?;
/// let loss = bounds::info_nce(scores, 2)?;
/// // ln(1 + e⁻²) and ln 2, of which the mean
/// assert!((loss.value() - ((-2f64).exp().ln_1p() + 2f64.ln()) / 2.0).abs() < 1e-6);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] when there are not n² scores; [`Error::Device`].
pub fn info_nce(scores: Scores, n: usize) -> Result<Loss> {
    let pairs = scores.values().len();
    if pairs != n * n {
        return Err(Error::Usage(format!(
            "{n} pairs of x and y have {} scores, not {pairs}",
            n * n
        )));
    }
    let own: Vec<usize> = (0..n).collect();
    let logits = scores.0.reshape_like(&(n, n));
    Ok(Loss(softmax::cross_entropy(logits, &own)?))
}
