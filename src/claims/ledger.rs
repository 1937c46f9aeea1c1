//! All findings, as a table and as a file that later runs are compared with.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{CLAIMS, Finding};
use crate::error::{AtPath, Error, Result, unknown};
use crate::report::Table;

/// Findings in the article's order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ledger {
    /// One a claim.
    pub claims: Vec<Finding>,
}

impl Ledger {
    /// Decides all claims, or those of one section (`3.1`; `3` for all of chapter 3).
    ///
    /// # Errors
    /// [`Error::Usage`] for a section without claims; as [`Claim::decide`](super::Claim::decide).
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
            let mut known: Vec<&str> = CLAIMS.iter().map(|c| c.section()).collect();
            known.dedup();
            return Err(unknown("section", section.unwrap_or(""), &known));
        }
        let findings = claims.into_iter().map(|claim| claim.decide());
        Ok(Ledger {
            claims: findings.collect::<Result<_>>()?,
        })
    }

    /// The table that the command line prints: id, claim, verdict.
    pub fn table(&self) -> Table {
        let table = Table::new(
            "Claims of the article",
            &["claim", "in our words", "verdict"],
        );
        self.claims.iter().fold(table, |table, finding| {
            table.row([
                &finding.id,
                &finding.paraphrase,
                &finding.verdict.to_string(),
            ])
        })
    }

    /// The file's text: JSON, one line a value, so that a changed verdict is one changed line.
    pub fn to_json(&self) -> Result<String> {
        let text = serde_json::to_string_pretty(self);
        text.map(|text| text + "\n")
            .map_err(|e| Error::Usage(format!("the ledger cannot be written as JSON: {e}")))
    }

    /// Compares the verdicts with those committed in a file.
    ///
    /// # Errors
    /// [`Error::Data`] naming line and claim for a verdict or a claim that differs, and for a file that
    /// is no ledger; [`Error::Io`].
    pub fn check(&self, path: &Path) -> Result<()> {
        let text = std::fs::read_to_string(path).at(path)?;
        let at = |line: usize, problem: String| {
            Error::data(format!("{}:{line}", path.display()), problem)
        };
        let committed: Ledger =
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
            let Some(before) = committed.claims.iter().find(|c| c.id == *id) else {
                return Err(at(1, format!("claim {id} is missing; run: just claims")));
            };
            if before.verdict != finding.verdict {
                return Err(at(
                    line_of(id, "\"verdict\""),
                    format!(
                        "claim {id} is \"{}\" here, but its evidence says \"{}\"; if that is right, run: \
                         just claims",
                        before.verdict, finding.verdict
                    ),
                ));
            }
        }
        let known = |id: &str| CLAIMS.iter().any(|c| c.id == id);
        match committed.claims.iter().find(|c| !known(&c.id)) {
            None => Ok(()),
            Some(c) => Err(at(
                line_of(&c.id, "\"paraphrase\""),
                format!("claim {} does not exist (any more); run: just claims", c.id),
            )),
        }
    }
}
