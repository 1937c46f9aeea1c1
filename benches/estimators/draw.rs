//! Random samples as functions of a seed.

use ganscope::info::Sample;
use ganscope::random::{Stream, rng};
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};
use statrs::distribution::{ContinuousCDF, Normal};

/// Sample size of every continuous task.
pub const N: usize = 10_000;

/// Returns n draws from N(0, 1). Each `step` has its own random numbers.
pub fn normals(seed: u64, step: u64, n: usize) -> Vec<f64> {
    let mut random = rng(seed, Stream::Data, step);
    (0..n).map(|_| StandardNormal.sample(&mut random)).collect()
}

/// Returns n draws from U(0, 1). Each `step` has its own random numbers.
pub fn uniforms(seed: u64, step: u64, n: usize) -> Vec<f64> {
    let mut random = rng(seed, Stream::Data, step);
    (0..n).map(|_| random.random()).collect()
}

/// Returns a sample of rows with d numbers.
pub fn sample(values: Vec<f64>, d: usize) -> Sample {
    Sample::new(values, d).expect("finite numbers, d a row")
}

/// Returns two lists of standard normal numbers with correlation `rho`.
pub fn correlated(seed: u64, rho: f64, n: usize) -> [Vec<f64>; 2] {
    let (x, noise) = (normals(seed, 0, n), normals(seed, 1, n));
    let correlated = |(x, noise): (&f64, &f64)| rho * x + (1.0 - rho * rho).sqrt() * noise;
    let y = x.iter().zip(&noise).map(correlated).collect();
    [x, y]
}

/// Returns N(0, 1), which has Φ and its inverse as methods.
pub fn standard_normal() -> Normal {
    Normal::new(0.0, 1.0).expect("a positive deviation")
}

/// Replaces each value by its normal score Φ⁻¹(r/(N + 1)), where r is its rank in its column.
pub fn scores(x: &Sample) -> Sample {
    let (n, d) = (x.len(), x.dimension());
    let normal = standard_normal();
    let mut values = vec![0.0; n * d];
    for j in 0..d {
        let column: Vec<f64> = x.column(j).collect();
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by(|&a, &b| column[a].total_cmp(&column[b]));
        for (rank, row) in order.into_iter().enumerate() {
            values[row * d + j] = normal.inverse_cdf((rank + 1) as f64 / (n + 1) as f64);
        }
    }
    sample(values, d)
}
