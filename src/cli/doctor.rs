//! `ganscope doctor`: finds out why a run trains badly, and suggests what to change.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::output::{json, note, result};
use crate::data::Dataset;
use crate::error::{Result, counted};
use crate::files::lossy;
use crate::train::{Diagnosis, Losses, Run, foreign, read_metrics};

const EXAMPLES: &str = "\
Examples:
  ganscope doctor runs/nsgan-ring8
  ganscope doctor runs/wgan-grid25 --json

The verdict is one of: healthy, standing still, exploding, vanishing, collapsing, oscillating, D too \
strong. The API documentation of train::doctor states the rules. The exit code is 0 for every verdict.";

/// Diagnose a run: say whether its gradients are healthy and, if not, what to change.
///
/// Examines each layer in the latest checkpoint (gradient norm, update-to-weight ratio, saturation, spectral
/// norm) and the log of the run (oscillation, distance of D from its optimum, loss of diversity). The run is
/// not changed.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Doctor {
    /// Run directory
    dir: PathBuf,
    /// Print the diagnosis as JSON
    #[arg(long)]
    json: bool,
}

/// A diagnosis, with the checkpoint and the log that it was made on.
#[derive(Debug, Serialize)]
struct Examination<'a> {
    /// Path of the checkpoint.
    #[serde(serialize_with = "lossy")]
    source: &'a Path,
    /// Number of lines read from the log.
    lines: usize,
    verdict: String,
    #[serde(flatten)]
    diagnosis: &'a Diagnosis,
}

impl Doctor {
    /// Runs the command.
    pub fn run(self, data_dir: Option<&Path>) -> Result<()> {
        let run = Run::open(&self.dir)?;
        let (checkpoint, damaged) = run.newest()?;
        for problem in damaged {
            note(&format!("warning: {problem}"));
        }
        if let Some(problem) = foreign(&run, &checkpoint)? {
            note(&format!("warning: {problem}"));
        }
        let records = read_metrics(run.metrics_path())?;
        let mut data = checkpoint.config.data.clone();
        data.dir = data_dir.map(Path::to_path_buf).or(data.dir);
        let trainer = checkpoint.trainer(Dataset::open(&data)?)?;
        let history: Vec<Losses> = records.into_iter().map(Losses::from).collect();
        let diagnosis = trainer.examine(&history)?;
        let source = checkpoint.path();
        if self.json {
            return json(&Examination {
                source,
                lines: history.len(),
                verdict: diagnosis.verdict(),
                diagnosis: &diagnosis,
            });
        }
        result(&format!(
            "{}\n\n{}\n\nexamined  {} at step {}, and {} of metrics.jsonl",
            diagnosis.summary(),
            diagnosis.table(),
            source.display(),
            diagnosis.step,
            counted(history.len(), "line")
        ))
    }
}
