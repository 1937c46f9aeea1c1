//! Conducting a study: every run that is not done yet, a few at a time.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use super::log::{Log, Row};
use super::pool::{Ending, Event, Pool};
use super::worker::{Done, Job, Outcome};
use super::{Planned, Study};
use crate::error::{Error, Result};
use crate::train::{Run, Settings, TrainConfig, difference};

/// So many workers may die at a run before it counts as failed.
const ATTEMPTS: u32 = 3;

/// How far a study is.
#[derive(Debug, Clone, Copy)]
pub struct Progress<'a> {
    /// Runs that need nothing more.
    pub done: usize,
    pub runs: usize,
    /// Runs that are being worked on.
    pub running: usize,
    /// Seconds until the last is done, once there is something to tell it by.
    pub left: Option<f64>,
    /// The run that has just been done.
    pub just: Option<&'a Row>,
}

/// Does the runs of a study that are not done, `workers` at a time, and returns what came of all of
/// them in the order of the plan.
///
/// Everything is in `out`: `runs/NAME` holds a run, `study.jsonl` a line for each that is done. Each
/// run is trained by a process that `command` starts, which is to do [`work`](super::work) on the job
/// in its standard input and to end when that closes. A run whose worker dies is gone on with from its
/// last checkpoint, up to twice.
///
/// With `force`, what `out` holds of an earlier study is replaced. `stop` is looked at all the time:
/// when it is set, the workers save and end, and the result is [`Error::StudyInterrupted`].
///
/// # Errors
/// [`Error::Usage`] when a run in `out` was made under other settings, naming the first that differs;
/// [`Error::Io`].
pub fn conduct(
    study: &Study,
    (out, force): (&Path, bool),
    workers: usize,
    command: &dyn Fn() -> Command,
    stop: &AtomicBool,
    watch: &mut dyn FnMut(Progress),
) -> Result<Vec<Row>> {
    vacant(study, out)?;
    let (mut log, old) = Log::open(out)?;
    let old: BTreeMap<String, Row> = old.into_iter().map(|r| (r.run.clone(), r)).collect();
    let mut rows: BTreeMap<usize, Row> = BTreeMap::new();
    if force {
        replace(study, out, &mut log)?;
    } else {
        for (index, planned) in study.runs.iter().enumerate() {
            let before = old.get(&planned.name);
            unchanged(planned, before, out)?;
            if let Some(row) = before.filter(|row| complete(study, row)) {
                rows.insert(index, row.clone());
            }
        }
    }

    let runs = study.runs.len();
    let mut waiting: VecDeque<usize> = (0..runs).filter(|i| !rows.contains_key(i)).collect();
    let mut attempts = vec![0; runs];
    let mut pool = Pool::new();
    let mut clock = Clock::new(waiting.len());
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
        let mut just = None;
        match pool.next() {
            Some(Event::Step(index, step)) => {
                clock.at(
                    index,
                    step as f64 / study.runs[index].config.updates() as f64,
                );
            }
            // One that was told to end is not held against its run.
            Some(Event::Ended(index, ending)) => match done(ending, attempts[index], stopped) {
                Some(done) => {
                    let row = row(study, index, done);
                    if row.done.outcome != Outcome::Failed {
                        log.append(&row)?;
                    }
                    clock.at(index, 1.0);
                    rows.insert(index, row);
                    just = Some(index);
                }
                None => waiting.push_front(index),
            },
            None => {}
        }
        watch(Progress {
            done: rows.len(),
            runs,
            running: pool.len(),
            left: clock.left(),
            just: just.and_then(|index| rows.get(&index)),
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

/// Refuses a folder where the tables would be in the way of something that no study wrote.
fn vacant(study: &Study, out: &Path) -> Result<()> {
    let tables = ["md", "csv", "svg"].map(|ending| out.join(format!("{}.{ending}", study.name)));
    match tables.iter().find(|path| path.exists()) {
        Some(path) if !Log::path(out).exists() => Err(Error::Usage(format!(
            "{} is in the way, and no study of ganscope's wrote it; move it, or choose another --out",
            path.display()
        ))),
        _ => Ok(()),
    }
}

fn job(study: &Study, index: usize, out: &Path) -> Job {
    let run = &study.runs[index];
    Job {
        folder: out.join("runs").join(&run.name),
        config: run.config.clone(),
        n: study.n,
        measure: study.measures.iter().map(|m| m.name.into()).collect(),
    }
}

fn row(study: &Study, index: usize, done: Done) -> Row {
    let run = &study.runs[index];
    Row {
        run: run.name.clone(),
        variant: run.variant.clone(),
        version: env!("CARGO_PKG_VERSION").into(),
        n: study.n,
        config: run.config.clone(),
        done,
    }
}

/// What came of a run whose worker ended so; nothing yet when another is to go on with it.
fn done(ending: Ending, attempts: u32, stopped: bool) -> Option<Done> {
    match ending {
        Ending::Done(done) => Some(done),
        Ending::Failed(problem) => Some(failed(problem)),
        Ending::Died(how) if attempts == ATTEMPTS && !stopped => Some(failed(format!(
            "its worker died {ATTEMPTS} times, the last time of {how}"
        ))),
        Ending::Died(_) => None,
    }
}

fn failed(problem: String) -> Done {
    Done {
        outcome: Outcome::Failed,
        problem: Some(problem),
        step: 0,
        seconds: 0.0,
        measures: BTreeMap::new(),
    }
}

/// Whether a row says all that the study asks. If not, its run is measured again, which needs no
/// training as long as its folder is there.
fn complete(study: &Study, row: &Row) -> bool {
    let measured = |name: &str| row.done.measures.contains_key(name);
    match row.done.outcome {
        Outcome::Finished => row.n == study.n && study.measures.iter().all(|m| measured(m.name)),
        Outcome::Diverged => true,
        Outcome::Failed => false,
    }
}

/// Refuses a run that was made, or begun, under other settings than are planned now.
fn unchanged(planned: &Planned, row: Option<&Row>, out: &Path) -> Result<()> {
    let refuse = |what: &str, now: &str, then: &str| {
        Err(Error::Usage(format!(
            "{what} is {now}, but {} holds the run {} with {then}; choose another --out, or give \
             --force to replace the whole study",
            out.display(),
            planned.name
        )))
    };
    let version = env!("CARGO_PKG_VERSION");
    if let Some(row) = row.filter(|row| row.version != version) {
        return refuse("the version of ganscope", version, &row.version);
    }
    let begun = || {
        let run = Run::open(&out.join("runs").join(&planned.name)).ok()?;
        let (config, _) = Settings::read(&run.config_path()).ok()?.resolve().ok()?;
        Some(config)
    };
    let Some(then) = row.map(|row| row.config.clone()).or_else(begun) else {
        return Ok(());
    };
    let now: &TrainConfig = &planned.config;
    let ahead = difference(now, &then);
    let back = difference(&then, now);
    let back = back.into_iter().map(|(key, then, now)| (key, now, then));
    match ahead.into_iter().chain(back).next() {
        Some((what, now, then)) => refuse(&what, &now, &then),
        None => Ok(()),
    }
}

/// Forgets an earlier study, and begins those of its runs that are planned again.
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

/// Tells the time left by the share of the work that was done since the start.
struct Clock {
    start: Instant,
    runs: usize,
    /// Share of each run that has been worked on, and that at which it was taken up.
    shares: BTreeMap<usize, (f64, f64)>,
}

impl Clock {
    fn new(runs: usize) -> Self {
        Clock {
            start: Instant::now(),
            runs,
            shares: BTreeMap::new(),
        }
    }

    fn at(&mut self, run: usize, share: f64) {
        self.shares.entry(run).or_insert((share, share)).1 = share;
    }

    fn left(&self) -> Option<f64> {
        let gained: f64 = self.shares.values().map(|(from, to)| to - from).sum();
        let done: f64 = self.shares.values().map(|(_, to)| to).sum();
        let left = self.runs as f64 - done;
        (gained > 0.0).then(|| self.start.elapsed().as_secs_f64() * left / gained)
    }
}
