//! `ganscope train`: a new run.

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

Every setting with its default stands in config.toml of the run folder; `--set` takes their dotted
names.";

/// Train a GAN into a run folder.
///
/// The folder holds config.toml (every setting), metrics.jsonl, pictures of samples over time,
/// checkpoints, and report.html. Ctrl-C saves; `ganscope resume` goes on.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Train {
    /// Settings in TOML; what follows overrides them
    config: Option<PathBuf>,
    #[arg(long, value_name = "D", help = super::data_help())]
    data: Option<String>,
    #[arg(long, value_name = "R", help = super::gan_help(), long_help = super::gan_long_help())]
    gan: Option<String>,
    /// Updates of the generator
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = super::size)]
    steps: Option<i64>,
    /// Every random number follows from it
    #[arg(long, value_name = "S", allow_negative_numbers = true,
          value_parser = super::natural::<i64>)]
    seed: Option<i64>,
    /// The run folder [default: runs/GAN-DATA]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Any setting, as `batch=64` or `optimizer.generator.lr=5e-4`; may be repeated, and wins over the
    /// file and the other options
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Replace the run that the folder holds
    #[arg(long)]
    force: bool,
}

impl Train {
    pub fn run(self, data_dir: Option<&Path>) -> Result<()> {
        let (config, data) = self.settings(data_dir)?.resolve()?;
        let folder = self.out.unwrap_or_else(|| default_folder(&config));
        // Whatever can be wrong is found before an earlier run is replaced.
        let mut trainer = Trainer::new(config, data)?;
        let run = Run::create(&folder, trainer.config(), self.force)?;
        let config = trainer.config();
        for told in [
            short_of_components(config),
            beginnings(config),
            unbounded(config),
            bounded_twice(config),
            never_warm(config),
        ] {
            told.iter().for_each(|told| note(told));
        }
        interrupt::install()?;
        let report = go(&run, &mut trainer, 0.0)?;
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

/// `--set` and `--data-dir`, as `train` and `resume` have them.
pub fn adjust(settings: &mut Settings, set: &[String], data_dir: Option<&Path>) -> Result<()> {
    for assignment in set {
        settings.assign(assignment)?;
    }
    if let Some(dir) = data_dir {
        let text = dir.to_str().ok_or_else(|| {
            Error::Usage(format!(
                "--data-dir {}: a name that is no UTF-8 cannot stand in config.toml",
                dir.display()
            ))
        })?;
        settings.set("data.dir", text)?;
    }
    Ok(())
}

/// Trains to the end or to Ctrl-C, writes the report, and returns it.
pub fn go(run: &Run, trainer: &mut Trainer, seconds: f64) -> Result<RunReport> {
    let updates = trainer.config().updates();
    let before = match trainer.steps_done() {
        0 => 0,
        // The beginnings are behind it.
        done => updates - trainer.config().steps + done,
    };
    let mut display = Display::new(before, updates);
    let outcome = train(run, trainer, seconds, &STOP, &mut |p| display.show(p));
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
    note(&format!("go on with: ganscope resume {folder}"));
    Err(stopped)
}

/// What came out, in a line, and where to read more.
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
    report.notes.iter().try_for_each(|said| result(said))?;
    result(&format!("report: {}", run.report_path().display()))
}

/// What is to be said of a run that begins several times.
fn beginnings(config: &TrainConfig) -> Option<String> {
    let (steps, starts) = (config.steps_of_a_start(), config.codes.starts);
    (steps > 0).then(|| {
        format!(
            "note: {starts} beginnings of {} each come first, and the one whose L_R is largest goes on to {}; for \
             one alone, --set codes.starts=1",
            counted(steps as usize, "step"),
            config.steps
        )
    })
}

/// What is to be said when the steps end before the last component of a mixture begins.
fn short_of_components(config: &TrainConfig) -> Option<String> {
    let (boosting, steps) = (&config.boosting, config.steps);
    let reached = boosting.component(steps.saturating_sub(1)) + 1;
    (reached < boosting.components).then(|| {
        format!(
            "note: steps = {steps} end in component {reached} of {}, as each takes boosting.steps = {}",
            boosting.components, boosting.steps
        )
    })
}

/// What is to be said of a critic without a bound.
fn unbounded(config: &TrainConfig) -> Option<String> {
    config.unbounded().then(|| {
        "note: nothing bounds the critic, whose loss has no lower end, so it may grow until the run diverges; set \
         weight_clip, penalty.kind=gradient or discriminator.spectral_norm=true"
            .into()
    })
}

/// What is to be said of a critic with two bounds that know nothing of each other.
fn bounded_twice(config: &TrainConfig) -> Option<String> {
    match config.penalty {
        PenaltyConfig::Gradient { target, .. } if config.weight_clip > 0.0 => Some(format!(
            "note: weights within weight_clip = {} may never have the slope that the penalty asks for, {target}; for \
             the penalty alone, --set weight_clip=0",
            config.weight_clip
        )),
        _ => None,
    }
}

/// What is to be said when the steps end before a learning rate has reached its full size.
fn never_warm(config: &TrainConfig) -> Option<String> {
    let (schedule, steps) = (&config.schedule, config.steps);
    let warmup = schedule.generator.warmup.max(schedule.discriminator.warmup);
    (warmup > steps).then(|| {
        format!(
            "note: steps = {steps} end before a learning rate has reached its full size, as schedule.*.warmup = {warmup}"
        )
    })
}

/// `runs/GAN-DATA`; of a path in the name of the data, its last part.
fn default_folder(config: &TrainConfig) -> PathBuf {
    let tame = |c: char| {
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
    let data: String = name.chars().map(tame).collect();
    Path::new("runs").join(format!("{}-{data}", config.gan))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_in_the_name_stays_one_folder() {
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
