//! The work on one run, as a child process does it: trains it, or goes on with it, and measures it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use serde::{Deserialize, Serialize};

use super::measure::{self, Trained};
use crate::data::Dataset;
use crate::error::{AtPath, Error, Result};
use crate::train::{self, Run, Settings, TrainConfig, Trainer};

/// A run to be done. A worker reads it from its standard input, as a line of JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// The run folder.
    pub folder: PathBuf,
    /// The complete configuration.
    pub config: TrainConfig,
    /// Samples that are measured.
    pub n: usize,
    /// Names of what is measured.
    pub measure: Vec<String>,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Trained to the end and measured.
    Finished,
    /// A number stopped being finite: a result as any other, without measures.
    Diverged,
    /// It could not be done; a later attempt may.
    Failed,
}

/// What came of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Done {
    pub outcome: Outcome,
    /// Why it diverged or failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// Steps that it trained.
    pub step: u64,
    /// Seconds in training, over all attempts.
    pub seconds: f64,
    /// Values by the measures' names.
    pub measures: BTreeMap<String, Option<f64>>,
}

/// A line that a worker writes to its standard output, as JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Said {
    /// Steps done so far.
    Step(u64),
    /// The last word.
    Done(Done),
    /// The last word, when an error ended it: what a second attempt would find as well.
    Failed(String),
}

/// Steps are told so often, at most.
const TELLINGS: u64 = 200;

/// Does a run from where it is, and tells the steps. That it diverged is a result, no error.
///
/// ```
/// use ganscope::study::{Job, Outcome, work};
/// use ganscope::train::Settings;
/// let folder = tempfile::tempdir()?;
/// let (config, _) = Settings::parse("data = 'ring8'\nsteps = 3\nbatch = 8")?.resolve()?;
/// let measure = vec!["modes".into(), "d_loss".into()];
/// let job = Job { folder: folder.path().join("run"), config, n: 100, measure };
/// let done = work(&job, &false.into(), &mut |_| ())?;
/// assert_eq!((done.outcome, done.step, done.measures.len()), (Outcome::Finished, 3, 2));
/// // What is done is not done again: only measured.
/// assert_eq!(work(&job, &false.into(), &mut |step| panic!("{step}"))?.measures, done.measures);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::Interrupted`] when `stop` was set, with all saved; whatever training and measuring say.
pub fn work(job: &Job, stop: &AtomicBool, watch: &mut dyn FnMut(u64)) -> Result<Done> {
    // Until the worker of a study that was killed has saved and left, it is waited for.
    let _turn = turn(&job.folder)?;
    let (run, mut trainer, seconds) = begin(job)?;
    let every = (job.config.updates() / TELLINGS).max(1);
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
            return Ok(Done {
                outcome: Outcome::Diverged,
                problem: Some(problem.to_string()),
                step: trainer.steps_done(),
                seconds: last.map_or(0.0, |record| record.seconds),
                measures: BTreeMap::new(),
            });
        }
        Err(e) => return Err(e),
    }
    let (checkpoint, _) = run.newest()?;
    let last = last.ok_or_else(|| Error::data(run.metrics_path(), "is empty"))?;
    let trained = Trained {
        checkpoint: &checkpoint,
        last,
        n: job.n,
    };
    Ok(Done {
        outcome: Outcome::Finished,
        problem: None,
        step: checkpoint.step,
        seconds: checkpoint.seconds,
        measures: measure::take(&job.measure, &trained)?,
    })
}

/// From the newest checkpoint, or from the start when there is none yet.
fn begin(job: &Job) -> Result<(Run, Trainer, f64)> {
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

/// Waits until no other worker is at this run. Its turn goes with the file, or with the process.
fn turn(folder: &Path) -> Result<File> {
    let path = folder.with_extension("lock");
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).at(parent)?;
    }
    let file = File::options().append(true).create(true).open(&path);
    let file = file.at(&path)?;
    match file.lock() {
        // Some network file systems know no locks: there one has to take care oneself.
        Err(e) if e.kind() != std::io::ErrorKind::Unsupported => Err(e).at(&path),
        _ => Ok(file),
    }
}
