//! The run folder, and training into it.
//!
//! `config.toml`, `metrics.jsonl` (append-only), `samples/step-NNNNNN.png` (fixed z),
//! `checkpoints/step-NNNNNN.safetensors` (the newest two and the best), `report.html`.

use super::checkpoint::{self, Checkpoint, Score};
use super::{Losses, Record, Settings, TrainConfig, Trainer, snapshot};
use crate::error::{AtPath, Error, Result};
use crate::evaluate::{PROTOCOL_N, mode_coverage, points};
use crate::files::write_atomically;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// A run folder.
#[derive(Debug, Clone)]
pub struct Run {
    folder: PathBuf,
}

/// How far a run is, for a progress display.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    pub step: u64,
    pub steps: u64,
    pub losses: Losses,
    /// Real samples seen a second, since the last line of the log.
    pub images_per_second: f64,
}

impl Run {
    /// Makes the folder for a new run and writes its `config.toml`.
    ///
    /// # Errors
    /// [`Error::Usage`] when it already holds a run, unless `force`, which removes that run first.
    pub fn create(folder: &Path, config: &TrainConfig, force: bool) -> Result<Self> {
        let run = Run {
            folder: folder.into(),
        };
        if run.config_path().exists() || run.metrics_path().exists() {
            if !force {
                return Err(Error::Usage(format!(
                    "{} already holds a run; go on with `ganscope resume {0}`, choose another --out, or \
                     give --force to replace it",
                    folder.display()
                )));
            }
            run.remove()?;
        }
        for inner in [run.samples_folder(), run.checkpoints_folder()] {
            fs::create_dir_all(&inner).at(&inner)?;
        }
        write_atomically(&run.config_path(), |w| {
            w.write_all(config.to_toml().as_bytes())
        })?;
        Ok(run)
    }

    /// An existing run.
    ///
    /// # Errors
    /// [`Error::Usage`] when the folder holds none.
    pub fn open(folder: &Path) -> Result<Self> {
        let run = Run {
            folder: folder.into(),
        };
        match run.config_path().is_file() {
            true => Ok(run),
            false => Err(Error::Usage(format!(
                "{} holds no run (no config.toml in it); start one with `ganscope train --out {0}`",
                folder.display()
            ))),
        }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
    /// The complete configuration.
    pub fn config_path(&self) -> PathBuf {
        self.folder.join("config.toml")
    }
    /// The metric log.
    pub fn metrics_path(&self) -> PathBuf {
        self.folder.join("metrics.jsonl")
    }
    /// The page.
    pub fn report_path(&self) -> PathBuf {
        self.folder.join("report.html")
    }
    fn samples_folder(&self) -> PathBuf {
        self.folder.join("samples")
    }
    fn checkpoints_folder(&self) -> PathBuf {
        self.folder.join("checkpoints")
    }

    /// Pictures of the samples by step.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn samples(&self) -> Result<Vec<(u64, PathBuf)>> {
        by_step(&self.samples_folder(), "png")
    }

    /// Checkpoints by step.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn checkpoints(&self) -> Result<Vec<(u64, PathBuf)>> {
        by_step(&self.checkpoints_folder(), "safetensors")
    }

    /// The newest checkpoint that is whole, and what is wrong with newer ones.
    ///
    /// # Errors
    /// The newest one's own error when none is whole; [`Error::Usage`] when there is none at all.
    pub fn newest(&self) -> Result<(Checkpoint, Vec<Error>)> {
        let mut damaged = Vec::new();
        for (_, path) in self.checkpoints()?.into_iter().rev() {
            match Checkpoint::read(&path) {
                Ok(checkpoint) => return Ok((checkpoint, damaged)),
                Err(e) => damaged.push(e),
            }
        }
        Err(match damaged.into_iter().next() {
            Some(first) => first,
            None => Error::Usage(format!(
                "{} has no checkpoint yet: the run was stopped before step `checkpoint_every`; start it \
                 again with --force",
                self.folder.display()
            )),
        })
    }

    fn remove(&self) -> Result<()> {
        for folder in [self.samples_folder(), self.checkpoints_folder()] {
            if folder.exists() {
                fs::remove_dir_all(&folder).at(&folder)?;
            }
        }
        for file in [self.metrics_path(), self.report_path(), self.config_path()] {
            if file.exists() {
                fs::remove_file(&file).at(&file)?;
            }
        }
        Ok(())
    }

    /// Removes what an earlier process that was killed left half-written.
    fn sweep(&self) -> Result<()> {
        for folder in [
            self.folder.clone(),
            self.samples_folder(),
            self.checkpoints_folder(),
        ] {
            for entry in fs::read_dir(&folder).at(&folder)?.flatten() {
                if entry
                    .file_name()
                    .to_string_lossy()
                    .starts_with(".ganscope-")
                {
                    let path = entry.path();
                    fs::remove_file(&path).at(&path)?;
                }
            }
        }
        // A torn last line would stand in the middle once others follow it.
        let path = self.metrics_path();
        if path.exists() {
            let text = fs::read(&path).at(&path)?;
            let whole = text.iter().rposition(|b| *b == b'\n').map_or(0, |i| i + 1);
            let file = OpenOptions::new().write(true).open(&path).at(&path)?;
            file.set_len(whole as u64).at(&path)?;
        }
        Ok(())
    }

    /// Saves a checkpoint and removes those that are neither among the newest two nor the best.
    fn save(&self, trainer: &Trainer, seconds: f64, score: &Score) -> Result<()> {
        let name = format!("step-{:06}.safetensors", trainer.step);
        checkpoint::write(
            trainer,
            &self.checkpoints_folder().join(name),
            seconds,
            score,
        )?;
        let all = self.checkpoints()?;
        let old = &all[..all.len().saturating_sub(2)];
        let scored = |(_, path): &(u64, PathBuf)| {
            Checkpoint::read(path)
                .ok()
                .map(|c| (c.score.value, path.clone()))
        };
        let newest = all[all.len().saturating_sub(2)..].iter().filter_map(scored);
        let best = old
            .iter()
            .filter_map(scored)
            .chain(newest)
            .min_by(|a, b| a.0.total_cmp(&b.0));
        for (_, path) in old {
            if best.as_ref().is_none_or(|(_, best)| best != path) {
                fs::remove_file(path).at(path)?;
            }
        }
        Ok(())
    }
}

/// Files `step-N.EXTENSION`, sorted by N.
fn by_step(folder: &Path, extension: &str) -> Result<Vec<(u64, PathBuf)>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut found: Vec<(u64, PathBuf)> = fs::read_dir(folder)
        .at(folder)?
        .flatten()
        .filter_map(|entry| {
            let path = entry.path();
            let step = path
                .file_stem()?
                .to_str()?
                .strip_prefix("step-")?
                .parse()
                .ok()?;
            (path.extension()? == extension).then_some((step, path))
        })
        .collect();
    found.sort();
    Ok(found)
}

/// Trains until `config.steps`, writing into the run folder.
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
    let path = run.metrics_path();
    let mut log = OpenOptions::new()
        .create(true)
        .append(true)
        .open(&path)
        .at(&path)?;
    let start = Instant::now();
    let (mut since, mut done) = (Instant::now(), 0usize);
    if trainer.step == 0 {
        picture(run, trainer)?;
    }
    while trainer.step < trainer.config.steps {
        let (lr_g, lr_d) = trainer.learning_rates();
        let losses = trainer.step()?;
        trainer.interval.add(&losses);
        done += 1;
        let (step, config) = (trainer.step, &trainer.config);
        let seen = (done * config.batch * config.n_critic) as f64;
        let images_per_second = seen / since.elapsed().as_secs_f64().max(1e-9);
        watch(Progress {
            step,
            steps: config.steps,
            losses,
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
            trainer.check_weights()?;
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

/// Goes on with a run from its newest whole checkpoint: its trainer, the seconds it has trained, and
/// what was wrong with newer checkpoints.
///
/// `changes` may set `steps`; any other setting that differs from the run's is refused.
///
/// # Errors
/// [`Error::Usage`] naming the field that differs; as [`Run::newest`].
pub fn resume(run: &Run, changes: &Settings) -> Result<(Trainer, f64, Vec<Error>)> {
    run.sweep()?;
    let (mut checkpoint, damaged) = run.newest()?;
    let trained = flat(&checkpoint.config);
    let (on_disk, _) = Settings::read(&run.config_path())?.resolve()?;
    let steps = on_disk.steps;
    let asked = changes.over(&on_disk)?;
    for (asked, of) in [(on_disk, "in config.toml"), (asked, "asked for")] {
        for (key, value) in flat(&asked) {
            let then = trained.get(&key);
            if key != "steps" && then != Some(&value) {
                let then = then.map_or("nothing".into(), |v| v.to_string());
                return Err(Error::Usage(format!(
                    "{key} is {value} {of}, but {} was trained with {then}; a resumed run must go on \
                     exactly. Only steps may change; for anything else start a new run",
                    run.folder.display()
                )));
            }
        }
    }
    checkpoint.config.steps = changes.steps().unwrap_or(steps);
    if checkpoint.config.steps < checkpoint.step {
        return Err(Error::Usage(format!(
            "steps is {}, but {} has already done {}",
            checkpoint.config.steps,
            run.folder.display(),
            checkpoint.step
        )));
    }
    let data = crate::data::Dataset::open(&checkpoint.config.data)?;
    let trainer = checkpoint.trainer(data)?;
    let text = checkpoint.config.to_toml();
    write_atomically(&run.config_path(), |w| w.write_all(text.as_bytes()))?;
    Ok((trainer, checkpoint.seconds, damaged))
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
    snapshot::write(
        &path,
        trainer.generator(),
        &trainer.data,
        trainer.config.seed,
    )
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
            measure: "D's mean P(real) on real minus on generated".into(),
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
        extra: Default::default(),
    }
}

fn append(log: &mut File, record: &Record) -> std::io::Result<()> {
    let mut line = serde_json::to_string(record)?;
    line.push('\n');
    log.write_all(line.as_bytes())
}
