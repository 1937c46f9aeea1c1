//! Studies whose workers die, that are killed themselves, and that are stopped.
#![cfg(target_os = "linux")]

use std::fs::{read_dir, read_to_string, write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use crate::common::{Outcome, clean, command, entries, folder, ganscope};
use crate::study::rows;

const STUDY: &str = "seeds = 3\nmeasure = ['modes', 'high_quality', 'reverse_kl', 'd_loss']\n\
    [base]\ndata = 'ring8'\nsteps = 600\nbatch = 16\nlog_every = 20\nsample_every = 300\n\
    checkpoint_every = 50";

/// Starts the study and waits until two runs have saved something.
fn under_way(at: &Path) -> Child {
    write(at.join("s.toml"), STUDY).unwrap();
    let mut command = command(at);
    command.args("study s.toml --out broken --workers 2".split(' '));
    let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    for run in ["nsgan-seed-1", "nsgan-seed-2"] {
        let saved = at.join("broken/runs").join(run).join("checkpoints");
        within_a_minute(|| {
            saved.exists() && entries(&saved).iter().any(|e| e.starts_with("step-"))
        });
    }
    child
}

#[track_caller]
fn within_a_minute(happens: impl Fn() -> bool) {
    let start = Instant::now();
    while !happens() {
        assert!(
            start.elapsed() < Duration::from_secs(60),
            "it did not happen"
        );
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// The living children of a process.
fn workers(parent: u32) -> Vec<u32> {
    let mut found = Vec::new();
    for entry in read_dir("/proc").unwrap().flatten() {
        let Ok(id) = entry.file_name().to_string_lossy().parse::<u32>() else {
            continue;
        };
        // `pid (name) state ppid …`
        let stat = read_to_string(entry.path().join("stat")).unwrap_or_default();
        let after: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
        if after.get(1) == Some(&parent.to_string().as_str()) && after[0] != "Z" {
            found.push(id);
        }
    }
    found
}

fn signal(signal: &str, id: u32) {
    let sent = Command::new("kill")
        .args([signal, &id.to_string()])
        .status();
    assert!(sent.unwrap().success());
}

/// When the runs that were broken began: a run that is gone on with does not draw this again.
fn begun(at: &Path) -> [SystemTime; 2] {
    [1, 2].map(|seed| {
        let first = format!("broken/runs/nsgan-seed-{seed}/samples/step-000000.png");
        at.join(first).metadata().unwrap().modified().unwrap()
    })
}

/// The CSV file without what no two runs have alike: how long they took.
fn measured(at: &Path, out: &str) -> String {
    let mut rows = rows(&at.join(out).join("s.csv"));
    rows.iter_mut().for_each(|row| drop(row.remove("seconds")));
    format!("{rows:?}")
}

/// It is as a study that nothing befell.
#[track_caller]
fn as_unbroken(at: &Path) {
    ganscope(at, "study s.toml --out whole").succeeds();
    assert_eq!(measured(at, "broken"), measured(at, "whole"));
    assert_eq!(rows(&at.join("whole/s.csv")).len(), 3);
}

#[test]
fn a_killed_worker() {
    let at = folder();
    let child = under_way(at.path());
    let other = ganscope(at.path(), "study s.toml --out broken");
    other.fails(2, &["another process is running a study in broken"]);
    let at_work = workers(child.id());
    assert_eq!(at_work.len(), 2);
    let before = begun(at.path());
    at_work
        .into_iter()
        .for_each(|worker| signal("-KILL", worker));
    Outcome::from(child.wait_with_output().unwrap()).succeeds();
    assert_eq!(begun(at.path()), before);
    as_unbroken(at.path());
}

#[test]
fn a_killed_study() {
    let at = folder();
    let mut child = under_way(at.path());
    let at_work = workers(child.id());
    let before = begun(at.path());
    child.kill().unwrap();
    assert_eq!(
        child.wait().unwrap().code(),
        None,
        "it was too fast to be killed"
    );
    // At once, while the workers it left may still be saving.
    ganscope(at.path(), "study s.toml --out broken").succeeds();
    assert_eq!(begun(at.path()), before);
    as_unbroken(at.path());
    within_a_minute(|| {
        at_work
            .iter()
            .all(|id| !Path::new(&format!("/proc/{id}")).exists())
    });
}

#[test]
fn workers_end_with_their_study() {
    let at = folder();
    let mut child = under_way(at.path());
    let at_work = workers(child.id());
    child.kill().unwrap();
    child.wait().unwrap();
    let start = Instant::now();
    within_a_minute(|| {
        at_work
            .iter()
            .all(|id| !Path::new(&format!("/proc/{id}")).exists())
    });
    // They end after the step they are at, not after the 500 that they had before them.
    assert!(start.elapsed() < Duration::from_secs(5));
    let log = read_to_string(at.path().join("broken/study.jsonl")).unwrap();
    assert_eq!(log, "");
}

#[test]
fn a_study_that_is_stopped() {
    let at = folder();
    let child = under_way(at.path());
    let at_work = workers(child.id());
    signal("-INT", child.id());
    let outcome = Outcome::from(child.wait_with_output().unwrap());
    let outcome = outcome.fails(130, &["interrupted with 0 of 3 runs done", "same command"]);
    assert!(!outcome.err.contains("error"), "{}", outcome.err);
    assert!(
        at_work
            .iter()
            .all(|id| !Path::new(&format!("/proc/{id}")).exists())
    );
    ganscope(at.path(), "study s.toml --out broken").succeeds();
    as_unbroken(at.path());
}

#[test]
fn a_run_whose_workers_always_die_fails_alone() {
    let at = folder();
    // No file may grow beyond 200 KiB, and a checkpoint of the usual networks is one of a MiB. A worker
    // that writes one is ended by the signal; the small networks stay below.
    let study = "seeds = 2\nbase = { data = 'ring8', steps = 20, batch = 16, checkpoint_every = 10 }\n\
        [[variants]]\nname = 'large'\n\
        [[variants]]\nname = 'small'\n\
        generator.layers = [{ type = 'dense', in = 2, out = 2 }]\n\
        discriminator.layers = [{ type = 'dense', in = 2, out = 1 }]\n";
    write(at.path().join("s.toml"), study).unwrap();
    let mut shell = Command::new("bash");
    clean(&mut shell, at.path());
    let script = "ulimit -f 200; exec \"$0\" study s.toml --out s";
    shell.args(["-c", script, env!("CARGO_BIN_EXE_ganscope")]);
    let outcome = Outcome::from(shell.output().unwrap());
    let outcome = outcome.fails(1, &["2 of 4 runs failed", "died 3 times", "signal: 25"]);
    assert!(outcome.out.contains("0, 2 failed"), "{}", outcome.out);
    let outcomes = || -> Vec<String> {
        let rows = rows(&at.path().join("s/s.csv"));
        rows.into_iter()
            .map(|mut row| row.remove("outcome").unwrap())
            .collect()
    };
    assert_eq!(outcomes(), ["failed", "failed", "finished", "finished"]);
    // Where there is room, only those are tried again.
    let again = ganscope(at.path(), "study s.toml --out s").succeeds();
    assert_eq!(again.err.lines().count(), 2, "{}", again.err);
    assert_eq!(outcomes(), ["finished"; 4]);
}
