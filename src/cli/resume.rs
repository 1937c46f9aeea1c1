//! `ganscope resume`: continues a run from its latest checkpoint.

use std::path::{Path, PathBuf};

use clap::Args;

use super::interrupt;
use super::output::note;
use super::train::{adjust, conclude, train_and_report};
use crate::error::Result;
use crate::train::{Run, Settings, resume};

const EXAMPLES: &str = "\
Examples:
  ganscope resume runs/nsgan-ring8                  finish a run that was interrupted
  ganscope resume runs/nsgan-sprites --steps 6000   continue a finished run";

/// Continue a run from its latest checkpoint.
///
/// Only the number of steps may be changed, so that on a CPU the final weights are exactly those of a run that was
/// never interrupted.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Resume {
    /// Run directory
    dir: PathBuf,
    /// Total number of training steps, counted from the start of the run [default: as in config.toml]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = super::size)]
    steps: Option<i64>,
    /// Stop with an error if the run has another value of this setting. Only steps=N changes the run, like --steps
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
}

impl Resume {
    /// Runs the command.
    pub fn run(self, data_dir: Option<&Path>) -> Result<()> {
        let run = Run::open(&self.dir)?;
        let mut changes = Settings::default();
        if let Some(steps) = self.steps {
            changes.set("steps", steps)?;
        }
        adjust(&mut changes, &self.set, data_dir)?;
        let (mut trainer, seconds, damaged) = resume(&run, &changes)?;
        for problem in damaged {
            note(&format!("warning: {problem}"));
        }
        let (done, steps) = (trainer.steps_done(), trainer.config().steps);
        note(&match steps {
            _ if done < steps => format!("continuing from step {done} of {steps}"),
            1 => "the only step is done; to train further, give a larger --steps".into(),
            _ => format!("all {steps} steps are done; to train further, give a larger --steps"),
        });
        interrupt::install()?;
        let report = train_and_report(&run, &mut trainer, seconds)?;
        conclude(&run, &report)
    }
}
