//! `ganscope study`: trains many runs and summarises them in one table.

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

A study is a TOML file with these parts:
  gan = [\"nsgan\", \"lsgan\"]    recipes
  seeds = 10                   number of seeds for each recipe and variant
  [base]                       settings of all runs
  [recipe.NAME]                settings of the runs of one recipe
  [[variants]]                 name and settings of one variant; can be repeated
  [quick]                      settings of the small version that --quick runs";

/// Train several recipes and variants, each with several seeds, and print the mean ± standard deviation over the seeds.
///
/// Each run is a process with one thread, whatever --threads says. A study that was interrupted, by Ctrl-C or by a power failure,
/// continues when the same command is run again. The directory of the study holds NAME.md (the table),
/// NAME.csv (one row for each run), NAME.svg (samples of each recipe; only for images and for points with a
/// known density), and the run directories.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Study {
    /// Study file in TOML
    #[arg(required_unless_present = "worker")]
    study: Option<PathBuf>,
    /// Directory of the study [default: runs/studies/NAME, where NAME is the name of the study file]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Number of runs to train in parallel (0: one per core)
    #[arg(long, value_name = "N", default_value_t = 0, allow_negative_numbers = true,
          value_parser = super::natural::<usize>)]
    workers: usize,
    /// Run the small version that the file describes in [quick]
    #[arg(long)]
    quick: bool,
    /// Replace an earlier study in that directory
    #[arg(long)]
    force: bool,
    /// Print the table as JSON
    #[arg(long)]
    json: bool,
    /// Train the one run that standard input describes, and stop when standard input closes
    #[arg(long, hide = true)]
    worker: bool,
}

/// The table for `--json`.
#[derive(Serialize)]
struct Tabled<'a> {
    title: &'a str,
    protocol: String,
    groups: Vec<Group>,
    table: String,
    rows: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    picture: Option<String>,
}

impl Study {
    /// Runs the command.
    pub fn run(self, data_dir: Option<&Path>) -> Result<()> {
        if self.worker {
            return work();
        }
        // clap refuses a missing study before it gets here.
        let path = self
            .study
            .ok_or_else(|| Error::Usage("give a study file".into()))?;
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
        let watch = &mut |p: StudyProgress<'_>| display.show(&p);
        let rows = study::conduct(&study, place, workers, &itself()?, &STOP, watch);
        drop(display);
        let rows = rows?;
        let written = study::write(&study, &rows, &out)?;
        let csv = written.rows.clone();
        let text = |path: &Path| path.display().to_string();
        if self.json {
            json(&Tabled {
                title: &study.title,
                protocol: study::protocol(&study, &rows),
                groups: study::groups(&study, &rows),
                table: text(&written.table),
                rows: text(&written.rows),
                picture: written.picture.as_deref().map(text),
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
        let count = |outcome| rows.iter().filter(|r| r.result.outcome == outcome).count();
        match count(Outcome::Failed) {
            0 if count(Outcome::Diverged) == rows.len() => Err(Error::StudyDiverged {
                runs: rows.len(),
                rows: csv,
            }),
            0 => Ok(()),
            failed => Err(Error::StudyFailed {
                failed,
                runs: rows.len(),
            }),
        }
    }
}

/// Makes the command that starts this program as a worker.
fn itself() -> Result<impl Fn() -> Command> {
    // On Linux this is the running program even if its file has been replaced since.
    let linux = Path::new("/proc/self/exe");
    let program = if linux.exists() {
        linux.into()
    } else {
        std::env::current_exe()
            .map_err(|e| Error::Device(format!("the path of this program cannot be found: {e}")))?
    };
    Ok(move || {
        let mut command = Command::new(&program);
        command.args(["study", "--worker", "--threads", "1"]);
        command
    })
}

/// Runs a worker: does the job in the first line of standard input, and stops when that closes.
fn work() -> Result<()> {
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    let job = read.and_then(|_| Ok(serde_json::from_str::<Job>(&line)?));
    let job = job.map_err(|e| {
        Error::Usage(format!(
            "--worker: there is no job on standard input: {e}; this option is \
            only for the processes that `ganscope study` starts"
        ))
    })?;
    interrupt::install()?;
    std::thread::spawn(|| {
        // The study sends nothing more; standard input closes when the study ends, in whatever way.
        let _ = std::io::stdin().lock().read(&mut [0]);
        STOP.store(true, Ordering::Relaxed);
    });
    let say = |said: WorkerMessage| match serde_json::to_string(&said) {
        Ok(line) => result(&line),
        Err(e) => Err(Error::Usage(e.to_string())),
    };
    let done = study::work(&job, &STOP, &mut |step| {
        // Writing fails when the study has ended; then standard input has closed as well.
        let _ = say(WorkerMessage::Step(step));
    });
    match done {
        Ok(done) => say(WorkerMessage::Done(done)),
        Err(e @ Error::Interrupted { .. }) => Err(e),
        Err(e) => say(WorkerMessage::Failed(e.to_string())),
    }
}

/// Progress of a study: a bar on a terminal, one line for each run elsewhere.
#[derive(Default)]
struct Display {
    bar: Option<Option<ProgressBar>>,
}

impl Display {
    fn show(&mut self, p: &StudyProgress<'_>) {
        let length = p.runs as u64;
        let bar = self.bar.get_or_insert_with(|| bar(p.done as u64, length));
        let left = p.remaining_seconds.filter(|_| p.done < p.runs);
        let left = left.map_or(String::new(), |s| format!(", {} left", clock(s)));
        let of = format!(
            "{} of {} runs done, {} running{left}",
            p.done, p.runs, p.running
        );
        if let Some(row) = p.ended {
            let line = outcome_line(row);
            match bar {
                Some(bar) if row.result.outcome != Outcome::Finished => bar.println(line),
                Some(_) => {}
                None => note(&format!("{of}: {line}")),
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
        // The last state stays visible.
        if let Some(Some(bar)) = &self.bar {
            bar.abandon();
        }
    }
}

/// The outcome of a run in one line.
fn outcome_line(row: &Row) -> String {
    let how = match row.result.outcome {
        Outcome::Finished => "finished",
        Outcome::Diverged => "diverged",
        Outcome::Failed => "failed",
    };
    let why = row.result.problem.as_ref();
    let why = why.map_or(String::new(), |problem| format!(": {problem}"));
    format!("{} {how}{why}", row.run)
}
