//! Notes on values that are far from the truth.

use super::{LINEAR, NORMAL, found, line, near, normal, noted, refused, write};
use crate::common::folder;

/// KL of N(0, 1) from N(5, 1) is 25/2 nats, of which little is found, because the samples hardly overlap.
#[test]
fn a_note_says_that_q_hardly_covers_p() {
    let at = folder();
    let at = at.path();
    let table = |name: &str, step, mean: f64, deviation: f64| {
        let rows = normal(step, 2000).into_iter();
        write(at, name, "a", rows.map(|z| vec![mean + deviation * z]));
    };
    table("p.csv", 0, 0.0, 1.0);
    table("far.csv", 1, 5.0, 1.0);
    table("narrow.csv", 2, 0.0, 0.1);
    table("near.csv", 3, 1.0, 1.5);
    let says = "lie outside q: each is farther from its nearest rows of q";
    for (quantity, q) in [
        ("kl", "far.csv"),
        ("kl", "narrow.csv"),
        ("cross-entropy", "far.csv"),
    ] {
        let value = found(at, &format!("{quantity} p.csv {q}"));
        assert!(value["value"].as_f64().unwrap() < 9.0, "{value}");
        assert!(noted(&value, says), "{value}");
    }
    let value = found(at, "kl p.csv near.csv");
    // ln 1.5 + (1 + 1)/(2 · 1.5²) − ½
    near(
        &value,
        "wang-kulkarni-verdu",
        1.5f64.ln() + 2.0 / 4.5 - 0.5,
        0.08,
    );
    assert!(!noted(&value, says), "{value}");
    assert_eq!(
        (&value["n"], &value["parameters"]["n_q"]),
        (&4000.into(), &2000.into())
    );
    assert!(!noted(&found(at, "kl narrow.csv p.csv"), says));
}

/// One outlier among 1,000 values, or an exponential map, dominates the distances.
#[test]
fn a_note_names_a_column_with_outliers() {
    let at = folder();
    let at = at.path();
    let rows = |of: fn(usize, f64) -> f64| {
        let rows = normal(0, 1000).into_iter().zip(normal(1, 1000)).enumerate();
        rows.map(move |(i, (a, own))| vec![of(i, a), 0.6 * a + 0.8 * own])
    };
    write(
        at,
        "outlier.csv",
        "a,b",
        rows(|i, a| if i == 9 { 1e5 } else { a }),
    );
    write(at, "steep.csv", "a,b", rows(|_, a| (4.0 * a).exp()));
    write(at, "mild.csv", "a,b", rows(|_, a| a.exp()));
    let says = "column \"a\" has outliers";
    for name in ["outlier.csv", "steep.csv"] {
        let value = found(at, &format!("mi {name}"));
        assert!(value["value"].as_f64().unwrap() < LINEAR - 0.08, "{value}");
        assert!(noted(&value, says), "{value}");
    }
    let mild = found(at, "mi mild.csv");
    near(&mild, "ksg-1", LINEAR, 0.1);
    assert!(!noted(&mild, says), "{mild}");
    // The scale of a single column does not matter.
    assert!(!noted(&found(at, "entropy steep.csv --x a"), says));
    // One outlier makes neither a line nor a grid.
    let rows = normal(0, 500).into_iter().zip(normal(1, 500)).enumerate();
    let rows = rows.map(|(i, (a, b))| {
        if i == 9 {
            vec![1e18, -1e15]
        } else {
            vec![a, b]
        }
    });
    write(at, "point.csv", "a,b", rows);
    assert!(noted(&found(at, "mi point.csv"), says));
    assert!(!noted(
        &found(at, "entropy point.csv --x a"),
        "evenly spaced"
    ));
    let line = normal(0, 500).into_iter().map(|a| vec![a, 3.0 - 2.0 * a]);
    write(at, "line.csv", "a,b", line);
    refused(at, "mi line.csv", &["linear function"]);
}

/// The information between a number and its square is infinite, of which a few nats are found.
#[test]
fn a_note_says_that_information_may_be_infinite() {
    let at = folder();
    let at = at.path();
    let rows = normal(0, 500).into_iter();
    write(
        at,
        "square.csv",
        "a,b,c",
        rows.map(|a| vec![a, a * a, a.signum()]),
    );
    let says = "if one variable is a function of the other, the information is infinite";
    for of in ["--x a --y b", "--x a,c --y b"] {
        assert!(
            noted(&found(at, &format!("mi square.csv {of}")), says),
            "{of}"
        );
    }
    let left = found(at, "conditional-entropy square.csv --x a --y b");
    assert!(
        noted(&left, says) && noted(&left, "H(y | x) is −∞"),
        "{left}"
    );
    line(at);
    for quantity in ["mi", "conditional-entropy"] {
        let value = found(at, &format!("{quantity} line.csv"));
        assert!(!noted(&value, says), "{value}");
    }
}

/// Two rounded readings that are independent once the time is known.
#[test]
fn rounded_readings_are_independent_given_the_time() {
    let at = folder();
    let at = at.path();
    let tenths = |v: f64| (v * 10.0).round() / 10.0;
    let rows = normal(0, 1000).into_iter().zip(normal(1, 1000)).zip(0..);
    let rows = rows.map(|((a, b), i)| {
        let (t, wave) = (f64::from(i), 5.0 * (f64::from(i) / 100.0).sin());
        vec![t, tenths(20.0 + wave + 0.3 * a), tenths(wave + 2.0 * b)]
    });
    write(at, "sensor.csv", "t,a,b", rows);
    let of = "conditional-mi sensor.csv --x a --y b --z t";
    near(&found(at, of), "mesner-shalizi", 0.0, 0.1);
    let jittered = found(at, &format!("{of} --jitter"));
    near(&jittered, "frenzel-pompe", 0.0, 0.06);
}

/// The divergence from a sample in which every row occurs four times is negative.
#[test]
fn a_note_says_that_a_divergence_is_never_negative() {
    let at = folder();
    let at = at.path();
    let p = normal(0, 1000).into_iter().map(|a| vec![a]);
    write(at, "p.csv", "a", p);
    let q = normal(1, 500).into_iter().map(|a| vec![a]);
    let q: Vec<Vec<f64>> = q.collect();
    write(at, "q.csv", "a", q.iter().cycle().take(2000).cloned());
    let value = found(at, "kl p.csv q.csv --estimator wang-kulkarni-verdu");
    assert!(value["value"].as_f64().unwrap() < -0.1, "{value}");
    assert!(noted(&value, "kl is never below 0"), "{value}");
    let q = normal(1, 2000).into_iter().map(|a| vec![a]);
    write(at, "q.csv", "a", q);
    assert!(!noted(&found(at, "kl p.csv q.csv"), "never below 0"));
}

/// A class and an independent whole number, with 6 rows per outcome.
#[test]
fn a_class_and_an_independent_whole_number() {
    let at = folder();
    let at = at.path();
    let rows = normal(0, 966).into_iter().zip(normal(1, 966));
    let rows = rows.map(|(a, b)| {
        let class = if a < -1.88 {
            0.0
        } else if a < -0.58 {
            1.0
        } else {
            2.0
        };
        vec![class, (128.0 + 14.5 * b).round()]
    });
    write(at, "class.csv", "a,b", rows);
    near(&found(at, "mi class.csv"), "nsb", 0.0, 0.03);
}

/// Two independent variables with 20 values each, and a quarter as many rows as pairs: the remaining entropy is ln 20.
#[test]
fn conditional_entropy_of_many_values_in_few_rows() {
    let at = folder();
    let at = at.path();
    let value = |z: f64| (z.abs() * 1000.0).floor() % 20.0;
    let mut means = [0.0, 0.0];
    for i in 0..6 {
        let rows = normal(2 * i, 100).into_iter().zip(normal(2 * i + 1, 100));
        write(
            at,
            "few.csv",
            "a,b",
            rows.map(|(a, b)| vec![value(a), value(b)]),
        );
        for (mean, estimator) in means.iter_mut().zip(["auto", "grassberger"]) {
            let left = found(
                at,
                &format!("conditional-entropy few.csv --estimator {estimator}"),
            );
            assert_eq!(
                left["estimator"],
                ["nsb", estimator][usize::from(estimator != "auto")]
            );
            *mean += left["value"].as_f64().unwrap() / 6.0;
        }
    }
    let [by_nsb, by_grassberger] = means;
    assert!(
        (by_nsb - 20f64.ln()).abs() < 0.15 && by_grassberger < 20f64.ln() - 0.4,
        "{means:?}"
    );
}

/// Half of the numbers are 0.
#[test]
fn a_note_says_that_repeated_values_have_no_density() {
    let at = folder();
    let rows = normal(0, 1000).into_iter().zip(normal(1, 1000));
    let rows = rows.map(|(a, b)| vec![a.max(0.0), b]);
    write(at.path(), "half.csv", "a,b", rows);
    for of in [
        "entropy half.csv --x a --estimator histogram",
        "entropy half.csv --x a --estimator kernel",
        "mi half.csv --estimator histogram",
    ] {
        assert!(noted(&found(at.path(), of), "values repeat"), "{of}");
    }
    let whole = found(at.path(), "entropy half.csv --x b --estimator histogram");
    assert!(!noted(&whole, "values repeat"), "{whole}");
}

/// Copied rows in one table, with and without jitter, and in one of two samples.
#[test]
fn a_note_counts_copied_rows() {
    let at = folder();
    let at = at.path();
    let rows: Vec<Vec<f64>> = {
        let pairs = normal(0, 500).into_iter().zip(normal(1, 500));
        pairs.map(|(a, own)| vec![a, 0.6 * a + 0.8 * own]).collect()
    };
    write(
        at,
        "again.csv",
        "a,b",
        rows.iter().chain(&rows[..200]).cloned(),
    );
    for of in ["mi again.csv", "mi again.csv --jitter"] {
        assert!(
            noted(&found(at, of), "400 of 700 rows have an exact copy"),
            "{of}"
        );
    }
    let rounded = normal(0, 900).into_iter().zip(normal(1, 900));
    let rounded = rounded.map(|(a, b)| vec![a.round(), b.round()]);
    write(at, "rounded.csv", "a,b", rounded);
    assert!(!noted(&found(at, "mi rounded.csv --jitter"), "exact copy"));
    let q = normal(2, 400);
    let twice = q.iter().chain(&q[..100]).map(|a| vec![*a]);
    write(at, "q.csv", "a", twice);
    write(
        at,
        "p.csv",
        "a",
        normal(3, 500).into_iter().map(|a| vec![a]),
    );
    let value = found(at, "kl p.csv q.csv");
    assert!(
        noted(&value, "200 of 500 rows of q have an exact copy"),
        "{value}"
    );
}

#[test]
fn refusals_name_the_right_variable() {
    let at = folder();
    let at = at.path();
    write(
        at,
        "p.csv",
        "a",
        normal(0, 400).into_iter().map(|a| vec![a]),
    );
    let half = normal(1, 400).into_iter().map(|a| vec![a.max(0.0)]);
    write(at, "q.csv", "a", half);
    refused(at, "kl p.csv q.csv", &["q (column \"a\""]);
    let constant = normal(0, 50).into_iter().map(|a| vec![3.5, a]);
    write(at, "constant.csv", "a,b", constant);
    let said = refused(
        at,
        "mi constant.csv",
        &["column \"a\" is 3.5", "leave it out"],
    );
    assert!(!said.err.contains("plug-in"), "{}", said.err);
}

/// Two groups at a distance of 10,000, where the information is 0.83 nats, and points near a line, whose entropy is
/// 2 ln √2πe + ln 0.0001.
#[test]
fn notes_on_separate_groups_and_points_near_a_line() {
    let at = folder();
    let at = at.path();
    let pairs = || normal(0, 3000).into_iter().zip(normal(1, 3000)).enumerate();
    let groups = pairs().map(|(i, (a, own))| vec![1e4 * (i % 2) as f64 + a, 0.9 * a + 0.436 * own]);
    write(at, "groups.csv", "a,b", groups);
    let value = found(at, "mi groups.csv");
    assert!(value["value"].as_f64().unwrap() < 0.1, "{value}");
    assert!(
        noted(
            &value,
            "column \"a\" consists of groups that are far from each other"
        ),
        "{value}"
    );
    let line = |c: f64| pairs().map(move |(_, (a, own))| vec![a, a + c * own]);
    write(at, "p.csv", "a,b", line(1e-4));
    write(at, "q.csv", "a,b", line(2e-4));
    write(at, "mild.csv", "a,b", line(0.2));
    let says = "columns \"a\" and \"b\" lie nearly on a line";
    let value = found(at, "entropy p.csv");
    let truth = 2.0 * NORMAL + 1e-4f64.ln();
    assert!(value["value"].as_f64().unwrap() > truth + 1.0, "{value}");
    assert!(noted(&value, says), "{value}");
    assert!(noted(&found(at, "kl p.csv q.csv --jitter"), says));
    let value = found(at, "entropy mild.csv");
    near(
        &value,
        "kozachenko-leonenko",
        2.0 * NORMAL + 0.2f64.ln(),
        0.06,
    );
    assert!(
        !noted(&value, "line") && !noted(&value, "groups"),
        "{value}"
    );
}

/// With eight normal columns the error is much larger than the standard error.
#[test]
fn a_note_says_that_neighbours_are_not_close_in_many_columns() {
    let at = folder();
    let at = at.path();
    let columns: Vec<Vec<f64>> = (0..8).map(|j| normal(j, 1000)).collect();
    // Four, and four of correlation 0.9 with them.
    let value = |i: usize, j: usize| match j {
        0..4 => columns[j][i],
        _ => 0.9 * columns[j - 4][i] + 0.19f64.sqrt() * columns[j][i],
    };
    let rows = (0..1000).map(|i| (0..8).map(|j| value(i, j)).collect());
    write(at, "eight.csv", "a,b,c,d,e,f,g,h", rows);
    let says = "columns, nearest neighbours are not close";
    let value = found(at, "entropy eight.csv");
    assert!(
        value["value"].as_f64().unwrap() > 8.0 * NORMAL + 2.0 * 0.19f64.ln() + 0.3,
        "{value}"
    );
    assert!(noted(&value, says), "{value}");
    assert!(!noted(&found(at, "entropy eight.csv --x 1-4"), says));
}

/// Two independent random walks.
#[test]
fn a_note_warns_of_time_series() {
    let at = folder();
    let at = at.path();
    let walk = |step| {
        normal(step, 600).into_iter().scan(0.0, |sum, z| {
            *sum += z;
            Some(*sum)
        })
    };
    write(
        at,
        "walks.csv",
        "a,b",
        walk(0).zip(walk(1)).map(|(a, b)| vec![a, b]),
    );
    let of = "--permutations 99";
    let says = "each row resembles the one before it";
    let value = found(at, &format!("mi walks.csv {of}"));
    assert!(value["p_value"].as_f64().unwrap() < 0.05, "{value}");
    assert!(noted(&value, says), "{value}");
    line(at);
    assert!(!noted(&found(at, &format!("mi line.csv {of}")), says));
}

/// Bins, a kernel and a normal distribution are far off for a long tail or a thin curve, and right for normal data.
#[test]
fn a_note_compares_with_nearest_neighbours() {
    let at = folder();
    let at = at.path();
    let says = "at least one of them is far off";
    // A quotient of normal variables is Cauchy's: h = ln 4π.
    let rows = normal(0, 2000).into_iter().zip(normal(1, 2000));
    write(at, "cauchy.csv", "a", rows.map(|(a, b)| vec![a / b]));
    for estimator in ["kernel", "gaussian"] {
        let value = found(at, &format!("entropy cauchy.csv --estimator {estimator}"));
        let error = value["value"].as_f64().unwrap() - (4.0 * std::f64::consts::PI).ln();
        assert!(error > 1.0 && noted(&value, says), "{value}");
        let other = "kozachenko-leonenko gives 2.5";
        assert!(noted(&value, other), "{value}");
    }
    // y = x² and a little noise: about ln(σ_y/0.01) nats, of which bins see half and a covariance nothing.
    let rows = normal(0, 2000).into_iter().zip(normal(1, 2000));
    write(
        at,
        "curve.csv",
        "a,b",
        rows.map(|(a, e)| vec![a, a * a + 0.01 * e]),
    );
    for estimator in ["histogram", "gaussian"] {
        let value = found(
            at,
            &format!("mi curve.csv --x a --y b --estimator {estimator}"),
        );
        assert!(noted(&value, says), "{value}");
    }
    line(at);
    for of in [
        "entropy line.csv --x father --estimator histogram",
        "entropy line.csv --x father --estimator gaussian",
        "mi line.csv --x father --y son --estimator histogram",
        "mi line.csv --x father --y son --estimator gaussian",
    ] {
        let value = found(at, of);
        assert!(!noted(&value, says), "{value}");
    }
}

#[test]
fn notes_on_few_rows_replicates_and_permutations() {
    let at = folder();
    let at = at.path();
    write(at, "three.csv", "a", [0.1, 0.5, 2.0].map(|a| vec![a]));
    let value = found(at, "entropy three.csv --estimator kernel");
    assert!(
        noted(&value, "3 rows are few to estimate a density from"),
        "{value}"
    );
    let rows = normal(0, 200).into_iter().zip(normal(1, 200));
    write(at, "some.csv", "a,b", rows.map(|(a, b)| vec![a, b]));
    let value = found(at, "mi some.csv --x a --y b --bootstrap 2 --permutations 1");
    assert!(noted(&value, "2 replicates are few"), "{value}");
    assert!(
        noted(&value, "with 1 permutation the p-value cannot be below 0.5"),
        "{value}"
    );
    let value = found(
        at,
        "mi some.csv --x a --y b --bootstrap 40 --permutations 19",
    );
    assert!(!noted(&value, "use at least"), "{value}");
}

/// A number that stands for a missing value, such as −999.
#[test]
fn a_note_names_a_number_that_may_stand_for_a_missing_value() {
    let at = folder();
    let at = at.path();
    // Every fifth value of b is replaced by `mark`, if it is one.
    let table = |name: &str, mark: Option<f64>, scale: f64| {
        let pairs = normal(30, 500).into_iter().zip(normal(31, 500));
        let rows = pairs.enumerate().map(|(i, (a, b))| {
            let b = match mark {
                Some(mark) if i % 5 == 0 => mark,
                _ => (100.0 * scale * b).round() / 100.0,
            };
            vec![a, b]
        });
        write(at, name, "a,b", rows);
        found(at, &format!("mi {name} --seed 2"))
    };
    for (mark, shown) in [(-999.0, "−999"), (9999.5, "9999.5"), (-99.0, "−99")] {
        let says = format!(
            "column \"b\" is {shown} in 100 of 500 rows, and no other value is as frequent: if {shown} stands for a \
             missing value, empty these fields and use --drop-missing"
        );
        let marked = table("marked.csv", Some(mark), 1.0);
        assert!(noted(&marked, &says), "{marked}");
    }
    // A value in the midst of the others, a 0, and values that repeat because they are rounded.
    for (mark, scale) in [(Some(0.03), 1.0), (Some(0.0), 1.0), (None, 0.1)] {
        let plain = table("plain.csv", mark, scale);
        assert!(!noted(&plain, "stands for a missing value"), "{plain}");
    }
    let amounts = normal(32, 500).into_iter().enumerate();
    let amounts = amounts.map(|(i, a)| vec![if i % 3 == 0 { 0.0 } else { a.exp() }, a * a]);
    write(at, "rain.csv", "rain,wind", amounts);
    let rain = found(at, "mi rain.csv");
    assert!(!noted(&rain, "stands for a missing value"), "{rain}");
    // On a scale of ten values, the last one may be as frequent as it likes.
    let scale = (0..500).map(|i| vec![f64::from((i % 30).min(9)), f64::from(i % 7)]);
    write(at, "scale.csv", "score,day", scale);
    let scale = found(at, "mi scale.csv");
    assert!(!noted(&scale, "stands for a missing value"), "{scale}");
}

/// Too few rows are the cause of what they lead to.
#[test]
fn one_row_and_two_rows_are_too_few() {
    let at = folder();
    let at = at.path();
    write(at, "one.csv", "a,b", [vec![1.0, 2.0]]);
    write(at, "two.csv", "a,b", [vec![1.0, 2.0], vec![2.5, 1.0]]);
    for of in [
        "mi one.csv",
        "entropy one.csv --x a",
        "entropy one.csv --x a --estimator plug-in",
    ] {
        refused(
            at,
            of,
            &["1 row is too few: an estimate needs at least 2 rows"],
        );
    }
    refused(at, "kl two.csv one.csv", &["1 row is too few for q"]);
    let two = ["2 rows are too few for 2 columns", "on a line"];
    let outcome = refused(at, "mi two.csv --k 1 --estimator ksg-1", &two);
    assert!(!outcome.err.contains("infinite"), "{}", outcome.err);
}

/// The number of replicates is checked before anything is resampled.
#[test]
fn a_number_of_replicates_out_of_range_is_refused_first() {
    let at = folder();
    let at = at.path();
    line(at);
    for (option, problem) in [
        (
            "--bootstrap 1",
            "bootstrap: 1 replicate is too few: use at least 2",
        ),
        (
            "--bootstrap 99999999999",
            "bootstrap: 99999999999 replicates are too many",
        ),
        (
            "--permutations 99999999999",
            "permutations: 99999999999 permutations are too many",
        ),
    ] {
        let outcome = refused(at, &format!("mi line.csv {option}"), &[problem]);
        assert!(!outcome.err.contains("resampled"), "{}", outcome.err);
    }
    write(at, "three.csv", "a", [vec![1.0], vec![2.5], vec![2.7]]);
    let few = "entropy three.csv --k 1 --bootstrap 20";
    let outcome = refused(at, few, &["bootstrap: 3 rows are too few: use at least 4"]);
    assert!(!outcome.err.contains("resampled"), "{}", outcome.err);
}
