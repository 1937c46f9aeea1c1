//! Fréchet distances against known values.

use ganscope::evaluate::{Features, Gaussian};

use crate::common::{normal, numpy_features};

fn frechet(a: &Features, b: &Features) -> f64 {
    let [a, b] = [a, b].map(|f| Gaussian::fit(f).unwrap());
    a.frechet(&b).unwrap()
}

#[test]
fn agrees_with_scipy() {
    // NumPy 2 and SciPy's sqrtm of the non-symmetric Σ₁Σ₂, for the same numbers.
    let (real, generated) = numpy_features();
    let distance = frechet(&real, &generated);
    assert!((distance - 0.111274221410).abs() < 1e-10, "{distance:.12}");
    assert!((frechet(&generated, &real) - distance).abs() < 1e-12);
    let itself = frechet(&real, &real);
    assert!((0.0..1e-12).contains(&itself), "{itself:e}");
}

/// y = A x + b for draws x from N(0, I₂), so y is from N(b, A Aᵀ).
fn affine(x: &Features, a: [[f64; 2]; 2], b: [f64; 2]) -> Features {
    let rows = (0..x.len()).flat_map(|i| {
        let x = x.row(i);
        [0, 1].map(|r| a[r][0] * x[0] + a[r][1] * x[1] + b[r])
    });
    Features::new(rows.collect(), 2).unwrap()
}

#[test]
fn converges_to_the_closed_form_between_gaussians() {
    let (a1, b1) = ([[2.0, 0.0], [1.0, 1.0]], [0.0, 1.0]);
    let (a2, b2) = ([[1.0, -1.0], [0.0, 0.5]], [1.0, -1.0]);
    // Σ₁ = [4 2; 2 2], Σ₂ = [2 −½; −½ ¼] do not commute. For 2×2 matrices
    // tr (Σ₁Σ₂)^½ = √(tr Σ₁Σ₂ + 2 √det Σ₁Σ₂) = √((8 − 1 − 1 + ½) + 2 √(4 · ¼)).
    let trace_of_root = (6.5f64 + 2.0).sqrt();
    let expected = (1.0 + 4.0) + (6.0 + 2.25) - 2.0 * trace_of_root;
    for n in [1_000, 16_000, 256_000] {
        let one = affine(&normal(1, n, 2), a1, b1);
        let two = affine(&normal(2, n, 2), a2, b2);
        let error = frechet(&one, &two) - expected;
        // The standard deviation due to the means alone is at most 2 ‖b₁ − b₂‖ √(tr Σ/n), about 11/√n.
        assert!(error.abs() < 25.0 / (n as f64).sqrt(), "{n}: {error}");
    }
}

#[test]
fn the_distance_between_samples_of_one_distribution_is_proportional_to_1_over_n() {
    // N(0, I) in d dimensions: the means differ by 2d/n; near I the rest is ¼‖Σ₁ − Σ₂‖², whose
    // expectation is d(d + 1)/2n. Together 52/n for d = 8.
    let (d, pairs) = (8, 20);
    for n in [500, 4000] {
        let distances =
            (0..pairs).map(|i| frechet(&normal(2 * i + 10, n, d), &normal(2 * i + 11, n, d)));
        let mean = distances.sum::<f64>() / pairs as f64;
        let scaled = mean * n as f64;
        // The standard deviation of one distance is about √(8 d + 2 d (d + 1))/n = 14/n, so that of the mean is 3.2/n.
        assert!((scaled - 52.0).abs() < 10.0, "{n}: {scaled}");
    }
}

#[test]
fn singular_covariances_are_allowed_and_invalid_ones_refused() {
    // Singular covariances: two points on one line, at distance 3 along another axis.
    let one = Features::new(vec![-1.0, 0.0, 0.0, 1.0, 0.0, 0.0], 3).unwrap();
    let two = Features::new(vec![-1.0, 3.0, 0.0, 1.0, 3.0, 0.0], 3).unwrap();
    assert!((frechet(&one, &two) - 9.0).abs() < 1e-12);
    let single = Features::new(vec![1.0, 2.0], 2).unwrap();
    let message = Gaussian::fit(&single).unwrap_err().to_string();
    assert!(message.contains("at least 2"), "{message}");
    let [a, b] = [&one, &normal(1, 5, 2)].map(|f| Gaussian::fit(f).unwrap());
    let message = a.frechet(&b).unwrap_err().to_string();
    assert!(message.contains("3 and of 2"), "{message}");
    let huge = Features::new(vec![1e200, -1e200, 0.0, 1e200], 2).unwrap();
    let huge = Gaussian::fit(&huge).unwrap();
    assert!(
        huge.frechet(&huge)
            .unwrap_err()
            .to_string()
            .contains("eigen")
    );
    let message = Features::new(vec![0.0, 1.0, 2.0, f64::NAN], 2)
        .unwrap_err()
        .to_string();
    assert!(message.contains("sample 1"), "{message}");
}

/// max(0, b + A z) in single precision, like the outputs of a last layer; `spread` scales their variation.
fn activations(seed: u64, n: usize, d: usize, rank: usize, spread: f64) -> Features {
    let (a, b, z) = (
        normal(101, rank, d),
        normal(102, 1, d),
        normal(seed, n, rank),
    );
    let rows = (0..n).flat_map(|i| {
        let (a, b, z) = (&a, &b, &z);
        (0..d).map(move |j| {
            let of_z: f64 = (0..rank).map(|k| z.row(i)[k] * a.row(k)[j]).sum();
            let value = 3.0 * b.row(0)[j] - 0.5 + 0.3 * spread * of_z;
            f64::from((value as f32).max(0.0))
        })
    });
    Features::new(rows.collect(), d).unwrap()
}

#[test]
fn nearly_identical_samples_have_a_distance() {
    // A collapsed generator: a Gaussian of almost no width, d² = |μ₁ − μ₂|² + tr Σ₂. Its covariance is nearly
    // singular, and without the shift of the eigenvalues the decomposition failed for some such matrices.
    let (n, d) = (500, 128);
    let real = activations(1, n, d, 60, 1.0);
    let column = |f: &Features, j: usize| (0..n).map(|i| f.row(i)[j]).collect::<Vec<f64>>();
    let mean = |v: &[f64]| v.iter().sum::<f64>() / n as f64;
    for rank in [1, 2, 10] {
        for exponent in 8..14 {
            for seed in 2..5 {
                let alike = activations(seed, n, d, rank, 10f64.powi(-exponent));
                let expected: f64 = (0..d)
                    .map(|j| {
                        let (x, y) = (column(&real, j), column(&alike, j));
                        let (own, other) = (mean(&x), mean(&y));
                        let squares = x.iter().map(|x| (x - own).powi(2)).sum::<f64>();
                        (own - other).powi(2) + squares / (n - 1) as f64
                    })
                    .sum();
                for found in [frechet(&alike, &real), frechet(&real, &alike)] {
                    assert!((found / expected - 1.0).abs() < 1e-6, "{found} {expected}");
                }
            }
        }
    }
}
