//! Which estimator `auto` chooses, and which ones are refused when a user asks for them.

use super::estimators::estimators_of;
use super::linear::refuse_linear_columns;
use super::refusals::{
    entropy_undefined, refuse_constant_columns, refuse_copied_rows, refuse_extreme_scales,
    refuse_shared_rows, refuse_symbols_against_numbers, refuse_text,
};
use crate::error::{Error, Result};
use crate::info::Kind;
use crate::info::estimator::{Columns, Descriptor, Quantity, Summary};

/// An estimator, and the reason for it.
pub(super) struct Choice {
    pub estimator: &'static Descriptor,
    pub why: String,
}

/// The estimator that was asked for, if it fits the data, or else the one that `auto` chooses.
pub(super) fn choose(table: &Summary<'_>, asked: Option<&'static Descriptor>) -> Result<Choice> {
    if !asked.is_some_and(Descriptor::counts) {
        refuse_constant_columns(table)?;
        refuse_extreme_scales(table)?;
    }
    let choice = match asked {
        Some(estimator) => {
            refuse_other_kinds(table, estimator)?;
            Choice {
                estimator,
                why: "selected by the user".into(),
            }
        }
        None => auto(table)?,
    };
    let estimator = choice.estimator;
    refuse_text(table, estimator)?;
    refuse_linear_columns(table, estimator)?;
    refuse_copied_rows(table, estimator)?;
    if table.settings.jitter && !estimator.takes_jitter() {
        return Err(Error::Usage(format!(
            "ties do not affect {}, so jitter does nothing for it; leave jitter out",
            estimator.name
        )));
    }
    refuse_shared_rows(table, estimator)?;
    Ok(choice)
}

/// The first estimator of the list that fits the data.
fn auto(table: &Summary<'_>) -> Result<Choice> {
    refuse_symbols_against_numbers(table)?;
    for estimator in estimators_of(table.quantity) {
        if let Some(auto) = &estimator.auto
            && let Some(why) = (auto.reason)(table)?
        {
            return Ok(Choice { estimator, why });
        }
    }
    let i = usize::from(table.quantity == Quantity::ConditionalEntropy);
    Err(undefined(table, i))
}

fn undefined(table: &Summary<'_>, i: usize) -> Error {
    let names: Vec<&str> = estimators_of(table.quantity).map(|e| e.name).collect();
    entropy_undefined(table, i, &names)
}

/// Refuses an estimator for kinds of columns that it does not accept.
fn refuse_other_kinds(table: &Summary<'_>, estimator: &Descriptor) -> Result<()> {
    let kinds = &table.treated_as;
    let first = |kind: Kind| kinds.iter().position(|other| *other == kind);
    let refused = |i: usize, problem: String| Err(wrong_kind(table, estimator, i, &problem));
    let name = estimator.name;
    match estimator.columns {
        Columns::Symbols => match first(Kind::Continuous) {
            None => Ok(()),
            Some(i) => refused(
                i,
                format!("it is continuous, and {name} counts values, which do not repeat here"),
            ),
        },
        Columns::Any | Columns::ClassAndNumbers
            if table.quantity == Quantity::ConditionalEntropy && kinds[1] == Kind::Mixed =>
        {
            Err(undefined(table, 1))
        }
        Columns::Any | Columns::AnyNumbers => Ok(()),
        Columns::ClassAndNumbers if !table.quantity.compares_samples() => {
            let discrete = kinds.iter().filter(|kind| **kind == Kind::Discrete).count();
            match (discrete, first(Kind::Discrete)) {
                (1, _) => Ok(()),
                (_, Some(i)) => refused(
                    i,
                    format!(
                        "x and y are both discrete, but {name} needs one discrete variable (the class) and one \
                         continuous variable"
                    ),
                ),
                (_, None) => refused(
                    0,
                    format!(
                        "neither x nor y is discrete, but {name} needs one discrete variable (the class) and one \
                         continuous variable"
                    ),
                ),
            }
        }
        Columns::Numbers | Columns::ClassAndNumbers => match first(Kind::Discrete) {
            None => Ok(()),
            Some(i) => refused(
                i,
                format!("it is discrete, and {name} needs numbers that have a density"),
            ),
        },
    }
}

/// The error for variable i, with the estimator that fits instead.
fn wrong_kind(table: &Summary<'_>, estimator: &Descriptor, i: usize, problem: &str) -> Error {
    let alternative = match auto(table) {
        Ok(choice) => format!("; use {}", choice.estimator.name),
        Err(_) => String::new(),
    };
    let may_be_rounded =
        table.variables[i].symbols.is_empty() && table.treated_as[i] == Kind::Discrete;
    let needs_density = estimator.neighbours && estimator.needs_density();
    let jitter = match (may_be_rounded, needs_density) {
        (false, _) => "",
        (true, true) => "; if it is rounded, --jitter breaks the ties",
        (true, false) => {
            "; if it is rounded, --jitter breaks the ties for a nearest-neighbour estimator"
        }
    };
    Error::Usage(format!(
        "{}: {problem}{alternative}{jitter}",
        table.described(i)
    ))
}
