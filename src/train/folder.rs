//! The run directory.
//!
//! It holds `config.toml`, `metrics.jsonl` (append-only), `samples/step-NNNNNN.png` (for fixed z),
//! `checkpoints/step-NNNNNN.safetensors` (the newest two, the best, and those that `keep_every` keeps), `report.html`,
//! and `.ganscope-lock`, which the process that trains into the directory keeps locked. A run with several starts also
//! has a run directory `starts/K` for each of them until the best is chosen, and after that the file `starts.json`.

use super::checkpoint::{self, Checkpoint};
use super::config::TrainConfig;
use super::metrics;
use super::score::Score;
use super::starts::Starts;
use super::trainer::Trainer;
use crate::error::{AtPath, Error, Result};
use crate::files::{TEMPORARY, write_atomically};
use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// File that is locked by the process that trains into the directory. The lock ends with the process.
const LOCK: &str = ".ganscope-lock";

/// A run directory.
#[derive(Debug, Clone)]
pub struct Run {
    folder: PathBuf,
    /// Lock that this value and its clones share, once one of them has to write.
    lock: Arc<OnceLock<File>>,
}

impl Run {
    fn at(folder: &Path) -> Self {
        Run {
            folder: folder.into(),
            lock: Arc::default(),
        }
    }

    /// Creates the directory of a new run and writes its `config.toml`. With `force`, an earlier run is removed.
    ///
    /// # Errors
    /// As [`vacant`](Self::vacant), and when another process is training into the directory.
    pub fn create(folder: &Path, config: &TrainConfig, force: bool) -> Result<Self> {
        Self::vacant(folder, force)?;
        let run = Run::at(folder);
        fs::create_dir_all(folder).at(folder)?;
        run.lock()?;
        for path in run.files()? {
            fs::remove_file(&path).at(&path)?;
        }
        run.remove_starts()?;
        run.remove_temporary_files()?;
        for inner in [run.samples_folder(), run.checkpoints_folder()] {
            fs::create_dir_all(&inner).at(&inner)?;
        }
        write_atomically(&run.config_path(), |w| {
            w.write_all(config.to_toml().as_bytes())
        })?;
        Ok(run)
    }

    /// Checks that a new run can be created in a directory.
    ///
    /// # Errors
    /// [`Error::Usage`] when the directory holds a run and `force` is not set, when it holds a file with a name that
    /// a run uses but that was not created by ganscope, and for a file in place of a directory.
    pub fn vacant(folder: &Path, force: bool) -> Result<()> {
        if folder.is_file() {
            return Err(Error::Usage(format!(
                "{} is a file, and a run needs a directory; choose another --out",
                folder.display()
            )));
        }
        let run = Run::at(folder);
        let Some(first) = run.files()?.into_iter().next() else {
            return Ok(());
        };
        if !run.was_created_by_ganscope() {
            return Err(Error::Usage(format!(
                "{} already exists and was not created by ganscope; move it, or choose another --out",
                first.display()
            )));
        }
        if force {
            return Ok(());
        }
        Err(Error::Usage(format!(
            "{} already holds a run; continue it with `ganscope resume {0}`, choose another --out, or \
             replace it with --force",
            folder.display()
        )))
    }

    /// Opens the directory of an existing run.
    ///
    /// # Errors
    /// [`Error::Usage`] when the directory holds no run; [`Error::Io`] when it cannot be read.
    pub fn open(folder: &Path) -> Result<Self> {
        let run = Run::at(folder);
        let problem = match fs::metadata(folder) {
            Err(e) if e.kind() == ErrorKind::NotFound => "does not exist",
            Err(e) => return Err(e).at(folder),
            Ok(found) if found.is_file() => {
                return Err(Error::Usage(format!(
                    "{} is a file, not a run directory; give the directory of the run",
                    folder.display()
                )));
            }
            Ok(_) => match fs::metadata(run.config_path()) {
                Ok(_) => return Ok(run),
                Err(e) if e.kind() == ErrorKind::NotFound => "holds no run (no config.toml in it)",
                Err(e) => return Err(e).at(run.config_path()),
            },
        };
        Err(Error::Usage(format!(
            "{} {problem}; start a run with `ganscope train --out {0}`",
            folder.display()
        )))
    }

    /// Locks the directory, so that no other process can train into it while this value or a clone of it exists.
    ///
    /// # Errors
    /// [`Error::Usage`] when another process has locked it.
    pub(super) fn lock(&self) -> Result<()> {
        if self.lock.get().is_some() {
            return Ok(());
        }
        let path = self.folder.join(LOCK);
        let file = File::options().append(true).create(true).open(path);
        let file = file.at(&self.folder)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Error::Usage(format!(
                    "another ganscope process is training a run in {}; wait until it ends, stop it, or choose \
                     another \
                     directory",
                    self.folder.display()
                )));
            }
            // Some network file systems have no locks; users have to avoid training twice there.
            Err(TryLockError::Error(e)) if e.kind() == ErrorKind::Unsupported => {}
            Err(TryLockError::Error(e)) => return Err(e).at(&self.folder),
        }
        // If a clone has set its lock in the meantime, that lock is as good.
        let _ = self.lock.set(file);
        Ok(())
    }

    /// Returns the path of the directory.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
    /// Returns the path of the complete configuration.
    pub fn config_path(&self) -> PathBuf {
        self.folder.join("config.toml")
    }
    /// Returns the path of the metric log.
    pub fn metrics_path(&self) -> PathBuf {
        self.folder.join("metrics.jsonl")
    }
    /// Returns the path of the report.
    pub fn report_path(&self) -> PathBuf {
        self.folder.join("report.html")
    }
    /// Returns the path of the [outcome](Starts) of several starts.
    pub fn starts_path(&self) -> PathBuf {
        self.folder.join("starts.json")
    }
    pub(super) fn start(&self, k: usize) -> PathBuf {
        self.folder.join("starts").join((k + 1).to_string())
    }
    pub(super) fn samples_folder(&self) -> PathBuf {
        self.folder.join("samples")
    }
    fn checkpoints_folder(&self) -> PathBuf {
        self.folder.join("checkpoints")
    }

    /// Returns the pictures of samples, sorted by step.
    ///
    /// # Errors
    /// [`Error::Io`] when the directory cannot be read.
    pub fn samples(&self) -> Result<Vec<(u64, PathBuf)>> {
        files_by_step(&self.samples_folder(), "png")
    }

    /// Returns the checkpoints, sorted by step.
    ///
    /// # Errors
    /// [`Error::Io`] when the directory cannot be read.
    pub fn checkpoints(&self) -> Result<Vec<(u64, PathBuf)>> {
        files_by_step(&self.checkpoints_folder(), "safetensors")
    }

    /// Reads the newest undamaged checkpoint. Also returns the errors of damaged checkpoints that are newer.
    ///
    /// # Errors
    /// The error of the newest checkpoint when all are damaged; [`Error::Usage`] when there is none.
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
            None => Error::Usage(self.no_checkpoint()),
        })
    }

    /// Says why there is no checkpoint, and what to do.
    fn no_checkpoint(&self) -> String {
        let folder = self.folder.display();
        if !self.is_training() {
            return format!(
                "{folder} has no checkpoint yet: the run was stopped or diverged before it saved one; start it \
                 again with --force, and with --set checkpoint_every=N to save earlier"
            );
        }
        let config = fs::read_to_string(self.config_path());
        let config = config.ok().and_then(|text| toml::from_str(&text).ok());
        let when = config.map_or("soon".into(), |config: TrainConfig| {
            format!("after step {}", config.checkpoint_every.min(config.steps))
        });
        format!(
            "{folder} has no checkpoint yet: the run is still training and saves its first checkpoint {when}; try again \
             then"
        )
    }

    /// Whether another process trains into the directory.
    fn is_training(&self) -> bool {
        let file = File::open(self.folder.join(LOCK));
        let others = file.ok().filter(|_| self.lock.get().is_none());
        others.is_some_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    /// Returns the existing files with names that a run uses.
    fn files(&self) -> Result<Vec<PathBuf>> {
        let (log, page, starts) = (self.metrics_path(), self.report_path(), self.starts_path());
        let single = [self.config_path(), log, page, starts].into_iter();
        let single = single.filter(|path| path.symlink_metadata().is_ok());
        let by_step = self.samples()?.into_iter().chain(self.checkpoints()?);
        Ok(single.chain(by_step.map(|(_, path)| path)).collect())
    }

    /// Whether the files belong to a run: its configuration or a checkpoint can be read.
    fn was_created_by_ganscope(&self) -> bool {
        let config = fs::read_to_string(self.config_path());
        config.is_ok_and(|text| toml::from_str::<TrainConfig>(&text).is_ok())
            || self.newest().is_ok()
    }

    /// Reads the outcome of several starts. Returns `None` for a run with a single start, and before the best
    /// is chosen.
    ///
    /// # Errors
    /// [`Error::Data`] for a damaged file, [`Error::Io`] when it cannot be read.
    pub fn starts(&self) -> Result<Option<Starts>> {
        let path = self.starts_path();
        let text = match fs::read_to_string(&path) {
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
            text => text.at(&path)?,
        };
        let damaged = |problem: String| Error::data(&path, format!("is damaged: {problem}"));
        let found: Starts = serde_json::from_str(&text).map_err(|e| damaged(e.to_string()))?;
        if found.chosen < found.bits.len() {
            return Ok(Some(found));
        }
        Err(damaged(format!(
            "the index of the chosen start is {}, but there are {} starts",
            found.chosen,
            found.bits.len()
        )))
    }

    /// Copies the log and the pictures of a start into this run, and writes the outcome of all starts.
    pub(super) fn adopt(&self, start: &Run, found: &Starts) -> Result<()> {
        let pictures = start.samples()?.into_iter().map(|(_, path)| path);
        for path in pictures.chain([start.metrics_path()]) {
            let bytes = fs::read(&path).at(&path)?;
            let within = path.strip_prefix(start.folder()).unwrap_or(&path);
            write_atomically(&self.folder.join(within), |w| w.write_all(&bytes))?;
        }
        let json = serde_json::to_string(found).map_err(std::io::Error::from);
        write_atomically(&self.starts_path(), |w| w.write_all(json?.as_bytes()))
    }

    /// Removes the directories of the starts.
    pub(super) fn remove_starts(&self) -> Result<()> {
        let starts = (0..).map(|k| Run::at(&self.start(k)));
        for start in starts.take_while(|start| start.folder.exists()) {
            if start.was_created_by_ganscope() {
                start.remove_temporary_files()?;
                // The configuration, which shows that ganscope created the directory, is removed last.
                for path in start.files()?.iter().rev() {
                    fs::remove_file(path).at(path)?;
                }
            }
            let lock = start.folder.join(LOCK);
            let inner = [start.samples_folder(), start.checkpoints_folder()];
            // A directory that holds other files as well cannot be removed, and is kept with them.
            let _ = fs::remove_file(lock);
            for folder in inner.iter().chain([&start.folder]) {
                let _ = fs::remove_dir(folder);
            }
        }
        let _ = fs::remove_dir(self.folder.join("starts"));
        Ok(())
    }

    /// Restores the directory to the state at step `step`: removes incomplete files of a killed process, and the lines
    /// of the log that the next steps will write again.
    pub(super) fn rewind_to(&self, step: u64) -> Result<()> {
        self.remove_temporary_files()?;
        if self.metrics_path().exists() {
            metrics::keep_until(&self.metrics_path(), step)?;
        }
        Ok(())
    }

    fn remove_temporary_files(&self) -> Result<()> {
        for folder in [
            self.folder.clone(),
            self.samples_folder(),
            self.checkpoints_folder(),
        ] {
            if !folder.exists() {
                continue;
            }
            for entry in fs::read_dir(&folder).at(&folder)?.flatten() {
                let name = entry.file_name();
                if name != LOCK && name.to_string_lossy().starts_with(TEMPORARY) {
                    let path = entry.path();
                    fs::remove_file(&path).at(&path)?;
                }
            }
        }
        Ok(())
    }

    /// Saves a checkpoint, and removes all checkpoints except the newest two, the best, and those that `keep_every`
    /// keeps.
    pub(super) fn save(&self, trainer: &Trainer, seconds: f64, score: &Score) -> Result<()> {
        let name = format!("step-{:06}.safetensors", trainer.step);
        checkpoint::write(
            trainer,
            &self.checkpoints_folder().join(name),
            seconds,
            score,
        )?;
        let mut all = self.checkpoints()?;
        all.retain(|(step, _)| !trainer.config.keeps_checkpoint(*step));
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

/// Returns the files `step-N.EXTENSION`, sorted by N.
fn files_by_step(folder: &Path, extension: &str) -> Result<Vec<(u64, PathBuf)>> {
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
