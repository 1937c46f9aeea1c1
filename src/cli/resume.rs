//! `ganscope resume`: goes on with a run.

use std::path::{Path, PathBuf};

use clap::Args;

use super::interrupt;
use super::output::note;
use super::train::{adjust, conclude, go};
use crate::error::Result;
use crate::train::{Run, Settings, resume};

const EXAMPLES: &str = "\
Examples:
  ganscope resume runs/nsgan-ring8                  after Ctrl-C, a crash, a kill
  ganscope resume runs/nsgan-sprites --steps 6000   further than was planned";

/// Go on with a run exactly where its newest checkpoint was taken.
///
/// The weights at the end are the same, bit for bit, as if it had never stopped. That needs the
/// same settings: only the number of steps may change.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Resume {
    /// The run folder
    dir: PathBuf,
    /// Updates of the generator in total, from the start of the run
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = super::size)]
    steps: Option<i64>,
    /// A setting that the run must have, as KEY=VALUE; refused if it has another
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
}

impl Resume {
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
            _ if done < steps => format!("going on from step {done} of {steps}"),
            1 => "its one step is done; to train further, give --steps".into(),
            _ => format!("all {steps} steps are done; to train further, give --steps"),
        });
        interrupt::install()?;
        let report = go(&run, &mut trainer, seconds)?;
        conclude(&run, &report)
    }
}
