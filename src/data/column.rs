//! One column of a table whose cells may be numbers, text or missing.

use std::collections::HashMap;

/// The cells of a column.
#[derive(Debug, Default)]
pub(super) struct Column {
    /// Numbers, and 0 for cells that hold none. In a column of text, indices into `labels`.
    pub values: Vec<f64>,
    /// The different texts of a column of text, in the order in which they first appear.
    pub labels: Vec<String>,
    /// Cells that hold no finite number, in order.
    pub exceptions: Vec<Cell>,
}

/// A cell that holds no finite number.
#[derive(Debug)]
pub(super) struct Cell {
    /// Row from 0.
    pub row: usize,
    /// Line or row as the file counts it, from 1.
    pub line: u64,
    /// Content of the cell.
    pub text: String,
}

impl Column {
    /// Adds a cell.
    pub fn push(&mut self, text: &str, line: u64) {
        let value = parse_number(text).ok();
        if value.is_none() {
            self.exceptions.push(Cell {
                row: self.values.len(),
                line,
                text: text.into(),
            });
        }
        self.values.push(value.unwrap_or(0.0));
    }

    /// Whether no cell holds a number.
    pub fn is_text(&self) -> bool {
        self.exceptions.len() == self.values.len()
    }

    /// Numbers the different texts of a column of text; call this when all cells are there.
    pub fn encode_text(&mut self) {
        if !self.is_text() {
            return;
        }
        self.labels.clear();
        let mut codes: HashMap<&str, usize> = HashMap::new();
        for (cell, value) in self.exceptions.iter().zip(&mut self.values) {
            let code = *codes.entry(&cell.text).or_insert_with(|| {
                self.labels.push(cell.text.clone());
                self.labels.len() - 1
            });
            *value = code as f64;
        }
    }

    /// The first cell that does not fit a column of numbers or of text, and what is wrong with it.
    pub fn first_error(&self) -> Option<(&Cell, String)> {
        let is_text = self.is_text();
        self.exceptions
            .iter()
            .find_map(|cell| match parse_number(&cell.text) {
                Ok(_) => None,
                Err(NotANumber::Text(_) | NotANumber::MissingMark(_)) if is_text => None,
                Err(reason) => Some((cell, reason.problem())),
            })
    }

    /// The first cell that holds no finite number, and what is wrong with it.
    pub fn first_exception(&self) -> Option<(&Cell, String)> {
        let cell = self.exceptions.first()?;
        Some((cell, parse_number(&cell.text).err()?.problem()))
    }

    /// The cells without a value.
    pub fn missing(&self) -> impl Iterator<Item = &Cell> {
        let is_text = self.is_text();
        self.exceptions
            .iter()
            .filter(move |cell| match parse_number(&cell.text) {
                Err(NotANumber::Missing(_)) => true,
                // In a column of text, "none" and "-" may be values like others.
                Err(NotANumber::MissingMark(_)) => !(is_text && may_be_a_value(&cell.text)),
                _ => false,
            })
    }
}

/// Why a cell is not a finite number, with the words for an error.
enum NotANumber {
    /// Text that is neither a number nor a mark of a missing value.
    Text(String),
    /// A word that usually stands for a missing value.
    MissingMark(String),
    /// An infinite number, or several fields in one.
    Invalid(String),
    /// NaN, or an empty cell.
    Missing(String),
}

impl NotANumber {
    fn problem(self) -> String {
        match self {
            NotANumber::Text(problem)
            | NotANumber::MissingMark(problem)
            | NotANumber::Invalid(problem)
            | NotANumber::Missing(problem) => problem,
        }
    }
}

/// Whether a word usually stands for a missing value.
pub(crate) fn stands_for_missing(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    [
        "na", "n/a", "#n/a", "<na>", "null", "none", "nil", "missing", "-", "?", ".",
    ]
    .contains(&text.as_str())
}

/// Whether a word that stands for a missing value may as well be a value.
fn may_be_a_value(text: &str) -> bool {
    ["none", "nil", "-", "."].contains(&&text.to_ascii_lowercase()[..])
}

fn not_finite(text: &str) -> String {
    format!("{text} is not a finite number; remove the row or replace the value")
}

fn parse_number(text: &str) -> Result<f64, NotANumber> {
    match text.parse::<f64>() {
        Ok(x) if x.is_finite() => Ok(x),
        Ok(x) if x.is_nan() => Err(NotANumber::Missing(not_finite(text))),
        Ok(_) => Err(NotANumber::Invalid(not_finite(text))),
        Err(_) if text.is_empty() => Err(NotANumber::Missing(
            "the value is missing; remove the row or replace the value".into(),
        )),
        Err(_) if text.contains([';', '\t']) => Err(NotANumber::Invalid(format!(
            "\"{text}\" is not a number; separate fields with commas, and write decimals with a point"
        ))),
        Err(_) if stands_for_missing(text) => Err(NotANumber::MissingMark(format!(
            "\"{text}\" is not a number; if it stands for a missing value, remove the row or replace the value"
        ))),
        Err(_) => Err(NotANumber::Text(format!(
            "\"{text}\" is not a number; leave the column out or encode it as numbers"
        ))),
    }
}

/// Whether a cell holds a number, finite or not.
pub(super) fn is_number(text: &str) -> bool {
    text.parse::<f64>().is_ok()
}
