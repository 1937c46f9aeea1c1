//! `sample`: files in every format, as functions of the seed.

use crate::common::{checkpoint, folder, ganscope, trained};
use ganscope::data::{SampleShape, Samples};

#[test]
fn points_to_csv_and_npy() {
    let at = folder();
    let run = trained(at.path(), 10);
    for out in ["a.csv", "a.npy", "b.csv"] {
        let outcome = ganscope(at.path(), &format!("sample run -n 50 --out {out}")).succeeds();
        assert!(
            outcome
                .out
                .contains("50 samples of nsgan on ring8 at step 10, seed 1")
        );
    }
    let read = |name: &str| Samples::read(&at.path().join(name)).unwrap();
    assert_eq!(read("a.csv").columns, ["x", "y"]);
    assert_eq!(read("a.csv").len(), 50);
    assert_eq!(read("a.csv"), read("b.csv"));
    assert_eq!(read("a.csv").values, read("a.npy").values);
    // From a checkpoint by its name, and with another seed.
    let path = checkpoint(&run, 10);
    let by_name = format!("sample {} -n 50 --out c.csv", path.display());
    ganscope(at.path(), &by_name).succeeds();
    assert_eq!(read("a.csv"), read("c.csv"));
    ganscope(at.path(), "sample run -n 50 --seed 2 --out d.csv").succeeds();
    assert_ne!(read("a.csv"), read("d.csv"));
}

#[test]
fn images_to_png_and_npy() {
    let at = folder();
    ganscope(
        at.path(),
        "train --data sprites --steps 2 --set batch=4 --out run",
    )
    .succeeds();
    ganscope(at.path(), "sample run -n 16 --out a.png").succeeds();
    let picture = image::open(at.path().join("a.png")).unwrap();
    // Eight images to a row, each of 32 pixels drawn twice as large, and their margins.
    assert!((512..560).contains(&picture.width()), "{}", picture.width());
    assert!(
        (128..160).contains(&picture.height()),
        "{}",
        picture.height()
    );
    ganscope(at.path(), "sample run -n 16 --out a.npy").succeeds();
    let samples = Samples::read(&at.path().join("a.npy")).unwrap();
    assert_eq!((samples.len(), samples.shape.numel()), (16, 1024));
    assert!(matches!(samples.shape, SampleShape::Image { .. }));
    assert!(samples.values.iter().all(|v| (-1.0..=1.0).contains(v)));
}

#[test]
fn what_cannot_be_sampled() {
    let at = folder();
    trained(at.path(), 10);
    let sample = |rest: &str| ganscope(at.path(), &format!("sample run {rest}"));
    sample("-n 0 --out a.csv").fails(2, &["-n", "at least 1"]);
    sample("-n -4 --out a.csv").fails(2, &["-n", "at least 1"]);
    sample("-n 9999999999999 --out a.csv").fails(2, &["memory", "at most"]);
    sample("--seed -1 --out a.csv").fails(2, &["--seed", "whole number of at least 0"]);
    sample("--out a.txt").fails(2, &["a.txt", ".png, .csv or .npy"]);
    sample("--out a.png").fails(2, &["2 numbers", ".csv"]);
    sample("").fails(2, &["--out"]);
    ganscope(at.path(), "sample nowhere --out a.csv").fails(2, &["nowhere does not exist"]);
    assert!(!at.path().join("a.csv").exists());
}
