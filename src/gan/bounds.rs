//! Lower bounds on mutual information, as losses of a critic T that scores pairs.
//!
//! With (x, y) from the joint distribution, and (x, y′) from the product of its marginals,
//!
//! $$ I(X; Y) \;\ge\; \mathbb{E}[T(x, y)] - \frac{\mathbb{E}[e^{T(x, y')}]}{c} - \ln c + 1 $$
//!
//! for any c > 0, since ln a ≤ a/c + ln c − 1 (Barber & Agakov 2003; Poole et al. 2019, eq. 8).
//!
//! | bound | c |
//! |---|---|
//! | NWJ (Nguyen, Wainwright & Jordan 2010) | e |
//! | MINE (Belghazi et al. 2018) | 𝔼[e^T] itself; its moving average for the gradient |
//!
//! InfoNCE (van den Oord et al. 2018) identifies the y that belongs to each of n x among n candidates:
//!
//! $$ I(X; Y) \;\ge\; \ln n + \frac1n \sum_i \ln \frac{e^{T(x_i, y_i)}}{\sum_j e^{T(x_i, y_j)}} $$
//!
//! This bound cannot exceed ln n.
//!
//! The bound of Barber and Agakov (2003) does not compare pairs: a network Q predicts x from y. InfoGAN maximises
//! it with the codes as x.
//!
//! $$ I(X; Y) \;\ge\; h(X) + \mathbb{E}[\ln q(x \mid y)] $$

use crate::error::{Error, Result};
use crate::tensor::columns::columns;
use crate::tensor::scores::mean;
use crate::tensor::{Batch, Recording, normal, softmax};
use crate::tensor::{Loss, Scores};

/// Returns minus the bound for a constant c, without the term −ln c + 1, which does not depend on the critic.
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

/// Returns minus the InfoNCE bound without ln n, from the n² scores T(xᵢ, yⱼ) in row-major order.
///
/// ```
/// use ganscope::gan::{Scores, bounds};
/// use ganscope::tensor::Batch;
/// let scores = Scores::of(Batch::new(vec![2.0, 0.0, 1.0, 1.0], 4, 1)?.record())?;
/// let loss = bounds::info_nce(scores, 2)?;
/// // The mean of ln(1 + e⁻²) and ln 2.
/// assert!((loss.value() - ((-2f64).exp().ln_1p() + 2f64.ln()) / 2.0).abs() < 1e-6);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] when there are not n² scores; [`Error::Device`] when the device is out of memory.
pub fn info_nce(scores: Scores, n: usize) -> Result<Loss> {
    let pairs = scores.values().len();
    if pairs != n * n {
        return Err(Error::Usage(format!(
            "InfoNCE on {n} pairs needs {} scores, got {pairs}",
            n * n
        )));
    }
    let positives: Vec<usize> = (0..n).collect();
    softmax::cross_entropy(scores.into_matrix(n, n)?, &positives)
}

/// Returns −E[ln q(x|y)] without the constant d ln √(2π), for a normal q with independent columns. `outputs` `[n, 2d]`
/// of Q for y are d means and d values of log σ; `x` is `[n, d]`.
///
/// ```
/// use ganscope::gan::bounds;
/// use ganscope::tensor::Batch;
/// let outputs = Batch::new(vec![1.0, 2.0, 0.0, 1.0], 1, 4)?.record();
/// let loss = bounds::barber_agakov(outputs, Batch::new(vec![0.0, 4.0], 1, 2)?)?;
/// // The prediction is off by 1 with σ = 1, and by 2 with σ = e.
/// assert!((loss.value() - (0.5 + 0.5 * 4.0 * (-2f64).exp() + 1.0)).abs() < 1e-6);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] when the shapes do not fit; [`Error::Device`] when the device is out of memory.
pub fn barber_agakov(outputs: Batch<Recording>, x: Batch) -> Result<Loss> {
    let d = x.columns();
    if (outputs.rows(), outputs.columns()) != (x.rows(), 2 * d) {
        return Err(Error::Usage(format!(
            "for x of shape [{}, {d}] the outputs of Q must have shape [{}, {}], got [{}, {}]",
            x.rows(),
            x.rows(),
            2 * d,
            outputs.rows(),
            outputs.columns()
        )));
    }
    let (outputs, tape) = outputs.split();
    // Both halves of the outputs are recorded; the means continue the tape of the outputs, and the loss joins both.
    let mean = columns(outputs.clone().with_tape(tape), 0..d)?;
    let log_sigma = columns(outputs.record(), d..2 * d)?;
    Ok(normal::negative_log_density(x, mean, log_sigma)? * d as f64)
}
