//! Several starts, of which the one with the largest L_R is continued.

use crate::common::{go, kept, last_checkpoint, same_weights, says, settings, start};
use ganscope::Error;
use ganscope::report::RunReport;
use ganscope::train::{Checkpoint, Progress, Run, Settings, Trainer, read_metrics, resume, train};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// Three starts of 20 steps each, and 20 more steps.
fn three(over: &[&str]) -> Settings {
    let text = "data = \"ring8\"\ngan = \"infogan\"\nbatch = 16\nlog_every = 4\nsteps = 40\ncheckpoint_every = 7";
    let own = ["codes.weight_real=1", "codes.starts=3"];
    settings(text, &[&own[..], over].concat())
}

/// Trains, and stops after `updates` of this call.
fn until(run: &Run, trainer: &mut Trainer, seconds: f64, updates: u64) -> ganscope::Result<()> {
    let (stop, mut done) = (AtomicBool::new(false), 0);
    train(run, trainer, seconds, &stop, &mut |_| {
        done += 1;
        stop.store(done == updates, Ordering::Relaxed);
    })
}

/// Mean L_R over the last fifth of 20 steps, from the log.
fn late(run: &Run) -> f64 {
    let log = read_metrics(run.metrics_path()).unwrap();
    let bits: Vec<f64> = (log.iter().filter(|r| (16..=20).contains(&r.step)))
        .map(|r| r.extra["information_bits_real"])
        .collect();
    assert_eq!(bits.len(), 2);
    bits.iter().sum::<f64>() / 2.0
}

#[test]
fn the_best_start_is_continued() {
    let folder = tempfile::tempdir().unwrap();
    let (config, data) = three(&[]).resolve().unwrap();
    let run = Run::create(&folder.path().join("run"), &config, false).unwrap();
    let mut trainer = Trainer::new(config, data).unwrap();
    let mut seen: Vec<u64> = Vec::new();
    let mut watch = |p: Progress| {
        assert_eq!(p.steps, 80);
        seen.push(p.step);
    };
    train(&run, &mut trainer, 0.0, &AtomicBool::new(false), &mut watch).unwrap();
    assert!(seen.iter().copied().eq(1..=80), "{seen:?}");
    let found = run.starts().unwrap().unwrap();
    let bits: Vec<f64> = found.bits.iter().map(|bits| bits.unwrap()).collect();
    assert_eq!(bits.len(), 3);
    assert!(bits[0] != bits[1] && bits[1] != bits[2]);
    assert!(bits.iter().all(|b| *b <= bits[found.chosen]), "{found}");
    // The log begins with that of the chosen start.
    assert_eq!(late(&run), bits[found.chosen]);
    let steps: Vec<u64> = read_metrics(run.metrics_path())
        .unwrap()
        .iter()
        .map(|r| r.step)
        .collect();
    assert!(
        steps.iter().copied().eq((1..=10).map(|k| 4 * k)),
        "{steps:?}"
    );
    // The seconds include all starts.
    let log = read_metrics(run.metrics_path()).unwrap();
    assert!(log[5].seconds - log[4].seconds > log[4].seconds, "{log:?}");
    // The directories of the starts are removed.
    assert!(!run.folder().join("starts").exists());
    assert_eq!(trainer.steps_done(), 40);
    assert_eq!(Checkpoint::read(&last_checkpoint(&run)).unwrap().step, 40);

    // A damaged starts.json is an error of the report.
    for (text, problem) in [
        (
            "{\"bits\":[],\"chosen\":3}",
            "the index of the chosen start is 3, but there are 0 starts",
        ),
        ("{\"bits\":[1.0", "is damaged"),
    ] {
        std::fs::write(run.starts_path(), text).unwrap();
        says(RunReport::of(&run), &["starts.json", problem]);
    }

    // The first start equals a run with a single start.
    let alone = start(
        &folder.path().join("alone"),
        &three(&["codes.starts=1", "steps=20"]),
    )
    .unwrap();
    assert_eq!(late(&alone), bits[0]);
    assert_eq!(alone.starts().unwrap(), None);
}

#[test]
fn a_run_that_continues_its_first_start_equals_a_single_run() {
    // A single start trains the same steps from the same networks as the first of three.
    let folder = tempfile::tempdir().unwrap();
    let mut compared = false;
    for seed in 1..=12 {
        let seed = format!("seed={seed}");
        let run = start(&folder.path().join(&seed), &three(&[&seed])).unwrap();
        if run.starts().unwrap().unwrap().chosen == 0 {
            let alone = folder.path().join("alone");
            let alone = start(&alone, &three(&[&seed, "codes.starts=1"])).unwrap();
            same_weights(&run, &alone);
            compared = true;
            break;
        }
    }
    assert!(compared, "no seed whose first start is the best");
}

#[test]
fn a_run_interrupted_anywhere_ends_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let whole = start(&folder.path().join("whole"), &three(&[])).unwrap();
    let found = whole.starts().unwrap();
    // Before the first checkpoint of a start, after it, at the end of a start, in the last start, and after the choice.
    for first in [3, 9, 20, 47, 60, 70] {
        let (config, data) = three(&[]).resolve().unwrap();
        let run = Run::create(&folder.path().join(first.to_string()), &config, false).unwrap();
        let mut trainer = Trainer::new(config, data).unwrap();
        let stopped = until(&run, &mut trainer, 0.0, first);
        assert!(
            matches!(stopped, Err(Error::Interrupted { .. })),
            "{first}: {stopped:?}"
        );
        // A report can be made at any time.
        RunReport::of(&run).unwrap();
        // It is interrupted once more before it is resumed to the end.
        let (mut trainer, seconds, _) = resume(&run, &Settings::default()).unwrap();
        assert!(until(&run, &mut trainer, seconds, 5).is_err(), "{first}");
        let (mut trainer, seconds, _) = resume(&run, &Settings::default()).unwrap();
        go(&run, &mut trainer, seconds).unwrap();
        assert_eq!(run.starts().unwrap(), found, "{first}");
        same_weights(&whole, &run);
    }
}

#[test]
fn a_start_that_diverges_is_not_chosen_and_all_diverging_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let fast = |lr: &str| format!("optimizer.discriminator = {{ kind = \"sgd\", lr = {lr} }}");
    let all = three(&[&fast("1e30")]);
    let all = start(&folder.path().join("all"), &all);
    assert!(matches!(all, Err(Error::Diverged { .. })), "{all:?}");
    // At this learning rate one of the three starts diverges, a different one for each seed.
    for seed in ["seed=2", "seed=3"] {
        let run = start(&folder.path().join(seed), &three(&[&fast("0.1"), seed])).unwrap();
        let found = run.starts().unwrap().unwrap();
        let reached: Vec<f64> = found.bits.iter().flatten().copied().collect();
        assert_eq!((reached.len(), found.bits.len()), (2, 3));
        let largest = reached.into_iter().fold(0.0, f64::max);
        assert_eq!(found.bits[found.chosen], Some(largest), "{found}");
    }
}

#[test]
fn force_removes_the_starts_of_a_run_and_keeps_other_files() {
    let folder = tempfile::tempdir().unwrap();
    let (config, data) = three(&[]).resolve().unwrap();
    let run = Run::create(folder.path(), &config, false).unwrap();
    until(
        &run,
        &mut Trainer::new(config.clone(), data).unwrap(),
        0.0,
        25,
    )
    .unwrap_err();
    drop(run);
    let own = |k: &str| folder.path().join("starts").join(k);
    assert!(own("1").join("config.toml").exists() && own("2").join("config.toml").exists());
    let foreign = own("2").join("notes.txt");
    std::fs::write(&foreign, "mine").unwrap();
    let run = Run::create(folder.path(), &config, true).unwrap();
    assert!(kept(&run).is_empty());
    assert!(!own("1").exists());
    let left: Vec<_> = std::fs::read_dir(own("2"))
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert_eq!(left, [Path::new("notes.txt")]);
}

#[test]
fn starts_without_l_r_are_refused() {
    let refused = |over: &[&str], parts: &[&str]| says(three(over).resolve(), parts);
    refused(
        &["codes.weight_real=0"],
        &["codes.starts = 3", "codes.weight_real"],
    );
    refused(
        &["codes.categorical=[]", "codes.continuous=2"],
        &["codes.starts = 3", "categorical"],
    );
    refused(&["codes.starts=0"], &["codes.starts", "at least 1"]);
    refused(&["codes.starts=101"], &["codes.starts", "at most 100"]);
    refused(
        &["boosting.components=2"],
        &["codes.starts = 3", "boosting.components = 2"],
    );
}
