//! Notes on too few rows, replicates or permutations.

use super::context::{Context, if_some};
use crate::error::{Result, counted, counted_are, short};
use crate::info::Kind;
use crate::info::discrete::ROWS_PER_OUTCOME;
use crate::info::estimator::{Columns, Summary};
use crate::info::kind::Repeats;

/// Rows per neighbour below which an estimate is mostly noise.
pub(super) const ROWS_PER_NEIGHBOUR: usize = 10;
/// Number of replicates whose 2.5 % and 97.5 % quantiles are inside their range.
const ENOUGH_REPLICATES: usize = 40;
/// Number of permutations that allow a p-value of 0.05.
const ENOUGH_PERMUTATIONS: usize = 19;

pub(super) fn few_rows_per_outcome(context: &Context<'_>) -> Result<Vec<String>> {
    let table = context.table;
    if !context.estimator.counts() || table.quantity.compares_samples() {
        return Ok(Vec::new());
    }
    let rows = table.joint_repeats()?;
    if_some((rows.n < ROWS_PER_OUTCOME * rows.different).then(|| {
        let other = match context.estimator.name {
            "nsb" => "grassberger",
            _ => "nsb",
        };
        format!(
            "{} few for {}: the value may be far off; compare with {other}{}",
            counted_are(rows.n, "row"),
            counted(rows.different, "different outcome"),
            hint_at_rounding(table)
        )
    }))
}

/// Advice for symbols that look like rounded numbers.
fn hint_at_rounding(table: &Summary<'_>) -> String {
    let many_values = |i: &usize| {
        let repeats = Repeats::of(table.sample(*i));
        table.variables[*i].symbols.is_empty() && repeats.different * 10 > repeats.n
    };
    match (0..table.variables.len()).find(many_values) {
        Some(i) => format!(
            "; if {} is a rounded number, use --jitter to measure it as a number",
            table.names()[i]
        ),
        None => String::new(),
    }
}

pub(super) fn few_replicates(context: &Context<'_>) -> Result<Vec<String>> {
    let n = context.bootstrap;
    if_some((1..ENOUGH_REPLICATES).contains(&n).then(|| {
        format!(
            "{} few for a 95 % interval: use at least {ENOUGH_REPLICATES}",
            counted_are(n, "replicate")
        )
    }))
}

pub(super) fn few_permutations(context: &Context<'_>) -> Result<Vec<String>> {
    let n = context.permutations;
    if_some((1..ENOUGH_PERMUTATIONS).contains(&n).then(|| {
        format!(
            "with {} the p-value cannot be below {}: use at least {ENOUGH_PERMUTATIONS}",
            counted(n, "permutation"),
            short(1.0 / (n as f64 + 1.0))
        )
    }))
}

pub(super) fn few_rows(context: &Context<'_>) -> Result<Vec<String>> {
    let (table, estimator) = (context.table, context.estimator);
    let k = table.settings.k;
    let rows = table.variables.iter().map(|v| v.sample.len()).min();
    let n = rows.unwrap_or(0);
    let any_number = matches!(estimator.columns, Columns::Symbols | Columns::AnyNumbers);
    if_some((!any_number && n < ROWS_PER_NEIGHBOUR * k).then(|| {
        let purpose = if estimator.neighbours {
            format!("to find {} among", counted(k, "nearest neighbour"))
        } else {
            "to estimate a density from".into()
        };
        format!(
            "{} few {purpose}: the value is mostly noise",
            counted_are(n, "row")
        )
    }))
}

pub(super) fn small_classes(context: &Context<'_>) -> Result<Vec<String>> {
    let table = context.table;
    let of_classes = context.estimator.columns == Columns::ClassAndNumbers;
    let mut kinds = table.treated_as.iter();
    let class = kinds.position(|kind| *kind == Kind::Discrete);
    let Some(i) = class.filter(|_| of_classes && !table.quantity.compares_samples()) else {
        return Ok(Vec::new());
    };
    let classes = Repeats::of(table.sample(i));
    if_some(
        (classes.n < ROWS_PER_NEIGHBOUR * classes.different).then(|| {
            format!(
                "{} few for {} of {}: the value is mostly noise",
                counted_are(classes.n, "row"),
                counted(classes.different, "different value"),
                table.names()[i]
            )
        }),
    )
}
