//! The doctor finds no disease in healthy runs.

use crate::common::{run, trainer};
use ganscope::evaluate::{mode_coverage, points};
use ganscope::gan::RECIPES;
use ganscope::train::{Disease, Trainer};

/// Whether G generates points around a single mode. BEGAN does on points, because its D can reconstruct any
/// point of the plane, so collapse is a correct diagnosis for it.
fn has_collapsed(trainer: &Trainer) -> bool {
    let Some(truth) = trainer.data().mixture() else {
        return false;
    };
    let samples = trainer.sample(2500, 1).unwrap().values;
    let found = mode_coverage(points(&samples, 2).unwrap(), truth).unwrap();
    let column = |i: usize| samples.iter().skip(i).step_by(2);
    let range = |i: usize| {
        let most = column(i).fold(f32::MIN, |m, x| m.max(*x));
        most - column(i).fold(f32::MAX, |m, x| m.min(*x))
    };
    // The data are 2 and 8 wide.
    found.modes_covered <= 1 && range(0).max(range(1)) < 0.7
}

#[test]
fn every_recipe_on_points() {
    for name in RECIPES {
        let gan = format!("gan={name}");
        // A step of these takes five updates of the critic.
        let steps = if name.starts_with("wgan") { 60 } else { 200 };
        let mut trainer = trainer("data = 'ring8'", &[&gan]);
        let history = run(&mut trainer, steps);
        let found = trainer.examine(&history).unwrap();
        if found.diseases().contains(&Disease::Collapsing) {
            assert!(name == "began" && has_collapsed(&trainer), "{found:?}");
        } else {
            assert_eq!(found.verdict(), "healthy", "{name}: {found:?}");
        }
    }
}

#[test]
fn images() {
    for (gan, steps) in [("gan=nsgan", 20), ("gan=wgan-gp", 6)] {
        let mut trainer = trainer("data = 'sprites'\nbatch = 16", &[gan]);
        let history = run(&mut trainer, steps);
        let found = trainer.examine(&history).unwrap();
        assert_eq!(found.verdict(), "healthy", "{gan}: {found:?}");
    }
}
