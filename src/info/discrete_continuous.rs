//! Mutual information of a class and numbers by nearest neighbours (Ross 2014).
//!
//! $$ \hat I(C; Y) = \psi(N) - \langle\psi(N_{c})\rangle + \langle\psi(k)\rangle - \langle\psi(m)\rangle $$
//!
//! N_c of the N rows belong to the class of row i. The k-th nearest other row *of that class* is at the distance d, and
//! m counts the other rows of any class at most d away.

use std::collections::BTreeMap;

use super::discrete::{self, symbols};
use super::estimator::{
    Auto, Columns, Cost, Data, Descriptor, Input, Quantity, Summary, combined, labelled,
    of_dimension, standardised, with_scaling,
};
use super::kind::{Repeats, column};
use super::knn::{Knn, enough, vary};
use super::knn_entropy::remaining_entropy;
use super::ksg::psi;
use super::neighbours::{Marginal, Neighbours, Norm};
use super::{Estimate, Kind, Sample};
use crate::error::{Error, Result, counted, thousands};

/// The estimator as `ganscope measure` offers it.
pub(super) static DESCRIPTOR: Descriptor = Descriptor {
    name: "ross",
    summary: "nearest neighbours of the same class (Ross 2014)",
    columns: Columns::ClassAndNumbers,
    assumes: "a density of the numbers in each class; more than k rows per class",
    cost: Cost::Sorting,
    neighbours: true,
    duplicates_mislead: true,
    auto: Some(Auto {
        when: "mi, conditional-entropy of a class and a number; js of continuous columns",
        reason,
    }),
    runs: &[
        (Quantity::Mi, information),
        (Quantity::ConditionalEntropy, |input| {
            conditional_entropy("ross", input, information(input)?)
        }),
        // JSD(p‖q) = I(label; value), with the label p or q.
        (Quantity::Js, |input| {
            let (p, q) = (input.variable(0), input.variable(1));
            let (labels, values) = labelled(p, q, input.settings)?;
            let number = prepared(&values.sample, input)?;
            let found = discrete_continuous(&labels, &number, input.settings.k)?;
            let found = of_dimension(found, p.dimension());
            Ok(with_scaling(found).with("n_each", labels.len() / 2))
        }),
    ],
};

fn reason(table: &Summary<'_>) -> Result<Option<String>> {
    let words = table.kinds_in_words();
    match table.quantity {
        Quantity::Js if table.all(Kind::Continuous) => Ok(Some(format!(
            "{words}: JSD is the mutual information between a value and the label of its sample (p or q)"
        ))),
        Quantity::Mi | Quantity::ConditionalEntropy if is_class_and_numbers(table) => {
            Ok((!has_copies_in_a_class(table)?).then_some(words))
        }
        _ => Ok(None),
    }
}

/// Whether one of two variables is discrete, and the other continuous.
pub(super) fn is_class_and_numbers(table: &Summary<'_>) -> bool {
    let has = |kind| table.treated_as.contains(&kind);
    table.treated_as.len() == 2 && has(Kind::Discrete) && has(Kind::Continuous)
}

/// Whether a number occurs so often in one class that its k-th nearest neighbour there is a copy: the class has no
/// density at that place.
fn has_copies_in_a_class(table: &Summary<'_>) -> Result<bool> {
    let k = table.settings.k;
    // Jitter leaves no copies.
    if table.settings.jitter {
        return Ok(false);
    }
    let (class, number) = class_and_number(&table.data[0], &table.data[1]);
    let number = standardised(&number.sample)?;
    if Repeats::of(&number).repeated == 0 {
        return Ok(false);
    }
    let class = symbols(&class.sample)?;
    let classes = classes(class.codes());
    let mut large = classes.values().filter(|rows| rows.len() > 1).peekable();
    if large.peek().is_none() {
        return Ok(true);
    }
    for rows in large {
        let in_class = rows_of(&number, rows)?;
        if Repeats::of(&in_class).largest > k.min(rows.len() - 1) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The variable that is the class, and the other one. Text is a class; of two variables of numbers, the one with fewer
/// different values.
fn class_and_number<'a>(x: &'a Data, y: &'a Data) -> (&'a Data, &'a Data) {
    let x_is_class = match (x.texts.is_empty(), y.texts.is_empty()) {
        (false, true) => true,
        (true, false) => false,
        _ => Repeats::of(&x.sample).different <= Repeats::of(&y.sample).different,
    };
    if x_is_class { (x, y) } else { (y, x) }
}

/// The numbers divided by their standard deviations, and spread by noise if asked for.
fn prepared(number: &Sample, input: &Input<'_>) -> Result<Sample> {
    let names = ["the numeric variable"];
    let [number] = input.knn().prepare([&standardised(number)?], names)?;
    Ok(number)
}

fn information(input: &Input<'_>) -> Result<Estimate> {
    let (x, y) = (input.variable(0), input.variable(1));
    let (class, number) = class_and_number(x, y);
    let class = symbols(&class.sample)?;
    let number = prepared(&number.sample, input)?;
    let mut found = discrete_continuous(class.codes(), &number, input.settings.k)?;
    if input.settings.jitter {
        found = found.with("jitter", input.settings.seed);
    }
    Ok(with_scaling(of_dimension(
        found,
        x.dimension() + y.dimension(),
    )))
}

/// H(y | x) = H(y) − I(x; y), with H(y) from counts where y is a class, else from nearest neighbours.
pub(super) fn conditional_entropy(
    name: &'static str,
    input: &Input<'_>,
    information: Estimate,
) -> Result<Estimate> {
    let y = &input.variable(1).sample;
    if !mostly_repeats(y) {
        return remaining_entropy(name, y, input.knn(), information);
    }
    let own = discrete::entropy(&symbols(y)?.counts()?, discrete::Estimator::Grassberger)?;
    let own = of_dimension(own, y.dimension());
    Ok(combined(name, &own, -1.0, &information))
}

/// Whether more than half of the rows repeat in every column. Unlike [`Kind`], this also holds for a random half of
/// the rows of a class, in which fewer repeat.
fn mostly_repeats(y: &Sample) -> bool {
    (0..y.dimension()).all(|j| {
        let repeats = Repeats::of(&column(y, j));
        repeats.repeated * 2 > repeats.n
    })
}

/// Estimates I(C; Y) between a class and a continuous variable.
///
/// In a class of at most k rows, as many neighbours are used as it has other rows. A class of one row is left out, as
/// scikit-learn does. Notes count both. Assumes independent rows and a density of Y in each class. There is no standard
/// error, because the terms share neighbours. O(N log N) for a few dimensions; O(N) memory.
///
/// ```
/// use ganscope::info::{Sample, discrete_continuous};
/// use ganscope::random::{Stream, standard_normal};
/// // Two classes that do not overlap: ln 2.
/// let class: Vec<bool> = (0..2000).map(|i| i % 2 == 1).collect();
/// let normal = standard_normal(1, Stream::Data, 0, 2000).into_iter().map(f64::from);
/// let y = class.iter().zip(normal).map(|(class, z)| z + if *class { 20.0 } else { 0.0 });
/// let found = discrete_continuous(&class, &Sample::new(y.collect(), 1)?, 3)?;
/// assert!((found.value.0 - 2f64.ln()).abs() < 0.005, "{found}");
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] for different lengths, k = 0, N ≤ k, a constant column, a single class, no class of two
/// rows, and a row with k exact copies in its class: then Y has no density, see
/// [`mixture_information`](super::mixture_information).
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
    let mut members = classes(class);
    if members.len() == 1 {
        return Err(Error::Usage(
            "all rows have the same class, which carries no information".into(),
        ));
    }
    members.retain(|_, rows| rows.len() > 1);
    let kept: Vec<usize> = members.values().flatten().copied().collect();
    if kept.is_empty() {
        return Err(Error::Usage(
            "every class has only one row, but this estimator needs classes with several rows; if the class is \
             actually a number, use an estimator for continuous variables".into(),
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
                "row {} has {k} or more exact copies in its class: y has no density there; use gao-mixture",
                rows[at] + 1
            )));
        }
        terms.extend(each.into_iter().map(|(_, term)| term));
    }
    let mut found = Knn::new(k).estimate("ross", &terms, psi(kept.len()), y.dimension() + 1)?;
    if kept.len() < y.len() {
        found = found.noting(format!(
            "{} left out, because no other row has the same class; the value describes the remaining rows only",
            counted(y.len() - kept.len(), "row")
        ));
    }
    if small > 0 {
        found = found.noting(format!(
            "{} of {} classes have at most {k} rows; in these classes fewer than {k} neighbours were used, namely \
             all other rows of the class, so the value is less reliable there",
            thousands(small),
            thousands(members.len() as u64)
        ));
    }
    Ok(found.with("classes", members.len()))
}

/// The rows of each class.
fn classes<C: Ord>(class: &[C]) -> BTreeMap<&C, Vec<usize>> {
    let mut members: BTreeMap<&C, Vec<usize>> = BTreeMap::new();
    for (row, class) in class.iter().enumerate() {
        members.entry(class).or_default().push(row);
    }
    members
}

/// Some rows of a sample.
fn rows_of(sample: &Sample, rows: &[usize]) -> Result<Sample> {
    let values = rows.iter().flat_map(|&row| sample.row(row)).copied();
    Sample::new(values.collect(), sample.dimension())
}
