//! A measured amount of information, with all that is needed to measure it again.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::Nats;

/// What a note begins with that says why there is no standard error.
pub(crate) const NO_ERROR: &str = "no standard error";

/// What an estimator found, and how.
///
/// ```
/// use ganscope::info::{Estimate, Nats};
/// let mut found = Estimate::new("ksg-1", Nats(0.51), 10_000, 2).with("k", 3);
/// found.standard_error = Some(Nats(0.01));
/// assert_eq!(found.to_string(), "0.5100 ± 0.0100 nats (ksg-1, k = 3, n = 10000, d = 2)");
/// // As JSON it says its unit.
/// assert!(serde_json::to_string(&found)?.starts_with(r#"{"unit":"nats","value":0.51,"#));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "unit", rename = "nats")]
pub struct Estimate {
    /// The amount.
    pub value: Nats,
    /// Its standard error, where the estimator tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standard_error: Option<Nats>,
    /// An interval that covers the truth at the level that `parameters` state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<(Nats, Nats)>,
    /// Observations.
    pub n: usize,
    /// Numbers in an observation, of all variables together.
    pub dimension: usize,
    /// Its name.
    pub estimator: &'static str,
    /// What it was told, and what it chose itself.
    pub parameters: BTreeMap<&'static str, Value>,
    /// What a reader has to know before believing the value.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl Estimate {
    /// A value with its protocol so far.
    pub fn new(estimator: &'static str, value: Nats, n: usize, dimension: usize) -> Estimate {
        Estimate {
            value,
            standard_error: None,
            interval: None,
            n,
            dimension,
            estimator,
            parameters: BTreeMap::new(),
            notes: Vec::new(),
        }
    }

    /// With the standard error of the delta method, which is 0 where all counts are alike: the entropy is then at
    /// its largest, and moves by the square of what the frequencies do.
    pub(super) fn first_order_error(mut self, error: f64) -> Estimate {
        // What is left of a sum of squares that is 0.
        const NOTHING: f64 = 1e-9;
        if error > NOTHING {
            self.standard_error = Some(Nats(error));
            return self;
        }
        self.noting(format!(
            "{NO_ERROR}: to the first order, the estimate does not vary where counts are even"
        ))
    }

    /// The mean of a value of each observation, with its standard error: their standard deviation (n − 1) by √n.
    pub(crate) fn of_mean(estimator: &'static str, each: &[f64], dimension: usize) -> Estimate {
        let n = each.len() as f64;
        let mean = each.iter().sum::<f64>() / n;
        let mut found = Estimate::new(estimator, Nats(mean), each.len(), dimension);
        if n > 1.0 {
            let variance = each.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
            found.standard_error = Some(Nats((variance / n).sqrt()));
        }
        found
    }

    /// States a parameter.
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Estimate {
        self.parameters.insert(name, value.into());
        self
    }

    /// Adds what a reader has to know.
    pub fn noting(mut self, note: impl Into<String>) -> Estimate {
        self.notes.push(note.into());
        self
    }
}

impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.4}", self.value.0)?;
        if let Some(error) = self.standard_error {
            write!(f, " ± {:.4}", error.0)?;
        }
        f.write_str(" nats")?;
        if let Some((low, high)) = self.interval {
            write!(f, " [{:.4}, {:.4}]", low.0, high.0)?;
        }
        write!(f, " ({}", self.estimator)?;
        for (name, value) in &self.parameters {
            write!(f, ", {name} = {value}")?;
        }
        write!(f, ", n = {}, d = {})", self.n, self.dimension)
    }
}
