//! The variables that the user named: columns of one or two files.

use std::collections::{BTreeMap, HashMap};

use super::Measure;
use crate::cli::columns::columns;
use crate::data::{Fields, Values};
use crate::error::{Error, Result, counted, thousands};
use crate::info::Sample;
use crate::info::measure::{Quantity, Variable};

impl Measure {
    /// The variables of the quantity, and warnings about how the tables were read.
    pub(super) fn variables(&self, quantity: Quantity) -> Result<(Vec<Variable>, Vec<String>)> {
        let table = Fields::read(&self.file)?;
        let name = quantity.name();
        if quantity.compares_samples() {
            self.only(quantity, &["x"])?;
            let second = self.second.as_deref().ok_or_else(|| {
                Error::Usage(format!(
                    "{name} compares two samples; give a second file after {}",
                    self.file.display()
                ))
            })?;
            return self.in_both_files(table, Fields::read(second)?);
        }
        if let Some(second) = &self.second {
            return Err(Error::Usage(format!(
                "{name} is measured in one table; leave out the second file, {}",
                second.display()
            )));
        }
        self.only(quantity, quantity.variables())?;
        let roles = self.roles(quantity, &table)?;
        for (i, (role, places)) in roles.iter().enumerate() {
            for (other, others) in &roles[..i] {
                if let Some(twice) = places.iter().find(|place| others.contains(place)) {
                    return Err(Error::Usage(format!(
                        "column \"{}\" is in both --{other} and --{role}; the information between a column and \
                         itself is not defined here; remove it from one of them",
                        table.names[*twice]
                    )));
                }
            }
        }
        let places: Vec<usize> = roles
            .iter()
            .flat_map(|(_, places)| places)
            .copied()
            .collect();
        let mut warnings = Vec::new();
        let table = self.complete(table, &places, &mut warnings)?;
        let each = roles.iter().map(|(_, places)| variable(&table, places));
        Ok((each.collect::<Result<_>>()?, warnings))
    }

    /// The table without the rows that lack a value in these columns, if the user asked to drop them.
    fn complete(
        &self,
        table: Fields,
        places: &[usize],
        warnings: &mut Vec<String>,
    ) -> Result<Fields> {
        if table.header_looks_like_a_row() {
            warnings.push(format!(
                "the first row of {}, {}, was read as column names, but occurs again below: if it is data, insert a row of \
                 names above it",
                table.path.display(),
                table.names.join(", ")
            ));
        }
        if !self.drop_missing {
            return Ok(table);
        }
        let (table, dropped) = table.drop_missing(places)?;
        if !dropped.is_empty() {
            warnings.push(format!(
                "rows of {} left out because of missing values: {}",
                table.path.display(),
                dropped.join(", ")
            ));
        }
        Ok(table)
    }

    /// Refuses options for variables that the quantity does not have.
    fn only(&self, quantity: Quantity, roles: &[&str]) -> Result<()> {
        let given = [("x", &self.x), ("y", &self.y), ("z", &self.z)];
        let mut given = given.iter().filter(|(_, columns)| columns.is_some());
        match given.find(|(role, _)| !roles.contains(role)) {
            None => Ok(()),
            Some((role, _)) => Err(Error::Usage(format!(
                "--{role} does not apply to {}, which uses {} only",
                quantity.name(),
                roles.join(" and ")
            ))),
        }
    }

    /// The variable in both files, by the same columns.
    fn in_both_files(&self, p: Fields, q: Fields) -> Result<(Vec<Variable>, Vec<String>)> {
        let (of_p, of_q) = match &self.x {
            Some(x) => (chosen(&p, "x", x)?, chosen(&q, "x", x)?),
            None if p.names == q.names => {
                let all: Vec<usize> = (0..p.names.len()).collect();
                (all.clone(), all)
            }
            None => {
                return Err(Error::Usage(format!(
                    "{} has the columns {}, and {} has {}; use --x to choose the columns to compare",
                    p.path.display(),
                    p.names.join(", "),
                    q.path.display(),
                    q.names.join(", ")
                )));
            }
        };
        let mut warnings = Vec::new();
        let p = self.complete(p, &of_p, &mut warnings)?;
        let q = self.complete(q, &of_q, &mut warnings)?;
        Ok((compared((&p, &of_p), (&q, &of_q))?, warnings))
    }

    /// The columns of each variable.
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
        let missing = names.iter().zip(given).filter(|(_, text)| text.is_none());
        let missing: Vec<String> = missing.map(|(role, _)| format!("--{role}")).collect();
        let each = names.iter().zip(given).map(|(role, text)| match text {
            Some(text) => Ok((*role, chosen(table, role, text)?)),
            None if width < names.len() => Err(Error::Usage(format!(
                "{} needs {}, but {} has only {}: {}",
                quantity.name(),
                names.join(" and "),
                table.path.display(),
                counted(width, "column"),
                table.names.join(", ")
            ))),
            None => Err(Error::Usage(format!(
                "{} needs {}; choose their columns with {}. {} has: {}",
                quantity.name(),
                names.join(" and "),
                missing.join(" and "),
                table.path.display(),
                table.names.join(", ")
            ))),
        });
        each.collect()
    }
}

fn chosen(table: &Fields, role: &str, text: &str) -> Result<Vec<usize>> {
    columns(table, text).map_err(|e| Error::Usage(format!("--{role}: {e}")))
}

fn variable(table: &Fields, places: &[usize]) -> Result<Variable> {
    let mut columns = Vec::with_capacity(places.len());
    let mut symbols = BTreeMap::new();
    for (j, &place) in places.iter().enumerate() {
        let values = table.column(place).map_err(|e| match (e, table.count_missing(place)) {
            (Error::Data { path, problem }, rows @ 1..) => Error::Data {
                path,
                problem: format!(
                    "{problem}, or use --drop-missing to leave out all rows that have a missing value ({} in this \
                     column)",
                    thousands(rows as u64)
                ),
            },
            (e, _) => e,
        })?;
        columns.push(match values {
            Values::Numbers(values) => values,
            Values::Symbols { codes, labels } => {
                symbols.insert(j, labels.to_vec());
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

/// The same variable in two files, with the same code for the same text.
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
                // Texts that do not occur in p get the codes after those of p.
                let code =
                    |(i, label)| known.get(label).copied().unwrap_or(labels.len() + i) as f64;
                let codes: Vec<f64> = own.iter().enumerate().map(code).collect();
                for value in values.iter_mut().skip(j).step_by(width) {
                    *value = codes[*value as usize];
                }
            }
            _ => {
                return Err(Error::Usage(format!(
                    "column \"{}\" of {} and column \"{}\" of {} cannot be compared: one holds text, the other numbers",
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
