//! Datasets that change after the start of a run, and runs inside of a dataset.

use std::fs::{create_dir_all, remove_file, write};
use std::path::Path;

use image::{GrayImage, Luma, Rgb, RgbImage};

use crate::common::{checkpoint, command, edit, entries, folder, ganscope, trained};

/// A run on images, of two steps.
const PHOTOS: &str =
    "train --data images:photos --steps 2 --set batch=4 --set data.image_size=8 --out run";

/// `n` images of one colour each in `at/photos`.
fn photos(at: &Path, n: u8) {
    create_dir_all(at.join("photos")).unwrap();
    for i in 0..n {
        let image = RgbImage::from_pixel(8, 8, Rgb([20 * i, 40, 200]));
        image.save(at.join(format!("photos/{i}.png"))).unwrap();
    }
}

#[test]
fn a_run_is_not_resumed_on_other_images() {
    let at = folder();
    photos(at.path(), 6);
    ganscope(at.path(), PHOTOS).succeeds();
    ganscope(at.path(), "resume run --steps 3").succeeds();
    let original = std::fs::read(at.path().join("photos/3.png")).unwrap();
    photos(at.path(), 7);
    let more = [
        "which has changed since",
        "it now has 7 images, but had 6 during training",
    ];
    ganscope(at.path(), "resume run --steps 4").fails(1, &more);
    remove_file(at.path().join("photos/6.png")).unwrap();
    let other = RgbImage::from_pixel(8, 8, Rgb([1, 2, 3]));
    other.save(at.path().join("photos/3.png")).unwrap();
    let changed = [
        "which has changed since",
        "it has as many images as during training, but their pixels or labels differ",
    ];
    ganscope(at.path(), "resume run --steps 4").fails(1, &changed);
    write(at.path().join("photos/3.png"), original).unwrap();
    ganscope(at.path(), "resume run --steps 4").succeeds();
}

/// Checkpoints of earlier versions do not describe the images.
#[test]
fn a_run_of_an_earlier_version_is_resumed() {
    let at = folder();
    photos(at.path(), 6);
    ganscope(at.path(), PHOTOS).succeeds();
    let path = checkpoint(&at.path().join("run"), 2);
    let description = metadata(&path);
    let content = description.find(",\"content\":").unwrap();
    let content = description[content..].trim_end_matches('}').to_string() + "}";
    edit(&path, "data", &content, "");
    assert!(!metadata(&path).contains("content"));
    photos(at.path(), 7);
    ganscope(at.path(), "resume run --steps 3").succeeds();
}

/// The description of the dataset in a checkpoint.
fn metadata(path: &Path) -> String {
    let bytes = std::fs::read(path).unwrap();
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header: serde_json::Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
    header["__metadata__"]["data"].as_str().unwrap().to_string()
}

/// Advice for a new run, such as a smaller batch, does not fit a run that exists.
#[test]
fn a_table_that_shrank_is_a_changed_dataset() {
    let at = folder();
    let table = |text: &str| write(at.path().join("t.csv"), text).unwrap();
    table("a,b\n1,2\n3,5\n4,1\n2,2\n");
    let train = "train --data csv:t.csv --set batch=4 --steps 2 --out run";
    ganscope(at.path(), train).succeeds();
    table("a,b\n1,2\n3,5\n");
    let outcome = ganscope(at.path(), "resume run --steps 4");
    let outcome = outcome.fails(
        1,
        &["which has changed since", "column \"a\" now has mean 2"],
    );
    assert!(!outcome.err.contains("--set"), "{}", outcome.err);
    remove_file(at.path().join("t.csv")).unwrap();
    for gone in ["resume run --steps 4", "doctor run"] {
        let parts = [
            "t.csv: does not exist",
            "put the data back if a run was trained on them",
        ];
        ganscope(at.path(), gone).fails(1, &parts);
    }
}

#[test]
fn a_run_is_not_written_into_its_own_images() {
    let at = folder();
    photos(at.path(), 6);
    let inside = [
        "is inside",
        "the pictures of the run would become training images",
        "--out",
    ];
    let photos = at.path().join("photos");
    let small = "--set batch=4 --set data.image_size=8 --steps 2";
    for out in ["", "--out new", "--out ./sub/../new"] {
        let train = format!("train --data images:. {small} {out}");
        ganscope(&photos, &train).fails(2, &inside);
    }
    let through_link = at.path().join("link");
    #[cfg(unix)]
    std::os::unix::fs::symlink(&photos, &through_link).unwrap();
    #[cfg(unix)]
    ganscope(
        at.path(),
        &format!("train --data images:photos {small} --out link/run"),
    )
    .fails(2, &inside);
    write(
        at.path().join("s.toml"),
        "seeds = 1\n[base]\ndata = { name = 'images:photos', image_size = 8 }\nsteps = 2\nbatch = 4",
    )
    .unwrap();
    ganscope(at.path(), "study s.toml --out photos/study").fails(2, &inside);
    assert_eq!(entries(&photos).len(), 6);
    // A directory beside it, whose name begins alike, is outside.
    let beside = format!("train --data images:photos {small} --out photos-run");
    ganscope(at.path(), &beside).succeeds();
    let help = ganscope(at.path(), "train --help").succeeds().out;
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(help.contains("in DIR and all its subdirectories"), "{help}");
}

#[test]
fn a_missing_log_is_said_before_a_run_goes_on() {
    let at = folder();
    let run = trained(at.path(), 10);
    let log = run.join("metrics.jsonl");
    remove_file(&log).unwrap();
    let parts = [
        "metrics.jsonl",
        "the log of the run is missing",
        "create an empty file",
    ];
    for command in ["resume run --steps 20", "resume run", "doctor run"] {
        ganscope(at.path(), command).fails(1, &parts);
    }
    write(&log, "").unwrap();
    let outcome = ganscope(at.path(), "resume run --steps 20").succeeds();
    assert!(
        outcome.out.contains("nsgan on ring8, 20 steps"),
        "{}",
        outcome.out
    );
}

/// The lock of the directory shows that a process is training in it.
#[test]
fn a_run_without_a_checkpoint_may_still_be_training() {
    let at = folder();
    let train = "train --data ring8 --steps 1000000 --set batch=16 --set log_every=1 \
                 --set checkpoint_every=900000 --out run";
    let mut child = command(at.path());
    child.args(train.split_whitespace());
    let mut child = child.stderr(std::process::Stdio::null()).spawn().unwrap();
    let log = at.path().join("run/metrics.jsonl");
    while std::fs::metadata(&log).map_or(0, |found| found.len()) == 0 {
        assert!(child.try_wait().unwrap().is_none(), "the run has ended");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let parts = [
        "run has no checkpoint yet",
        "still training",
        "its first checkpoint after step 900000",
    ];
    let outcomes = ["doctor run", "evaluate run", "sample run --out a.csv"]
        .map(|command| ganscope(at.path(), command));
    child.kill().unwrap();
    child.wait().unwrap();
    for outcome in outcomes {
        outcome.fails(2, &parts);
    }
    let parts = ["run has no checkpoint yet", "was stopped", "--force"];
    ganscope(at.path(), "doctor run").fails(2, &parts);
}

#[test]
fn grey_images_are_not_compared_with_photos_in_colour() {
    let at = folder();
    photos(at.path(), 12);
    let shape = |channels| ganscope::data::SampleShape::Image {
        channels,
        height: 8,
        width: 8,
    };
    let samples = |name: &str, channels: usize, value: f32| {
        let values = (0..8 * channels * 64).map(|i| value * (i % 64) as f32);
        let samples = ganscope::data::Samples {
            shape: shape(channels),
            columns: vec![],
            values: values.collect(),
        };
        samples.write(&at.path().join(name)).unwrap();
    };
    samples("grey.npy", 1, -1.0 / 64.0);
    let evaluate = |name: &str| {
        let command = format!("evaluate --samples {name} --data images:photos");
        ganscope(at.path(), &command)
    };
    let parts = [
        "each sample is a 1×8×8 image",
        "is a 3×8×8 image",
        "same shape",
    ];
    evaluate("grey.npy").fails(1, &parts);
    samples("colour.npy", 3, -1.0 / 64.0);
    let few = evaluate("colour.npy").succeeds();
    for part in [
        "note               8 generated images and 6 real images are too few for a covariance of 64 features",
        "the Fréchet distance depends mostly on the number of images",
    ] {
        assert!(few.out.contains(part), "{part} is not in {}", few.out);
    }
    // Pixels from 0 to 255, and from 0 to 1.
    samples("bytes.npy", 3, 4.0);
    let bytes = [
        "bytes.npy: row 1: the pixel value 4 is outside [−1, 1]",
        "divide them by 127.5 and subtract 1",
    ];
    evaluate("bytes.npy").fails(1, &bytes);
    samples("unit.npy", 3, 1.0 / 64.0);
    let unit = evaluate("unit.npy").succeeds();
    let note = "note: no pixel of unit.npy is below 0";
    assert!(unit.err.contains(note), "{}", unit.err);
    assert!(!few.err.contains("no pixel"), "{}", few.err);
    // Photos without colour have one channel.
    create_dir_all(at.path().join("plain")).unwrap();
    for i in 0..12 {
        let image = GrayImage::from_pixel(8, 8, Luma([20 * i]));
        image
            .save(at.path().join(format!("plain/{i}.png")))
            .unwrap();
    }
    let plain = "evaluate --samples grey.npy --data images:plain";
    ganscope(at.path(), plain).succeeds();
}
