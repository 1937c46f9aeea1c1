//! `ganscope claims`: the ledger.

use std::path::PathBuf;

use clap::Args;

use super::output::{note, result};
use crate::claims::Ledger;
use crate::error::Result;

const EXAMPLES: &str = "\
Examples:
  ganscope claims                       every claim and its verdict
  ganscope claims --section 3.2 --evidence
  ganscope claims --json > ledger.json
  ganscope claims --check ledger.json   fails if a verdict differs from that file's";

/// Decide the article's claims by computing the evidence for each.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Claims {
    /// Only those of one section: 3.2, or 3 for all of chapter 3
    #[arg(long, value_name = "S")]
    section: Option<String>,
    /// Print what was measured, too
    #[arg(long, conflicts_with = "json")]
    evidence: bool,
    /// Print JSON, evidence included
    #[arg(long)]
    json: bool,
    /// Compare the verdicts with those of a file that --json printed
    #[arg(long, value_name = "FILE")]
    check: Option<PathBuf>,
}

impl Claims {
    pub fn run(self) -> Result<()> {
        let ledger = Ledger::decide(self.section.as_deref())?;
        if self.json {
            result(ledger.to_json()?.trim_end())?;
        } else {
            result(&ledger.table().to_string())?;
        }
        if self.evidence {
            for finding in &ledger.claims {
                result(&format!("\n{}", finding.table()))?;
            }
        }
        if let Some(path) = &self.check {
            ledger.check(path)?;
            note(&format!("the verdicts are those of {}", path.display()));
        }
        Ok(())
    }
}
