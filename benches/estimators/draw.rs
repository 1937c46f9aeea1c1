//! Samples, as functions of a seed.

use ganscope::info::Sample;
use ganscope::random::{Stream, rng};
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};
use statrs::distribution::{ContinuousCDF, Normal};

/// Rows of every continuous task.
pub const N: usize = 10_000;

/// n draws from N(0, 1), another series for each `step`.
pub fn normals(seed: u64, step: u64, n: usize) -> Vec<f64> {
    let mut random = rng(seed, Stream::Data, step);
    (0..n).map(|_| StandardNormal.sample(&mut random)).collect()
}

/// n draws from U(0, 1), another series for each `step`.
pub fn uniforms(seed: u64, step: u64, n: usize) -> Vec<f64> {
    let mut random = rng(seed, Stream::Data, step);
    (0..n).map(|_| random.random()).collect()
}

/// Rows of d numbers.
pub fn sample(values: Vec<f64>, d: usize) -> Sample {
    Sample::new(values, d).expect("finite numbers, d a row")
}

/// Two lists of standard normal numbers that correlate pair by pair.
pub fn correlated(seed: u64, rho: f64, n: usize) -> [Vec<f64>; 2] {
    let (x, own) = (normals(seed, 0, n), normals(seed, 1, n));
    let of = |(x, own): (&f64, &f64)| rho * x + (1.0 - rho * rho).sqrt() * own;
    let y = x.iter().zip(&own).map(of).collect();
    [x, y]
}

/// Φ and its inverse are methods of this.
pub fn standard_normal() -> Normal {
    Normal::new(0.0, 1.0).expect("a positive deviation")
}

/// Each column's ranks r as normal scores Φ⁻¹(r/(N + 1)).
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
