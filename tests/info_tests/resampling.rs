//! Permutation tests, bootstrap and subsampling have their nominal error rates.

use crate::checks::refused;
use ganscope::info::discrete::{Estimator, Symbols, entropy, mutual_information};
use ganscope::info::resampling::{bootstrap, permutation_test, subsampling};
use ganscope::info::{Estimate, Nats, Sample, gaussian};
use ganscope::random::{Stream, rng};
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};

fn normal(n: usize, seed: u64, step: u64) -> Vec<f64> {
    let mut rng = rng(seed, Stream::Data, step);
    (0..n).map(|_| StandardNormal.sample(&mut rng)).collect()
}

fn correlated(n: usize, rho: f64, seed: u64) -> (Sample, Sample) {
    let (x, noise) = (normal(n, seed, 0), normal(n, seed, 1));
    let y = x
        .iter()
        .zip(noise)
        .map(|(x, e)| rho * x + (1.0 - rho * rho).sqrt() * e);
    (
        Sample::new(x.clone(), 1).unwrap(),
        Sample::new(y.collect(), 1).unwrap(),
    )
}

/// Under independence the 20 possible values of p are equally likely: over 400 datasets the Kolmogorov distance is below
/// 0.08 with probability 0.99.
#[test]
fn p_is_uniform_under_independence() {
    let (runs, m) = (400, 19);
    let mut counts = vec![0.0; m + 1];
    for seed in 0..runs {
        let (x, y) = correlated(25, 0.0, seed);
        let test = permutation_test(&x, &y, m, seed, gaussian::mutual_information).unwrap();
        counts[(test.p_value * (m + 1) as f64).round() as usize - 1] += 1.0 / runs as f64;
    }
    let mut below = 0.0;
    for (i, share) in counts.iter().enumerate() {
        below += share;
        let expected = (i + 1) as f64 / (m + 1) as f64;
        assert!(
            (below - expected).abs() < 0.08,
            "P(p ≤ {expected}) is {below}"
        );
    }
}

#[test]
fn p_is_small_under_dependence() {
    let (x, y) = correlated(100, 0.6, 1);
    let test = permutation_test(&x, &y, 199, 1, gaussian::mutual_information).unwrap();
    assert_eq!(test.p_value, 1.0 / 200.0);
    assert_eq!(test.null.len(), 199);
    let mean = test.null.iter().map(|nats| nats.0).sum::<f64>() / 199.0;
    assert!(mean.abs() < 0.005, "{mean}");
    assert!((test.estimate.value.0 + 0.5 * (1.0 - 0.36f64).ln()).abs() < 0.12);
}

/// If every order gives the same value, p is 1.
#[test]
fn ties_count_against_dependence() {
    let x = Symbols::new(&[1, 1, 1, 1]).unwrap();
    let y = Symbols::new(&[1, 2, 3, 4]).unwrap();
    let by = |x: &Symbols, y: &Symbols| mutual_information(x, y, Estimator::PlugIn);
    assert_eq!(permutation_test(&x, &y, 50, 1, by).unwrap().p_value, 1.0);
}

/// Over 200 datasets the 90 % interval contains the truth in about 90 %, and the standard error is right.
#[track_caller]
fn covers(truth: f64, run: impl Fn(u64) -> Estimate) {
    let found: Vec<Estimate> = (0..200).map(run).collect();
    let inside = |e: &&Estimate| {
        e.interval
            .is_some_and(|(low, high)| low.0 <= truth && truth <= high.0)
    };
    let share = found.iter().filter(inside).count() as f64 / 200.0;
    let mean = found.iter().map(|e| e.value.0).sum::<f64>() / 200.0;
    let spread = (found
        .iter()
        .map(|e| (e.value.0 - mean).powi(2))
        .sum::<f64>()
        / 199.0)
        .sqrt();
    let claimed = found
        .iter()
        .map(|e| e.standard_error.unwrap().0)
        .sum::<f64>()
        / 200.0;
    assert!((0.83..0.96).contains(&share), "covers {share}");
    let ratio = claimed / spread;
    assert!((0.85..1.15).contains(&ratio), "{claimed} for {spread}");
}

#[test]
fn the_bootstrap_covers() {
    covers(-0.5 * (1.0 - 0.36f64).ln(), |seed| {
        let data = correlated(150, 0.6, seed);
        bootstrap(&data, 150, 0.9, seed, |(x, y)| {
            gaussian::mutual_information(x, y)
        })
        .unwrap()
    });
}

#[test]
fn subsampling_covers() {
    covers(-0.5 * (1.0 - 0.36f64).ln(), |seed| {
        let data = correlated(150, 0.6, seed);
        subsampling(&data, 150, 0.9, seed, |(x, y)| {
            gaussian::mutual_information(x, y)
        })
        .unwrap()
    });
}

#[test]
fn symbols_are_resampled() {
    let truth: f64 = [0.5f64, 0.3, 0.2].iter().map(|p| -p * p.ln()).sum();
    let draw = |seed| {
        let mut rng = rng(seed, Stream::Data, 0);
        let symbol = |u: f64| if u < 0.5 { 0 } else { 1 + u8::from(u < 0.7) };
        Symbols::new(&(0..300).map(|_| symbol(rng.random())).collect::<Vec<u8>>()).unwrap()
    };
    covers(truth, |seed| {
        let by = |x: &Symbols| entropy(&x.counts()?, Estimator::MillerMadow);
        bootstrap(&draw(seed), 150, 0.9, seed, by).unwrap()
    });
}

/// A subsample contains no observation twice, but a bootstrap sample does.
#[test]
fn only_the_bootstrap_draws_duplicates() {
    let x = Sample::new((0..40).map(f64::from).collect(), 1).unwrap();
    let distinct = |x: &Sample| {
        let mut values = x.values().to_vec();
        values.sort_by(f64::total_cmp);
        values.dedup();
        Ok(Estimate::new(
            "distinct",
            Nats(values.len() as f64),
            x.len(),
            1,
        ))
    };
    let found = subsampling(&x, 50, 0.9, 1, distinct).unwrap();
    assert_eq!(found.standard_error, Some(Nats(0.0)));
    let found = bootstrap(&x, 200, 0.9, 1, distinct).unwrap();
    // On average 40 (1 − (1 − 1/40)^40) = 25.47 of them are drawn.
    let (low, high) = found.interval.unwrap();
    assert!(low.0 > 20.0 && high.0 < 31.0, "{low} {high}");
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let data = correlated(60, 0.5, 1);
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| {
            let by = |(x, y): &(Sample, Sample)| gaussian::mutual_information(x, y);
            (
                permutation_test(&data.0, &data.1, 30, 7, gaussian::mutual_information).unwrap(),
                bootstrap(&data, 30, 0.9, 7, by).unwrap(),
                subsampling(&data, 30, 0.9, 7, by).unwrap(),
            )
        })
    };
    assert_eq!(run(1), run(3));
    let other = permutation_test(&data.0, &data.1, 30, 8, gaussian::mutual_information).unwrap();
    assert_ne!(run(2).0.null, other.null);
}

#[test]
fn bad_input_is_refused() {
    let (x, y) = correlated(30, 0.5, 1);
    let by = gaussian::mutual_information;
    refused(
        permutation_test(&x, &y, 0, 1, by),
        "0 permutations are too few",
    );
    refused(
        permutation_test(&x, &y, usize::MAX, 1, by),
        "permutations are too many: at most 1,000,000",
    );
    refused(
        bootstrap(&x, 1_000_001, 0.9, 1, gaussian::entropy),
        "1000001 replicates are too many",
    );
    let short = Sample::new(vec![1.0, 2.0, 3.0], 1).unwrap();
    refused(
        permutation_test(&x, &short, 9, 1, by),
        "30 observations of one variable and 3",
    );
    let constant = Sample::new(vec![1.0; 30], 1).unwrap();
    refused(permutation_test(&x, &constant, 9, 1, by), "constant");
    for level in [0.0, 1.0, -0.5, f64::NAN] {
        refused(
            bootstrap(&x, 9, level, 1, gaussian::entropy),
            "between 0 and 1",
        );
        refused(
            subsampling(&x, 9, level, 1, gaussian::entropy),
            "between 0 and 1",
        );
    }
    refused(
        bootstrap(&x, 1, 0.9, 1, gaussian::entropy),
        "1 replicate is too few",
    );
    refused(
        subsampling(&short, 9, 0.9, 1, gaussian::entropy),
        "3 observations are too few",
    );
    // Two of four numbers do not determine a variance.
    let four = Sample::new(vec![1.0, 2.0, 3.0, 5.0], 1).unwrap();
    refused(
        subsampling(&four, 9, 0.9, 1, gaussian::entropy),
        "use at least 3",
    );
    let first = |(x, _): &(Sample, Sample)| gaussian::entropy(x);
    refused(
        bootstrap(&(x.clone(), short.clone()), 9, 0.9, 1, first),
        "no observation",
    );
    refused(
        bootstrap(&(x, short), 9, 0.9, 1, |(x, y)| by(x, y)),
        "30 observations",
    );
}

/// Of a hundred symbols that occur once each, a bootstrap sample lacks a third, and so underestimates the entropy.
#[test]
fn a_note_says_that_the_bootstrap_is_biased() {
    let of = |x: &Symbols| entropy(&x.counts()?, Estimator::PlugIn);
    let once = Symbols::new(&(0..100).collect::<Vec<_>>()).unwrap();
    let found = bootstrap(&once, 100, 0.95, 1, of).unwrap();
    let noted = |found: &Estimate| {
        found
            .notes
            .iter()
            .any(|note| note.contains("nats lower on average"))
    };
    assert!(noted(&found), "{found:?}");
    let often = Symbols::new(&(0..1000).map(|i| (i % 7).min(3)).collect::<Vec<_>>()).unwrap();
    assert!(!noted(&bootstrap(&often, 100, 0.95, 1, of).unwrap()));
}
