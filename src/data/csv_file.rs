//! Reads CSV files into columns.

use std::io::Read;
use std::path::Path;

use csv::{ReaderBuilder, StringRecord, Trim};

use super::column::{Column, is_number};
use crate::error::{AtPath, Error, Result, counted};

/// The names of the columns, and the columns.
pub(super) type Columns = (Vec<String>, Vec<Column>);

/// Reads a CSV file.
///
/// # Errors
/// [`Error::Data`] with its line for an empty file and for rows of different lengths; [`Error::Io`] when
/// it cannot be read.
pub(super) fn read(path: &Path) -> Result<Columns> {
    let mut bytes = Vec::new();
    let mut file = std::fs::File::open(path).at(path)?;
    file.read_to_end(&mut bytes).at(path)?;
    parse(&bytes).map_err(|problem| Error::data(path, problem))
}

/// Names for columns without a header: "1", "2", …
pub(super) fn numbered_names(width: usize) -> Vec<String> {
    (1..=width).map(|i| i.to_string()).collect()
}

/// The columns, or what is wrong with the file.
fn parse(bytes: &[u8]) -> Result<Columns, String> {
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        // Rows of different lengths are reported below, in words that say what to do.
        .flexible(true)
        .trim(Trim::All)
        .from_reader(bytes);
    let mut names: Vec<String> = Vec::new();
    let mut columns: Vec<Column> = Vec::new();
    let mut first_line = 0;
    for record in reader.records() {
        let record = record.map_err(|e| unreadable(&e))?;
        let line = record.position().map_or(0, |start| line_of(bytes, start));
        if names.is_empty() {
            first_line = line;
            columns.resize_with(record.len(), Column::default);
            if let Some(header) = header(&record, line)? {
                names = header;
                continue;
            }
            names = numbered_names(record.len());
        }
        if record.len() != names.len() {
            return Err(format!(
                "line {line} has {}, but line {first_line} has {}; every row needs the same number",
                counted(record.len(), "field"),
                names.len()
            ));
        }
        for (field, column) in record.iter().zip(&mut columns) {
            column.push(field, line);
        }
    }
    if names.is_empty() {
        return Err("the file is empty; expected rows of numbers separated by commas".into());
    }
    if columns.iter().all(|column| column.values.is_empty()) {
        return Err(format!(
            "has a header of {} but no rows",
            counted(names.len(), "column")
        ));
    }
    columns.iter_mut().for_each(Column::encode_text);
    Ok((names, columns))
}

/// The line that a record starts on. The reader's own position is before the blank lines that it skips.
fn line_of(bytes: &[u8], start: &csv::Position) -> u64 {
    let rest = bytes.iter().skip(start.byte() as usize);
    let skipped = rest.take_while(|b| matches!(b, b'\r' | b'\n'));
    start.line() + skipped.filter(|b| **b == b'\n').count() as u64
}

/// The names in the first row, or `None` when it holds numbers already.
fn header(record: &StringRecord, line: u64) -> Result<Option<Vec<String>>, String> {
    let numbers = record.iter().filter(|f| is_number(f)).count();
    if let (1, Some(one)) = (record.len(), record.get(0))
        && numbers == 0
        && one.contains([';', '\t'])
    {
        return Err(format!(
            "line {line} is one column, \"{one}\"; separate fields with commas, and write decimals with a point"
        ));
    }
    if numbers == 0 {
        let name = |(i, field): (usize, &str)| match field {
            "" => format!("column {}", i + 1),
            named => named.to_string(),
        };
        return Ok(Some(record.iter().enumerate().map(name).collect()));
    }
    match record.iter().find(|f| !is_number(f)) {
        None => Ok(None),
        Some(text) => Err(format!(
            "line {line} holds both numbers and text (\"{text}\"); \
             a header must hold names only, and a row numbers only"
        )),
    }
}

/// What is wrong with a file that is not CSV.
fn unreadable(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Utf8 { pos: Some(pos), .. } => {
            format!("line {} is not UTF-8 text; is this a CSV file?", pos.line())
        }
        _ => format!("not a readable CSV file: {error}"),
    }
}
