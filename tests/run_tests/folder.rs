//! The run directory: which files are kept, which are removed, and which settings may change.

use crate::common::{POINTS, go_on, kept, last_checkpoint, same_weights, says, settings, start};
use ganscope::Error;
use ganscope::train::{Checkpoint, Progress, Run, Settings, Trainer, read_metrics, resume, train};
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

fn run_of(folder: &Path, steps: u64) -> Run {
    start(folder, &settings(POINTS, &[&format!("steps={steps}")])).unwrap()
}

#[test]
fn the_log_has_every_interval_and_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let run = run_of(folder.path(), 10);
    let log = read_metrics(run.metrics_path()).unwrap();
    let steps: Vec<u64> = log.iter().map(|r| r.step).collect();
    assert_eq!(steps, [4, 8, 10]);
    // A line contains means over its interval.
    let (config, data) = settings(POINTS, &["steps=10"]).resolve().unwrap();
    let mut trainer = Trainer::new(config, data).unwrap();
    let losses: Vec<f64> = (0..10).map(|_| trainer.step().unwrap().d_loss).collect();
    for (record, part) in log.iter().zip([&losses[..4], &losses[4..8], &losses[8..]]) {
        let mean = part.iter().sum::<f64>() / part.len() as f64;
        assert!((record.d_loss - mean).abs() < 1e-12, "{record:?}");
    }
    assert!(log.windows(2).all(|w| w[0].seconds <= w[1].seconds));
    let pictures: Vec<u64> = run.samples().unwrap().into_iter().map(|s| s.0).collect();
    assert_eq!(pictures, [0, 10]);
}

#[test]
fn the_newest_two_checkpoints_and_the_best_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let run = run_of(folder.path(), 10);
    let mut scores = vec![];
    for steps in (10..=60).step_by(10) {
        if steps > 10 {
            go_on(&run, steps).unwrap();
        }
        let newest = Checkpoint::read(&last_checkpoint(&run)).unwrap();
        assert_eq!(newest.step, steps);
        scores.push((newest.score.value, steps));
        let best = scores.iter().min_by(|a, b| a.0.total_cmp(&b.0)).unwrap().1;
        let newest_two = scores.iter().rev().take(2).map(|s| s.1);
        let mut expected: Vec<u64> = newest_two.chain([best]).collect();
        expected.sort();
        expected.dedup();
        assert_eq!(kept(&run), expected, "{scores:?}");
    }
}

#[test]
fn checkpoints_of_keep_every_are_never_removed() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(POINTS, &["steps=60", "keep_every=15"]);
    let run = start(folder.path(), &settings).unwrap();
    let found = kept(&run);
    // Every 15 steps by `keep_every`; of those every 10 steps, the newest two without step 60, and perhaps the best.
    for step in [15, 30, 45, 60, 40, 50] {
        assert!(found.contains(&step), "{found:?}");
    }
    assert!(found.len() <= 7, "{found:?}");
    assert_eq!(run.newest().unwrap().0.step, 60);
}

#[test]
fn files_left_by_a_killed_process_are_removed() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, run) = (folder.path().join("whole"), folder.path().join("torn"));
    let (whole, run) = (run_of(&whole, 40), run_of(&run, 20));
    let left = [
        run.folder().join(".ganscope-a1"),
        run.folder().join("checkpoints/.ganscope-b2"),
        run.folder().join("samples/.ganscope-c3"),
    ];
    for path in &left {
        fs::write(path, "half").unwrap();
    }
    // A truncated checkpoint that is newer than the undamaged one, and an incomplete line.
    let bytes = fs::read(last_checkpoint(&run)).unwrap();
    let torn = run.folder().join("checkpoints/step-000030.safetensors");
    fs::write(&torn, &bytes[..bytes.len() / 2]).unwrap();
    let mut log = fs::read(run.metrics_path()).unwrap();
    log.extend(b"{\"step\":24,\"d_lo");
    fs::write(run.metrics_path(), log).unwrap();

    let (mut trainer, seconds, damaged) = resume(&run, &settings("", &["steps=40"])).unwrap();
    assert_eq!(trainer.steps_done(), 20);
    let names: Vec<String> = damaged.iter().map(Error::to_string).collect();
    assert!(
        names.len() == 1 && names[0].contains("step-000030") && names[0].contains("truncated"),
        "{names:?}"
    );
    assert!(left.iter().all(|path| !path.exists()));
    crate::common::go(&run, &mut trainer, seconds).unwrap();
    let steps: Vec<u64> = read_metrics(run.metrics_path())
        .unwrap()
        .iter()
        .map(|r| r.step)
        .collect();
    assert_eq!(steps, [4, 8, 12, 16, 20, 24, 28, 32, 36, 40]);
    same_weights(&whole, &run);
}

#[test]
fn a_changed_setting_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let run = run_of(folder.path(), 10);
    let refused = |assignment: &str, parts: &[&str]| {
        says(resume(&run, &settings("", &[assignment])), parts);
    };
    refused("batch=32", &["batch", "32", "16"]);
    refused(
        "optimizer.generator.lr=0.5",
        &["optimizer.generator.lr", "0.5"],
    );
    refused("gan=lsgan", &["gan", "lsgan", "nsgan"]);
    refused("seed=2", &["seed"]);
    refused("data=grid25", &["data.name", "grid25", "ring8"]);
    refused("steps=5", &["steps", "5", "10"]);
    refused("bathc=3", &["bathc"]);
    // A setting with its present value is accepted.
    assert!(resume(&run, &settings("", &["batch=16", "steps=12"])).is_ok());
}

#[test]
fn a_changed_configuration_file_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let run = run_of(folder.path(), 10);
    let text = fs::read_to_string(run.config_path()).unwrap();
    let with = |from: &str, to: &str| {
        assert!(text.contains(from), "{from} is not in {text}");
        fs::write(run.config_path(), text.replacen(from, to, 1)).unwrap();
    };
    with("batch = 16", "batch = 17");
    says(
        resume(&run, &Settings::default()),
        &["batch", "17", "16", "config.toml"],
    );
    with("type = \"relu\"", "type = \"tanh\"");
    says(resume(&run, &Settings::default()), &["generator.layers"]);
    // Steps may be changed in the file as well.
    with("steps = 10", "steps = 14");
    let (trainer, ..) = resume(&run, &Settings::default()).unwrap();
    assert_eq!(trainer.config().steps, 14);
}

#[test]
fn a_folder_with_a_run_is_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let run = run_of(folder.path(), 10);
    let before = fs::read(last_checkpoint(&run)).unwrap();
    let (config, _) = settings(POINTS, &["steps=5"]).resolve().unwrap();
    says(
        Run::create(folder.path(), &config, false),
        &["already holds a run", "--force"],
    );
    assert_eq!(fs::read(last_checkpoint(&run)).unwrap(), before);
    // The directory is locked, even within one process.
    says(
        Run::create(folder.path(), &config, true),
        &["another ganscope process is training a run in"],
    );
    drop(run);
    let replaced = Run::create(folder.path(), &config, true).unwrap();
    assert!(replaced.checkpoints().unwrap().is_empty() && !replaced.metrics_path().exists());
    says(
        resume(&replaced, &Settings::default()),
        &["no checkpoint yet", "--force"],
    );
    let empty = tempfile::tempdir().unwrap();
    says(Run::open(empty.path()), &["holds no run"]);
}

#[test]
fn an_interrupted_run_is_saved_and_resumes_exactly() {
    let folder = tempfile::tempdir().unwrap();
    let whole = run_of(&folder.path().join("whole"), 20);
    let (config, data) = settings(POINTS, &["steps=20"]).resolve().unwrap();
    let run = Run::create(&folder.path().join("stopped"), &config, false).unwrap();
    let stop = AtomicBool::new(false);
    let mut watch = |p: Progress| stop.store(p.step == 7, Ordering::Relaxed);
    let mut trainer = Trainer::new(config, data).unwrap();
    let result = train(&run, &mut trainer, 0.0, &stop, &mut watch);
    assert!(matches!(result, Err(Error::Interrupted { step: 7 })));
    assert_eq!(kept(&run), [7]);
    go_on(&run, 20).unwrap();
    same_weights(&whole, &run);
}
