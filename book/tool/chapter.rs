//! Parses a chapter: Markdown with fenced code blocks, each of which names its language.
//!
//! The fences whose language is exactly `rust` are the cells of the notebook. They share state from top to bottom.
//! The first cell sets up the notebook and is not shown in the book.

use std::ops::Range;

use crate::finding::Finding;

/// The only line of the first cell of every notebook. The path is relative to `notebooks/`.
pub const SET_UP: &str = r#":dep ganscope = { path = "..", default-features = false }"#;

/// The lines of a chapter and the fences in them.
#[derive(Debug, Clone, PartialEq)]
pub struct Chapter {
    /// File, relative to the project's directory: `book/src/03-1-model-structure.md`.
    pub file: String,
    /// All lines of the chapter.
    pub lines: Vec<String>,
    /// All fences, in their order.
    pub fences: Vec<Fence>,
}

/// A fenced code block.
#[derive(Debug, Clone, PartialEq)]
pub struct Fence {
    /// Text after the opening marks: `rust`, `text`, `console,ignore`.
    pub language: String,
    /// Line number of the first line of code, from 1.
    pub line: usize,
    /// The code, without the indentation of the fence and without a newline at the end.
    pub code: String,
    /// Range of the whole fence, including its marks, in [`Chapter::lines`].
    pub lines: Range<usize>,
}

impl Fence {
    /// Returns whether the fence is a cell of the notebook.
    pub fn is_cell(&self) -> bool {
        self.language == "rust"
    }
}

impl Chapter {
    /// Parses the text of a chapter.
    ///
    /// # Errors
    /// All fences that are not closed, that do not name a language or that are indented; a first cell that is not
    /// [`SET_UP`].
    pub fn parse(file: &str, text: &str) -> Result<Self, Vec<Finding>> {
        let mut chapter = Self {
            file: file.to_owned(),
            lines: text.lines().map(str::to_owned).collect(),
            fences: Vec::new(),
        };
        let mut findings = Vec::new();
        let mut at = 0;
        while at < chapter.lines.len() {
            let line = &chapter.lines[at];
            let Some(mark) = Mark::opening(line) else {
                if is_nested_fence(line) {
                    findings.push(Finding::new(
                        file,
                        at + 1,
                        "this fence is inside a list, a quotation or an indented block; move it to the start of the line",
                    ));
                }
                at += 1;
                continue;
            };
            let inside = &chapter.lines[at + 1..];
            let Some(length) = inside.iter().position(|line| mark.is_closed_by(line)) else {
                let message = format!("this fence is not closed; close it with {}", mark.text());
                findings.push(Finding::new(file, at + 1, message));
                break;
            };
            if mark.language.is_empty() {
                findings.push(Finding::new(
                    file,
                    at + 1,
                    "this fence does not name a language; write ```rust, or ```text if it is not code",
                ));
            }
            let code: Vec<&str> = inside[..length]
                .iter()
                .map(|line| without_indent(line, mark.indent))
                .collect();
            chapter.fences.push(Fence {
                language: mark.language.to_owned(),
                line: at + 2,
                code: code.join("\n"),
                lines: at..at + length + 2,
            });
            at += length + 2;
        }
        if let Some(first) = chapter.cells().next()
            && first.code != SET_UP
        {
            let message = format!(
                "the first rust fence must be the set-up cell, with only the line `{SET_UP}`"
            );
            findings.push(Finding::new(file, first.line, message));
        }
        if findings.is_empty() {
            Ok(chapter)
        } else {
            Err(findings)
        }
    }

    /// Returns the cells of the notebook, beginning with the set-up cell.
    pub fn cells(&self) -> impl Iterator<Item = &Fence> {
        self.fences.iter().filter(|fence| fence.is_cell())
    }

    /// Returns the file name without directory and extension; the notebook has the same.
    pub fn stem(&self) -> &str {
        stem(&self.file)
    }

    /// Returns the lines outside all fences, each with its index in [`Chapter::lines`].
    pub fn prose(&self) -> impl Iterator<Item = (usize, &str)> {
        let fenced = |index: &usize| self.fences.iter().any(|f| f.lines.contains(index));
        let lines = self.lines.iter().map(String::as_str).enumerate();
        lines.filter(move |(index, _)| !fenced(index))
    }
}

/// Returns the file name without directory and extension: `book/src/03-1-model-structure.md` →
/// `03-1-model-structure`.
pub fn stem(file: &str) -> &str {
    let name = file.rsplit('/').next().unwrap_or(file);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// The opening line of a fence.
struct Mark<'a> {
    sign: char,
    length: usize,
    indent: usize,
    language: &'a str,
}

impl<'a> Mark<'a> {
    fn opening(line: &'a str) -> Option<Self> {
        let indent = spaces(line);
        let marks = &line[indent..];
        let sign = marks.chars().next().filter(|c| matches!(c, '`' | '~'))?;
        let length = marks.chars().take_while(|c| *c == sign).count();
        let language = marks[length..].trim();
        // A line with more backticks after the opening ones is prose with inline code.
        let is_fence = indent <= 3 && length >= 3 && !(sign == '`' && language.contains('`'));
        is_fence.then_some(Self {
            sign,
            length,
            indent,
            language,
        })
    }

    fn is_closed_by(&self, line: &str) -> bool {
        let marks = line.trim_end();
        let indent = spaces(marks);
        let marks = &marks[indent..];
        indent <= 3 && marks.len() >= self.length && marks.chars().all(|c| c == self.sign)
    }

    fn text(&self) -> String {
        self.sign.to_string().repeat(self.length)
    }
}

fn spaces(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

fn without_indent(line: &str, indent: usize) -> &str {
    &line[spaces(line).min(indent)..]
}

/// Whether a line opens a fence for Markdown but not for jupytext and this parser.
fn is_nested_fence(line: &str) -> bool {
    let item = line.trim_start_matches(|c: char| c.is_whitespace() || ">-*+".contains(c));
    let number = item.trim_start_matches(|c: char| c.is_ascii_digit());
    let item = number.strip_prefix(['.', ')']).unwrap_or(item).trim_start();
    item.len() < line.len() && Mark::opening(item).is_some()
}
