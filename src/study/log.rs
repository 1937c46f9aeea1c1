//! The log of a study: `study.jsonl`, with one line for each run that has a result.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::worker::RunResult;
use crate::error::{AtPath, Error, Result};
use crate::files::write_atomically;
use crate::train::TrainConfig;

/// File that a process locks while it runs a study in a directory. The lock ends with the process.
const LOCK: &str = ".ganscope-lock";

/// A line of the log: the result of a run, with everything that it depends on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Name of the run and of its directory.
    pub run: String,
    /// Name of the variant; empty if the study has no variants.
    pub variant: String,
    /// Version of ganscope that trained and measured the run.
    pub version: String,
    /// Number of samples that were measured.
    pub n: usize,
    /// Complete configuration of the run.
    pub config: TrainConfig,
    /// Result of the run.
    #[serde(flatten)]
    pub result: RunResult,
}

impl Row {
    /// Returns whether two rows have the same recipe and variant.
    pub(super) fn same_variant(&self, other: &Row) -> bool {
        self.config.gan == other.config.gan && self.variant == other.variant
    }
}

/// The log of a study in its directory.
pub(super) struct Log {
    path: PathBuf,
    file: File,
    _lock: File,
}

impl Log {
    /// Opens the log in `folder`, or creates it, and returns it with its rows. An incomplete last line, which a killed
    /// process leaves behind, is removed.
    ///
    /// # Errors
    /// [`Error::Usage`] if another process runs a study there; [`Error::Data`] with the number of a damaged line.
    pub fn open(folder: &Path) -> Result<(Self, Vec<Row>)> {
        fs::create_dir_all(folder).at(folder)?;
        let lock = lock(folder)?;
        let path = Self::path(folder);
        let text = match fs::read_to_string(&path) {
            Err(e) if e.kind() == ErrorKind::NotFound => String::new(),
            read => read.at(&path)?,
        };
        let complete = text.rfind('\n').map_or(0, |end| end + 1);
        let mut rows = Vec::new();
        for (index, line) in text[..complete].lines().enumerate() {
            let row = serde_json::from_str(line).map_err(|e| {
                let problem = format!(
                    "line {} is not the result of a run: {e}; remove the line, or choose another --out",
                    index + 1
                );
                Error::data(&path, problem)
            })?;
            rows.push(row);
        }
        if complete < text.len() {
            write_atomically(&path, |w| w.write_all(&text.as_bytes()[..complete]))?;
        }
        let file = OpenOptions::new().create(true).append(true).open(&path);
        let file = file.at(&path)?;
        let log = Log {
            path,
            file,
            _lock: lock,
        };
        Ok((log, rows))
    }

    /// Returns the path of the log of a study in `folder`.
    pub fn path(folder: &Path) -> PathBuf {
        folder.join("study.jsonl")
    }

    /// Removes all rows.
    pub fn clear(&mut self) -> Result<()> {
        self.file.set_len(0).at(&self.path)
    }

    /// Appends a row and waits until it is on the disk.
    pub fn append(&mut self, row: &Row) -> Result<()> {
        let line = serde_json::to_string(row).map_err(std::io::Error::from);
        line.and_then(|line| self.file.write_all((line + "\n").as_bytes()))
            .and_then(|()| self.file.sync_all())
            .at(&self.path)
    }
}

fn lock(folder: &Path) -> Result<File> {
    let path = folder.join(LOCK);
    let file = File::options().append(true).create(true).open(&path);
    let file = file.at(&path)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::Usage(format!(
            "another process is running a study in {}; wait for it, stop it, or choose another --out",
            folder.display()
        ))),
        // Some network file systems do not support locks. There, nothing prevents two processes in one directory.
        Err(TryLockError::Error(e)) if e.kind() == ErrorKind::Unsupported => Ok(file),
        Err(TryLockError::Error(e)) => Err(e).at(folder),
    }
}
