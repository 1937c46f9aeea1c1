//! What is wrong with a chapter or its notebook, and where.

use std::fmt;

/// One fault, in one line a reader can click on: `book/src/x.md:12: what is wrong; what to do`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Relative to the project's folder.
    pub file: String,
    /// Counted from 1.
    pub line: usize,
    pub what: String,
}

impl Finding {
    pub fn new(file: impl Into<String>, line: usize, what: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            line,
            what: what.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.what)
    }
}
