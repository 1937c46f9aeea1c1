//! Samples of a GAN trained on a table are in the units of the table.

use crate::common::{last_checkpoint, says, settings, start};
use ganscope::nn::{StateDict, StateTensor};
use ganscope::train::Checkpoint;

/// x = 1000 … 1099 and y = −0.5 … −0.4: means 1049.5 and −0.4505, standard deviations 28.866 and
/// 0.028866 (√((100² − 1)/12) times the step).
fn table() -> String {
    let row = |i: usize| format!("{},{:.3}\n", 1000 + i, -0.5 + 0.001 * i as f64);
    "x,y\n".to_string() + &(0..100).map(row).collect::<String>()
}

#[test]
fn samples_of_a_table_are_in_its_units() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("table.csv");
    std::fs::write(&file, table()).unwrap();
    let text = format!(
        "data = {:?}\nbatch = 50\nsteps = 3",
        format!("csv:{}", file.display())
    );
    let run = start(&folder.path().join("run"), &settings(&text, &[])).unwrap();
    let path = last_checkpoint(&run);
    let checkpoint = Checkpoint::read(&path).unwrap();
    assert_eq!(checkpoint.description.columns, ["x", "y"]);

    // With a last layer of zero weights G's output is its bias: 1 and −2 standard deviations.
    let (mut state, metadata) = StateDict::read(&path).unwrap();
    for prefix in ["generator", "generator_average"] {
        state.insert(
            format!("{prefix}.6.weight"),
            StateTensor::f32(vec![0.0; 256], &[2, 128]),
        );
        state.insert(
            format!("{prefix}.6.bias"),
            StateTensor::f32(vec![1.0, -2.0], &[2]),
        );
    }
    let made = folder.path().join("made.safetensors");
    state.write(&made, &metadata).unwrap();
    let samples = Checkpoint::read(&made).unwrap().sample(3, 1).unwrap();
    assert_eq!(
        (samples.columns.as_slice(), samples.values.len()),
        (&["x".into(), "y".into()][..], 6)
    );
    let deviation = ((100.0f64.powi(2) - 1.0) / 12.0).sqrt();
    for row in samples.values.chunks(2) {
        assert!(
            (row[0] as f64 - (1049.5 + deviation)).abs() < 0.2,
            "{row:?}"
        );
        assert!(
            (row[1] as f64 - (-0.4505 - 0.002 * deviation)).abs() < 4e-4,
            "{row:?}"
        );
    }
}

#[test]
fn resuming_with_a_changed_table_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("table.csv");
    std::fs::write(&file, table()).unwrap();
    let text = format!(
        "data = {:?}\nbatch = 50\nsteps = 3",
        format!("csv:{}", file.display())
    );
    let run = start(&folder.path().join("run"), &settings(&text, &[])).unwrap();
    std::fs::write(&file, table().replace("1099,", "2000,")).unwrap();
    let resumed = ganscope::train::resume(&run, &settings("", &["steps=5"]));
    says(
        resumed,
        &[
            "table.csv",
            "has changed since",
            "column \"x\" now has mean 1058.51",
            "1049.5",
        ],
    );
    std::fs::write(&file, table().replace("x,y", "x,z")).unwrap();
    let resumed = ganscope::train::resume(&run, &settings("", &["steps=5"]));
    says(
        resumed,
        &["its columns are now x, z, but were x, y during training"],
    );
    // A batch larger than the table is an error before training.
    says(settings(&text, &["batch=101"]).resolve(), &["101", "100"]);
}
