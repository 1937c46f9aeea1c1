//! Files of somebody else's, under the names that a run or a tour would write.

use std::fs::{create_dir_all, read_to_string, write};
use std::path::Path;

use crate::common::{SMALL, entries, folder, ganscope, trained};

/// Every file below `at`, with what it holds.
fn contents(at: &Path) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for name in entries(at) {
        let path = at.join(&name);
        if path.is_dir() {
            all.extend(contents(&path));
        } else {
            all.push((path.display().to_string(), read_to_string(path).unwrap()));
        }
    }
    all
}

#[test]
fn a_folder_that_no_run_wrote_is_left_alone() {
    for foreign in [
        "config.toml",
        "metrics.jsonl",
        "report.html",
        "samples/step-000001.png",
        "checkpoints/step-000001.safetensors",
    ] {
        let at = folder();
        let path = at.path().join("site").join(foreign);
        create_dir_all(path.parent().unwrap()).unwrap();
        create_dir_all(at.path().join("site/samples")).unwrap();
        write(&path, "title = \"my hugo site\"\n").unwrap();
        write(at.path().join("site/samples/keep.txt"), "mine").unwrap();
        let before = contents(at.path());
        for force in ["", "--force"] {
            let train = format!("train {SMALL} --steps 2 --out site {force}");
            ganscope(at.path(), &train)
                .fails(2, &[foreign, "was not created by ganscope", "--out"]);
        }
        assert_eq!(contents(at.path()), before);
    }
}

#[test]
fn force_removes_a_run_and_nothing_else() {
    let at = folder();
    let run = trained(at.path(), 20);
    let mine = [
        run.join("samples/keep.txt"),
        run.join("checkpoints/best.safetensors"),
        run.join("notes.md"),
    ];
    for path in &mine {
        write(path, "mine").unwrap();
    }
    let again = format!("train {SMALL} --steps 10 --seed 2 --out run --force");
    ganscope(at.path(), &again).succeeds();
    for path in &mine {
        assert_eq!(read_to_string(path).unwrap(), "mine");
    }
    let left = entries(&run.join("samples"));
    assert_eq!(left, ["keep.txt", "step-000000.png", "step-000010.png"]);
}

#[test]
fn a_tour_leaves_what_is_no_tour_alone() {
    let at = folder();
    create_dir_all(at.path().join("t/grid25/samples")).unwrap();
    write(at.path().join("t/report.html"), "mine").unwrap();
    write(at.path().join("t/grid25/samples/m.txt"), "mine").unwrap();
    let page = [
        "t/report.html",
        "already exists and was not created by a tour",
    ];
    for (config, parts) in [
        (None, page),
        (Some("title = 1"), ["t/", "was not created by ganscope"]),
    ] {
        if let Some(text) = config {
            write(at.path().join("t/grid25/config.toml"), text).unwrap();
        }
        let before = contents(at.path());
        for tour in ["--out t", "--out t --force"] {
            ganscope(at.path(), tour).fails(2, &[&parts[..], &["--out"]].concat());
        }
        assert_eq!(contents(at.path()), before);
    }
}
