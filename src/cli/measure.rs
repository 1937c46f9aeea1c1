//! `ganscope measure`: information in a table of one's own.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::Serialize;
use serde_json::Value;

use super::columns::columns;
use super::output::{json, result};
use crate::data::{Fields, Values};
use crate::error::{Error, Result, counted, minus};
use crate::info::measure::{self, Measured, Quantity, Variable};
use crate::info::{Kind, Nats, Sample, Unit};

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

Estimators: auto takes counts for variables whose values repeat (miller-madow; grassberger
where rows are few for the outcomes; plug-in or dirichlet for divergences), nearest
neighbours for numbers (kozachenko-leonenko, wang-kulkarni-verdu, ksg-1, frenzel-pompe; lnc
where the dependence is strong), ross for a class and a number, gao-mixture for what is
both, and gaussian for more than 8 columns; it says which and why. Others: chao-shen, nsb,
ksg-2, histogram, kernel.

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
    #[arg(long, value_name = "K", allow_negative_numbers = true, value_parser = super::size)]
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
          value_parser = super::natural::<usize>)]
    bootstrap: usize,
    /// p-value of independence, for mi, from so many orders of y
    #[arg(long, value_name = "N", default_value_t = 0, allow_negative_numbers = true,
          value_parser = super::natural::<usize>)]
    permutations: usize,
    /// Take repeated numbers for rounded ones: noise of 1e-10 of the spread breaks ties
    #[arg(long)]
    jitter: bool,
    /// What every random choice follows from
    #[arg(long, value_name = "S", default_value_t = 1, allow_negative_numbers = true,
          value_parser = super::natural::<u64>)]
    seed: u64,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Shown {
    Bits,
    Nats,
}

/// A measurement with what it was made on.
#[derive(Debug, Serialize)]
struct Protocol<'a> {
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
    files: Vec<&'a PathBuf>,
    columns: BTreeMap<&'a str, &'a [String]>,
    kinds: BTreeMap<&'a str, Kind>,
    seed: u64,
    version: &'static str,
}

impl Measure {
    pub fn run(self) -> Result<()> {
        let quantity = Quantity::named(&self.quantity)?;
        let method = match self.estimator.as_str() {
            "auto" => None,
            name => Some(quantity.method(name)?),
        };
        let variables = self.variables(quantity)?;
        let plain = measure::Measure::new(quantity);
        let found = measure::Measure {
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
        let protocol = self.protocol(quantity, &variables, &found);
        match self.json {
            true => json(&protocol),
            false => result(&protocol.words()),
        }
    }

    /// What the quantity is of.
    fn variables(&self, quantity: Quantity) -> Result<Vec<Variable>> {
        let table = Fields::read(&self.file)?;
        let name = quantity.name();
        if quantity.of_two_samples() {
            self.only(quantity, &["x"])?;
            let second = self.second.as_deref().ok_or_else(|| {
                Error::Usage(format!(
                    "{name} compares two samples: give a second file after {}",
                    self.file.display()
                ))
            })?;
            return self.both(&table, &Fields::read(second)?);
        }
        if let Some(second) = &self.second {
            return Err(Error::Usage(format!(
                "{name} is of one table: {} is one too many",
                second.display()
            )));
        }
        self.only(quantity, quantity.variables())?;
        let roles = self.roles(quantity, &table)?;
        for (i, (role, places)) in roles.iter().enumerate() {
            for (other, others) in &roles[..i] {
                if let Some(twice) = places.iter().find(|place| others.contains(place)) {
                    return Err(Error::Usage(format!(
                        "column \"{}\" is in both --{other} and --{role}: of itself a variable knows everything",
                        table.names[*twice]
                    )));
                }
            }
        }
        let each = roles.iter().map(|(_, places)| variable(&table, places));
        each.collect()
    }

    /// Refuses columns that the quantity has no use for.
    fn only(&self, quantity: Quantity, roles: &[&str]) -> Result<()> {
        let given = [("x", &self.x), ("y", &self.y), ("z", &self.z)];
        let mut given = given.iter().filter(|(_, columns)| columns.is_some());
        match given.find(|(role, _)| !roles.contains(role)) {
            None => Ok(()),
            Some((role, _)) => Err(Error::Usage(format!(
                "--{role}: {} is of {} only",
                quantity.name(),
                roles.join(" and ")
            ))),
        }
    }

    /// The same columns of both files.
    fn both(&self, p: &Fields, q: &Fields) -> Result<Vec<Variable>> {
        if let Some(x) = &self.x {
            return compared((p, &chosen(p, "x", x)?), (q, &chosen(q, "x", x)?));
        }
        if p.names != q.names {
            return Err(Error::Usage(format!(
                "{} has the columns {}, and {} has {}: name those to compare by --x",
                p.path.display(),
                p.names.join(", "),
                q.path.display(),
                q.names.join(", ")
            )));
        }
        let all: Vec<usize> = (0..p.names.len()).collect();
        compared((p, &all), (q, &all))
    }

    /// Each variable with its columns.
    fn roles(&self, quantity: Quantity, table: &Fields) -> Result<Vec<(&'static str, Vec<usize>)>> {
        let names = quantity.variables();
        let width = table.names.len();
        let given = [&self.x, &self.y, &self.z];
        if given.iter().all(|columns| columns.is_none()) {
            if let [x] = names {
                return Ok(vec![(x, (0..width).collect())]);
            }
            if width == names.len() {
                return Ok(names
                    .iter()
                    .zip(0..)
                    .map(|(name, i)| (*name, vec![i]))
                    .collect());
            }
        }
        let each = names.iter().zip(given).map(|(role, text)| match text {
            Some(text) => Ok((*role, chosen(table, role, text)?)),
            None if width < names.len() => Err(Error::Usage(format!(
                "{} is of {}, and {} has {} only: {}",
                quantity.name(),
                names.join(" and "),
                table.path.display(),
                counted(width, "column"),
                table.names.join(", ")
            ))),
            None => Err(Error::Usage(format!(
                "{} is of {}: say by --{role} which columns of {} are {role}: {}",
                quantity.name(),
                names.join(" and "),
                table.path.display(),
                table.names.join(", ")
            ))),
        });
        each.collect()
    }

    fn protocol<'a>(
        &'a self,
        quantity: Quantity,
        variables: &'a [Variable],
        found: &'a Measured,
    ) -> Protocol<'a> {
        let unit = match self.unit {
            Shown::Bits => Unit::Bits,
            Shown::Nats => Unit::Nats,
        };
        let of = |amount: Nats| unit.of(amount);
        let estimate = &found.estimate;
        let names = quantity.variables().iter().copied();
        Protocol {
            quantity: quantity.name(),
            value: of(estimate.value),
            unit,
            standard_error: estimate.standard_error.map(of),
            interval: estimate.interval.map(|(low, high)| (of(low), of(high))),
            p_value: found.p_value,
            permutations: found.p_value.map(|_| self.permutations),
            n: estimate.n,
            dimension: estimate.dimension,
            estimator: found.method.name(),
            why: &found.why,
            parameters: &estimate.parameters,
            notes: &estimate.notes,
            files: std::iter::once(&self.file).chain(&self.second).collect(),
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

fn chosen(table: &Fields, role: &str, text: &str) -> Result<Vec<usize>> {
    columns(table, text).map_err(|e| Error::Usage(format!("--{role}: {e}")))
}

fn variable(table: &Fields, places: &[usize]) -> Result<Variable> {
    let mut columns = Vec::with_capacity(places.len());
    let mut symbols = Vec::new();
    for (j, &place) in places.iter().enumerate() {
        columns.push(match table.column(place)? {
            Values::Numbers(values) => values,
            Values::Symbols { codes, .. } => {
                symbols.push(j);
                codes
            }
        });
    }
    let rows = columns.first().map_or(0, |column| column.len());
    let row = |i: usize| columns.iter().map(move |column| column[i]);
    let names = places.iter().map(|&place| table.names[place].clone());
    Ok(Variable {
        columns: names.collect(),
        sample: Sample::new((0..rows).flat_map(row).collect(), places.len())?,
        symbols,
    })
}

/// The same variable in two files, in which a text has the same code.
fn compared(
    (p, of_p): (&Fields, &[usize]),
    (q, of_q): (&Fields, &[usize]),
) -> Result<Vec<Variable>> {
    let (first, mut second) = (variable(p, of_p)?, variable(q, of_q)?);
    let width = second.sample.dimension();
    let mut values = second.sample.values().to_vec();
    for (j, (&place, &other)) in of_p.iter().zip(of_q).enumerate() {
        match (p.column(place)?, q.column(other)?) {
            (Values::Numbers(_), Values::Numbers(_)) => {}
            (Values::Symbols { labels, .. }, Values::Symbols { labels: own, .. }) => {
                let known: HashMap<&String, usize> = labels.iter().zip(0..).collect();
                // What p never says is numbered after what it does.
                let code =
                    |(i, label)| known.get(label).copied().unwrap_or(labels.len() + i) as f64;
                let codes: Vec<f64> = own.iter().enumerate().map(code).collect();
                for value in values.iter_mut().skip(j).step_by(width) {
                    *value = codes[*value as usize];
                }
            }
            _ => {
                return Err(Error::Usage(format!(
                    "one of column \"{}\" of {} and column \"{}\" of {} holds text, the other numbers",
                    p.names[place],
                    p.path.display(),
                    q.names[other],
                    q.path.display()
                )));
            }
        }
    }
    second.sample = Sample::new(values, width)?;
    Ok(vec![first, second])
}

impl Protocol<'_> {
    fn words(&self) -> String {
        let digits = |value: f64| minus(format!("{value:.4}"));
        let mut value = digits(self.value);
        if let Some(error) = self.standard_error {
            value += &format!(" ± {}", digits(error));
        }
        value += &format!(" {}", self.unit);
        if let Some((low, high)) = self.interval {
            value += &format!(", 95 % in [{}, {}]", digits(low), digits(high));
        }
        let mut lines = vec![(self.quantity, value)];
        if let Some((p, permutations)) = self.p_value.zip(self.permutations) {
            lines.push((
                "p-value",
                format!("{p:.4} of {}", counted(permutations, "permutation")),
            ));
        }
        lines.push(("estimator", format!("{}: {}", self.estimator, self.why)));
        let files = self.files.iter().map(|file| file.display().to_string());
        let columns = self
            .columns
            .iter()
            .map(|(role, columns)| format!("{role} = {}", columns.join(", ")));
        lines.push((
            "data",
            format!(
                "{}: {}; n = {}, d = {}",
                files.collect::<Vec<_>>().join(" and "),
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
        if self.standard_error.is_none() {
            lines.push((
                "note",
                "no standard error: --bootstrap 200 finds one".into(),
            ));
        }
        let line = |(name, text): (&str, String)| format!("{name:<11} {text}");
        lines.into_iter().map(line).collect::<Vec<_>>().join("\n")
    }
}
