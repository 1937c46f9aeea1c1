//! All findings, as a table and as a file with which later runs are compared.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::claim::{Claim, Finding};
use super::list::CLAIMS;
use crate::error::{AtPath, Error, Result, unknown};
use crate::report::Table;

/// The findings for several claims, in the order of the article.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ledger {
    /// One finding for each claim.
    pub claims: Vec<Finding>,
}

impl Ledger {
    /// Decides all claims, or those of one section (`3.1`, or `3` for all of chapter 3).
    ///
    /// # Errors
    /// Those of [`selected`] and of [`Claim::decide`].
    pub fn decide(section: Option<&str>) -> Result<Ledger> {
        Ledger::of(&selected(section)?)
    }

    /// Decides these claims.
    ///
    /// # Errors
    /// Those of [`Claim::decide`].
    pub fn of(claims: &[&Claim]) -> Result<Ledger> {
        let findings = claims.iter().map(|claim| claim.decide());
        Ok(Ledger {
            claims: findings.collect::<Result<_>>()?,
        })
    }

    /// The table that the command line prints: id, paraphrase, verdict.
    pub fn table(&self) -> Table {
        let table = Table::new("Claims of the article", &["claim", "paraphrase", "verdict"]);
        self.claims.iter().fold(table, |table, finding| {
            table.row([
                &finding.id,
                &finding.paraphrase,
                &finding.verdict.to_string(),
            ])
        })
    }

    /// The ledger as JSON with one value per line, so that a changed verdict changes one line.
    ///
    /// # Errors
    /// [`Error::Usage`] if a value cannot be written as JSON.
    pub fn to_json(&self) -> Result<String> {
        let text = serde_json::to_string_pretty(self);
        text.map(|text| text + "\n")
            .map_err(|e| Error::Usage(format!("the ledger cannot be written as JSON: {e}")))
    }

    /// Compares the verdicts with recorded ones.
    ///
    /// # Errors
    /// [`Error::Data`] with line and claim for a verdict that differs, and for a claim that is missing or unknown.
    pub fn check(&self, recorded: &RecordedLedger) -> Result<()> {
        let regenerate = format!("`ganscope claims --json > {}`", recorded.path.display());
        for finding in &self.claims {
            let id = &finding.id;
            let mut claims = recorded.ledger.claims.iter();
            let Some(before) = claims.find(|c| c.id == *id) else {
                return Err(recorded.problem(
                    1,
                    format!(
                        "claim {id} is missing from this file; to regenerate the file, run {regenerate}"
                    ),
                ));
            };
            if before.verdict != finding.verdict {
                return Err(recorded.problem(
                    recorded.line_of(id, "\"verdict\""),
                    format!(
                        "claim {id} is \"{}\" in this file, but the evidence now gives \"{}\"; if the new verdict \
                         is correct, regenerate the file with {regenerate}",
                        before.verdict, finding.verdict
                    ),
                ));
            }
        }
        let known = |id: &str| CLAIMS.iter().any(|c| c.id == id);
        match recorded.ledger.claims.iter().find(|c| !known(&c.id)) {
            None => Ok(()),
            Some(c) => Err(recorded.problem(
                recorded.line_of(&c.id, "\"paraphrase\""),
                format!(
                    "claim {} is in this file, but this version of ganscope does not know it; to regenerate the \
                     file, run {regenerate}",
                    c.id
                ),
            )),
        }
    }
}

/// All claims, or those of one section (`3.1`, or `3` for all of chapter 3).
///
/// # Errors
/// [`Error::Usage`] for a section without claims.
pub fn selected(section: Option<&str>) -> Result<Vec<&'static Claim>> {
    let within = |found: &str| {
        section.is_none_or(|wanted| {
            found == wanted
                || found
                    .strip_prefix(wanted)
                    .is_some_and(|rest| rest.starts_with('.'))
        })
    };
    let claims: Vec<_> = CLAIMS.iter().filter(|c| within(c.section())).collect();
    if claims.is_empty() {
        let mut known: Vec<&str> = CLAIMS.iter().map(Claim::section).collect();
        known.dedup();
        return Err(unknown("section", section.unwrap_or(""), &known));
    }
    Ok(claims)
}

/// A ledger in a file, with which a new one is compared.
#[derive(Debug)]
pub struct RecordedLedger {
    path: PathBuf,
    text: String,
    ledger: Ledger,
}

impl RecordedLedger {
    /// Reads a ledger that [`Ledger::to_json`] has made.
    ///
    /// # Errors
    /// [`Error::Data`] with the line for a file that is not a ledger; [`Error::Io`] when the file cannot be read.
    pub fn read(path: &Path) -> Result<RecordedLedger> {
        let text = std::fs::read_to_string(path).at(path)?;
        let ledger = serde_json::from_str(&text).map_err(|e| {
            problem_at(
                path,
                e.line(),
                format!("{e}; give a file that `ganscope claims --json` has written"),
            )
        })?;
        Ok(RecordedLedger {
            path: path.into(),
            text,
            ledger,
        })
    }

    fn problem(&self, line: usize, problem: String) -> Error {
        problem_at(&self.path, line, problem)
    }

    /// The line, from 1, of the value `key` of a claim.
    fn line_of(&self, id: &str, key: &str) -> usize {
        let mut lines = self.text.lines().enumerate();
        let of_claim = format!("\"id\": \"{id}\"");
        let start = lines
            .find(|(_, line)| line.contains(&of_claim))
            .map_or(0, |l| l.0);
        lines
            .find(|(_, line)| line.contains(key))
            .map_or(start, |l| l.0)
            + 1
    }
}

fn problem_at(path: &Path, line: usize, problem: String) -> Error {
    Error::data(format!("{}:{line}", path.display()), problem)
}
