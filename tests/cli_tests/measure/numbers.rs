//! Estimates in tables of numbers, of symbols, and of both.

use ganscope::info::{Nats, jensen_shannon};
use statrs::distribution::Normal;

use super::{LINEAR, LN_2, NORMAL, class, coins, found, line, moved, near, normal, refused, write};
use crate::common::folder;

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
            .contains("8,000 rows of the larger sample were taken at random")
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

/// An entropy is that of the numbers in their own unit, although columns are scaled before distances are measured.
#[test]
fn the_unit_of_a_column_matters_for_its_entropy() {
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

/// Two variables that are dependent, but not once their common cause is known.
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
    for estimator in ["gaussian", "mesner-shalizi"] {
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
    // From the variances 1 + 10⁻⁶ and 10⁻⁶.
    let found = found(at.path(), "mi t.csv --k 5");
    near(&found, "lnc", 0.5 * (1e6f64).ln_1p(), 0.5);
    assert!(
        found["why"]
            .as_str()
            .unwrap()
            .contains("ksg underestimates the information"),
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
    // I = ln 2 − H(¼), and H(y | x) = H(¼).
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
    // Once the parity is known, each coin determines the other: the information is that of one coin.
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
    // A value of p does not occur in q.
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
        &["is infinite; use a prior"],
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
        &["\"species\" is discrete", "\"petal\" is continuous"],
    );
    // It rains in one class only, so the amount determines the class.
    let rows = normal(0, 1000).into_iter().enumerate();
    let rows = rows.map(|(i, z)| vec![(i % 2) as f64, z.abs() * (i % 2) as f64]);
    write(at, "rain.csv", "season,rain", rows);
    let rain = found(at, "mi rain.csv");
    near(&rain, "gao-mixture", LN_2, 0.02);
    assert_eq!(rain["kinds"]["y"], "mixed");
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
