//! The three-sample test for data copying, on densities for which the answer is known.

use ganscope::interpret::{CopyingSettings, CopyingTest, copying_test, rank_test};
use ganscope::random::{Stream, rng};
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};

const D: usize = 6;

/// `n` samples of a mixture of four Gaussians in 6 dimensions, with standard deviation `sd`.
fn mixture(n: usize, sd: f64, seed: u64, step: u64) -> Vec<f64> {
    let mut rng = rng(seed, Stream::Data, step);
    let mut samples = Vec::new();
    for _ in 0..n {
        let component: usize = rng.random_range(0..4);
        for j in 0..D {
            let noise: f64 = StandardNormal.sample(&mut rng);
            let centre = if j == component { 6.0 } else { 0.0 };
            samples.push(centre + sd * noise);
        }
    }
    samples
}

/// Random training samples with noise of standard deviation `sd`.
fn copies(training: &[f64], n: usize, sd: f64, seed: u64) -> Vec<f64> {
    let mut rng = rng(seed, Stream::Data, 9);
    let mut samples = Vec::new();
    for _ in 0..n {
        let i = rng.random_range(0..training.len() / D);
        for v in &training[i * D..][..D] {
            let noise: f64 = StandardNormal.sample(&mut rng);
            samples.push(v + sd * noise);
        }
    }
    samples
}

fn settings() -> CopyingSettings {
    CopyingSettings {
        cells: 4,
        ..CopyingSettings::default()
    }
}

/// Tests 300 generated samples against 500 training and 300 held-out samples.
fn test_generator(seed: u64, generate: impl Fn(&[f64]) -> Vec<f64>) -> CopyingTest {
    let training = mixture(500, 1.0, seed, 0);
    let held_out = mixture(300, 1.0, seed, 1);
    copying_test(&training, &held_out, &generate(&training), D, &settings()).unwrap()
}

#[test]
fn ranks_agree_with_scipy() {
    // mannwhitneyu(a, b, alternative=…, use_continuity=False, method='asymptotic') of SciPy 1.17, with
    // a = [i*i*7 % 23 for i in range(15)], b = [i*i*5 % 31 for i in range(12)]; 8 values are tied.
    let a: Vec<f64> = (0..15u32)
        .map(|i| f64::from(i * i * 7 % 23) / 4.0)
        .collect();
    let b: Vec<f64> = (0..12u32)
        .map(|i| f64::from(i * i * 5 % 31) / 4.0)
        .collect();
    let test = rank_test(&a, &b).unwrap();
    assert_eq!(test.u, 103.0);
    assert!((test.p_copying - 0.7373853817468169).abs() < 1e-9);
    assert!((test.p_underfitting - 0.2626146182531831).abs() < 1e-9);
    // Without ties: all 3 · 4 pairs, and the variance 3 · 4 · 8/12 = 8.
    let test = rank_test(&[5.0, 6.0, 7.0], &[1.0, 2.0, 3.0, 4.0]).unwrap();
    assert_eq!((test.u, test.z), (12.0, 6.0 / 8f64.sqrt()));
    // All distances equal.
    let test = rank_test(&[1.0; 9], &[1.0; 9]).unwrap();
    assert_eq!((test.u, test.z, test.p_copying), (40.5, 0.0, 0.5));
    let single = rank_test(&[1.0], &[2.0]).unwrap();
    assert_eq!((single.u, single.z), (0.0, -1.0));
    assert!(rank_test(&[], &[1.0]).is_err() && rank_test(&[1.0], &[f64::NAN]).is_err());
}

#[test]
fn a_generator_that_copies_is_found_for_all_of_20_seeds() {
    for seed in 0..20 {
        let test = test_generator(seed, |training| copies(training, 300, 0.01, seed));
        assert!(test.all.p_copying < 1e-6, "{test}");
        assert!(test.p_copying.is_some_and(|p| p < 1e-6), "{test}");
        assert_eq!(test.cells_copying, test.cells.len(), "{test}");
        assert!(
            test.median_generated < 0.05 && test.median_held_out > 0.5,
            "{test}"
        );
        assert!(
            test.to_string()
                .starts_with("copying: generated samples are nearer"),
            "{test}"
        );
    }
}

#[test]
fn a_generator_with_the_true_density_is_rarely_suspected() {
    // At α = 0.05, more than 3 false alarms in 20 have a probability of 1.6 %.
    let (mut all, mut cells, mut z) = (0, 0, Vec::new());
    for seed in 0..20 {
        let test = test_generator(seed, |_| mixture(300, 1.0, seed, 2));
        all += usize::from(test.all.p_copying < 0.05);
        cells += usize::from(test.p_copying.is_some_and(|p| p < 0.05));
        let (c_t, deviation) = (test.c_t.unwrap(), test.c_t_deviation.unwrap());
        z.extend([test.all.z, c_t / deviation]);
        // The deviation for four cells is ½ with equal weights, and larger if k-means divides a component.
        assert!((0.4999..0.75).contains(&deviation), "{test}");
    }
    println!("false alarms: {all} of all samples, {cells} of cells");
    assert!(all <= 3 && cells <= 3, "{all} {cells}");
    // Z_U and C_T/sd are standard normal. The mean square of 20 independent ones has a standard error of √(2/20) =
    // 0.32, and their correlation makes that of all 40 not larger.
    let square = z.iter().map(|z| z * z).sum::<f64>() / z.len() as f64;
    assert!((square - 1.0).abs() < 3.0 * 0.32, "{square}");
}

#[test]
fn a_wider_density_has_positive_values() {
    for seed in 0..20 {
        let test = test_generator(seed, |_| mixture(300, 1.3, seed, 2));
        assert!(
            test.all.z > 2.0 && test.c_t.is_some_and(|c_t| c_t > 0.5),
            "{test}"
        );
        assert!(
            test.all.p_underfitting < 0.05 && test.all.p_copying > 0.95,
            "{test}"
        );
        assert!(test.to_string().starts_with("underfitting:"), "{test}");
    }
}

#[test]
fn copying_in_one_region_is_found_in_its_cells() {
    // In two of four components the generator copies, in the others it is too wide: the two effects cancel in Z_U of
    // all samples, but not in the cells.
    let seed = 3;
    let training = mixture(500, 1.0, seed, 0);
    let held_out = mixture(300, 1.0, seed, 1);
    let in_first = |row: &&[f64]| row[0] > 3.0 || row[1] > 3.0;
    let wide = mixture(1000, 3.0, seed, 2);
    let copied = copies(&training, 1000, 0.01, seed);
    let copied = copied.chunks(D).filter(in_first).take(150);
    let wide = wide.chunks(D).filter(|row| !in_first(row)).take(150);
    let generated: Vec<f64> = copied.chain(wide).flatten().copied().collect();
    assert_eq!(generated.len(), 300 * D);
    let test = copying_test(&training, &held_out, &generated, D, &settings()).unwrap();
    assert!(test.all.p_copying > 0.05, "{test}");
    assert_eq!(test.cells_copying, 2, "{test}");
    assert!(test.to_string().starts_with("copying"), "{test}");
}

#[test]
fn distances_are_exact() {
    // Two features, one training sample at the origin of a large offset.
    let offset = 1e6;
    let training = [offset, offset, offset + 10.0, offset];
    let held_out = [offset + 3.0, offset + 4.0, offset + 10.0, offset + 1.0];
    let generated = [offset, offset, offset + 10.0, offset - 0.125];
    let settings = CopyingSettings {
        cells: 2,
        fewest: 1,
        seed: 1,
    };
    let test = copying_test(&training, &held_out, &generated, 2, &settings).unwrap();
    // Held out: 5 and 1; generated: 0 and 0.125.
    assert_eq!((test.median_held_out, test.median_generated), (3.0, 0.0625));
    assert_eq!(test.all.u, 0.0);
    let numbers: Vec<_> = test
        .cells
        .iter()
        .map(|c| (c.training, c.held_out, c.generated))
        .collect();
    assert_eq!(numbers, [(1, 1, 1), (1, 1, 1)]);
}

#[test]
fn more_samples_than_a_block_are_compared_exactly() {
    let training = mixture(9000, 1.0, 5, 0);
    let queries = mixture(1100, 1.0, 5, 1);
    let one = CopyingSettings {
        cells: 1,
        ..CopyingSettings::default()
    };
    let test = copying_test(&training, &queries, &queries, D, &one).unwrap();
    let nearest = |query: &[f64]| {
        let squared = training
            .chunks(D)
            .map(|t| t.iter().zip(query).map(|(a, b)| (a - b).powi(2)).sum());
        squared
            .fold(f64::INFINITY, |a: f64, b: f64| a.min(b))
            .sqrt()
    };
    let mut expected: Vec<f64> = queries.chunks(D).map(nearest).collect();
    expected.sort_by(f64::total_cmp);
    let median = 0.5 * (expected[549] + expected[550]);
    assert!((test.median_held_out - median).abs() < 1e-12);
    // The same samples on both sides: all pairs cancel.
    assert_eq!((test.all.z, test.c_t), (0.0, Some(0.0)));
    // One cell is the test of all samples.
    assert_eq!(test.cells[0].test, Some(test.all));
}

#[test]
fn results_do_not_depend_on_threads() {
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| test_generator(1, |_| mixture(300, 1.0, 1, 2)))
    };
    assert_eq!(run(1), run(3));
    let json = serde_json::to_string(&run(1)).unwrap();
    assert_eq!(serde_json::from_str::<CopyingTest>(&json).unwrap(), run(1));
}

#[test]
fn bad_input_is_refused_and_small_cells_are_not_tested() {
    let refuse =
        |training: &[f64], held_out: &[f64], generated: &[f64], d, cells, expected: &str| {
            let settings = CopyingSettings {
                cells,
                ..CopyingSettings::default()
            };
            let error = copying_test(training, held_out, generated, d, &settings)
                .unwrap_err()
                .to_string();
            assert!(error.contains(expected), "{error}");
        };
    let rows = [1.0, 2.0, 3.0, 4.0];
    refuse(
        &rows,
        &rows,
        &rows,
        0,
        1,
        "the training features: 4 numbers cannot be divided into rows of 0",
    );
    refuse(
        &rows,
        &rows[..3],
        &rows,
        2,
        1,
        "the held-out features: 3 numbers cannot be divided",
    );
    refuse(&rows, &rows, &[], 2, 1, "the generated features: 0 numbers");
    refuse(
        &rows,
        &rows,
        &[1.0, f64::NAN],
        2,
        1,
        "the generated features: row 0 (counted from 0) has a value that is NaN",
    );
    refuse(&[1e300, 0.0], &rows, &rows, 2, 1, "at most 1e100");
    refuse(&rows, &rows, &rows, 2, 0, "use 1 to 2");
    refuse(
        &rows,
        &rows,
        &rows,
        2,
        3,
        "2 training samples cannot be divided into 3 cells",
    );

    let one = CopyingSettings {
        cells: 2,
        ..CopyingSettings::default()
    };
    let test = copying_test(&rows, &rows, &rows, 2, &one).unwrap();
    assert_eq!((test.c_t, test.p_copying), (None, None));
    assert!(
        test.to_string()
            .contains("not tested: none has 20 generated and 20 held-out samples"),
        "{test}"
    );
    // Identical training samples make a single cell.
    let same = copying_test(&[1.0; 40], &rows, &rows, 2, &CopyingSettings::default()).unwrap();
    assert_eq!(same.cells.len(), 1);
}
