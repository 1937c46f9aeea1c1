//! Classifier scores against known values.

use ganscope::evaluate::classifier_score;

use crate::common::lcg;

fn one_hot(n: usize, class: impl Fn(usize) -> usize) -> Vec<f64> {
    let row = |i| (0..10).map(move |c| f64::from(u8::from(c == i)));
    (0..n).flat_map(|i| row(class(i))).collect()
}

#[test]
fn scores_agree_with_closed_forms() {
    let cases = [
        (vec![0.1; 10 * 500], 1.0),
        (one_hot(500, |i| i % 10), 10.0),
        // Half of the classes, and a single class.
        (one_hot(500, |i| i % 5), 5.0),
        (one_hot(500, |_| 3), 1.0),
        // Uneven: exp H(½, ¼, ¼) = 2^1.5.
        (one_hot(400, |i| [0, 0, 1, 2][i % 4]), 2f64.powf(1.5)),
    ];
    for (probabilities, expected) in cases {
        let score = classifier_score(&probabilities, 10).unwrap();
        assert!((score.mean - expected).abs() < 1e-9, "{score:?} {expected}");
        assert!(score.sd < 1e-9, "{score:?}");
    }
}

#[test]
fn parts_of_different_sizes_agree_with_numpy() {
    // 95 rows of 5 classes from softmax(6 u): parts of 9 and 10 rows, scored by NumPy.
    let logits: Vec<f64> = lcg(3, 95 * 5).map(|u| 6.0 * u).collect();
    let rows = logits.chunks_exact(5).flat_map(|row| {
        let sum: f64 = row.iter().map(|v| v.exp()).sum();
        row.iter().map(move |v| v.exp() / sum)
    });
    let score = classifier_score(&rows.collect::<Vec<_>>(), 5).unwrap();
    assert!((score.mean - 1.647718414786).abs() < 1e-10, "{score:?}");
    assert!((score.sd - 0.177244949741).abs() < 1e-10, "{score:?}");
}

#[test]
fn parts_with_a_single_class_have_score_1() {
    // Sorted by class: over all 10 classes it would be 10, in parts of one class each it is 1.
    let score = classifier_score(&one_hot(500, |i| i / 50), 10).unwrap();
    assert!((score.mean - 1.0).abs() < 1e-9, "{score:?}");
}

#[test]
fn rows_that_are_not_probabilities_are_refused() {
    let says = |probabilities: &[f64], classes, part: &str| {
        let message = classifier_score(probabilities, classes)
            .unwrap_err()
            .to_string();
        assert!(message.contains(part), "{message}");
    };
    says(&[0.5; 19], 2, "cannot be divided into rows");
    says(&[0.5; 18], 2, "9 samples are too few");
    says(&[0.4; 20], 2, "row 0");
    says(&[], 2, "too few");
    says(&[1.0], 0, "0 classes");
    let mut negative = vec![0.5; 20];
    (negative[6], negative[7]) = (1.5, -0.5);
    says(&negative, 2, "row 3");
    says(&[f64::NAN; 20], 2, "row 0");
}
