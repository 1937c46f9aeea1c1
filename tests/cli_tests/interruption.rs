//! Stopped in the middle, by Ctrl-C or by force, a run goes on to the same weights.
#![cfg(unix)]

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::common::{
    Outcome, SMALL, checkpoint, command, entries, folder, ganscope, tensors, trained,
};

const STEPS: u64 = 600;

/// Starts a run and waits until it has saved something.
fn under_way(at: &Path) -> Child {
    let train = format!("train {SMALL} --steps {STEPS} --out stopped");
    let mut command = command(at);
    command.args(train.split_whitespace());
    let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let saved = at.join("stopped/checkpoints");
    let start = Instant::now();
    while !saved.exists() || !entries(&saved).iter().any(|e| e.starts_with("step-")) {
        assert!(
            start.elapsed() < Duration::from_secs(60),
            "nothing was saved"
        );
        std::thread::sleep(Duration::from_millis(2));
    }
    child
}

/// The run goes on, and ends as one that was never stopped.
#[track_caller]
fn ends_alike(at: &Path) {
    let outcome = ganscope(at, "resume stopped").succeeds();
    assert!(
        outcome.err.contains("continuing from step"),
        "{}",
        outcome.err
    );
    let whole = trained(at, STEPS);
    let [a, b] = [&whole, &at.join("stopped")].map(|run| tensors(&checkpoint(run, STEPS)));
    assert!(a == b);
}

#[test]
fn killed() {
    let at = folder();
    let mut child = under_way(at.path());
    // While it trains, nobody else may.
    for other in ["train --data ring8 --out stopped --force", "resume stopped"] {
        let taken = ["another ganscope process is training a run in stopped"];
        ganscope(at.path(), other).fails(2, &taken);
    }
    child.kill().unwrap();
    assert_eq!(
        child.wait().unwrap().code(),
        None,
        "it was too fast to be killed"
    );
    // As a kill in the middle of writing leaves it.
    let run = at.path().join("stopped");
    std::fs::write(run.join("checkpoints/.ganscope-torn"), b"half").unwrap();
    let log = run.join("metrics.jsonl");
    let torn = std::fs::read_to_string(&log).unwrap() + "{\"step\":99";
    std::fs::write(&log, torn).unwrap();
    ends_alike(at.path());
    // Every fifth step once, though some were trained twice.
    let steps = ganscope::train::read_metrics(&log).unwrap().len();
    let lines = std::fs::read_to_string(&log).unwrap().lines().count();
    assert_eq!((steps, lines), (STEPS as usize / 5, STEPS as usize / 5));
    assert!(!run.join("checkpoints/.ganscope-torn").exists());
    let last = std::fs::read_to_string(&log).unwrap();
    assert!(
        last.lines()
            .last()
            .unwrap()
            .contains(&format!("\"step\":{STEPS}"))
    );
}

#[test]
fn interrupted() {
    let at = folder();
    let child = under_way(at.path());
    let sent = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
    let outcome = Outcome::from(child.wait_with_output().unwrap());
    let outcome = outcome.fails(130, &["saving", "all progress is saved"]);
    assert!(
        outcome.err.contains("ganscope resume stopped"),
        "{}",
        outcome.err
    );
    assert!(!outcome.err.contains("error"), "{}", outcome.err);
    // What there is up to now can be looked at.
    let page = std::fs::read_to_string(at.path().join("stopped/report.html")).unwrap();
    assert!(page.contains("nsgan on ring8"));
    ends_alike(at.path());
}

#[test]
fn a_second_tour_replaces_the_first_by_force() {
    let at = folder();
    // What an earlier tour that came to its end leaves.
    let tour = at.path().join("runs/tour");
    std::fs::create_dir_all(&tour).unwrap();
    let run = trained(at.path(), 10);
    std::fs::rename(run, tour.join("grid25")).unwrap();
    std::fs::write(tour.join("report.html"), "old").unwrap();
    let kept = [
        "runs/tour already contains a tour",
        "report.html",
        "--force",
    ];
    ganscope(at.path(), "").fails(2, &kept);
    assert_eq!(std::fs::read(tour.join("report.html")).unwrap(), b"old");
    assert!(checkpoint(&tour.join("grid25"), 10).exists());
    let mut command = command(at.path());
    command.arg("--force");
    let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    // It is long: seen to have begun, it is stopped.
    let start = Instant::now();
    let config = tour.join("grid25/config.toml");
    let begun = || std::fs::read_to_string(&config).is_ok_and(|text| text.contains("grid25"));
    while !begun() {
        assert!(
            start.elapsed() < Duration::from_secs(60),
            "it did not begin"
        );
        std::thread::sleep(Duration::from_millis(2));
    }
    let sent = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
    let outcome = Outcome::from(child.wait_with_output().unwrap());
    let outcome = outcome.fails(130, &["ganscope resume runs/tour/grid25"]);
    assert!(
        outcome.out.contains("1. Points (grid25)"),
        "{}",
        outcome.out
    );
    assert!(!tour.join("report.html").exists());
    ganscope(at.path(), "").fails(2, &["a tour that was interrupted", "--force"]);
}
