//! `doctor`: in words and as JSON, of a healthy run and of a sick one, and where there is nothing to examine.

use crate::common::{checkpoint, command, entries, folder, ganscope, trained};

#[test]
fn a_run_in_words_and_as_json() {
    let at = folder();
    let run = trained(at.path(), 40);
    let before = entries(&run);
    let words = ganscope(at.path(), "doctor run").succeeds().out;
    for part in [
        "verdict   healthy",
        "diversity",
        "spectral norm",
        "generator      0 (dense 2→128)",
        "discriminator  6 (dense 128→1)",
        "at step 40, and 8 lines of metrics.jsonl",
    ] {
        assert!(words.contains(part), "{part} is not in {words}");
    }
    let json = ganscope(at.path(), "doctor run --json").succeeds().out;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["verdict"], "healthy");
    assert_eq!((&json["step"], &json["lines"]), (&40.into(), &8.into()));
    assert_eq!(json["ailments"].as_array().unwrap().len(), 0);
    let layers = json["layers"].as_array().unwrap();
    // Seven layers each, of which D's leaky ReLUs have nothing to be seen.
    assert_eq!(layers.len(), 7 + 4);
    let first = &layers[0];
    assert_eq!(first["layer"], "0 (dense 2→128)");
    for sign in ["gradient", "weight", "update", "spectral_norm"] {
        assert!(first[sign].as_f64().unwrap() > 0.0, "{first}");
    }
    assert!(layers[1]["saturation"].as_f64().is_some());
    assert!(json["game"]["slope"].as_f64().unwrap() > 0.2);
    // Nothing of the run is changed.
    assert_eq!(entries(&run), before);
}

#[test]
fn a_sick_run_is_no_failure() {
    let at = folder();
    let train = "train --data ring8 --set batch=32 --set log_every=5 --steps 20 --out run --set \
                 generator.init=xavier";
    let sigmoids = |depth: usize| {
        let mut layers = String::from("{type='dense',in=2,out=16}");
        for _ in 1..depth {
            layers += ",{type='sigmoid'},{type='dense',in=16,out=16}";
        }
        format!("generator.layers=[{layers},{{type='sigmoid'}},{{type='dense',in=16,out=2}}]")
    };
    let mut ganscope_train = command(at.path());
    ganscope_train.args(train.split_whitespace());
    let output = ganscope_train
        .args(["--set", &sigmoids(12)])
        .output()
        .unwrap();
    assert!(output.status.success());
    let words = ganscope(at.path(), "doctor run").succeeds().out;
    for part in [
        "verdict   vanishing",
        "evidence  the influence of generator layer",
        "remedy    start a new run with other generator.layers",
    ] {
        assert!(words.contains(part), "{part} is not in {words}");
    }
}

#[test]
fn a_diverging_run_ends_with_the_verdict() {
    let at = folder();
    let train = "train --data ring8 --gan lsgan --steps 50 --out run --set log_every=1 --set \
                 optimizer.discriminator.kind=sgd --set optimizer.discriminator.lr=0.1";
    let parts = [
        "not finite",
        "is exploding",
        "its gradient norm was",
        "spectral norm",
        "--set optimizer.discriminator.lr=1e-2",
    ];
    ganscope(at.path(), train).fails(1, &parts);
    // It broke before its first checkpoint.
    ganscope(at.path(), "doctor run").fails(2, &["run has no checkpoint yet"]);
}

#[test]
fn what_cannot_be_examined() {
    let at = folder();
    ganscope(at.path(), "doctor").fails(2, &["<DIR>"]);
    ganscope(at.path(), "doctor gone").fails(2, &["gone does not exist"]);
    let run = trained(at.path(), 10);
    let log = run.join("metrics.jsonl");
    let lines = std::fs::read_to_string(&log).unwrap();
    std::fs::write(&log, format!("{{}}\n{lines}")).unwrap();
    ganscope(at.path(), "doctor run").fails(1, &["metrics.jsonl", "line 1 is damaged"]);
    std::fs::remove_file(&log).unwrap();
    ganscope(at.path(), "doctor run").fails(1, &["metrics.jsonl"]);
    std::fs::write(&log, lines).unwrap();
    std::fs::write(checkpoint(&run, 10), b"no tensors").unwrap();
    ganscope(at.path(), "doctor run").fails(1, &["step-000010.safetensors"]);
}
