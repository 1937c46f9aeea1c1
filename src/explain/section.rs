//! One method's part of an explanation.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::report::{Figure, Figures, Table};

/// What one method found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Section {
    /// Name of the method, as in [`METHODS`](super::METHODS).
    pub method: &'static str,
    /// Heading on the page.
    pub heading: &'static str,
    /// What was found, in sentences; the most important first.
    pub findings: Vec<String>,
    /// Every number, with its protocol.
    pub results: Map<String, Value>,
    /// The figures, tables and notes of the page.
    #[serde(skip)]
    pub parts: Vec<Part>,
}

/// A part of a section on the page.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// Figures, side by side where there is room.
    Figures(Vec<Figure>),
    /// A table.
    Table(Table),
    /// Text that is hidden until the reader unfolds it: a summary and the text.
    Details(String, String),
}

impl Section {
    /// Returns the figures of the section.
    pub fn figures(&self) -> Figures {
        let figures = self.parts.iter().filter_map(|part| match part {
            Part::Figures(figures) => Some(figures.clone()),
            Part::Table(_) | Part::Details(..) => None,
        });
        Figures(figures.flatten().collect())
    }

    pub(super) fn new(method: &'static str, heading: &'static str) -> Self {
        Section {
            method,
            heading,
            findings: Vec::new(),
            results: Map::new(),
            parts: Vec::new(),
        }
    }

    pub(super) fn finding(&mut self, text: impl Into<String>) -> &mut Self {
        self.findings.push(text.into());
        self
    }

    /// Keeps a result with all its numbers, under a name.
    pub(super) fn record(&mut self, name: &str, result: &impl Serialize) -> Result<()> {
        let value = serde_json::to_value(result)
            .map_err(|e| Error::Usage(format!("{name} cannot be written as JSON: {e}")))?;
        self.results.insert(name.into(), value);
        Ok(())
    }

    pub(super) fn figure(&mut self, svg: String, caption: impl Into<String>) -> &mut Self {
        let figure = Figure::new(svg, caption);
        // Figures that follow each other stand side by side.
        match self.parts.last_mut() {
            Some(Part::Figures(figures)) => figures.push(figure),
            _ => self.parts.push(Part::Figures(vec![figure])),
        }
        self
    }

    pub(super) fn table(&mut self, table: Table) -> &mut Self {
        self.parts.push(Part::Table(table));
        self
    }

    pub(super) fn details(&mut self, summary: &str, text: impl Into<String>) -> &mut Self {
        self.parts.push(Part::Details(summary.into(), text.into()));
        self
    }
}

/// The text with a capital at its beginning.
pub(super) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}
