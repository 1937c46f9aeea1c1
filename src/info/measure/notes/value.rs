//! Notes on a value that is hard to believe.

use super::columns::SEVERAL_COLUMNS;
use super::context::{Context, if_some};
use super::size::ROWS_PER_NEIGHBOUR;
use crate::error::{Result, short};
use crate::info::estimator::{Columns, Data, Quantity, Summary};
use crate::info::knn::{limit_warning, near_limit};
use crate::info::measure::choice::choose;
use crate::info::{Estimate, Kind, Nats};

/// Nats below 0 that are more than chance.
const BELOW_ZERO: f64 = 0.1;
/// Nats by which two correct estimates may differ.
const SMALL_DIFFERENCE: f64 = 0.1;

pub(super) fn below_zero(context: &Context<'_>) -> Result<Vec<String>> {
    let quantity = context.table.quantity;
    let may_be_negative = matches!(
        quantity,
        Quantity::Entropy | Quantity::CrossEntropy | Quantity::ConditionalEntropy
    );
    if_some((!may_be_negative && is_below_zero(context.found)).then(|| {
        let ties_count = context.estimator.columns == Columns::Any;
        let jitter = if ties_count && !context.table.settings.jitter {
            "; if numbers repeat because they were rounded, use --jitter"
        } else {
            ""
        };
        format!(
            "{} is never below 0: this negative value is an error of the estimator and shows how large the error \
             can be{jitter}",
            quantity.name(),
        )
    }))
}

fn is_below_zero(found: &Estimate) -> bool {
    let error = found.standard_error.map_or(0.0, |e| e.0);
    found.value.0 < -(3.0 * error).max(BELOW_ZERO)
}

pub(super) fn near_the_limit(context: &Context<'_>) -> Result<Vec<String>> {
    let quantity = context.table.quantity;
    let is_information = matches!(quantity, Quantity::Mi | Quantity::ConditionalMi);
    if !is_information || !context.estimator.neighbours {
        return Ok(Vec::new());
    }
    if_some(limit_warning(context.found))
}

/// The estimate by nearest neighbours, where bins, a kernel or a normal distribution were asked for and give a very
/// different value: bins may be too wide for a thin curve, and a kernel for a long tail.
pub(super) fn second_opinion(context: &Context<'_>) -> Result<Vec<String>> {
    let (table, estimator, found) = (context.table, context.estimator, context.found);
    let columns: usize = table.variables.iter().map(|v| v.sample.dimension()).sum();
    let is_numeric = table.kinds.iter().all(|kind| *kind == Kind::Continuous);
    let assumes_a_shape = !estimator.counts() && !estimator.neighbours;
    let few_rows = found.n < ROWS_PER_NEIGHBOUR * table.settings.k;
    // Where x determines y the remaining entropy is −∞, which nearest neighbours do not notice.
    let remaining = table.quantity == Quantity::ConditionalEntropy;
    let comparable = assumes_a_shape && is_numeric && columns <= SEVERAL_COLUMNS;
    if !comparable || few_rows || remaining {
        return Ok(Vec::new());
    }
    let Ok((name, other)) = by_auto(table) else {
        return Ok(Vec::new());
    };
    let other_value = match table.quantity {
        Quantity::Entropy | Quantity::CrossEntropy => other.value,
        // A negative estimate means 0.
        _ => Nats(other.value.0.max(0.0)),
    };
    if near_limit(&other) && found.value > other_value {
        return Ok(Vec::new());
    }
    // KSG has no standard error of its own; this is its size for normal variables.
    let usual = 1.0 / (found.n as f64).sqrt();
    let error = |e: &Estimate| e.standard_error.map_or(usual, |e| e.0);
    let chance = 2.0 * error(&other).hypot(error(found));
    let difference = (other_value.0 - found.value.0).abs();
    if_some((difference > chance.max(SMALL_DIFFERENCE)).then(|| {
        format!(
            "for comparison, {name} gives {} nats ({} bits): the two estimates differ by more than their errors, \
             so at least one of them is \
             far off",
            short(other_value.0),
            short(other_value.bits().0)
        )
    }))
}

/// The name of the estimator that `auto` chooses for the same table, and its estimate.
fn by_auto(table: &Summary<'_>) -> Result<(&'static str, Estimate)> {
    let estimator = choose(table, None)?.estimator;
    let data: Vec<&Data> = table.data.iter().collect();
    let found = estimator.run(table.quantity, &table.input(&data))?;
    Ok((estimator.name, found))
}
