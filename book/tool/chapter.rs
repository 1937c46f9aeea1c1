//! A chapter is Markdown: prose, and fences that each name their language.
//!
//! The ones that say `rust` and nothing else are the cells of its notebook; they share state from top to
//! bottom. The first of them sets the notebook up and is not shown in the book.

use std::ops::Range;

use crate::finding::Finding;

/// The one line of every notebook's first cell; its path starts from `notebooks/`.
pub const SET_UP: &str = r#":dep ganscope = { path = "..", default-features = false }"#;

/// A chapter's lines, and where the fences lie in them.
#[derive(Debug, Clone, PartialEq)]
pub struct Chapter {
    /// Relative to the project's folder: `book/src/03-1-model-structure.md`.
    pub file: String,
    pub lines: Vec<String>,
    pub fences: Vec<Fence>,
}

/// A fenced block of code.
#[derive(Debug, Clone, PartialEq)]
pub struct Fence {
    /// All that follows the opening marks: `rust`, `text`, `console,ignore`.
    pub language: String,
    /// The line of the first line of code, counted from 1.
    pub line: usize,
    /// Without the indentation of the fence, and without a newline at its end.
    pub code: String,
    /// Both marks and what lies between, as indices into [`Chapter::lines`].
    pub lines: Range<usize>,
}

impl Fence {
    pub fn is_cell(&self) -> bool {
        self.language == "rust"
    }
}

impl Chapter {
    /// Reads a chapter's text.
    ///
    /// # Errors
    /// Every fence that is not closed, names no language or does not stand at the margin; cells that do
    /// not begin with [`SET_UP`].
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
                if is_fence_off_the_margin(line) {
                    findings.push(Finding::new(
                        file,
                        at + 1,
                        "a fence inside a list, a quotation or an indented block; move it to the margin",
                    ));
                }
                at += 1;
                continue;
            };
            let inside = &chapter.lines[at + 1..];
            let Some(length) = inside.iter().position(|line| mark.is_closed_by(line)) else {
                let what = format!(
                    "a fence that is never closed; close it with {}",
                    mark.text()
                );
                findings.push(Finding::new(file, at + 1, what));
                break;
            };
            if mark.language.is_empty() {
                findings.push(Finding::new(
                    file,
                    at + 1,
                    "a fence without a language; write ```rust, or ```text for what is no code",
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
            let what = format!("the first rust fence is the set-up cell and holds only `{SET_UP}`");
            findings.push(Finding::new(file, first.line, what));
        }
        if findings.is_empty() {
            Ok(chapter)
        } else {
            Err(findings)
        }
    }

    /// The fences that are cells of the notebook, the set-up cell first.
    pub fn cells(&self) -> impl Iterator<Item = &Fence> {
        self.fences.iter().filter(|fence| fence.is_cell())
    }

    /// The file's name without folder and extension, which the notebook shares.
    pub fn stem(&self) -> &str {
        stem(&self.file)
    }

    /// The lines outside all fences, each with its index into [`Chapter::lines`].
    pub fn prose(&self) -> impl Iterator<Item = (usize, &str)> {
        let fenced = |index: &usize| self.fences.iter().any(|f| f.lines.contains(index));
        let lines = self.lines.iter().map(String::as_str).enumerate();
        lines.filter(move |(index, _)| !fenced(index))
    }
}

/// `book/src/03-1-model-structure.md` → `03-1-model-structure`.
pub fn stem(file: &str) -> &str {
    let name = file.rsplit('/').next().unwrap_or(file);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// The line that opens a fence.
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
        // Backticks behind backticks are code within a line of prose.
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

/// A fence that Markdown sees and jupytext and the tests do not.
fn is_fence_off_the_margin(line: &str) -> bool {
    let item = line.trim_start_matches(|c: char| c.is_whitespace() || ">-*+".contains(c));
    let number = item.trim_start_matches(|c: char| c.is_ascii_digit());
    let item = number.strip_prefix(['.', ')']).unwrap_or(item).trim_start();
    item.len() < line.len() && Mark::opening(item).is_some()
}
