//! Trainers in a known state.

use ganscope::nn::{StateDict, StateTensor, StateValues};
use ganscope::train::{Checkpoint, Diagnosis, Losses, Run, Settings, Trainer, train};
use std::sync::atomic::AtomicBool;

/// `text`, and dotted keys over it.
pub fn settings(text: &str, over: &[&str]) -> Settings {
    let mut settings = Settings::parse(text).unwrap();
    for assignment in over {
        settings.assign(assignment).unwrap();
    }
    settings
}

pub fn trainer(text: &str, over: &[&str]) -> Trainer {
    let (config, data) = settings(text, over).resolve().unwrap();
    Trainer::new(config, data).unwrap()
}

/// A trainer after a step that changed next to nothing, with `change` applied to its tensors.
pub fn changed(text: &str, over: &[&str], change: impl FnOnce(&mut StateDict)) -> Trainer {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings(text, over);
    settings.set("steps", 1).unwrap();
    settings.set("ema", 0.0).unwrap();
    let (config, data) = settings.resolve().unwrap();
    let run = Run::create(folder.path(), &config, false).unwrap();
    let mut trainer = Trainer::new(config, data).unwrap();
    train(
        &run,
        &mut trainer,
        0.0,
        &AtomicBool::new(false),
        &mut |_| (),
    )
    .unwrap();
    let path = run.checkpoints().unwrap().pop().unwrap().1;
    let (mut state, metadata) = StateDict::read(&path).unwrap();
    change(&mut state);
    state.write(&path, &metadata).unwrap();
    let (_, data) = settings.resolve().unwrap();
    Checkpoint::read(&path).unwrap().trainer(data).unwrap()
}

/// Changes every number of a tensor of a checkpoint.
pub fn each(state: &mut StateDict, name: &str, change: impl Fn(f32) -> f32) {
    let tensor = state.get(name).unwrap_or_else(|| panic!("no {name}"));
    let StateValues::F32(values) = &tensor.values else {
        panic!("{name} holds no floats")
    };
    let values: Vec<f32> = values.iter().map(|v| change(*v)).collect();
    let changed = StateTensor::f32(values, &tensor.shape.clone());
    state.insert(name, changed);
}

pub fn run(trainer: &mut Trainer, steps: u64) -> Vec<Losses> {
    (0..steps).map(|_| trainer.step().unwrap()).collect()
}

/// Every setting that a remedy names is one that the run can have.
#[track_caller]
pub fn remedies_work(found: &Diagnosis, text: &str, over: &[&str]) {
    for ailment in &found.ailments {
        let mut words = ailment.remedy.split_whitespace();
        let mut named = settings(text, over);
        let mut count = 0;
        while let Some(word) = words.next() {
            if word == "--set" {
                let assignment = words.next().unwrap().trim_end_matches(',');
                named.assign(assignment).unwrap();
                count += 1;
            }
        }
        assert!(
            count > 0 || ailment.remedy.contains(".layers"),
            "{}",
            ailment.remedy
        );
        let resolved = named.resolve();
        assert!(resolved.is_ok(), "{}: {:?}", ailment.remedy, resolved.err());
    }
}

#[track_caller]
pub fn close(found: f64, expected: f64, relative: f64) {
    assert!(
        (found - expected).abs() <= relative * expected.abs(),
        "{found} is not {expected}"
    );
}

/// Replaces the numbers of a tensor of a checkpoint.
pub fn set(state: &mut StateDict, name: &str, values: &[f32]) {
    let shape = state
        .get(name)
        .unwrap_or_else(|| panic!("no {name}"))
        .shape
        .clone();
    state.insert(name, StateTensor::f32(values.to_vec(), &shape));
}
