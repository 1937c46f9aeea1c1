//! Times of the nearest-neighbour estimators for growing N, with all threads. info.py measures scikit-learn and SciPy on
//! the same tables.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use ganscope::info::{Knn, Ksg, Norm, Sample, entropy_knn, ksg};
use ganscope::random::{Stream, rng};
use rand_distr::{Distribution, StandardNormal};
use std::hint::black_box;
use std::time::Duration;

/// Sample [n, d] of standard normal numbers.
fn normals(n: usize, d: usize) -> Sample {
    let mut random = rng(1, Stream::Data, d as u64);
    let draws = (0..n * d).map(|_| StandardNormal.sample(&mut random));
    Sample::new(draws.collect(), d).expect("finite numbers")
}

/// Two samples [n, d] of standard normal numbers whose columns correlate by 0.6.
fn pairs(n: usize, d: usize) -> (Sample, Sample) {
    let (x, noise) = (normals(n, d), normals(2 * n, d));
    let y = x.values().iter().zip(&noise.values()[n * d..]);
    let y = Sample::new(y.map(|(x, noise)| 0.6 * x + 0.8 * noise).collect(), d);
    (x, y.expect("finite numbers"))
}

fn info(c: &mut Criterion) {
    for (algorithm, name) in [(Ksg::One, "ksg-1"), (Ksg::Two, "ksg-2")] {
        for (d, sizes) in [
            (1, vec![1_000, 10_000, 100_000, 1_000_000]),
            (5, vec![10_000]),
        ] {
            let mut group = c.benchmark_group(format!("{name}, {d} + {d}"));
            for n in sizes {
                let (x, y) = pairs(n, d);
                group.bench_function(BenchmarkId::from_parameter(n), |b| {
                    b.iter(|| {
                        black_box(ksg(&x, &y, algorithm, Knn::new(3)).expect("distinct points"))
                    });
                });
            }
        }
    }
    let mut group = c.benchmark_group("entropy, 2, k = 5");
    for n in [1_000, 10_000, 100_000, 1_000_000] {
        let sample = normals(n, 2);
        group.bench_function(BenchmarkId::from_parameter(n), |b| {
            let estimate = || entropy_knn(&sample, Knn::new(5), Norm::Euclidean);
            b.iter(|| black_box(estimate().expect("distinct points")));
        });
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(3))
        .sample_size(10)
        .without_plots();
    targets = info
}
criterion_main!(benches);
