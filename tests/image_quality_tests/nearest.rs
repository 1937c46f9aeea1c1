//! Nearest neighbours, precision and recall, density and coverage.

use ganscope::evaluate::{Features, Nearest, precision_recall};

use crate::common::{normal, numpy_features};

fn squared(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum()
}

/// The distances of all points from one query, sorted.
fn brute_force(query: &[f64], points: &Features) -> Vec<(f64, usize)> {
    let mut all: Vec<_> = (0..points.len())
        .map(|i| (squared(query, points.row(i)), i))
        .collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    all
}

#[test]
fn agrees_with_brute_force_across_blocks() {
    // A block has 128 queries and 1024 points.
    for (n, m, d) in [(1, 7, 1), (300, 2100, 5), (129, 1025, 37)] {
        let (queries, points) = (normal(1, n, d), normal(2, m, d));
        let nearest = Nearest::of(&queries, &points, 4).unwrap();
        for i in 0..n {
            for (rank, (distance, index)) in
                brute_force(queries.row(i), &points)[..4].iter().enumerate()
            {
                assert_eq!(nearest.indices[i * 4 + rank], *index, "{n}×{m}×{d}: {i}");
                let error = (nearest.squared[i * 4 + rank] - distance).abs();
                assert!(error < 1e-12 * distance.max(1.0), "{error:e}");
            }
        }
        let among = Nearest::among(&points, 3).unwrap();
        for i in (0..m).step_by(97) {
            let expected: Vec<usize> = brute_force(points.row(i), &points)[1..4]
                .iter()
                .map(|(_, i)| *i)
                .collect();
            assert_eq!(among.indices[i * 3..][..3], expected);
        }
    }
}

#[test]
fn equal_points_have_distance_0_in_the_order_of_their_indices() {
    let mut values = normal(3, 40, 9).values().to_vec();
    values.iter_mut().for_each(|v| *v += 1000.0);
    let twice = Features::new([values.clone(), values.clone()].concat(), 9).unwrap();
    let once = Features::new(values, 9).unwrap();
    let nearest = Nearest::of(&once, &twice, 2).unwrap();
    let expected: Vec<usize> = (0..40).flat_map(|i| [i, i + 40]).collect();
    assert_eq!(nearest.indices, expected);
    assert!(nearest.squared.iter().all(|d| *d == 0.0));
}

#[test]
fn the_result_does_not_depend_on_the_number_of_threads() {
    let (a, b) = (normal(1, 700, 33), normal(2, 900, 33));
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.unwrap().install(|| {
            let measured = precision_recall(&a, &b).unwrap();
            (Nearest::of(&a, &b, 3).unwrap(), measured)
        })
    };
    assert_eq!(with(1), with(5));
}

#[test]
fn what_is_not_there_is_refused() {
    let points = normal(1, 5, 2);
    let says = |result: ganscope::Result<Nearest>, part: &str| {
        let message = result.unwrap_err().to_string();
        assert!(message.contains(part), "{message}");
    };
    says(
        Nearest::of(&points, &points, 6),
        "6 nearest neighbours were requested, but there are only 5",
    );
    says(Nearest::among(&points, 5), "only 4 points");
    says(Nearest::of(&points, &points, 0), "0 nearest");
    says(
        Nearest::of(&points, &normal(1, 5, 3), 1),
        "2 and with 3 features",
    );
    assert!(precision_recall(&points, &points).is_err());
    assert!(precision_recall(&normal(1, 6, 2), &normal(2, 6, 2)).is_ok());
}

#[test]
fn all_four_measures_agree_with_numpy() {
    // scipy.spatial.distance.cdist, numpy.sort and the definitions: of 250 generated samples 232 are
    // precise, of 300 real ones 200 are recalled and 282 covered, and 1739 pairs lie in a ball.
    let (real, generated) = numpy_features();
    let measured = precision_recall(&real, &generated).unwrap();
    assert_eq!(measured.precision, 232.0 / 250.0);
    assert_eq!(measured.recall, 200.0 / 300.0);
    assert_eq!(measured.density, 1739.0 / (5.0 * 250.0));
    assert_eq!(measured.coverage, 282.0 / 300.0);
}

#[test]
fn a_set_compared_with_itself() {
    // Every sample is in its own ball and, since balls are closed, in the balls of all samples that have it
    // among their k nearest neighbours: in k + 1 balls on average.
    let set = normal(4, 777, 20);
    let measured = precision_recall(&set, &set).unwrap();
    assert_eq!(
        (measured.precision, measured.recall, measured.coverage),
        (1.0, 1.0, 1.0)
    );
    assert!(
        (measured.density - 6.0 / 5.0).abs() < 1e-12,
        "{}",
        measured.density
    );
}

#[test]
fn two_samples_from_one_distribution() {
    // Naeem et al. 2020: the expectations are 1 and 1 − 2⁻⁵ whatever the distribution.
    let (real, generated) = (normal(5, 3000, 6), normal(6, 3000, 6));
    let measured = precision_recall(&real, &generated).unwrap();
    assert!((measured.density - 1.0).abs() < 0.05, "{measured:?}");
    assert!((measured.coverage - 0.96875).abs() < 0.012, "{measured:?}");
}

fn shifted(features: &Features, by: f64) -> Features {
    let values = features.values().iter().map(|v| v + by).collect();
    Features::new(values, features.dimension()).unwrap()
}

#[test]
fn disjoint_sets_have_no_overlap() {
    let real = normal(7, 400, 5);
    let far = shifted(&normal(8, 300, 5), 100.0);
    let measured = precision_recall(&real, &far).unwrap();
    assert_eq!((measured.precision, measured.recall), (0.0, 0.0));
    assert_eq!((measured.density, measured.coverage), (0.0, 0.0));
}

#[test]
fn a_generator_of_half_the_modes() {
    // Two distant modes of which one is generated: precision is about 1, recall about a half.
    let (left, right) = (normal(9, 1000, 4), shifted(&normal(10, 1000, 4), 50.0));
    let both = Features::new([left.values(), right.values()].concat(), 4).unwrap();
    let generated = normal(11, 2000, 4);
    let measured = precision_recall(&both, &generated).unwrap();
    assert!(measured.precision > 0.9, "{measured:?}");
    assert!((0.45..=0.5).contains(&measured.recall), "{measured:?}");
    assert!((0.47..=0.5).contains(&measured.coverage), "{measured:?}");
    // The density is the same as for the covered mode alone.
    let half = precision_recall(&left, &generated).unwrap().density;
    assert!((measured.density - half).abs() < 1e-12);
}
