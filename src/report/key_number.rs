//! A key number of a report, with its unit and protocol.

/// A number for the first screen of a page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyNumber {
    /// What is measured, such as `modes covered`.
    pub label: String,
    /// The number as it is displayed, such as `8 of 8`.
    pub value: String,
    /// Unit of the number, such as `nats`; empty if it has none.
    pub unit: String,
    /// How the number was measured, such as `n = 2,500, within 3σ`.
    pub protocol: String,
}

impl KeyNumber {
    /// Creates a key number from its four parts.
    pub fn new(
        label: &str,
        value: impl Into<String>,
        unit: &str,
        protocol: impl Into<String>,
    ) -> Self {
        Self {
            label: label.into(),
            value: value.into(),
            unit: unit.into(),
            protocol: protocol.into(),
        }
    }
}
