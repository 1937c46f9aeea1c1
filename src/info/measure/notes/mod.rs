//! Notes on a result, in addition to those of the estimator itself.
//!
//! Each note is one function of the columns and the result. [`NOTES`] lists them in the order in which they appear.

mod columns;
mod context;
mod rows;
mod size;
mod value;

pub(super) use context::Context;

use crate::error::Result;

/// The texts of one kind of note: none where it does not apply, one for each column that it applies to.
type Note = fn(&Context<'_>) -> Result<Vec<String>>;

/// All notes, in order.
const NOTES: [Note; 21] = [
    columns::text_for_missing_values,
    columns::numbers_for_missing_values,
    columns::text_that_looks_like_numbers,
    columns::repeated_values,
    size::few_rows_per_outcome,
    rows::serial_dependence,
    size::few_replicates,
    size::few_permutations,
    size::few_rows,
    columns::evenly_spaced_values,
    columns::outliers_and_groups,
    columns::nearly_on_a_line,
    size::small_classes,
    rows::copied_rows,
    rows::copied_rows_of_a_sample,
    rows::rows_in_both_samples,
    columns::many_columns,
    rows::unequal_samples,
    value::below_zero,
    value::near_the_limit,
    value::second_opinion,
];

/// The notes on a result.
pub(super) fn notes(context: &Context<'_>) -> Result<Vec<String>> {
    let mut all = Vec::new();
    for note in NOTES {
        all.extend(note(context)?);
    }
    Ok(all)
}
