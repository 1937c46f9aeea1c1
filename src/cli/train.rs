//! `ganscope train`: trains a GAN into a new run directory.

use std::path::{Path, PathBuf};

use clap::Args;

use super::interrupt::{self, STOP};
use super::output::{note, result};
use super::progress::Display;
use crate::error::{Error, Result};
use crate::gan::PenaltyConfig;
use crate::report::RunReport;
use crate::report::format::{counted, duration};
use crate::train::{Run, Settings, TrainConfig, Trainer, train};

const EXAMPLES: &str = "\
Examples:
  ganscope train --data ring8
  ganscope train --data images:photos --set data.image_size=64 --out runs/photos
  ganscope train my.toml --seed 7 --set optimizer.generator.lr=5e-4
  ganscope train --data csv:table.csv --set batch=64

config.toml in the run directory lists every setting with its value. --set takes the same names; a dot \
separates a TOML table from the setting inside it (optimizer.generator.lr).";

/// Train a GAN.
///
/// The run directory holds config.toml (every setting), metrics.jsonl (the losses over time), images of
/// samples, checkpoints, and report.html. Ctrl-C saves a checkpoint and stops; `ganscope resume` continues
/// the run.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Train {
    /// TOML file with settings; the options override it
    config: Option<PathBuf>,
    #[arg(long, value_name = "DATASET", help = super::arguments::data_help())]
    data: Option<String>,
    #[arg(long, value_name = "RECIPE", help = super::arguments::gan_help(), long_help = super::arguments::gan_long_help())]
    gan: Option<String>,
    /// Number of training steps, each of which updates the generator once [default: set by the recipe]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = super::size)]
    steps: Option<i64>,
    /// Random seed [default: 1]
    #[arg(long, value_name = "SEED", allow_negative_numbers = true,
          value_parser = super::natural::<i64>)]
    seed: Option<i64>,
    /// Run directory to create [default: runs/GAN-DATA, such as runs/nsgan-ring8]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Change any setting, such as batch=64 or optimizer.generator.lr=5e-4. Can be repeated; overrides the
    /// file and the other options
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Replace an earlier run in that directory
    #[arg(long)]
    force: bool,
}

impl Train {
    /// Runs the command.
    pub fn run(self, data_dir: Option<&Path>) -> Result<()> {
        let (config, data) = self.settings(data_dir)?.resolve()?;
        let folder = self.out.unwrap_or_else(|| default_folder(&config));
        config.data.refuse_run_inside(&folder)?;
        // Errors in the settings are found before an earlier run is replaced.
        let mut trainer = Trainer::new(config, data)?;
        let run = Run::create(&folder, trainer.config(), self.force)?;
        let config = trainer.config();
        let warnings = [
            too_few_steps_for_components(config),
            several_starts(config),
            unbounded_critic(config),
            critic_bounded_twice(config),
            warmup_longer_than_run(config),
        ];
        for warning in warnings.iter().flatten() {
            note(warning);
        }
        interrupt::install()?;
        let report = train_and_report(&run, &mut trainer, 0.0)?;
        conclude(&run, &report)
    }

    fn settings(&self, data_dir: Option<&Path>) -> Result<Settings> {
        let mut settings = match &self.config {
            Some(path) => Settings::read(path)?,
            None => Settings::default(),
        };
        for (key, name) in [("data.name", &self.data), ("gan", &self.gan)] {
            if let Some(name) = name {
                settings.set(key, name.as_str())?;
            }
        }
        for (key, number) in [("steps", self.steps), ("seed", self.seed)] {
            if let Some(number) = number {
                settings.set(key, number)?;
            }
        }
        adjust(&mut settings, &self.set, data_dir)?;
        Ok(settings)
    }
}

/// Applies the options `--set` and `--data-dir` to the settings.
pub fn adjust(settings: &mut Settings, set: &[String], data_dir: Option<&Path>) -> Result<()> {
    for assignment in set {
        settings.assign(assignment)?;
    }
    if let Some(dir) = data_dir {
        let text = dir.to_str().ok_or_else(|| {
            Error::Usage(format!(
                "--data-dir {}: the path is not valid UTF-8, so it cannot be written to config.toml",
                dir.display()
            ))
        })?;
        settings.set("data.dir", text)?;
    }
    Ok(())
}

/// Trains until the end or Ctrl-C, writes the report, and returns it.
pub fn train_and_report(run: &Run, trainer: &mut Trainer, seconds: f64) -> Result<RunReport> {
    let updates = trainer.config().updates();
    let before = match trainer.steps_done() {
        0 => 0,
        // A run with several starts has trained all of them before its own first step.
        done => updates - trainer.config().steps + done,
    };
    let mut display = Display::new(before, updates);
    let outcome = train(run, trainer, seconds, &STOP, &mut |p| display.show(&p));
    drop(display);
    let stopped = match outcome {
        Err(stopped @ Error::Interrupted { .. }) => Some(stopped),
        other => other.map(|()| None)?,
    };
    let report = RunReport::of(run)?;
    report.write(&run.report_path())?;
    let Some(stopped) = stopped else {
        return Ok(report);
    };
    note(&format!("report so far: {}", run.report_path().display()));
    let folder = run.folder().display();
    note(&format!("to continue: ganscope resume {folder}"));
    Err(stopped)
}

/// Prints the outcome of a run in one line, and where its report is.
pub fn conclude(run: &Run, report: &RunReport) -> Result<()> {
    let verdict = report.verdict().unwrap_or_default();
    let (steps, seconds) = report
        .records
        .last()
        .map_or((0, 0.0), |last| (last.step, last.seconds));
    result(&format!(
        "{}, {} in {}. {verdict}",
        report.title,
        counted(steps as usize, "step"),
        duration(seconds)
    ))?;
    report.notes.iter().try_for_each(|line| result(line))?;
    result(&format!("report: {}", run.report_path().display()))
}

/// A note for a run that trains several starts and continues the best.
fn several_starts(config: &TrainConfig) -> Option<String> {
    let (steps, starts) = (config.steps_of_a_start(), config.codes.starts);
    (steps > 0).then(|| {
        format!(
            "note: training starts {starts} times from different initial weights, for {} each; the start with the \
             largest L_R (how well the codes of two views of a real sample agree) continues to step {}; to train \
             only one, use --set codes.starts=1",
            counted(steps as usize, "step"),
            config.steps
        )
    })
}

/// A note for a run that ends before the last component of its mixture is trained.
fn too_few_steps_for_components(config: &TrainConfig) -> Option<String> {
    let (boosting, steps) = (&config.boosting, config.steps);
    let reached = boosting.component(steps.saturating_sub(1)) + 1;
    (reached < boosting.components).then(|| {
        format!(
            "note: steps = {steps} ends the run in component {reached} of {}, because each component is trained \
             for boosting.steps = {} steps; to train all components, set steps to at least {}",
            boosting.components,
            boosting.steps,
            boosting.components.saturating_mul(boosting.steps)
        )
    })
}

/// A note for a critic that nothing bounds.
fn unbounded_critic(config: &TrainConfig) -> Option<String> {
    config.unbounded().then(|| {
        "note: nothing bounds the critic, and its loss has no minimum, so the run may diverge; set weight_clip, \
         penalty.kind=gradient or discriminator.spectral_norm=true"
            .into()
    })
}

/// A note for a critic with both a gradient penalty and weight clipping.
fn critic_bounded_twice(config: &TrainConfig) -> Option<String> {
    match config.penalty {
        PenaltyConfig::Gradient { target, .. } if config.weight_clip > 0.0 => Some(format!(
            "note: with weights clipped to weight_clip = {}, the critic may never reach the gradient norm of {target} that \
             the penalty asks for; to use only the penalty, use --set weight_clip=0",
            config.weight_clip
        )),
        _ => None,
    }
}

/// A note for a run that ends during the warm-up of a learning rate.
fn warmup_longer_than_run(config: &TrainConfig) -> Option<String> {
    let (schedule, steps) = (&config.schedule, config.steps);
    let warmup = schedule.generator.warmup.max(schedule.discriminator.warmup);
    (warmup > steps).then(|| {
        format!(
            "note: steps = {steps} ends the run before the learning rate reaches its full value, because \
             schedule.*.warmup = {warmup}; increase steps or reduce warmup"
        )
    })
}

/// The run directory `runs/GAN-DATA`; a dataset given by its path contributes the last part of the path.
fn default_folder(config: &TrainConfig) -> PathBuf {
    let plain = |c: char| {
        if c.is_alphanumeric() || "._-".contains(c) {
            c
        } else {
            '-'
        }
    };
    let name = config.data.name.as_str();
    let (kind, path) = name.split_once(':').unwrap_or(("", name));
    let last = Path::new(path).file_name().and_then(|n| n.to_str());
    let name = match kind {
        "" => name.into(),
        kind => format!("{kind}-{}", last.unwrap_or_default()),
    };
    let data: String = name.chars().map(plain).collect();
    Path::new("runs").join(format!("{}-{data}", config.gan))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dataset_path_becomes_one_directory_name() {
        let (mut config, _) = Settings::parse("data = \"ring8\"")
            .unwrap()
            .resolve()
            .unwrap();
        for (name, folder) in [
            ("ring8", "ring8"),
            ("csv:../my table.csv", "csv-my-table.csv"),
            ("images:/data/photos/", "images-photos"),
            ("images:/", "images-"),
        ] {
            config.data.name = name.into();
            let expected = Path::new("runs").join(format!("nsgan-{folder}"));
            assert_eq!(default_folder(&config), expected);
        }
    }
}
