//! Studies: what is in their tables.

use std::collections::BTreeMap;
use std::fs::{read_to_string, write};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ganscope::data::encode_grid;
use ganscope::train::Run;
use serde_json::Value;

use crate::common::{entries, folder, ganscope};

/// Two recipes, two seeds; of the variants one diverges with every seed.
const STUDY: &str = r#"
title = "Two | rates"
description = "What a *rate* does."
conclusion = "It **matters**."
gan = ["nsgan", "lsgan"]
seeds = [3, 5]
n = 500
measure = ["modes", "high_quality", "reverse_kl", "g_loss"]

[base]
data = "ring8"
steps = 60
batch = 32
log_every = 10
checkpoint_every = 20

[recipe.lsgan]
steps = 80

[[variants]]
name = "usual"

[[variants]]
name = "huge"
optimizer.discriminator.lr = 1e30
optimizer.generator.lr = 1e30

[[published]]
name = "PacGAN2"
source = "Lin et al. 2018"
values = { modes = "7.9 ± 0.1", high_quality = "95.6" }
"#;

/// The rows of a CSV file by the names of its columns.
pub fn rows(path: &Path) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    reader.deserialize().map(|row| row.unwrap()).collect()
}

/// The cells of a Markdown table.
fn cells(text: &str) -> Vec<Vec<String>> {
    let lines = text.lines().filter(|line| line.starts_with('|'));
    let cells = |line: &str| line.split('|').map(|c| c.trim().to_string()).collect();
    let whole: Vec<Vec<String>> = lines.map(cells).collect();
    // Outside the first and the last bar there is nothing.
    let inner = |row: Vec<String>| row[1..row.len() - 1].to_vec();
    whole.into_iter().map(inner).collect()
}

#[test]
fn the_table_is_that_of_the_rows() {
    let at = folder();
    write(at.path().join("rates.toml"), STUDY).unwrap();
    let outcome = ganscope(at.path(), "study rates.toml --workers 2").succeeds();
    let out = at.path().join("runs/studies/rates");
    let rows = rows(&out.join("rates.csv"));
    let page = read_to_string(out.join("rates.md")).unwrap();
    let table = cells(&page);

    assert_eq!(
        table[0],
        [
            "recipe",
            "variant",
            "steps",
            "runs",
            "modes",
            "high quality, %",
            "reverse KL, nats",
            "L_G",
            "seconds"
        ]
    );
    assert_eq!(rows.len(), 8);
    let mut at_row = table[2..].iter();
    for gan in ["nsgan", "lsgan"] {
        for variant in ["usual", "huge"] {
            let of = |row: &&BTreeMap<_, String>| row["gan"] == gan && row["variant"] == variant;
            let of: Vec<_> = rows.iter().filter(of).collect();
            let seeds: Vec<&str> = of.iter().map(|row| row["seed"].as_str()).collect();
            assert_eq!(seeds, ["3", "5"]);
            let steps = if gan == "nsgan" { "60" } else { "80" };
            assert!(
                of.iter()
                    .all(|row| row["steps"] == steps && row["n"] == "500")
            );
            let shown = at_row.next().unwrap();
            assert_eq!(shown[..3], [gan, variant, steps]);
            if variant == "huge" {
                for row in of {
                    assert_eq!((&*row["outcome"], &*row["modes"]), ("diverged", ""));
                    assert!(
                        row["problem"].contains("is not finite"),
                        "{}",
                        row["problem"]
                    );
                    assert!(row["step"].parse::<u64>().unwrap() < 20);
                }
                assert_eq!(shown[3..], ["0, 2 diverged", "–", "–", "–", "–", "–"]);
                continue;
            }
            assert!(
                of.iter()
                    .all(|row| row["outcome"] == "finished" && row["step"] == steps)
            );
            assert_eq!(shown[3], "2");
            let names = [
                ("modes", 1),
                ("high_quality", 1),
                ("reverse_kl", 3),
                ("g_loss", 3),
            ];
            for (cell, (name, decimals)) in shown[4..].iter().zip(names) {
                let [a, b] = [0, 1].map(|i| of[i][name].parse::<f64>().unwrap());
                // Of two numbers the standard deviation with n − 1 is |a − b| / √2.
                let (mean, sd) = ((a + b) / 2.0, (a - b).abs() / 2f64.sqrt());
                let expected = format!("{mean:.decimals$} ± {sd:.decimals$}").replace('-', "−");
                assert_eq!(*cell, expected, "{gan} {name}");
            }
        }
    }
    let published = [
        "PacGAN2 (Lin et al. 2018)",
        "–",
        "–",
        "–",
        "7.9 ± 0.1",
        "95.6",
        "–",
        "–",
        "–",
    ];
    assert_eq!(at_row.next().unwrap()[..], published);
    assert_eq!(at_row.next(), None);

    assert!(
        page.starts_with("# Two | rates\n\nWhat a *rate* does.\n\n"),
        "{page}"
    );
    let protocol =
        "Protocol: data ring8, batch 32, n_critic 1, seeds 3, 5, 500 samples of each run";
    assert!(page.contains(protocol), "{page}");
    assert!(page.contains(concat!("ganscope ", env!("CARGO_PKG_VERSION"))));
    let end = "<!-- ANCHOR_END: table -->\n\n![Samples of each row of the table](rates.svg)\n\nIt **matters**.\n\n\
               [One row per run](rates.csv)";
    assert!(page.contains(end), "{page}");
    // What did not diverge is in the picture, under eight rings each.
    let picture = read_to_string(out.join("rates.svg")).unwrap();
    for panel in ["nsgan, usual", "lsgan, usual"] {
        assert!(picture.contains(&format!(">\n{panel}\n<")), "{panel}");
    }
    let count = |what: &str| picture.matches(what).count();
    assert_eq!(
        [count("huge"), count("<image"), count("<circle")],
        [0, 2, 16]
    );
    // A line a run where there is no terminal, and the table on stdout.
    assert_eq!(outcome.err.lines().count(), 8, "{}", outcome.err);
    assert!(
        outcome.err.contains("8 of 8 runs done, 0 running: "),
        "{}",
        outcome.err
    );
    assert!(outcome.out.contains("7.9 ± 0.1"), "{}", outcome.out);

    // A row says what `evaluate` says of the run.
    let run = "runs/studies/rates/runs/lsgan-usual-seed-5";
    let found = ganscope(at.path(), &format!("evaluate {run} -n 500 --json")).succeeds();
    let found: Value = serde_json::from_str(&found.out).unwrap();
    let row = rows
        .iter()
        .find(|r| r["gan"] == "lsgan" && r["seed"] == "5")
        .unwrap();
    let number = |name: &str| row[name].parse::<f64>().unwrap();
    assert_eq!(found["modes_covered"].as_f64(), Some(number("modes")));
    assert_eq!(
        found["reverse_kl_nats"].as_f64(),
        Some(number("reverse_kl"))
    );
    let quality = 100.0 * found["high_quality"].as_f64().unwrap();
    assert!((quality - number("high_quality")).abs() < 1e-9);
    // And the loss what its log says last.
    let log = ganscope::train::read_metrics(at.path().join(run).join("metrics.jsonl")).unwrap();
    assert_eq!(log.last().unwrap().g_loss, number("g_loss"));
}

#[test]
fn what_is_done_is_not_done_again() {
    let at = folder();
    let study = |seeds: &str, n: u64| {
        let text = format!(
            "seeds = {seeds}\nn = {n}\nbase.data = 'ring8'\nbase.steps = 20\nbase.batch = 16"
        );
        write(at.path().join("s.toml"), text).unwrap();
        ganscope(at.path(), "study s.toml --out s --json")
    };
    let first = study("2", 100).succeeds();
    assert_eq!(first.err.lines().count(), 2, "{}", first.err);
    let found: Value = serde_json::from_str(&first.out).unwrap();
    let group = &found["groups"][0];
    assert_eq!(
        (&group["finished"], &group["gan"]),
        (&2.into(), &"nsgan".into())
    );
    let modes = &group["measures"]["modes"];
    let rows_of = || rows(&at.path().join("s/s.csv"));
    let [a, b] = [0, 1].map(|i| rows_of()[i]["modes"].parse::<f64>().unwrap());
    assert_eq!(modes["mean"].as_f64(), Some((a + b) / 2.0));

    let again = study("2", 100).succeeds();
    assert_eq!((again.err.as_str(), again.out), ("", first.out));
    let log = at.path().join("s/runs/nsgan-seed-1/metrics.jsonl");
    let trained = read_to_string(&log).unwrap();
    // More seeds: only those that are new.
    let more = study("[1, 2, 4]", 100).succeeds();
    assert_eq!(more.err.lines().count(), 1, "{}", more.err);
    assert!(more.err.contains("nsgan-seed-4 finished"), "{}", more.err);
    // Other samples: measured again, not trained again.
    let before = rows_of();
    study("3", 200).succeeds();
    assert_eq!(read_to_string(&log).unwrap(), trained);
    assert_eq!(rows_of()[0]["n"], "200");
    assert_eq!(rows_of()[0]["seconds"], before[0]["seconds"]);
    assert_eq!(rows_of().len(), 3);
    // A line that was torn off is as none; a damaged one is named.
    let jsonl = at.path().join("s/study.jsonl");
    let whole = read_to_string(&jsonl).unwrap();
    write(&jsonl, whole.clone() + "{\"run\": \"nsg").unwrap();
    assert_eq!(study("3", 200).succeeds().err, "");
    assert_eq!(read_to_string(&jsonl).unwrap(), whole);
    write(&jsonl, format!("{{}}\n{whole}")).unwrap();
    study("3", 200).fails(1, &["study.jsonl", "line 1 is not the result of a run"]);
    let left = entries(&at.path().join("s"));
    assert_eq!(
        left,
        [
            ".ganscope-lock",
            "runs",
            "s.csv",
            "s.md",
            "s.svg",
            "study.jsonl"
        ]
    );
    // Without the runs there is still the table.
    write(&jsonl, whole).unwrap();
    std::fs::remove_dir_all(at.path().join("s/runs")).unwrap();
    let found: Value = serde_json::from_str(&study("3", 200).succeeds().out).unwrap();
    assert_eq!(
        (&found["groups"][0]["finished"], &found["picture"]),
        (&3.into(), &Value::Null)
    );
    let page = read_to_string(at.path().join("s/s.md")).unwrap();
    assert!(!page.contains("s.svg"), "{page}");
}

#[test]
fn the_picture_is_of_the_measured_samples() {
    let at = folder();
    let text = "gan = ['hinge', 'lsgan']\nseeds = 1\nn = 16\nmeasure = ['d_loss']\n[base]\ndata = 'sprites'\n\
                steps = 2\nbatch = 4";
    write(at.path().join("s.toml"), text).unwrap();
    ganscope(at.path(), "study s.toml --out s").succeeds();
    let picture = read_to_string(at.path().join("s/s.svg")).unwrap();
    for gan in ["hinge", "lsgan"] {
        let run = Run::open(&at.path().join(format!("s/runs/{gan}-seed-1"))).unwrap();
        let samples = run.newest().unwrap().0.sample(16, 1).unwrap();
        let (png, ..) = encode_grid(&samples.values, &samples.shape, 16).unwrap();
        assert!(
            picture.contains(&format!("base64,{}\"", STANDARD.encode(png))),
            "{gan}"
        );
    }
}

#[test]
fn a_small_version() {
    let at = folder();
    let text = "seeds = 10\n[base]\ndata = 'ring8'\nsteps = 5000\nbatch = 16\n\
                [quick]\nseeds = 1\nsteps = 7\nn = 50\n";
    write(at.path().join("s.toml"), text).unwrap();
    ganscope(at.path(), "study s.toml --quick").succeeds();
    let rows = rows(&at.path().join("runs/studies/s-quick/s.csv"));
    assert_eq!(rows.len(), 1);
    assert_eq!([&rows[0]["steps"], &rows[0]["n"]], ["7", "50"]);
}
