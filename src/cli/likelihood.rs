//! `ganscope likelihood`: estimates the log-likelihood of held-out samples under a generator.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use indicatif::ProgressBar;
use serde::Serialize;

use super::output::{json, note, result};
use super::progress::{bar, clock};
use super::sample::checkpoint;
use crate::data::DataConfig;
use crate::error::Result;
use crate::evaluate::{self, Annealing, LikelihoodProtocol};
use crate::files::lossy;

const EXAMPLES: &str = "\
Examples:
  ganscope likelihood runs/nsgan-mnist
  ganscope likelihood runs/nsgan-mnist -n 100 --chains 16 --distributions 10000 --json
  ganscope likelihood runs/wgan-gp-ring8 -n 500

A generator alone defines no density, so normal noise with standard deviation σ is added to its output. \
σ is chosen to make samples of the training data as likely as possible. The log-likelihood of held-out \
samples is then estimated by annealed importance sampling (Wu et al. 2017), which gives a lower bound. \
For samples drawn from the model itself there is also an upper bound; the bracket is the distance between \
the two bounds. If the bracket is large, increase --distributions. The computing time is proportional to \
the product of -n, --chains, --distributions and --leapfrog.

The Parzen estimate, which early papers report, places kernels on 10,000 generated samples. In high \
dimensions it is far too low and can rank generators wrongly (Theis et al. 2016).

The line I(p_r, p_θ) shows the cross-entropy of the data distribution p_r and the density p_θ of the \
generator: the average number of bits needed to encode a real sample with a code that is optimal for p_θ. \
Because p_θ is a density and not a probability, the value can be negative.

The run must be on mnist, fashion-mnist, ring8 or grid25, because only these have held-out samples.";

/// Estimate the log-likelihood of held-out samples under a generator.
///
/// Prints the estimate by annealed importance sampling, the distance between its lower and its upper bound (the
/// bracket), the Parzen estimate, and the cross-entropy in bits. Takes several minutes for images.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Likelihood {
    /// Run directory (its latest checkpoint is evaluated) or checkpoint file
    dir: PathBuf,
    /// Number of held-out samples
    #[arg(short, long, value_name = "N", default_value_t = LikelihoodProtocol::default().n as i64,
          allow_negative_numbers = true, value_parser = super::size)]
    n: i64,
    /// Number of samples drawn from the model to compute the bracket
    #[arg(long, value_name = "N", default_value_t = LikelihoodProtocol::default().simulated as i64,
          allow_negative_numbers = true, value_parser = super::size)]
    simulated: i64,
    /// Number of chains for each sample
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = super::size,
          default_value_t = LikelihoodProtocol::default().annealing.chains as i64)]
    chains: i64,
    /// Number of intermediate distributions between the prior and the posterior
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = super::size,
          default_value_t = LikelihoodProtocol::default().annealing.distributions as i64)]
    distributions: i64,
    /// Number of leapfrog steps in each Hamiltonian Monte Carlo transition
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = super::size,
          default_value_t = LikelihoodProtocol::default().annealing.leapfrog as i64)]
    leapfrog: i64,
    /// Random seed for the chains and the generated samples
    #[arg(long, value_name = "SEED", default_value_t = 1, allow_negative_numbers = true,
          value_parser = super::natural::<u64>)]
    seed: u64,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

/// A likelihood, with the checkpoint and the protocol that it was measured by.
#[derive(Debug, Serialize)]
struct Found {
    #[serde(serialize_with = "lossy")]
    source: PathBuf,
    step: u64,
    #[serde(flatten)]
    likelihood: evaluate::Likelihood,
    protocol: LikelihoodProtocol,
    version: &'static str,
}

impl Likelihood {
    /// Runs the command.
    pub fn run(self, data_dir: Option<&Path>) -> Result<()> {
        let checkpoint = checkpoint(&self.dir)?;
        let data = &checkpoint.config.data;
        let data = DataConfig {
            dir: data_dir.map(Path::to_path_buf).or(data.dir.clone()),
            ..data.clone()
        };
        let protocol = LikelihoodProtocol {
            n: self.n as usize,
            simulated: self.simulated as usize,
            annealing: Annealing {
                chains: self.chains as usize,
                distributions: self.distributions as usize,
                leapfrog: self.leapfrog as usize,
                seed: self.seed,
            },
        };
        let mut display = Display::default();
        let watch = &mut |what: &str, share: f64| display.show(what, share);
        let likelihood = checkpoint.likelihood(&data, protocol, watch)?;
        drop(display);
        let (source, step) = (checkpoint.path(), checkpoint.step);
        if self.json {
            return json(&Found {
                source: source.into(),
                step,
                likelihood,
                protocol,
                version: env!("CARGO_PKG_VERSION"),
            });
        }
        result(&format!(
            "{likelihood}\nsamples            {} at step {step}",
            source.display()
        ))
    }
}

/// Number of progress lines for each stage when there is no terminal.
const LINES: f64 = 4.0;
/// Length of the progress bar.
const LENGTH: f64 = 1000.0;

/// The current stage and its progress: a bar on a terminal, a few lines elsewhere.
#[derive(Default)]
struct Display {
    bar: Option<Option<ProgressBar>>,
    /// Name of the current stage, its start, and the number of progress lines printed for it.
    stage: Option<(String, Instant, f64)>,
}

impl Display {
    fn show(&mut self, what: &str, share: f64) {
        let (name, since, lines) = match &mut self.stage {
            Some(stage) if stage.0 == what && share * LINES >= stage.2 => stage,
            stage => stage.insert((what.into(), Instant::now(), 0.0)),
        };
        let left = since.elapsed().as_secs_f64() * (1.0 / share - 1.0);
        let left = if share > 0.0 {
            format!("{:3.0} %  ETA {}", 100.0 * share, clock(left))
        } else {
            String::new()
        };
        let line = format!("{name:<18} {left}");
        match self.bar.get_or_insert_with(|| bar(0, LENGTH as u64)) {
            Some(bar) => {
                bar.set_position((LENGTH * share) as u64);
                bar.set_message(line);
            }
            None if share * LINES >= *lines + 1.0 || share == 0.0 => {
                *lines = (share * LINES).floor();
                note(line.trim_end());
            }
            None => {}
        }
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        if let Some(Some(bar)) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
