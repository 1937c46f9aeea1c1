//! The check that every weight of a term of a loss has to pass.

use crate::error::{Error, Result};

/// Checks that `value` can weigh a term of a loss: at least 0 and finite in single precision.
///
/// # Errors
/// [`Error::Config`] naming `setting`.
pub(super) fn check(setting: &str, value: f64) -> Result<()> {
    if value >= 0.0 && (value as f32).is_finite() {
        return Ok(());
    }
    Err(Error::setting(
        setting,
        format!("{setting} must be at least 0 and finite in single precision, not {value}"),
    ))
}
