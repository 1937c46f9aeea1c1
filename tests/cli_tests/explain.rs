//! `explain`: the page, the numbers, the directions, a user's own weights, and what is refused.

use std::collections::HashMap;
use std::path::Path;

use ganscope::data::Samples;
use ganscope::nn::{Network, NetworkSpec, StateDict};
use ganscope::random::Stream;
use serde_json::Value;

use crate::common::{checkpoint, folder, ganscope, trained};

fn json(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn names(explanation: &Value, key: &str) -> Vec<String> {
    let all = explanation[key].as_array().unwrap().iter();
    all.map(|part| part["method"].as_str().unwrap().to_string())
        .collect()
}

#[test]
fn a_run_of_points_is_explained_in_its_directory() {
    let at = folder();
    let run = trained(at.path(), 10);
    let outcome = ganscope(at.path(), "explain run").succeeds();
    assert!(outcome.out.contains("Inside nsgan on ring8 at step 10"));
    assert!(outcome.err.contains("] What the directions change"));
    let found = json(&run.join("explain.json"));
    let done = [
        "samples",
        "effects",
        "directions",
        "paths",
        "attribution",
        "units",
        "probes",
        "inversion",
        "geometry",
    ];
    assert_eq!(names(&found, "sections"), done);
    assert_eq!(names(&found, "omitted"), ["copying", "disentanglement"]);
    for section in found["sections"].as_array().unwrap() {
        assert!(
            !section["findings"].as_array().unwrap().is_empty(),
            "{section}"
        );
        assert!(
            !section["results"].as_object().unwrap().is_empty(),
            "{section}"
        );
    }
    let effects = &found["sections"][1]["results"]["effects"];
    assert_eq!(effects["n"], 1000);
    assert_eq!(effects["settings"]["replicates"], 200);
    // The page is one file that loads nothing, and the report of the run has the main findings with a link.
    let page = std::fs::read_to_string(run.join("explain.html")).unwrap();
    assert!(!page.contains("https://") && page.contains("What was not examined"));
    let report = std::fs::read_to_string(run.join("report.html")).unwrap();
    assert!(report.contains("href=\"explain.html\"") && report.contains("Inside this GAN"));
    // Every direction of the page can be used.
    let directions = Samples::read(&run.join("directions.npy")).unwrap();
    let rows = found["directions"]["all"].as_array().unwrap().len();
    assert_eq!((directions.len(), directions.shape.numel()), (rows, 2));
    let along = format!("sample run --direction run/directions.npy --index {rows} --out moved.csv");
    ganscope(at.path(), &along).succeeds();
}

#[test]
fn the_result_depends_on_the_seed_and_not_on_the_threads() {
    let at = folder();
    trained(at.path(), 10);
    let explain = |rest: &str, out: &str| {
        let only = "explain run --only directions,inversion,probes";
        ganscope(at.path(), &format!("{only} --out {out} {rest}")).succeeds();
        json(&at.path().join(out).join("explain.json"))
    };
    let one = explain("--threads 1", "one");
    assert_eq!(one, explain("--threads 2", "two"));
    assert_ne!(one, explain("--seed 2", "other"));
    // The run itself was left alone.
    assert!(!at.path().join("run/explain.html").exists());
}

#[test]
fn images_of_a_checkpoint_are_explained_beside_it() {
    let at = folder();
    let train = "train --data sprites --steps 2 --set batch=4 --out run";
    ganscope(at.path(), train).succeeds();
    let path = checkpoint(&at.path().join("run"), 2);
    let only = "--only paths,attribution,probes,geometry";
    let outcome = ganscope(at.path(), &format!("explain {} {only}", path.display())).succeeds();
    assert!(
        outcome.out.contains("explain-step-000002"),
        "{}",
        outcome.out
    );
    let beside = path.with_file_name("explain-step-000002");
    let page = std::fs::read_to_string(beside.join("explain.html")).unwrap();
    assert!(page.contains("From one sample to another") && page.contains("integrated gradients"));
    assert!(page.len() < 6_000_000);
}

#[test]
fn two_runs_are_compared() {
    let at = folder();
    trained(at.path(), 10);
    let other = "train --data ring8 --steps 5 --set batch=16 --seed 2 --out other";
    ganscope(at.path(), other).succeeds();
    ganscope(at.path(), "explain run --only directions --against other").succeeds();
    let page = std::fs::read_to_string(at.path().join("run/explain.html")).unwrap();
    assert!(page.contains("Principal angles") && page.contains("(other)"));
    let wide = "train --data ring8 --steps 5 --set batch=16 --set latent=3 --out wide";
    ganscope(at.path(), wide).succeeds();
    ganscope(at.path(), "explain run --against wide").fails(2, &["wide", "3 numbers", "has 2"]);
}

const GENERATOR: &str = r#"
input = { kind = "vector", len = 3 }
layers = [
    { type = "dense", in = 3, out = 8 },
    { type = "relu" },
    { type = "dense", in = 8, out = 2 },
]
"#;

/// Writes the weights of the generator and its description.
fn own_model(at: &Path) {
    let spec: NetworkSpec = toml::from_str(GENERATOR).unwrap();
    let g = Network::new("generator", &spec, 1, Stream::GeneratorInit).unwrap();
    let mut state = StateDict::default();
    state.add("main", &g);
    state
        .write(&at.join("g.safetensors"), &HashMap::new())
        .unwrap();
    std::fs::write(at.join("g.toml"), GENERATOR).unwrap();
}

#[test]
fn weights_of_a_users_own_generator_are_explained() {
    let at = folder();
    own_model(at.path());
    let explain = "explain --weights g.safetensors --generator g.toml";
    ganscope(at.path(), &format!("{explain} --out own")).succeeds();
    let found = json(&at.path().join("own/explain.json"));
    assert_eq!(found["title"], "g.safetensors");
    let omitted = names(&found, "omitted");
    assert!(omitted.contains(&"probes".into()) && omitted.contains(&"inversion".into()));
    assert!(names(&found, "sections").contains(&"directions".into()));
    // With data, its samples can be inverted.
    ganscope(at.path(), &format!("{explain} --data ring8 --out with")).succeeds();
    let found = json(&at.path().join("with/explain.json"));
    assert!(names(&found, "sections").contains(&"inversion".into()));
}

#[test]
fn what_cannot_be_explained_is_refused() {
    let at = folder();
    let run = trained(at.path(), 10);
    own_model(at.path());
    let explain = |rest: &str| ganscope(at.path(), &format!("explain {rest}"));
    explain("run --only efects").fails(2, &["efects", "effects"]);
    explain("run --only copying").fails(2, &["copying", "test split"]);
    explain("nothing").fails(2, &["nothing"]);
    explain("").fails(2, &["required"]);
    explain("--weights g.safetensors").fails(2, &["--generator"]);
    explain("--weights g.safetensors --generator none.toml").fails(1, &["none.toml"]);
    let spec = |name: &str, text: &str| {
        std::fs::write(at.path().join(name), text).unwrap();
        explain(&format!(
            "--weights g.safetensors --generator {name} --out bad"
        ))
    };
    spec(
        "wide.toml",
        &GENERATOR
            .replace("out = 8", "out = 9")
            .replace("in = 8", "in = 9"),
    )
    .fails(1, &["g.safetensors", "0.weight", "9", "8"]);
    spec("unknown.toml", &GENERATOR.replace("relu", "gelu"))
        .fails(1, &["unknown.toml", "gelu", "relu"]);
    spec("broken.toml", "layers = [").fails(1, &["broken.toml"]);
    spec("unfit.toml", &GENERATOR.replace("in = 8", "in = 7")).fails(2, &["7", "8"]);
    // Nothing is half-written.
    assert!(!at.path().join("bad").exists() && !run.join("explain.html").exists());
}
