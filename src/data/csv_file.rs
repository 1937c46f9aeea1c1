//! Reads CSV files into columns.

use std::io::Read;
use std::path::Path;

use csv::{ReaderBuilder, StringRecord, Trim};

use super::column::{Column, is_number};
use crate::error::{AtPath, Error, Result, counted};

/// Full-width punctuation of Chinese and Japanese text, which may separate fields or be a part of a name.
const WIDE_SEPARATORS: [char; 2] = ['，', '；'];

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
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err("the file is UTF-16 text; save it with the encoding UTF-8".into());
    }
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        // Rows of different lengths are reported below, in words that say what to do.
        .flexible(true)
        .trim(Trim::All)
        .from_reader(bytes);
    let mut names: Vec<String> = Vec::new();
    let mut columns: Vec<Column> = Vec::new();
    let mut first_line = 0;
    let mut record = StringRecord::new();
    while reader
        .read_record(&mut record)
        .map_err(|e| unreadable(&e))?
    {
        let line = record.position().map_or(0, |start| line_of(bytes, start));
        let wrong_length = !names.is_empty() && record.len() != names.len();
        let is_last = reader.position().byte() as usize >= bytes.trim_ascii_end().len();
        if is_last && has_unclosed_quote(bytes, &record, wrong_length) {
            return Err(format!(
                "the row that starts on line {line} has a quotation mark (\") that is not closed; close it, or remove it"
            ));
        }
        if names.is_empty() {
            first_line = line;
            columns.resize_with(record.len(), Column::default);
            let next = bytes.get(reader.position().byte() as usize..);
            if let Some(header) = header(&record, line, next.unwrap_or_default())? {
                names = header;
                continue;
            }
            names = numbered_names(record.len());
        }
        if wrong_length {
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

/// Whether the last record of a file has too many lines or the wrong number of fields because a quotation mark opens a
/// field that is never closed.
fn has_unclosed_quote(bytes: &[u8], last: &StringRecord, wrong_length: bool) -> bool {
    let spans_lines = last.iter().any(|field| field.contains('\n'));
    let start = last.position().map_or(0, |start| start.byte() as usize);
    let quotes = bytes.iter().skip(start).filter(|byte| **byte == b'"');
    (spans_lines || wrong_length) && !quotes.count().is_multiple_of(2)
}

/// Whether other characters than commas separate the fields of a line, which is followed by `next`.
fn is_separated_otherwise(line: &str, next: &[u8]) -> bool {
    let next = next.trim_ascii_start().split(|byte| *byte == b'\n').next();
    let next = String::from_utf8_lossy(next.unwrap_or_default());
    let in_both = |c: &char| line.contains(*c) && next.contains(*c);
    line.contains([';', '\t']) || WIDE_SEPARATORS.iter().any(in_both)
}

/// The names in the first row, which is followed by `next`, or `None` when it holds numbers already.
fn header(record: &StringRecord, line: u64, next: &[u8]) -> Result<Option<Vec<String>>, String> {
    let numbers = record.iter().filter(|f| is_number(f)).count();
    if let (1, Some(one)) = (record.len(), record.get(0))
        && numbers == 0
        && is_separated_otherwise(one, next)
    {
        return Err(format!(
            "line {line} is one column, \"{one}\"; separate fields with commas (,), and write decimals with a point"
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
            format!(
                "line {} is not UTF-8 text; if this is a CSV file, save it with the encoding UTF-8",
                pos.line()
            )
        }
        _ => format!("not a readable CSV file: {error}"),
    }
}
