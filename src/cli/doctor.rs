//! `ganscope doctor`: what ails a run, and what to try.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::output::{json, note, result};
use crate::data::Dataset;
use crate::error::{Result, counted};
use crate::train::{Diagnosis, Losses, Run, foreign, read_metrics};

const EXAMPLES: &str = "\
Examples:
  ganscope doctor runs/nsgan-ring8
  ganscope doctor runs/wgan-grid25 --json

The verdict is healthy, standing still, exploding, vanishing, collapsing, oscillating or D too strong, by
the rules that stand in the documentation of train::doctor. Whatever it is, the exit code is 0.";

/// Examine a run: are its gradients healthy, and if not, what helps?
///
/// Looks at the newest checkpoint, layer by layer, and at the log: gradient norms, update-to-weight
/// ratios, saturation, spectral norms; oscillation, how far D is from its best, loss of modes. Nothing of the
/// run is changed.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Doctor {
    /// The run folder
    dir: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// A diagnosis with what it was made on.
#[derive(Debug, Serialize)]
struct Examination<'a> {
    /// The checkpoint.
    source: &'a Path,
    /// Lines of the log that were read.
    lines: usize,
    verdict: String,
    #[serde(flatten)]
    diagnosis: &'a Diagnosis,
}

impl Doctor {
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
