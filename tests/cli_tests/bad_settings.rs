//! Settings that cannot be: each is refused before anything is written.

use std::fs::{create_dir, write};

use crate::common::{Outcome, SMALL, command, folder, ganscope};

/// `train ARGUMENTS` exits with 2, says `parts`, and writes nothing.
#[track_caller]
fn refused(arguments: &str, parts: &[&str]) {
    let at = folder();
    ganscope(at.path(), &format!("train --out run {arguments}")).fails(2, parts);
    assert!(!at.path().join("run").exists());
}

#[track_caller]
fn refused_in_file(text: &str, parts: &[&str]) {
    let at = folder();
    write(at.path().join("my.toml"), text).unwrap();
    ganscope(at.path(), "train my.toml --out run").fails(2, &[&["my.toml"], parts].concat());
    assert!(!at.path().join("run").exists());
}

#[test]
fn unknown_names_come_with_the_nearest() {
    refused(
        "--gan nsgna",
        &["unknown recipe \"nsgna\"", "nearest is \"nsgan\""],
    );
    refused(
        "--data gird25",
        &["unknown dataset \"gird25\"", "nearest is \"grid25\""],
    );
    let optimiser = "--set optimizer.generator.kind=adma";
    refused(optimiser, &["\"adma\"", "nearest is \"adam\""]);
    refused(
        "--set bacth=3",
        &["unknown setting \"bacth\"", "nearest is \"batch\""],
    );
    refused("--set batch", &["--set batch", "key=value"]);
    refused(
        "--set optimizer.generator.learning=1",
        &["\"learning\"", "\"lr\""],
    );
}

#[test]
fn a_file_is_complained_of_by_line() {
    let unknown = "gan = \"gan\"\n\n# more\nbtach = 5\n";
    refused_in_file(unknown, &["line 4", "\"btach\"", "nearest is \"batch\""]);
    let inner = "steps = 5\n[optimizer.generator]\nkind = \"adam\"\nrl = 0.1\n";
    refused_in_file(inner, &["line 4", "\"rl\"", "nearest is \"lr\""]);
    refused_in_file("seed = 1\nsteps = \"many\"\n", &["line 2", "steps", "many"]);
    refused_in_file("seed = 1\nbatch = 2.5\n", &["line 2", "batch", "2.5"]);
    refused_in_file("seed = 1\nbatch = -4\n", &["line 2", "batch", "-4"]);
    refused_in_file("seed = 1\nsteps =\n", &["line 2"]);
}

#[test]
fn values_of_the_wrong_type_or_size() {
    refused("--set steps=many", &["steps", "many"]);
    refused("--set steps=-1", &["steps", "-1"]);
    for size in [
        "steps",
        "batch",
        "latent",
        "n_critic",
        "log_every",
        "checkpoint_every",
    ] {
        refused(&format!("--set {size}=0"), &[size, "at least 1"]);
    }
    refused("--set latent=-2", &["latent", "at least 1"]);
    refused("--set ema=1", &["ema", "[0, 1)"]);
    let rate = ["error: optimizer.generator.lr must be positive", "-1"];
    refused("--set optimizer.generator.lr=-1", &rate);
    refused("--steps 0", &["--steps", "at least 1"]);
    refused("--steps -3", &["--steps", "at least 1"]);
    refused("--steps ten", &["--steps", "ten"]);
    refused("--seed -1", &["--seed", "whole number of at least 0"]);
    let largest = ["--seed", "at least 0 and at most 9223372036854775807"];
    refused("--seed 18446744073709551615", &largest);
    refused(
        "--set batch=-1",
        &["batch must be a whole number of at least 1, not -1"],
    );
    refused(
        "--set batch=0",
        &["batch must be a whole number of at least 1, not 0"],
    );
    refused(
        "--threads some",
        &["--threads", "whole number of at least 0"],
    );
    refused("--stepz 4", &["--stepz"]);
    let empty = "--set generator.layers=[{type='dense',in=2,out=0}]";
    refused(empty, &["layer 0"]);
    refused("--threads -1", &["--threads"]);
    refused("--threads 100000", &["--threads 100000", "1024"]);
}

#[test]
fn sizes_that_no_memory_holds() {
    for size in ["1000000000", "1000000000000", "4000000000000000000"] {
        refused(
            &format!("--set latent={size}"),
            &["generator layer 0", size],
        );
    }
    let batch = "--data ring8 --set batch=100000000000";
    refused(batch, &["generator layer", "GiB", "batch"]);
    refused("--data ring8 --set batch=9000000000000000000", &["GiB"]);
    let wide = |name: &str, size: u64| {
        format!(
            "[{name}]\nlayers = [{{ type = \"dense\", in = 2, out = {size} }}, \
             {{ type = \"dense\", in = {size}, out = 2 }}]"
        )
    };
    for size in [1_000_000_000, 1_000_000_000_000, 1 << 62] {
        let at = folder();
        let text = format!("data = \"ring8\"\n{}", wide("generator", size));
        write(at.path().join("my.toml"), text).unwrap();
        let outcome = ganscope(at.path(), "train my.toml --out run");
        outcome.fails(2, &["generator layer", "dense"]);
    }
    for (layer, flat) in [
        ("kernel = 3, padding = 1, stride = 2147483648", 1),
        ("kernel = 3, padding = 1, stride = 1000000", 1),
        ("kernel = 3, padding = 1, stride = 1000000000", 1),
        (
            "kernel = 4611686018427387904, padding = 2305843009213693952",
            1,
        ),
        ("kernel = 20001, padding = 10000", 1024),
    ] {
        let at = folder();
        let text = format!(
            "data = \"sprites\"\n[discriminator]\nlayers = [\n\
             {{ type = \"conv2d\", in = 1, out = 1, {layer} }},\n{{ type = \"flatten\" }},\n\
             {{ type = \"dense\", in = {flat}, out = 1 }},\n]\n"
        );
        write(at.path().join("my.toml"), text).unwrap();
        let outcome = ganscope(at.path(), "train my.toml --out run");
        outcome.fails(2, &["discriminator layer 0 (conv2d"]);
        assert!(!at.path().join("run").exists());
    }
}

#[test]
fn parts_that_cannot_work_together() {
    for (over, parts) in [
        (
            "--gan wgan --set r_adv.kind=repaired",
            ["r_adv", "objective \"wgan\""],
        ),
        (
            "--gan lsgan --set r_adv.kind=as-written",
            ["r_adv", "objective \"lsgan\""],
        ),
        (
            "--gan began --set penalty.kind=r1",
            ["penalty", "auto-encoder"],
        ),
        (
            "--gan began --set codes.categorical=[4]",
            ["codes", "auto-encoder"],
        ),
        (
            "--gan began --set discriminator.spectral_norm=true",
            ["spectral_norm", "auto-encoder"],
        ),
        ("--gan infogan --set latent=11", ["codes", "latent = 11"]),
        (
            "--set codes.categorical=[1] --set latent=9",
            ["codes.categorical", "at least 2"],
        ),
        (
            "--gan wgan --set discriminator.spectral_norm=true",
            ["weight_clip", "spectral_norm"],
        ),
        ("--set weight_clip=-1", ["weight_clip", "at least 0"]),
        (
            "--gan wgan-gp --set penalty.weight=-1",
            ["penalty.weight", "at least 0"],
        ),
        (
            "--set r_adv.kind=repaired --set r_adv.epsilon=1",
            ["r_adv.epsilon", "[0, 1)"],
        ),
        (
            "--gan began --set objective.gamma=2",
            ["objective.gamma", "[0, 1]"],
        ),
        (
            "--set penalty.weight=3",
            ["penalty has no setting \"weight\"", "penalty.kind"],
        ),
        (
            "--set seed=18446744073709551615",
            ["seed", "at most 9223372036854775807"],
        ),
    ] {
        refused(over, &parts);
    }
    let file = "gan = \"wgan-gp\"\n[discriminator]\nlayers = [\n  { type = \"dense\", in = 2, out = 8 },\n  \
                { type = \"batch_norm\", features = 8 },\n  { type = \"dense\", in = 8, out = 1 },\n]\n";
    refused_in_file(file, &["discriminator layer 1 (batch_norm)", "layer_norm"]);
}

/// What can be meant, but seldom is, is done and noted.
#[test]
fn settings_that_are_seldom_meant_are_noted() {
    let at = folder();
    for (i, (over, note)) in [
        (
            "--gan wgan --set weight_clip=0",
            "nothing bounds the critic",
        ),
        (
            "--gan wgan-gp --set penalty.kind=none",
            "nothing bounds the critic",
        ),
        (
            "--gan wgan-gp --set weight_clip=0.01",
            "to use only the penalty, use --set weight_clip=0",
        ),
        (
            "--set schedule.discriminator.warmup=10",
            "schedule.*.warmup = 10",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let short = format!("train --data ring8 --steps 3 --set batch=16 --out run{i} {over}");
        let outcome = ganscope(at.path(), &short).succeeds();
        let notes: Vec<&str> = (outcome.err.lines())
            .filter(|line| line.starts_with("note: ") && line.contains(note))
            .collect();
        assert_eq!(notes.len(), 1, "{over}: {}", outcome.err);
    }
    for usual in ["--gan wgan", "--gan wgan-gp", "--gan sngan"] {
        let short = format!("train --data ring8 --steps 3 --set batch=16 --force {usual}");
        let outcome = ganscope(at.path(), &short).succeeds();
        assert!(!outcome.err.contains("note: "), "{}", outcome.err);
    }
}

#[test]
fn divergence_ends_a_run() {
    let at = folder();
    let diverges = "train --data ring8 --steps 60 --out run --set optimizer.generator.lr=1e9";
    let says = ["not finite", "start a new run", "lr"];
    ganscope(at.path(), diverges).fails(1, &says);
    assert!(!at.path().join("run/report.html").exists());
    // Losses beyond all bounds that are numbers still: nothing overflows on the way.
    let nearly = "train --data ring8 --steps 30 --out near --set optimizer.generator.lr=1e8 \
                  --set batch=16";
    ganscope(at.path(), nearly).succeeds();
}

#[test]
fn networks_that_do_not_fit() {
    let at = folder();
    let layers = |last: u32| {
        format!(
            "data = \"ring8\"\nlatent = 2\n[generator]\nlayers = [\n\
             {{ type = \"dense\", in = 2, out = 8 }},\n\
             {{ type = \"dense\", in = {last}, out = 2 }},\n]\n"
        )
    };
    write(at.path().join("my.toml"), layers(9)).unwrap();
    let outcome = ganscope(at.path(), "train my.toml --steps 2 --out run");
    outcome.fails(2, &["generator layer 1 (dense", "8", "9"]);
    write(at.path().join("my.toml"), layers(8)).unwrap();
    ganscope(at.path(), "train my.toml --steps 2 --out run").succeeds();
}

#[test]
fn more_in_a_batch_than_there_is() {
    let at = folder();
    write(at.path().join("few.csv"), "a,b\n1,2\n3,5\n4,1\n").unwrap();
    let outcome = ganscope(
        at.path(),
        "train --data csv:few.csv --set batch=4 --out run",
    );
    outcome.fails(2, &["batch is 4", "only 3 samples", "batch=3 or less"]);
    create_dir(at.path().join("one")).unwrap();
    let image = image::GrayImage::new(8, 8);
    image.save(at.path().join("one/a.png")).unwrap();
    let one = "train --data images:one --set data.image_size=8 --out run";
    let outcome = ganscope(at.path(), one).fails(2, &["only 1 sample; choose --set batch=1\n"]);
    assert!(!outcome.err.contains("or less"), "{}", outcome.err);
    assert!(!at.path().join("run").exists());
    let fits = "train --data csv:few.csv --set batch=3 --steps 2 --out run";
    ganscope(at.path(), fits).succeeds();
}

#[test]
fn the_tours_folder_is_not_a_commands() {
    let at = folder();
    ganscope(at.path(), "--out x data list").fails(2, &["--out x", "tour"]);
    ganscope(at.path(), "tarin").fails(2, &["tarin", "train"]);
    ganscope(at.path(), "train gone.toml").fails(1, &["gone.toml", "check the path"]);
}

/// An error of the operating system says what to do.
#[test]
fn a_file_and_a_directory_that_are_mixed_up() {
    let at = folder();
    write(at.path().join("coins.csv"), "a,b\n0,0\n0,1\n1,1\n1,1\n").unwrap();
    write(at.path().join("s.toml"), "seeds = 1\nbase.steps = 2").unwrap();
    create_dir(at.path().join("photos")).unwrap();
    let small = "--data ring8 --steps 2 --set batch=8";
    let file = ["coins.csv is a file, and a run needs a directory", "--out"];
    ganscope(at.path(), &format!("train {small} --out coins.csv")).fails(2, &file);
    let study = ["coins.csv", "where a directory is needed", "move it"];
    ganscope(at.path(), "study s.toml --out coins.csv").fails(1, &study);
    let directory = "give the path of a file, not of a directory";
    ganscope(at.path(), "train photos").fails(1, &["photos", directory]);
    ganscope(at.path(), "measure mi .").fails(1, &[directory]);
    let below = ["coins.csv/a.csv", "a part of this path is a file"];
    ganscope(at.path(), "measure mi coins.csv/a.csv").fails(1, &below);
    write(at.path().join("l.toml"), b"title = \"\xe9\"").unwrap();
    ganscope(at.path(), "train l.toml").fails(1, &["l.toml", "save the file as UTF-8 text"]);
    #[cfg(target_os = "linux")]
    {
        ganscope(at.path(), &format!("train {small} --out run")).succeeds();
        let sample = ganscope(at.path(), "sample run --out /proc/x.csv");
        sample.fails(
            1,
            &[
                "/proc/x.csv",
                "no file can be created",
                "choose another path",
            ],
        );
    }
}

/// A path need not be valid UTF-8, except where it is written into a configuration.
#[cfg(target_os = "linux")]
#[test]
fn paths_that_are_not_utf_8() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let at = folder();
    let run = |arguments: &[&[u8]]| {
        let arguments = arguments.iter().map(|bytes| OsStr::from_bytes(bytes));
        Outcome::from(command(at.path()).args(arguments).output().unwrap())
    };
    let data = run(&[b"train", b"--data", b"csv:m\xff.csv"]);
    data.fails(
        2,
        &["not valid UTF-8: \"csv:m\u{fffd}.csv\"", "rename the file"],
    );
    let table = at.path().join(OsStr::from_bytes(b"m\xff.csv"));
    write(table, format!("a,b\n{}", "0,0\n0,1\n1,1\n1,1\n".repeat(10))).unwrap();
    let measured = run(&[b"measure", b"mi", b"m\xff.csv", b"--json"]).succeeds();
    assert!(
        measured.out.contains("\"m\u{fffd}.csv\""),
        "{}",
        measured.out
    );
    let small = format!("{SMALL} --steps 10");
    let mut train: Vec<&[u8]> = vec![b"train", b"--out", b"r\xff"];
    train.extend(small.split_whitespace().map(str::as_bytes));
    run(&train).succeeds();
    for command in ["evaluate", "doctor"] {
        let outcome = run(&[command.as_bytes(), b"r\xff", b"--json"]).succeeds();
        assert!(
            outcome.out.contains("\"source\": \"r\u{fffd}/"),
            "{}",
            outcome.out
        );
    }
    let listed = run(&[b"data", b"list", b"--json", b"--data-dir", b"d\xff"]).succeeds();
    assert!(listed.out.contains("d\u{fffd}/mnist"), "{}", listed.out);
    write(at.path().join("s.toml"), "seeds = 1\nbase.steps = 2").unwrap();
    let study = run(&[b"study", b"s.toml", b"--out", b"s\xff"]);
    study.fails(
        2,
        &[
            "s\u{fffd}: the path of the study is not valid UTF-8",
            "--out",
        ],
    );
}
