//! The project's directory: chapters in `book/src`, notebooks in `notebooks`, and the checks of both.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::chapter::{Chapter, stem};
use crate::claims::{self, Ledger};
use crate::finding::Finding;
use crate::html::pictures;
use crate::notebook::{self, Cell};
use crate::outputs::{mismatches, render};
use crate::summary;

const SUMMARY: &str = "book/src/SUMMARY.md";

/// The directory that contains `book/` and `notebooks/`.
#[derive(Debug, Clone)]
pub struct Project {
    root: PathBuf,
}

impl Project {
    /// Creates a project from its directory.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Returns all problems, sorted by file and line.
    pub fn check(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        let listed = match self.read(SUMMARY) {
            Ok(text) => summary::chapters(&text),
            Err(finding) => return vec![finding],
        };
        // If the ledger cannot be read, its tables are not checked.
        let ledger = self.ledger().map_err(|finding| findings.push(finding)).ok();
        let mut with_notebook = HashSet::new();
        for (line, name) in &listed {
            let file = format!("book/src/{name}");
            if !self.root.join(&file).exists() {
                let message = format!("{file} does not exist; write it, or remove this line");
                findings.push(Finding::new(SUMMARY, *line, message));
                continue;
            }
            match self.chapter(&file) {
                Ok(chapter) => {
                    if chapter.cells().next().is_some() {
                        with_notebook.insert(chapter.stem().to_owned());
                    }
                    findings.extend(self.outputs(&chapter).err().unwrap_or_default());
                    if let Some(ledger) = &ledger {
                        let tables = claims::markers(&chapter);
                        let tables = tables
                            .iter()
                            .map(|m| claims::table(&file, m, ledger.as_ref()));
                        findings.extend(tables.filter_map(Result::err));
                    }
                    findings.extend(self.missing_pictures(&chapter));
                }
                Err(problems) => {
                    // A chapter that cannot be parsed may have cells.
                    with_notebook.insert(stem(&file).to_owned());
                    findings.extend(problems);
                }
            }
        }
        let listed: HashSet<String> = listed.into_iter().map(|(_, name)| name).collect();
        for name in self.names("book/src", "md") {
            if name != "SUMMARY.md" && !listed.contains(&name) {
                let message =
                    "SUMMARY.md does not link to this chapter; add a line, or delete the chapter";
                findings.push(Finding::new(format!("book/src/{name}"), 1, message));
            }
        }
        for name in self.names("notebooks", "ipynb") {
            let stem = stem(&name);
            if !with_notebook.contains(stem) {
                let message = format!(
                    "SUMMARY.md has no chapter book/src/{stem}.md with cells; delete this notebook, or add the chapter"
                );
                findings.push(Finding::new(format!("notebooks/{name}"), 1, message));
            }
        }
        findings.sort();
        findings.dedup();
        findings
    }

    /// Reads a chapter, given as `book/src/x.md`.
    ///
    /// # Errors
    /// The file cannot be read; the errors of [`Chapter::parse`].
    pub fn chapter(&self, file: &str) -> Result<Chapter, Vec<Finding>> {
        let text = self.read(file).map_err(|finding| vec![finding])?;
        Chapter::parse(file, &text)
    }

    /// Returns the output of each cell of a chapter as HTML.
    ///
    /// # Errors
    /// The notebook is missing or differs from the chapter, a cell failed, or an image does not exist.
    pub fn outputs(&self, chapter: &Chapter) -> Result<Vec<Option<String>>, Vec<Finding>> {
        let Some(first) = chapter.cells().next() else {
            return Ok(Vec::new());
        };
        let cells = self
            .notebook(chapter, first.line)
            .map_err(|finding| vec![finding])?;
        let mut findings = mismatches(chapter, &cells);
        let blocks: Vec<Option<String>> = cells.iter().map(render).collect();
        for (fence, block) in chapter.cells().zip(&blocks) {
            let sources = pictures(block.as_deref().unwrap_or_default());
            let problems = sources
                .into_iter()
                .filter_map(|source| self.picture_problem(chapter, source));
            let finding = |message| Finding::new(&chapter.file, fence.line, message);
            findings.extend(problems.map(finding));
        }
        if findings.is_empty() {
            Ok(blocks)
        } else {
            Err(findings)
        }
    }

    /// Returns the claims that `just claims` wrote; `None` if the file does not exist.
    ///
    /// # Errors
    /// The file cannot be read or parsed.
    pub fn ledger(&self) -> Result<Option<Ledger>, Finding> {
        match fs::read_to_string(self.root.join(claims::FILE)) {
            Ok(json) => Ledger::parse(&json).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Finding::new(claims::FILE, 1, error.to_string())),
        }
    }

    fn notebook(&self, chapter: &Chapter, line: usize) -> Result<Vec<Cell>, Finding> {
        let file = format!("notebooks/{}.ipynb", chapter.stem());
        if !self.root.join(&file).exists() {
            let message =
                format!("the notebook {file} of this chapter is missing; run `just notebooks`");
            return Err(Finding::new(&chapter.file, line, message));
        }
        notebook::parse(&file, &self.read(&file)?)
    }

    fn missing_pictures(&self, chapter: &Chapter) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (index, line) in chapter.prose() {
            let images = line.match_indices("![").filter_map(|(at, _)| {
                let (_, target) = line[at..].split_once("](")?;
                target.split([')', ' ']).next()
            });
            for source in images.chain(pictures(line)) {
                if let Some(message) = self.picture_problem(chapter, source) {
                    findings.push(Finding::new(&chapter.file, index + 1, message));
                }
            }
        }
        findings
    }

    fn picture_problem(&self, chapter: &Chapter, source: &str) -> Option<String> {
        if source.starts_with("data:") || source.starts_with('#') {
            None
        } else if source.contains("://") || source.starts_with("//") {
            Some(format!(
                "the image `{source}` is on another host; put it into book/src"
            ))
        } else {
            let picture = Path::new(&chapter.file).with_file_name(source);
            let missing = !self.root.join(&picture).is_file();
            missing.then(|| {
                format!(
                    "the image {} does not exist; add it, or correct its path",
                    picture.display()
                )
            })
        }
    }

    fn read(&self, file: &str) -> Result<String, Finding> {
        fs::read_to_string(self.root.join(file))
            .map_err(|error| Finding::new(file, 1, format!("the file cannot be read: {error}")))
    }

    fn names(&self, folder: &str, extension: &str) -> Vec<String> {
        let entries = fs::read_dir(self.root.join(folder))
            .into_iter()
            .flatten()
            .flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        names
            .filter(|name| Path::new(name).extension().is_some_and(|e| e == extension))
            .collect()
    }
}
