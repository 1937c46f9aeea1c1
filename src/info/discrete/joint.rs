//! Joint quantities of several discrete variables, as sums and differences of entropies.
//!
//! $$ I(x; y) = H(x) + H(y) - H(x, y), \qquad H(y\mid x) = H(x, y) - H(x), \qquad
//!    \mathrm{TC} = \sum_j H(x_j) - H(x_1, \ldots, x_d) $$
//!
//! All entropies are estimated by the same estimator (Shannon 1948; total correlation: Watanabe 1960). Standard errors come
//! from the delta method: for I(x; y), the standard deviation of ln p̂(x, y)/p̂(x)p̂(y) over the observations, divided by √N.
//! It vanishes where the variables are independent, and only the bias remains: use a permutation test there.

use super::entropy::value_and_error;
use super::{Estimator, Symbols, entropy};
use crate::error::{Error, Result};
use crate::info::{Estimate, Nats};

/// Estimates I(x; y).
///
/// ```
/// use ganscope::info::discrete::{Estimator, Symbols, mutual_information};
/// let x = Symbols::new(&[0, 0, 0, 0, 1, 1, 1, 1])?;
/// let y = Symbols::new(&[0, 0, 0, 1, 0, 1, 1, 1])?;
/// let found = mutual_information(&x, &y, Estimator::PlugIn)?;
/// // ln 2 − H(¼)
/// assert!((found.value.0 - 0.130_812_035_941_137).abs() < 1e-14);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// O(N log N). The plug-in estimate is biased by about +(K_x − 1)(K_y − 1)/2N.
///
/// # Errors
/// [`Error::Usage`] for different lengths, and as [`entropy`](super::entropy()).
pub fn mutual_information(x: &Symbols, y: &Symbols, by: Estimator) -> Result<Estimate> {
    let joint = x.beside(y)?;
    let terms = [(1.0, "x", x), (1.0, "y", y), (-1.0, "x, y", &joint)];
    combination(&terms, by, 2)
}

/// Estimates H(y | x), the uncertainty in y that remains once x is known.
///
/// ```
/// use ganscope::info::discrete::{Estimator, Symbols, conditional_entropy};
/// let x = Symbols::new(&[0, 0, 1, 1])?;
/// let y = Symbols::new(&[0, 1, 2, 2])?;
/// let found = conditional_entropy(&y, &x, Estimator::PlugIn)?;
/// assert!((found.value.bits().0 - 0.5).abs() < 1e-15);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// O(N log N).
///
/// # Errors
/// As [`mutual_information`].
pub fn conditional_entropy(y: &Symbols, x: &Symbols, by: Estimator) -> Result<Estimate> {
    let joint = x.beside(y)?;
    combination(&[(1.0, "x, y", &joint), (-1.0, "x", x)], by, 2)
}

/// Estimates I(x; y | z) = H(x, z) + H(y, z) − H(z) − H(x, y, z), the information between x and y once z is known.
///
/// ```
/// use ganscope::info::discrete::{Estimator, Symbols, conditional_information, mutual_information};
/// let x = Symbols::new(&[0, 0, 1, 1])?;
/// let y = Symbols::new(&[0, 1, 0, 1])?;
/// let parity = Symbols::new(&[0, 1, 1, 0])?;
/// // x and y are independent, but determine each other once the parity is known.
/// assert!(mutual_information(&x, &y, Estimator::PlugIn)?.value.0.abs() < 1e-15);
/// let found = conditional_information(&x, &y, &parity, Estimator::PlugIn)?;
/// assert!((found.value.bits().0 - 1.0).abs() < 1e-15);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// O(N log N).
///
/// # Errors
/// As [`mutual_information`].
pub fn conditional_information(
    x: &Symbols,
    y: &Symbols,
    z: &Symbols,
    by: Estimator,
) -> Result<Estimate> {
    let (xz, yz) = (x.beside(z)?, y.beside(z)?);
    let all = x.beside(&yz)?;
    let terms = [
        (1.0, "x, z", &xz),
        (1.0, "y, z", &yz),
        (-1.0, "z", z),
        (-1.0, "x, y, z", &all),
    ];
    combination(&terms, by, 3)
}

/// Estimates the joint entropy H(x₁, …, x_d).
///
/// ```
/// use ganscope::info::discrete::{Estimator, Symbols, joint_entropy};
/// let x = Symbols::new(&[0, 0, 1, 1])?;
/// let y = Symbols::new(&[0, 1, 0, 1])?;
/// let found = joint_entropy(&[&x, &y, &x], Estimator::PlugIn)?;
/// assert!((found.value.bits().0 - 2.0).abs() < 1e-15);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// O(N log N).
///
/// # Errors
/// [`Error::Usage`] for no variable, different lengths, and as [`entropy`](super::entropy()).
pub fn joint_entropy(variables: &[&Symbols], by: Estimator) -> Result<Estimate> {
    let mut found = entropy(&together(variables)?.counts()?, by)?;
    found.dimension = variables.len();
    Ok(found)
}

/// Estimates the total correlation, or multi-information (Watanabe 1960): the divergence of the joint distribution from the
/// product of its margins.
///
/// ```
/// use ganscope::info::discrete::{Estimator, Symbols, total_correlation};
/// let x = Symbols::new(&[0, 0, 1, 1])?;
/// let y = Symbols::new(&[0, 1, 0, 1])?;
/// let parity = Symbols::new(&[0, 1, 1, 0])?;
/// // Each pair is independent, but all three are not.
/// let found = total_correlation(&[&x, &y, &parity], Estimator::PlugIn)?;
/// assert!((found.value.bits().0 - 1.0).abs() < 1e-15);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// O(N log N).
///
/// # Errors
/// As [`joint_entropy`].
pub fn total_correlation(variables: &[&Symbols], by: Estimator) -> Result<Estimate> {
    let joint = together(variables)?;
    let names: Vec<String> = (1..=variables.len()).map(|i| format!("x{i}")).collect();
    let all = names.join(", ");
    let each = names.iter().zip(variables);
    let mut terms: Vec<(f64, &str, &Symbols)> =
        each.map(|(name, x)| (1.0, name.as_str(), *x)).collect();
    terms.push((-1.0, &all, &joint));
    combination(&terms, by, variables.len())
}

/// The combination of all variables as one variable.
fn together(variables: &[&Symbols]) -> Result<Symbols> {
    let Some((first, others)) = variables.split_first() else {
        return Err(Error::Usage(
            "a joint entropy needs at least one variable".into(),
        ));
    };
    others
        .iter()
        .try_fold((*first).clone(), |all, x| all.beside(x))
}

/// Σ sⱼ H(xⱼ), with the variables xⱼ by their names. Each note says to which of the entropies it belongs.
fn combination(
    terms: &[(f64, &str, &Symbols)],
    by: Estimator,
    dimension: usize,
) -> Result<Estimate> {
    let n = terms[0].2.len();
    let mut value = 0.0;
    // −Σ sⱼ ln p̂(xⱼ) for each observation.
    let mut shares = vec![0.0; n];
    let mut notes: Vec<String> = Vec::new();
    for (sign, name, x) in terms {
        let counts = x.counts()?;
        let (found, _) = value_and_error(&counts, by)?;
        value += sign * found.value.0;
        notes.extend(found.notes.iter().map(|note| format!("H({name}): {note}")));
        for (share, &code) in shares.iter_mut().zip(x.codes()) {
            *share -= sign * (counts.values()[code as usize] as f64 / n as f64).ln();
        }
    }
    let mean = shares.iter().sum::<f64>() / n as f64;
    let spread = shares.iter().map(|s| (s - mean).powi(2)).sum::<f64>() / n as f64;
    let mut found = Estimate::new(by.name(), Nats(value), n, dimension);
    if let Estimator::Dirichlet(a) = by {
        found = found.with("pseudo_counts", a);
    }
    found.notes = notes;
    Ok(found.first_order_error((spread / n as f64).sqrt()))
}
