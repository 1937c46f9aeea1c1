//! Invalid studies and their error messages.

use std::fs::{read, write};

use ganscope::data::idx::Idx;

use crate::common::{folder, ganscope};

#[test]
fn an_invalid_study_is_an_error_with_its_line() {
    let at = folder();
    // Each message has the right line, even if other lines contain the same words.
    let cases: [(&str, &[&str]); 26] = [
        (
            "title = 'a'\nseed = 3",
            &["line 2", "\"seed\"", "nearest is \"seeds\""],
        ),
        (
            "seeds = 0",
            &["line 1", "seeds must be a number of at least 1", "not 0"],
        ),
        ("\nseeds = [1, 2, 1]", &["line 2", "different"]),
        (
            "seeds = 1000000000000",
            &["line 1", "seeds is 1000000000000", "at most 10,000 runs"],
        ),
        (
            "gan = ['gan', 'nsgan', 'lsgan']\nseeds = 4000",
            &[
                "line 2",
                "12,000 runs (3 recipes × 1 variant × 4,000 seeds)",
                "at most 10,000",
            ],
        ),
        (
            "n = 0",
            &["line 1", "n must be a whole number of at least 1, not 0"],
        ),
        (
            "title = 'a'\nn = 9000000000000000000",
            &[
                "line 2",
                "n is 9000000000000000000",
                "fit into memory",
                "at most",
            ],
        ),
        (
            "base.data = 'sprites'\nn = 1048577",
            &["line 2", "n is 1048577", "at most 1048576"],
        ),
        ("n = 'all'", &["line 1", "n must be a whole number"]),
        ("gan = 'nsgan'", &["line 1", "gan must be a list"]),
        ("gan = []", &["line 1", "at least one recipe"]),
        (
            "gan = ['nsgan',\n'nsgna']",
            &["line 2", "\"nsgna\"", "\"nsgan\""],
        ),
        (
            "gan = ['nsgan', 'nsgan']",
            &["nsgan-seed-1", "list every recipe once"],
        ),
        (
            "[base]\nsteps = 5\n[recipe.lsgan]\nsteps = 6",
            &["line 3", "unknown recipe \"lsgan\""],
        ),
        (
            "[base]\nsteps = 5\nbatchs = 3",
            &["line 3", "unknown setting \"batchs\"", "\"batch\""],
        ),
        (
            "[base]\ngan = 'nsgan'",
            &["line 2", "gan cannot be set here"],
        ),
        (
            "[[variants]]\nname = 'a'\nseed = 3",
            &["line 3", "seed cannot be set here"],
        ),
        (
            "[[variants]]\nbatch = 3",
            &["line 1", "variants: number 1 needs a name"],
        ),
        (
            "[[variants]]\nname = 'a b'\n[[variants]]\nname = 'a-b'",
            &["\"nsgan a b\"", "\"nsgan a-b\""],
        ),
        // The line of the variant, not that of the base, which is correct.
        (
            "[base]\nbatch = 8\n[[variants]]\nname = 'a'\nbatch = 9\n[[variants]]\nname = 'b'\nbatch = 'x'",
            &["line 8", "batch must be a whole number", "\"x\""],
        ),
        (
            "[base]\noptimizer.generator.lr = 1\n[recipe.nsgan.optimizer]\ngenerator.lr = -1",
            &["line 4", "lr"],
        ),
        (
            "measure = ['mode']",
            &["line 1", "unknown measure \"mode\"", "\"modes\""],
        ),
        (
            "measure = ['modes']\nbase.data = 'sprites'",
            &["line 1", "\"modes\" cannot be measured on sprites"],
        ),
        (
            "[[published]]\nname = 'A'",
            &["line 1", "needs a name and a source"],
        ),
        (
            "[[published]]\nname = 'A'\nsource = 'B'\nvalues = { modus = '3' }",
            &["line 4", "unknown measure \"modus\""],
        ),
        ("title = 'a'\nseeds 3", &["line 2"]),
    ];
    for (text, parts) in cases {
        write(at.path().join("s.toml"), text).unwrap();
        let outcome = ganscope(at.path(), "study s.toml --out s");
        let outcome = outcome.fails(2, parts);
        assert!(
            outcome.err.starts_with("error: s.toml"),
            "{text}: {}",
            outcome.err
        );
        assert!(!at.path().join("s").exists(), "{text}");
    }
    write(at.path().join("s.toml"), "# nothing yet\n").unwrap();
    ganscope(at.path(), "study s.toml").fails(2, &["error: s.toml", "empty", "gan = [\"nsgan\"]"]);
    write(at.path().join("s.toml"), "seeds = 1").unwrap();
    ganscope(at.path(), "study s.toml --quick").fails(2, &["--quick", "no table [quick]"]);
    ganscope(at.path(), "study").fails(2, &["<STUDY>"]);
    ganscope(at.path(), "study gone.toml").fails(1, &["gone.toml"]);
    ganscope(at.path(), "study --worker").fails(2, &["no job on standard input"]);
}

#[test]
fn the_studies_of_the_book_can_be_read() {
    use ganscope::study::Study;
    use ganscope::train::Settings;
    let studies = concat!(env!("CARGO_MANIFEST_DIR"), "/book/studies");
    // MNIST may not be installed. These files have as many images as the largest batch.
    let at = folder();
    for (rest, dimensions) in [
        ("images-idx3", vec![100, 28, 28]),
        ("labels-idx1", vec![100]),
    ] {
        let bytes = vec![0; dimensions.iter().product()];
        let path = at.path().join(format!("mnist/train-{rest}-ubyte"));
        Idx { dimensions, bytes }.write(&path).unwrap();
    }
    let mut over = Settings::default();
    over.set("data.dir", at.path().to_str().unwrap()).unwrap();
    for entry in std::fs::read_dir(studies).unwrap() {
        let path = entry.unwrap().path();
        let read = |quick| Study::read(&path, quick, &over);
        let [whole, small] = [false, true].map(|quick| read(quick).unwrap());
        let steps = |study: &Study| study.runs.iter().map(|r| r.config.steps).sum::<u64>();
        // The quick version has to run in half a minute.
        assert!(
            steps(&small) <= 2500 && steps(&whole) > 100 * steps(&small),
            "{path:?}"
        );
        assert!(whole.title != whole.name && !whole.description.is_empty());
    }
}

#[test]
fn a_study_with_changed_settings_is_an_error() {
    let at = folder();
    let study = |more: &str, options: &str| {
        let text = format!("seeds = 1\n[base]\ndata = 'ring8'\nsteps = 20\nbatch = 16\n{more}");
        write(at.path().join("s.toml"), text).unwrap();
        ganscope(at.path(), &format!("study s.toml --out s {options}"))
    };
    study("", "").succeeds();
    let kept = || read(at.path().join("s/study.jsonl")).unwrap();
    let before = kept();
    for (more, parts) in [
        ("ema = 0.5", ["ema is 0.5", "with 0.99", "nsgan-seed-1"]),
        (
            "optimizer.generator = { kind = 'sgd', lr = 0.1 }",
            ["optimizer.generator.kind is \"sgd\"", "\"adam\"", "--force"],
        ),
    ] {
        study(more, "").fails(2, &parts);
        assert_eq!(kept(), before);
    }
    // The same holds for a run without a result.
    for name in ["study.jsonl", "s.md", "s.csv", "s.svg"] {
        std::fs::remove_file(at.path().join("s").join(name)).unwrap();
    }
    study("ema = 0.5", "").fails(2, &["ema is 0.5", "with 0.99"]);
    study("ema = 0.5", "--force").succeeds();
    assert_ne!(kept(), before);
    assert_eq!(study("ema = 0.5", "").succeeds().err, "");
}

#[test]
fn a_study_is_not_written_into_a_run() {
    let at = folder();
    crate::common::trained(at.path(), 10);
    write(at.path().join("s.toml"), "seeds = 1\nbase.steps = 2").unwrap();
    for force in ["", "--force"] {
        let study = format!("study s.toml --out run {force}");
        ganscope(at.path(), &study).fails(2, &["run is the directory of a run", "--out"]);
    }
    assert!(!at.path().join("run/study.jsonl").exists());
}

#[test]
fn a_study_of_which_every_run_diverged_is_an_error() {
    let at = folder();
    let text = "seeds = 2\nn = 100\n[base]\ndata = 'ring8'\nsteps = 60\nbatch = 16\n\
                optimizer.generator = { kind = 'sgd', lr = 1e30 }";
    write(at.path().join("s.toml"), text).unwrap();
    let outcome = ganscope(at.path(), "study s.toml --out s");
    let outcome = outcome.fails(
        1,
        &[
            "all 2 runs diverged, so the table has no values",
            "s/s.csv says where",
            "in the study file, choose the settings that a run gets with --set",
        ],
    );
    assert!(!outcome.err.contains("start a new run"), "{}", outcome.err);
    assert!(outcome.out.contains("table: s/s.md"), "{}", outcome.out);
}

#[test]
fn files_of_others_are_not_replaced() {
    let at = folder();
    write(at.path().join("s.toml"), "seeds = 1\nbase.steps = 2").unwrap();
    write(at.path().join("s.csv"), "mine").unwrap();
    for force in ["", "--force"] {
        let study = format!("study s.toml --out . {force}");
        ganscope(at.path(), &study).fails(2, &["s.csv already exists"]);
    }
    assert_eq!(read(at.path().join("s.csv")).unwrap(), b"mine");
}
