//! Tasks and methods for the entropy of discrete distributions, with few and with many observations.

use ganscope::info::discrete::{Counts, Estimator, entropy};
use ganscope::info::exact::{Entropy, Probabilities};

use crate::draw::uniforms;
use crate::trial::{Family, Method, SEEDS, Task};

/// Tasks and methods of this file.
pub fn family() -> Family {
    Family::new(
        ["counts", "Entropy of K symbols: estimate − truth, nats"],
        tasks,
        &METHODS,
    )
}

fn tasks() -> Vec<Task<Counts>> {
    let mut tasks = Vec::new();
    for (n, group) in [
        (100, "N = 100"),
        (1_000, "N = 1,000"),
        (10_000, "N = 10,000"),
    ] {
        for (name, weight) in FAMILIES {
            for (k, possible) in [(100, "100"), (1_000, "1,000"), (10_000, "10,000")] {
                let name = format!("{name}, K = {possible}");
                // Each task has its own random numbers.
                let step = tasks.len() as u64;
                tasks.push(task(group, name, weight, [k, n], step));
            }
        }
    }
    tasks
}

/// Unnormalised probability of symbol i, from 0, of K symbols.
type Weight = fn(usize, usize) -> f64;

/// The mean of the geometric distribution is about K/10.
const FAMILIES: [(&str, Weight); 3] = [
    ("uniform", |_, _| 1.0),
    ("Zipf", |i, _| 1.0 / (i + 1) as f64),
    ("geometric", |i, k| (1.0 - 10.0 / k as f64).powi(i as i32)),
];

static METHODS: [Method<Counts>; 6] = [
    method("plug-in", "plug-in", |of| {
        Some(entropy(of, Estimator::PlugIn))
    }),
    method("miller-madow", "Miller–\nMadow", |of| {
        Some(entropy(of, Estimator::MillerMadow))
    }),
    method("grassberger", "Grass-\nberger", |of| {
        Some(entropy(of, Estimator::Grassberger))
    }),
    method("chao-shen", "Chao–\nShen", |of| {
        Some(entropy(of, Estimator::ChaoShen))
    }),
    method("dirichlet, 1/2 a symbol, K known", "Dirichlet\n½", |of| {
        Some(entropy(of, Estimator::Dirichlet(0.5)))
    }),
    method("nsb, K known", "NSB", |of| {
        Some(entropy(of, Estimator::Nsb))
    }),
];

const fn method(
    name: &'static str,
    heading: &'static str,
    estimate: fn(&Counts) -> Option<ganscope::Result<ganscope::info::Estimate>>,
) -> Method<Counts> {
    Method {
        name,
        heading,
        estimate,
        seeds: |_| SEEDS,
    }
}

fn task(
    group: &'static str,
    name: String,
    weight: Weight,
    [k, n]: [usize; 2],
    step: u64,
) -> Task<Counts> {
    let weights: Vec<f64> = (0..k).map(|i| weight(i, k)).collect();
    let total: f64 = weights.iter().sum();
    let p: Vec<f64> = weights.iter().map(|w| w / total).collect();
    let cumulative = p.iter().scan(0.0, |sum, p| {
        *sum += p;
        Some(*sum)
    });
    let cumulative: Vec<f64> = cumulative.collect();
    let exact = Probabilities::new(p).and_then(|p| p.entropy());
    Task {
        group,
        name,
        truth: exact.expect("probabilities").0,
        draw: Box::new(move |seed| {
            let mut counts = vec![0; k];
            for u in uniforms(seed, step, n) {
                counts[cumulative.partition_point(|sum| *sum < u).min(k - 1)] += 1;
            }
            Counts::new(counts).expect("at least one observation")
        }),
    }
}
