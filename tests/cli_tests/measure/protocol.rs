//! The protocol that is printed with the value.

use serde_json::Value;

use super::{LN_2, coins, found, line, moved, normal, write};
use crate::common::{folder, ganscope};

const GUIDE: &str = include_str!("../../../book/src/commands.md");

#[test]
fn json_and_text_contain_the_protocol() {
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
        " bits, 95 % interval [0.",
        "ksg-1: x and y are continuous",
        "x = father; y = son; n = 10000, d = 2",
        "divided by its standard deviation",
    ] {
        assert!(words.contains(part), "{part}: {words}");
    }
    let words = ganscope(at, "measure mi line.csv").succeeds().out;
    assert!(
        words.contains("no standard error: --bootstrap 200 estimates one"),
        "{words}"
    );
}

#[test]
fn the_examples_of_help_and_guide_are_real_output() {
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
        assert_eq!(GUIDE.contains(arguments) && GUIDE.contains(line), shown);
        let words = ganscope(at.path(), &format!("measure {arguments}"))
            .succeeds()
            .out;
        assert!(words.starts_with(line), "{words}");
    }
}
