//! The command line as a user meets it: what it writes, what it says, what it exits with.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

const BIN: &str = env!("CARGO_BIN_EXE_ganscope");

fn ganscope(arguments: &[&str]) -> Output {
    Command::new(BIN)
        .args(arguments)
        .env_remove("GANSCOPE_DATA_DIR")
        .output()
        .unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Runs, and asserts exit code and that stderr holds all `parts`.
fn refused(arguments: &[&str], code: i32, parts: &[&str]) {
    let out = ganscope(arguments);
    let stderr = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(code), "{arguments:?}: {stderr}");
    for part in parts {
        assert!(
            stderr.contains(part),
            "{arguments:?}: \"{stderr}\" lacks \"{part}\""
        );
    }
    assert!(!stderr.contains("panicked"), "{stderr}");
}

fn works(arguments: &[&str]) -> String {
    let out = ganscope(arguments);
    let stderr = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{arguments:?}: {stderr}");
    String::from_utf8(out.stdout).unwrap()
}

/// A run of a few steps on ring8.
fn quick(out: &Path, more: &[&str]) -> String {
    let mut arguments = vec![
        "train",
        "--data",
        "ring8",
        "--gan",
        "nsgan",
        "--seed",
        "1",
        "--out",
        text(out),
    ];
    arguments.extend([
        "--set",
        "batch=32",
        "--set",
        "checkpoint_every=10",
        "--set",
        "log_every=5",
    ]);
    arguments.extend(more);
    works(&arguments)
}

fn checkpoint(run: &Path, step: u64) -> PathBuf {
    run.join(format!("checkpoints/step-{step:06}.safetensors"))
}

/// The tensors of a checkpoint: what follows the header, whose metadata hold times.
fn tensors(path: &Path) -> Vec<u8> {
    let bytes = std::fs::read(path).unwrap();
    let header = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    bytes[8 + header..].to_vec()
}

#[test]
fn a_run_from_training_to_samples() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    quick(&run, &["--steps", "20"]);
    for file in [
        "config.toml",
        "metrics.jsonl",
        "report.html",
        "samples/step-000020.png",
    ] {
        assert!(run.join(file).is_file(), "{file}");
    }
    assert!(checkpoint(&run, 20).is_file());
    let page = std::fs::read_to_string(run.join("report.html")).unwrap();
    let page = page.replace("http://www.w3.org/", "");
    assert!(!page.contains("http://") && !page.contains("https://"));

    let csv = folder.path().join("samples.csv");
    works(&["sample", text(&run), "-n", "2500", "--out", text(&csv)]);
    let json = works(&[
        "evaluate",
        "--samples",
        text(&csv),
        "--data",
        "ring8",
        "--json",
    ]);
    let of_csv: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (of_csv["n"].as_u64(), of_csv["modes_total"].as_u64()),
        (Some(2500), Some(8))
    );
    assert!(works(&["evaluate", text(&run)]).contains("modes covered"));
    works(&[
        "sample",
        text(&run),
        "-n",
        "5",
        "--out",
        text(&folder.path().join("s.npy")),
    ]);
    refused(
        &[
            "sample",
            text(&run),
            "-n",
            "5",
            "--out",
            text(&folder.path().join("s.png")),
        ],
        2,
        &["png"],
    );
    refused(
        &["sample", text(&run), "-n", "0", "--out", text(&csv)],
        2,
        &["0"],
    );
    refused(
        &["sample", text(&run), "-n", "5", "--out", "s.gif"],
        2,
        &[".csv", ".npy", ".png"],
    );

    // The folder holds a run now.
    let again = [
        "train",
        "--data",
        "ring8",
        "--steps",
        "5",
        "--out",
        text(&run),
    ];
    refused(&again, 2, &["already holds a run", "--force"]);
    quick(&run, &["--steps", "10", "--force"]);
    assert!(!checkpoint(&run, 20).exists() && checkpoint(&run, 10).is_file());
    refused(
        &["resume", text(&run), "--set", "batch=64"],
        2,
        &["batch is 64"],
    );
    refused(&["resume", text(folder.path())], 2, &["holds no run"]);

    // Exact samples of truth are of high quality.
    let points: String = (0..8)
        .map(|i| std::f64::consts::TAU * i as f64 / 8.0)
        .map(|a| format!("{},{}\n", a.cos(), a.sin()))
        .collect();
    std::fs::write(&csv, points).unwrap();
    let json = works(&[
        "evaluate",
        "--samples",
        text(&csv),
        "--data",
        "ring8",
        "--json",
    ]);
    let truth: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(truth["modes_covered"], 8);
    assert_eq!(truth["high_quality"], 1.0);
    assert!(truth["reverse_kl_nats"].as_f64().unwrap().abs() < 1e-12);
}

#[test]
fn resumed_killed_and_single_threaded_runs_are_equal_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let last = |name: &str| tensors(&checkpoint(&at(name), 400));
    quick(&at("whole"), &["--steps", "400"]);
    quick(&at("one"), &["--steps", "400", "--threads", "1"]);
    quick(&at("split"), &["--steps", "200", "--threads", "2"]);
    works(&["resume", text(&at("split")), "--steps", "400"]);
    assert!(last("whole") == last("one") && last("whole") == last("split"));

    for (name, signal) in [("killed", "-KILL"), ("interrupted", "-INT")] {
        let run = at(name);
        let mut child = Command::new(BIN)
            .args([
                "train",
                "--data",
                "ring8",
                "--seed",
                "1",
                "--steps",
                "400",
                "--out",
                text(&run),
            ])
            .args([
                "--set",
                "batch=32",
                "--set",
                "checkpoint_every=10",
                "--set",
                "log_every=5",
            ])
            .stderr(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        while !run.join("checkpoints").is_dir()
            || std::fs::read_dir(run.join("checkpoints")).unwrap().count() == 0
        {
            std::thread::sleep(Duration::from_millis(3));
        }
        let id = child.id().to_string();
        Command::new("kill").args([signal, &id]).status().unwrap();
        let status = child.wait().unwrap();
        if signal == "-INT" {
            assert_eq!(status.code(), Some(130));
        }
        works(&["resume", text(&run)]);
        assert!(last("whole") == last(name), "{name}");
    }
}

#[test]
fn bad_words_are_refused_with_the_nearest_good_one() {
    let folder = tempfile::tempdir().unwrap();
    let out = text(folder.path());
    let train = |more: &[&'static str]| {
        let mut all = vec!["train", "--out", out];
        all.extend(more);
        all
    };
    refused(
        &train(&["--gan", "nsgam"]),
        2,
        &["nsgam", "nearest is \"nsgan\""],
    );
    refused(
        &train(&["--data", "rnig8"]),
        2,
        &["rnig8", "nearest is \"ring8\""],
    );
    refused(
        &train(&["--set", "optimizer.generator.kind=adan"]),
        2,
        &["adan", "nearest is \"adam\""],
    );
    refused(
        &train(&["--set", "bacth=3"]),
        2,
        &["bacth", "nearest is \"batch\""],
    );
    refused(&train(&["--set", "batch"]), 2, &["key=value"]);
    refused(
        &train(&["--set", "batch=0"]),
        2,
        &["batch must be at least 1"],
    );
    refused(&train(&["--set", "batch=-4"]), 2, &["batch"]);
    refused(&train(&["--steps", "-4"]), 2, &["-4"]);
    refused(
        &train(&["--set", "generator.layers=[{type='dense',in=2,out=0}]"]),
        2,
        &["layer 0"],
    );
    refused(&train(&["--stepz", "4"]), 2, &["--stepz"]);
    let config = folder.path().join("c.toml");
    std::fs::write(
        &config,
        "steps = 5\n\n[optimizer.generator]\nlearning = 3\n",
    )
    .unwrap();
    refused(
        &["train", text(&config), "--out", out],
        2,
        &["c.toml, line 4", "learning", "lr"],
    );
    refused(&["train", "missing.toml"], 1, &["missing.toml"]);
    refused(&["data", "fetch", "mnits"], 2, &["mnits", "mnist"]);
    assert!(works(&["data", "list"]).contains("fashion-mnist"));
    assert!(serde_json::from_str::<serde_json::Value>(&works(&["data", "list", "--json"])).is_ok());
}

#[test]
fn bad_data_are_refused_with_file_row_and_count() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    };
    let out = folder.path().join("run");
    let train = |data: String, parts: &[&str]| {
        let all = [
            "train",
            "--data",
            &data,
            "--out",
            text(&out),
            "--data-dir",
            text(folder.path()),
        ];
        let result = ganscope(&all);
        let stderr = String::from_utf8_lossy(&result.stderr);
        assert!(
            matches!(result.status.code(), Some(1 | 2)),
            "{data}: {stderr}"
        );
        for part in parts {
            assert!(
                stderr.contains(part),
                "{data}: \"{stderr}\" lacks \"{part}\""
            );
        }
        assert!(!out.exists(), "{data} left a run folder");
    };
    let csv = |name: &str, content: &str| format!("csv:{}", text(&file(name, content.as_bytes())));
    train(csv("empty.csv", ""), &["empty.csv", "empty"]);
    train(csv("ragged.csv", "a,b\n1,2\n3\n"), &["ragged.csv", "3"]);
    train(
        csv("nan.csv", "a,b\n1,2\n3,NaN\n"),
        &["nan.csv", "3", "\"b\""],
    );
    train(
        csv("text.csv", "a,b\n1,2\nx,4\n"),
        &["text.csv", "3", "\"a\"", "x"],
    );
    train(
        csv("short.csv", "a,b\n1,2\n3,4\n5,7\n"),
        &["batch is 256", "3 samples"],
    );
    std::fs::create_dir(folder.path().join("none")).unwrap();
    train(
        format!("images:{}", text(&folder.path().join("none"))),
        &["none"],
    );
    let picture = file("bad/broken.png", b"\x89PNG but not really");
    train(
        format!("images:{}", text(picture.parent().unwrap())),
        &["broken.png"],
    );
    train("mnist".into(), &["ganscope data fetch mnist"]);

    let idx = |magic: u8, sizes: &[u32], bytes: usize| {
        let mut all = vec![0, 0, 8, magic];
        sizes.iter().for_each(|s| all.extend(s.to_be_bytes()));
        all.resize(all.len() + bytes, 7);
        all
    };
    file("mnist/train-images-idx3-ubyte", &idx(3, &[4, 28, 28], 3000));
    file("mnist/train-labels-idx1-ubyte", &idx(1, &[4], 4));
    train("mnist".into(), &["train-images-idx3-ubyte", "3136", "3000"]);
    file("mnist/train-images-idx3-ubyte", &idx(1, &[4], 4));
    train("mnist".into(), &["train-images-idx3-ubyte"]);
    file("mnist/train-images-idx3-ubyte", &idx(3, &[5, 28, 28], 3920));
    train("mnist".into(), &["5", "4"]);
    refused(
        &[
            "evaluate",
            "--samples",
            text(&file("3.csv", b"1,2,3\n4,5,6\n")),
            "--data",
            "ring8",
        ],
        1,
        &["3"],
    );
}

#[test]
fn bad_checkpoints_are_refused_by_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    quick(&run, &["--steps", "10"]);
    let path = checkpoint(&run, 10);
    let good = std::fs::read(&path).unwrap();
    let out = folder.path().join("s.csv");
    let sample = ["sample", text(&run), "-n", "3", "--out", text(&out)];
    std::fs::write(&path, &good[..good.len() / 2]).unwrap();
    refused(&sample, 1, &["step-000010.safetensors", "truncated"]);
    // Bytes of the header changed in place.
    let swap = |from: &str, to: &str| {
        assert_eq!(from.len(), to.len());
        let at = good
            .windows(from.len())
            .position(|w| w == from.as_bytes())
            .expect(from);
        let mut bytes = good.clone();
        bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
        std::fs::write(&path, bytes).unwrap();
    };
    swap("\"format_version\":\"1\"", "\"format_version\":\"9\"");
    refused(&sample, 1, &["format version 9", "reads version 1"]);
    swap(
        "\"generator_average.0.weight\"",
        "\"generator_average.9.weight\"",
    );
    refused(&sample, 1, &["generator_average.0.weight is missing"]);
    std::fs::write(&path, &good).unwrap();
    works(&sample);
}

/// The disk is full while a checkpoint is written: the one before it survives.
#[test]
fn a_full_disk_costs_nothing_that_was_saved() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    quick(&run, &["--steps", "10"]);
    let before = std::fs::read(checkpoint(&run, 10)).unwrap();
    // 64 KiB: enough for the log, too little for a checkpoint. The signal is ignored, so that the
    // write fails as on a full disk.
    let limited = format!(
        "trap '' XFSZ; ulimit -f 64; exec '{BIN}' resume '{}' --steps 30",
        text(&run)
    );
    let out = Command::new("bash")
        .args(["-c", &limited])
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("step-000020.safetensors"), "{stderr}");
    assert!(before == std::fs::read(checkpoint(&run, 10)).unwrap());
    let strays = std::fs::read_dir(run.join("checkpoints")).unwrap().count();
    assert_eq!(strays, 1, "a temporary file was left");
    works(&["resume", text(&run), "--steps", "30"]);
    assert!(checkpoint(&run, 30).is_file());
}
