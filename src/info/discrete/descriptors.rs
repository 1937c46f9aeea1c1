//! The estimators from counts, as `ganscope measure` offers them.

use super::outcomes::{outcomes, q_lacks_an_outcome, symbols};
use super::{
    Estimator, conditional_entropy, conditional_information, entropy, jensen_shannon,
    kullback_leibler, kullback_leibler_with_prior, mutual_information,
};
use crate::error::Result;
use crate::info::estimator::{
    Auto, Columns, Cost, Descriptor, Input, Quantity, Summary, combined, of_dimension,
};
use crate::info::{Estimate, Kind};

/// Pseudo-counts of each outcome: Jeffreys' prior.
const JEFFREYS: f64 = 0.5;
/// Rows per outcome from which Miller-Madow's correction is enough for an entropy.
pub(in crate::info) const ROWS_PER_OUTCOME: usize = 4;
/// Rows per joint outcome from which it is enough for information and conditional entropy.
const ROWS_PER_JOINT_OUTCOME: usize = 20;

/// A descriptor of an estimator that computes every quantity from entropies by one formula. The last list holds what
/// it computes of two samples.
macro_rules! from_counts {
    ($formula:expr, $summary:literal, $assumes:literal, $auto:expr, [$($of_two_samples:expr),*]) => {
        Descriptor {
            name: $formula.name(),
            summary: $summary,
            columns: Columns::Symbols,
            assumes: $assumes,
            cost: Cost::Sorting,
            neighbours: false,
            duplicates_mislead: false,
            auto: $auto,
            runs: &[
                (Quantity::Entropy, |input| of_one(input, $formula)),
                (Quantity::Mi, |input| information(input, $formula)),
                (Quantity::ConditionalEntropy, |input| remaining(input, $formula)),
                (Quantity::ConditionalMi, |input| given(input, $formula)),
                $($of_two_samples,)*
            ],
        }
    };
}

/// The estimators from counts, in the order in which `auto` considers them.
pub(in crate::info) static DESCRIPTORS: [Descriptor; 6] = [
    from_counts!(
        Estimator::PlugIn,
        "entropy of the observed frequencies",
        "many more rows than outcomes",
        Some(Auto {
            when: "discrete: js always; kl, cross-entropy if every value of p occurs in q",
            reason: plug_in_reason,
        }),
        [
            (Quantity::Kl, plug_in_divergence),
            (Quantity::CrossEntropy, |input| cross_entropy(
                input,
                Estimator::PlugIn,
                &plug_in_divergence(input)?
            )),
            (Quantity::Js, |input| {
                let (p, q) = samples(input)?;
                Ok(of_dimension(
                    jensen_shannon(&p, &q)?,
                    input.variable(0).dimension(),
                ))
            })
        ]
    ),
    from_counts!(
        Estimator::Dirichlet(JEFFREYS),
        "posterior mean under a Dirichlet prior of ½ per outcome (Wolpert & Wolf 1995)",
        "all possible outcomes occur in the data",
        Some(Auto {
            when: "discrete: kl and cross-entropy if a value of p does not occur in q",
            reason: dirichlet_reason,
        }),
        [
            (Quantity::Kl, dirichlet_divergence),
            (Quantity::CrossEntropy, |input| cross_entropy(
                input,
                Estimator::Dirichlet(JEFFREYS),
                &dirichlet_divergence(input)?
            ))
        ]
    ),
    from_counts!(
        Estimator::MillerMadow,
        "plug-in with its bias corrected to order 1/N (Miller 1955)",
        "more rows than outcomes",
        Some(Auto {
            when: "discrete: entropy from 4 rows per outcome; mi and conditional from 20",
            reason: miller_madow_reason,
        }),
        []
    ),
    from_counts!(
        Estimator::Grassberger,
        "entropy with a bias correction for few rows per outcome (Grassberger 2003)",
        "about as many rows as outcomes, or more",
        Some(Auto {
            when: "discrete: entropy, fewer than 4 rows per outcome",
            reason: grassberger_reason,
        }),
        []
    ),
    from_counts!(
        Estimator::Nsb,
        "mixture of Dirichlet priors (Nemenman, Shafee & Bialek 2002)",
        "all possible outcomes occur in the data",
        Some(Auto {
            when: "discrete: mi and conditional quantities, fewer than 20 rows per outcome",
            reason: nsb_reason,
        }),
        []
    ),
    from_counts!(
        Estimator::ChaoShen,
        "entropy corrected for outcomes that were not observed (Chao & Shen 2003)",
        "unobserved outcomes have probabilities similar to those of rarely observed ones",
        None,
        []
    ),
];

fn plug_in_reason(table: &Summary<'_>) -> Result<Option<String>> {
    Ok(match table.quantity {
        _ if !table.all(Kind::Discrete) => None,
        Quantity::Js => Some(table.kinds_in_words()),
        Quantity::Kl | Quantity::CrossEntropy => {
            let lacks = q_lacks_an_outcome(table.sample(0), table.sample(1))?;
            let words = table.kinds_in_words();
            (!lacks).then(|| format!("{words}, and q has every value of p"))
        }
        _ => None,
    })
}

fn dirichlet_reason(table: &Summary<'_>) -> Result<Option<String>> {
    let divergence = matches!(table.quantity, Quantity::Kl | Quantity::CrossEntropy);
    Ok((divergence && table.all(Kind::Discrete)).then(|| {
        format!(
            "{}, and q lacks values that p has: without a prior the value is infinite",
            table.kinds_in_words()
        )
    }))
}

fn miller_madow_reason(table: &Summary<'_>) -> Result<Option<String>> {
    if table.quantity.compares_samples() || !table.all(Kind::Discrete) {
        return Ok(None);
    }
    let rows = table.joint_repeats()?;
    let enough = match table.quantity {
        Quantity::Entropy => ROWS_PER_OUTCOME,
        _ => ROWS_PER_JOINT_OUTCOME,
    };
    Ok((rows.n >= enough * rows.different).then(|| table.kinds_in_words()))
}

fn grassberger_reason(table: &Summary<'_>) -> Result<Option<String>> {
    let fits = table.quantity == Quantity::Entropy && table.all(Kind::Discrete);
    Ok(fits.then(|| table.kinds_in_words()))
}

fn nsb_reason(table: &Summary<'_>) -> Result<Option<String>> {
    let of_several = !table.quantity.compares_samples() && table.quantity != Quantity::Entropy;
    Ok((of_several && table.all(Kind::Discrete)).then(|| table.kinds_in_words()))
}

/// The number of columns of all variables.
fn width(input: &Input<'_>) -> usize {
    input.data.iter().map(|data| data.dimension()).sum()
}

fn of_one(input: &Input<'_>, by: Estimator) -> Result<Estimate> {
    let x = symbols(&input.variable(0).sample)?;
    Ok(of_dimension(entropy(&x.counts()?, by)?, width(input)))
}

fn information(input: &Input<'_>, by: Estimator) -> Result<Estimate> {
    let [x, y] = [0, 1].map(|i| symbols(&input.variable(i).sample));
    Ok(of_dimension(
        mutual_information(&x?, &y?, by)?,
        width(input),
    ))
}

fn remaining(input: &Input<'_>, by: Estimator) -> Result<Estimate> {
    let [x, y] = [0, 1].map(|i| symbols(&input.variable(i).sample));
    Ok(of_dimension(
        conditional_entropy(&y?, &x?, by)?,
        width(input),
    ))
}

fn given(input: &Input<'_>, by: Estimator) -> Result<Estimate> {
    let [x, y, z] = [0, 1, 2].map(|i| symbols(&input.variable(i).sample));
    let found = conditional_information(&x?, &y?, &z?, by)?;
    Ok(of_dimension(found, width(input)))
}

fn samples(input: &Input<'_>) -> Result<(super::Counts, super::Counts)> {
    outcomes(&input.variable(0).sample, &input.variable(1).sample)
}

fn plug_in_divergence(input: &Input<'_>) -> Result<Estimate> {
    let (p, q) = samples(input)?;
    Ok(of_dimension(
        kullback_leibler(&p, &q)?,
        input.variable(0).dimension(),
    ))
}

fn dirichlet_divergence(input: &Input<'_>) -> Result<Estimate> {
    let (p, q) = samples(input)?;
    let found = kullback_leibler_with_prior(&p, &q, JEFFREYS)?;
    Ok(of_dimension(found, input.variable(0).dimension()))
}

/// H(p, q) = H(p) + KL(p‖q), both over the outcomes that occur in p or q.
fn cross_entropy(input: &Input<'_>, by: Estimator, divergence: &Estimate) -> Result<Estimate> {
    let own = entropy(&samples(input)?.0, by)?;
    Ok(combined(by.name(), &own, 1.0, divergence))
}
