//! `evaluate`: of a run and of a file, in words and as JSON.

use std::fs::write;
use std::path::Path;

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
    of_file(at.path(), "mnist").fails(2, &["\"mnist\"", "known modes"]);
    let bad = |arguments: &str, part: &str| {
        ganscope(at.path(), arguments).fails(2, &[part]);
    };
    bad("evaluate", "<DIR>");
    bad("evaluate --samples points.csv", "--data");
    bad(
        "evaluate run --samples points.csv --data ring8",
        "cannot be used",
    );
    bad("evaluate run --data grid25", "cannot be used");
    bad("evaluate --samples points.txt --data ring8", ".csv or .npy");
    ganscope(at.path(), "evaluate --samples gone.csv --data ring8").fails(1, &["gone.csv"]);
}
