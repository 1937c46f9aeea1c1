//! Input that estimators by nearest neighbours refuse, their notes, and independence of the number of threads.

use ganscope::Result;
use ganscope::info::{
    Estimate, Knn, Ksg, Norm, Sample, conditional_information, discrete_continuous, divergence_knn,
    entropy_knn, ksg, local_nonuniformity, mixture_conditional_information, mixture_information,
};

use super::draws::{Draws, mapped, sample};

const NORM: Norm = Norm::Euclidean;

#[track_caller]
fn refused(found: Result<Estimate>, says: &str) {
    let message = found.expect_err("a bad input").to_string();
    assert!(message.contains(says), "{message}");
}

/// Every estimator of two variables.
fn of_two(x: &Sample, y: &Sample, k: usize) -> Vec<Result<Estimate>> {
    let knn = Knn::new(k);
    vec![
        ksg(x, y, Ksg::One, knn),
        ksg(x, y, Ksg::Two, knn),
        local_nonuniformity(x, y, knn),
        mixture_information(x, y, k),
        mixture_conditional_information(x, y, x, k),
        conditional_information(x, y, x, knn),
        divergence_knn(x, y, knn, NORM),
        entropy_knn(x, knn, NORM),
        discrete_continuous(&vec![0; y.len()], x, k),
    ]
}

#[test]
fn lengths_and_k() {
    let mut draws = Draws::new(1);
    let (x, short) = (draws.normals(20, 1), draws.normals(19, 1));
    for found in of_two(&x, &short, 3).into_iter().take(6) {
        refused(found, "20 observations of one variable and 19 of the other");
    }
    refused(
        discrete_continuous(&[0; 19], &x, 3),
        "19 classes and 20 observations",
    );
    refused(
        divergence_knn(&x, &draws.normals(20, 2), Knn::new(3), NORM),
        "p has 1 columns and q has 2",
    );
    for found in of_two(&x, &x, 0) {
        refused(found, "k must be at least 1");
    }
    for k in [20, usize::MAX] {
        for found in of_two(&x, &x, k) {
            refused(found, "rows, and there are 20; lower k");
        }
    }
    // The largest possible k.
    let y = draws.normals(20, 1);
    for found in of_two(&x, &y, 19).into_iter().take(4) {
        assert!(found.unwrap().value.0.is_finite());
    }
    refused(
        divergence_knn(&x, &draws.normals(3, 1), Knn::new(3), NORM),
        "there are 3",
    );
    refused(
        entropy_knn(&sample([1.0], 1), Knn::new(1), NORM),
        "there are 1",
    );
    refused(
        local_nonuniformity(&draws.normals(20, 2), &x, Knn::new(3)),
        "the principal axes of 3 columns need more than 3 neighbours",
    );
}

#[test]
fn constant_columns() {
    let mut draws = Draws::new(2);
    let x = draws.normals(50, 1);
    let constant = mapped(&x, |_| 7.0);
    for found in of_two(&constant, &x, 3) {
        refused(
            found,
            "is 7 in every row: it has no density and carries no information",
        );
    }
    for found in of_two(&x, &constant, 3).into_iter().take(6) {
        refused(found, "is 7 in every row");
    }
    let both = x.beside(&constant).unwrap();
    refused(
        entropy_knn(&both, Knn::new(3), NORM),
        "column 2 of the sample is 7",
    );
    // −0 is 0.
    let zeros = sample((0..50).map(|i| if i % 2 == 0 { 0.0 } else { -0.0 }), 1);
    refused(entropy_knn(&zeros, Knn::new(3), NORM), "in every row");
}

#[test]
fn copies_and_discrete_data() {
    let mut draws = Draws::new(3);
    let x = draws.normals(200, 1);
    let y = draws.normals(200, 1);
    let copied = |s: &Sample| sample((0..200).map(|i| s.row(if i < 4 { 0 } else { i })[0]), 1);
    let (x_4, y_4) = (copied(&x), copied(&y));
    let says = "row 1 has 3 or more exact copies (as do 4 of 200 rows in total)";
    refused(entropy_knn(&x_4, Knn::new(3), NORM), says);
    assert!(entropy_knn(&x_4, Knn::new(4), NORM).is_ok());
    refused(divergence_knn(&x_4, &y, Knn::new(3), NORM), says);
    refused(
        divergence_knn(&x, &mapped(&x_4, |v| v), Knn::new(1), NORM),
        "of p occurs 1 or more times in q",
    );
    refused(
        conditional_information(&x_4, &y_4, &x_4, Knn::new(3)),
        "4 of 200 rows have 3 or more",
    );
    refused(
        local_nonuniformity(&x_4, &y_4, Knn::new(3)),
        "at 4 of 200 rows",
    );
    refused(
        local_nonuniformity(&x, &mapped(&x, |v| 2.0 * v + 1.0), Knn::new(3)),
        "each other",
    );
    let noted = ksg(&x_4, &y_4, Ksg::One, Knn::new(3)).unwrap();
    assert!(
        noted.notes[0].starts_with("4 of 200 rows have 3 or more exact copies"),
        "{noted:?}"
    );
    // Discrete data given to estimators for continuous ones.
    let (dice, coin) = (mapped(&x, f64::round), mapped(&y, f64::signum));
    for algorithm in [Ksg::One, Ksg::Two] {
        refused(
            ksg(&dice, &coin, algorithm, Knn::new(3)),
            "these data are discrete",
        );
    }
    refused(
        entropy_knn(&dice, Knn::new(3), NORM),
        "discrete data need an estimator for counts",
    );
    let half = ksg(&coin, &y, Ksg::One, Knn::new(3)).unwrap();
    assert!(
        half.notes[0].contains("x has 2 different values in 200 rows"),
        "{half:?}"
    );
    // Ross.
    let class: Vec<bool> = coin.values().iter().map(|c| *c > 0.0).collect();
    refused(
        discrete_continuous(&class, &dice, 3),
        "exact copies in its class",
    );
    refused(
        discrete_continuous(&[1; 200], &x, 3),
        "all rows have the same class",
    );
    let all: Vec<usize> = (0..200).collect();
    refused(
        discrete_continuous(&all, &x, 3),
        "every class has only one row",
    );
}

#[test]
fn jitter_is_only_on_request_and_repeatable() {
    let dice = mapped(&Draws::new(4).normals(300, 1), f64::round);
    let jittered = |seed| ksg(&dice, &dice, Ksg::One, Knn::new(3).jittered(seed)).unwrap();
    assert_eq!(jittered(1).value, jittered(1).value);
    assert_ne!(jittered(1).value, jittered(2).value);
    assert_eq!(jittered(1).parameters["jitter"], 1);
    // Each variable has its own noise: X = Y then determines only the rounded value.
    assert!(jittered(1).value.0 < 2.0, "{}", jittered(1));
    // Without ties it changes almost nothing.
    let (x, y) = Draws::new(4).correlated(1000, 1, 0.6);
    let with = ksg(&x, &y, Ksg::Two, Knn::new(3).jittered(1)).unwrap();
    let without = ksg(&x, &y, Ksg::Two, Knn::new(3)).unwrap();
    assert!((with.value - without.value).0.abs() < 1e-3);
}

#[test]
fn jitter_spreads_over_what_was_rounded() {
    // h of the spread values is H of the rounded ones + ln of the step, and I is theirs: for the dice ln 6, and
    // for two of them that show the same ln 6 again.
    let dice = sample((0..60_000).map(|i| f64::from(i % 6)), 1);
    let knn = Knn::new(3).jittered(1);
    let h = entropy_knn(&dice, knn, NORM).unwrap().value.0;
    assert!((h - 6f64.ln()).abs() < 0.02, "{h}");
    let half = mapped(&dice, |v| v / 2.0);
    let h = entropy_knn(&half, knn, NORM).unwrap().value.0;
    assert!((h - 3f64.ln()).abs() < 0.02, "{h}");
    let i = ksg(&dice, &dice, Ksg::One, knn).unwrap().value.0;
    assert!((i - 6f64.ln()).abs() < 0.02, "{i}");
    // Normals rounded to a tenth, whose values are also off by what arithmetic leaves.
    let normals = Draws::new(6).normals(60_000, 1);
    let rounded = mapped(&normals, |v| (v * 10.0).round() * 0.1);
    let also = mapped(&normals, |v| {
        if v > 0.0 {
            (v * 10.0).round() / 10.0
        } else {
            (v * 10.0).round() * 0.1
        }
    });
    for x in [rounded, also] {
        let h = entropy_knn(&x, knn, NORM).unwrap().value.0;
        let truth = 0.5 * (std::f64::consts::TAU * std::f64::consts::E).ln();
        assert!((h - truth).abs() < 0.03, "{h} {truth}");
    }
}

#[test]
fn numbers_beyond_double_precision() {
    let x = Draws::new(5).normals(100, 2);
    let tiny = mapped(&x, |v| v * 1e-200);
    refused(
        entropy_knn(&tiny, Knn::new(3), NORM),
        "too large or too small for double precision",
    );
    let huge = mapped(&x, |v| v.signum() * (1e308 + v.abs() * 1e307));
    let found = [
        entropy_knn(&huge, Knn::new(60), NORM),
        entropy_knn(&huge, Knn::new(60), Norm::Maximum),
        divergence_knn(&huge, &x, Knn::new(3), NORM),
    ];
    for found in found {
        refused(found, "too large or too small for double precision");
    }
    // The same in the maximum norm, which squares nothing: h(cX) = h(X) + d ln c.
    let of = |s: &Sample| entropy_knn(s, Knn::new(3), Norm::Maximum).unwrap().value.0;
    assert!((of(&tiny) - of(&x) - 2.0 * 1e-200f64.ln()).abs() < 1e-9);
    for found in of_two(&huge, &tiny, 3) {
        assert!(found.is_err() || found.is_ok_and(|found| found.value.0.is_finite()));
    }
}

#[test]
fn a_note_compares_the_scales_of_columns() {
    let (x, y) = Draws::new(6).correlated(500, 1, 0.6);
    let says = |y: &Sample| {
        let found = ksg(&x, y, Ksg::One, Knn::new(3)).unwrap();
        found
            .notes
            .iter()
            .any(|note| note.contains("times as much as another"))
    };
    assert!(says(&mapped(&y, |v| v * 1000.0)) && !says(&y));
}

#[test]
fn many_equal_numbers_do_not_make_it_slow() {
    // Nine of ten numbers are 0 in one column, or in both: a search that visits all of them would take minutes.
    let n = 100_000;
    let mut draws = Draws::new(7);
    let mut mostly = || {
        let values: Vec<f64> = (0..n)
            .map(|_| (draws.uniform(0.0, 10.0) - 9.0).max(0.0))
            .collect();
        sample(values, 1)
    };
    let (x, y) = (mostly(), mostly());
    let z = draws.normals(n, 1);
    let start = std::time::Instant::now();
    mixture_information(&x, &y, 3).unwrap();
    entropy_knn(&x.beside(&z).unwrap(), Knn::new(3), NORM).unwrap();
    refused(
        ksg(&x, &y, Ksg::Two, Knn::new(3)),
        "these data are discrete",
    );
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let n = 20_000;
    let mut draws = Draws::new(8);
    let (x, y) = draws.correlated(n, 2, 0.6);
    let z = mapped(&draws.normals(n, 1), |v| (v * 100.0).round());
    let class: Vec<i64> = z.values().iter().map(|v| *v as i64 / 100).collect();
    let all = || {
        let knn = Knn::new(5);
        let found = [
            ksg(&x, &y, Ksg::One, knn),
            ksg(&x, &y, Ksg::Two, knn.jittered(3)),
            local_nonuniformity(&x, &y, knn),
            mixture_information(&z, &y, 5),
            mixture_conditional_information(&z, &y, &x, 5),
            conditional_information(&x, &y, &z, knn),
            divergence_knn(&x, &y, knn, NORM),
            entropy_knn(&x, knn, Norm::Maximum),
            discrete_continuous(&class, &x, 5),
        ];
        found.map(|found| found.unwrap().value.0.to_bits())
    };
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.unwrap().install(all)
    };
    assert_eq!(with(1), with(2));
}
