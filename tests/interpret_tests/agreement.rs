//! Angles between known subspaces, and the distribution of the overlap of random ones.

use ganscope::gan::Codes;
use ganscope::interpret::{Direction, Directions};
use ganscope::interpret::{
    agreement, code_directions, random_directions, similarity_matrix, subspace_angles,
};

fn directions(vectors: &[[f64; 4]]) -> Directions {
    let direction = |v: &[f64; 4]| Direction::new("v", v.to_vec(), 1.0).unwrap();
    Directions {
        method: "by hand".into(),
        quantity: "norm".into(),
        protocol: "known".into(),
        all: vectors.iter().map(direction).collect(),
    }
}

/// The plane of e₁ and e₂ against the one that is turned by α towards e₃ and by β towards e₄.
fn planes(alpha: f64, beta: f64) -> (Directions, Directions) {
    // The bases are skewed, because the angles belong to the planes and not to the vectors.
    let one = directions(&[[1.0, 0.0, 0.0, 0.0], [1.0, 3.0, 0.0, 0.0]]);
    let (a, b) = (
        [alpha.cos(), 0.0, alpha.sin(), 0.0],
        [0.0, beta.cos(), 0.0, beta.sin()],
    );
    let sum = std::array::from_fn(|i| a[i] + 2.0 * b[i]);
    (one, directions(&[sum, b]))
}

#[test]
fn angles_between_planes_agree_with_the_closed_form() {
    for (alpha, beta) in [
        (20.0f64, 70.0f64),
        (0.0, 90.0),
        (45.0, 45.0),
        (1e-5, 89.99999),
    ] {
        let (one, other) = planes(alpha.to_radians(), beta.to_radians());
        let angles = subspace_angles(&one, &other, 2).unwrap();
        // The squares of the sines are rounded to 1e-16, which is 1e-8 radians for angles of 0.
        assert!(
            (angles[0] - alpha).abs() < 3e-6 && (angles[1] - beta).abs() < 3e-6,
            "{angles:?}"
        );
        let found = agreement(&[one, other], 2).unwrap();
        let expected = 0.5 * (alpha.to_radians().cos().powi(2) + beta.to_radians().cos().powi(2));
        assert!((found.overlap[0][1] - expected).abs() < 1e-12, "{found}");
        assert!((found.overlap[0][1] - found.overlap[1][0]).abs() < 1e-12);
        assert!((found.overlap[1][1] - 1.0).abs() < 1e-12 && found.chance[0][1] == 0.5);
    }
}

#[test]
fn the_overlap_of_random_spans_has_the_expected_mean_and_variance() {
    let (d, k, pairs) = (24, 5, 400);
    let overlaps: Vec<f64> = (0..pairs)
        .map(|seed| {
            let two = [2 * seed, 2 * seed + 1].map(|seed| random_directions(d, k, seed).unwrap());
            let found = agreement(&two, k).unwrap();
            let angles = subspace_angles(&two[0], &two[1], k).unwrap();
            let mean: f64 = angles
                .iter()
                .map(|a| a.to_radians().cos().powi(2))
                .sum::<f64>()
                / k as f64;
            assert!((mean - found.overlap[0][1]).abs() < 1e-12);
            mean
        })
        .collect();
    let n = pairs as f64;
    let mean = overlaps.iter().sum::<f64>() / n;
    let variance = overlaps.iter().map(|o| (o - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let two = [1, 2].map(|seed| random_directions(d, k, seed).unwrap());
    let found = agreement(&two, k).unwrap();
    let deviation = found.chance_deviation[0][1];
    assert_eq!(found.chance[0][1], k as f64 / d as f64);
    assert!(
        (mean - found.chance[0][1]).abs() < 4.0 * deviation / n.sqrt(),
        "{mean}"
    );
    // A variance from 400 values has the relative standard error √(2/400) = 0.07.
    assert!(
        (variance / deviation.powi(2) - 1.0).abs() < 0.3,
        "{variance} {deviation}"
    );
}

/// The directions of a categorical code with K values span K − 1 dimensions.
#[test]
fn dependent_directions_count_with_their_rank() {
    let codes = Codes {
        categorical: vec![4],
        ..Codes::default()
    };
    let codes = code_directions(&codes, 10).unwrap();
    let random = random_directions(10, 4, 1).unwrap();
    let found = agreement(&[codes.clone(), random], 4).unwrap();
    assert_eq!(found.ranks, [3, 4]);
    assert!((found.overlap[0][0] - 1.0).abs() < 1e-12);
    // A span of 3 dimensions in 10, and a random one of 4: E[overlap] = 4/10, over the smaller span.
    assert_eq!(
        (found.chance[0][1], found.chance[1][0], found.chance[0][0]),
        (0.4, 0.4, 0.3)
    );
    let overlaps = (0..300).map(|seed| {
        let random = random_directions(10, 4, seed).unwrap();
        agreement(&[codes.clone(), random], 4).unwrap().overlap[0][1]
    });
    let overlaps: Vec<f64> = overlaps.collect();
    let mean = overlaps.iter().sum::<f64>() / 300.0;
    let variance = overlaps.iter().map(|o| (o - mean).powi(2)).sum::<f64>() / 299.0;
    let deviation = found.chance_deviation[0][1];
    assert!(
        (mean - 0.4).abs() < 4.0 * deviation / 300f64.sqrt(),
        "{mean}"
    );
    assert!(
        (variance / deviation.powi(2) - 1.0).abs() < 0.35,
        "{variance} {deviation}"
    );
}

#[test]
fn similarities_are_absolute_cosines() {
    let one = directions(&[[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]]);
    let other = directions(&[[-1.0, 1.0, 0.0, 0.0]]);
    let found = similarity_matrix(&one, &other).unwrap();
    assert_eq!(found.len(), 2);
    for row in found {
        assert!((row[0] - 0.5f64.sqrt()).abs() < 1e-12 && row.len() == 1);
    }
}

#[test]
fn bad_input_is_refused() {
    let (a, b) = (
        random_directions(5, 2, 1).unwrap(),
        random_directions(6, 2, 1).unwrap(),
    );
    let refusal = |methods: &[Directions], k| agreement(methods, k).unwrap_err().to_string();
    assert!(refusal(&[], 1).contains("at least two"));
    assert!(refusal(std::slice::from_ref(&a), 1).contains("at least two"));
    assert!(refusal(&[a.clone(), a.clone()], 3).contains("smaller k"));
    assert!(refusal(&[a.clone(), a.clone()], 0).contains("at least 1"));
    assert!(refusal(&[a.clone(), b.clone()], 1).contains("different latent spaces"));
    let none = Directions {
        all: vec![],
        ..a.clone()
    };
    assert!(refusal(&[none.clone(), a.clone()], 1).contains("found no direction"));
    assert!(refusal(&[a.clone(), none.clone()], 1).contains("found no direction"));
    assert!(similarity_matrix(&a, &b).is_err() && similarity_matrix(&a, &none).is_err());
    assert!(subspace_angles(&a, &b, 1).is_err() && subspace_angles(&a, &a, 3).is_err());
}
