//! An estimated amount of information, with everything that is needed to estimate it again.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::Nats;

/// Beginning of a note that explains why there is no standard error.
pub(crate) const NO_ERROR: &str = "no standard error";

/// The result of an estimator, with its protocol.
///
/// ```
/// use ganscope::info::{Estimate, Nats};
/// let mut found = Estimate::new("ksg-1", Nats(0.51), 10_000, 2).with("k", 3);
/// found.standard_error = Some(Nats(0.01));
/// assert_eq!(found.to_string(), "0.5100 ± 0.0100 nats (ksg-1, k = 3, n = 10000, d = 2)");
/// // The JSON states the unit.
/// assert!(serde_json::to_string(&found)?.starts_with(r#"{"unit":"nats","value":0.51,"#));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "unit", rename = "nats")]
pub struct Estimate {
    /// The estimated amount.
    pub value: Nats,
    /// Standard error, if it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standard_error: Option<Nats>,
    /// Confidence interval, at the level that `parameters` state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<(Nats, Nats)>,
    /// Number of observations.
    pub n: usize,
    /// Number of columns, of all variables together.
    pub dimension: usize,
    /// Name of the estimator.
    pub estimator: &'static str,
    /// Settings of the estimator, and what it chose itself.
    pub parameters: BTreeMap<&'static str, Value>,
    /// What a reader should know before trusting the value.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl Estimate {
    /// An estimate without standard error, interval, parameters and notes.
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

    /// Adds the standard error by the delta method, or a note if it is 0. It is 0 where all counts are equal: the
    /// entropy then has its maximum, where its first derivatives vanish.
    pub(super) fn first_order_error(mut self, error: f64) -> Estimate {
        // Rounding error of a sum of squares that is 0.
        const ROUNDING: f64 = 1e-9;
        if error > ROUNDING {
            self.standard_error = Some(Nats(error));
            return self;
        }
        self.noting(format!(
            "{NO_ERROR}: all counts are equal, and then the first-order approximation of the standard error is 0; \
             use the bootstrap"
        ))
    }

    /// The mean of one value per observation, with its standard error: the standard deviation (n − 1) divided by √n.
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

    /// Adds a parameter.
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Estimate {
        self.parameters.insert(name, value.into());
        self
    }

    /// Adds a note.
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
