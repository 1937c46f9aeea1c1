//! Conditional mutual information by nearest neighbours (Frenzel & Pompe 2007).
//!
//! $$ \hat I(X; Y \mid Z) = \psi(k) - \big\langle \psi(n_{xz} + 1) + \psi(n_{yz} + 1) - \psi(n_z + 1) \big\rangle $$
//!
//! Distances are in the maximum norm. ε is the distance of (xᵢ, yᵢ, zᵢ) to its k-th nearest neighbour, and each n counts the
//! other rows strictly nearer than that in the variables of its index. With a constant Z this would be the first
//! [`ksg`](super::ksg()) estimator.

use super::estimator::{
    Auto, Columns, Cost, Descriptor, MANY_COLUMNS, Quantity, Summary, standardised, with_scaling,
};
use super::knn::{Knn, note_data};
use super::ksg::psi;
use super::neighbours::{Marginal, Neighbours, Norm};
use super::{Estimate, Kind, Sample};
use crate::error::{Error, Result, thousands};

/// The estimator as `ganscope measure` offers it.
pub(super) static DESCRIPTOR: Descriptor = Descriptor {
    name: "frenzel-pompe",
    summary: "nearest neighbours in a cube (Frenzel & Pompe 2007)",
    columns: Columns::Numbers,
    assumes: "a joint density that is nearly constant within the distance to the k-th neighbour; a few columns",
    cost: Cost::Sorting,
    neighbours: true,
    duplicates_mislead: true,
    auto: Some(Auto {
        when: "conditional-mi of up to 8 continuous columns",
        reason,
    }),
    runs: &[(Quantity::ConditionalMi, |input| {
        let [x, y, z] = [0, 1, 2].map(|i| standardised(&input.variable(i).sample));
        conditional_information(&x?, &y?, &z?, input.knn()).map(with_scaling)
    })],
};

fn reason(table: &Summary<'_>) -> Result<Option<String>> {
    let fits = table.quantity == Quantity::ConditionalMi
        && table.all(Kind::Continuous)
        && table.width() <= MANY_COLUMNS;
    Ok(fits.then(|| table.kinds_in_words()))
}

/// Estimates I(X; Y | Z), the information between X and Y once Z is known.
///
/// Makes the assumptions of [`ksg`](super::ksg()) about the joint density of all three variables. Biased towards 0 in many
/// columns (Runge 2018). No standard error, for the reason given there. O(N log N) for a few dimensions; O(N) memory.
///
/// ```
/// use ganscope::info::{Knn, Ksg, Sample, conditional_information, ksg};
/// use ganscope::random::{Stream, standard_normal};
/// // X and Y are Z with independent noise: dependent, but not once Z is known.
/// let normal = |step| standard_normal(1, Stream::Data, step, 3000).into_iter().map(f64::from);
/// let noisy = |step| Sample::new(normal(0).zip(normal(step)).map(|(z, own)| z + own).collect(), 1);
/// let (x, y, z) = (noisy(1)?, noisy(2)?, Sample::new(normal(0).collect(), 1)?);
/// // A correlation of ½: −½ ln(1 − ¼).
/// assert!((ksg(&x, &y, Ksg::One, Knn::new(3))?.value.0 - 0.143_841).abs() < 0.03);
/// let given = conditional_information(&x, &y, &z, Knn::new(3))?;
/// assert!(given.value.0.abs() < 0.03, "{given}");
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] for different lengths, k = 0, N ≤ k, a constant column, and a row with k exact copies.
pub fn conditional_information(x: &Sample, y: &Sample, z: &Sample, knn: Knn) -> Result<Estimate> {
    x.as_long_as(y)?;
    x.as_long_as(z)?;
    let [x, y, z] = knn.prepare([x, y, z], ["x", "y", "z"])?;
    let (x_z, y_z) = (x.beside(&z)?, y.beside(&z)?);
    let joint = Neighbours::new(&x.beside(&y_z)?);
    let (of_xz, of_yz, of_z) = (Marginal::new(&x_z), Marginal::new(&y_z), Marginal::new(&z));
    let found = joint.of_each(|row, point, room| {
        let radius = joint.kth(point, Some(row), knn.k, Norm::Maximum, room);
        let n_xz = of_xz.nearer(x_z.row(row), radius);
        let n_yz = of_yz.nearer(y_z.row(row), radius);
        let n_z = of_z.nearer(z.row(row), radius);
        (radius, psi(n_z + 1) - psi(n_xz + 1) - psi(n_yz + 1))
    });
    let copies = found.iter().filter(|(radius, _)| *radius == 0.0).count();
    if copies > 0 {
        return Err(Error::Usage(format!(
            "{} of {} rows have {} or more exact copies, which do not occur in draws from a density; discrete data need an \
             estimator for counts, rounded data need `jitter`",
            thousands(copies as u64),
            thousands(x.len() as u64),
            knn.k,
        )));
    }
    let terms: Vec<f64> = found.iter().map(|&(_, term)| term).collect();
    let dimension = x.dimension() + y.dimension() + z.dimension();
    let estimate = knn.estimate("frenzel-pompe", &terms, psi(knn.k), dimension)?;
    Ok(note_data(estimate, &[(&x, "x"), (&y, "y"), (&z, "z")]))
}
