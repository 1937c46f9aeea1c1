//! `measure`, on tables whose entropy and information are known in closed form.

use std::fmt::Write;
use std::path::Path;

use ganscope::info::{Nats, jensen_shannon};
use ganscope::random::{Stream, standard_normal};
use serde_json::Value;
use statrs::distribution::Normal;

use crate::common::{Outcome, folder, ganscope};

/// −½ ln(1 − 0.6²).
const LINEAR: f64 = 0.223_143_551_314_209_76;
/// ½ ln 2πe.
const NORMAL: f64 = 1.418_938_533_204_672_7;
const LN_2: f64 = std::f64::consts::LN_2;

const README: &str = include_str!("../../README.md");

fn normal(step: u64, n: usize) -> Vec<f64> {
    let draws = standard_normal(5, Stream::Data, step, n);
    draws.into_iter().map(f64::from).collect()
}

fn write(folder: &Path, name: &str, header: &str, rows: impl IntoIterator<Item = Vec<f64>>) {
    let mut text = format!("{header}\n");
    for row in rows {
        let fields: Vec<String> = row.iter().map(f64::to_string).collect();
        writeln!(text, "{}", fields.join(",")).unwrap();
    }
    std::fs::write(folder.join(name), text).unwrap();
}

/// Two normal columns of correlation 0.6.
fn line(folder: &Path) {
    let rows = normal(0, 10_000).into_iter().zip(normal(1, 10_000));
    let rows = rows.map(|(a, own)| vec![a, 0.6 * a + 0.8 * own]);
    write(folder, "line.csv", "father,son", rows);
}

/// Two independent normal columns, the first with mean 1.
fn moved(folder: &Path) {
    let rows = normal(2, 8000).into_iter().zip(normal(3, 8000));
    write(
        folder,
        "moved.csv",
        "father,son",
        rows.map(|(a, b)| vec![a + 1.0, b]),
    );
}

/// Symbols that agree three times in four, and their parity: 320 rows.
fn coins(folder: &Path) {
    let rows = (0..320).map(|i| {
        let (x, agree) = (i % 2, i / 2 % 4 != 0);
        let y = if agree { x } else { 1 - x };
        vec![f64::from(x), f64::from(y), f64::from(x ^ y)]
    });
    write(folder, "coins.csv", "first,second,parity", rows);
}

/// A class of two, and a normal number whose mean is 3 higher in the second.
fn class(folder: &Path) {
    let rows = normal(4, 3000).into_iter().enumerate();
    let rows = rows.map(|(i, z)| vec![(i % 2) as f64, z + 3.0 * (i % 2) as f64]);
    write(folder, "class.csv", "species,petal", rows);
}

/// What the command says as JSON, in nats.
#[track_caller]
fn found(folder: &Path, arguments: &str) -> Value {
    let arguments = format!("measure {arguments} --json --unit nats");
    serde_json::from_str(&ganscope(folder, &arguments).succeeds().out).unwrap()
}

#[track_caller]
fn near(found: &Value, estimator: &str, truth: f64, tolerance: f64) {
    let value = found["value"].as_f64().unwrap();
    assert!((value - truth).abs() < tolerance, "{truth}: {found}");
    assert_eq!(found["estimator"], estimator, "{found}");
}

fn refused(folder: &Path, arguments: &str, parts: &[&str]) -> Outcome {
    ganscope(folder, &format!("measure {arguments}")).fails(2, parts)
}

#[test]
fn numbers() {
    let at = folder();
    let at = at.path();
    line(at);
    moved(at);
    near(&found(at, "mi line.csv"), "ksg-1", LINEAR, 0.03);
    let own = 2.0 * NORMAL - LINEAR;
    near(
        &found(at, "entropy line.csv"),
        "kozachenko-leonenko",
        own,
        0.05,
    );
    near(
        &found(at, "entropy line.csv --x son"),
        "kozachenko-leonenko",
        NORMAL,
        0.05,
    );
    near(
        &found(at, "conditional-entropy line.csv"),
        "ksg-1",
        NORMAL - LINEAR,
        0.05,
    );
    // ½(tr S + 1² − 2 − ln |S|); SciPy's trees find 0.70 ± 0.02 in as many rows.
    let kl = 0.5 + LINEAR;
    near(
        &found(at, "kl line.csv moved.csv"),
        "wang-kulkarni-verdu",
        kl,
        0.08,
    );
    near(
        &found(at, "cross-entropy line.csv moved.csv"),
        "wang-kulkarni-verdu",
        own + kl,
        0.08,
    );
    let js = found(at, "js line.csv moved.csv --x father");
    let (p, q) = (
        Normal::new(0.0, 1.0).unwrap(),
        Normal::new(1.0, 1.0).unwrap(),
    );
    near(&js, "ross", jensen_shannon(&p, &q).unwrap().0, 0.02);
    assert!(
        js["notes"][0]
            .as_str()
            .unwrap()
            .contains("8,000, were taken at random")
    );
    for (estimator, tolerance) in [
        ("ksg-2", 0.03),
        ("lnc", 0.05),
        ("gaussian", 0.03),
        ("histogram", 0.08),
    ] {
        let arguments = format!("mi line.csv --estimator {estimator}");
        near(&found(at, &arguments), estimator, LINEAR, tolerance);
    }
    for estimator in ["gaussian", "histogram", "kernel"] {
        let arguments = format!("entropy line.csv --x 1 --estimator {estimator}");
        near(&found(at, &arguments), estimator, NORMAL, 0.05);
    }
}

/// An entropy is of the numbers as they are, whatever they were divided by.
#[test]
fn the_unit_of_a_column_counts() {
    let at = folder();
    let rows = normal(0, 2000).into_iter().zip(normal(1, 2000));
    write(
        at.path(),
        "t.csv",
        "a,b",
        rows.map(|(a, b)| vec![1000.0 * a, b / 100.0]),
    );
    let truth = 2.0 * NORMAL + 10f64.ln();
    for estimator in ["kozachenko-leonenko", "kernel", "gaussian"] {
        let arguments = format!("entropy t.csv --estimator {estimator}");
        near(&found(at.path(), &arguments), estimator, truth, 0.1);
    }
    near(&found(at.path(), "mi t.csv"), "ksg-1", 0.0, 0.05);
}

/// Two that depend, but not for one who knows why.
#[test]
fn a_common_cause() {
    let at = folder();
    let (cause, a, b) = (normal(0, 4000), normal(1, 4000), normal(2, 4000));
    let rows = (0..4000).map(|i| vec![cause[i] + a[i], cause[i] + b[i], cause[i]]);
    write(at.path(), "t.csv", "a,b,cause", rows);
    // A correlation of ½.
    near(
        &found(at.path(), "mi t.csv --x a --y b"),
        "ksg-1",
        -0.5 * 0.75f64.ln(),
        0.04,
    );
    near(
        &found(at.path(), "conditional-mi t.csv"),
        "frenzel-pompe",
        0.0,
        0.04,
    );
    for estimator in ["gaussian", "gao-mixture"] {
        let arguments = format!("conditional-mi t.csv --estimator {estimator}");
        near(&found(at.path(), &arguments), estimator, 0.0, 0.04);
    }
}

#[test]
fn strong_dependence() {
    let at = folder();
    let rows = normal(0, 1000).into_iter().zip(normal(1, 1000));
    write(
        at.path(),
        "t.csv",
        "a,b",
        rows.map(|(a, own)| vec![a, a + 1e-3 * own]),
    );
    // Of the variances 1 + 10⁻⁶ and 10⁻⁶.
    let found = found(at.path(), "mi t.csv --k 5");
    near(&found, "lnc", 0.5 * (1e6f64).ln_1p(), 0.5);
    assert!(
        found["why"].as_str().unwrap().contains("ksg falls short"),
        "{found}"
    );
    write(
        at.path(),
        "same.csv",
        "a,b",
        normal(0, 100).into_iter().map(|a| vec![a, 2.0 * a]),
    );
    refused(at.path(), "mi same.csv", &["the information is infinite"]);
}

#[test]
fn symbols() {
    let at = folder();
    let at = at.path();
    coins(at);
    // ln 2 − H(¼), and what is left of ln 2.
    let left = -(0.25f64 * 0.25f64.ln() + 0.75 * 0.75f64.ln());
    let by = "--x first --y second --estimator plug-in";
    near(
        &found(at, "entropy coins.csv --x 1 --estimator plug-in"),
        "plug-in",
        LN_2,
        1e-12,
    );
    near(
        &found(at, &format!("mi coins.csv {by}")),
        "plug-in",
        LN_2 - left,
        1e-12,
    );
    near(
        &found(at, &format!("conditional-entropy coins.csv {by}")),
        "plug-in",
        left,
        1e-12,
    );
    // Once the parity is known, each is the other: what is left is one coin.
    let given = format!("conditional-mi coins.csv {by} --z 3");
    near(&found(at, &given), "plug-in", LN_2, 1e-12);
    near(
        &found(at, "mi coins.csv --x first --y second"),
        "miller-madow",
        LN_2 - left,
        0.01,
    );
    near(
        &found(at, "entropy coins.csv --x first,second"),
        "miller-madow",
        LN_2 + left,
        0.01,
    );
    for estimator in ["grassberger", "chao-shen", "nsb", "dirichlet"] {
        let arguments = format!("mi coins.csv --x 1 --y 2 --estimator {estimator}");
        near(&found(at, &arguments), estimator, LN_2 - left, 0.01);
    }
    // p = (¾, ¼), q = (½, ½).
    write(
        at,
        "p.csv",
        "a",
        (0..400).map(|i| vec![f64::from(u8::from(i % 4 == 0))]),
    );
    write(at, "q.csv", "a", (0..400).map(|i| vec![f64::from(i % 2)]));
    near(&found(at, "kl p.csv q.csv"), "plug-in", LN_2 - left, 1e-12);
    near(
        &found(at, "cross-entropy p.csv q.csv"),
        "plug-in",
        LN_2,
        1e-12,
    );
    let middle: f64 = [0.625f64, 0.375].iter().map(|m| -m * m.ln()).sum();
    near(
        &found(at, "js p.csv q.csv"),
        "plug-in",
        middle - (left + LN_2) / 2.0,
        1e-12,
    );
    // q without one of p's values.
    write(
        at,
        "third.csv",
        "a",
        (0..400).map(|i| vec![f64::from(i % 3)]),
    );
    let without = found(at, "kl third.csv q.csv");
    assert_eq!(without["estimator"], "dirichlet");
    assert!(
        without["why"].as_str().unwrap().contains("q lacks values"),
        "{without}"
    );
    refused(
        at,
        "kl third.csv q.csv --estimator plug-in",
        &["is infinite; give a prior"],
    );
}

#[test]
fn class_and_number() {
    let at = folder();
    let at = at.path();
    class(at);
    let (p, q) = (
        Normal::new(0.0, 1.0).unwrap(),
        Normal::new(3.0, 1.0).unwrap(),
    );
    let Nats(truth) = jensen_shannon(&p, &q).unwrap();
    near(&found(at, "mi class.csv"), "ross", truth, 0.02);
    near(
        &found(at, "mi class.csv --x petal --y species"),
        "ross",
        truth,
        0.02,
    );
    near(
        &found(at, "mi class.csv --estimator gao-mixture"),
        "gao-mixture",
        truth,
        0.03,
    );
    near(
        &found(at, "conditional-entropy class.csv"),
        "ross",
        NORMAL,
        0.05,
    );
    let of_class = found(at, "conditional-entropy class.csv --x 2 --y 1");
    near(&of_class, "ross", LN_2 - truth, 0.02);
    assert_eq!(of_class["parameters"]["entropy"], "grassberger");
    refused(
        at,
        "entropy class.csv",
        &["\"species\" is discrete", "\"petal\" continuous"],
    );
    // Rain: none in one class, some in the other. It tells the class.
    let rows = normal(0, 1000).into_iter().enumerate();
    let rows = rows.map(|(i, z)| vec![(i % 2) as f64, z.abs() * (i % 2) as f64]);
    write(at, "rain.csv", "season,rain", rows);
    let rain = found(at, "mi rain.csv");
    near(&rain, "gao-mixture", LN_2, 0.02);
    assert_eq!(rain["kinds"]["y"], "mixed");
}

#[test]
fn the_protocol() {
    let at = folder();
    let at = at.path();
    line(at);
    coins(at);
    let arguments = "mi line.csv --x father --y 2 --bootstrap 40 --permutations 19 --k 4 --seed 9";
    let json = found(at, arguments);
    for (field, value) in [
        ("quantity", "mi".into()),
        ("unit", "nats".into()),
        ("n", 10_000.into()),
        ("dimension", 2.into()),
        ("estimator", "ksg-1".into()),
        ("why", "x and y are continuous".into()),
        ("files", vec!["line.csv"].into()),
        ("p_value", 0.05.into()),
        ("permutations", 19.into()),
        ("seed", 9.into()),
        ("version", env!("CARGO_PKG_VERSION").into()),
    ] as [(&str, Value); 11]
    {
        assert_eq!(json[field], value, "{field}");
    }
    assert_eq!(json["columns"]["x"][0], "father");
    assert_eq!(json["columns"]["y"][0], "son");
    assert_eq!(json["parameters"]["k"], 4);
    assert_eq!(json["parameters"]["interval"], "subsampling");
    assert_eq!(json["parameters"]["replicates"], 40);
    let number = |value: &Value| value.as_f64().unwrap();
    // Of −½ ln(1 − r²): r/√n, 0.006; nearest neighbours add to it.
    let error = number(&json["standard_error"]);
    assert!(error > 0.005 && error < 0.02, "{json}");
    assert!(number(&json["interval"][0]) < number(&json["value"]));
    assert!(number(&json["value"]) < number(&json["interval"][1]));
    assert_eq!(found(at, arguments), json);
    // The same in bits.
    let bits = ganscope(at, "measure mi line.csv --k 4 --json")
        .succeeds()
        .out;
    let bits: Value = serde_json::from_str(&bits).unwrap();
    assert_eq!(bits["unit"], "bits");
    assert!((number(&bits["value"]) * LN_2 - number(&json["value"])).abs() < 1e-14);
    let counts = found(at, "mi coins.csv --x 1 --y 2 --bootstrap 200");
    assert_eq!(counts["parameters"]["interval"], "bootstrap percentile");
    // √(¾·¼)·ln 3 of the share's spread, by √320.
    let truth = (0.1875f64).sqrt() * 3f64.ln() / 320f64.sqrt();
    assert!(
        (number(&counts["standard_error"]) - truth).abs() < 0.25 * truth,
        "{counts}"
    );
    moved(at);
    let divergence = found(at, "kl line.csv moved.csv --bootstrap 20");
    assert!(number(&divergence["standard_error"]) < 0.1, "{divergence}");
    // Independent.
    write(
        at,
        "own.csv",
        "a,b",
        normal(7, 300)
            .into_iter()
            .zip(normal(8, 300))
            .map(|(a, b)| vec![a, b]),
    );
    assert!(number(&found(at, "mi own.csv --permutations 39")["p_value"]) > 0.05);
    let words = ganscope(at, "measure mi line.csv --bootstrap 20")
        .succeeds()
        .out;
    let value = number(&found(at, "mi line.csv")["value"]) / LN_2;
    for part in [
        &format!("mi          {value:.4} ± 0.0"),
        " bits, 95 % in [0.",
        "ksg-1: x and y are continuous",
        "x = father; y = son; n = 10000, d = 2",
        "divided by its standard deviation",
    ] {
        assert!(words.contains(part), "{part}: {words}");
    }
    let words = ganscope(at, "measure mi line.csv").succeeds().out;
    assert!(
        words.contains("no standard error: --bootstrap 200 finds one"),
        "{words}"
    );
}

/// What the help and the README show.
#[test]
fn the_example() {
    let at = folder();
    let rows = "first,second\n0,0\n0,0\n0,0\n0,1\n1,0\n1,1\n1,1\n1,1\n";
    std::fs::write(at.path().join("coins.csv"), rows).unwrap();
    let help = ganscope(at.path(), "measure --help").succeeds().out;
    for (arguments, line) in [
        (
            "mi coins.csv --estimator plug-in",
            "mi          0.1887 ± 0.2426 bits",
        ),
        (
            "entropy coins.csv --x first --estimator plug-in",
            "entropy     1.0000 bits",
        ),
        (
            "conditional-entropy coins.csv --estimator plug-in",
            "conditional-entropy 0.8113 ± 0.2426 bits",
        ),
    ] {
        assert!(help.contains(arguments) && help.contains(line), "{help}");
        let shown = !arguments.starts_with("entropy");
        assert_eq!(README.contains(arguments) && README.contains(line), shown);
        let words = ganscope(at.path(), &format!("measure {arguments}"))
            .succeeds()
            .out;
        assert!(words.starts_with(line), "{words}");
    }
}

/// Words are symbols; a column that is not asked for may hold anything.
#[test]
fn text_is_counted() {
    let at = folder();
    let at = at.path();
    let mut text = "sky,wind,day,note\n".to_string();
    for i in 0..400 {
        // Clear skies are calm three times in four, grey ones one time in four.
        let (grey, calm) = (i % 2 == 1, (i / 2 % 4 == 0) == (i % 2 == 1));
        let sky = if grey { "grey" } else { "clear" };
        let wind = if calm { "calm" } else { "gusts, strong" };
        writeln!(
            text,
            "{sky},\"{wind}\",{},",
            f64::from(i) * 0.618_033_99 % 1.0
        )
        .unwrap();
    }
    std::fs::write(at.join("weather.csv"), &text).unwrap();
    // 1 − H(¼).
    let quarter = 1.0 - (0.25 * 2.0 + 0.75 * (4.0f64 / 3.0).log2());
    let bits = |arguments: &str| {
        let found = ganscope(at, &format!("measure {arguments} --json")).succeeds();
        let found: Value = serde_json::from_str(&found.out).unwrap();
        let kinds = found["kinds"].as_object().unwrap();
        assert!(kinds.values().all(|kind| kind == "discrete"), "{found}");
        found["value"].as_f64().unwrap()
    };
    let mi = "mi weather.csv --x sky --y wind --estimator plug-in";
    assert!((bits(mi) - quarter).abs() < 1e-9);
    assert!((bits("entropy weather.csv --x sky --estimator plug-in") - 1.0).abs() < 1e-9);
    let words = ganscope(
        at,
        "measure entropy weather.csv --x sky --estimator plug-in",
    )
    .succeeds();
    let even = "entropy     1.0000 bits\n";
    assert!(words.out.starts_with(even) && words.out.contains("counts are even"));
    // Even counts of each make none of the difference.
    let words = ganscope(at, &format!("measure {mi}")).succeeds();
    assert!(words.out.contains(" ± ") && !words.out.contains("counts are even"));
    // A class and a number.
    let ross = ganscope(at, "measure mi weather.csv --x sky --y day").succeeds();
    assert!(
        ross.out.contains("ross: x is discrete, y is continuous"),
        "{}",
        ross.out
    );
    // In another file the same words come in another order, and one is new: p = (½, ½), q = (¼, ½, ¼).
    let other: Vec<&str> = ["sky", "grey", "snow", "clear", "grey"].to_vec();
    std::fs::write(at.join("other.csv"), other.join("\n")).unwrap();
    let kl = bits("kl weather.csv other.csv --x sky --estimator plug-in");
    assert!((kl - 0.5).abs() < 1e-9, "{kl}");
    refused(
        at,
        "entropy weather.csv --x sky --estimator gaussian",
        &["column \"sky\" holds text", "gaussian measures distances"],
    );
    refused(
        at,
        "mi weather.csv --x sky --y day --estimator gao-mixture",
        &["\"sky\" holds text", "gao-mixture measures distances"],
    );
    refused(
        at,
        "mi weather.csv --x sky --y wind --k 4",
        &["--k: miller-madow", "looks for no neighbours"],
    );
    ganscope(at, "measure entropy weather.csv --x note")
        .fails(1, &["line 2, column \"note\": the value is missing"]);
    // Each is there once: symbols all the same.
    let ids: String = (0..30).map(|i| format!("row {i}\n")).collect();
    std::fs::write(at.join("ids.csv"), format!("id\n{ids}")).unwrap();
    let found = found(at, "entropy ids.csv");
    assert_eq!(
        (&found["kinds"]["x"], &found["estimator"]),
        (&"discrete".into(), &"grassberger".into())
    );
    // Numbers in one file, text in the other.
    std::fs::write(at.join("numbers.csv"), "sky\n1\n2\n1\n").unwrap();
    refused(
        at,
        "kl numbers.csv other.csv",
        &["holds text, the other numbers"],
    );
}

#[test]
fn bad_tables() {
    let at = folder();
    let at = at.path();
    let file = |name: &str, text: &str| std::fs::write(at.join(name), text).unwrap();
    file("nan.csv", "a,b\n1,2\nNaN,3\n");
    ganscope(at, "measure mi nan.csv")
        .fails(1, &["line 3, column \"a\": NaN is not a finite number"]);
    file("inf.csv", "a,b\n1,inf\n2,3\n");
    ganscope(at, "measure mi inf.csv").fails(1, &["line 2, column \"b\": inf is not a finite"]);
    file("text.csv", "a,b\n1,2\n2,red\n");
    ganscope(at, "measure mi text.csv")
        .fails(1, &["line 3, column \"b\": \"red\" is not a number"]);
    ganscope(at, "measure mi gone.csv").fails(1, &["gone.csv"]);
    file("one.csv", "a\n1\n2\n3\n");
    refused(at, "mi one.csv", &["mi is of x and y", "1 column only: a"]);
    file(
        "three.csv",
        "height,width,depth\n1.5,2.25,3.5\n2.5,3.75,1.5\n3.1,1.2,2.3\n0.5,0.7,0.9\n",
    );
    refused(at, "mi three.csv", &["say by --x", "height, width, depth"]);
    refused(at, "mi three.csv --x height", &["say by --y"]);
    refused(
        at,
        "mi three.csv --x heigth --y 2",
        &["--x: unknown column", "the nearest is \"height\""],
    );
    refused(
        at,
        "mi three.csv --x 1 --y 4",
        &["--y: three.csv has no column 4", "1 to 3"],
    );
    refused(
        at,
        "mi three.csv --x 1-2 --y 2",
        &["\"width\" is in both --x and --y"],
    );
    refused(
        at,
        "mi three.csv --x 1,1 --y 2",
        &["\"height\" is there twice"],
    );
    refused(
        at,
        "mi three.csv --x 1 --y 2 --z 3",
        &["--z: mi is of x and y only"],
    );
    // N ≤ k.
    refused(
        at,
        "mi three.csv --x 1 --y 2 --k 4",
        &["4 neighbours need more than 4 rows, and there are 4"],
    );
    refused(at, "entropy three.csv --k 0", &["at least 1"]);
    // Two files.
    file(
        "other.csv",
        "height,weight,depth\n1.5,2.25,3.5\n2.5,3.75,1.5\n",
    );
    refused(
        at,
        "kl three.csv other.csv",
        &["height, width, depth", "height, weight, depth", "--x"],
    );
    refused(
        at,
        "kl three.csv other.csv --x width",
        &["unknown column of other.csv \"width\""],
    );
    refused(at, "kl three.csv", &["give a second file"]);
    refused(
        at,
        "kl three.csv other.csv --y 1",
        &["--y: kl is of x only"],
    );
    refused(
        at,
        "entropy three.csv other.csv",
        &["other.csv is one too many"],
    );
}

#[test]
fn bad_data() {
    let at = folder();
    let at = at.path();
    class(at);
    coins(at);
    line(at);
    write(
        at,
        "same.csv",
        "a,b",
        normal(0, 50).into_iter().map(|a| vec![a, 3.0]),
    );
    for quantity in ["mi", "entropy", "conditional-entropy"] {
        refused(
            at,
            &format!("{quantity} same.csv"),
            &["column \"b\" is 3 in all 50 rows"],
        );
    }
    let counted = found(at, "entropy same.csv --x b --estimator plug-in");
    assert_eq!(counted["value"], 0.0);
    // Every row twice.
    let rows = normal(0, 200).into_iter().zip(normal(1, 200));
    let rows: Vec<_> = rows.map(|(a, b)| vec![a, b]).collect();
    write(at, "twice.csv", "a,b", rows.iter().chain(&rows).cloned());
    let twice = found(at, "mi twice.csv");
    let notes = twice["notes"].to_string();
    assert!(
        notes.contains("400 of 400 rows have an exact copy"),
        "{twice}"
    );
    refused(
        at,
        "entropy twice.csv",
        &["200 different values in 400 rows", "--jitter"],
    );
    refused(
        at,
        "kl line.csv line.csv",
        &["10,000 rows of p stand in q too"],
    );
    // Symbols are no numbers, nor numbers symbols.
    let ksg = "mi coins.csv --x 1 --y 2 --estimator ksg-1";
    refused(
        at,
        ksg,
        &[
            "\"first\": 2 different values in 320 rows",
            "use miller-madow",
        ],
    );
    refused(
        at,
        "entropy coins.csv --x 1 --estimator kernel",
        &["it is discrete"],
    );
    refused(
        at,
        "mi line.csv --estimator plug-in",
        &["it is continuous", "use ksg-1"],
    );
    refused(
        at,
        "mi line.csv --estimator ross",
        &["ross is for a class and a number", "use ksg-1"],
    );
    refused(
        at,
        "mi coins.csv --x 1 --y 2 --estimator ross",
        &["both are discrete"],
    );
    // Rounded numbers, if one says so.
    let rounded = normal(0, 2000)
        .into_iter()
        .map(|a| vec![(a * 10.0).round() / 10.0]);
    write(at, "rounded.csv", "a", rounded);
    near(
        &found(at, "entropy rounded.csv"),
        "miller-madow",
        NORMAL + 10f64.ln(),
        0.05,
    );
    refused(
        at,
        "entropy rounded.csv --estimator kozachenko-leonenko",
        &["--jitter"],
    );
    refused(
        at,
        "entropy rounded.csv --estimator gaussian --jitter",
        &["leave jitter out"],
    );
    let jittered = found(at, "entropy rounded.csv --jitter");
    assert_eq!(jittered["estimator"], "kozachenko-leonenko");
    assert!(jittered["value"].as_f64().unwrap().is_finite());
}

#[test]
fn few_rows() {
    let at = folder();
    write(
        at.path(),
        "few.csv",
        "a,b",
        (0..12).map(|i| vec![f64::from(i % 2), f64::from(i % 3)]),
    );
    let few = found(at.path(), "mi few.csv");
    assert_eq!(few["estimator"], "grassberger");
    let notes = few["notes"].as_array().unwrap();
    let note = |text: &str| {
        notes
            .iter()
            .any(|note| note.as_str().unwrap().contains(text))
    };
    // 2 outcomes of one and 3 of the other, each as often.
    assert!(note("counts are even"), "{few}");
    assert!(note("12 rows are few for 6 different outcomes"));
    // Numbers whose squares are beyond f64.
    let rows = normal(0, 300).into_iter().zip(normal(1, 300));
    write(
        at.path(),
        "huge.csv",
        "a,b",
        rows.map(|(a, b)| vec![a * 1e200, b * 1e-200]),
    );
    let huge = found(at.path(), "entropy huge.csv");
    near(&huge, "kozachenko-leonenko", 2.0 * NORMAL, 0.2);
}

#[test]
fn bad_names() {
    let at = folder();
    let at = at.path();
    line(at);
    refused(
        at,
        "entropi line.csv",
        &["unknown quantity", "the nearest is \"entropy\""],
    );
    refused(
        at,
        "mi line.csv --estimator ksg1",
        &["the nearest is \"ksg-1\"", "gao-mixture"],
    );
    let unfit = "entropy line.csv --estimator ksg-1";
    refused(
        at,
        unfit,
        &[
            "ksg-1 does not measure entropy",
            "kozachenko-leonenko, gaussian",
        ],
    );
    refused(at, "mi line.csv --unit hartleys", &["bits, nats"]);
    refused(
        at,
        "entropy line.csv --permutations 9",
        &["they are for mi"],
    );
    refused(at, "mi line.csv --bootstrap 1", &["2 at least"]);
    refused(at, "mi line.csv --bootstrap=-1", &["at least 0"]);
}

#[test]
fn many_columns() {
    let at = folder();
    let columns: Vec<_> = (0..10).map(|j| normal(j, 500)).collect();
    let rows = (0..500).map(|i| columns.iter().map(|column| column[i]).collect());
    write(at.path(), "wide.csv", "a,b,c,d,e,f,g,h,i,j", rows);
    let wide = found(at.path(), "mi wide.csv --x 1-5 --y 6-10");
    near(&wide, "gaussian", 0.0, 0.05);
    assert!(
        wide["why"].as_str().unwrap().contains("10 columns"),
        "{wide}"
    );
    near(
        &found(at.path(), "entropy wide.csv"),
        "gaussian",
        10.0 * NORMAL,
        0.3,
    );
    let near_none = found(at.path(), "mi wide.csv --x 1-5 --y 6-10 --estimator ksg-1");
    assert!(
        near_none["notes"]
            .to_string()
            .contains("compare with gaussian"),
        "{near_none}"
    );
}
