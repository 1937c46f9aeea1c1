//! Data that cannot be measured, and why.

use crate::error::{Error, Result, counted, thousands};
use crate::info::Kind;
use crate::info::estimator::{Columns, Descriptor, Summary, stacked};
use crate::info::kind::{Repeats, column};
use crate::info::knn::deviations;

/// Share of rows with a copy above which the whole table is taken for a copy.
const COPIED_SHARE: f64 = 0.95;

/// Refuses a constant column.
pub(super) fn refuse_constant_columns(table: &Summary<'_>) -> Result<()> {
    let mut kinds = table.treated_as.iter();
    let Some(i) = kinds.position(|kind| *kind == Kind::Constant) else {
        return Ok(());
    };
    let (sample, variable) = (table.sample(i), &table.variables[i]);
    let is_constant = |j: &usize| Repeats::of(&column(sample, *j)).kind() == Kind::Constant;
    let j = (0..sample.dimension()).find(is_constant).unwrap_or(0);
    let value = sample.row(0)[j];
    let text = variable.symbols.get(&j);
    let (value, entropy) = match text.and_then(|texts| texts.get(value as usize)) {
        Some(text) => (format!("{text:?}"), "its entropy is 0"),
        None => (
            value.to_string(),
            "its entropy is −∞ if it is treated as a number, and 0 if it is treated as a symbol",
        ),
    };
    let rows = match sample.len() {
        1 => "the only row".into(),
        n => format!("all {} rows", thousands(n as u64)),
    };
    let countable = !table.treated_as.contains(&Kind::Continuous);
    let remedy = if countable {
        ", or count it as a symbol (--estimator plug-in)"
    } else {
        ""
    };
    Err(Error::Usage(format!(
        "column \"{}\" is {value} in {rows}: {entropy}, and it carries no information about other columns; leave it \
         out{remedy}",
        variable.columns[j]
    )))
}

/// Refuses numbers whose differences double precision cannot represent.
pub(super) fn refuse_extreme_scales(table: &Summary<'_>) -> Result<()> {
    for (variable, kinds) in table.variables.iter().zip(&table.column_kinds) {
        let columns = variable.columns.iter().zip(kinds);
        for ((name, kind), deviation) in columns.zip(deviations(&variable.sample)) {
            if *kind != Kind::Constant && !deviation.is_normal() {
                return Err(Error::Usage(format!(
                    "column \"{name}\" has a standard deviation of {deviation:e}, which is outside the range of double \
                     precision; use another unit for it"
                )));
            }
        }
    }
    Ok(())
}

/// Refuses to compare symbols with numbers.
pub(super) fn refuse_symbols_against_numbers(table: &Summary<'_>) -> Result<()> {
    let (p, q) = match (table.quantity.compares_samples(), &table.kinds[..]) {
        (true, [Kind::Discrete, Kind::Continuous]) => ("discrete", "continuous"),
        (true, [Kind::Continuous, Kind::Discrete]) => ("continuous", "discrete"),
        _ => return Ok(()),
    };
    if table.settings.jitter {
        return Ok(());
    }
    Err(Error::Usage(format!(
        "p is {p} and q is {q}, so each has probability 0 on the values of the other: KL(p‖q) and H(p, q) are \
         infinite, \
         and JSD is 1 bit; compare two samples of the same kind, or use --jitter if the discrete one is rounded"
    )))
}

/// Refuses text where an estimator needs numbers.
pub(super) fn refuse_text(table: &Summary<'_>, estimator: &Descriptor) -> Result<()> {
    if !matches!(estimator.columns, Columns::Numbers | Columns::AnyNumbers) {
        return Ok(());
    }
    let mut texts = table.variables.iter();
    match texts.find_map(|v| v.columns.get(*v.symbols.keys().next()?)) {
        None => Ok(()),
        Some(text) => Err(Error::Usage(format!(
            "column \"{text}\" holds text, and {} needs numbers: leave it out, or code it as numbers",
            estimator.name
        ))),
    }
}

/// Refuses a table in which every observation was entered more than once: nearest neighbours take copies for
/// dependence.
pub(super) fn refuse_copied_rows(table: &Summary<'_>, estimator: &Descriptor) -> Result<()> {
    let one_variable = table.names().len() < 2;
    if !estimator.neighbours || table.quantity.compares_samples() || one_variable {
        return Ok(());
    }
    let rows = table.joint_repeats()?;
    let copied = rows.repeated as f64 > COPIED_SHARE * rows.n as f64;
    if !copied || !repeat_only_together(table, rows) {
        return Ok(());
    }
    Err(Error::Usage(format!(
        "{} of {} have an exact copy, and a value of {} never repeats unless its whole row repeats: if each observation was \
         entered more than once, remove the copies; if {} determine each other, count the values (--estimator plug-in)",
        thousands(rows.repeated as u64),
        counted(rows.n, "row"),
        table.names().join(" or "),
        table.names().join(" and "),
    )))
}

/// Whether no variable repeats a value without all others, as copied rows do. Discrete values occur again with other
/// values.
pub(super) fn repeat_only_together(table: &Summary<'_>, rows: &Repeats) -> bool {
    let mut each = table.variables.iter().map(|v| Repeats::of(&v.sample));
    each.all(|own| own.different == rows.different)
}

/// The number of different rows that occur in both samples.
pub(super) fn shared_rows(table: &Summary<'_>) -> Result<usize> {
    let (p, q) = (table.sample(0), table.sample(1));
    let [p, q, both] = [p, q, &stacked(p, q)?].map(|sample| Repeats::of(sample).different);
    Ok(p + q - both)
}

/// Refuses two samples of numbers of which more than half of the smaller one occurs in both.
pub(super) fn refuse_shared_rows(table: &Summary<'_>, estimator: &Descriptor) -> Result<()> {
    let by_distance = estimator.neighbours && table.all(Kind::Continuous);
    if !by_distance || !table.quantity.compares_samples() {
        return Ok(());
    }
    let shared = shared_rows(table)?;
    if shared * 2 <= table.sample(0).len().min(table.sample(1).len()) {
        return Ok(());
    }
    Err(Error::Usage(format!(
        "{} of p also occur in q, where each is its own nearest neighbour, so no divergence can be estimated; compare \
         samples that were drawn independently of each other",
        counted(shared, "row")
    )))
}

/// The error for an entropy of variable i that is not defined, since the variable is partly discrete. `estimators` are
/// the names of those that measure the quantity.
pub(super) fn entropy_undefined(table: &Summary<'_>, i: usize, estimators: &[&str]) -> Error {
    // Either of two samples may be the one.
    let partly_discrete = table.kinds.iter().position(|k| *k != Kind::Continuous);
    let i = if table.quantity.compares_samples() {
        partly_discrete.unwrap_or(i)
    } else {
        i
    };
    let kinds = &table.column_kinds[i];
    let discrete = kinds.iter().position(|kind| *kind == Kind::Discrete);
    let number = kinds.iter().position(|kind| *kind != Kind::Discrete);
    if let Some((discrete, number)) = discrete.zip(number) {
        let columns = &table.variables[i].columns;
        let other = match kinds[number] {
            Kind::Continuous => "continuous",
            _ => "not, or only partly",
        };
        return Error::Usage(format!(
            "{}: column \"{}\" is discrete and column \"{}\" is {other}, so that the two together have neither a \
             density nor symbols to count; measure the entropy of one and the conditional-entropy of the other \
             given it, and add the two",
            table.names()[i],
            columns[discrete],
            columns[number],
        ));
    }
    Error::Usage(format!(
        "{}: it is partly discrete or rounded, so that it has neither a density nor symbols to count; remove copies, \
         use --jitter if the numbers are rounded, or choose how to treat it with --estimator ({})",
        table.described(i),
        estimators.join(", ")
    ))
}
