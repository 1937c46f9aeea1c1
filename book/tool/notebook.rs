//! What an executed notebook says: its code cells, in order, with the outputs that were saved.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::finding::Finding;

/// One code cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    pub source: String,
    /// `None` where the cell never ran.
    pub execution_count: Option<u64>,
    pub outputs: Vec<Output>,
    /// What `notebooks/run.py` made of the outputs when it saved them.
    pub digest: Option<String>,
}

/// One output of a cell.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "output_type", rename_all = "snake_case")]
pub enum Output {
    Stream { name: String, text: Text },
    DisplayData { data: Data },
    ExecuteResult { data: Data },
    Error { ename: String, evalue: String },
}

/// One value in several forms, of which a reader sees the richest.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Data {
    #[serde(rename = "text/plain")]
    pub plain: Option<Text>,
    #[serde(rename = "text/html")]
    pub html: Option<Text>,
    #[serde(rename = "image/png")]
    pub png: Option<Text>,
    #[serde(rename = "image/svg+xml")]
    pub svg: Option<Text>,
}

/// nbformat saves a text as one string or as its lines.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(from = "Spelling")]
pub struct Text(pub String);

#[derive(Deserialize)]
#[serde(untagged)]
enum Spelling {
    Whole(String),
    Lines(Vec<String>),
}

impl From<Spelling> for Text {
    fn from(spelling: Spelling) -> Self {
        Self(match spelling {
            Spelling::Whole(text) => text,
            Spelling::Lines(lines) => lines.concat(),
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

/// Reads the code cells of an `.ipynb`; `file` names it in errors.
///
/// # Errors
/// No JSON, or no notebook of nbformat 4.
pub fn parse(file: &str, json: &str) -> Result<Vec<Cell>, Finding> {
    let unreadable = |line: usize, what: String| {
        let what = format!("this is no notebook of nbformat 4: {what}; run `just notebooks`");
        Finding::new(file, line.max(1), what)
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
            let digest = digest.and_then(|ours| ours["outputs"].as_str());
            Ok(Cell {
                digest: digest.map(str::to_owned),
                source: cell.source.0,
                execution_count: cell.execution_count,
                outputs: cell.outputs,
            })
        })
        .collect()
}
