//! Mutual information where columns may be discrete, continuous, or both (Gao et al. 2017), also with a third
//! variable known (Mesner & Shalizi 2021).
//!
//! $$ \hat I(X; Y) = \big\langle \psi(\tilde k) + \ln N - \psi(n_x) - \psi(n_y) \big\rangle $$
//! $$ \hat I(X; Y \mid Z) = \big\langle \psi(\tilde k) + \psi(n_z) - \psi(n_{xz}) - \psi(n_{yz}) \big\rangle $$
//!
//! ρ is the distance to the k-th nearest other row in the maximum norm. n_x and n_y count xᵢ (yᵢ) itself and all that are
//! strictly nearer, and k̃ = k. Where ρ = 0, k̃ counts the exact copies of the row, and n_x and n_y the equal xⱼ and yⱼ,
//! each including the row itself. This is what the authors' program computes. Their paper has ln(n + 1), with n the number
//! of values at most ρ away: it has the same limit as k grows, but a larger bias for small k.
//!
//! Rounded numbers lie on a lattice, so that many rows are exactly ρ away. The authors' program counts k of them in the
//! joint space and none in the margins, and so overestimates the information. Here all of them count: k̃ is the number of
//! other rows at most ρ away, and n_x that of the other xⱼ at most ρ away, if that is larger. Without such ties the value
//! is that of the authors' program.

use super::discrete_continuous::{conditional_entropy, is_class_and_numbers};
use super::estimator::{
    Auto, Columns, Cost, Data, Descriptor, Input, Quantity, Summary, labelled, of_dimension,
    with_scaling,
};
use super::knn::{Knn, enough, vary};
use super::ksg::psi;
use super::neighbours::{Marginal, Neighbours, Norm};
use super::text_columns::{frequent_rows, separated_text};
use super::{Estimate, Kind, Sample};
use crate::error::Result;
use crate::info::rows::Rows;

/// Gao's estimator as `ganscope measure` offers it.
pub(super) static GAO_MIXTURE: Descriptor = Descriptor {
    name: "gao-mixture",
    summary: "nearest neighbours with ties counted (Gao, Kannan, Oh & Viswanath 2017)",
    columns: Columns::Any,
    assumes: "columns of comparable scale; text that occurs more than k times",
    cost: Cost::Sorting,
    neighbours: true,
    duplicates_mislead: true,
    auto: Some(Auto {
        when: "mi, conditional-entropy and js of columns that are partly discrete",
        reason,
    }),
    runs: &[
        (Quantity::Mi, information),
        (Quantity::ConditionalEntropy, |input| {
            conditional_entropy("gao-mixture", input, information(input)?)
        }),
        // JSD(p‖q) = I(label; value), with the label p or q.
        (Quantity::Js, |input| {
            let (p, q) = (input.variable(0), input.variable(1));
            let (labels, values) = labelled(p, q, input.settings)?;
            let n = labels.len() / 2;
            let labels = labels.into_iter().map(|of_q| f64::from(u8::from(of_q)));
            let labels = Data {
                sample: Sample::new(labels.collect(), 1)?,
                texts: vec![0],
            };
            let found = of_mixtures(&labels, &values, input.settings.k)?;
            let found = of_dimension(found, p.dimension());
            Ok(with_scaling(found).with("n_each", n))
        }),
    ],
};

/// Mesner and Shalizi's estimator as `ganscope measure` offers it.
pub(super) static MESNER_SHALIZI: Descriptor = Descriptor {
    name: "mesner-shalizi",
    summary: "nearest neighbours with ties counted (Mesner & Shalizi 2021)",
    columns: Columns::Any,
    assumes: "columns of comparable scale; text that occurs more than k times",
    cost: Cost::Sorting,
    neighbours: true,
    duplicates_mislead: true,
    auto: Some(Auto {
        when: "conditional-mi of discrete and continuous columns together",
        reason: |table| {
            let alike = table.all(Kind::Discrete) || table.all(Kind::Continuous);
            let fits = table.quantity == Quantity::ConditionalMi && !alike;
            Ok(fits.then(|| table.kinds_in_words()))
        },
    }),
    runs: &[(Quantity::ConditionalMi, |input| {
        let data = [0, 1, 2].map(|i| input.variable(i));
        let (rows, left_out) = frequent_rows(&data, input.settings.k)?;
        let [x, y, z] = data.map(|data| separated_text(&data.draw(&rows)?));
        let mut found = mixture_conditional_information(&x?, &y?, &z?, input.settings.k)?;
        found.notes.extend(left_out);
        let width = data.iter().map(|data| data.dimension()).sum();
        Ok(with_scaling(of_dimension(found, width)))
    })],
};

fn reason(table: &Summary<'_>) -> Result<Option<String>> {
    let words = table.kinds_in_words();
    if table.all(Kind::Discrete) || table.all(Kind::Continuous) {
        return Ok(None);
    }
    Ok(match table.quantity {
        // Reached where Ross's estimator does not fit them.
        Quantity::Mi | Quantity::ConditionalEntropy if is_class_and_numbers(table) => {
            Some(format!("{words}, and a class contains exact copies"))
        }
        Quantity::Mi | Quantity::Js => Some(words),
        // The entropy of a y that is partly discrete is not defined.
        Quantity::ConditionalEntropy if table.treated_as[1] != Kind::Mixed => Some(words),
        _ => None,
    })
}

fn information(input: &Input<'_>) -> Result<Estimate> {
    let (x, y) = (input.variable(0), input.variable(1));
    let found = of_mixtures(x, y, input.settings.k)?;
    Ok(with_scaling(of_dimension(
        found,
        x.dimension() + y.dimension(),
    )))
}

/// I(x; y), where columns may hold text.
fn of_mixtures(x: &Data, y: &Data, k: usize) -> Result<Estimate> {
    let (rows, left_out) = frequent_rows(&[x, y], k)?;
    let [x, y] = [x, y].map(|data| separated_text(&data.draw(&rows)?));
    let mut found = mixture_information(&x?, &y?, k)?;
    found.notes.extend(left_out);
    Ok(found)
}

/// Estimates I(X; Y) where each variable may be discrete, continuous, or both, such as the reading of a sensor that
/// saturates, or an amount of rain that is mostly 0.
///
/// Assumes independent rows. The scale of the columns matters: the distance between two values of a discrete column should
/// not be small compared with the spread of a continuous one. The value is too low where copies lie among the other rows,
/// by 0.1 nats with half of N = 10,000 rows at the mode of the others; and too high by up to 0.1 nats where x and y are
/// rounded so that about k rows coincide. There is no standard error, because the terms share neighbours. O(N log N) for
/// a few dimensions; O(N) memory.
///
/// ```
/// use ganscope::info::{Sample, mixture_information};
/// // Y has two values, and X, which has four, determines it: ln 2.
/// let x = Sample::new((0..800).map(|i| f64::from(i % 4)).collect(), 1)?;
/// let y = Sample::new((0..800).map(|i| f64::from(i % 2)).collect(), 1)?;
/// let found = mixture_information(&x, &y, 5)?;
/// assert!((found.value.0 - 2f64.ln()).abs() < 0.01, "{found}");
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`](crate::Error::Usage) for different lengths, k = 0, N ≤ k, and a constant column.
pub fn mixture_information(x: &Sample, y: &Sample, k: usize) -> Result<Estimate> {
    let joint = Neighbours::new(&x.beside(y)?);
    enough(k, x.len())?;
    vary(x, "x")?;
    vary(y, "y")?;
    let (of_x, of_y) = (Marginal::new(x), Marginal::new(y));
    let terms = joint.of_each(|row, point, room| {
        let (x_i, y_i) = point.split_at(x.dimension());
        let radius = joint.kth(point, Some(row), k, Norm::Maximum, room);
        psi(joint_count(&joint, point, radius))
            - psi(marginal_count(&of_x, x_i, radius))
            - psi(marginal_count(&of_y, y_i, radius))
    });
    let rest = (x.len() as f64).ln();
    let dimension = x.dimension() + y.dimension();
    Knn::new(k).estimate("gao-mixture", &terms, rest, dimension)
}

/// Estimates I(X; Y | Z) where each variable may be discrete, continuous, or both.
///
/// Makes the assumptions of [`mixture_information`] about all three variables. It is more accurate than
/// I(X; Y, Z) − I(X; Z), whose errors do not cancel: for two rounded readings and the time that determines both, where the
/// truth is 0, it finds −0.05 nats and the difference −0.7 (N = 1,000, k = 3). The authors replace negative values by 0;
/// here they are kept, because they show the size of the error. There is no standard error, because the terms share
/// neighbours. O(N log N) for a few dimensions; O(N) memory.
///
/// ```
/// use ganscope::info::{Sample, mixture_conditional_information};
/// // Two coins and whether they agree: independent, but 1 bit once the third is known.
/// let coin = |of: fn(i32) -> i32| Sample::new((0..400).map(|i| f64::from(of(i))).collect(), 1);
/// let (x, y, z) = (coin(|i| i % 2)?, coin(|i| i / 2 % 2)?, coin(|i| (i + i / 2) % 2)?);
/// let found = mixture_conditional_information(&x, &y, &z, 3)?;
/// assert!((found.value.0 - 2f64.ln()).abs() < 0.01, "{found}");
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`](crate::Error::Usage) for different lengths, k = 0, N ≤ k, and a constant column.
pub fn mixture_conditional_information(
    x: &Sample,
    y: &Sample,
    z: &Sample,
    k: usize,
) -> Result<Estimate> {
    x.as_long_as(y)?;
    x.as_long_as(z)?;
    let (x_z, y_z) = (x.beside(z)?, y.beside(z)?);
    let joint = Neighbours::new(&x.beside(&y_z)?);
    enough(k, x.len())?;
    for (variable, name) in [(x, "x"), (y, "y"), (z, "z")] {
        vary(variable, name)?;
    }
    let [of_xz, of_yz, of_z] = [&x_z, &y_z, z].map(Marginal::new);
    let terms = joint.of_each(|row, point, room| {
        let radius = joint.kth(point, Some(row), k, Norm::Maximum, room);
        psi(joint_count(&joint, point, radius)) + psi(marginal_count(&of_z, z.row(row), radius))
            - psi(marginal_count(&of_xz, x_z.row(row), radius))
            - psi(marginal_count(&of_yz, y_z.row(row), radius))
    });
    let dimension = x.dimension() + y_z.dimension();
    Knn::new(k).estimate("mesner-shalizi", &terms, 0.0, dimension)
}

/// k̃: the number of other rows within the radius, or of copies and the row itself.
fn joint_count(joint: &Neighbours, point: &[f64], radius: f64) -> usize {
    if radius > 0.0 {
        joint.within(point, radius)
    } else {
        joint.copies(point) + 1
    }
}

/// n of the variables in `of`.
fn marginal_count(of: &Marginal, point: &[f64], radius: f64) -> usize {
    if radius > 0.0 {
        (of.nearer(point, radius) + 1).max(of.within(point, radius))
    } else {
        of.within(point, 0.0) + 1
    }
}
