//! The run folder.
//!
//! `config.toml`, `metrics.jsonl` (append-only), `samples/step-NNNNNN.png` (fixed z),
//! `checkpoints/step-NNNNNN.safetensors` (the newest two and the best), `report.html`, and
//! `.ganscope-lock`, which whoever trains into the folder holds. Of a run that begins several times also
//! `starts/K`, a run folder each until one of them is chosen, and then `starts.json`.

use super::checkpoint::{self, Checkpoint, Score};
use super::{Starts, TrainConfig, Trainer, metrics};
use crate::error::{AtPath, Error, Result};
use crate::files::{TEMPORARY, write_atomically};
use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// Who trains into a folder holds a lock on this file, which goes with its process.
const LOCK: &str = ".ganscope-lock";

/// A run folder.
#[derive(Debug, Clone)]
pub struct Run {
    folder: PathBuf,
    /// Held by this and its copies once something is to be written.
    lock: Arc<OnceLock<File>>,
}

impl Run {
    fn at(folder: &Path) -> Self {
        Run {
            folder: folder.into(),
            lock: Arc::default(),
        }
    }

    /// Makes the folder for a new run and writes its `config.toml`.
    ///
    /// # Errors
    /// As [`vacant`](Self::vacant), and when somebody is training into the folder.
    pub fn create(folder: &Path, config: &TrainConfig, force: bool) -> Result<Self> {
        Self::vacant(folder, force)?;
        let run = Run::at(folder);
        fs::create_dir_all(folder).at(folder)?;
        run.lock()?;
        for path in run.files()? {
            fs::remove_file(&path).at(&path)?;
        }
        run.forget_starts()?;
        run.sweep()?;
        for inner in [run.samples_folder(), run.checkpoints_folder()] {
            fs::create_dir_all(&inner).at(&inner)?;
        }
        write_atomically(&run.config_path(), |w| {
            w.write_all(config.to_toml().as_bytes())
        })?;
        Ok(run)
    }

    /// Refuses a folder where a new run would be in the way of something.
    ///
    /// # Errors
    /// [`Error::Usage`] when it already holds a run, unless `force`; and in any case when it holds a
    /// file of a run's names that no run wrote.
    pub fn vacant(folder: &Path, force: bool) -> Result<()> {
        let run = Run::at(folder);
        let Some(first) = run.files()?.into_iter().next() else {
            return Ok(());
        };
        if !run.is_ours() {
            return Err(Error::Usage(format!(
                "{} is in the way, and no run of ganscope's wrote it; move it, or choose another --out",
                first.display()
            )));
        }
        match force {
            true => Ok(()),
            false => Err(Error::Usage(format!(
                "{} already holds a run; go on with `ganscope resume {0}`, choose another --out, or \
                 give --force to replace it",
                folder.display()
            ))),
        }
    }

    /// An existing run.
    ///
    /// # Errors
    /// [`Error::Usage`] when the folder holds none, [`Error::Io`] when that cannot be seen.
    pub fn open(folder: &Path) -> Result<Self> {
        let run = Run::at(folder);
        let problem = match fs::metadata(folder) {
            Err(e) if e.kind() == ErrorKind::NotFound => "does not exist",
            Err(e) => return Err(e).at(folder),
            Ok(found) if found.is_file() => {
                return Err(Error::Usage(format!(
                    "{} is a file; give the run folder that it is of",
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

    /// Keeps everybody else from training into the folder while this run or a copy of it lives.
    ///
    /// # Errors
    /// [`Error::Usage`] when somebody does.
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
                    "another ganscope is training into {}; wait for it, stop it, or choose another \
                     folder",
                    self.folder.display()
                )));
            }
            // Some network file systems know no locks: there one has to take care oneself.
            Err(TryLockError::Error(e)) if e.kind() == ErrorKind::Unsupported => {}
            Err(TryLockError::Error(e)) => return Err(e).at(&self.folder),
        }
        // A copy that was faster holds a lock as good.
        let _ = self.lock.set(file);
        Ok(())
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
    /// What the [beginnings](Starts) came to, of a run that had several.
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
                "{} has no checkpoint yet: the run was stopped, or diverged, before it saved one; start it \
                 again with --force, and with --set checkpoint_every=N to save sooner",
                self.folder.display()
            )),
        })
    }

    /// What a run has written, as far as it is there.
    fn files(&self) -> Result<Vec<PathBuf>> {
        let (log, page, starts) = (self.metrics_path(), self.report_path(), self.starts_path());
        let single = [self.config_path(), log, page, starts].into_iter();
        let single = single.filter(|path| path.symlink_metadata().is_ok());
        let by_step = self.samples()?.into_iter().chain(self.checkpoints()?);
        Ok(single.chain(by_step.map(|(_, path)| path)).collect())
    }

    /// Whether a run wrote them: its configuration says so, or a checkpoint does.
    fn is_ours(&self) -> bool {
        let config = fs::read_to_string(self.config_path());
        config.is_ok_and(|text| toml::from_str::<TrainConfig>(&text).is_ok())
            || self.newest().is_ok()
    }

    /// What the beginnings came to; none of a run that had one alone, or has not chosen yet.
    ///
    /// # Errors
    /// [`Error::Data`] for a damaged file, [`Error::Io`].
    pub fn starts(&self) -> Result<Option<Starts>> {
        let path = self.starts_path();
        let text = match fs::read_to_string(&path) {
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
            text => text.at(&path)?,
        };
        let damaged = |problem: String| Error::data(&path, format!("is damaged: {problem}"));
        let found: Starts = serde_json::from_str(&text).map_err(|e| damaged(e.to_string()))?;
        match found.chosen < found.bits.len() {
            true => Ok(Some(found)),
            false => Err(damaged(format!(
                "start {} is chosen, counted from 0, of {}",
                found.chosen,
                found.bits.len()
            ))),
        }
    }

    /// Takes the log and the pictures of a beginning for its own, and notes what they all came to.
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

    /// Removes the beginnings.
    pub(super) fn forget_starts(&self) -> Result<()> {
        let starts = (0..).map(|k| Run::at(&self.start(k)));
        for start in starts.take_while(|start| start.folder.exists()) {
            if start.is_ours() {
                start.sweep()?;
                // That they are ours can be told to the end.
                for path in start.files()?.iter().rev() {
                    fs::remove_file(path).at(path)?;
                }
            }
            let lock = start.folder.join(LOCK);
            let inner = [start.samples_folder(), start.checkpoints_folder()];
            // What else somebody has put there stays, and so do the folders then.
            let _ = fs::remove_file(lock);
            for folder in inner.iter().chain([&start.folder]) {
                let _ = fs::remove_dir(folder);
            }
        }
        let _ = fs::remove_dir(self.folder.join("starts"));
        Ok(())
    }

    /// Makes the folder as it was at step `step`: nothing that a killed process left half-written,
    /// and no line of the log that the next steps will write again.
    pub(super) fn back_to(&self, step: u64) -> Result<()> {
        self.sweep()?;
        match self.metrics_path().exists() {
            true => metrics::keep_until(&self.metrics_path(), step),
            false => Ok(()),
        }
    }

    /// Removes temporary files.
    fn sweep(&self) -> Result<()> {
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

    /// Saves a checkpoint and removes those that are neither among the newest two nor the best.
    pub(super) fn save(&self, trainer: &Trainer, seconds: f64, score: &Score) -> Result<()> {
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
