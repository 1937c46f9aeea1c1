//! Runs a study: trains and measures every run that is not in the log yet, several at a time.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use super::log::{Log, Row};
use super::pool::{Ending, Event, Pool};
use super::spec::{PlannedRun, Study};
use super::worker::{Job, Outcome, RunResult};
use crate::error::{Error, Result};
use crate::train::{Run, Settings, TrainConfig, difference};

/// Number of attempts after which a run whose worker dies counts as failed.
const MAX_ATTEMPTS: u32 = 3;

/// Progress of a study.
#[derive(Debug, Clone, Copy)]
pub struct StudyProgress<'a> {
    /// Number of runs that have a result.
    pub done: usize,
    /// Number of runs in total.
    pub runs: usize,
    /// Number of runs that workers are training or measuring.
    pub running: usize,
    /// Estimate of the remaining time in seconds; `None` until it is known.
    pub remaining_seconds: Option<f64>,
    /// Result of the run that ended since the last call.
    pub ended: Option<&'a Row>,
}

/// Trains and measures the runs of a study that have no result yet, `workers` at a time, and returns the results of all
/// runs in the order of the plan.
///
/// All files are in `out`: `runs/NAME` is a run directory, and `study.jsonl` has a line for each run with a result.
/// `command` starts a worker process. It has to call [`work`](super::work) for the job on its standard input, and to
/// end when its standard input closes. If a worker dies, another one continues the run from its latest checkpoint, at
/// most twice.
///
/// With `force`, the results of an earlier study in `out` are replaced. When `stop` becomes true, the workers save a
/// checkpoint and end, and the result is [`Error::StudyInterrupted`]. `watch` is called several times per second.
///
/// # Errors
/// [`Error::Usage`] if a run in `out` has different settings, with the first setting that differs, and if `out` is the
/// directory of a single run or inside the images of the dataset; [`Error::Io`].
pub fn conduct(
    study: &Study,
    (out, force): (&Path, bool),
    workers: usize,
    command: &dyn Fn() -> Command,
    stop: &AtomicBool,
    watch: &mut dyn FnMut(StudyProgress<'_>),
) -> Result<Vec<Row>> {
    check_directory(study, out)?;
    let (mut log, old) = Log::open(out)?;
    let old: BTreeMap<String, Row> = old.into_iter().map(|r| (r.run.clone(), r)).collect();
    let mut rows: BTreeMap<usize, Row> = BTreeMap::new();
    if force {
        replace(study, out, &mut log)?;
    } else {
        for (index, planned) in study.runs.iter().enumerate() {
            let before = old.get(&planned.name);
            check_settings(planned, before, out)?;
            if let Some(row) = before.filter(|row| is_complete(study, row)) {
                rows.insert(index, row.clone());
            }
        }
    }

    let runs = study.runs.len();
    let mut waiting: VecDeque<usize> = (0..runs).filter(|i| !rows.contains_key(i)).collect();
    let mut attempts = vec![0; runs];
    let mut pool = Pool::new();
    let mut estimate = TimeEstimate::new(waiting.len());
    loop {
        let stopped = stop.load(Ordering::Relaxed);
        if stopped {
            pool.stop();
        }
        while !stopped
            && pool.len() < workers
            && let Some(index) = waiting.pop_front()
        {
            attempts[index] += 1;
            pool.start(index, command(), &job(study, index, out))?;
        }
        let mut ended = None;
        match pool.next() {
            Some(Event::Step(index, step)) => {
                estimate.set(
                    index,
                    step as f64 / study.runs[index].config.updates() as f64,
                );
            }
            Some(Event::Ended(index, ending)) => {
                match result_of(ending, attempts[index], stopped) {
                    Some(result) => {
                        let row = row(study, index, result);
                        if row.result.outcome != Outcome::Failed {
                            log.append(&row)?;
                        }
                        estimate.set(index, 1.0);
                        rows.insert(index, row);
                        ended = Some(index);
                    }
                    None => waiting.push_front(index),
                }
            }
            None => {}
        }
        watch(StudyProgress {
            done: rows.len(),
            runs,
            running: pool.len(),
            remaining_seconds: estimate.remaining_seconds(),
            ended: ended.and_then(|index| rows.get(&index)),
        });
        if pool.len() == 0 && (stopped || waiting.is_empty()) {
            break;
        }
    }
    match rows.len() {
        done if done < runs => Err(Error::StudyInterrupted { done, runs }),
        _ => Ok(rows.into_values().collect()),
    }
}

/// Returns an error if the directory belongs to a single run, if the pictures of the runs would become training images,
/// or if writing the tables would replace files that were not written by a study.
fn check_directory(study: &Study, out: &Path) -> Result<()> {
    if Run::open(out).is_ok() && !Log::path(out).exists() {
        return Err(Error::Usage(format!(
            "{} is the directory of a run; choose another --out for the study",
            out.display()
        )));
    }
    if out.to_str().is_none() {
        return Err(Error::Usage(format!(
            "{}: the path of the study is not valid UTF-8, so it cannot be passed to the worker processes; choose another \
             --out",
            out.display()
        )));
    }
    for run in &study.runs {
        run.config.data.refuse_run_inside(out)?;
    }
    let tables = ["md", "csv", "svg"].map(|ending| out.join(format!("{}.{ending}", study.name)));
    match tables.iter().find(|path| path.exists()) {
        Some(path) if !Log::path(out).exists() => Err(Error::Usage(format!(
            "{} already exists and was not created by ganscope study; move it, or choose another --out",
            path.display()
        ))),
        _ => Ok(()),
    }
}

/// The job of a worker for a run of the study.
fn job(study: &Study, index: usize, out: &Path) -> Job {
    let run = &study.runs[index];
    Job {
        folder: out.join("runs").join(&run.name),
        config: run.config.clone(),
        n: study.n,
        metrics: study.metrics.iter().map(|m| m.name.into()).collect(),
    }
}

/// The row of the log for the result of a run.
fn row(study: &Study, index: usize, result: RunResult) -> Row {
    let run = &study.runs[index];
    Row {
        run: run.name.clone(),
        variant: run.variant.clone(),
        version: env!("CARGO_PKG_VERSION").into(),
        n: study.n,
        config: run.config.clone(),
        result,
    }
}

/// The result of a run whose worker has ended; `None` if another worker has to continue it. A worker that died after
/// it was told to stop does not make its run fail.
fn result_of(ending: Ending, attempts: u32, stopped: bool) -> Option<RunResult> {
    match ending {
        Ending::Done(result) => Some(result),
        Ending::Failed(problem) => Some(failed(problem)),
        Ending::Died(how) if attempts == MAX_ATTEMPTS && !stopped => Some(failed(format!(
            "its worker died {MAX_ATTEMPTS} times; the last one ended with {how}"
        ))),
        Ending::Died(_) => None,
    }
}

fn failed(problem: String) -> RunResult {
    RunResult {
        outcome: Outcome::Failed,
        problem: Some(problem),
        step: 0,
        seconds: 0.0,
        metrics: BTreeMap::new(),
    }
}

/// Whether a row has everything that the study measures. If not, the run is measured again; it is trained again only
/// if its directory is missing.
fn is_complete(study: &Study, row: &Row) -> bool {
    let measured = |name: &str| row.result.metrics.contains_key(name);
    match row.result.outcome {
        Outcome::Finished => row.n == study.n && study.metrics.iter().all(|m| measured(m.name)),
        Outcome::Diverged => true,
        Outcome::Failed => false,
    }
}

/// Returns an error if a run was started with settings that differ from the planned ones.
fn check_settings(planned: &PlannedRun, row: Option<&Row>, out: &Path) -> Result<()> {
    let refuse = |what: &str, now: &str, then: &str| {
        Err(Error::Usage(format!(
            "{what} is {now}, but the run {1} in {0} was started with {then}; choose another --out, or use --force to \
             replace the whole study",
            out.display(),
            planned.name
        )))
    };
    let version = env!("CARGO_PKG_VERSION");
    if let Some(row) = row.filter(|row| row.version != version) {
        return refuse("the version of ganscope", version, &row.version);
    }
    let config_of_run = || {
        let run = Run::open(&out.join("runs").join(&planned.name)).ok()?;
        let (config, _) = Settings::read(&run.config_path()).ok()?.resolve().ok()?;
        Some(config)
    };
    let Some(then) = row.map(|row| row.config.clone()).or_else(config_of_run) else {
        return Ok(());
    };
    let now: &TrainConfig = &planned.config;
    // `difference` finds what the first configuration has and the second has not.
    let changed = difference(now, &then);
    let removed = difference(&then, now);
    let removed = removed.into_iter().map(|(key, then, now)| (key, now, then));
    match changed.into_iter().chain(removed).next() {
        Some((what, now, then)) => refuse(&what, &now, &then),
        None => Ok(()),
    }
}

/// Removes the results of an earlier study, and resets the directories of the planned runs.
fn replace(study: &Study, out: &Path, log: &mut Log) -> Result<()> {
    log.clear()?;
    for planned in &study.runs {
        let folder = out.join("runs").join(&planned.name);
        if folder.exists() {
            Run::create(&folder, &planned.config, true)?;
        }
    }
    Ok(())
}

/// Estimates the remaining time from the share of the work that was done since the start.
struct TimeEstimate {
    start: Instant,
    runs: usize,
    /// For each run that a worker has reported on, the share that was done at first and the share that is done now.
    shares: BTreeMap<usize, (f64, f64)>,
}

impl TimeEstimate {
    fn new(runs: usize) -> Self {
        TimeEstimate {
            start: Instant::now(),
            runs,
            shares: BTreeMap::new(),
        }
    }

    fn set(&mut self, run: usize, share: f64) {
        self.shares.entry(run).or_insert((share, share)).1 = share;
    }

    fn remaining_seconds(&self) -> Option<f64> {
        let gained: f64 = self.shares.values().map(|(from, to)| to - from).sum();
        let done: f64 = self.shares.values().map(|(_, to)| to).sum();
        let remaining = self.runs as f64 - done;
        (gained > 0.0).then(|| self.start.elapsed().as_secs_f64() * remaining / gained)
    }
}
