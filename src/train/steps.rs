//! The training loop: steps, and what is written into the run directory between them.

use super::divergence;
use super::folder::Run;
use super::losses::Losses;
use super::metrics::{Record, read as read_metrics};
use super::score::Score;
use super::snapshot;
use super::trainer::Trainer;
use crate::error::{AtPath, Error, Result};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// State of a run after a step, for a progress display.
#[derive(Debug, Clone)]
pub struct Progress {
    /// Number of updates of G so far, including those of [starts](super::TrainConfig::updates) that are not continued.
    pub step: u64,
    /// Number of updates of G in total.
    pub steps: u64,
    /// Measurements of the last step.
    pub losses: Losses,
    /// Number of real samples per second since the last line of the log.
    pub samples_per_second: f64,
}

/// Trains a single start until `config.steps`: see [`train`](super::train).
pub(super) fn train_steps(
    run: &Run,
    trainer: &mut Trainer,
    seconds_before: f64,
    stop: &AtomicBool,
    watch: &mut dyn FnMut(Progress),
) -> Result<()> {
    run.lock()?;
    let updates = trainer.config.updates();
    let updates_of_other_starts = updates - trainer.config.steps;
    let path = run.metrics_path();
    let mut log = open_log(run)?;
    if trainer.step == 0 {
        save_picture(run, trainer)?;
    }
    let start = Instant::now();
    let (mut last_line, mut steps_since) = (Instant::now(), 0usize);
    while trainer.step < trainer.config.steps {
        let (lr_g, lr_d) = trainer.learning_rates();
        match trainer.begin_component(stop) {
            Err(e @ Error::Interrupted { .. }) => {
                let newest = run.checkpoints()?.pop();
                if newest.is_none_or(|(step, _)| step < trainer.step) {
                    log.sync_all().at(&path)?;
                    let seconds = seconds_before + start.elapsed().as_secs_f64();
                    let losses = trainer.interval.means_if_any().unwrap_or_default();
                    run.save(trainer, seconds, &Score::of(trainer, &losses)?)?;
                }
                return Err(e);
            }
            begun => begun?,
        }
        let losses = match trainer.step() {
            Ok(losses) => losses,
            Err(e) => return Err(with_history(e, trainer, &path)),
        };
        trainer.interval.add(&losses);
        steps_since += 1;
        let (step, config) = (trainer.step, &trainer.config);
        let samples = steps_since as f64 * (config.batch as f64 * config.n_critic as f64);
        let samples_per_second = samples / last_line.elapsed().as_secs_f64().max(1e-9);
        watch(Progress {
            step: step + updates_of_other_starts,
            steps: updates,
            losses: losses.clone(),
            samples_per_second,
        });
        // Read only once: a Ctrl-C later in this step takes effect in the next step, which then saves a checkpoint.
        let stopped = stop.load(Ordering::Relaxed);
        let last = step == config.steps || stopped;
        let sample_now = step % config.sample_every == 0;
        let save_now = step % config.checkpoint_every == 0 || config.keeps_checkpoint(step);
        let log_now = step % config.log_every == 0;
        if log_now || last {
            let means = trainer.interval.means();
            let seconds = seconds_before + start.elapsed().as_secs_f64();
            let record = record(step, means, (lr_g, lr_d), samples_per_second, seconds);
            append(&mut log, &record).at(&path)?;
            (last_line, steps_since) = (Instant::now(), 0);
        }
        // The last line of an interrupted run does not end an interval, because a run that was not interrupted
        // would not have ended it there.
        if log_now {
            trainer.end_interval();
        }
        if sample_now || last {
            save_picture(run, trainer)?;
        }
        if save_now || last {
            if let Err(e) = trainer.check_weights() {
                return Err(with_history(e, trainer, &path));
            }
            log.sync_all().at(&path)?;
            let seconds = seconds_before + start.elapsed().as_secs_f64();
            run.save(trainer, seconds, &Score::of(trainer, &losses)?)?;
        }
        if stopped && step < trainer.config.steps {
            return Err(Error::Interrupted { step });
        }
    }
    Ok(())
}

/// Opens the log for appending and creates it if there is none.
pub(super) fn open_log(run: &Run) -> Result<File> {
    let path = run.metrics_path();
    let file = OpenOptions::new().create(true).append(true).open(&path);
    file.at(&path)
}

/// Adds what was measured before a divergence to its error: the lines of the log, and the steps since the last one.
fn with_history(error: Error, trainer: &Trainer, log: &Path) -> Error {
    // The divergence is reported even if the log cannot be read.
    let lines = read_metrics(log).unwrap_or_default().into_iter();
    let history: Vec<Losses> = lines
        .map(Losses::from)
        .chain(trainer.interval.means_if_any())
        .collect();
    divergence::with_history(error, &trainer.config, &trainer.players(), &history)
}

/// Saves a picture of samples at the current step.
pub(super) fn save_picture(run: &Run, trainer: &Trainer) -> Result<()> {
    let name = format!("step-{:06}.png", trainer.step);
    let path = run.samples_folder().join(name);
    let parts = trainer.generators();
    snapshot::write(&path, &parts, &trainer.data, &trainer.config)
}

fn record(
    step: u64,
    means: Losses,
    (lr_g, lr_d): (f64, f64),
    samples_per_second: f64,
    seconds: f64,
) -> Record {
    Record {
        step,
        d_loss: means.d_loss,
        g_loss: means.g_loss,
        d_real: means.d_real,
        d_fake: means.d_fake,
        lr_g,
        lr_d,
        grad_norm_d: means.grad_norm_d,
        grad_norm_g: means.grad_norm_g,
        samples_per_second,
        seconds,
        extra: means.extra,
    }
}

fn append(log: &mut File, record: &Record) -> std::io::Result<()> {
    let mut line = serde_json::to_string(record)?;
    line.push('\n');
    log.write_all(line.as_bytes())
}
