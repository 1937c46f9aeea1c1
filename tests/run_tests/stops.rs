//! Errors that end a run: numbers that are not finite, and checkpoints that do not fit.

use crate::common::{POINTS, kept, last_checkpoint, says, settings, start};
use ganscope::Error;
use ganscope::nn::{StateDict, StateTensor};
use ganscope::train::{Checkpoint, Trainer};
use std::path::Path;

#[test]
fn divergence_names_step_network_and_layer() {
    for over in [
        [
            "optimizer.discriminator.kind=sgd",
            "gan=lsgan",
            "optimizer.discriminator.lr=1e6",
        ],
        [
            "optimizer.generator.kind=sgd",
            "gan=lsgan",
            "optimizer.generator.lr=1e6",
        ],
        [
            "gan=nsgan",
            "optimizer.discriminator.lr=1e30",
            "optimizer.generator.lr=1e30",
        ],
    ] {
        let (config, data) = settings(POINTS, &over).resolve().unwrap();
        let mut trainer = Trainer::new(config, data).unwrap();
        let error = (0..200).find_map(|_| trainer.step().err());
        let Some(Error::Diverged {
            step,
            network,
            layer,
            what,
            remedy,
        }) = error
        else {
            panic!("{over:?}: {error:?}")
        };
        assert_eq!(step, trainer.steps_done());
        assert!(["generator", "discriminator"].contains(&network.as_str()));
        assert!(layer.contains("dense") || layer.contains("relu"), "{layer}");
        let whats = ["a weight", "the output", "a gradient"];
        assert!(
            whats.contains(&what.as_str()) || what.contains("loss"),
            "{what}"
        );
        assert!(remedy.contains("lr"), "{remedy}");
    }
}

#[test]
fn a_diverged_run_leaves_no_broken_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    // The first update of G makes its weights overflow, in the last step of the run.
    let over = [
        "steps=1",
        "gan=lsgan",
        "objective.c=1e6",
        "optimizer.generator.kind=sgd",
        "optimizer.generator.lr=3e38",
    ];
    let result = start(folder.path(), &settings(POINTS, &over));
    assert!(matches!(result, Err(Error::Diverged { step: 1, .. })));
    says(result, &["generator", "0 (dense 2→16)", "not finite"]);
    let run = ganscope::train::Run::open(folder.path()).unwrap();
    assert!(kept(&run).is_empty());
}

#[test]
fn several_critic_steps_are_taken() {
    let (config, data) = settings(POINTS, &["n_critic=5"]).resolve().unwrap();
    let mut trainer = Trainer::new(config, data).unwrap();
    let before = trainer.discriminator().parameters()[0].1.values();
    for _ in 0..3 {
        let losses = trainer.step().unwrap();
        assert!(losses.d_loss.is_finite() && losses.g_loss.is_finite());
    }
    assert_eq!(trainer.steps_done(), 3);
    assert_ne!(before, trainer.discriminator().parameters()[0].1.values());
    // Adam moves a weight by about lr a step and by at most lr/√(1 − β₂) = 10 lr: 15 steps of D.
    let after = trainer.discriminator().parameters()[0].1.values();
    let moved = before.iter().zip(after.iter()).map(|(a, b)| (a - b).abs());
    let farthest = moved.fold(0.0f32, f32::max);
    assert!((5e-3..=0.15).contains(&farthest), "{farthest}");
    let folder = tempfile::tempdir().unwrap();
    let run = start(folder.path(), &settings(POINTS, &["n_critic=5", "steps=3"])).unwrap();
    let (_, metadata) = StateDict::read(&last_checkpoint(&run)).unwrap();
    assert_eq!(metadata["optimizer_steps"], "[3,15]");
}

/// A checkpoint with `change` applied to its tensors and metadata.
fn changed(
    path: &Path,
    change: impl FnOnce(&mut StateDict, &mut std::collections::HashMap<String, String>),
) -> ganscope::Result<Checkpoint> {
    let (mut state, mut metadata) = StateDict::read(path)?;
    change(&mut state, &mut metadata);
    let changed = path.with_file_name("changed.safetensors");
    state.write(&changed, &metadata)?;
    Checkpoint::read(&changed)
}

#[test]
fn checkpoints_that_do_not_fit() {
    let folder = tempfile::tempdir().unwrap();
    let run = start(folder.path(), &settings(POINTS, &["steps=2"])).unwrap();
    let path = last_checkpoint(&run);
    assert!(changed(&path, |_, _| ()).is_ok());
    let version = changed(&path, |_, m| {
        m.insert("format_version".into(), "99".into());
    });
    says(version, &["99", "format version", "reads version"]);
    let foreign = changed(&path, |_, m| {
        m.remove("config");
    });
    says(foreign, &["config", "not written by ganscope"]);
    let shape = changed(&path, |s, _| {
        let tensor = StateTensor::f32(vec![0.0; 12], &[4, 3]);
        s.insert("discriminator.0.weight", tensor);
    });
    says(shape, &["discriminator.0.weight", "[4, 3]", "[16, 2]"]);
    let garbled = changed(&path, |_, m| {
        m.insert("step".into(), "seven".into());
    });
    says(garbled, &["step", "changed.safetensors"]);
    let bytes = std::fs::read(&path).unwrap();
    for len in [0, 4, 100, bytes.len() / 2, bytes.len() - 1] {
        let cut = path.with_file_name("cut.safetensors");
        std::fs::write(&cut, &bytes[..len]).unwrap();
        says(Checkpoint::read(&cut), &["cut.safetensors", "truncated"]);
    }
}
