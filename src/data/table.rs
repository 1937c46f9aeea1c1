//! Tables of numbers: CSV and NPY.

use std::io::Read;
use std::path::{Path, PathBuf};

use csv::{ReaderBuilder, StringRecord, Trim};

use super::npy;
use crate::error::{AtPath, Error, Result, counted};

/// A table of finite numbers with named columns.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// The file it came from, for messages.
    pub path: PathBuf,
    /// Names from the header, or "1", "2", … without one.
    pub columns: Vec<String>,
    /// Row-major [rows, columns].
    pub values: Vec<f64>,
}

/// A table brought to mean 0 and standard deviation 1 in each column.
#[derive(Clone, Debug, PartialEq)]
pub struct Standardised {
    /// Row-major [rows, columns].
    pub values: Vec<f32>,
    /// What was subtracted from each column.
    pub mean: Vec<f32>,
    /// What each column was then divided by (the divisor of the variance is n).
    pub std: Vec<f32>,
}

impl Table {
    /// Reads a table: NPY (two dimensions, f32 or f64) if the name ends in `.npy`, else CSV.
    ///
    /// Fields of a CSV file are separated by commas. Its first row is a header when none of its
    /// fields is a number; blank lines are skipped.
    ///
    /// ```
    /// use ganscope::data::Table;
    /// let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("iris.csv");
    /// std::fs::write(&path, "sepal,petal\n5.1,1.4\n4.9,1.3\n")?;
    /// let table = Table::read(&path)?;
    /// assert_eq!(table.columns, ["sepal", "petal"]);
    /// assert_eq!(table.column("petal")?, [1.4, 1.3]);
    ///
    /// std::fs::write(&path, "sepal,petal\n5.1,NaN\n")?;
    /// let message = Table::read(&path).unwrap_err().to_string();
    /// assert!(message.ends_with("line 2, column \"petal\": NaN is not a finite number; \
    ///     remove the row or fill the value in"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Data`] with line and column for an empty file, rows of different lengths, text, NaN
    /// and infinities; [`Error::Io`] when it cannot be read.
    pub fn read(path: &Path) -> Result<Self> {
        if path
            .extension()
            .is_some_and(|e| e.eq_ignore_ascii_case("npy"))
        {
            Self::read_npy(path)
        } else {
            Self::read_csv(path)
        }
    }

    fn read_npy(path: &Path) -> Result<Self> {
        let array = npy::read(path)?;
        let [_, width] = array.dimensions[..] else {
            return Err(Error::data(
                path,
                format!(
                    "has shape {:?}; a table has two dimensions (rows × columns)",
                    array.dimensions
                ),
            ));
        };
        let columns = numbered(width);
        if let Some(at) = array.values.iter().position(|x| !x.is_finite()) {
            return Err(Error::data(
                path,
                format!(
                    "row {}, column {}: {} is not a finite number; \
                     remove the row or fill the value in",
                    at / width + 1,
                    columns[at % width],
                    array.values[at]
                ),
            ));
        }
        Ok(Table {
            path: path.into(),
            columns,
            values: array.values,
        })
    }

    fn read_csv(path: &Path) -> Result<Self> {
        let mut bytes = Vec::new();
        let mut file = std::fs::File::open(path).at(path)?;
        file.read_to_end(&mut bytes).at(path)?;
        parse_csv(&bytes, path).map_err(|problem| Error::data(path, problem))
    }

    /// Rows in the table.
    pub fn len(&self) -> usize {
        self.values.len() / self.columns.len().max(1)
    }

    /// Whether there is no row, which [`read`](Self::read) never returns.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The values of one column by its name.
    ///
    /// # Errors
    /// [`Error::Usage`] when there is none of that name.
    pub fn column(&self, name: &str) -> Result<Vec<f64>> {
        let index = self.columns.iter().position(|c| c == name);
        let index = index.ok_or_else(|| {
            let known: Vec<&str> = self.columns.iter().map(String::as_str).collect();
            crate::error::unknown("column", name, &known)
        })?;
        Ok(self.column_values(index).collect())
    }

    fn column_values(&self, index: usize) -> impl Iterator<Item = f64> + Clone {
        let values = self.values.iter().skip(index);
        values.step_by(self.columns.len().max(1)).copied()
    }

    /// Brings each column to mean 0 and standard deviation 1.
    ///
    /// # Errors
    /// [`Error::Data`] for a column whose values are all equal, or differ by too much or too little
    /// for single precision.
    pub fn standardise(&self) -> Result<Standardised> {
        let n = self.len() as f64;
        let width = self.columns.len();
        let mut standardised = Standardised {
            values: vec![0.0; self.values.len()],
            mean: Vec::with_capacity(width),
            std: Vec::with_capacity(width),
        };
        for (index, name) in self.columns.iter().enumerate() {
            let column = self.column_values(index);
            let first = self.values.get(index).copied().unwrap_or_default();
            if column.clone().all(|x| x == first) {
                return Err(Error::data(
                    &self.path,
                    format!(
                        "column \"{name}\" is never anything but {first} in {}; there is nothing to \
                         learn from it: leave it out",
                        counted(self.len(), "row")
                    ),
                ));
            }
            let mean = column.clone().map(|x| x / n).sum::<f64>();
            let std = (column.clone().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt();
            let usable = (mean as f32).is_finite() && (std as f32).is_normal();
            if !usable {
                return Err(Error::data(
                    &self.path,
                    format!(
                        "column \"{name}\" has mean {mean:e} and standard deviation {std:e}, beyond \
                         single precision: choose another unit for it"
                    ),
                ));
            }
            let cells = standardised.values.iter_mut().skip(index).step_by(width);
            for (to, x) in cells.zip(column) {
                *to = ((x - mean) / std) as f32;
            }
            standardised.mean.push(mean as f32);
            standardised.std.push(std as f32);
        }
        Ok(standardised)
    }
}

fn numbered(width: usize) -> Vec<String> {
    (1..=width).map(|i| i.to_string()).collect()
}

pub(super) fn is_number(field: &str) -> bool {
    field.parse::<f64>().is_ok()
}

/// The table, or what is wrong with it. `path` is only recorded.
fn parse_csv(bytes: &[u8], path: &Path) -> Result<Table, String> {
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        // Ragged rows are reported here, with what to do, rather than by the reader.
        .flexible(true)
        .trim(Trim::All)
        .from_reader(bytes);
    let mut columns: Vec<String> = Vec::new();
    let mut first_line = 0;
    let mut values = Vec::new();
    for record in reader.records() {
        let record = record.map_err(unreadable)?;
        let line = record.position().map_or(0, |start| line_of(bytes, start));
        if columns.is_empty() {
            first_line = line;
            if let Some(names) = header(&record, line)? {
                columns = names;
                continue;
            }
            columns = numbered(record.len());
        }
        if record.len() != columns.len() {
            return Err(format!(
                "line {line} has {}, but line {first_line} has {}; every row needs as many",
                counted(record.len(), "field"),
                columns.len()
            ));
        }
        for (field, column) in record.iter().zip(&columns) {
            values
                .push(number(field).map_err(|e| format!("line {line}, column \"{column}\": {e}"))?);
        }
    }
    if columns.is_empty() {
        return Err("the file is empty; expected rows of numbers separated by commas".into());
    }
    if values.is_empty() {
        return Err(format!(
            "holds a header of {} but no rows of numbers",
            counted(columns.len(), "column")
        ));
    }
    Ok(Table {
        path: path.into(),
        columns,
        values,
    })
}

/// The line that a record starts on. The reader counts from before the blank lines that it skips.
fn line_of(bytes: &[u8], start: &csv::Position) -> u64 {
    let rest = bytes.iter().skip(start.byte() as usize);
    let skipped = rest.take_while(|b| matches!(b, b'\r' | b'\n'));
    start.line() + skipped.filter(|b| **b == b'\n').count() as u64
}

/// The names in the first row, or `None` when it holds numbers already.
fn header(record: &StringRecord, line: u64) -> Result<Option<Vec<String>>, String> {
    let numbers = record.iter().filter(|f| is_number(f)).count();
    if numbers == 0 {
        let name = |(i, field): (usize, &str)| match field {
            "" => format!("column {}", i + 1),
            named => named.to_string(),
        };
        return Ok(Some(record.iter().enumerate().map(name).collect()));
    }
    let text = record.iter().find(|f| !is_number(f));
    match text {
        None => Ok(None),
        Some(text) => Err(format!(
            "line {line} holds both numbers and text (\"{text}\"); \
             a header holds names only, a row numbers only"
        )),
    }
}

fn number(field: &str) -> Result<f64, String> {
    match field.parse::<f64>() {
        Ok(x) if x.is_finite() => Ok(x),
        Ok(_) => Err(format!(
            "{field} is not a finite number; remove the row or fill the value in"
        )),
        Err(_) if field.is_empty() => {
            Err("the value is missing; remove the row or fill the value in".into())
        }
        Err(_) if field.contains([';', '\t']) => Err(format!(
            "\"{field}\" is not a number; separate fields with commas, and write decimals with a point"
        )),
        Err(_) => Err(format!(
            "\"{field}\" is not a number; leave the column out or code it as numbers"
        )),
    }
}

fn unreadable(error: csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Utf8 { pos: Some(pos), .. } => {
            format!("line {} is not UTF-8 text; is this a CSV file?", pos.line())
        }
        _ => format!("not a readable CSV file: {error}"),
    }
}
