//! `ganscope sample`: draws from a trained generator.

use std::path::{Path, PathBuf};

use clap::Args;

use super::output::{note, result};
use crate::error::{Error, Result};
use crate::report::format::counted;
use crate::train::{Checkpoint, Run};

const EXAMPLES: &str = "\
Examples:
  ganscope sample runs/nsgan-sprites -n 64 --out sprites.png
  ganscope sample runs/nsgan-ring8 -n 2500 --seed 3 --out points.csv
  ganscope sample runs/nsgan-ring8/checkpoints/step-000500.safetensors -n 100 --out early.npy";

/// More numbers than this at a time are a slip of the finger.
const MOST_NUMBERS: usize = 1 << 30;

/// Draw samples from a trained generator.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Sample {
    /// A run folder, whose newest checkpoint is used, or a checkpoint
    dir: PathBuf,
    /// How many samples
    #[arg(short, long, value_name = "N", default_value = "64", allow_negative_numbers = true,
          value_parser = super::size)]
    n: i64,
    /// A file that ends in .png (a grid of images), .csv (points, rows) or .npy (anything)
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// The samples follow from it
    #[arg(long, value_name = "S", default_value_t = 1, allow_negative_numbers = true,
          value_parser = super::natural::<u64>)]
    seed: u64,
}

impl Sample {
    pub fn run(self) -> Result<()> {
        let checkpoint = checkpoint(&self.dir)?;
        let n = affordable(self.n, &checkpoint)?;
        checkpoint.sample(n, self.seed)?.write(&self.out)?;
        result(&format!(
            "{}: {} of {} on {} at step {}, seed {}",
            self.out.display(),
            counted(n, "sample"),
            checkpoint.config.gan,
            checkpoint.config.data.name,
            checkpoint.step,
            self.seed
        ))
    }
}

/// `n`, unless so many samples would not fit into memory.
pub fn affordable(n: i64, checkpoint: &Checkpoint) -> Result<usize> {
    let numbers = checkpoint.description.shape.numel();
    let most = MOST_NUMBERS / numbers.max(checkpoint.config.latent);
    match usize::try_from(n) {
        Ok(n) if n <= most => Ok(n),
        _ => Err(Error::Usage(format!(
            "-n {n} is more than fits into memory at a time; take at most {most}"
        ))),
    }
}

/// The checkpoint in a file, or the newest whole one of a run; what is damaged is warned of.
pub fn checkpoint(path: &Path) -> Result<Checkpoint> {
    if path.is_file() || path.extension().is_some_and(|e| e == "safetensors") {
        return Checkpoint::read(path);
    }
    let (checkpoint, damaged) = Run::open(path)?.newest()?;
    for problem in damaged {
        note(&format!("warning: {problem}"));
    }
    Ok(checkpoint)
}
