//! Mutual information where values repeat: a class and a number (Ross 2014), mixtures of all kinds (Gao et al.
//! 2017; Mesner & Shalizi 2021, where a third variable is known).
//!
//! $$ \hat I(C; Y) = \psi(N) - \langle\psi(N_{c})\rangle + \langle\psi(k)\rangle - \langle\psi(m)\rangle $$
//! $$ \hat I(X; Y) = \big\langle \psi(\tilde k) + \ln N - \psi(n_x) - \psi(n_y) \big\rangle $$
//! $$ \hat I(X; Y \mid Z) = \big\langle \psi(\tilde k) + \psi(n_z) - \psi(n_{xz}) - \psi(n_{yz}) \big\rangle $$
//!
//! Ross: N_c of the N rows are of the class of row i, whose k-th nearest other *of that class* is at the distance d;
//! m counts the others of any class at most d away. Gao et al.: ρ is the distance to the k-th nearest other in the
//! maximum norm, n_x and n_y count xᵢ (yᵢ) itself and all that are strictly nearer, and k̃ = k. Where ρ = 0, k̃
//! counts the exact copies, n_x and n_y the equal xⱼ and yⱼ, each with itself. So the authors' program; their
//! paper's ln(n + 1) of what is at most ρ away has the same limit as k grows, but is 0.3 nats too low of 1.05 in
//! the paper's own first experiment with k = 3.
//!
//! Rounded numbers lie on a lattice, and others are exactly ρ away. The authors' program counts k of them in the joint
//! space and none in the margins: of independent normal numbers, rounded to a tenth of their deviation, it finds 0.6
//! nats (N = 2,000, k = 3). Here all of them count: k̃ is the number of others at most ρ away, and n_x that of the other
//! xⱼ at most ρ away, if that is more. That finds 0.09, and without such ties changes nothing.

use std::collections::BTreeMap;

use super::knn::{Knn, enough, vary};
use super::ksg::psi;
use super::neighbours::{Marginal, Neighbours, Norm};
use super::{Estimate, Sample};
use crate::error::{Error, Result, counted, thousands};

/// I(C; Y) of a class and a continuous variable.
///
/// A class of at most k rows is looked at with one neighbour less than it has rows; a class of one row tells
/// nothing and is left out, as scikit-learn does; `notes` say how many. Assumes independent rows and a density of
/// Y in each class. No standard error: the terms share neighbours. O(N log N) for a few dimensions; O(N) memory.
///
/// ```
/// use ganscope::info::{Sample, discrete_continuous};
/// use ganscope::random::{Stream, standard_normal};
/// // Two classes that never meet: ln 2.
/// let class: Vec<bool> = (0..2000).map(|i| i % 2 == 1).collect();
/// let normal = standard_normal(1, Stream::Data, 0, 2000).into_iter().map(f64::from);
/// let y = class.iter().zip(normal).map(|(class, z)| z + if *class { 20.0 } else { 0.0 });
/// let found = discrete_continuous(&class, &Sample::new(y.collect(), 1)?, 3)?;
/// assert!((found.value.0 - 2f64.ln()).abs() < 0.005, "{found}");
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] for different lengths, k of 0, N ≤ k, a constant column, one class only, no class of two
/// rows, and a row with k exact copies in its class: then Y has no density, see [`mixture_information`].
pub fn discrete_continuous<C: Ord>(class: &[C], y: &Sample, k: usize) -> Result<Estimate> {
    if class.len() != y.len() {
        return Err(Error::Usage(format!(
            "{} classes and {} observations; each row must have both",
            class.len(),
            y.len()
        )));
    }
    enough(k, y.len())?;
    vary(y, "y")?;
    let mut members: BTreeMap<&C, Vec<usize>> = BTreeMap::new();
    for (row, class) in class.iter().enumerate() {
        members.entry(class).or_default().push(row);
    }
    if members.len() == 1 {
        return Err(Error::Usage(
            "every row is of one class, which tells nothing".into(),
        ));
    }
    members.retain(|_, rows| rows.len() > 1);
    let kept: Vec<usize> = members.values().flatten().copied().collect();
    if kept.is_empty() {
        return Err(Error::Usage(
            "every class has one row only; a class must repeat, a number belongs in a continuous estimator".into(),
        ));
    }
    let all = Marginal::new(&rows_of(y, &kept)?);
    let mut terms = Vec::with_capacity(kept.len());
    let mut small = 0u64;
    for rows in members.values() {
        let neighbours = Neighbours::new(&rows_of(y, rows)?);
        small += u64::from(rows.len() <= k);
        let k = k.min(rows.len() - 1);
        let each = neighbours.of_each(|row, point, room| {
            let distance = neighbours.kth(point, Some(row), k, Norm::Maximum, room);
            (
                distance,
                psi(k) - psi(rows.len()) - psi(all.within(point, distance)),
            )
        });
        if let Some(at) = each.iter().position(|(distance, _)| *distance == 0.0) {
            return Err(Error::Usage(format!(
                "row {} has {k} or more exact copies in its class: y has no density there; use the estimator \
                 for mixtures",
                rows[at] + 1
            )));
        }
        terms.extend(each.into_iter().map(|(_, term)| term));
    }
    let mut found = Knn::new(k).estimate("ross", &terms, psi(kept.len()), y.dimension() + 1)?;
    if kept.len() < y.len() {
        found = found.noting(format!(
            "{} left out: its class has no other; the value is that of the rest",
            counted(y.len() - kept.len(), "row")
        ));
    }
    if small > 0 {
        found = found.noting(format!(
            "{} of {} classes have no more than {k} rows, and were looked at with one neighbour fewer than rows",
            thousands(small),
            thousands(members.len() as u64)
        ));
    }
    Ok(found.with("classes", members.len()))
}

/// I(X; Y) where each may be discrete, continuous, or both: a sensor that saturates, rain that is mostly none.
///
/// Assumes independent rows. Columns count with their scale: the distance of two values of a discrete one should
/// not be small against the spread of a continuous one. Too low where copies lie amid the other rows: by 0.1
/// nats with half of N = 10,000 rows at the mode of the rest. Too high by up
/// to 0.1 nats where x and y are rounded so that about k rows are at each place. No standard error: the terms share neighbours.
/// O(N log N) for a few dimensions; O(N) memory.
///
/// ```
/// use ganscope::info::{Sample, mixture_information};
/// // Four values of X, two of Y, which X decides: ln 2.
/// let x = Sample::new((0..800).map(|i| f64::from(i % 4)).collect(), 1)?;
/// let y = Sample::new((0..800).map(|i| f64::from(i % 2)).collect(), 1)?;
/// let found = mixture_information(&x, &y, 5)?;
/// assert!((found.value.0 - 2f64.ln()).abs() < 0.01, "{found}");
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] for different lengths, k of 0, N ≤ k, and a constant column.
pub fn mixture_information(x: &Sample, y: &Sample, k: usize) -> Result<Estimate> {
    let joint = Neighbours::new(&x.beside(y)?);
    enough(k, x.len())?;
    vary(x, "x")?;
    vary(y, "y")?;
    let (of_x, of_y) = (Marginal::new(x), Marginal::new(y));
    let terms = joint.of_each(|row, point, room| {
        let (x_i, y_i) = point.split_at(x.dimension());
        let radius = joint.kth(point, Some(row), k, Norm::Maximum, room);
        psi(together(&joint, point, radius))
            - psi(around(&of_x, x_i, radius))
            - psi(around(&of_y, y_i, radius))
    });
    let rest = (x.len() as f64).ln();
    let dimension = x.dimension() + y.dimension();
    Knn::new(k).estimate("gao-mixture", &terms, rest, dimension)
}

/// I(X; Y | Z) where each may be discrete, continuous, or both.
///
/// Assumes what [`mixture_information`] does, of all three. Unlike I(X; Y, Z) − I(X; Z), whose errors differ, it finds
/// next to nothing where there is nothing: −0.05 nats, and the difference −0.7, of two rounded readings and the
/// time that decides both (N = 1,000, k = 3). The authors put 0 for negative values; here they stay, and tell how
/// large the error is. No standard error: the terms share neighbours. O(N log N) for a few dimensions; O(N) memory.
///
/// ```
/// use ganscope::info::{Sample, mixture_conditional_information};
/// // Two coins and whether they agree: nothing of each other, and 1 bit to one who knows the third.
/// let coin = |of: fn(i32) -> i32| Sample::new((0..400).map(|i| f64::from(of(i))).collect(), 1);
/// let (x, y, z) = (coin(|i| i % 2)?, coin(|i| i / 2 % 2)?, coin(|i| (i + i / 2) % 2)?);
/// let found = mixture_conditional_information(&x, &y, &z, 3)?;
/// assert!((found.value.0 - 2f64.ln()).abs() < 0.01, "{found}");
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] for different lengths, k of 0, N ≤ k, and a constant column.
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
        psi(together(&joint, point, radius)) + psi(around(&of_z, z.row(row), radius))
            - psi(around(&of_xz, x_z.row(row), radius))
            - psi(around(&of_yz, y_z.row(row), radius))
    });
    let dimension = x.dimension() + y_z.dimension();
    Knn::new(k).estimate("mesner-shalizi", &terms, 0.0, dimension)
}

/// k̃.
fn together(joint: &Neighbours, point: &[f64], radius: f64) -> usize {
    match radius > 0.0 {
        true => joint.within(point, radius),
        false => joint.copies(point) + 1,
    }
}

/// n of some of the variables.
fn around(of: &Marginal, point: &[f64], radius: f64) -> usize {
    match radius > 0.0 {
        true => (of.nearer(point, radius) + 1).max(of.within(point, radius)),
        false => of.within(point, 0.0) + 1,
    }
}

/// Some rows of a sample.
fn rows_of(sample: &Sample, rows: &[usize]) -> Result<Sample> {
    let values = rows.iter().flat_map(|&row| sample.row(row)).copied();
    Sample::new(values.collect(), sample.dimension())
}
