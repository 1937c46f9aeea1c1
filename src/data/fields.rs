//! Tables as their files have them: columns of numbers and columns of text. CSV and NPY.

use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use csv::{ReaderBuilder, StringRecord, Trim};

use super::{Table, npy};
use crate::error::{AtPath, Error, Result, counted};

/// A table whose columns are of finite numbers or of text; what is wrong with a column is told when it is
/// asked for.
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
/// let (weather, dropped) = weather.with_values_in(&[2])?;
/// assert_eq!(dropped, ["column \"note\": 2 rows"]);
/// assert_eq!(weather.column(1)?, Values::Numbers(&[7.0]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Fields {
    /// The file it came from, for messages.
    pub path: PathBuf,
    /// Names from the header, or "1", "2", … without one.
    pub names: Vec<String>,
    columns: Vec<Column>,
}

/// What a column holds.
#[derive(Debug, PartialEq)]
pub enum Values<'a> {
    /// Finite numbers.
    Numbers(&'a [f64]),
    /// Text, and no number: of each row the place of its text in `labels`, in the order of their appearance.
    Symbols {
        codes: &'a [f64],
        labels: &'a [String],
    },
}

#[derive(Debug, Default)]
struct Column {
    /// Numbers, and 0 where there is none; of a column of text, places in `labels`.
    values: Vec<f64>,
    labels: Vec<String>,
    /// What is no finite number, in order.
    words: Vec<Word>,
}

#[derive(Debug)]
struct Word {
    /// Its row from 0, and its line or row as its file counts them.
    row: usize,
    line: u64,
    text: String,
}

impl Column {
    fn take(&mut self, field: &str, line: u64) {
        let value = number(field).ok();
        if value.is_none() {
            self.words.push(Word {
                row: self.values.len(),
                line,
                text: field.into(),
            });
        }
        self.values.push(value.unwrap_or(0.0));
    }

    /// No number at all.
    fn is_text(&self) -> bool {
        self.words.len() == self.values.len()
    }

    /// To be called when all is taken.
    fn number_texts(&mut self) {
        if !self.is_text() {
            return;
        }
        self.labels.clear();
        let mut places: HashMap<&str, usize> = HashMap::new();
        for (word, value) in self.words.iter().zip(&mut self.values) {
            let place = *places.entry(&word.text).or_insert_with(|| {
                self.labels.push(word.text.clone());
                self.labels.len() - 1
            });
            *value = place as f64;
        }
    }

    /// The first field that does not belong here, and why.
    fn fault(&self) -> Option<(&Word, String)> {
        let text = self.is_text();
        self.words
            .iter()
            .find_map(|word| match (number(&word.text), text) {
                (Err(Fault::Text(_) | Fault::Mark(_)), true) | (Ok(_), _) => None,
                (Err(fault), _) => Some((word, fault.problem())),
            })
    }

    /// The first field that is no finite number.
    fn first_word(&self) -> Option<(&Word, String)> {
        let word = self.words.first()?;
        Some((word, number(&word.text).err()?.problem()))
    }

    /// Fields that hold no value.
    fn missing(&self) -> impl Iterator<Item = &Word> {
        let text = self.is_text();
        self.words
            .iter()
            .filter(move |word| match number(&word.text) {
                Err(Fault::Gap(_)) => true,
                // Among words "none" and "-" are words.
                Err(Fault::Mark(_)) => !(text && means_something(&word.text)),
                _ => false,
            })
    }
}

impl Fields {
    /// Reads a table: NPY (two dimensions, f32 or f64) if the name ends in `.npy`, else CSV, as
    /// [`Table::read`] does.
    ///
    /// # Errors
    /// [`Error::Data`] with its line for an empty file and for rows of different lengths; [`Error::Io`] when it
    /// cannot be read.
    pub fn read(path: &Path) -> Result<Self> {
        match path
            .extension()
            .is_some_and(|e| e.eq_ignore_ascii_case("npy"))
        {
            true => Self::read_npy(path),
            false => Self::read_csv(path),
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
        let mut columns: Vec<Column> = (0..width).map(|_| Column::default()).collect();
        for (at, &x) in array.values.iter().enumerate() {
            columns[at % width].take(&x.to_string(), (at / width + 1) as u64);
        }
        Ok(Fields {
            path: path.into(),
            names: numbered(width),
            columns,
        })
    }

    fn read_csv(path: &Path) -> Result<Self> {
        let mut bytes = Vec::new();
        let mut file = std::fs::File::open(path).at(path)?;
        file.read_to_end(&mut bytes).at(path)?;
        parse_csv(&bytes, path).map_err(|problem| Error::data(path, problem))
    }

    /// One column by its place.
    ///
    /// # Errors
    /// [`Error::Data`] with line and column for a field that is neither a finite number nor text, and for text
    /// among numbers; [`Error::Usage`] for a place beyond the last.
    pub fn column(&self, place: usize) -> Result<Values<'_>> {
        let Some(column) = self.columns.get(place) else {
            return Err(Error::Usage(format!(
                "{} has {}, and none in place {place}",
                self.path.display(),
                counted(self.columns.len(), "column")
            )));
        };
        match column.fault() {
            Some((word, problem)) => Err(self.refuse(place, word, &problem)),
            None if column.is_text() => Ok(Values::Symbols {
                codes: &column.values,
                labels: &column.labels,
            }),
            None => Ok(Values::Numbers(&column.values)),
        }
    }

    /// In how many rows a column lacks a value: there is nothing, NaN, or, among numbers, a word for it (NA, null, …);
    /// among words such a word too, unless it may well mean something ("none", "-").
    pub fn lacking(&self, place: usize) -> usize {
        self.columns
            .get(place)
            .map_or(0, |column| column.missing().count())
    }

    /// Whether the words that were read as names stand in the rows below them too: they may be no names but a row.
    pub fn names_recur(&self) -> bool {
        let mut columns = self.names.iter().zip(&self.columns);
        columns.all(|(name, column)| column.is_text() && column.labels.contains(name))
    }

    /// Without the rows that lack a value in one of these columns, and what those are: `column "age": 3 rows`.
    ///
    /// # Errors
    /// [`Error::Data`] when no row is left.
    pub fn with_values_in(mut self, places: &[usize]) -> Result<(Self, Vec<String>)> {
        let rows = self.columns.first().map_or(0, |column| column.values.len());
        let (mut lacks, mut said) = (vec![false; rows], Vec::new());
        for &place in places {
            let Some(column) = self.columns.get(place) else {
                continue;
            };
            let mut marks: Vec<&str> = Vec::new();
            let mut count = 0;
            for word in column.missing() {
                lacks[word.row] = true;
                count += 1;
                if !word.text.is_empty() && !marks.contains(&&word.text[..]) {
                    marks.push(&word.text);
                }
            }
            if count > 0 {
                let marks: Vec<String> = marks.iter().map(|mark| format!(" {mark:?}")).collect();
                said.push(format!(
                    "column \"{}\":{} {}",
                    self.names[place],
                    marks.join(","),
                    counted(count, "row")
                ));
            }
        }
        // Of each row that stays, how many stay before it.
        let mut after = Vec::with_capacity(rows);
        let mut kept = 0;
        for &lacks in &lacks {
            after.push(kept);
            kept += usize::from(!lacks);
        }
        if kept == 0 {
            return Err(Error::data(
                &self.path,
                format!("every row lacks a value ({})", said.join("; ")),
            ));
        }
        for column in &mut self.columns {
            let mut each = lacks.iter();
            column.values.retain(|_| each.next() == Some(&false));
            column.words.retain(|word| !lacks[word.row]);
            column
                .words
                .iter_mut()
                .for_each(|word| word.row = after[word.row]);
            column.number_texts();
        }
        Ok((self, said))
    }

    /// The table, if all of it is numbers.
    pub(super) fn into_table(self) -> Result<Table> {
        let faults = self.columns.iter().map(Column::first_word).enumerate();
        let faults = faults.filter_map(|(place, fault)| Some((place, fault?)));
        if let Some((place, (word, problem))) = faults.min_by_key(|(_, (word, _))| word.line) {
            return Err(self.refuse(place, word, &problem));
        }
        let rows = self.columns.first().map_or(0, |column| column.values.len());
        let row = |i: usize| self.columns.iter().map(move |column| column.values[i]);
        Ok(Table {
            values: (0..rows).flat_map(row).collect(),
            path: self.path,
            columns: self.names,
        })
    }

    fn refuse(&self, place: usize, word: &Word, problem: &str) -> Error {
        let (name, line) = (&self.names[place], word.line);
        let at = match self.path.extension() {
            Some(e) if e.eq_ignore_ascii_case("npy") => format!("row {line}, column {name}"),
            _ => format!("line {line}, column \"{name}\""),
        };
        Error::data(&self.path, format!("{at}: {problem}"))
    }
}

fn numbered(width: usize) -> Vec<String> {
    (1..=width).map(|i| i.to_string()).collect()
}

pub(super) fn is_number(field: &str) -> bool {
    field.parse::<f64>().is_ok()
}

/// The table, or what is wrong with it. `path` is only recorded.
fn parse_csv(bytes: &[u8], path: &Path) -> Result<Fields, String> {
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        // Ragged rows are reported here, with what to do, rather than by the reader.
        .flexible(true)
        .trim(Trim::All)
        .from_reader(bytes);
    let mut names: Vec<String> = Vec::new();
    let mut columns: Vec<Column> = Vec::new();
    let mut first_line = 0;
    for record in reader.records() {
        let record = record.map_err(unreadable)?;
        let line = record.position().map_or(0, |start| line_of(bytes, start));
        if names.is_empty() {
            first_line = line;
            columns.resize_with(record.len(), Column::default);
            if let Some(header) = header(&record, line)? {
                names = header;
                continue;
            }
            names = numbered(record.len());
        }
        if record.len() != names.len() {
            return Err(format!(
                "line {line} has {}, but line {first_line} has {}; every row needs as many",
                counted(record.len(), "field"),
                names.len()
            ));
        }
        for (field, column) in record.iter().zip(&mut columns) {
            column.take(field, line);
        }
    }
    if names.is_empty() {
        return Err("the file is empty; expected rows of numbers separated by commas".into());
    }
    if columns.iter().all(|column| column.values.is_empty()) {
        return Err(format!(
            "holds a header of {} but no rows",
            counted(names.len(), "column")
        ));
    }
    columns.iter_mut().for_each(Column::number_texts);
    Ok(Fields {
        path: path.into(),
        names,
        columns,
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
    let text = record.iter().find(|f| !is_number(f));
    match text {
        None => Ok(None),
        Some(text) => Err(format!(
            "line {line} holds both numbers and text (\"{text}\"); \
             a header holds names only, a row numbers only"
        )),
    }
}

/// What a field is that is no finite number.
enum Fault {
    Text(String),
    /// A word that stands for no value.
    Mark(String),
    Neither(String),
    /// NaN, or nothing.
    Gap(String),
}

impl Fault {
    fn problem(self) -> String {
        match self {
            Fault::Text(problem)
            | Fault::Mark(problem)
            | Fault::Neither(problem)
            | Fault::Gap(problem) => problem,
        }
    }
}

/// What people and programs write where there is no value.
pub(crate) fn stands_for_missing(field: &str) -> bool {
    let field = field.to_ascii_lowercase();
    [
        "na", "n/a", "#n/a", "<na>", "null", "none", "nil", "missing", "-", "?", ".",
    ]
    .contains(&field.as_str())
}

/// Whether a word for a missing value is as well a word that means something.
fn means_something(field: &str) -> bool {
    ["none", "nil", "-", "."].contains(&&field.to_ascii_lowercase()[..])
}

fn not_finite(field: &str) -> String {
    format!("{field} is not a finite number; remove the row or fill the value in")
}

fn number(field: &str) -> Result<f64, Fault> {
    match field.parse::<f64>() {
        Ok(x) if x.is_finite() => Ok(x),
        Ok(x) if x.is_nan() => Err(Fault::Gap(not_finite(field))),
        Ok(_) => Err(Fault::Neither(not_finite(field))),
        Err(_) if field.is_empty() => Err(Fault::Gap(
            "the value is missing; remove the row or fill the value in".into(),
        )),
        Err(_) if field.contains([';', '\t']) => Err(Fault::Neither(format!(
            "\"{field}\" is not a number; separate fields with commas, and write decimals with a point"
        ))),
        Err(_) if stands_for_missing(field) => Err(Fault::Mark(format!(
            "\"{field}\" is not a number; if it stands for a missing value, remove the row or fill the value in"
        ))),
        Err(_) => Err(Fault::Text(format!(
            "\"{field}\" is not a number; leave the column out or code it as numbers"
        ))),
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
