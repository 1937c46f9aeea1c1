//! `ganscope measure`: entropy, divergence and mutual information in a table.

mod help;
mod protocol;
mod variables;

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::output::{json, note, result};
use crate::error::{Error, Result, thousands};
use crate::info::measure::{Cost, Measurement, Quantity, named};

/// Estimate entropy, divergence or mutual information from a table.
///
/// Reads columns of a CSV or NPY file, chooses an estimator that fits them, and reports the estimate with the
/// estimator and its parameters, the sample size and the unit. Text columns and numeric columns with repeated values
/// are treated as discrete.
#[derive(Debug, Args)]
#[command(after_help = help::after_help())]
pub struct Measure {
    /// Quantity to measure: entropy, mi, conditional-entropy, conditional-mi, cross-entropy, kl or js
    quantity: String,
    /// Table to measure: .csv or .npy
    #[arg(value_name = "FILE.csv")]
    file: PathBuf,
    /// Second table, for cross-entropy, kl and js: FILE.csv is a sample of p, this file a sample of q
    #[arg(value_name = "FILE2.csv")]
    second: Option<PathBuf>,
    /// Estimator to use; the list is below. auto chooses one that fits the columns
    #[arg(long, value_name = "E", default_value = "auto")]
    estimator: String,
    /// Unit of the value
    #[arg(long, value_enum, default_value_t = DisplayUnit::Bits)]
    unit: DisplayUnit,
    /// Number of nearest neighbours, for the estimators that use them [default: 3]
    #[arg(long, value_name = "K", allow_negative_numbers = true, value_parser = crate::cli::size)]
    k: Option<i64>,
    /// Columns of x (in both files, if there are two), by name (a,b) or by number from 1 (1,3-5) [default: all columns
    /// if there is no y; otherwise the first column of a table with one column for each variable]
    #[arg(long, value_name = "COLS")]
    x: Option<String>,
    /// Columns of y [default: the second column of such a table]
    #[arg(long, value_name = "COLS")]
    y: Option<String>,
    /// Columns of z, the condition of conditional-mi [default: the third column of such a table]
    #[arg(long, value_name = "COLS")]
    z: Option<String>,
    /// Number of replicates for a standard error and a 95 % interval; 0 for none. Replicates are bootstrap samples.
    /// For estimators that are biased by duplicated rows, they are random halves of the rows instead
    #[arg(long, value_name = "N", default_value_t = 0, allow_negative_numbers = true,
          value_parser = crate::cli::natural::<usize>)]
    bootstrap: usize,
    /// Number of permutations of y for the p-value of a test of independence (mi only); 0 for none. The test assumes
    /// independent rows, which a time series does not have
    #[arg(long, value_name = "N", default_value_t = 0, allow_negative_numbers = true,
          value_parser = crate::cli::natural::<usize>)]
    permutations: usize,
    /// Treat repeated numbers as values that were rounded: add uniform noise whose width is the rounding step
    #[arg(long)]
    jitter: bool,
    /// Leave out rows with a missing value in one of the columns: an empty field, NaN, or a word such as NA or null
    #[arg(long)]
    drop_missing: bool,
    /// Random seed
    #[arg(long, value_name = "SEED", default_value_t = 1, allow_negative_numbers = true,
          value_parser = crate::cli::natural::<u64>)]
    seed: u64,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

/// Number of rows above which a message warns that an estimator that compares all pairs takes long.
const SLOW_ROWS: usize = 20_000;

/// Unit of a printed value.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum DisplayUnit {
    Bits,
    Nats,
}

impl Measure {
    pub fn run(self) -> Result<()> {
        let quantity = Quantity::named(&self.quantity)?;
        let estimator = match self.estimator.as_str() {
            "auto" => None,
            name => Some(named(name, quantity)?),
        };
        let (variables, warnings) = self.variables(quantity)?;
        let rows = variables.iter().map(|v| v.sample.len()).max().unwrap_or(0);
        if let Some(estimator) = estimator
            && estimator.cost == Cost::AllPairs
            && rows > SLOW_ROWS
        {
            note(&format!(
                "{} compares all pairs of {} rows; this takes minutes",
                estimator.name,
                thousands(rows as u64)
            ));
        }
        let defaults = Measurement::new(quantity);
        let mut found = Measurement {
            estimator,
            k: self.k.map_or(defaults.k, |k| k as usize),
            bootstrap: self.bootstrap,
            permutations: self.permutations,
            jitter: self.jitter,
            seed: self.seed,
            ..defaults
        }
        .run(&variables)?;
        if self.k.is_some() && !found.estimator.neighbours {
            return Err(Error::Usage(format!(
                "--k does not apply to {} ({}), which uses no nearest neighbours; leave it out",
                found.estimator.name, found.why
            )));
        }
        found.estimate.notes.splice(0..0, warnings);
        let protocol = self.protocol(quantity, &variables, &found);
        if self.json {
            json(&protocol)
        } else {
            result(&protocol.text())
        }
    }
}
