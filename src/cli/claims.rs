//! `ganscope claims`: checks the claims of the article.

use std::path::PathBuf;

use clap::Args;

use super::output::{note, result};
use crate::claims::{Ledger, RecordedLedger, selected};
use crate::error::Result;

const EXAMPLES: &str = "\
Examples:
  ganscope claims                             list every claim with its verdict
  ganscope claims --section 3.2 --evidence    also print the measurements behind the verdicts
  ganscope claims --json > verdicts.json
  ganscope claims --check verdicts.json     fail if a verdict differs from the one in the file";

/// Check the claims of the article on the interpretability of GANs by computing the evidence for each.
///
/// A verdict is "holds", "holds when repaired" (the claim is wrong as written, but a corrected version
/// holds) or "refuted". The exit code is 0 for all verdicts, unless --check finds a difference.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Claims {
    /// Check only the claims of one section, such as 3.2, or of one chapter, such as 3
    #[arg(long, value_name = "S")]
    section: Option<String>,
    /// Also print the measurements behind each verdict
    #[arg(long, conflicts_with = "json")]
    evidence: bool,
    /// Print the verdicts and the evidence as JSON
    #[arg(long)]
    json: bool,
    /// Compare the verdicts with those in a file written with --json
    #[arg(long, value_name = "FILE")]
    check: Option<PathBuf>,
}

impl Claims {
    /// Runs the command.
    pub fn run(self) -> Result<()> {
        let claims = selected(self.section.as_deref())?;
        // An invalid file is found before the claims are decided, which takes a while.
        let recorded = self
            .check
            .as_deref()
            .map(RecordedLedger::read)
            .transpose()?;
        let ledger = Ledger::of(&claims)?;
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
        if let Some((path, recorded)) = self.check.as_deref().zip(recorded) {
            ledger.check(&recorded)?;
            note(&format!("the verdicts agree with {}", path.display()));
        }
        Ok(())
    }
}
