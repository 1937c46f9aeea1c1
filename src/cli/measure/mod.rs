//! `ganscope measure`: information in a table of one's own.

mod protocol;
mod variables;

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::output::{json, note, result};
use crate::error::{Error, Result, thousands};
use crate::info::measure::{self, Method, Quantity};

const EXAMPLES: &str = "\
Examples:
  ganscope measure mi heights.csv --x father --y son --bootstrap 200
  ganscope measure entropy weather.csv --x sky --estimator nsb
  ganscope measure conditional-entropy weather.csv --x wind --y sky --json
  ganscope measure kl real.csv generated.csv --x 1-2 --unit nats

Quantities:
  entropy              H(x), differential where x is continuous
  mi                   I(x; y)
  conditional-entropy  H(y | x): what is left of y to one who knows x
  conditional-mi       I(x; y | z)
  cross-entropy        H(p, q) of the distributions p and q that two files were drawn from
  kl                   KL(p‖q)
  js                   JSD(p‖q), at most 1 bit

An example table, coins.csv, and what is found in it:
  first,second      $ ganscope measure mi coins.csv --estimator plug-in
  0,0               mi          0.1887 ± 0.2426 bits
  0,0               estimator   plug-in: asked for
  0,0
  0,1               $ ganscope measure entropy coins.csv --x first --estimator plug-in
  1,0               entropy     1.0000 bits
  1,1
  1,1               $ ganscope measure conditional-entropy coins.csv --estimator plug-in
  1,1               conditional-entropy 0.8113 ± 0.2426 bits

Estimators: auto takes counts for variables whose values repeat (miller-madow; where rows are
few for the outcomes grassberger for entropy and nsb else; plug-in or dirichlet for
divergences), nearest neighbours for numbers (kozachenko-leonenko, wang-kulkarni-verdu, ksg-1,
frenzel-pompe; lnc where the dependence is strong), ross for a class and a number, gao-mixture
and mesner-shalizi for what is both, text beside such numbers included, and gaussian for more
than 8 columns; it says which and why. Others: chao-shen, nsb, ksg-2, histogram, kernel. By
networks, in the library (ganscope::evaluate::NeuralInformation): MINE, NWJ, InfoNCE and
InfoGAN's bound.

Columns are divided by their standard deviations before distances are measured. Amounts
among the parameters are in nats, whatever the unit.";

/// Measure information in a table: entropy, divergence, mutual information.
///
/// Of the columns of a CSV or NPY file, by an estimator that fits them, with its protocol. Text is counted, and so
/// are numbers that repeat their values.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Measure {
    /// entropy, cross-entropy, kl, js, mi, conditional-entropy or conditional-mi
    quantity: String,
    /// The table: .csv or .npy
    #[arg(value_name = "FILE.csv")]
    file: PathBuf,
    /// The table to compare with: q of cross-entropy, kl and js
    #[arg(value_name = "FILE2.csv")]
    second: Option<PathBuf>,
    /// How; a name that does not fit is refused with those that do
    #[arg(long, value_name = "E", default_value = "auto")]
    estimator: String,
    /// What to show the value in
    #[arg(long, value_enum, default_value_t = Shown::Bits)]
    unit: Shown,
    /// Nearest neighbours, for the estimators that look for them [default: 3]
    #[arg(long, value_name = "K", allow_negative_numbers = true, value_parser = crate::cli::size)]
    k: Option<i64>,
    /// Columns of x (of both files, where there are two): names or numbers from 1, as a,b or 1,3-5
    /// [default: all; of a table with a column for each variable, the first]
    #[arg(long, value_name = "COLS")]
    x: Option<String>,
    /// Columns of y
    #[arg(long, value_name = "COLS")]
    y: Option<String>,
    /// Columns of z, that is known
    #[arg(long, value_name = "COLS")]
    z: Option<String>,
    /// Standard error and 95 % interval from so many estimates on data drawn again: with replacement, but by
    /// halves without it for nearest neighbours, which copies mislead
    #[arg(long, value_name = "N", default_value_t = 0, allow_negative_numbers = true,
          value_parser = crate::cli::natural::<usize>)]
    bootstrap: usize,
    /// p-value of independence, for mi, from so many orders of y; of rows that are independent of each other, as those
    /// of a series in time are not
    #[arg(long, value_name = "N", default_value_t = 0, allow_negative_numbers = true,
          value_parser = crate::cli::natural::<usize>)]
    permutations: usize,
    /// Take repeated numbers for rounded ones, and spread them evenly over what was rounded to them
    #[arg(long)]
    jitter: bool,
    /// Leave out rows in which one of the columns has no value: nothing, NaN, or a word like NA or null
    #[arg(long)]
    drop_missing: bool,
    /// What every random choice follows from
    #[arg(long, value_name = "S", default_value_t = 1, allow_negative_numbers = true,
          value_parser = crate::cli::natural::<u64>)]
    seed: u64,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Rows with which kernels take longer than one waits without being told.
const MANY: usize = 20_000;

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Shown {
    Bits,
    Nats,
}

impl Measure {
    pub fn run(self) -> Result<()> {
        let quantity = Quantity::named(&self.quantity)?;
        let method = match self.estimator.as_str() {
            "auto" => None,
            name => Some(quantity.method(name)?),
        };
        let (variables, left_out) = self.variables(quantity)?;
        let rows = variables.iter().map(|v| v.sample.len()).max().unwrap_or(0);
        if method == Some(Method::Kernel) && rows > MANY {
            note(&format!(
                "kernel compares all pairs of {} rows, for each width that it tries: this takes minutes",
                thousands(rows as u64)
            ));
        }
        let plain = measure::Measure::new(quantity);
        let mut found = measure::Measure {
            method,
            k: self.k.map_or(plain.k, |k| k as usize),
            bootstrap: self.bootstrap,
            permutations: self.permutations,
            jitter: self.jitter,
            seed: self.seed,
            ..plain
        }
        .of(&variables)?;
        if self.k.is_some() && !found.method.has_neighbours() {
            return Err(Error::Usage(format!(
                "--k: {} ({}) looks for no neighbours; leave it out",
                found.method.name(),
                found.why
            )));
        }
        found.estimate.notes.splice(0..0, left_out);
        let protocol = self.protocol(quantity, &variables, &found);
        match self.json {
            true => json(&protocol),
            false => result(&protocol.words()),
        }
    }
}
