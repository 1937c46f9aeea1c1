//! The result as text and as JSON.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::{DisplayUnit, Measure};
use crate::error::{counted, minus};
use crate::info::measure::{Measured, Quantity, Variable};
use crate::info::{Kind, NO_ERROR, Nats, Unit};

/// An estimate with everything that is needed to measure it again.
#[derive(Debug, Serialize)]
pub(super) struct Protocol<'a> {
    quantity: &'static str,
    value: f64,
    unit: Unit,
    standard_error: Option<f64>,
    interval: Option<(f64, f64)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    p_value: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    permutations: Option<usize>,
    n: usize,
    dimension: usize,
    estimator: &'static str,
    why: &'a str,
    parameters: &'a BTreeMap<&'static str, Value>,
    notes: &'a [String],
    files: Vec<String>,
    columns: BTreeMap<&'a str, &'a [String]>,
    kinds: BTreeMap<&'a str, Kind>,
    seed: u64,
    version: &'static str,
}

impl Measure {
    pub(super) fn protocol<'a>(
        &'a self,
        quantity: Quantity,
        variables: &'a [Variable],
        found: &'a Measured,
    ) -> Protocol<'a> {
        let unit = match self.unit {
            DisplayUnit::Bits => Unit::Bits,
            DisplayUnit::Nats => Unit::Nats,
        };
        let in_unit = |amount: Nats| unit.of(amount);
        let estimate = &found.estimate;
        let names = quantity.variables().iter().copied();
        let files = std::iter::once(&self.file).chain(&self.second);
        Protocol {
            quantity: quantity.name(),
            value: in_unit(estimate.value),
            unit,
            standard_error: estimate.standard_error.map(in_unit),
            interval: estimate
                .interval
                .map(|(low, high)| (in_unit(low), in_unit(high))),
            p_value: found.p_value,
            permutations: found.p_value.map(|_| self.permutations),
            n: estimate.n,
            dimension: estimate.dimension,
            estimator: found.estimator.name,
            why: &found.why,
            parameters: &estimate.parameters,
            notes: &estimate.notes,
            files: files.map(|file| file.display().to_string()).collect(),
            columns: names
                .clone()
                .zip(variables.iter().map(|v| &v.columns[..]))
                .collect(),
            kinds: names.zip(found.kinds.iter().copied()).collect(),
            seed: self.seed,
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}

impl Protocol<'_> {
    pub(super) fn text(&self) -> String {
        let digits = |value: f64| match format!("{value:.4}").as_str() {
            "-0.0000" => "0.0000".into(),
            shown => minus(shown),
        };
        let mut value = digits(self.value);
        if let Some(error) = self.standard_error {
            value += &format!(" ± {}", digits(error));
        }
        value += &format!(" {}", self.unit);
        if let Some((low, high)) = self.interval {
            value += &format!(", 95 % interval [{}, {}]", digits(low), digits(high));
        }
        let mut lines = vec![(self.quantity, value)];
        if let Some((p, permutations)) = self.p_value.zip(self.permutations) {
            lines.push((
                "p-value",
                format!("{p:.4} from {}", counted(permutations, "permutation")),
            ));
        }
        lines.push(("estimator", format!("{}: {}", self.estimator, self.why)));
        let columns = self
            .columns
            .iter()
            .map(|(role, columns)| format!("{role} = {}", columns.join(", ")));
        lines.push((
            "data",
            format!(
                "{}: {}; n = {}, d = {}",
                self.files.join(" and "),
                columns.collect::<Vec<_>>().join("; "),
                self.n,
                self.dimension
            ),
        ));
        let parameters = self.parameters.iter().map(|(name, value)| match value {
            Value::String(text) => format!("{name}: {text}"),
            value => format!("{name} = {value}"),
        });
        let parameters = parameters.collect::<Vec<_>>().join("; ");
        if !parameters.is_empty() {
            lines.push(("parameters", parameters));
        }
        lines.extend(self.notes.iter().map(|note| ("note", note.clone())));
        let explained = self.notes.iter().any(|note| note.starts_with(NO_ERROR));
        if self.standard_error.is_none() && !explained {
            lines.push((
                "note",
                "no standard error: --bootstrap 200 estimates one".into(),
            ));
        }
        let line = |(name, text): (&str, String)| format!("{name:<11} {text}");
        lines.into_iter().map(line).collect::<Vec<_>>().join("\n")
    }
}
