//! `ganscope evaluate`: how good samples are, of a run or from a file.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::output::{json, result};
use super::sample::{affordable, checkpoint};
use crate::data::{Mixture, SampleShape, Samples};
use crate::error::{Error, Result, counted, unknown};
use crate::evaluate::{ModeCoverage, PROTOCOL_N, mode_coverage, points};

const EXAMPLES: &str = "\
Examples:
  ganscope evaluate runs/nsgan-grid25
  ganscope evaluate runs/nsgan-grid25 --json
  ganscope evaluate --samples points.csv --data ring8

A mode is covered when at least one sample lies within 3σ of it; such samples are of high quality.
Reverse KL says how evenly the modes are met: 0 when all alike (Lin et al. 2018).";

/// Measure how good generated samples are.
///
/// Where the true density is known (ring8, grid25): modes covered, share of high quality, reverse
/// KL, of a run or of samples from anywhere.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Evaluate {
    /// A run folder, whose newest checkpoint is measured, or a checkpoint
    #[arg(required_unless_present = "samples", conflicts_with_all = ["samples", "data"])]
    dir: Option<PathBuf>,
    /// Samples to measure instead: .csv or .npy with two columns
    #[arg(long, value_name = "FILE", requires = "data")]
    samples: Option<PathBuf>,
    /// What the samples of the file should look like: ring8 or grid25
    #[arg(long, value_name = "D", requires = "samples")]
    data: Option<String>,
    /// How many samples; of a file, the first [default: 2500; of a file, all]
    #[arg(short, long, value_name = "N", allow_negative_numbers = true,
          value_parser = super::size)]
    n: Option<i64>,
    /// What a run's samples follow from
    #[arg(
        long,
        value_name = "S",
        default_value_t = 1,
        allow_negative_numbers = true,
        value_parser = super::natural::<u64>,
        conflicts_with = "samples"
    )]
    seed: u64,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// A measurement with what it was made on.
#[derive(Debug, Serialize)]
struct Evaluation {
    /// The checkpoint or the file.
    source: PathBuf,
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
    #[serde(flatten)]
    coverage: ModeCoverage,
}

impl Evaluate {
    pub fn run(self) -> Result<()> {
        let found = match (&self.dir, &self.samples, &self.data) {
            (Some(dir), ..) => of_run(dir, self.n.unwrap_or(PROTOCOL_N as i64), self.seed)?,
            (None, Some(file), Some(data)) => of_file(file, data, self.n)?,
            // clap has seen to it; said again rather than trusted.
            _ => {
                return Err(Error::Usage(
                    "give a run folder, or --samples and --data".into(),
                ));
            }
        };
        if self.json {
            return json(&found);
        }
        let source = found.source.display();
        let step = found
            .step
            .map_or(String::new(), |s| format!(" at step {s}"));
        let seed = found.seed.map_or(String::new(), |s| format!(", seed {s}"));
        result(&format!("{}", found.coverage))?;
        result(&format!("samples        {source}{step}{seed}"))
    }
}

fn of_run(dir: &Path, n: i64, seed: u64) -> Result<Evaluation> {
    let checkpoint = checkpoint(dir)?;
    let name = &checkpoint.config.data.name;
    let mixture = Mixture::named(name).ok_or_else(|| {
        let images = matches!(checkpoint.description.shape, SampleShape::Image { .. });
        Error::Usage(format!(
            "{} was trained on {name}, whose density is not known, and quality metrics for {} are \
             not part of ganscope yet; mode coverage can be evaluated for runs on {}. Look at the \
             samples in its report.html",
            dir.display(),
            if images { "images" } else { "tables" },
            Mixture::NAMES.join(" and ")
        ))
    })?;
    let samples = checkpoint.sample(affordable(n, &checkpoint)?, seed)?;
    Ok(Evaluation {
        source: checkpoint.path().into(),
        step: Some(checkpoint.step),
        seed: Some(seed),
        coverage: mode_coverage(points(&samples.values, 2)?, &mixture)?,
    })
}

fn of_file(file: &Path, data: &str, n: Option<i64>) -> Result<Evaluation> {
    let mixture = Mixture::named(data)
        .ok_or_else(|| unknown("data set with known modes", data, &Mixture::NAMES))?;
    let samples = Samples::read(file)?;
    if samples.shape != (SampleShape::Vector { len: 2 }) {
        return Err(Error::data(
            file,
            format!(
                "has samples of {}; mode coverage on {data} needs 2 columns, x and y",
                samples.shape
            ),
        ));
    }
    let all = points(&samples.values, 2)?;
    let n = n.map_or(Ok(all.len()), usize::try_from);
    let first = n.ok().and_then(|n| all.get(..n)).ok_or_else(|| {
        Error::Usage(format!(
            "-n is more than there is: {} has {}",
            file.display(),
            counted(all.len(), "sample")
        ))
    })?;
    Ok(Evaluation {
        source: file.into(),
        step: None,
        seed: None,
        coverage: mode_coverage(first, &mixture)?,
    })
}
