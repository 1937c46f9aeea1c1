//! `ganscope sample`: draws samples from a trained generator.

use std::path::{Path, PathBuf};

use clap::Args;

use super::output::{note, result};
use crate::error::{Error, Result};
use crate::interpret::read_direction;
use crate::report::format::counted;
use crate::train::{Checkpoint, Run};

const EXAMPLES: &str = "\
Examples:
  ganscope sample runs/nsgan-sprites -n 64 --out sprites.png
  ganscope sample runs/nsgan-ring8 -n 2500 --seed 3 --out points.csv
  ganscope sample runs/nsgan-ring8/checkpoints/step-000500.safetensors -n 100 --out early.npy
  ganscope sample runs/nsgan-mnist --direction directions.npy --index 2 --alpha=-3 --out shifted.png";

/// Draw samples from a trained generator.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Sample {
    /// Run directory (its latest checkpoint is used) or checkpoint file
    dir: PathBuf,
    /// Number of samples
    #[arg(short, long, value_name = "N", default_value = "64", allow_negative_numbers = true,
          value_parser = super::size)]
    n: i64,
    /// Output file: .png (a grid of images), .csv (points or table rows) or .npy (any samples)
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Random seed for the samples
    #[arg(long, value_name = "SEED", default_value_t = 1, allow_negative_numbers = true,
          value_parser = super::natural::<u64>)]
    seed: u64,
    /// File with directions in the latent space, .npy or .csv, one per row, as `explain` writes it. The samples are
    /// drawn at z + αv, where v is the direction scaled to norm 1
    #[arg(long, value_name = "FILE")]
    direction: Option<PathBuf>,
    /// Which direction of the file, counted from 1
    #[arg(long, value_name = "K", default_value_t = 1, requires = "direction", allow_negative_numbers = true,
          value_parser = super::natural::<usize>)]
    index: usize,
    /// Distance α along the direction
    #[arg(
        long,
        value_name = "A",
        default_value_t = 3.0,
        requires = "direction",
        allow_negative_numbers = true
    )]
    alpha: f64,
}

impl Sample {
    /// Runs the command.
    pub fn run(self) -> Result<()> {
        let checkpoint = checkpoint(&self.dir)?;
        let n = affordable(self.n, &checkpoint)?;
        let mut z = checkpoint.latents(n, self.seed);
        let mut along = String::new();
        if let Some(path) = &self.direction {
            if !self.alpha.is_finite() {
                return Err(Error::Usage(format!(
                    "--alpha must be a finite number, not {}",
                    self.alpha
                )));
            }
            let direction = read_direction(path, self.index, checkpoint.config.latent)?;
            z = direction.walk(&z, self.alpha);
            along = format!(", {} along {}", self.alpha, direction.name);
        }
        let samples = checkpoint.sample_at(&z, self.seed)?;
        samples.write(&self.out)?;
        result(&format!(
            "{}: {} of {} on {} at step {}, seed {}{along}",
            self.out.display(),
            counted(n, "sample"),
            checkpoint.config.gan,
            checkpoint.config.data.name,
            checkpoint.step,
            self.seed
        ))
    }
}

/// `n`, or an error when so many samples would not fit into memory.
pub fn affordable(n: i64, checkpoint: &Checkpoint) -> Result<usize> {
    let most = checkpoint.config.max_samples(&checkpoint.description.shape);
    match usize::try_from(n) {
        Ok(n) if n <= most => Ok(n),
        _ => Err(Error::Usage(format!(
            "-n {n}: that many samples do not fit into memory; draw at most {most} at a time"
        ))),
    }
}

/// The checkpoint in a file, or the latest intact one of a run, with a warning for each damaged one.
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
