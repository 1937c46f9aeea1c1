//! Row-major values that a caller gives.

use std::fmt::Display;

use crate::error::{Error, Result, counted, thousands};

/// Number of rows of `width` finite numbers in `values`, at least 1. `what` names the values in an error.
pub(crate) fn count_rows<T: Copy + Display + Into<f64>>(
    values: &[T],
    width: usize,
    what: &str,
) -> Result<usize> {
    if width == 0 || values.is_empty() || !values.len().is_multiple_of(width) {
        return Err(Error::Usage(format!(
            "{what}: {} cannot be divided into rows of {}; at least one complete row is needed",
            counted(values.len(), "number"),
            thousands(width as u64)
        )));
    }
    if let Some(at) = values.iter().position(|&v| !v.into().is_finite()) {
        return Err(Error::Usage(format!(
            "{what}: row {} (counted from 0) has a value that is {}; all values must be finite",
            at / width,
            values[at]
        )));
    }
    Ok(values.len() / width)
}
