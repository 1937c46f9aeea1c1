//! Notes on columns that an estimator may misread.

use statrs::function::gamma::digamma;

use super::context::{Context, if_some};
use crate::data::stands_for_missing;
use crate::error::{Result, counted, minus, short, thousands};
use crate::info::Kind;
use crate::info::estimator::{Columns, MANY_COLUMNS, Quantity, Variable};
use crate::info::knn::deviations;
use crate::info::measure::distances::{Dominated, correlation, dominated, evenly_spaced};
use crate::info::measure::text::numbers_in_text;

/// Number of columns above which nearest neighbours are no longer close.
pub(super) const SEVERAL_COLUMNS: usize = 4;

pub(super) fn text_for_missing_values(context: &Context<'_>) -> Result<Vec<String>> {
    let mut notes = Vec::new();
    for variable in context.table.variables {
        for (&j, texts) in &variable.symbols {
            let codes: Vec<f64> = (0..texts.len())
                .filter(|&code| stands_for_missing(&texts[code]))
                .map(|code| code as f64)
                .collect();
            let rows = variable.sample.column(j);
            let rows = rows.filter(|code| codes.contains(code)).count();
            if rows > 0 {
                let marks = codes.iter().map(|&c| format!("{:?}", texts[c as usize]));
                notes.push(format!(
                    "column \"{}\" contains {} in {}, which is counted as a value like any other: if it stands for a \
                     missing value, leave the row out (--drop-missing)",
                    variable.columns[j],
                    marks.collect::<Vec<_>>().join(" or "),
                    counted(rows, "row")
                ));
            }
        }
    }
    Ok(notes)
}

/// Share of the rows from which on a value is taken for a mark of a missing one.
const MARK_SHARE: f64 = 0.05;
/// Number of rows from which on it is.
const MARK_ROWS: usize = 5;
/// Number of different values up to which a column of numbers is a scale on which values recur.
const VALUES_OF_A_SCALE: usize = 10;
/// Factor by which a mark is more frequent than any other value.
const MARK_FACTOR: usize = 10;

/// A number such as −999 that stands for a missing value: the smallest or the largest of its column, in many rows, and
/// far from the other values or far more frequent than they are. A 0 in many rows is usually a measurement.
pub(super) fn numbers_for_missing_values(context: &Context<'_>) -> Result<Vec<String>> {
    let mut notes = Vec::new();
    for variable in context.table.variables {
        for j in variable.number_columns() {
            let mut values: Vec<f64> = variable.sample.column(j).collect();
            values.sort_by(f64::total_cmp);
            let Some((mark, rows)) = mark_of_missing(&values) else {
                continue;
            };
            let mark = minus(mark.to_string());
            notes.push(format!(
                "column \"{}\" is {mark} in {} of {}, and no other value is as frequent: if {mark} stands for a missing \
                 value, empty these fields and use --drop-missing",
                variable.columns[j],
                thousands(rows as u64),
                counted(values.len(), "row")
            ));
        }
    }
    Ok(notes)
}

/// The value in a sorted column that probably stands for a missing one, and the number of rows that it is in.
fn mark_of_missing(sorted: &[f64]) -> Option<(f64, usize)> {
    let groups: Vec<&[f64]> = sorted.chunk_by(|a, b| a == b).collect();
    if groups.len() <= VALUES_OF_A_SCALE {
        return None;
    }
    let largest = (0..groups.len()).max_by_key(|&i| groups[i].len())?;
    let rows = groups[largest].len();
    let mut others: Vec<&[f64]> = groups.clone();
    others.remove(largest);
    let next = others.iter().map(|group| group.len()).max()?;
    let (first, last) = (others.first()?[0], others.last()?[0]);
    let value = groups[largest][0];
    let distance = (first - value).max(value - last);
    let is_frequent = rows >= MARK_ROWS && rows as f64 >= MARK_SHARE * sorted.len() as f64;
    let stands_out = distance > last - first || rows > MARK_FACTOR * next;
    (is_frequent && rows > next && distance > 0.0 && stands_out && value != 0.0)
        .then_some((value, rows))
}

pub(super) fn text_that_looks_like_numbers(context: &Context<'_>) -> Result<Vec<String>> {
    Ok(numbers_in_text(context.table))
}

pub(super) fn repeated_values(context: &Context<'_>) -> Result<Vec<String>> {
    let (table, estimator) = (context.table, context.estimator);
    if estimator.neighbours || table.all(Kind::Continuous) {
        return Ok(Vec::new());
    }
    let note = match (estimator.columns, table.quantity) {
        (Columns::AnyNumbers, _) => {
            "values repeat, which does not happen in draws from a normal distribution, so the value is only an \
             approximation"
        }
        (Columns::Numbers, Quantity::Entropy) => {
            "values repeat, which does not happen in draws from a density: if a value has positive probability, \
             the true entropy is −∞, and the estimate depends on the width of the bins or kernels"
        }
        (Columns::Numbers, _) => {
            "values repeat, which does not happen in draws from a density, so the estimate depends on the width \
             of the bins or kernels"
        }
        _ => return Ok(Vec::new()),
    };
    Ok(vec![note.into()])
}

/// Ids and points of a grid. If the gap between values is 1, the k-th nearest neighbour is ⌈k/2⌉ away, so that the entropy
/// of n values is overestimated by ln 2⌈k/2⌉ − ψ(k). Information is not affected: ranks carry as much, and are evenly
/// spaced too.
pub(super) fn evenly_spaced_values(context: &Context<'_>) -> Result<Vec<String>> {
    let table = context.table;
    let k = table.settings.k;
    let of_entropy = match table.quantity {
        Quantity::Entropy => 0..1,
        Quantity::ConditionalEntropy => 1..2,
        Quantity::Kl | Quantity::CrossEntropy => 0..2,
        Quantity::Mi | Quantity::ConditionalMi | Quantity::Js => 0..0,
    };
    if !context.estimator.neighbours {
        return Ok(Vec::new());
    }
    let columns = of_entropy.flat_map(|i| {
        let (variable, kinds) = (&table.variables[i], &table.column_kinds[i]);
        let numbers = (0..kinds.len()).filter(|&j| kinds[j] == Kind::Continuous);
        let even = numbers.filter(|&j| evenly_spaced(variable.sample.column(j)));
        even.map(|j| &variable.columns[j])
    });
    let too_large = short((2.0 * k.div_ceil(2) as f64).ln() - digamma(k as f64));
    let compare = match table.quantity {
        Quantity::Entropy => "; compare with histogram",
        _ => "",
    };
    let note = |name| {
        format!(
            "the values of column \"{name}\" are evenly spaced, as ids and grids are: nearest neighbours are farther \
             away than among random numbers, and the entropy of one such column is up to {too_large} nats too large at \
             k = {k}{compare}"
        )
    };
    Ok(columns.map(note).collect())
}

pub(super) fn outliers_and_groups(context: &Context<'_>) -> Result<Vec<String>> {
    let table = context.table;
    // The scale of a single column does not matter.
    if !context.estimator.neighbours || table.width() == 1 {
        return Ok(Vec::new());
    }
    let mut notes = Vec::new();
    for (variable, kinds) in table.variables.iter().zip(&table.column_kinds) {
        for (j, deviation) in deviations(&variable.sample).enumerate() {
            if kinds[j] != Kind::Continuous {
                continue;
            }
            let name = &variable.columns[j];
            match dominated(variable.sample.column(j).collect(), deviation) {
                None => {}
                Some(Dominated::ByOutliers(ratio)) => notes.push(format!(
                    "column \"{name}\" has outliers (its standard deviation is {} times the one estimated from \
                     its interquartile range), which \
                     dominate the distances: the value may be much too small; check them, or replace the column by its \
                     logarithm or its ranks, which leaves mutual information unchanged",
                    short(ratio)
                )),
                Some(Dominated::BySeparateGroups) => notes.push(format!(
                    "column \"{name}\" consists of groups that are far from each other: the distances between \
                     groups dominate, and differences within a group hardly count, so the estimate may be much \
                     too small; measure each group separately, \
                     or replace the column by its ranks, which leaves mutual information unchanged"
                )),
            }
        }
    }
    Ok(notes)
}

/// Two columns on a line, except for deviations smaller than the distance between neighbours.
pub(super) fn nearly_on_a_line(context: &Context<'_>) -> Result<Vec<String>> {
    let table = context.table;
    let all: usize = table.variables.iter().map(|v| v.sample.dimension()).sum();
    // For two single columns LNC resolves the deviations.
    let two_single = all == 2 && table.quantity == Quantity::Mi;
    if !context.estimator.neighbours || two_single {
        return Ok(Vec::new());
    }
    let groups: Vec<&[Variable]> = if table.quantity.compares_samples() {
        table.variables.chunks(1).collect()
    } else {
        vec![table.variables]
    };
    let mut notes: Vec<String> = Vec::new();
    for group in groups {
        let columns_of = |v: &'_ Variable| -> Vec<(String, Vec<f64>)> {
            let numbers = v.number_columns();
            numbers
                .map(|j| (v.columns[j].clone(), v.sample.column(j).collect()))
                .collect()
        };
        let columns: Vec<(String, Vec<f64>)> = group.iter().flat_map(columns_of).collect();
        for (i, (name, x)) in columns.iter().enumerate() {
            for (other, y) in &columns[..i] {
                let r = correlation(x, y);
                if (1.0 - r * r).max(0.0).sqrt() < 2.0 / (x.len() as f64).sqrt() {
                    notes.push(format!(
                        "columns \"{other}\" and \"{name}\" lie nearly on a line: nearest neighbours lie along it and do \
                         not resolve the deviations from it, so that the value may be far off; replace one of the columns \
                         by its difference from the line"
                    ));
                }
            }
        }
    }
    notes.dedup();
    Ok(notes)
}

pub(super) fn many_columns(context: &Context<'_>) -> Result<Vec<String>> {
    let table = context.table;
    let columns = table.width();
    if_some(if !context.estimator.neighbours {
        None
    } else if columns > MANY_COLUMNS {
        let remedy = if table.quantity.compares_samples() {
            "use fewer columns"
        } else {
            "compare with gaussian, or use fewer columns"
        };
        Some(format!(
            "with {columns} columns, nearest neighbours are far away, and the estimate is far from the true \
             value: {remedy}"
        ))
    } else if columns > SEVERAL_COLUMNS {
        Some(format!(
            "with {columns} columns, nearest neighbours are not close, and the estimate may be off by many times \
             its standard \
             error; compare with fewer columns, or with gaussian"
        ))
    } else {
        None
    })
}
