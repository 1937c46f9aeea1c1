//! All findings, as a table and as a file with which later runs are compared.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::claim::Finding;
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
    /// [`Error::Usage`] for a section without claims; those of [`Claim::decide`](super::Claim::decide).
    pub fn decide(section: Option<&str>) -> Result<Ledger> {
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
            let mut known: Vec<&str> = CLAIMS.iter().map(super::claim::Claim::section).collect();
            known.dedup();
            return Err(unknown("section", section.unwrap_or(""), &known));
        }
        let findings = claims.into_iter().map(super::claim::Claim::decide);
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

    /// Compares the verdicts with those in a ledger file.
    ///
    /// # Errors
    /// [`Error::Data`] with line and claim for a verdict that differs, for a claim that is missing or unknown,
    /// and for a file that is not a ledger; [`Error::Io`] when the file cannot be read.
    pub fn check(&self, path: &Path) -> Result<()> {
        let text = std::fs::read_to_string(path).at(path)?;
        let at = |line: usize, problem: String| {
            Error::data(format!("{}:{line}", path.display()), problem)
        };
        let recorded: Ledger =
            serde_json::from_str(&text).map_err(|e| at(e.line(), e.to_string()))?;
        let line_of = |id: &str, key: &str| {
            let mut lines = text.lines().enumerate();
            let of_claim = format!("\"id\": \"{id}\"");
            let start = lines
                .find(|(_, line)| line.contains(&of_claim))
                .map_or(0, |l| l.0);
            lines
                .find(|(_, line)| line.contains(key))
                .map_or(start, |l| l.0)
                + 1
        };
        for finding in &self.claims {
            let id = &finding.id;
            let Some(before) = recorded.claims.iter().find(|c| c.id == *id) else {
                return Err(at(
                    1,
                    format!(
                        "claim {id} is missing from this file; to regenerate the file, run `just claims`"
                    ),
                ));
            };
            if before.verdict != finding.verdict {
                return Err(at(
                    line_of(id, "\"verdict\""),
                    format!(
                        "claim {id} is \"{}\" in this file, but the evidence now gives \"{}\"; if the new verdict \
                         is correct, regenerate the file with `just claims`",
                        before.verdict, finding.verdict
                    ),
                ));
            }
        }
        let known = |id: &str| CLAIMS.iter().any(|c| c.id == id);
        match recorded.claims.iter().find(|c| !known(&c.id)) {
            None => Ok(()),
            Some(c) => Err(at(
                line_of(&c.id, "\"paraphrase\""),
                format!(
                    "claim {} is in this file, but this version of ganscope does not know it; to regenerate the \
                     file, run `just claims`",
                    c.id
                ),
            )),
        }
    }
}
