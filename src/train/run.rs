//! Training into a run folder, and going on with it.

use super::checkpoint::{Checkpoint, Score};
use super::doctor::divergence::told;
use super::{Losses, Record, Run, Settings, TrainConfig, Trainer, read_metrics, snapshot, starts};
use crate::error::{AtPath, Error, Result};
use crate::evaluate::{PROTOCOL_N, mode_coverage, points};
use crate::files::write_atomically;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// How far a run is, for a progress display.
#[derive(Debug, Clone)]
pub struct Progress {
    /// Updates of G so far, those of [beginnings](TrainConfig::updates) included.
    pub step: u64,
    /// Updates of G in all.
    pub steps: u64,
    pub losses: Losses,
    /// Real samples seen a second, since the last line of the log.
    pub images_per_second: f64,
}

/// Trains until `config.steps`, writing into the run folder. A run whose codes have several
/// [starts](crate::gan::Codes::starts) makes them first.
///
/// `stop` is looked at after every step: when it is set, everything is saved and the result is
/// [`Error::Interrupted`]. `watch` is called after every step.
///
/// # Errors
/// [`Error::Diverged`], [`Error::Io`], [`Error::Interrupted`]; what was saved before stays.
pub fn train(
    run: &Run,
    trainer: &mut Trainer,
    seconds_before: f64,
    stop: &AtomicBool,
    watch: &mut dyn FnMut(Progress),
) -> Result<()> {
    run.lock()?;
    let updates = trainer.config.updates();
    let elsewhere = updates - trainer.config.steps;
    let mut seconds_before = seconds_before;
    let path = run.metrics_path();
    let open = || {
        let appended = OpenOptions::new().create(true).append(true).open(&path);
        appended.at(&path)
    };
    let mut log = open()?;
    if trainer.step == 0 {
        picture(run, trainer)?;
        if trainer.config.steps_of_a_start() > 0 {
            seconds_before = starts::choose(run, trainer, stop, &mut |step, p| {
                watch(Progress {
                    step,
                    steps: updates,
                    ..p
                });
            })?;
            // The chosen one's is in its place.
            log = open()?;
        }
    }
    let start = Instant::now();
    let (mut since, mut done) = (Instant::now(), 0usize);
    while trainer.step < trainer.config.steps {
        let (lr_g, lr_d) = trainer.learning_rates();
        match trainer.begin_component(stop) {
            Err(e @ Error::Interrupted { .. }) => {
                let newest = run.checkpoints()?.pop();
                if newest.is_none_or(|(step, _)| step < trainer.step) {
                    log.sync_all().at(&path)?;
                    let seconds = seconds_before + start.elapsed().as_secs_f64();
                    let losses = trainer.interval.latest().unwrap_or_default();
                    run.save(trainer, seconds, &score(trainer, &losses)?)?;
                }
                return Err(e);
            }
            begun => begun?,
        }
        let losses = match trainer.step() {
            Ok(losses) => losses,
            Err(e) => return Err(told(e, trainer, &history(trainer, &path))),
        };
        trainer.interval.add(&losses);
        done += 1;
        let (step, config) = (trainer.step, &trainer.config);
        let seen = done as f64 * (config.batch as f64 * config.n_critic as f64);
        let images_per_second = seen / since.elapsed().as_secs_f64().max(1e-9);
        watch(Progress {
            step: step + elsewhere,
            steps: updates,
            losses: losses.clone(),
            images_per_second,
        });
        // Looked at once: a Ctrl-C further down waits for the next step, and so for its checkpoint.
        let stopped = stop.load(Ordering::Relaxed);
        let last = step == config.steps || stopped;
        let (sample, save) = (
            step % config.sample_every == 0,
            step % config.checkpoint_every == 0,
        );
        let log_now = step % config.log_every == 0;
        if log_now || last {
            let means = trainer.interval.means();
            let seconds = seconds_before + start.elapsed().as_secs_f64();
            let record = record(step, &means, (lr_g, lr_d), images_per_second, seconds);
            append(&mut log, &record).at(&path)?;
            (since, done) = (Instant::now(), 0);
        }
        // A stop between two lines changes nothing that an unbroken run would not have done.
        if log_now {
            trainer.end_interval();
        }
        if sample || last {
            picture(run, trainer)?;
        }
        if save || last {
            if let Err(e) = trainer.check_weights() {
                return Err(told(e, trainer, &history(trainer, &path)));
            }
            log.sync_all().at(&path)?;
            let seconds = seconds_before + start.elapsed().as_secs_f64();
            run.save(trainer, seconds, &score(trainer, &losses)?)?;
        }
        if stopped && step < trainer.config.steps {
            return Err(Error::Interrupted { step });
        }
    }
    Ok(())
}

/// What was measured on the way to a divergence: the lines of the log, and the steps since the last one.
fn history(trainer: &Trainer, log: &Path) -> Vec<Losses> {
    // A log that cannot be read is no reason not to say what happened.
    let lines = read_metrics(log).unwrap_or_default().into_iter();
    lines
        .map(Losses::from)
        .chain(trainer.interval.latest())
        .collect()
}

/// Goes on with a run from its newest whole checkpoint: its trainer, the seconds it has trained, and
/// what was wrong with newer checkpoints.
///
/// `changes` may set `steps`; any other setting that differs from the run's is refused.
///
/// # Errors
/// [`Error::Usage`] naming the field that differs; [`Error::Data`] for a damaged log; as
/// [`Run::newest`]. Nothing is changed then.
pub fn resume(run: &Run, changes: &Settings) -> Result<(Trainer, f64, Vec<Error>)> {
    run.lock()?;
    let (mut checkpoint, damaged) = run.newest()?;
    let (on_disk, _) = Settings::read(&run.config_path())?.resolve()?;
    let steps = on_disk.steps;
    let asked = changes.over(&on_disk)?;
    for (asked, of) in [(on_disk, "in config.toml"), (asked, "asked for")] {
        if let Some((key, value, then)) = other_than_steps(&asked, &checkpoint.config) {
            return Err(Error::Usage(format!(
                "{key} is {value} {of}, but {} was trained with {then}; a resumed run must go on \
                 exactly. Only steps may change; for anything else start a new run",
                run.folder().display()
            )));
        }
    }
    checkpoint.config.steps = changes.steps().unwrap_or(steps);
    if checkpoint.config.steps < checkpoint.step {
        return Err(Error::Usage(format!(
            "steps is {}, but {} has already done {}",
            checkpoint.config.steps,
            run.folder().display(),
            checkpoint.step
        )));
    }
    let data = crate::data::Dataset::open(&checkpoint.config.data)?;
    let trainer = checkpoint.trainer(data)?;
    run.back_to(checkpoint.step)?;
    let text = checkpoint.config.to_toml();
    write_atomically(&run.config_path(), |w| w.write_all(text.as_bytes()))?;
    Ok((trainer, checkpoint.seconds, damaged))
}

/// What config.toml has otherwise than a checkpoint in the folder was trained with: one of them is of
/// another run.
///
/// # Errors
/// As [`Settings::resolve`].
pub(crate) fn foreign(run: &Run, checkpoint: &Checkpoint) -> Result<Option<String>> {
    let config = Settings::read(&run.config_path())?.over(&checkpoint.config)?;
    let differing = other_than_steps(&config, &checkpoint.config);
    Ok(differing.map(|(key, value, then)| {
        format!(
            "{} was trained with {key} = {then}, but config.toml has {value}: one of them is of another run",
            checkpoint.path().display()
        )
    }))
}

fn other_than_steps(asked: &TrainConfig, then: &TrainConfig) -> Option<(String, String, String)> {
    let mut differing = difference(asked, then).into_iter();
    differing.find(|(key, ..)| key != "steps")
}

/// The settings of `asked` that `then` has otherwise: dotted name, value asked for, value then.
pub(crate) fn difference(asked: &TrainConfig, then: &TrainConfig) -> Vec<(String, String, String)> {
    let then = flat(then);
    let differing = flat(asked).into_iter().filter_map(|(key, value)| {
        let before = then.get(&key);
        let said = before.map_or("nothing".into(), |v| v.to_string());
        (before != Some(&value)).then(|| (key, value.to_string(), said))
    });
    differing.collect()
}

/// Every setting by its dotted name.
fn flat(config: &TrainConfig) -> std::collections::BTreeMap<String, toml::Value> {
    fn walk(
        prefix: &str,
        value: toml::Value,
        out: &mut std::collections::BTreeMap<String, toml::Value>,
    ) {
        match value {
            toml::Value::Table(table) => {
                for (key, value) in table {
                    let name = if prefix.is_empty() {
                        key
                    } else {
                        format!("{prefix}.{key}")
                    };
                    walk(&name, value, out);
                }
            }
            value => {
                out.insert(prefix.to_string(), value);
            }
        }
    }
    let mut out = std::collections::BTreeMap::new();
    if let Ok(value) = toml::Value::try_from(config) {
        walk("", value, &mut out);
    }
    out
}

fn picture(run: &Run, trainer: &Trainer) -> Result<()> {
    let path = run
        .samples_folder()
        .join(format!("step-{:06}.png", trainer.step));
    let parts = trainer.generators();
    snapshot::write(&path, &parts, &trainer.data, &trainer.config)
}

/// How good a checkpoint is. Where the density is known: reverse KL in nats plus the share of samples
/// that are not of high quality. Elsewhere, until there is a better measure: how far D tells real
/// from generated, which is 0 for a perfect G.
fn score(trainer: &Trainer, losses: &Losses) -> Result<Score> {
    Ok(match trainer.data.mixture() {
        Some(mixture) => {
            let samples = trainer.sample(PROTOCOL_N, trainer.config.seed)?;
            let measure = "reverse KL + (1 - high quality)".into();
            let value = match mode_coverage(points(&samples.values, 2)?, mixture) {
                Ok(found) => found.reverse_kl_nats + 1.0 - found.high_quality,
                Err(_) => f64::MAX,
            };
            Score { measure, value }
        }
        None => Score {
            measure: "D's mean output on real minus on generated".into(),
            value: (losses.d_real - losses.d_fake).abs(),
        },
    })
}

fn record(step: u64, means: &Losses, lr: (f64, f64), rate: f64, seconds: f64) -> Record {
    Record {
        step,
        d_loss: means.d_loss,
        g_loss: means.g_loss,
        d_real: means.d_real,
        d_fake: means.d_fake,
        lr_g: lr.0,
        lr_d: lr.1,
        grad_norm_d: means.grad_norm_d,
        grad_norm_g: means.grad_norm_g,
        images_per_second: rate,
        seconds,
        extra: means.extra.clone(),
    }
}

fn append(log: &mut File, record: &Record) -> std::io::Result<()> {
    let mut line = serde_json::to_string(record)?;
    line.push('\n');
    log.write_all(line.as_bytes())
}
