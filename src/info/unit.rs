//! Amounts of information carry their unit in their type.

use serde::{Deserialize, Serialize};

/// An amount of information counted in natural logarithms.
///
/// ```
/// use ganscope::info::Nats;
/// assert_eq!(format!("{:.4}", Nats(2.0f64.ln())), "0.6931 nats");
/// assert!((Nats(2.0f64.ln()).bits() - 1.0).abs() < 1e-15);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Nats(pub f64);

impl Nats {
    /// The same amount in bits: divided by ln 2.
    pub fn bits(self) -> f64 {
        self.0 / std::f64::consts::LN_2
    }
}

impl std::fmt::Display for Nats {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)?;
        f.write_str(" nats")
    }
}
