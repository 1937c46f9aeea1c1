//! The work of a child process on one run: train it, or continue it, and measure it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use serde::{Deserialize, Serialize};

use super::metrics::{self, TrainedRun};
use crate::data::Dataset;
use crate::error::{AtPath, Error, Result};
use crate::train::doctor::NEW_RUN;
use crate::train::{self, Run, Settings, TrainConfig, Trainer};

/// A run to train and measure. A worker reads it from its standard input, as a line of JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Run directory.
    pub folder: PathBuf,
    /// Complete configuration of the run.
    pub config: TrainConfig,
    /// Number of samples to measure.
    pub n: usize,
    /// Names of the metrics.
    #[serde(rename = "measure")]
    pub metrics: Vec<String>,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Trained to the end and measured.
    Finished,
    /// A loss or a gradient was not finite. This is a result without metrics, not an error.
    Diverged,
    /// An error ended the run. The next call tries it again.
    Failed,
}

/// Result of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunResult {
    /// How the run ended.
    pub outcome: Outcome,
    /// Why the run diverged or failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// Number of steps trained.
    pub step: u64,
    /// Training time in seconds, over all attempts.
    pub seconds: f64,
    /// Values of the metrics by name; `None` for a value that is not finite.
    #[serde(rename = "measures")]
    pub metrics: BTreeMap<String, Option<f64>>,
}

/// A message from a worker, written to its standard output as a line of JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WorkerMessage {
    /// Number of steps trained so far.
    Step(u64),
    /// The result. It is the last message.
    Done(RunResult),
    /// An error that a second attempt would run into as well. It is the last message.
    Failed(String),
}

/// Largest number of messages about steps.
const STEP_MESSAGES: u64 = 200;

/// Trains a run from where it is to its end and measures it. `watch` gets the number of steps from time to time. A run
/// that diverges has a result; this is not an error.
///
/// ```
/// use ganscope::study::{Job, Outcome, work};
/// use ganscope::train::Settings;
/// let folder = tempfile::tempdir()?;
/// let (config, _) = Settings::parse("data = 'ring8'\nsteps = 3\nbatch = 8")?.resolve()?;
/// let metrics = vec!["modes".into(), "d_loss".into()];
/// let job = Job { folder: folder.path().join("run"), config, n: 100, metrics };
/// let result = work(&job, &false.into(), &mut |_| ())?;
/// assert_eq!((result.outcome, result.step, result.metrics.len()), (Outcome::Finished, 3, 2));
/// // A second call does not train again; it only measures.
/// assert_eq!(work(&job, &false.into(), &mut |step| panic!("{step}"))?.metrics, result.metrics);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::Interrupted`] if `stop` became true, after a checkpoint was saved; the errors of training and measuring.
pub fn work(job: &Job, stop: &AtomicBool, watch: &mut dyn FnMut(u64)) -> Result<RunResult> {
    // A worker of an earlier, killed study may still be saving its checkpoint.
    let _lock = wait_for_lock(&job.folder)?;
    let (run, mut trainer, seconds) = start_or_resume(job)?;
    let every = (job.config.updates() / STEP_MESSAGES).max(1);
    let outcome = train::train(&run, &mut trainer, seconds, stop, &mut |p| {
        if p.step.is_multiple_of(every) {
            watch(p.step);
        }
    });
    let log = train::read_metrics(run.metrics_path())?;
    let last = log.last();
    match outcome {
        Ok(()) => {}
        Err(problem @ Error::Diverged { .. }) => {
            // The remedy is written for `train`, and the settings of this run are in the study file.
            let problem = problem.to_string();
            let problem = problem.replace(
                NEW_RUN,
                "in the study file, choose the settings that a run gets with",
            );
            return Ok(RunResult {
                outcome: Outcome::Diverged,
                problem: Some(problem),
                step: trainer.steps_done(),
                seconds: last.map_or(0.0, |record| record.seconds),
                metrics: BTreeMap::new(),
            });
        }
        Err(e) => return Err(e),
    }
    let (checkpoint, _) = run.newest()?;
    let last = last.ok_or_else(|| Error::data(run.metrics_path(), "the log is empty"))?;
    let trained = TrainedRun {
        checkpoint: &checkpoint,
        last,
        n: job.n,
    };
    Ok(RunResult {
        outcome: Outcome::Finished,
        problem: None,
        step: checkpoint.step,
        seconds: checkpoint.seconds,
        metrics: metrics::evaluate(&job.metrics, &trained)?,
    })
}

/// Returns the run with its trainer and the seconds trained so far: from the latest checkpoint, or from the start if
/// there is none.
fn start_or_resume(job: &Job) -> Result<(Run, Trainer, f64)> {
    if let Ok(run) = Run::open(&job.folder)
        && !run.checkpoints()?.is_empty()
    {
        let (trainer, seconds, _) = train::resume(&run, &Settings::default())?;
        return Ok((run, trainer, seconds));
    }
    let data = Dataset::open(&job.config.data)?;
    let trainer = Trainer::new(job.config.clone(), data)?;
    let run = Run::create(&job.folder, &job.config, true)?;
    Ok((run, trainer, 0.0))
}

/// Waits until no other worker has locked this run, and locks it. The lock ends when the file is closed.
fn wait_for_lock(folder: &Path) -> Result<File> {
    let path = folder.with_extension("lock");
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).at(parent)?;
    }
    let file = File::options().append(true).create(true).open(&path);
    let file = file.at(&path)?;
    match file.lock() {
        // Some network file systems do not support locks. There, nothing prevents two workers on one run.
        Err(e) if e.kind() != std::io::ErrorKind::Unsupported => Err(e).at(&path),
        _ => Ok(file),
    }
}
