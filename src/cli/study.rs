//! `ganscope study`: many runs, and one table.

use std::io::{BufRead, Read};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::Ordering;

use clap::Args;
use indicatif::ProgressBar;
use serde::Serialize;

use super::interrupt::{self, STOP};
use super::output::{json, note, result};
use super::progress::{bar, clock};
use super::train::adjust;
use crate::error::{Error, Result};
use crate::study::{self, Group, Job, Outcome, Row, StudyProgress, WorkerMessage};
use crate::train::Settings;

const EXAMPLES: &str = "\
Examples:
  ganscope study book/studies/optimisers.toml
  ganscope study my.toml --workers 8 --out runs/my-study
  ganscope study my.toml --quick --json

A study is TOML: gan = [\"nsgan\", \"lsgan\"], seeds = 10, settings of all runs in [base], of one recipe in
[recipe.NAME], and of each variant, with its name, in [[variants]]. [quick] says what makes it small.";

/// Train recipes × variants × seeds, and print mean ± standard deviation over the seeds.
///
/// Each run is a process of one thread. Whatever is stopped, by Ctrl-C, a kill or a power cut, goes on
/// where it was when the same command is given again. The folder holds NAME.md, NAME.csv, the runs, and NAME.svg:
/// samples of each recipe, of images and of points whose density is known.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Study {
    /// What to run, in TOML
    #[arg(required_unless_present = "worker")]
    study: Option<PathBuf>,
    /// The study's folder [default: runs/studies/NAME]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Runs at a time; 0 for one a core
    #[arg(long, value_name = "N", default_value_t = 0, allow_negative_numbers = true,
          value_parser = super::natural::<usize>)]
    workers: usize,
    /// The small version that the file describes in [quick]
    #[arg(long)]
    quick: bool,
    /// Replace the study that the folder holds
    #[arg(long)]
    force: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Do the one run that standard input describes, until it closes
    #[arg(long, hide = true)]
    worker: bool,
}

/// The table, for programs.
#[derive(Serialize)]
struct Tabled<'a> {
    title: &'a str,
    protocol: String,
    groups: Vec<Group>,
    table: PathBuf,
    rows: PathBuf,
    #[serde(skip_serializing_if = "Option::is_none")]
    picture: Option<PathBuf>,
}

impl Study {
    pub fn run(self, data_dir: Option<&Path>) -> Result<()> {
        if self.worker {
            return work();
        }
        // clap has seen to it; said again rather than trusted.
        let path = self
            .study
            .ok_or_else(|| Error::Usage("give a study".into()))?;
        let mut over = Settings::default();
        adjust(&mut over, &[], data_dir)?;
        let study = study::Study::read(&path, self.quick, &over)?;
        let quick = if self.quick { "-quick" } else { "" };
        let usual = || Path::new("runs/studies").join(format!("{}{quick}", study.name));
        let out = self.out.unwrap_or_else(usual);
        let workers = match self.workers {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            n => n,
        };
        interrupt::install()?;
        let mut display = Display::default();
        let place = (out.as_path(), self.force);
        let watch = &mut |p: StudyProgress| display.show(&p);
        let rows = study::conduct(&study, place, workers, &itself()?, &STOP, watch);
        drop(display);
        let rows = rows?;
        let written = study::write(&study, &rows, &out)?;
        if self.json {
            json(&Tabled {
                title: &study.title,
                protocol: study::protocol(&study, &rows),
                groups: study::groups(&study, &rows),
                table: written.table,
                rows: written.rows,
                picture: written.picture,
            })?;
        } else {
            result(&format!("{}\n", study::table(&study, &rows)))?;
            let files = [
                ("table", Some(written.table)),
                ("runs", Some(written.rows)),
                ("picture", written.picture),
            ];
            for (what, path) in files {
                if let Some(path) = path {
                    result(&format!("{what}: {}", path.display()))?;
                }
            }
        }
        let failed = rows.iter().filter(|r| r.result.outcome == Outcome::Failed);
        match failed.count() {
            0 => Ok(()),
            failed => Err(Error::StudyFailed {
                failed,
                runs: rows.len(),
            }),
        }
    }
}

/// Starts this program as a worker.
fn itself() -> Result<impl Fn() -> Command> {
    // The program that runs, even if another was built in its place since.
    let linux = Path::new("/proc/self/exe");
    let program = match linux.exists() {
        true => linux.into(),
        false => std::env::current_exe().map_err(|e| Error::Device(format!("own program: {e}")))?,
    };
    Ok(move || {
        let mut command = Command::new(&program);
        command.args(["study", "--worker", "--threads", "1"]);
        command
    })
}

/// A worker: does the job that the first line of standard input describes, until that closes.
fn work() -> Result<()> {
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    let job = read.and_then(|_| Ok(serde_json::from_str::<Job>(&line)?));
    let job = job.map_err(|e| Error::Usage(format!("--worker: no job on standard input: {e}")))?;
    interrupt::install()?;
    std::thread::spawn(|| {
        // Nothing more is said there: it ends when the study does, in whatever way.
        let _ = std::io::stdin().lock().read(&mut [0]);
        STOP.store(true, Ordering::Relaxed);
    });
    let say = |said: WorkerMessage| match serde_json::to_string(&said) {
        Ok(line) => result(&line),
        Err(e) => Err(Error::Usage(e.to_string())),
    };
    let done = study::work(&job, &STOP, &mut |step| {
        // Nobody may be listening any more; then standard input tells.
        let _ = say(WorkerMessage::Step(step));
    });
    match done {
        Ok(done) => say(WorkerMessage::Done(done)),
        Err(e @ Error::Interrupted { .. }) => Err(e),
        Err(e) => say(WorkerMessage::Failed(e.to_string())),
    }
}

/// How far a study is: a bar on a terminal, a line a run elsewhere.
#[derive(Default)]
struct Display {
    bar: Option<Option<ProgressBar>>,
}

impl Display {
    fn show(&mut self, p: &StudyProgress) {
        let length = p.runs as u64;
        let bar = self.bar.get_or_insert_with(|| bar(p.done as u64, length));
        let left = p.remaining_seconds.filter(|_| p.done < p.runs);
        let left = left.map_or(String::new(), |s| format!(", {} left", clock(s)));
        let of = format!("{} of {} runs, {} at work{left}", p.done, p.runs, p.running);
        if let Some(row) = p.ended {
            let what = ended(row);
            match bar {
                Some(bar) if row.result.outcome != Outcome::Finished => bar.println(what),
                Some(_) => {}
                None => note(&format!("{of}: {what}")),
            }
        }
        if let Some(bar) = bar {
            bar.set_position(p.done as u64);
            bar.set_message(of);
        }
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        // What it showed last stays.
        if let Some(Some(bar)) = &self.bar {
            bar.abandon();
        }
    }
}

/// A run in a line.
fn ended(row: &Row) -> String {
    let how = match row.result.outcome {
        Outcome::Finished => "finished",
        Outcome::Diverged => "diverged",
        Outcome::Failed => "failed",
    };
    let why = row.result.problem.as_ref();
    let why = why.map_or(String::new(), |problem| format!(": {problem}"));
    format!("{} {how}{why}", row.run)
}
