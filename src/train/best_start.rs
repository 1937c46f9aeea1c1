//! Starting a run several times and continuing the best start.
//!
//! The meaning of the values of a code is fixed in the first half of a run. Sometimes it is a bad one: the samples of
//! one digit are split by their slant, and two digits share a value. L_R tells such a start from a good one without
//! labels. So a run with codes is started several times from new networks, as k-means is, each time for half of its
//! steps, and the start with the largest L_R is continued.

use super::config::TrainConfig;
use super::folder::Run;
use super::metrics::{Record, read as read_metrics};
use super::names::metric;
use super::resume::resume;
use super::score::Score;
use super::settings::Settings;
use super::starts::Starts;
use super::steps::{Progress, train_steps};
use super::trainer::Trainer;
use crate::data::Dataset;
use crate::error::{Error, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Trains all starts, puts the best one into `trainer`, which is at step 0, and its log and pictures into the run
/// directory. Returns the seconds that all starts took.
///
/// Each start is a run in its own directory `starts/K` until the best is chosen, so that an interrupted start can be
/// resumed. `watch` is called with the number of updates over all starts and the progress of the current one.
///
/// # Errors
/// [`Error::Diverged`] when all starts diverge; otherwise as [`train_steps`].
pub(super) fn choose(
    run: &Run,
    trainer: &mut Trainer,
    stop: &AtomicBool,
    watch: &mut dyn FnMut(u64, Progress),
) -> Result<f64> {
    let config = trainer.config.clone();
    let steps = config.steps_of_a_start();
    let mut config_of_start = config.clone();
    (config_of_start.steps, config_of_start.codes.starts) = (steps, 1);
    if run.checkpoints()?.is_empty() {
        // `resume` continues from this checkpoint when a start is interrupted.
        let score = Score {
            measure: "nothing yet".into(),
            value: f64::NAN,
        };
        run.save(trainer, 0.0, &score)?;
    }
    let (mut bits, mut seconds, mut diverged) = (Vec::new(), 0.0, None);
    for k in 0..config.codes.starts {
        let (start, mut start_trainer, seconds_before) =
            begin(run, &config_of_start, trainer.data.clone(), k)?;
        let updates_before = k as u64 * steps;
        let outcome = train_steps(&start, &mut start_trainer, seconds_before, stop, &mut |p| {
            watch(updates_before + p.step, p);
        });
        let log = read_metrics(start.metrics_path())?;
        seconds += log.last().map_or(0.0, |last| last.seconds);
        bits.push(match outcome {
            Ok(()) => Some(late_bits(&log, steps)),
            Err(e @ Error::Diverged { .. }) => {
                diverged = Some(e);
                None
            }
            Err(e) => return Err(e),
        });
        // A stop in the last step of a start does not interrupt that start, which is complete.
        if stop.load(Ordering::Relaxed) {
            let step = start_trainer.step;
            return Err(Error::Interrupted { step });
        }
    }
    let finished = bits.iter().enumerate();
    let finished = finished.filter_map(|(k, bits)| bits.map(|bits| (bits, k)));
    // `max_by` returns the last of equal values; reversed, that is the earliest start.
    let best = finished.rev().max_by(|a, b| a.0.total_cmp(&b.0));
    let chosen = match (best, diverged) {
        (Some((_, chosen)), _) => chosen,
        (None, Some(diverged)) => return Err(diverged),
        (None, None) => 0,
    };
    let start = Run::open(&run.start(chosen))?;
    let (checkpoint, _) = start.newest()?;
    *trainer = checkpoint.trainer(trainer.data.clone())?;
    trainer.config = config;
    run.adopt(&start, &Starts { bits, chosen })?;
    run.save(trainer, seconds, &checkpoint.score)?;
    run.remove_starts()?;
    Ok(seconds)
}

/// Returns start `k` as far as it has been trained: its run, its trainer, and its seconds of training.
fn begin(
    run: &Run,
    config: &TrainConfig,
    data: Arc<Dataset>,
    k: usize,
) -> Result<(Run, Trainer, f64)> {
    let folder = run.start(k);
    if let Ok(start) = Run::open(&folder)
        && !start.checkpoints()?.is_empty()
    {
        let mut changes = Settings::default();
        changes.set("steps", config.steps as i64)?;
        let (trainer, seconds, _) = resume(&start, &changes)?;
        return Ok((start, trainer, seconds));
    }
    let trainer = Trainer::with_start(config.clone(), data, k as u64)?;
    Ok((Run::create(&folder, config, true)?, trainer, 0.0))
}

/// Returns the mean L_R in bits over the last fifth of a start of `steps` steps.
fn late_bits(log: &[Record], steps: u64) -> f64 {
    let late = log.iter().filter(|record| record.step >= steps - steps / 5);
    let bits: Vec<f64> = late
        .filter_map(|record| record.extra.get(metric::INFORMATION_BITS_REAL).copied())
        .collect();
    bits.iter().sum::<f64>() / bits.len() as f64
}
