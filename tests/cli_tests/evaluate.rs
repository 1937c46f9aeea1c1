//! `evaluate`: of a run and of a file, in words and as JSON.

use std::fs::write;
use std::path::Path;

use ganscope::data::idx::Idx;
use ganscope::data::{DataConfig, Dataset, Samples};

use crate::common::{Outcome, folder, ganscope, trained};

fn of_file(at: &Path, data: &str) -> Outcome {
    ganscope(
        at,
        &format!("evaluate --samples points.csv --data {data} --json"),
    )
}

#[test]
fn a_run_in_words_and_as_json() {
    let at = folder();
    trained(at.path(), 10);
    let words = ganscope(at.path(), "evaluate run").succeeds().out;
    for part in [
        "of 8",
        "high quality",
        "nats",
        "n = 2500",
        "within 3σ",
        "at step 10, seed 1",
    ] {
        assert!(words.contains(part), "{part} is not in {words}");
    }
    let json = ganscope(at.path(), "evaluate run -n 100 --seed 4 --json")
        .succeeds()
        .out;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["modes_total"], 8);
    assert_eq!(
        (&json["n"], &json["seed"], &json["step"]),
        (&100.into(), &4.into(), &10.into())
    );
    assert_eq!(json["mixture"], "ring8");
    let counts = json["counts"].as_array().unwrap().iter();
    assert_eq!(counts.map(|c| c.as_u64().unwrap()).sum::<u64>(), 100);
}

#[test]
fn a_file_against_known_values() {
    let at = folder();
    // Half on one centre, half on another: KL = ln 8 − ln 2; one of four is far from all.
    write(
        at.path().join("points.csv"),
        "x,y\n1,0\n1,0.01\n0,1\n0,1.5\n",
    )
    .unwrap();
    let json: serde_json::Value =
        serde_json::from_str(&of_file(at.path(), "ring8").succeeds().out).unwrap();
    assert_eq!((&json["modes_covered"], &json["n"]), (&2.into(), &4.into()));
    assert_eq!(json["high_quality"], 0.75);
    let kl = json["reverse_kl_nats"].as_f64().unwrap();
    assert!((kl - 4f64.ln()).abs() < 1e-12, "{kl}");
    // The truth itself: the centres, each once.
    let angles = (0..8).map(|k| std::f64::consts::TAU * f64::from(k) / 8.0);
    let centres: String = angles
        .map(|a| format!("{},{}\n", a.cos(), a.sin()))
        .collect();
    write(at.path().join("truth.csv"), centres).unwrap();
    let truth = ganscope(
        at.path(),
        "evaluate --samples truth.csv --data ring8 --json",
    );
    let truth: serde_json::Value = serde_json::from_str(&truth.succeeds().out).unwrap();
    assert_eq!(
        (&truth["modes_covered"], &truth["high_quality"]),
        (&8.into(), &1.0.into())
    );
    assert!(truth["reverse_kl_nats"].as_f64().unwrap() < 1e-12);
    let first = "evaluate --samples points.csv --data ring8 -n 2 --json";
    let json = ganscope(at.path(), first).succeeds().out;
    assert!(json.contains("\"modes_covered\": 1,"), "{json}");
    // Ten points for each of eight modes are enough.
    let note = |n: usize| {
        write(at.path().join("many.csv"), "1,0\n".repeat(n)).unwrap();
        let words = ganscope(at.path(), "evaluate --samples many.csv --data ring8");
        let words = words.succeeds().out;
        let note = words.lines().find(|line| line.starts_with("note"));
        note.map(str::to_string)
    };
    assert_eq!(note(80), None);
    let few = note(79).unwrap();
    assert!(
        few.starts_with("note           79 points are too few for 8 modes: "),
        "{few}"
    );
    assert!(note(1).unwrap().contains("1 point is too few for 8 modes"));
    ganscope(at.path(), "evaluate --samples points.csv --data ring8 -n 5").fails(2, &["4 samples"]);
}

#[test]
fn files_that_cannot_be_measured() {
    let at = folder();
    let refused = |text: &str, parts: &[&str]| {
        write(at.path().join("points.csv"), text).unwrap();
        of_file(at.path(), "ring8").fails(1, &[&["points.csv"], parts].concat());
    };
    refused("", &["empty"]);
    refused("x,y\n", &["no row"]);
    refused("x,y\n1,2\n3\n", &["line 3"]);
    refused("x,y\n1,2\n3,NaN\n", &["line 3", "\"y\"", "NaN"]);
    refused("x,y\n1,2\nfour,5\n", &["line 3", "\"x\"", "four"]);
    refused("x,y,z\n1,2,3\n", &["3 numbers", "2 columns"]);
    write(at.path().join("points.csv"), "1,2\n").unwrap();
    of_file(at.path(), "ring").fails(2, &["\"ring\"", "nearest is \"ring8\""]);
    of_file(at.path(), "sprites").fails(1, &["points.csv", "2 numbers", "needs images"]);
    write_sprites(at.path(), 20);
    let digits = ganscope(at.path(), "evaluate --samples sprites.npy --data mnist");
    digits.fails(1, &["data fetch mnist"]);
    let picture = "evaluate --samples points.csv --data ring8 --neighbours a.png";
    ganscope(at.path(), picture).fails(2, &["--neighbours", "ring8 has none"]);
    let bad = |arguments: &str, part: &str| {
        ganscope(at.path(), arguments).fails(2, &[part]);
    };
    bad(
        "evaluate",
        "give a run directory, or --samples FILE and --data DATASET",
    );
    bad(
        "evaluate --samples points.csv",
        "--samples needs --data DATASET",
    );
    bad("evaluate --data ring8", "--data needs --samples FILE");
    let usage = ganscope(at.path(), "evaluate run --data ring8").fails(2, &[]);
    let lines = [
        "Usage: ganscope evaluate [OPTIONS] <DIR>",
        "       ganscope evaluate [OPTIONS] --samples <FILE> --data <DATASET>",
    ];
    assert!(usage.err.contains(&lines.join("\n")), "{}", usage.err);
    bad(
        "evaluate run --samples points.csv --data ring8",
        "cannot be used",
    );
    bad("evaluate run --data grid25", "cannot be used");
    bad("evaluate --samples points.txt --data ring8", ".csv or .npy");
    ganscope(at.path(), "evaluate --samples gone.csv --data ring8").fails(1, &["gone.csv"]);
}

/// Real sprites in the place of generated ones.
fn write_sprites(at: &Path, n: usize) {
    let sprites = Dataset::open(&DataConfig::named("sprites")).unwrap();
    let samples = Samples {
        shape: sprites.description().shape.clone(),
        columns: vec![],
        values: sprites.sample(9, n).unwrap(),
    };
    samples.write(&at.join("sprites.npy")).unwrap();
}

#[test]
fn a_file_of_images_against_real_ones() {
    let at = folder();
    write_sprites(at.path(), 300);
    let command = "evaluate --samples sprites.npy --data sprites --neighbours near.png";
    let words = ganscope(at.path(), command).succeeds();
    for part in [
        "generated",
        "Fréchet distance",
        "density",
        "n = 300 against 300 real images",
        "principal components",
        "recognised         100.0 %",
        "scale              6 of 6 levels",
        "samples            sprites.npy",
    ] {
        assert!(words.out.contains(part), "{part} is not in {}", words.out);
    }
    assert!(words.err.contains("near.png"), "{}", words.err);
    // Ten rows of a sample, five neighbours, five neighbours, and two gaps.
    let picture = image::image_dimensions(at.path().join("near.png")).unwrap();
    assert_eq!(picture, (13 * 66 + 2, 10 * 66 + 2));

    let json = ganscope(at.path(), &format!("{command} -n 50 --json"))
        .succeeds()
        .out;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["n"], &json["n_real"]), (&50.into(), &50.into()));
    assert_eq!(json["classifier_score"], serde_json::Value::Null);
    for measure in ["frechet", "precision", "recall", "density", "coverage"] {
        let (generated, real) = (&json[measure], &json["real"][measure]);
        assert!(
            generated.as_f64().unwrap() >= 0.0 && real.as_f64().unwrap() >= 0.0,
            "{measure}"
        );
    }
    assert_eq!(json["sprites"]["recognised"], 1.0);
    assert_eq!(json["sprites"]["sprites"], 43008);
}

#[test]
fn a_run_whose_density_is_not_known() {
    let at = folder();
    write(at.path().join("t.csv"), "a,b\n1,2\n3,5\n4,1\n").unwrap();
    let train = "train --data csv:t.csv --set batch=3 --steps 2 --out run";
    ganscope(at.path(), train).succeeds();
    let needs = ["mode coverage needs a run on ring8 or grid25"];
    ganscope(at.path(), "evaluate run").fails(2, &needs);
}

#[test]
fn a_run_on_images() {
    let at = folder();
    let train = "train --data sprites --steps 3 --set batch=8 --out run";
    ganscope(at.path(), train).succeeds();
    let json = ganscope(at.path(), "evaluate run -n 40 --seed 2 --json")
        .succeeds()
        .out;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (&json["n"], &json["seed"], &json["step"]),
        (&40.into(), &2.into(), &3.into())
    );
    // After three steps nothing is a sprite.
    assert!(json["frechet"].as_f64() > json["real"]["frechet"].as_f64());
    assert!(json["sprites"]["recognised"].as_f64().unwrap() < 0.2);
    ganscope(at.path(), "evaluate run -n 5").fails(2, &["at least 6", "there are 5 and 36864"]);
}

#[test]
fn labelled_images_train_their_classifier_once() {
    let at = folder();
    let data = at.path().join("data");
    // Two classes: black on the left, or black on the right.
    for prefix in ["train", "t10k"] {
        let n = 300;
        let image = |i: usize| {
            (0..64).map(move |p| {
                let lit = (p % 8 < 4) == i.is_multiple_of(2);
                (if lit { 120 } else { 0 }) + ((i * 31 + p * 17) % 97) as u8
            })
        };
        let images = Idx {
            dimensions: vec![n, 8, 8],
            bytes: (0..n).flat_map(image).collect(),
        };
        let labels = Idx {
            dimensions: vec![n],
            bytes: (0..n).map(|i| (i % 2) as u8).collect(),
        };
        let path = |rest: &str| data.join("mnist").join(format!("{prefix}-{rest}-ubyte"));
        images.write(&path("images-idx3")).unwrap();
        labels.write(&path("labels-idx1")).unwrap();
    }
    let config = DataConfig {
        dir: Some(data),
        ..DataConfig::named("mnist")
    };
    let digits = Dataset::open(&config).unwrap();
    let write_digits = |name: &str, values: Vec<f32>| {
        let samples = Samples {
            shape: digits.description().shape.clone(),
            columns: vec![],
            values,
        };
        samples.write(&at.path().join(name)).unwrap();
    };
    write_digits("digits.npy", digits.rows(0..100).unwrap());
    let evaluate = "--data-dir data evaluate --samples digits.npy --data mnist";
    let first = ganscope(at.path(), evaluate).succeeds();
    assert!(
        first.err.contains("training the classifier"),
        "{}",
        first.err
    );
    assert!(first.err.contains("saved in data"), "{}", first.err);
    let second = ganscope(at.path(), &format!("{evaluate} --json")).succeeds();
    assert_eq!(second.err, "");
    let json: serde_json::Value = serde_json::from_str(&second.out).unwrap();
    let score = json["classifier_score"].as_f64().unwrap();
    assert!((1.8..=2.0).contains(&score), "{score}");
    let accuracy = json["classifier_accuracy"].as_f64().unwrap();
    let words = format!(
        "with an accuracy of {:.2} % on 300 test images",
        100.0 * accuracy
    );
    assert!(
        first.out.contains(&words) && first.out.contains("classifier score"),
        "{}",
        first.out
    );
    assert!(
        first.out.contains("unseen by the generator"),
        "{}",
        first.out
    );

    write_sprites(at.path(), 20);
    let other = "--data-dir data evaluate --samples sprites.npy --data mnist";
    ganscope(at.path(), other).fails(1, &["1×32×32 image", "1×8×8 image"]);

    // Of a run with codes, also what Q reads.
    let train = "--data-dir data train --data mnist --gan infogan --steps 2 --out run \
                 --set batch=8 --set codes.categorical=[2]";
    ganscope(at.path(), train).succeeds();
    let picture = at.path().join("run/samples/step-000002.png");
    // A row of ten draws for each of two values.
    let sides = image::image_dimensions(picture).unwrap();
    assert_eq!(sides, (10 * 66 + 2, 2 * 66 + 2));
    let words = ganscope(at.path(), "--data-dir data evaluate run").succeeds();
    for part in [
        "code accuracy ",
        "% of 300 images of mnist's test split, best one-to-one matching: 0→",
        "of 1.000 bits, on 10,000 generated images",
    ] {
        assert!(words.out.contains(part), "{part} is not in {}", words.out);
    }
    let json = ganscope(at.path(), "--data-dir data evaluate run -n 50 --json").succeeds();
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    let codes = &json["codes"];
    assert_eq!(
        (&codes["n"], &codes["n_generated"]),
        (&300.into(), &50.into())
    );
    let code = &codes["codes"][0];
    let counts = |v: usize, y: usize| code["counts"][v][y].as_u64().unwrap();
    let (straight, crossed) = (counts(0, 0) + counts(1, 1), counts(0, 1) + counts(1, 0));
    assert_eq!(straight + crossed, 300);
    let accuracy = straight.max(crossed) as f64 / 300.0;
    assert_eq!(code["accuracy"], accuracy);
    assert!(codes["information_bits"].as_f64().unwrap() <= 1.0);
}
