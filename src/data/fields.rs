//! Tables with columns of numbers and columns of text, from CSV and NPY files.

use std::path::{Path, PathBuf};

use super::column::{Cell, Column};
use super::{csv_file, npy};
use crate::error::{Error, Result, counted};

/// A table whose columns hold finite numbers or text. An invalid value is an error only when its column
/// is used.
///
/// ```
/// use ganscope::data::{Fields, Values};
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("weather.csv");
/// std::fs::write(&path, "sky,wind,note\nclear,3.5,\ngrey,7,gusts\nclear,2,\n")?;
/// let weather = Fields::read(&path)?;
/// assert_eq!(weather.column(1)?, Values::Numbers(&[3.5, 7.0, 2.0]));
/// let labels = ["clear".to_string(), "grey".to_string()];
/// assert_eq!(weather.column(0)?, Values::Symbols { codes: &[0.0, 1.0, 0.0], labels: &labels });
/// let message = weather.column(2).unwrap_err().to_string();
/// assert!(message.contains("line 2, column \"note\": the value is missing"), "{message}");
/// let (weather, dropped) = weather.drop_missing(&[2])?;
/// assert_eq!(dropped, ["column \"note\": 2 rows"]);
/// assert_eq!(weather.column(1)?, Values::Numbers(&[7.0]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Fields {
    /// File that the table was read from, for messages.
    pub path: PathBuf,
    /// Names of the columns from the header, or "1", "2", … without one.
    pub names: Vec<String>,
    columns: Vec<Column>,
}

/// The values of one column.
#[derive(Debug, PartialEq)]
pub enum Values<'a> {
    /// Finite numbers.
    Numbers(&'a [f64]),
    /// Text, as indices into its distinct labels.
    Symbols {
        /// For each row, the index of its text in `labels`.
        codes: &'a [f64],
        /// The different texts, in the order in which they first appear.
        labels: &'a [String],
    },
}

impl Fields {
    /// Reads a table: NPY (two dimensions, f32 or f64) if the name ends in `.npy`, else CSV, like
    /// [`Table::read`](super::Table::read).
    ///
    /// # Errors
    /// [`Error::Data`] with its line for an empty file and for rows of different lengths; [`Error::Io`] when it
    /// cannot be read.
    pub fn read(path: &Path) -> Result<Self> {
        let (names, columns) = if is_npy(path) {
            read_npy(path)?
        } else {
            csv_file::read(path)?
        };
        Ok(Fields {
            path: path.into(),
            names,
            columns,
        })
    }

    /// The values of the column at `index`.
    ///
    /// # Errors
    /// [`Error::Data`] with line and column for a field that is neither a finite number nor text, and for text
    /// in a column of numbers; [`Error::Usage`] when there is no column at `index`.
    pub fn column(&self, index: usize) -> Result<Values<'_>> {
        let Some(column) = self.columns.get(index) else {
            return Err(Error::Usage(format!(
                "{} has {}, but none with index {index}",
                self.path.display(),
                counted(self.columns.len(), "column")
            )));
        };
        match column.first_error() {
            Some((cell, problem)) => Err(self.refuse(index, cell, &problem)),
            None if column.is_text() => Ok(Values::Symbols {
                codes: &column.values,
                labels: &column.labels,
            }),
            None => Ok(Values::Numbers(&column.values)),
        }
    }

    /// Number of rows without a value in the column at `index`.
    ///
    /// A value is missing when the field is empty, NaN, or a word for a missing value (NA, null, …). In a
    /// column of text the words "none", "nil", "-" and "." count as values.
    pub fn count_missing(&self, index: usize) -> usize {
        self.columns
            .get(index)
            .map_or(0, |column| column.missing().count())
    }

    /// Whether every name in the header is also a value of its column: then the header may be a row.
    pub fn header_looks_like_a_row(&self) -> bool {
        let mut columns = self.names.iter().zip(&self.columns);
        columns.all(|(name, column)| column.is_text() && column.labels.contains(name))
    }

    /// The table without the rows that lack a value in one of the columns at `indices`, and a line for
    /// each of these columns that lacks one: `column "age": 3 rows`.
    ///
    /// # Errors
    /// [`Error::Data`] when no row is left.
    pub fn drop_missing(mut self, indices: &[usize]) -> Result<(Self, Vec<String>)> {
        let rows = self.columns.first().map_or(0, |column| column.values.len());
        let (mut is_dropped, mut lines) = (vec![false; rows], Vec::new());
        for &index in indices {
            let Some(column) = self.columns.get(index) else {
                continue;
            };
            let mut marks: Vec<&str> = Vec::new();
            let mut count = 0;
            for cell in column.missing() {
                is_dropped[cell.row] = true;
                count += 1;
                if !cell.text.is_empty() && !marks.contains(&&cell.text[..]) {
                    marks.push(&cell.text);
                }
            }
            if count > 0 {
                let marks: Vec<String> = marks.iter().map(|mark| format!(" {mark:?}")).collect();
                lines.push(format!(
                    "column \"{}\":{} {}",
                    self.names[index],
                    marks.join(","),
                    counted(count, "row")
                ));
            }
        }
        // For each row that is kept, the number of kept rows before it.
        let mut new_rows = Vec::with_capacity(rows);
        let mut kept = 0;
        for &is_dropped in &is_dropped {
            new_rows.push(kept);
            kept += usize::from(!is_dropped);
        }
        if kept == 0 {
            return Err(Error::data(
                &self.path,
                format!("every row has a missing value ({})", lines.join("; ")),
            ));
        }
        for column in &mut self.columns {
            let mut each = is_dropped.iter();
            column.values.retain(|_| each.next() == Some(&false));
            column.exceptions.retain(|cell| !is_dropped[cell.row]);
            column
                .exceptions
                .iter_mut()
                .for_each(|cell| cell.row = new_rows[cell.row]);
            column.encode_text();
        }
        Ok((self, lines))
    }

    /// All values, row-major [rows, columns].
    ///
    /// # Errors
    /// [`Error::Data`] with line and column for the first field that is not a finite number.
    pub(super) fn numbers(&self) -> Result<Vec<f64>> {
        let errors = self
            .columns
            .iter()
            .map(Column::first_exception)
            .enumerate()
            .filter_map(|(index, error)| Some((index, error?)));
        if let Some((index, (cell, problem))) = errors.min_by_key(|(_, (cell, _))| cell.line) {
            return Err(self.refuse(index, cell, &problem));
        }
        let rows = self.columns.first().map_or(0, |column| column.values.len());
        let row = |i: usize| self.columns.iter().map(move |column| column.values[i]);
        Ok((0..rows).flat_map(row).collect())
    }

    fn refuse(&self, index: usize, cell: &Cell, problem: &str) -> Error {
        let (name, line) = (&self.names[index], cell.line);
        let at = if is_npy(&self.path) {
            format!("row {line}, column {name}")
        } else {
            format!("line {line}, column \"{name}\"")
        };
        Error::data(&self.path, format!("{at}: {problem}"))
    }
}

fn is_npy(path: &Path) -> bool {
    path.extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("npy"))
}

fn read_npy(path: &Path) -> Result<csv_file::Columns> {
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
    let mut columns: Vec<Column> = (0..width).map(|_| Column::default()).collect();
    for (at, &x) in array.values.iter().enumerate() {
        columns[at % width].push(&x.to_string(), (at / width + 1) as u64);
    }
    Ok((csv_file::numbered_names(width), columns))
}
