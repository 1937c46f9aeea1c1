//! Mutual information by nearest neighbours (Kraskov, Stögbauer & Grassberger 2004).
//!
//! $$ I^{(1)} = \psi(k) - \big\langle \psi(n_x + 1) + \psi(n_y + 1) \big\rangle + \psi(N) $$
//! $$ I^{(2)} = \psi(k) - 1/k - \big\langle \psi(n_x) + \psi(n_y) \big\rangle + \psi(N) $$
//!
//! Distances are in the maximum norm. For I⁽¹⁾, ε/2 is the distance of (xᵢ, yᵢ) to its k-th nearest neighbour, and n_x
//! counts the other xⱼ strictly nearer to xᵢ than that. For I⁽²⁾, ε_x/2 and ε_y/2 are the largest |xⱼ − xᵢ| and
//! |yⱼ − yᵢ| among the k nearest neighbours, and n_x counts the other xⱼ at most ε_x/2 from xᵢ.
//!
//! Ties do not occur in draws from a density. If they do, the first rows are taken among neighbours at one distance, and a
//! row with k exact copies has ε = 0, as the definitions say.
//!
//! The term 1/k of I⁽²⁾ corrects for a box whose two sides are determined separately by the k nearest neighbours
//! ((m − 1)/k for m variables). Where x is a symbol, the neighbours have the same x, so ε_x = 0, only one side is
//! determined, and the estimate is 1/k too low. I⁽¹⁾ has no such term; where symbols are farther apart than ε/2 it equals
//! Ross's (2014) estimator.

use serde::{Deserialize, Serialize};
use statrs::function::gamma::digamma;

use super::estimator::{
    Auto, Columns, Cost, Descriptor, Input, MANY_COLUMNS, Quantity, Summary, standardised,
    with_scaling,
};
use super::knn::{Knn, note_data};
use super::knn_entropy::remaining_entropy;
use super::neighbours::{Marginal, Neighbours, Norm};
use super::{Estimate, Kind, Sample};
use crate::error::{Error, Result, short, thousands};

const ASSUMES: &str = "a density that is nearly constant within the distance to the k-th neighbour; information \
well below ln N; a few columns";

/// KSG's first estimator as `ganscope measure` offers it.
pub(super) static KSG_1: Descriptor = Descriptor {
    name: "ksg-1",
    summary: "nearest neighbours in a cube (Kraskov, Stögbauer & Grassberger 2004)",
    columns: Columns::Numbers,
    assumes: ASSUMES,
    cost: Cost::Sorting,
    neighbours: true,
    duplicates_mislead: true,
    auto: Some(Auto {
        when: "mi and conditional-entropy of up to 8 continuous columns",
        reason,
    }),
    runs: &[
        (Quantity::Mi, |input| by_ksg_1(input)),
        (Quantity::ConditionalEntropy, |input| {
            let y = &input.variable(1).sample;
            remaining_entropy("ksg-1", y, input.knn(), by_ksg_1(input)?)
        }),
    ],
};

/// KSG's second estimator as `ganscope measure` offers it.
pub(super) static KSG_2: Descriptor = Descriptor {
    name: "ksg-2",
    summary: "nearest neighbours in a box (Kraskov, Stögbauer & Grassberger 2004)",
    columns: Columns::Numbers,
    assumes: ASSUMES,
    cost: Cost::Sorting,
    neighbours: true,
    duplicates_mislead: true,
    auto: None,
    runs: &[
        (Quantity::Mi, |input| standardised_ksg(input, Ksg::Two)),
        (Quantity::ConditionalEntropy, |input| {
            let (y, shared) = (
                &input.variable(1).sample,
                standardised_ksg(input, Ksg::Two)?,
            );
            remaining_entropy("ksg-2", y, input.knn(), shared)
        }),
    ],
};

fn reason(table: &Summary<'_>) -> Result<Option<String>> {
    let fits = matches!(table.quantity, Quantity::Mi | Quantity::ConditionalEntropy)
        && table.all(Kind::Continuous)
        && table.width() <= MANY_COLUMNS;
    Ok(fits.then(|| table.kinds_in_words()))
}

/// I(x; y) by `ksg-1`, unless the choice of the estimator has computed it already.
pub(super) fn by_ksg_1(input: &Input<'_>) -> Result<Estimate> {
    match input.ksg_1 {
        Some(known) => Ok(known.clone()),
        None => standardised_ksg(input, Ksg::One),
    }
}

fn standardised_ksg(input: &Input<'_>, algorithm: Ksg) -> Result<Estimate> {
    let [x, y] = [0, 1].map(|i| standardised(&input.variable(i).sample));
    ksg(&x?, &y?, algorithm, input.knn()).map(with_scaling)
}

/// One of the two estimators of the paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Ksg {
    /// I⁽¹⁾, with a cube around each point: smaller variance.
    #[default]
    #[serde(rename = "1")]
    One,
    /// I⁽²⁾, with a box around each point: smaller bias for strong dependence or many columns.
    #[serde(rename = "2")]
    Two,
}

/// Estimates the mutual information I(X; Y).
///
/// Assumes independent rows and a joint density that is nearly constant over the k nearest neighbours. Where X nearly
/// determines Y, this needs N to grow exponentially with I (Gao et al. 2015): see
/// [`local_nonuniformity`](super::local_nonuniformity()). The estimate depends on the scale of X relative to that of Y, so
/// scale both alike. In many columns the value is too low: by 0.1 of 0.72 nats for normal variables of 5 + 5 columns and
/// N = 10,000. There is no standard error, because the terms share neighbours, and where X and Y are nearly independent
/// their spread gives only half of it; use [`subsampling`](super::resampling::subsampling) (Holmes & Nemenman 2019).
/// O(N log N) for a few dimensions; O(N) memory.
///
/// ```
/// use ganscope::info::{Knn, Ksg, Sample, ksg};
/// use ganscope::random::{Stream, standard_normal};
/// let normal = |step| standard_normal(1, Stream::Data, step, 5000).into_iter().map(f64::from);
/// let x = Sample::new(normal(0).collect(), 1)?;
/// let y = Sample::new(normal(0).zip(normal(1)).map(|(x, own)| 0.6 * x + 0.8 * own).collect(), 1)?;
/// let found = ksg(&x, &y, Ksg::One, Knn::new(3))?;
/// // −½ ln(1 − 0.6²)
/// assert!((found.value.0 - 0.223_144).abs() < 0.03, "{found}");
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] for different lengths, k = 0, N ≤ k, a constant column, and when half of the rows have k exact
/// copies: such data are discrete. [`Ksg::Two`] also when at half of the rows the k nearest neighbours are equal in x, or
/// in y: that variable is a class, see [`discrete_continuous`](super::discrete_continuous()).
pub fn ksg(x: &Sample, y: &Sample, algorithm: Ksg, knn: Knn) -> Result<Estimate> {
    x.as_long_as(y)?;
    let [x, y] = knn.prepare([x, y], ["x", "y"])?;
    let joint = Neighbours::new(&x.beside(&y)?);
    let (of_x, of_y) = (Marginal::new(&x), Marginal::new(&y));
    let k = knn.k;
    let found = joint.of_each(|row, point, room| {
        let (x_i, y_i) = point.split_at(x.dimension());
        match algorithm {
            Ksg::One => {
                let radius = joint.kth(point, Some(row), k, Norm::Maximum, room);
                let (n_x, n_y) = (of_x.nearer(x_i, radius), of_y.nearer(y_i, radius));
                (-psi(n_x + 1) - psi(n_y + 1), Spread::of([radius; 2]))
            }
            Ksg::Two => {
                joint.nearest(point, row, k, room);
                let (side_x, side_y) = (reach(&x, x_i, room), reach(&y, y_i, room));
                let (n_x, n_y) = (of_x.within(x_i, side_x), of_y.within(y_i, side_y));
                (-psi(n_x) - psi(n_y), Spread::of([side_x, side_y]))
            }
        }
    });
    let rest = match algorithm {
        Ksg::One => psi(k) + psi(x.len()),
        Ksg::Two => psi(k) + psi(x.len()) - 1.0 / k as f64,
    };
    let name = match algorithm {
        Ksg::One => "ksg-1",
        Ksg::Two => "ksg-2",
    };
    let terms: Vec<f64> = found.iter().map(|&(term, _)| term).collect();
    let mut estimate = knn.estimate(name, &terms, rest, x.dimension() + y.dimension())?;
    let copies: Vec<f64> = found
        .iter()
        .filter(|(_, spread)| *spread == Spread::None)
        .map(|(term, _)| term + rest)
        .collect();
    if 2 * copies.len() >= x.len() {
        return Err(Error::Usage(format!(
            "{} of {} rows have {k} or more exact copies: these data are discrete; use an estimator for counts or \
             for mixed data, or `jitter` if they were only rounded",
            thousands(copies.len() as u64),
            thousands(x.len() as u64)
        )));
    }
    let constant_in_one = found
        .iter()
        .filter(|(_, spread)| *spread == Spread::InOneVariable)
        .count();
    if 2 * constant_in_one >= x.len() {
        return Err(Error::Usage(format!(
            "at {} of {} rows, the {k} nearest neighbours all have the same x or all have the same y: that \
             variable is discrete, and ksg-2 is 1/{k} nats too low at these rows; use ksg-1, ross (a class and \
             numbers) or gao-mixture (partly discrete data), or `jitter` if the values were only rounded",
            thousands(constant_in_one as u64),
            thousands(x.len() as u64)
        )));
    }
    if constant_in_one > 0 {
        estimate = estimate.noting(format!(
            "at {} of {} rows, the {k} nearest neighbours all have the same x or all have the same y; ksg-2 is \
             1/{k} nats too low at each of these rows, so the value is {} nats too low",
            thousands(constant_in_one as u64),
            thousands(x.len() as u64),
            short(constant_in_one as f64 / (k * x.len()) as f64)
        ));
    }
    if !copies.is_empty() {
        estimate = estimate.noting(format!(
            "{} of {} rows have {k} or more exact copies, which do not occur in draws from a density; they contribute {} \
             nats to the value",
            thousands(copies.len() as u64),
            thousands(x.len() as u64),
            short(copies.iter().sum::<f64>() / x.len() as f64)
        ));
    }
    Ok(note_data(estimate, &[(&x, "x"), (&y, "y")]))
}

/// In which variables the k nearest neighbours of a row differ from it.
#[derive(Clone, Copy, PartialEq)]
enum Spread {
    /// In neither: they are copies of the row.
    None,
    /// In x only, or in y only.
    InOneVariable,
    InBoth,
}

impl Spread {
    /// From the largest differences in x and in y.
    fn of(sides: [f64; 2]) -> Spread {
        match sides.map(|side| side == 0.0) {
            [true, true] => Spread::None,
            [false, false] => Spread::InBoth,
            _ => Spread::InOneVariable,
        }
    }
}

/// The largest distance from `from` to its neighbours in one variable: ε_x/2.
pub(super) fn reach(variable: &Sample, from: &[f64], neighbours: &[(f64, usize)]) -> f64 {
    let gap = |&(_, row): &(f64, usize)| {
        let gaps = from
            .iter()
            .zip(variable.row(row))
            .map(|(a, b)| (a - b).abs());
        gaps.fold(0.0, f64::max)
    };
    neighbours.iter().map(gap).fold(0.0, f64::max)
}

/// ψ of a count.
pub(super) fn psi(n: usize) -> f64 {
    digamma(n as f64)
}
