//! Numbers in JSON that may not be finite: they are written as `null` and read back as NaN.

use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;

/// Reads a number, or NaN for `null`.
pub(super) fn number<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    Ok(Option::<f64>::deserialize(from)?.unwrap_or(f64::NAN))
}

/// Reads numbers by name, each as [`number`] does.
pub(super) fn numbers<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<BTreeMap<String, f64>, D::Error> {
    let read = BTreeMap::<String, Option<f64>>::deserialize(from)?;
    let or_nan = |(name, value): (String, Option<f64>)| (name, value.unwrap_or(f64::NAN));
    Ok(read.into_iter().map(or_nan).collect())
}
