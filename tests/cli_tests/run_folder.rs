//! What `train` and `resume` leave behind.

use crate::common::{SMALL, checkpoint, command, entries, folder, ganscope, tensors, trained};
use ganscope::train::Settings;

#[test]
fn a_run_folder_holds_what_the_contract_says() {
    let at = folder();
    let outcome = ganscope(at.path(), &format!("train {SMALL} --steps 30 --out run")).succeeds();
    assert!(
        outcome.out.contains("nsgan on ring8, 30 steps"),
        "{}",
        outcome.out
    );
    assert!(
        outcome.out.contains("report: run/report.html"),
        "{}",
        outcome.out
    );
    // Plain lines where stderr is no terminal, about a dozen.
    let lines: Vec<&str> = outcome.err.lines().collect();
    assert!((8..=16).contains(&lines.len()), "{}", outcome.err);
    for part in ["step 30/30", "L_D", "L_G", "samples/s", "ETA 0:00"] {
        assert!(lines[lines.len() - 1].contains(part), "{}", outcome.err);
    }

    let run = at.path().join("run");
    let files = [
        ".ganscope-lock",
        "checkpoints",
        "config.toml",
        "metrics.jsonl",
        "report.html",
        "samples",
    ];
    assert_eq!(entries(&run), files);
    let pictures = [0, 10, 20, 30].map(|s| format!("step-{s:06}.png"));
    assert_eq!(entries(&run.join("samples")), pictures);
    // The newest two, and the best if it is an older one.
    let kept = entries(&run.join("checkpoints"));
    let newest = [20, 30].map(|s| format!("step-{s:06}.safetensors"));
    assert!(kept.ends_with(&newest) && kept.len() <= 3, "{kept:?}");

    let config = std::fs::read_to_string(run.join("config.toml")).unwrap();
    for default in [
        "batch = 16",
        "latent = ",
        "beta1 = ",
        "label_smoothing = ",
        "ema = ",
    ] {
        assert!(config.contains(default), "{default} is not in {config}");
    }
    let (again, _) = Settings::parse(&config).unwrap().resolve().unwrap();
    assert_eq!(again.to_toml(), config);

    let log = std::fs::read_to_string(run.join("metrics.jsonl")).unwrap();
    let lines = log
        .lines()
        .map(|l| serde_json::from_str::<serde_json::Value>(l).unwrap());
    let steps: Vec<u64> = lines.map(|l| l["step"].as_u64().unwrap()).collect();
    assert_eq!(steps, [5, 10, 15, 20, 25, 30]);

    let page = std::fs::read_to_string(run.join("report.html")).unwrap();
    let page = page.replace("http://www.w3.org/", "");
    assert!(!page.contains("http://") && !page.contains("https://"));
    for part in [
        "nsgan on ring8",
        "modes covered",
        "data:image/png;base64",
        "batch = 16",
    ] {
        assert!(page.contains(part), "{part}");
    }
}

#[test]
fn flags_override_the_file_and_the_folder_is_named_after_the_run() {
    let at = folder();
    let text = "gan = \"nsgan\"\nsteps = 3\nbatch = 8\n[data]\nname = \"grid25\"\n";
    std::fs::write(at.path().join("my.toml"), text).unwrap();
    let flags = "train my.toml --gan lsgan --data ring8 --seed 9 --set optimizer.generator.lr=5e-4";
    ganscope(at.path(), flags).succeeds();
    let config = at.path().join("runs/lsgan-ring8/config.toml");
    let (config, _) = Settings::read(&config).unwrap().resolve().unwrap();
    assert_eq!(
        (config.gan.as_str(), config.data.name.as_str()),
        ("lsgan", "ring8")
    );
    assert_eq!((config.seed, config.steps, config.batch), (9, 3, 8));
    assert_eq!(config.optimizer.generator.lr(), 5e-4);
}

#[test]
fn a_folder_that_holds_a_run_is_only_replaced_by_force() {
    let at = folder();
    let run = trained(at.path(), 20);
    let before = tensors(&checkpoint(&run, 20));
    let again = format!("train {SMALL} --steps 10 --seed 2 --out run");
    ganscope(at.path(), &again).fails(2, &["run already holds a run", "--force", "resume"]);
    assert_eq!(tensors(&checkpoint(&run, 20)), before);
    // Nor does a mistake in the settings cost the old run.
    let mistaken = format!("{again} --force --set n_critic=0");
    ganscope(at.path(), &mistaken).fails(2, &["n_critic"]);
    assert_eq!(tensors(&checkpoint(&run, 20)), before);
    ganscope(at.path(), &format!("{again} --force")).succeeds();
    assert_eq!(
        entries(&run.join("checkpoints")),
        ["step-000010.safetensors"]
    );
}

#[test]
fn resuming_is_exact() {
    let at = folder();
    let whole = trained(at.path(), 40);
    ganscope(at.path(), &format!("train {SMALL} --steps 20 --out half")).succeeds();
    let outcome = ganscope(at.path(), "resume half --steps 40").succeeds();
    assert!(
        outcome.err.contains("continuing from step 20 of 40"),
        "{}",
        outcome.err
    );
    let half = at.path().join("half");
    assert!(tensors(&checkpoint(&whole, 40)) == tensors(&checkpoint(&half, 40)));
    // With nothing left to do, it says so.
    let outcome = ganscope(at.path(), "resume half").succeeds();
    assert!(
        outcome.err.contains("all 40 steps are done"),
        "{}",
        outcome.err
    );
}

#[test]
fn a_changed_setting_is_refused_by_its_name() {
    let at = folder();
    let run = trained(at.path(), 10);
    let changed = "resume run --steps 20 --set optimizer.generator.lr=0.5";
    ganscope(at.path(), changed).fails(
        2,
        &[
            "optimizer.generator.lr",
            "0.5",
            "a resumed run can only change steps",
        ],
    );
    ganscope(at.path(), "resume run --steps 5").fails(2, &["steps is 5", "already done 10"]);
    let log = run.join("metrics.jsonl");
    let text = std::fs::read_to_string(&log).unwrap();
    std::fs::write(&log, format!("what?\n{text}")).unwrap();
    let damaged = ["metrics.jsonl", "line 1", "remove it"];
    ganscope(at.path(), "resume run --steps 20").fails(1, &damaged);
    std::fs::write(&log, text).unwrap();
    std::fs::remove_dir_all(run.join("samples")).unwrap();
    ganscope(at.path(), "resume run --steps 20").succeeds();
}

#[test]
fn what_is_no_run_is_told_apart() {
    let at = folder();
    let run = trained(at.path(), 10);
    ganscope(at.path(), "resume nowhere").fails(2, &["nowhere does not exist"]);
    std::fs::create_dir(at.path().join("empty")).unwrap();
    ganscope(at.path(), "resume empty").fails(2, &["empty holds no run", "config.toml"]);
    for file in ["config.toml", "checkpoints/step-000010.safetensors"] {
        let resume = format!("resume run/{file}");
        ganscope(at.path(), &resume).fails(2, &[file, "is a file", "run directory"]);
    }
    let gone = ["gone.safetensors", "No such file"];
    ganscope(at.path(), "sample gone.safetensors --out a.csv").fails(1, &gone);
    // A config.toml that cannot be reached is not one that is missing.
    let around = run.join("config.toml");
    std::fs::remove_file(&around).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("config.toml", &around).unwrap();
    #[cfg(unix)]
    ganscope(at.path(), "resume run").fails(1, &["config.toml", "symbolic links"]);
}

#[test]
fn a_table_is_found_from_anywhere() {
    let at = folder();
    let elsewhere = folder();
    std::fs::write(at.path().join("t.csv"), "a,b\n1,2\n3,5\n4,1\n").unwrap();
    ganscope(at.path(), "train --data csv:t.csv --set batch=3 --steps 2").succeeds();
    let run = at.path().join("runs/nsgan-csv-t.csv");
    let resume = format!("resume {} --steps 4", run.display());
    ganscope(elsewhere.path(), &resume).succeeds();
    let page = std::fs::read_to_string(run.join("report.html")).unwrap();
    assert!(page.contains("Horizontal axis: a. Vertical axis: b."));
}

#[test]
fn a_single_column_is_drawn_as_a_histogram() {
    let at = folder();
    std::fs::write(at.path().join("t.csv"), "height\n1\n1\n1\n4\n").unwrap();
    let train = "train --data csv:t.csv --set batch=4 --steps 2 --out run";
    ganscope(at.path(), train).succeeds();
    let page = std::fs::read_to_string(at.path().join("run/report.html")).unwrap();
    assert!(page.contains("Distribution of height, from low to high values"));
    // Values 1 and 4 lie at 1/12 and 11/12 of the width; the bar of 1 is three times as high.
    let picture = image::open(at.path().join("run/samples/step-000000.png")).unwrap();
    let picture = picture.into_rgb8();
    let grey = |x: u32| {
        let column = (0..360).map(|y| picture.get_pixel(x, y).0);
        column.filter(|p| *p == [178, 186, 196]).count()
    };
    // A bin is six pixels wide, and each value lies where two of them meet.
    let bar = |middle: u32| grey(middle - 3).max(grey(middle + 3));
    let (low, high) = (bar(30), bar(330));
    assert!(
        high > 50 && (2.5..3.5).contains(&(low as f64 / high as f64)),
        "{low} {high}"
    );
    assert_eq!(grey(180), 0);
}

#[test]
fn threads_do_not_change_a_bit() {
    let at = folder();
    for data in ["ring8", "sprites"] {
        let runs = [1, 2].map(|threads| {
            let out = format!("{data}-{threads}");
            let flags = "--steps 4 --set batch=8";
            let train = format!("train --data {data} {flags} --threads {threads} --out {out}");
            ganscope(at.path(), &train).succeeds();
            tensors(&checkpoint(&at.path().join(out), 4))
        });
        assert!(runs[0] == runs[1], "{data}");
    }
}

#[test]
fn data_are_listed() {
    let at = folder();
    let outcome = ganscope(at.path(), "data list --data-dir here").succeeds();
    for part in [
        "sprites",
        "73,728",
        "ganscope data fetch mnist",
        "data directory: here",
    ] {
        assert!(outcome.out.contains(part), "{}", outcome.out);
    }
    let outcome = ganscope(at.path(), "data list --json").succeeds();
    let listings: serde_json::Value = serde_json::from_str(&outcome.out).unwrap();
    let names = listings
        .as_array()
        .unwrap()
        .iter()
        .map(|l| l["name"].as_str().unwrap());
    assert_eq!(names.collect::<Vec<_>>(), ganscope::data::DATASETS);
    assert_eq!(listings[3]["availability"]["state"], "missing");
    ganscope(at.path(), "data fetch cifar").fails(2, &["unknown dataset to fetch \"cifar\""]);
    // Nobody listens on port 9 of this machine.
    let refused = ganscope(at.path(), "data fetch mnist --from http://127.0.0.1:9");
    refused.fails(
        1,
        &[
            "train-images-idx3-ubyte.gz",
            "127.0.0.1:9",
            "cannot be reached",
        ],
    );
}

#[test]
fn a_closed_stdout_is_no_panic() {
    let at = folder();
    let mut child = command(at.path());
    child.args(["data", "list"]);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = child.stdout(writer).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty());
}
