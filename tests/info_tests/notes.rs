//! Each note of a measurement, on a table that calls for it and on one that does not.

use std::collections::BTreeMap;

use ganscope::info::Sample;
use ganscope::info::measure::{Measurement, Quantity, Variable, named};

use super::draws::{Draws, sample};

/// Normal numbers.
fn normal(n: usize, seed: u64) -> Vec<f64> {
    Draws::new(seed).normals(n, 1).values().to_vec()
}

fn one(values: impl IntoIterator<Item = f64>) -> Variable {
    sample(values, 1).into()
}

/// A column of text.
fn text(values: &[&str]) -> Variable {
    let mut labels: Vec<String> = values
        .iter()
        .map(std::string::ToString::to_string)
        .collect();
    labels.sort();
    labels.dedup();
    let code = |text: &&str| labels.iter().position(|label| label == text).unwrap() as f64;
    Variable {
        columns: vec!["text".into()],
        sample: Sample::new(values.iter().map(code).collect(), 1).unwrap(),
        symbols: BTreeMap::from([(0, labels.clone())]),
    }
}

/// The notes on the estimate by auto, or by the estimator of this name.
fn notes(quantity: Quantity, estimator: &str, variables: &[Variable]) -> Vec<String> {
    let mut measurement = Measurement::new(quantity);
    if estimator != "auto" {
        measurement.estimator = Some(named(estimator, quantity).unwrap());
    }
    measurement.run(variables).unwrap().estimate.notes
}

/// Asserts that the notes on the first table contain these words, and those on the second do not.
#[track_caller]
fn only_first(words: &str, with: &[String], without: &[String]) {
    let has = |notes: &[String]| notes.iter().any(|note| note.contains(words));
    assert!(has(with), "{with:?}");
    assert!(!has(without), "{without:?}");
}

fn entropy(values: impl IntoIterator<Item = f64>) -> Vec<String> {
    notes(Quantity::Entropy, "auto", &[one(values)])
}

fn mi(x: impl IntoIterator<Item = f64>, y: impl IntoIterator<Item = f64>) -> Vec<String> {
    notes(Quantity::Mi, "auto", &[one(x), one(y)])
}

fn independent(n: usize) -> [Variable; 2] {
    [one(normal(n, 1)), one(normal(n, 2))]
}

#[test]
fn text_for_missing_values() {
    let of = |words: &[&str]| notes(Quantity::Entropy, "auto", &[text(words)]);
    let (with, without) = (["a", "b", "NA", "a", "b"], ["a", "b", "c", "a", "b"]);
    only_first("contains \"NA\" in 1 row", &of(&with), &of(&without));
}

#[test]
fn numbers_for_missing_values() {
    let marked = |mark: f64| {
        let x = normal(400, 1).into_iter().enumerate();
        mi(
            x.map(|(i, x)| if i % 4 == 0 { mark } else { x }),
            normal(400, 2),
        )
    };
    let says = "is −999 in 100 of 400 rows";
    only_first(says, &marked(-999.0), &mi(normal(400, 1), normal(400, 2)));
    only_first(
        "if 99 stands for a missing value",
        &marked(99.0),
        &marked(0.0),
    );
}

/// Of several entropies in one quantity, each note names the one that it belongs to.
#[test]
fn symbols_that_occur_only_once() {
    let [rare, rarer] = [1, 2].map(|k| one((0..60).map(|i| f64::from(i * k % 59))));
    let coin = one((0..60).map(|i| f64::from(i % 2)));
    let of = |x: &Variable, y: &Variable| {
        let both = [x.clone(), y.clone()];
        notes(Quantity::Mi, "plug-in", &both)
    };
    let texts = |variable: Variable| {
        let labels = (0..60).map(|i| i.to_string()).collect();
        Variable {
            symbols: BTreeMap::from([(0, labels)]),
            ..variable
        }
    };
    let (rare, rarer, coin) = (texts(rare), texts(rarer), texts(coin));
    let all = of(&rare, &rarer);
    for name in ["H(x): ", "H(y): ", "H(x, y): "] {
        let begins =
            |note: &&String| note.starts_with(&format!("{name}more than half of the observations"));
        assert_eq!(all.iter().filter(begins).count(), 1, "{name}: {all:?}");
    }
    only_first("H(x): more than half", &of(&rare, &coin), &of(&coin, &rare));
}

#[test]
fn text_that_looks_like_numbers() {
    let of = |words: &[&str]| notes(Quantity::Entropy, "auto", &[text(words)]);
    let (with, without) = (["1 %", "2 %", "1 %"], ["one", "two", "one"]);
    only_first("treated as a number, write 1", &of(&with), &of(&without));
}

#[test]
fn repeated_values() {
    let numbers = normal(500, 1);
    let half = numbers.iter().map(|v| v.max(0.0));
    for estimator in ["histogram", "kernel", "gaussian"] {
        let of = |x| notes(Quantity::Entropy, estimator, &[x]);
        only_first(
            "values repeat",
            &of(one(half.clone())),
            &of(one(numbers.clone())),
        );
    }
}

#[test]
fn few_rows_per_outcome() {
    let of = |n: i32| entropy((0..n).map(|i| f64::from(i % 5)));
    only_first("are few for 5 different outcomes", &of(15), &of(100));
}

#[test]
fn serial_dependence() {
    let walk = |seed| {
        normal(200, seed).into_iter().scan(0.0, |sum, z| {
            *sum += z;
            Some(*sum)
        })
    };
    let of = |variables: &[Variable]| {
        let mut measurement = Measurement::new(Quantity::Mi);
        measurement.permutations = 19;
        measurement.run(variables).unwrap().estimate.notes
    };
    let walks = [one(walk(1)), one(walk(2))];
    only_first(
        "each row resembles the one before it",
        &of(&walks),
        &of(&independent(200)),
    );
}

#[test]
fn few_replicates_and_permutations() {
    let of = |bootstrap, permutations| {
        let mut measurement = Measurement::new(Quantity::Mi);
        measurement.bootstrap = bootstrap;
        measurement.permutations = permutations;
        measurement.run(&independent(100)).unwrap().estimate.notes
    };
    only_first("2 replicates are few", &of(2, 0), &of(40, 0));
    only_first("cannot be below 0.5", &of(0, 1), &of(0, 19));
}

#[test]
fn few_rows() {
    let of = |n| entropy(normal(n, 1));
    only_first(
        "20 rows are few to find 3 nearest neighbours",
        &of(20),
        &of(30),
    );
}

#[test]
fn evenly_spaced_values() {
    let of = |x| notes(Quantity::Entropy, "auto", &[one(x)]);
    let index = (0..300).map(f64::from).collect::<Vec<f64>>();
    only_first("are evenly spaced", &of(index), &of(normal(300, 1)));
}

#[test]
fn outliers_and_groups() {
    let plain = mi(normal(300, 1), normal(300, 2));
    let mut outlier = normal(300, 1);
    outlier[7] = 1e5;
    only_first("has outliers", &mi(outlier, normal(300, 2)), &plain);
    let groups = normal(300, 1).into_iter().zip(0..);
    let groups = groups.map(|(v, i)| v + 1e4 * f64::from(i % 2));
    let grouped = mi(groups, normal(300, 2));
    only_first("consists of groups", &grouped, &plain);
}

#[test]
fn nearly_on_a_line() {
    let of = |width: f64| {
        let noise = Draws::new(3).normals(300, 1);
        let x = normal(300, 1);
        let rows = x.iter().zip(noise.values());
        let rows = rows.flat_map(|(x, e)| [*x, x + width * e]);
        notes(Quantity::Entropy, "auto", &[sample(rows, 2).into()])
    };
    only_first("lie nearly on a line", &of(1e-4), &of(0.5));
}

#[test]
fn small_classes() {
    let of = |rows: usize| {
        let class = (0..120).map(|i| (i / rows) as f64);
        let [class, number] = [one(class), one(normal(120, 1))];
        notes(Quantity::Mi, "ross", &[class, number])
    };
    only_first("different values of x", &of(6), &of(40));
}

#[test]
fn copied_rows() {
    let of = |copies: usize| {
        let again = |v: Vec<f64>| v.iter().chain(&v[..copies]).copied().collect::<Vec<f64>>();
        let variables = [one(again(normal(200, 1))), one(again(normal(200, 2)))];
        ["ksg-1", "gaussian"].map(|estimator| notes(Quantity::Mi, estimator, &variables))
    };
    for (with, without) in of(40).iter().zip(&of(0)) {
        only_first("80 of 240 rows have an exact copy", with, without);
    }
}

#[test]
fn copied_and_common_rows_of_two_samples() {
    let of = |p: &[f64], q: &[f64]| {
        let variables = [one(p.to_vec()), one(q.to_vec())];
        notes(Quantity::Kl, "auto", &variables)
    };
    let (p, q) = (normal(200, 1), normal(200, 2));
    let twice = [&q[..], &q[..30]].concat();
    let shared = [&q[..], &p[..30]].concat();
    let plain = of(&p, &q);
    only_first(
        "60 of 230 rows of q have an exact copy",
        &of(&p, &twice),
        &plain,
    );
    only_first("30 rows of p also occur in q", &of(&p, &shared), &plain);
}

#[test]
fn many_columns() {
    let of = |d: usize| {
        let x = Draws::new(1).normals(200, d);
        notes(Quantity::Entropy, "kozachenko-leonenko", &[x.into()])
    };
    only_first("nearest neighbours are not close", &of(5), &of(4));
    only_first("nearest neighbours are far away", &of(9), &of(8));
}

#[test]
fn unequal_samples() {
    let of = |n: usize| {
        let variables = [one(normal(200, 1)), one(normal(n, 2))];
        notes(Quantity::Js, "auto", &variables)
    };
    only_first(
        "150 rows of the larger sample were taken",
        &of(150),
        &of(200),
    );
}

#[test]
fn below_zero() {
    let p = normal(300, 1);
    let q = normal(100, 2);
    let four_times = (0..400).map(|i| q[i % 100]);
    let of = |q: Vec<f64>| {
        let variables = [one(p.clone()), one(q)];
        notes(Quantity::Kl, "wang-kulkarni-verdu", &variables)
    };
    let (with, without) = (of(four_times.collect()), of(normal(300, 3)));
    only_first("kl is never below 0", &with, &without);
}

#[test]
fn near_the_limit() {
    let x = normal(500, 1);
    let square = x.iter().map(|x| x * x).collect::<Vec<f64>>();
    only_first(
        "the information is infinite",
        &mi(x.clone(), square),
        &mi(x, normal(500, 2)),
    );
}

#[test]
fn second_opinion() {
    let pairs = || normal(1000, 1).into_iter().zip(normal(1000, 2));
    let curve = [
        one(normal(1000, 1)),
        one(pairs().map(|(x, e)| x * x + 0.01 * e)),
    ];
    let line = [
        one(normal(1000, 1)),
        one(pairs().map(|(x, e)| 0.6 * x + 0.8 * e)),
    ];
    let of = |variables: &[Variable]| notes(Quantity::Mi, "gaussian", variables);
    only_first("at least one of them is far off", &of(&curve), &of(&line));
}
