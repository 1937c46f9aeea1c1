//! Reads the code cells of an executed notebook with their saved outputs.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::finding::Finding;

/// A code cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// Code of the cell.
    pub source: String,
    /// Number of the execution; `None` if the cell has not been run.
    pub execution_count: Option<u64>,
    /// Saved outputs.
    pub outputs: Vec<Output>,
    /// SHA-256 of the outputs, if `notebooks/run.py` saved them.
    pub digest: Option<String>,
}

/// An output of a cell.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "output_type", rename_all = "snake_case")]
pub enum Output {
    /// Text that the cell printed.
    Stream {
        /// `stdout` or `stderr`.
        name: String,
        /// The text.
        text: Text,
    },
    /// A value that the cell displayed.
    DisplayData {
        /// The value.
        data: Data,
    },
    /// Value of the cell's last expression.
    ExecuteResult {
        /// The value.
        data: Data,
    },
    /// An error that ended the cell.
    Error {
        /// Name of the error.
        ename: String,
        /// Message of the error.
        evalue: String,
    },
}

/// A value in several forms, one for each MIME type. A reader sees the richest of them.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Data {
    /// Plain text.
    #[serde(rename = "text/plain")]
    pub plain: Option<Text>,
    /// HTML.
    #[serde(rename = "text/html")]
    pub html: Option<Text>,
    /// PNG in base64.
    #[serde(rename = "image/png")]
    pub png: Option<Text>,
    /// SVG.
    #[serde(rename = "image/svg+xml")]
    pub svg: Option<Text>,
}

/// A text, which nbformat saves as one string or as a list of lines.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(from = "TextForm")]
pub struct Text(pub String);

#[derive(Deserialize)]
#[serde(untagged)]
enum TextForm {
    Whole(String),
    Lines(Vec<String>),
}

impl From<TextForm> for Text {
    fn from(form: TextForm) -> Self {
        Self(match form {
            TextForm::Whole(text) => text,
            TextForm::Lines(lines) => lines.concat(),
        })
    }
}

#[derive(Deserialize)]
struct File {
    cells: Vec<Value>,
}

#[derive(Deserialize)]
struct CodeCell {
    source: Text,
    execution_count: Option<u64>,
    outputs: Vec<Output>,
    #[serde(default)]
    metadata: Map<String, Value>,
}

/// Reads the code cells of an `.ipynb` file; `file` is its name for error messages.
///
/// # Errors
/// The text is not JSON or not a notebook of nbformat 4.
pub fn parse(file: &str, json: &str) -> Result<Vec<Cell>, Finding> {
    let unreadable = |line: usize, problem: String| {
        let message =
            format!("this is not a notebook of nbformat 4: {problem}; run `just notebooks`");
        Finding::new(file, line.max(1), message)
    };
    let notebook: File =
        serde_json::from_str(json).map_err(|e| unreadable(e.line(), e.to_string()))?;
    let code = notebook
        .cells
        .into_iter()
        .filter(|cell| cell["cell_type"] == "code");
    code.zip(1..)
        .map(|(cell, number)| {
            let cell: CodeCell = serde_json::from_value(cell)
                .map_err(|e| unreadable(1, format!("code cell {number}: {e}")))?;
            let digest = cell.metadata.get("ganscope");
            let digest = digest.and_then(|metadata| metadata["outputs"].as_str());
            Ok(Cell {
                digest: digest.map(str::to_owned),
                source: cell.source.0,
                execution_count: cell.execution_count,
                outputs: cell.outputs,
            })
        })
        .collect()
}
