//! One number of the evidence, and the value that is expected.

use serde::{Deserialize, Serialize};

use crate::report::format::short;

/// The reading of a claim to which a measurement belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// The article's words and formulas as they stand.
    AsWritten,
    /// A repaired reading of them.
    Repaired,
    /// Neither: a number that explains the others and does not affect the verdict.
    Context,
}

/// The range that is expected of a measurement if its reading is true.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Expected {
    /// At most this value.
    AtMost(f64),
    /// At least this value.
    AtLeast(f64),
}

impl Expected {
    fn is_met_by(self, value: f64) -> bool {
        match self {
            Expected::AtMost(bound) => value <= bound,
            Expected::AtLeast(bound) => value >= bound,
        }
    }
}

impl std::fmt::Display for Expected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Expected::AtMost(bound) => write!(f, "≤ {}", short(*bound)),
            Expected::AtLeast(bound) => write!(f, "≥ {}", short(*bound)),
        }
    }
}

/// One number of the evidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// What was measured, and how.
    pub name: String,
    /// Reading to which it belongs.
    pub reading: Reading,
    /// Measured value.
    pub value: f64,
    /// Unit of the value; empty for a number without unit.
    pub unit: String,
    /// Expected range, such as `≤ 0.02`; empty for context.
    pub expectation: String,
    /// Whether the value is in the expected range; `true` for context.
    pub met: bool,
}

impl Measurement {
    pub(super) fn new(
        reading: Reading,
        name: &str,
        value: f64,
        unit: &str,
        expected: Expected,
    ) -> Self {
        Measurement {
            name: name.into(),
            reading,
            value,
            unit: unit.into(),
            expectation: expected.to_string(),
            met: expected.is_met_by(value),
        }
    }

    pub(super) fn written(name: &str, value: f64, unit: &str, expected: Expected) -> Self {
        Self::new(Reading::AsWritten, name, value, unit, expected)
    }

    pub(super) fn repaired(name: &str, value: f64, unit: &str, expected: Expected) -> Self {
        Self::new(Reading::Repaired, name, value, unit, expected)
    }

    pub(super) fn context(name: &str, value: f64, unit: &str) -> Self {
        Measurement {
            name: name.into(),
            reading: Reading::Context,
            value,
            unit: unit.into(),
            expectation: String::new(),
            met: true,
        }
    }
}
