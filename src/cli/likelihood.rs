//! `ganscope likelihood`: how likely samples that a generator has not seen are under it.

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

const EXAMPLES: &str = "\
Examples:
  ganscope likelihood runs/nsgan-mnist
  ganscope likelihood runs/nsgan-mnist -n 100 --chains 16 --distributions 10000 --json
  ganscope likelihood runs/wgan-gp-ring8 -n 500

A generator makes no density; with normal noise of deviation σ around what it makes, it does. σ is
chosen by samples of the training data. The log-likelihood of held-out samples is found by annealed
importance sampling (Wu et al. 2017), which can only find too little. How much too little shows in
the bracket: for samples drawn from the model itself an upper bound can be had as well, and this is
the distance between both. When it is large, take more distributions: time grows as -n times chains
times distributions times leapfrog steps.

Parzen's estimate, which is what early papers report, puts kernels on 10,000 generated samples. In
many dimensions it is far too low, and may rank generators wrongly (Theis et al. 2016).

I(p_r, p_θ) is the cross-entropy: what a sample costs on average in a code made for the generator.
Of a density it may be negative.

Of runs on mnist, fashion-mnist, ring8 and grid25: other data have no samples that G has not seen.";

/// Measure how likely held-out samples are under a generator.
///
/// By annealed importance sampling with its bracket, and by Parzen's estimate; the cross-entropy in bits.
/// Takes minutes on images.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Likelihood {
    /// A run folder, whose newest checkpoint is measured, or a checkpoint
    dir: PathBuf,
    /// Held-out samples
    #[arg(short, long, value_name = "N", default_value_t = LikelihoodProtocol::default().n as i64,
          allow_negative_numbers = true, value_parser = super::size)]
    n: i64,
    /// Samples drawn from the model, for the bracket
    #[arg(long, value_name = "N", default_value_t = LikelihoodProtocol::default().simulated as i64,
          allow_negative_numbers = true, value_parser = super::size)]
    simulated: i64,
    /// Chains for each sample
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = super::size,
          default_value_t = LikelihoodProtocol::default().annealing.chains as i64)]
    chains: i64,
    /// Distributions from the prior to the posterior
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = super::size,
          default_value_t = LikelihoodProtocol::default().annealing.distributions as i64)]
    distributions: i64,
    /// Leapfrog steps of a Hamiltonian move
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = super::size,
          default_value_t = LikelihoodProtocol::default().annealing.leapfrog as i64)]
    leapfrog: i64,
    /// What the chains and the generated samples follow from
    #[arg(long, value_name = "S", default_value_t = 1, allow_negative_numbers = true,
          value_parser = super::natural::<u64>)]
    seed: u64,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What was found, with what it was found of.
#[derive(Debug, Serialize)]
struct Found {
    source: PathBuf,
    step: u64,
    #[serde(flatten)]
    likelihood: evaluate::Likelihood,
    protocol: LikelihoodProtocol,
    version: &'static str,
}

impl Likelihood {
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

/// Lines for each thing that is done, where there is no terminal.
const LINES: f64 = 4.0;
/// Positions of the bar.
const LENGTH: f64 = 1000.0;

/// What is being done and how far it is: a bar on a terminal, a few lines elsewhere.
#[derive(Default)]
struct Display {
    bar: Option<Option<ProgressBar>>,
    /// What, since when, and the lines so far.
    now: Option<(String, Instant, f64)>,
}

impl Display {
    fn show(&mut self, what: &str, share: f64) {
        let (name, since, lines) = match &mut self.now {
            Some(now) if now.0 == what && share * LINES >= now.2 => now,
            now => now.insert((what.into(), Instant::now(), 0.0)),
        };
        let left = since.elapsed().as_secs_f64() * (1.0 / share - 1.0);
        let left = match share > 0.0 {
            true => format!("{:3.0} %  ETA {}", 100.0 * share, clock(left)),
            false => String::new(),
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
