//! Notes on rows that were not drawn independently.

use super::context::{Context, if_some};
use crate::error::{Result, counted, thousands};
use crate::info::Kind;
use crate::info::estimator::{Columns, Quantity, Variable};
use crate::info::kind::Repeats;
use crate::info::measure::distances::correlation;
use crate::info::measure::refusals::{repeat_only_together, shared_rows};

/// Correlation of successive rows above which a column looks like a time series.
const SERIAL_CORRELATION: f64 = 0.5;
/// Number of rows up to which the correlation of successive rows is not reliable.
const TOO_FEW_ROWS: usize = 30;

pub(super) fn serial_dependence(context: &Context<'_>) -> Result<Vec<String>> {
    fn serial_column(v: &Variable) -> Option<&String> {
        let is_serial = |j: &usize| {
            let column: Vec<f64> = v.sample.column(*j).collect();
            column.len() > TOO_FEW_ROWS
                && correlation(&column[1..], &column[..column.len() - 1]) > SERIAL_CORRELATION
        };
        v.number_columns().find(is_serial).map(|j| &v.columns[j])
    }
    if context.bootstrap == 0 && context.permutations == 0 {
        return Ok(Vec::new());
    }
    let variables = context.table.variables.iter();
    let of_each: Option<Vec<&String>> = variables.map(serial_column).collect();
    if_some(of_each.map(|columns| {
        format!(
            "each row resembles the one before it (in column \"{}\", and in a column of each other variable): if the \
             rows form a time series, they are not independent, and the standard error and the p-value are too small",
            columns[0]
        )
    }))
}

pub(super) fn copied_rows(context: &Context<'_>) -> Result<Vec<String>> {
    let (table, estimator) = (context.table, context.estimator);
    let one_variable = table.names().len() < 2;
    let skipped = estimator.counts() || !estimator.neighbours && one_variable;
    if table.quantity.compares_samples() || skipped {
        return Ok(Vec::new());
    }
    let rows = table.joint_repeats()?;
    // Rounded numbers recur, but rarely in all variables at once.
    let may_be_rounded = !estimator.neighbours || table.settings.jitter;
    if !rows.are_many() || may_be_rounded && !repeat_only_together(table, rows) {
        return Ok(Vec::new());
    }
    let ties = if estimator.columns == Columns::Any {
        "equal numbers are treated as symbols; if the numbers are rounded, use --jitter; "
    } else {
        ""
    };
    let reason = match table.quantity {
        _ if !estimator.neighbours => "the standard error counts it as two observations",
        Quantity::Entropy => "copies are closer together than independent rows",
        _ => {
            "a nearest-neighbour estimator mistakes copies for dependence, so the value is too large"
        }
    };
    Ok(vec![format!(
        "{} of {} have an exact copy: {ties}if an observation was entered twice, remove the copy, because {reason}",
        thousands(rows.repeated as u64),
        counted(rows.n, "row"),
    )])
}

pub(super) fn copied_rows_of_a_sample(context: &Context<'_>) -> Result<Vec<String>> {
    let table = context.table;
    if !by_distance_between_samples(context) || table.settings.jitter {
        return Ok(Vec::new());
    }
    let samples = table.variables.iter().map(|v| Repeats::of(&v.sample));
    let copied = samples.zip(table.names()).filter(|(r, _)| r.are_many());
    let note = |(repeats, name): (Repeats, &&str)| {
        format!(
            "{} of {} of {name} have an exact copy: if an observation was entered twice, remove the copy; if the \
             numbers are rounded, use --jitter",
            thousands(repeats.repeated as u64),
            counted(repeats.n, "row")
        )
    };
    Ok(copied.map(note).collect())
}

pub(super) fn rows_in_both_samples(context: &Context<'_>) -> Result<Vec<String>> {
    let table = context.table;
    if !by_distance_between_samples(context) {
        return Ok(Vec::new());
    }
    // Rounded numbers coincide by chance.
    let mut samples = table.variables.iter();
    if table.settings.jitter || samples.any(|v| Repeats::of(&v.sample).are_many()) {
        return Ok(Vec::new());
    }
    let shared = shared_rows(table)?;
    let smaller = table.sample(0).len().min(table.sample(1).len());
    if_some((shared * 50 > smaller).then(|| {
        format!(
            "{} of p also occur in q: the samples were not drawn independently, and the value is too low",
            counted(shared, "row")
        )
    }))
}

/// Whether nearest neighbours compare two samples of numbers.
fn by_distance_between_samples(context: &Context<'_>) -> bool {
    let table = context.table;
    table.quantity.compares_samples() && context.estimator.neighbours && table.all(Kind::Continuous)
}

pub(super) fn unequal_samples(context: &Context<'_>) -> Result<Vec<String>> {
    let table = context.table;
    let by_labels = table.quantity == Quantity::Js && context.estimator.neighbours;
    if !by_labels || table.sample(0).len() == table.sample(1).len() {
        return Ok(Vec::new());
    }
    let n = table.sample(0).len().min(table.sample(1).len());
    Ok(vec![format!(
        "{} of the larger sample were taken at random, as many as the smaller sample has",
        counted(n, "row")
    )])
}
