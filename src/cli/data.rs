//! `ganscope data`: what there is to train on, and how to get it.

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

/// List the data sets, or fetch one.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Data {
    #[command(subcommand)]
    command: DataCommand,
}

#[derive(Debug, Subcommand)]
enum DataCommand {
    /// What there is, what is here, and where
    #[command(after_help = "Example:\n  ganscope data list --json")]
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Download a data set, checking that it is the right one; the only use of the network
    #[command(after_help = "Example:\n  ganscope data fetch mnist")]
    Fetch {
        /// mnist or fashion-mnist
        name: String,
        /// Another mirror with the same files
        #[arg(long, value_name = "URL")]
        from: Option<String>,
    },
}

impl Data {
    pub fn run(self, dir: Option<&Path>) -> Result<()> {
        let dir = data_dir(dir)?;
        match self.command {
            DataCommand::List { json: true } => json(&list(&dir)),
            DataCommand::List { json: false } => {
                let listings = list(&dir);
                listings.iter().try_for_each(|l| result(&line(l)))?;
                result(&format!("\ndata folder: {}", dir.display()))
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
        (None, Some(_)) => "endless".into(),
        (None, None) => "–".into(),
    };
    let shape = listing
        .shape
        .as_ref()
        .map_or("–".into(), ToString::to_string);
    let state = match &listing.availability {
        Availability::BuiltIn => "built in".into(),
        Availability::Present { folder } => format!("in {}", folder.display()),
        Availability::Missing { remedy, .. } => format!("not here; get it with: {remedy}"),
        Availability::Damaged { problem, .. } => format!("damaged: {problem}"),
        Availability::Yours => "your own files".into(),
    };
    format!("{:<14} {count:>8}  {shape:<14} {state}", listing.name)
}
