//! The project's folder: chapters in `book/src`, notebooks beside the book, and all that can be wrong
//! between them.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::chapter::{Chapter, stem};
use crate::claims::{self, Ledger};
use crate::finding::Finding;
use crate::html::pictures;
use crate::notebook::{self, Cell};
use crate::outputs::{agree, render};
use crate::summary;

const SUMMARY: &str = "book/src/SUMMARY.md";

/// The folder that holds `book/` and `notebooks/`.
#[derive(Debug, Clone)]
pub struct Project {
    root: PathBuf,
}

impl Project {
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// All that is wrong, in the order of files and lines.
    pub fn check(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        let listed = match self.read(SUMMARY) {
            Ok(text) => summary::chapters(&text),
            Err(finding) => return vec![finding],
        };
        // Of one that cannot be read no table is asked.
        let ledger = self.ledger().map_err(|finding| findings.push(finding)).ok();
        let mut with_notebook = HashSet::new();
        for (line, name) in &listed {
            let file = format!("book/src/{name}");
            if !self.root.join(&file).exists() {
                let what =
                    format!("{file} does not exist; write it, or take it out of the summary");
                findings.push(Finding::new(SUMMARY, *line, what));
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
                Err(faults) => {
                    // Whether it has cells cannot be told before it is mended.
                    with_notebook.insert(stem(&file).to_owned());
                    findings.extend(faults);
                }
            }
        }
        let listed: HashSet<String> = listed.into_iter().map(|(_, name)| name).collect();
        for name in self.names("book/src", "md") {
            if name != "SUMMARY.md" && !listed.contains(&name) {
                let what = "no line of SUMMARY.md links this chapter; add one, or delete it";
                findings.push(Finding::new(format!("book/src/{name}"), 1, what));
            }
        }
        for name in self.names("notebooks", "ipynb") {
            let stem = stem(&name);
            if !with_notebook.contains(stem) {
                let what = format!(
                    "no chapter book/src/{stem}.md in SUMMARY.md has cells; delete this notebook, or add the chapter"
                );
                findings.push(Finding::new(format!("notebooks/{name}"), 1, what));
            }
        }
        findings.sort();
        findings.dedup();
        findings
    }

    /// Reads a chapter, given as `book/src/x.md`.
    pub fn chapter(&self, file: &str) -> Result<Chapter, Vec<Finding>> {
        let text = self.read(file).map_err(|finding| vec![finding])?;
        Chapter::parse(file, &text)
    }

    /// What the book shows after each cell of a chapter, as HTML.
    ///
    /// # Errors
    /// The notebook is missing or not the chapter's, a cell failed, or a picture is nowhere.
    pub fn outputs(&self, chapter: &Chapter) -> Result<Vec<Option<String>>, Vec<Finding>> {
        let Some(first) = chapter.cells().next() else {
            return Ok(Vec::new());
        };
        let cells = self
            .notebook(chapter, first.line)
            .map_err(|finding| vec![finding])?;
        let mut findings = agree(chapter, &cells);
        let blocks: Vec<Option<String>> = cells.iter().map(render).collect();
        for (fence, block) in chapter.cells().zip(&blocks) {
            let sources = pictures(block.as_deref().unwrap_or_default());
            let faults = sources
                .into_iter()
                .filter_map(|source| self.picture_fault(chapter, source));
            findings.extend(faults.map(|what| Finding::new(&chapter.file, fence.line, what)));
        }
        if findings.is_empty() {
            Ok(blocks)
        } else {
            Err(findings)
        }
    }

    /// The claims that `ganscope claims` last wrote, if any.
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
            let what = format!("this chapter's notebook {file} is missing; run `just notebooks`");
            return Err(Finding::new(&chapter.file, line, what));
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
                if let Some(what) = self.picture_fault(chapter, source) {
                    findings.push(Finding::new(&chapter.file, index + 1, what));
                }
            }
        }
        findings
    }

    fn picture_fault(&self, chapter: &Chapter, source: &str) -> Option<String> {
        if source.starts_with("data:") || source.starts_with('#') {
            None
        } else if source.contains("://") || source.starts_with("//") {
            Some(format!(
                "the picture `{source}` lies on another host; keep it in book/src"
            ))
        } else {
            let picture = Path::new(&chapter.file).with_file_name(source);
            let missing = !self.root.join(&picture).is_file();
            missing.then(|| {
                format!(
                    "the picture {} does not exist; make it, or correct its path",
                    picture.display()
                )
            })
        }
    }

    fn read(&self, file: &str) -> Result<String, Finding> {
        fs::read_to_string(self.root.join(file))
            .map_err(|error| Finding::new(file, 1, format!("cannot be read: {error}")))
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
