//! Histogram, kernels and covariance on samples whose information is known.

use std::f64::consts::{E, PI};

use crate::checks::{close, refused};
use ganscope::info::discrete::Estimator;
use ganscope::info::histogram::{self, Width};
use ganscope::info::kernel::{self, logspace};
use ganscope::info::{Sample, gaussian};
use ganscope::random::{Stream, rng};
use rand_distr::{Distribution, StandardNormal};

fn normal(n: usize, seed: u64, step: u64) -> Vec<f64> {
    let mut rng = rng(seed, Stream::Data, step);
    (0..n).map(|_| StandardNormal.sample(&mut rng)).collect()
}

fn line(values: Vec<f64>) -> Sample {
    Sample::new(values, 1).unwrap()
}

/// x, and y = ρx + √(1 − ρ²) noise.
fn correlated(n: usize, rho: f64, seed: u64) -> (Sample, Sample) {
    let (x, noise) = (normal(n, seed, 0), normal(n, seed, 1));
    let y = x
        .iter()
        .zip(noise)
        .map(|(x, e)| rho * x + (1.0 - rho * rho).sqrt() * e);
    (line(x.clone()), line(y.collect()))
}

/// Mean error over ten seeds.
fn mean_error(truth: f64, value: impl Fn(u64) -> f64) -> f64 {
    (0..10).map(value).sum::<f64>() / 10.0 - truth
}

fn information(rho: f64) -> f64 {
    -0.5 * (1.0 - rho * rho).ln()
}

fn normal_entropy() -> f64 {
    0.5 * (2.0 * PI * E).ln()
}

#[test]
fn covariance_at_10_000() {
    for rho in [0.0, 0.3, 0.6, 0.9, 0.99] {
        let error = mean_error(information(rho), |seed| {
            let (x, y) = correlated(10_000, rho, seed);
            gaussian::mutual_information(&x, &y).unwrap().value.0
        });
        assert!(error.abs() < 0.01, "{rho}: {error}");
    }
    let error = mean_error(normal_entropy(), |seed| {
        gaussian::entropy(&line(normal(10_000, seed, 0)))
            .unwrap()
            .value
            .0
    });
    assert!(error.abs() < 0.01, "{error}");
}

/// With few observations of many variables the bias correction is most of the value, and 400 repetitions agree with the
/// truth and the standard error. Without the correction the mean is 0.29 at independence.
#[test]
fn gaussian_estimates_from_few_rows_are_unbiased() {
    for rho in [0.0, 0.7] {
        let (runs, n) = (400, 30);
        let mut values = Vec::new();
        let (mut claimed, mut removed) = (0.0, 0.0);
        for seed in 0..runs {
            let draw = |step: u64| correlated(n, rho, 1000 * step + seed);
            let pairs: Vec<_> = (0..4).map(draw).collect();
            let beside = |of: &dyn Fn(usize) -> Sample| {
                (1..4).fold(of(0), |all, i| all.beside(&of(i)).unwrap())
            };
            let x = beside(&|i| pairs[i].0.clone());
            let y = beside(&|i| pairs[i].1.clone());
            let found = gaussian::mutual_information(&x, &y).unwrap();
            values.push(found.value.0);
            claimed += found.standard_error.unwrap().0 / runs as f64;
            removed += found.parameters["bias_removed"].as_f64().unwrap() / runs as f64;
        }
        let mean = values.iter().sum::<f64>() / runs as f64;
        let spread = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (runs - 1) as f64;
        let error = (spread / runs as f64).sqrt();
        close(mean, 4.0 * information(rho), 4.0 * error);
        assert!(removed > 0.25, "{removed}");
        let ratio = spread.sqrt() / claimed;
        assert!((0.5..1.6).contains(&ratio), "{rho}: {ratio}");
    }
}

#[test]
fn bins_at_10_000() {
    for width in [Width::FreedmanDiaconis, Width::Scott, Width::Fixed(0.2)] {
        let error = mean_error(normal_entropy(), |seed| {
            let x = line(normal(10_000, seed, 0));
            histogram::entropy(&x, width, Estimator::MillerMadow)
                .unwrap()
                .value
                .0
        });
        assert!(error.abs() < 0.01, "{width:?}: {error}");
    }
    // Moderate dependence is found, and strong dependence is lost in the width of a bin.
    for (rho, low, high) in [(0.0, -0.02, 0.02), (0.6, -0.02, 0.02), (0.99, -0.6, -0.1)] {
        let error = mean_error(information(rho), |seed| {
            let (x, y) = correlated(10_000, rho, seed);
            let found = histogram::mutual_information(&x, &y, Width::Scott, Estimator::MillerMadow);
            found.unwrap().value.0
        });
        assert!((low..high).contains(&error), "{rho}: {error}");
    }
}

/// 2 IQR n^(−1/3), range/(log₂ n + 1), (24√π)^(1/3) σ n^(−1/3).
#[test]
fn rules_for_the_width() {
    let x = line(vec![1.0, 2.0, 3.0, 5.0, 8.0, 13.0, 21.0, 34.0]);
    let width = |rule| {
        let found = histogram::entropy(&x, rule, Estimator::PlugIn).unwrap();
        found.parameters["widths"][0].as_f64().unwrap()
    };
    // Quartiles 2.75 and 15; n^(1/3) = 2.
    close(width(Width::FreedmanDiaconis), 12.25, 1e-12);
    close(width(Width::Sturges), 33.0 / 4.0, 1e-12);
    // NumPy: (24 * sqrt(pi)) ** (1 / 3) * x.std(ddof=1) / 2
    close(width(Width::Scott), 20.041_081_357_038_593, 1e-12);
}

/// Two variables, with bins that are counted in the test.
#[test]
fn bins_by_brute_force() {
    let (x, y) = correlated(500, 0.8, 3);
    let both = x.beside(&y).unwrap();
    let found = histogram::entropy(&both, Width::Fixed(0.5), Estimator::PlugIn).unwrap();
    let low = |s: &Sample| s.column(0).fold(f64::INFINITY, f64::min);
    let (low_x, low_y) = (low(&x), low(&y));
    let mut table = std::collections::HashMap::new();
    for row in both.rows() {
        let bin = (
            ((row[0] - low_x) / 0.5) as i64,
            ((row[1] - low_y) / 0.5) as i64,
        );
        *table.entry(bin).or_insert(0.0) += 1.0 / 500.0;
    }
    let h: f64 = table.values().map(|p: &f64| -p * p.ln()).sum();
    close(found.value.0, h + 0.25f64.ln(), 1e-12);
    assert_eq!(found.dimension, 2);
}

/// ln p̂ from all pairs, without a shortcut.
fn ln_densities(kernels: &Sample, points: &Sample, sigma: f64, leave_out: bool) -> Vec<f64> {
    let d = points.dimension() as f64;
    let density = |(j, y): (usize, &[f64])| {
        let of = |(i, x): (usize, &[f64])| {
            let square: f64 = x.iter().zip(y).map(|(x, y)| (x - y) * (x - y)).sum();
            let kernel =
                (-square / (2.0 * sigma * sigma)).exp() / (2.0 * PI * sigma * sigma).powf(d / 2.0);
            if leave_out && i == j { 0.0 } else { kernel }
        };
        let count = kernels.len() - usize::from(leave_out);
        (kernels.rows().enumerate().map(of).sum::<f64>() / count as f64).ln()
    };
    points.rows().enumerate().map(density).collect()
}

#[test]
fn kernels_by_brute_force() {
    let draw = |n: usize, seed| Sample::new(normal(3 * n, seed, 0), 3).unwrap();
    let (generated, validation, test) = (draw(300, 1), draw(70, 2), draw(130, 3));
    let mean = |l: Vec<f64>| l.iter().sum::<f64>() / l.len() as f64;
    let sigmas = logspace(-1.0, 0.5, 7);
    let found = kernel::parzen(&generated, &validation, &test, &sigmas).unwrap();
    let by_validation = |s: &f64| mean(ln_densities(&generated, &validation, *s, false));
    let best = sigmas
        .iter()
        .copied()
        .max_by(|a, b| by_validation(a).total_cmp(&by_validation(b)));
    assert_eq!(found.parameters["sigma"].as_f64(), best);
    close(
        found.value.0,
        mean(ln_densities(&generated, &test, best.unwrap(), false)),
        1e-12,
    );
    assert!(found.notes.is_empty(), "{:?}", found.notes);

    let left_out = kernel::entropy(&generated, &sigmas).unwrap();
    let by_others = |s: &f64| mean(ln_densities(&generated, &generated, *s, true));
    let best = sigmas
        .iter()
        .copied()
        .max_by(|a, b| by_others(a).total_cmp(&by_others(b)));
    assert_eq!(left_out.parameters["sigma"].as_f64(), best);
    close(left_out.value.0, -by_others(&best.unwrap()), 1e-12);

    let itself = kernel::entropy_by_resubstitution(&generated, 0.4).unwrap();
    close(
        itself.value.0,
        -mean(ln_densities(&generated, &generated, 0.4, false)),
        1e-12,
    );
    assert!(itself.value.0 < left_out.value.0);
}

/// A point that is far from every kernel has a finite log-likelihood.
#[test]
fn far_points_have_a_likelihood() {
    let (generated, far) = (line(vec![0.0, 1.0]), line(vec![1e3]));
    let found = kernel::parzen(&generated, &far, &far, &[0.01]).unwrap();
    let expected = -(999f64 / 0.01).powi(2) / 2.0 - (0.01 * (2.0 * PI).sqrt()).ln() - 2f64.ln();
    close(found.value.0 / expected, 1.0, 1e-12);
}

#[test]
fn kernels_at_10_000() {
    // σ for n = 2,000, then all 10,000 with it.
    let x = |n, seed| line(normal(n, seed, 0));
    let chosen = kernel::entropy(&x(2000, 0), &logspace(-1.5, 0.5, 13)).unwrap();
    let sigma = chosen.parameters["sigma"].as_f64().unwrap();
    assert!((0.1..0.5).contains(&sigma), "{sigma}");
    let error = mean_error(normal_entropy(), |seed| {
        kernel::entropy(&x(5_000, seed), &[sigma]).unwrap().value.0
    });
    assert!(error.abs() < 0.02, "{error}");
    let (found, n) = (kernel::entropy(&x(10_000, 0), &[sigma]).unwrap(), 1e4f64);
    // The spread of ln p of a normal is √½.
    close(
        found.standard_error.unwrap().0,
        0.5f64.sqrt() / n.sqrt(),
        4e-4,
    );
    close(found.value.0, normal_entropy(), 0.03);
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let x = line(normal(700, 5, 0));
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| kernel::entropy(&x, &[0.1, 0.3, 1.0]).unwrap())
    };
    assert_eq!(run(1), run(3));
}

#[test]
fn bad_input_is_refused() {
    let x = line(normal(50, 1, 0));
    let constant = line(vec![2.5; 50]);
    let coins = line((0..50).map(|i| f64::from(i % 2)).collect());
    let by = Estimator::PlugIn;
    refused(
        histogram::entropy(&constant, Width::Scott, by),
        "variable 1 is 2.5 in all 50",
    );
    refused(
        histogram::entropy(&coins, Width::Scott, by),
        "2 different values in 50 observations: it is discrete",
    );
    refused(
        histogram::mutual_information(&x, &constant, Width::Scott, by),
        "leave it out",
    );
    refused(
        histogram::entropy(&line(vec![1.0]), Width::Scott, by),
        "a single observation",
    );
    for h in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-300] {
        refused(
            histogram::entropy(&x, Width::Fixed(h), by),
            "set a fixed width",
        );
    }
    // Half of the values are one: the quartiles are the same.
    let heap = line(
        (0..40)
            .map(|i| f64::from((i - 36).max(0)))
            .chain([0.5, 0.7])
            .collect(),
    );
    refused(
        histogram::entropy(&heap, Width::FreedmanDiaconis, by),
        "width 0",
    );
    let short = line(normal(49, 1, 0));
    refused(
        histogram::mutual_information(&x, &short, Width::Scott, by),
        "50 observations of one variable and 49",
    );

    refused(kernel::entropy(&constant, &[1.0]), "leave it out");
    refused(kernel::entropy(&coins, &[1.0]), "discrete");
    refused(
        kernel::entropy(&line(vec![1.0]), &[1.0]),
        "a single observation",
    );
    refused(kernel::entropy(&x, &[]), "no value of σ");
    let far = line(vec![0.0, 1e200]);
    refused(
        kernel::parzen(&x, &x, &far, &[1.0]),
        "test point 2 is so far",
    );
    for sigma in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        refused(kernel::entropy(&x, &[1.0, sigma]), "σ must be positive");
        refused(kernel::parzen(&x, &x, &x, &[sigma]), "σ must be positive");
        refused(
            kernel::entropy_by_resubstitution(&x, sigma),
            "σ must be positive",
        );
    }
    let plane = Sample::new(normal(50, 1, 0), 2).unwrap();
    refused(kernel::parzen(&x, &plane, &x, &[1.0]), "1 and 2 dimensions");
    refused(kernel::parzen(&x, &x, &plane, &[1.0]), "1 and 2 dimensions");
    refused(kernel::entropy(&x, &[1e-200]), "too small");
    let edge = kernel::entropy(&x, &[5.0, 10.0]).unwrap();
    assert!(
        edge.notes[0].contains("σ = 5.00 is the smallest"),
        "{:?}",
        edge.notes
    );

    refused(gaussian::entropy(&line(vec![1.0, 2.0])), "use at least 3");
    refused(gaussian::entropy(&constant), "variable 1 is constant");
    refused(
        gaussian::entropy(&line(vec![0.1 + 0.2; 9])),
        "variable 1 is constant",
    );
    refused(gaussian::mutual_information(&x, &x), "linear function");
    refused(gaussian::mutual_information(&x, &short), "50 observations");
}
