//! Largest sizes that a layer may have, and checks of a layer's settings.

use super::layer::Mismatch;
use std::fmt::Display;

/// Largest value of a size of a layer, such as its number of outputs: 2³⁰, or the length of the longest
/// `f32` array where addresses have 32 bits.
pub(super) const MAX_SIZE: usize = if usize::BITS > 32 {
    1 << 30
} else {
    isize::MAX as usize / size_of::<f32>()
};

/// Largest number of values in one sample of a layer's output.
pub(super) const MAX_OUTPUT: usize = 4 * MAX_SIZE;

/// Checks that a size is between 1 and [`MAX_SIZE`].
pub(super) fn check_size(name: &str, value: usize) -> Result<(), Mismatch> {
    check_setting(value >= 1, name, "at least 1", value)?;
    check_setting(
        value <= MAX_SIZE,
        name,
        &format!("at most {MAX_SIZE}"),
        value,
    )
}

/// Checks that a number is finite and that its condition `holds`.
pub(super) fn check_number(
    holds: bool,
    name: &str,
    condition: &str,
    value: f32,
) -> Result<(), Mismatch> {
    check_setting(holds && value.is_finite(), name, condition, value)
}

/// Checks the condition of a setting; the error names the setting, the condition and the value.
pub(super) fn check_setting(
    holds: bool,
    name: &str,
    condition: &str,
    value: impl Display,
) -> Result<(), Mismatch> {
    if holds {
        return Ok(());
    }
    Err(Mismatch {
        expected: format!("\"{name}\" to be {condition}"),
        setting: Some(format!("{name} = {value}")),
    })
}
