//! What is done: `study.jsonl`, one line a run, appended and synced.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::worker::Done;
use crate::error::{AtPath, Error, Result};
use crate::files::write_atomically;
use crate::train::TrainConfig;

/// Who conducts a study in a folder holds a lock on this file, which goes with its process.
const LOCK: &str = ".ganscope-lock";

/// What came of one run, with all that it depended on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The run's name, which is its folder's.
    pub run: String,
    /// What the study calls its settings; empty when it has no variants.
    pub variant: String,
    /// Of ganscope.
    pub version: String,
    /// Samples measured.
    pub n: usize,
    pub config: TrainConfig,
    #[serde(flatten)]
    pub done: Done,
}

impl Row {
    /// Whether two rows are of the same recipe and variant.
    pub(super) fn differs_in_seed(&self, other: &Row) -> bool {
        self.config.gan == other.config.gan && self.variant == other.variant
    }
}

/// The log of a study, in its folder.
pub(super) struct Log {
    path: PathBuf,
    file: File,
    _lock: File,
}

impl Log {
    /// Opens the log in `folder`, begins it if there is none, and reads what is done. A last line that
    /// a kill tore off is removed.
    ///
    /// # Errors
    /// [`Error::Usage`] when another process conducts a study there; [`Error::Data`] naming a damaged
    /// line.
    pub fn open(folder: &Path) -> Result<(Self, Vec<Row>)> {
        fs::create_dir_all(folder).at(folder)?;
        let lock = lock(folder)?;
        let path = Self::path(folder);
        let text = match fs::read_to_string(&path) {
            Err(e) if e.kind() == ErrorKind::NotFound => String::new(),
            read => read.at(&path)?,
        };
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        let mut rows = Vec::new();
        for (index, line) in text[..whole].lines().enumerate() {
            let row = serde_json::from_str(line).map_err(|e| {
                let problem = format!(
                    "line {} is no run of a study: {e}; remove it, or choose another --out",
                    index + 1
                );
                Error::data(&path, problem)
            })?;
            rows.push(row);
        }
        if whole < text.len() {
            write_atomically(&path, |w| w.write_all(&text.as_bytes()[..whole]))?;
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

    /// Where the log of a study in `folder` is.
    pub fn path(folder: &Path) -> PathBuf {
        folder.join("study.jsonl")
    }

    /// Forgets all.
    pub fn clear(&mut self) -> Result<()> {
        self.file.set_len(0).at(&self.path)
    }

    /// Adds a run; when this returns, the line is on the disk.
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
            "another ganscope conducts a study in {}; wait for it, stop it, or choose another --out",
            folder.display()
        ))),
        // Some network file systems know no locks: there one has to take care oneself.
        Err(TryLockError::Error(e)) if e.kind() == ErrorKind::Unsupported => Ok(file),
        Err(TryLockError::Error(e)) => Err(e).at(folder),
    }
}
