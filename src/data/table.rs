//! Tables of numbers.

use std::path::{Path, PathBuf};

use super::Fields;
use crate::error::{Error, Result, counted};

/// A table of finite numbers with named columns.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// File that the table was read from, for messages.
    pub path: PathBuf,
    /// Names of the columns from the header, or "1", "2", … without one.
    pub columns: Vec<String>,
    /// Values, row-major [rows, columns].
    pub values: Vec<f64>,
}

/// A table whose columns have mean 0 and standard deviation 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Standardised {
    /// Values, row-major [rows, columns].
    pub values: Vec<f32>,
    /// Mean that was subtracted from each column.
    pub mean: Vec<f32>,
    /// Standard deviation by which each column was then divided (with divisor n).
    pub std: Vec<f32>,
}

impl Table {
    /// Reads a table: NPY (two dimensions, f32 or f64) if the name ends in `.npy`, else CSV.
    ///
    /// Fields of a CSV file are separated by commas. The first row is a header when none of its fields
    /// is a number. Blank lines are skipped.
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
    ///     remove the row or replace the value"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Data`] with line and column for an empty file, rows of different lengths, text, NaN and
    /// infinite numbers; [`Error::Io`] when the file cannot be read.
    pub fn read(path: &Path) -> Result<Self> {
        let fields = Fields::read(path)?;
        Ok(Table {
            values: fields.numbers()?,
            path: fields.path,
            columns: fields.names,
        })
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.values.len() / self.columns.len().max(1)
    }

    /// Whether there is no row. [`read`](Self::read) returns at least one.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The values of the column with this name.
    ///
    /// # Errors
    /// [`Error::Usage`] when there is no column with this name.
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

    /// Scales each column to mean 0 and standard deviation 1.
    ///
    /// # Errors
    /// [`Error::Data`] for a column whose values are all equal, or whose mean or standard deviation is
    /// outside the range of single precision.
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
                        "column \"{name}\" is constant ({first} in {}), so it cannot be standardised; leave it out",
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
                        "column \"{name}\" has mean {mean:e} and standard deviation {std:e}, which is outside the \
                         range of single precision; choose another unit for it"
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
