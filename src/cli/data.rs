//! `ganscope data`: lists the datasets and downloads them.

use std::path::Path;

use clap::{Args, Subcommand};

use super::output::{json, result};
use crate::data::{Availability, Listing, data_dir, fetch, list};
use crate::error::Result;
use crate::report::format::thousands;

const EXAMPLES: &str = "\
Examples:
  ganscope data list
  ganscope data fetch mnist
  ganscope --data-dir /data data fetch fashion-mnist";

/// List the datasets, or download one.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Data {
    #[command(subcommand)]
    command: DataCommand,
}

#[derive(Debug, Subcommand)]
enum DataCommand {
    /// List all datasets with their size, shape and location
    #[command(after_help = "Example:\n  ganscope data list --json")]
    List {
        /// Print the list as JSON
        #[arg(long)]
        json: bool,
    },
    /// Download a dataset and verify its checksums. No other command uses the network
    #[command(after_help = "Example:\n  ganscope data fetch mnist")]
    Fetch {
        /// Dataset: mnist or fashion-mnist
        name: String,
        /// URL of another mirror with the same files [default: the public mirror of the dataset]
        #[arg(long, value_name = "URL")]
        from: Option<String>,
    },
}

impl Data {
    /// Runs the command.
    pub fn run(self, dir: Option<&Path>) -> Result<()> {
        let dir = data_dir(dir)?;
        match self.command {
            DataCommand::List { json: true } => json(&list(&dir)),
            DataCommand::List { json: false } => {
                let listings = list(&dir);
                listings.iter().try_for_each(|l| result(&line(l)))?;
                result(&format!("\ndata directory: {}", dir.display()))
            }
            DataCommand::Fetch { name, from } => {
                let folder = fetch::fetch(&name, &dir, from.as_deref())?;
                result(&folder.display().to_string())
            }
        }
    }
}

fn line(listing: &Listing) -> String {
    let count = match (listing.count, &listing.shape) {
        (Some(n), _) => thousands(n as u64),
        (None, Some(_)) => "unlimited".into(),
        (None, None) => "–".into(),
    };
    let shape = listing
        .shape
        .as_ref()
        .map_or("–".into(), ToString::to_string);
    let state = match &listing.availability {
        Availability::BuiltIn => "built in".into(),
        Availability::Present { folder } => format!("in {}", folder.display()),
        Availability::Missing { remedy, .. } => format!("not downloaded; run: {remedy}"),
        Availability::Damaged { problem, .. } => format!("damaged: {problem}"),
        Availability::Yours => "your own files".into(),
    };
    format!("{:<18} {count:>8}  {shape:<14} {state}", listing.name)
}
