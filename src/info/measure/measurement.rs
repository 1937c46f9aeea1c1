//! A measurement: choose an estimator, run it, resample, and add notes.

use serde::Serialize;

use super::choice::{Choice, choose};
use super::notes::{Context, notes};
use super::text::numbers_in_text;
use crate::error::{Error, Result, short};
use crate::info::estimator::{
    Data, Descriptor, Input, JointRows, Quantity, Settings, Summary, TwoSamples, Variable,
};
use crate::info::knn::noise_widths;
use crate::info::resampling::{
    FEWEST_ROWS, Rows, at_least, bootstrap_of, number_in_range, permutations_of, subsampling_of,
};
use crate::info::{Estimate, Kind, NO_ERROR};

/// Level of confidence intervals.
const LEVEL: f64 = 0.95;

/// A quantity to measure, with the settings of the measurement.
///
/// ```
/// use ganscope::info::measure::{Measurement, Quantity, Variable};
/// use ganscope::info::Sample;
/// use ganscope::random::{Stream, standard_normal};
/// let normal = |step| standard_normal(1, Stream::Data, step, 2000).into_iter().map(f64::from);
/// let x = Sample::new(normal(0).collect(), 1)?;
/// let y = Sample::new(normal(0).zip(normal(1)).map(|(x, own)| 0.6 * x + 0.8 * own).collect(), 1)?;
/// let found = Measurement::new(Quantity::Mi).run(&[x.into(), y.into()])?;
/// // −½ ln(1 − 0.6²)
/// assert!((found.estimate.value.0 - 0.223_144).abs() < 0.05, "{}", found.estimate);
/// assert_eq!(found.estimator.name, "ksg-1");
/// assert_eq!(found.why, "x and y are continuous");
/// # Ok::<(), ganscope::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Measurement {
    /// Quantity to measure.
    pub quantity: Quantity,
    /// Estimator to use; `None` for the one that `auto` chooses.
    pub estimator: Option<&'static Descriptor>,
    /// Number of nearest neighbours.
    pub k: usize,
    /// Number of replicates for a standard error and an interval. With 0, the estimator's own standard error is
    /// reported, if it has one.
    pub bootstrap: usize,
    /// Number of permutations for a p-value of independence; 0 for none.
    pub permutations: usize,
    /// Whether repeated numbers are rounded ones: see [`Knn::jitter`](crate::info::Knn::jitter).
    pub jitter: bool,
    /// Random seed.
    pub seed: u64,
}

/// The result of a measurement.
#[derive(Debug, Clone, Serialize)]
pub struct Measured {
    /// The estimate with its protocol.
    pub estimate: Estimate,
    /// The estimator that was used.
    #[serde(rename = "method")]
    pub estimator: &'static Descriptor,
    /// The reason for this estimator.
    pub why: String,
    /// The kind of each variable.
    pub kinds: Vec<Kind>,
    /// The p-value of a test of independence, if permutations were asked for.
    pub p_value: Option<f64>,
}

impl Measurement {
    /// A measurement by the estimator that fits the data, with three neighbours, seed 1, and no resampling.
    pub fn new(quantity: Quantity) -> Measurement {
        Measurement {
            quantity,
            estimator: None,
            k: 3,
            bootstrap: 0,
            permutations: 0,
            jitter: false,
            seed: 1,
        }
    }

    /// Measures the quantity of these variables, in the order that the [module](super) lists.
    ///
    /// # Errors
    /// [`Error::Usage`] for another number of variables, variables of different lengths (or two samples of
    /// different dimensions), constant columns, and an estimator that does not fit the quantity or the data.
    pub fn run(&self, variables: &[Variable]) -> Result<Measured> {
        if self.permutations > 0 && self.quantity != Quantity::Mi {
            return Err(Error::Usage(format!(
                "permutations test whether x and y are independent, so they apply to mi only, not to {}",
                self.quantity.name()
            )));
        }
        if self.bootstrap > 0 {
            number_in_range(self.bootstrap, 2, "replicate").map_err(|e| option("bootstrap", &e))?;
        }
        if self.permutations > 0 {
            number_in_range(self.permutations, 1, "permutation")
                .map_err(|e| option("permutations", &e))?;
        }
        let settings = Settings {
            k: self.k,
            jitter: self.jitter,
            seed: self.seed,
        };
        let table = Summary::new(self.quantity, variables, settings)?;
        let Choice { estimator, why } = choose(&table, self.estimator)?;
        let data: Vec<&Data> = table.data.iter().collect();
        let on_all_rows = estimator.run(self.quantity, &table.input(&data));
        let on_all_rows = with_hints(&table, on_all_rows)?;
        let on_replicate = |data: &[&Data]| {
            let input = Input {
                data,
                settings,
                ksg_1: None,
            };
            estimator.run(self.quantity, &input)
        };
        let resampled = match &table.data[..] {
            _ if self.bootstrap == 0 => Ok(on_all_rows.clone()),
            [p, q] if self.quantity.compares_samples() => {
                let (p, q) = (p.clone(), q.clone());
                self.resampled(
                    on_all_rows.clone(),
                    estimator,
                    &TwoSamples { p, q },
                    |both| on_replicate(&[&both.p, &both.q]),
                )
            }
            all => {
                let rows = JointRows(all.to_vec());
                self.resampled(on_all_rows.clone(), estimator, &rows, |rows| {
                    on_replicate(&rows.0.iter().collect::<Vec<_>>())
                })
            }
        };
        let mut estimate = with_hints(&table, resampled)?;
        let p_value = match &table.data[..] {
            [x, y] if self.permutations > 0 => {
                let m = self.permutations;
                let by = |x: &Data, y: &Data| on_replicate(&[x, y]);
                let test = permutations_of(on_all_rows, x, y, m, self.seed, by);
                Some(test?.p_value)
            }
            _ => None,
        };
        if self.jitter {
            let jitter = self.describe_jitter(variables);
            estimate.parameters.insert("jitter", jitter.into());
        }
        if estimate.standard_error.is_some() {
            // Resampling has found the standard error that the estimator itself lacks.
            let other = |note: &String| !note.starts_with(NO_ERROR);
            estimate.notes.retain(other);
        }
        let added = notes(&Context {
            table: &table,
            estimator,
            found: &estimate,
            bootstrap: self.bootstrap,
            permutations: self.permutations,
        })?;
        estimate.notes.extend(added);
        let numbers = [Some(estimate.value), estimate.standard_error];
        if numbers.iter().flatten().any(|amount| !amount.0.is_finite()) {
            return Err(Error::Usage(format!(
                "{} by {} is not a finite number for these data; use another estimator",
                self.quantity.name(),
                estimator.name
            )));
        }
        Ok(Measured {
            estimate,
            estimator,
            why,
            kinds: table.kinds,
            p_value,
        })
    }

    /// The seed of the noise, and its width in each column.
    fn describe_jitter(&self, variables: &[Variable]) -> String {
        let widths = variables.iter().flat_map(|variable| {
            let all: Vec<f64> = noise_widths(&variable.sample).collect();
            let columns = variable.number_columns();
            columns.map(move |j| format!("{} in {}", short(all[j]), variable.columns[j]))
        });
        let widths: Vec<String> = widths.collect();
        format!("seed {}, width {}", self.seed, widths.join(", "))
    }

    /// The estimate with a standard error and an interval: by the bootstrap, or by subsampling where duplicated rows
    /// would mislead the estimator.
    fn resampled<R: Rows>(
        &self,
        found: Estimate,
        estimator: &Descriptor,
        rows: &R,
        on_replicate: impl Fn(&R) -> Result<Estimate> + Sync,
    ) -> Result<Estimate> {
        let n = self.bootstrap;
        let resampled = if estimator.duplicates_mislead {
            at_least(rows.count(), FEWEST_ROWS, "row").map_err(|e| option("bootstrap", &e))?;
            subsampling_of(&found, rows, n, LEVEL, self.seed, on_replicate)
        } else {
            bootstrap_of(found, rows, n, LEVEL, self.seed, on_replicate)
        };
        resampled.map_err(|e| {
            Error::Usage(format!(
                "the estimator failed on data that were resampled for the standard error: {e}"
            ))
        })
    }
}

/// The error of an option that cannot be used.
fn option(name: &str, error: &Error) -> Error {
    Error::Usage(format!("{name}: {error}"))
}

/// An error with a hint about text that looks like numbers, which may be its cause.
fn with_hints(table: &Summary<'_>, result: Result<Estimate>) -> Result<Estimate> {
    result.map_err(|e| match (e, &numbers_in_text(table)[..]) {
        (Error::Usage(problem), hints @ [_, ..]) => {
            Error::Usage(format!("{problem}; {}", hints.join("; ")))
        }
        (e, _) => e,
    })
}
