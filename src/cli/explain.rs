//! `ganscope explain`: looks inside a trained GAN.

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::Instant;

use clap::Args;

use super::interrupt::{self, STOP};
use super::output::{note, result};
use super::progress::clock;
use super::sample::checkpoint;
use crate::data::DataConfig;
use crate::error::{AtPath, Error, Result, counted};
use crate::explain::{Event, ExplainSettings, Explanation, METHODS, Progress, explain};
use crate::interpret::{RealData, Subject};
use crate::nn::NetworkSpec;
use crate::report::RunReport;
use crate::report::format::duration;
use crate::train::Run;

const EXAMPLES: &str = "\
Examples:
  ganscope explain runs/nsgan-mnist
  ganscope explain runs/nsgan-sprites --only effects,inversion --out sprites
  ganscope explain runs/nsgan-mnist --against runs/lsgan-mnist
  ganscope explain --weights model.safetensors --generator g.toml --data images:photos

Without --only, every method that applies is run. explain.html is the page, explain.json holds every number \
with its protocol, and directions.npy the directions, for ganscope sample --direction.";

const USAGE: &str = "\
ganscope explain [OPTIONS] <DIR>
       ganscope explain [OPTIONS] --weights <FILE> --generator <SPEC> [--discriminator <SPEC>]";

/// Look inside a trained GAN: what its directions change, what D looks at, what G can make.
///
/// Writes a page and a JSON file. Where possible, a finding has a 95 % interval and is compared with chance:
/// random directions, random weights or shuffled labels.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, override_usage = USAGE)]
pub struct Explain {
    /// Run directory (its latest checkpoint is used) or checkpoint file
    #[arg(conflicts_with = "weights", required_unless_present = "weights")]
    dir: Option<PathBuf>,
    /// Methods to run, separated by commas [default: all that apply]
    #[arg(long, value_name = "METHODS", value_delimiter = ',', long_help = methods())]
    only: Vec<String>,
    /// Other runs to compare the directions with; their z must have the same length
    #[arg(long, value_name = "DIR", num_args = 1..)]
    against: Vec<PathBuf>,
    /// Weights of your own networks, in the format safetensors, with PyTorch's names
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// TOML file that describes the layers of the generator
    #[arg(long, value_name = "SPEC", requires = "weights")]
    generator: Option<PathBuf>,
    /// TOML file that describes the layers of the discriminator
    #[arg(long, value_name = "SPEC", requires = "weights")]
    discriminator: Option<PathBuf>,
    /// Dataset to compare with [default: that of the run; none for --weights]
    #[arg(long, value_name = "DATASET")]
    data: Option<String>,
    /// Random seed
    #[arg(long, value_name = "SEED", default_value_t = 1, allow_negative_numbers = true,
          value_parser = super::natural::<u64>)]
    seed: u64,
    /// Output directory [default: the run directory; for a file, a directory with the prefix explain-
    /// beside it]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Help for `--only`: a line for each method.
fn methods() -> String {
    let mut help = String::from("Methods to run, separated by commas [default: all that apply]");
    for method in &METHODS {
        help += &format!("\n  {:<16} {}", method.name, method.summary);
    }
    help
}

impl Explain {
    /// Runs the command.
    pub fn run(self, data_dir: Option<&Path>) -> Result<()> {
        interrupt::install()?;
        let subject = self.subject(data_dir)?;
        let mut others = Vec::new();
        for other in &self.against {
            let other_subject = Subject::of_checkpoint(&checkpoint(other)?, data_dir)?;
            check_latent(&subject, &other_subject, other)?;
            others.push(Subject {
                title: format!("{} ({})", other_subject.title, other.display()),
                ..other_subject
            });
        }
        let settings = ExplainSettings {
            only: self.only.clone(),
            seed: self.seed,
            ..ExplainSettings::default()
        };
        let start = Instant::now();
        let mut watch = |event: &Event<'_>| -> Result<()> {
            if STOP.load(Ordering::Relaxed) {
                return Err(Error::ExplanationInterrupted);
            }
            match event {
                Event::Note(message) => note(message),
                Event::Method(progress) => note(&line(progress, start.elapsed().as_secs_f64())),
            }
            Ok(())
        };
        let found = explain(&subject, &others, &settings, &mut watch)?;
        if STOP.load(Ordering::Relaxed) {
            return Err(Error::ExplanationInterrupted);
        }
        let folder = self.folder();
        found.write(&folder)?;
        self.update_report(&folder)?;
        result(&summary(&found, &folder, start.elapsed().as_secs_f64()))
    }

    /// The networks that the arguments name.
    fn subject(&self, data_dir: Option<&Path>) -> Result<Subject> {
        let data = self.data.as_ref().map(|name| {
            RealData::open(DataConfig {
                dir: data_dir.map(Path::to_path_buf),
                ..DataConfig::named(name)
            })
        });
        if let Some(weights) = &self.weights {
            let spec = |path: &Option<PathBuf>| path.as_deref().map(read_spec).transpose();
            return Subject::of_weights(
                weights,
                spec(&self.generator)?.as_ref(),
                spec(&self.discriminator)?.as_ref(),
                data.transpose()?,
            );
        }
        let Some(dir) = &self.dir else {
            return Err(Error::Usage(
                "nothing to explain; give a run directory, or --weights FILE with --generator SPEC"
                    .into(),
            ));
        };
        let mut subject = Subject::of_checkpoint(&checkpoint(dir)?, data_dir)?;
        if let Some(data) = data {
            subject.data = Some(data?);
            subject.check_shapes()?;
        }
        Ok(subject)
    }

    /// Directory of the page.
    fn folder(&self) -> PathBuf {
        if let Some(out) = &self.out {
            return out.clone();
        }
        match self.dir.as_ref().or(self.weights.as_ref()) {
            Some(file) if !file.is_dir() => {
                let stem = file.file_stem().unwrap_or_default().to_string_lossy();
                file.with_file_name(format!("explain-{stem}"))
            }
            Some(dir) => dir.clone(),
            None => PathBuf::from("."),
        }
    }

    /// Writes the report of the run anew, if the page is in its directory, so that it shows the main findings.
    fn update_report(&self, folder: &Path) -> Result<()> {
        match &self.dir {
            Some(dir) if dir == folder => {
                let run = Run::open(dir)?;
                RunReport::of(&run)?.write(&run.report_path())
            }
            _ => Ok(()),
        }
    }
}

/// Refuses a run whose latents are of another length.
fn check_latent(subject: &Subject, other: &Subject, path: &Path) -> Result<()> {
    let latent = |s: &Subject| s.generator.as_ref().map(|g| g.spec().input.numel());
    match (latent(subject), latent(other)) {
        (Some(a), Some(b)) if a != b => Err(Error::Usage(format!(
            "--against {}: its z has {b} numbers, but that of {} has {a}, so their directions cannot be compared",
            path.display(),
            subject.title
        ))),
        _ => Ok(()),
    }
}

/// Reads the description of a network.
fn read_spec(path: &Path) -> Result<NetworkSpec> {
    let text = std::fs::read_to_string(path).at(path)?;
    toml::from_str(&text).map_err(|e| Error::data(path, e.to_string().trim_end().to_string()))
}

/// A line such as `[2/9] Which directions there are  ETA 1:20`.
fn line(progress: &Progress, elapsed: f64) -> String {
    let left = match progress.fraction {
        fraction if fraction > 0.0 => {
            format!("  ETA {}", clock(elapsed / fraction * (1.0 - fraction)))
        }
        _ => String::new(),
    };
    format!(
        "[{}/{}] {}{left}",
        progress.done + 1,
        progress.total,
        progress.method
    )
}

fn summary(found: &Explanation, folder: &Path, seconds: f64) -> String {
    let mut text = format!("Inside {}\n", found.title);
    for finding in &found.main_findings {
        text += &format!("\n{finding}\n");
    }
    for omission in &found.omitted {
        text += &format!(
            "\nnot examined: {}, because {}",
            omission.method, omission.reason
        );
    }
    format!(
        "{text}\n{}: {} in {}; explain.json has every number",
        folder.join("explain.html").display(),
        counted(found.sections.len(), "method"),
        duration(seconds)
    )
}
