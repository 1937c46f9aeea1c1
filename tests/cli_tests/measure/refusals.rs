//! Tables, data and arguments that are refused.

use super::{NORMAL, class, coins, found, line, near, normal, refused, write};
use crate::common::{folder, ganscope};

#[test]
fn bad_tables_are_refused() {
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
    refused(
        at,
        "mi one.csv",
        &["mi needs x and y", "has only 1 column: a"],
    );
    file(
        "three.csv",
        "height,width,depth\n1.5,2.25,3.5\n2.5,3.75,1.5\n3.1,1.2,2.3\n0.5,0.7,0.9\n",
    );
    refused(
        at,
        "mi three.csv",
        &["choose their columns with --x", "height, width, depth"],
    );
    refused(
        at,
        "mi three.csv --x height",
        &["choose their columns with --y"],
    );
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
        &["\"height\" is listed twice"],
    );
    refused(
        at,
        "mi three.csv --x 1 --y 2 --z 3",
        &["--z does not apply to mi, which uses x and y only"],
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
        &["--y does not apply to kl, which uses x only"],
    );
    refused(
        at,
        "entropy three.csv other.csv",
        &["leave out the second file, other.csv"],
    );
}

#[test]
fn data_that_do_not_fit_are_refused() {
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
    refused(
        at,
        "mi twice.csv",
        &[
            "400 of 400 rows have an exact copy",
            "a value of x or y never repeats unless its whole row repeats",
        ],
    );
    // Some copies are a note.
    let some = rows.iter().chain(&rows[..40]).cloned();
    write(at, "some.csv", "a,b", some);
    let some = found(at, "mi some.csv");
    assert!(
        some["notes"]
            .to_string()
            .contains("80 of 240 rows have an exact copy"),
        "{some}"
    );
    refused(
        at,
        "entropy twice.csv",
        &["200 different values in 400 rows", "--jitter"],
    );
    refused(
        at,
        "kl line.csv line.csv",
        &["10,000 rows of p also occur in q"],
    );
    // Estimators for numbers refuse symbols, and those for symbols refuse numbers.
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
        &["ross needs one discrete variable (the class)", "use ksg-1"],
    );
    refused(
        at,
        "mi coins.csv --x 1 --y 2 --estimator ross",
        &["are both discrete"],
    );
    // Rounded numbers with --jitter.
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
    // Jitter restores the density of the numbers before rounding.
    let jittered = found(at, "entropy rounded.csv --jitter");
    near(&jittered, "kozachenko-leonenko", NORMAL, 0.05);
    // If p and q are both rounded, equal values say nothing about dependence: D = ½(½)².
    for (name, step, mean) in [("p.csv", 7, 0.0), ("q.csv", 8, 0.5)] {
        let rows = normal(step, 4000)
            .into_iter()
            .map(|a| vec![((a + mean) * 10.0).round() / 10.0]);
        write(at, name, "a", rows);
    }
    let divergence = found(at, "kl p.csv q.csv --jitter");
    near(&divergence, "wang-kulkarni-verdu", 0.125, 0.05);
    assert!(
        !divergence["notes"]
            .to_string()
            .contains("drawn independently"),
        "{divergence}"
    );
}

/// Two variables that are 0 in the same rows and independent in the others: the information is the entropy of being 0.
#[test]
fn common_zeros_are_not_taken_for_copies() {
    let at = folder();
    let rows = normal(0, 3000).into_iter().zip(normal(1, 3000)).zip(0..);
    let rows = rows.map(|((a, b), i)| match i % 4 {
        0 => vec![1.0 + a.abs(), 1.0 + b.abs()],
        _ => vec![0.0, 0.0],
    });
    write(at.path(), "rain.csv", "rain,damage", rows);
    let exact = -(0.25 * 0.25f64.ln() + 0.75 * 0.75f64.ln());
    near(&found(at.path(), "mi rain.csv"), "gao-mixture", exact, 0.05);
}

/// The entropy of an index by nearest neighbours is too large; its mutual information is right.
#[test]
fn a_note_names_evenly_spaced_columns() {
    let at = folder();
    let at = at.path();
    let own = normal(0, 1000);
    let rows = own
        .iter()
        .zip(0..)
        .map(|(a, i)| vec![f64::from(i * 617 % 1000), *a]);
    write(at, "ids.csv", "id,a", rows);
    let says = "the values of column \"id\" are evenly spaced";
    for (of, expected) in [
        ("entropy ids.csv --x id", true),
        ("conditional-entropy ids.csv --x a --y id", true),
        ("entropy ids.csv --x a", false),
        ("mi ids.csv", false),
    ] {
        let notes = found(at, of)["notes"].as_array().unwrap().clone();
        let mut notes = notes.iter();
        let present = notes.any(|note| note.as_str().unwrap().contains(says));
        assert_eq!(present, expected, "{of}: {notes:?}");
    }
    // The third neighbour among 0 … 999 is at distance 2: ln 1000·4 − ψ(3).
    let off = 4f64.ln() - (1.5 - 0.577_215_664_901_532_9);
    let even = found(at, "entropy ids.csv --x id");
    near(&even, "kozachenko-leonenko", 1000f64.ln() + off, 0.01);
    assert!(
        even["notes"][0]
            .as_str()
            .unwrap()
            .contains("0.464 nats too large at k = 3"),
        "{even}"
    );
    let counted = found(at, "entropy ids.csv --x id --estimator histogram");
    near(&counted, "histogram", 1000f64.ln(), 0.02);
    near(&found(at, "mi ids.csv"), "ksg-1", 0.0, 0.08);
}

/// Numbers of any size are measured, or refused because of their size.
#[test]
fn numbers_beyond_double_precision() {
    let at = folder();
    let at = at.path();
    let table = |name: &str, of: fn(f64) -> f64| {
        let rows = normal(0, 1000).into_iter().zip(normal(1, 1000));
        let rows = rows.map(|(a, b)| vec![of(a), 0.6 * a + 0.8 * b]);
        write(at, name, "a,b", rows);
    };
    table("small.csv", |a| a * 1e-310);
    refused(at, "mi small.csv", &["column \"a\"", "use another unit"]);
    refused(
        at,
        "entropy small.csv --x a",
        &["column \"a\"", "use another unit"],
    );
    table("large.csv", |a| a * 1e300);
    table("plain.csv", |a| a);
    for estimator in ["ksg-1", "gaussian"] {
        let of = |name| found(at, &format!("mi {name} --estimator {estimator}"));
        let plain = of("plain.csv")["value"].as_f64().unwrap();
        near(&of("large.csv"), estimator, plain, 1e-9);
    }
    let large = found(at, "entropy large.csv --x a --estimator gaussian");
    near(&large, "gaussian", NORMAL + 300.0 * 10f64.ln(), 0.06);
    // Numbers with 16 significant digits.
    table("far.csv", |a| 1e15 + a);
    refused(
        at,
        "mi far.csv --estimator gaussian",
        &["around 1.0e15", "subtract its mean"],
    );
}

/// Where p is discrete and q continuous, or the reverse, no divergence is finite.
#[test]
fn symbols_are_not_compared_with_numbers() {
    let at = folder();
    class(at.path());
    let rows = normal(0, 400).into_iter().map(|a| vec![a.signum(), a]);
    write(at.path(), "sign.csv", "species,petal", rows);
    let (p, q) = ("sign.csv", "class.csv");
    write(
        at.path(),
        "p.csv",
        "a",
        normal(0, 400).into_iter().map(|a| vec![a]),
    );
    write(
        at.path(),
        "q.csv",
        "a",
        normal(1, 400).into_iter().map(|a| vec![a.signum()]),
    );
    for (files, says) in [
        ("p.csv q.csv", "p is continuous and q is discrete"),
        ("q.csv p.csv", "p is discrete and q is continuous"),
    ] {
        for quantity in ["kl", "cross-entropy", "js"] {
            refused(
                at.path(),
                &format!("{quantity} {files}"),
                &[says, "infinite"],
            );
        }
    }
    let alike = found(at.path(), &format!("kl {p} {q} --x petal"));
    assert_eq!(alike["estimator"], "wang-kulkarni-verdu");
}

#[test]
fn notes_on_few_rows() {
    let at = folder();
    write(
        at.path(),
        "few.csv",
        "a,b",
        (0..12).map(|i| vec![f64::from(i % 2), f64::from(i % 3)]),
    );
    let few = found(at.path(), "mi few.csv");
    assert_eq!(few["estimator"], "nsb");
    // Twelve rows in which all six pairs occur equally often.
    assert!(few["value"].as_f64().unwrap().abs() < 0.1, "{few}");
    let notes = few["notes"].as_array().unwrap();
    let note = |text: &str| {
        notes
            .iter()
            .any(|note| note.as_str().unwrap().contains(text))
    };
    write(
        at.path(),
        "four.csv",
        "a,b",
        (0..4).map(|i| vec![f64::from(i).sqrt(), f64::from(i * i % 5).sqrt()]),
    );
    let four = found(at.path(), "mi four.csv");
    assert!(
        four["notes"]
            .to_string()
            .contains("4 rows are few to find 3 nearest neighbours"),
        "{four}"
    );
    // All outcomes are equally frequent.
    assert!(note("all counts are equal"), "{few}");
    assert!(note("12 rows are few for 6 different outcomes"));
    // Numbers whose squares overflow f64.
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
fn bad_names_are_refused() {
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
        &["they apply to mi only"],
    );
    refused(at, "mi line.csv --bootstrap 1", &["use at least 2"]);
    refused(at, "mi line.csv --bootstrap=-1", &["at least 0"]);
}

#[test]
fn linear_functions_of_other_columns_are_refused() {
    let at = folder();
    let at = at.path();
    let (u, v, w) = (normal(0, 300), normal(1, 300), normal(2, 300));
    let rows = (0..300).map(|i| vec![u[i], v[i], w[i], 2.54 * u[i], u[i] + v[i], 1e6 + u[i]]);
    write(at, "cols.csv", "u,v,w,inches,sum,far", rows);
    let infinite = "x and y determine each other, and the information is infinite";
    for (what, says) in [
        (
            "entropy --x u,inches",
            ["\"inches\" of x is a linear function", "−∞"],
        ),
        (
            "entropy --x u,far --estimator kernel",
            ["\"far\" of x", "−∞"],
        ),
        ("entropy --x u,v,sum", ["\"sum\" of x", "−∞"]),
        ("mi --x u --y inches", ["\"inches\" of y", infinite]),
        (
            "mi --x u,v --y sum --estimator ksg-1",
            ["\"sum\" of y", infinite],
        ),
        (
            "conditional-mi --x u --y sum --z v",
            ["\"v\" of z", infinite],
        ),
        (
            "conditional-entropy --x u,v --y sum",
            ["\"sum\" of y", "x determines y"],
        ),
    ] {
        let (quantity, rest) = what.split_once(' ').unwrap();
        refused(at, &format!("{quantity} cols.csv {rest}"), &says);
    }
    // One variable may contain the same column twice.
    let twice = found(at, "mi cols.csv --x u,inches --y w");
    assert!(twice["value"].as_f64().unwrap().abs() < 0.15, "{twice}");
    let rows = (0..300).map(|i| vec![v[i], 3.0 * v[i]]);
    write(at, "q.csv", "u,v", rows);
    refused(
        at,
        "kl cols.csv q.csv --x u,v",
        &["\"v\" of q", "no density to compare"],
    );
}
