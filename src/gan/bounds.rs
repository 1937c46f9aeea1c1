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
//!
//! Barber and Agakov's (2003) compares no pairs: Q reads x off y. InfoGAN has G climb it, with x its codes.
//!
//! $$ I(X; Y) \;\ge\; h(X) + \mathbb{E}[\ln q(x \mid y)] $$

use super::{Loss, Scores, mean};
use crate::error::{Error, Result};
use crate::tensor::columns::columns;
use crate::tensor::{Batch, Recording, normal, softmax};

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
    mean(product.exp()) * (1.0 / c) + mean(joint) * -1.0
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
    softmax::cross_entropy(scores.into_matrix(n, n)?, &own)
}

/// Minus E[ln q(x|y)] of a normal q whose columns are independent, up to d ln √(2π): `outputs` `[n, 2d]` of Q for y
/// are d means and d log σ, and `x` is `[n, d]`.
///
/// ```
/// use ganscope::gan::bounds;
/// use ganscope::tensor::Batch;
/// let outputs = Batch::new(vec![1.0, 2.0, 0.0, 1.0], 1, 4)?.record();
/// let loss = bounds::barber_agakov(outputs, Batch::new(vec![0.0, 4.0], 1, 2)?)?;
/// // Off by 1 with σ = 1, and by 2 with σ = e.
/// assert!((loss.value() - (0.5 + 0.5 * 4.0 * (-2f64).exp() + 1.0)).abs() < 1e-6);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] for another number of rows or columns; [`Error::Device`].
pub fn barber_agakov(outputs: Batch<Recording>, x: Batch) -> Result<Loss> {
    let d = x.columns();
    if (outputs.rows(), outputs.columns()) != (x.rows(), 2 * d) {
        return Err(Error::Usage(format!(
            "of x [{}, {d}] Q must say [{}, {}], not [{}, {}]",
            x.rows(),
            x.rows(),
            2 * d,
            outputs.rows(),
            outputs.columns()
        )));
    }
    let (outputs, tape) = outputs.split();
    // Two heads read the outputs; the tape goes with the one, and their difference joins both.
    let mean = columns(outputs.clone().with_tape(tape), 0..d)?;
    let log_sigma = columns(outputs.record(), d..2 * d)?;
    Ok(normal::negative_log_density(x, mean, log_sigma)? * d as f64)
}
