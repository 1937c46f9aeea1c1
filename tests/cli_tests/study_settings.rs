//! Studies that cannot be, and what is said of them.

use std::fs::{read, write};

use ganscope::data::idx::Idx;

use crate::common::{folder, ganscope};

#[test]
fn a_wrong_study_is_refused_with_its_line() {
    let at = folder();
    // Every line after the first is one that could be meant.
    let cases: [(&str, &[&str]); 22] = [
        (
            "title = 'a'\nseed = 3",
            &["line 2", "\"seed\"", "nearest is \"seeds\""],
        ),
        (
            "seeds = 0",
            &["line 1", "seeds must be a number of at least 1", "not 0"],
        ),
        ("\nseeds = [1, 2, 1]", &["line 2", "different"]),
        ("n = 0", &["line 1", "n must be at least 1"]),
        ("n = 'all'", &["line 1", "n must be a whole number"]),
        ("gan = 'nsgan'", &["line 1", "gan must be a list"]),
        ("gan = []", &["line 1", "at least one recipe"]),
        (
            "gan = ['nsgan',\n'nsgna']",
            &["line 2", "\"nsgna\"", "\"nsgan\""],
        ),
        ("gan = ['nsgan', 'nsgan']", &["nsgan-seed-1", "once"]),
        (
            "[base]\nsteps = 5\n[recipe.lsgan]\nsteps = 6",
            &["line 3", "unknown recipe \"lsgan\""],
        ),
        (
            "[base]\nsteps = 5\nbatchs = 3",
            &["line 3", "unknown setting \"batchs\"", "\"batch\""],
        ),
        ("[base]\ngan = 'nsgan'", &["line 2", "gan is an axis"]),
        (
            "[[variants]]\nname = 'a'\nseed = 3",
            &["line 3", "seed is an axis"],
        ),
        (
            "[[variants]]\nbatch = 3",
            &["line 1", "variants: number 1 needs a name"],
        ),
        (
            "[[variants]]\nname = 'a b'\n[[variants]]\nname = 'a-b'",
            &["\"nsgan a b\"", "\"nsgan a-b\""],
        ),
        // The line of the variant, not that of the base, which is right.
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
            &["line 1", "\"modes\" cannot be taken on sprites"],
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
fn the_books_studies_can_be_read() {
    use ganscope::study::Study;
    use ganscope::train::Settings;
    let studies = concat!(env!("CARGO_MANIFEST_DIR"), "/book/studies");
    // In the place of MNIST, which is not everywhere: as many images as the largest batch.
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
        // In `just verify` there is half a minute for it.
        assert!(
            steps(&small) <= 2500 && steps(&whole) > 100 * steps(&small),
            "{path:?}"
        );
        assert!(whole.title != whole.name && !whole.description.is_empty());
    }
}

#[test]
fn a_changed_study_is_refused() {
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
    // Also of a run that was only begun.
    for name in ["study.jsonl", "s.md", "s.csv", "s.svg"] {
        std::fs::remove_file(at.path().join("s").join(name)).unwrap();
    }
    study("ema = 0.5", "").fails(2, &["ema is 0.5", "with 0.99"]);
    study("ema = 0.5", "--force").succeeds();
    assert_ne!(kept(), before);
    assert_eq!(study("ema = 0.5", "").succeeds().err, "");
}

#[test]
fn what_no_study_wrote_is_not_replaced() {
    let at = folder();
    write(at.path().join("s.toml"), "seeds = 1\nbase.steps = 2").unwrap();
    write(at.path().join("s.csv"), "mine").unwrap();
    for force in ["", "--force"] {
        let study = format!("study s.toml --out . {force}");
        ganscope(at.path(), &study).fails(2, &["s.csv is in the way"]);
    }
    assert_eq!(read(at.path().join("s.csv")).unwrap(), b"mine");
}
