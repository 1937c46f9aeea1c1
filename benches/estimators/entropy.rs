//! Tasks and methods for the differential entropy of a density, and for the divergence and cross-entropy of two.

use ganscope::Result;
use ganscope::info::discrete::Estimator;
use ganscope::info::exact::{Entropy, KullbackLeibler, MultivariateNormal};
use ganscope::info::histogram::{self, Width};
use ganscope::info::kernel::{self, logspace};
use ganscope::info::{Estimate, Knn, Nats, Norm, Sample, divergence_knn, entropy_knn, gaussian};
use statrs::distribution::{Beta, ContinuousCDF, Exp, Gamma, Laplace, Normal, StudentsT, Uniform};

use crate::draw::{N, normals, sample, uniforms};
use crate::trial::{Family, Method, SEEDS, Task};

const K: usize = 3;

/// A quantity with the sample of p, or the samples of p and q, to estimate it from.
enum Question {
    Entropy(Sample),
    Divergence(Sample, Sample),
    CrossEntropy(Sample, Sample),
}

use Question::{CrossEntropy, Divergence};

/// Tasks and methods of this file.
pub fn family() -> Family {
    Family::new(
        [
            "entropy",
            "Differential entropy and KL: estimate − truth, nats",
        ],
        tasks,
        &METHODS,
    )
}

fn tasks() -> Vec<Task<Question>> {
    let mut tasks = vec![
        on_line("normal", Normal::new(0.0, 1.0)),
        on_line("uniform", Uniform::new(0.0, 1.0)),
        on_line("exponential", Exp::new(1.0)),
        on_line("Laplace", Laplace::new(0.0, 1.0)),
        on_line("gamma, shape 2", Gamma::new(2.0, 1.0)),
        on_line("beta, shapes 2 and 3", Beta::new(2.0, 3.0)),
        on_line("Student, ν = 3", StudentsT::new(0.0, 1.0, 3.0)),
        on_line("Student, ν = 2", StudentsT::new(0.0, 1.0, 2.0)),
        on_line("Student, ν = 1", StudentsT::new(0.0, 1.0, 1.0)),
    ];
    tasks.extend([2, 5, 25].map(chain));
    tasks.extend([1, 2, 5, 25].map(|d| shifted("KL(p‖q), normal, means apart by 1", d)));
    tasks.extend([1, 2, 5, 25].map(|d| shifted(CROSS, d)));
    tasks
}

const CROSS: &str = "cross-entropy, the same";

static METHODS: [Method<Question>; 7] = [
    Method {
        name: "kozachenko-leonenko or wang-kulkarni-verdu, k = 3, euclidean",
        heading: "kNN",
        estimate: |of| Some(by_neighbours(of, Norm::Euclidean)),
        seeds,
    },
    Method {
        name: "the same, maximum norm",
        heading: "kNN\nmax.",
        estimate: |of| Some(by_neighbours(of, Norm::Maximum)),
        seeds,
    },
    Method {
        name: "kernel leave-one-out, or parzen; best of 11 sigmas",
        heading: "kernel",
        estimate: by_kernels,
        seeds: |of| if columns(of) > 2 { 2 } else { 3 },
    },
    Method {
        name: "gaussian",
        heading: "normal",
        estimate: |of| Some(gaussian::entropy(alone(of)?)),
        seeds: |_| SEEDS,
    },
    Method {
        name: "histogram, freedman-diaconis, miller-madow",
        heading: "bins\nF.–D.",
        estimate: |of| by_bins(of, Width::FreedmanDiaconis),
        seeds: |_| SEEDS,
    },
    Method {
        name: "histogram, scott, miller-madow",
        heading: "bins\nScott",
        estimate: |of| by_bins(of, Width::Scott),
        seeds: |_| SEEDS,
    },
    Method {
        name: "histogram, sturges, miller-madow",
        heading: "bins\nSturges",
        estimate: |of| by_bins(of, Width::Sturges),
        seeds: |_| SEEDS,
    },
];

fn columns(of: &Question) -> usize {
    match of {
        Question::Entropy(x) => x.dimension(),
        Divergence(p, _) | CrossEntropy(p, _) => p.dimension(),
    }
}

/// Number of seeds of the nearest-neighbour methods: fewer in many dimensions, where they are slow and vary little.
fn seeds(of: &Question) -> u64 {
    if columns(of) > 20 { 3 } else { SEEDS }
}

/// The sample, if the quantity is an entropy.
fn alone(of: &Question) -> Option<&Sample> {
    match of {
        Question::Entropy(x) => Some(x),
        Divergence(..) | CrossEntropy(..) => None,
    }
}

/// Nearest-neighbour estimate. The cross-entropy is H(p) + KL(p‖q).
fn by_neighbours(of: &Question, norm: Norm) -> Result<Estimate> {
    let knn = Knn::new(K);
    match of {
        Question::Entropy(x) => entropy_knn(x, knn, norm),
        Divergence(p, q) => divergence_knn(p, q, knn, norm),
        CrossEntropy(p, q) => {
            let mut found = divergence_knn(p, q, knn, norm)?;
            found.value = found.value + entropy_knn(p, knn, norm)?.value;
            Ok(found)
        }
    }
}

/// Kernel estimate. For the cross-entropy, the kernels are on the sample of q, one half of the sample of p selects σ, and
/// the estimate is the negative log-likelihood of the other half.
fn by_kernels(of: &Question) -> Option<Result<Estimate>> {
    let sigmas = logspace(-2.0, 0.5, 11);
    match of {
        Question::Entropy(x) => Some(kernel::entropy(x, &sigmas)),
        Divergence(..) => None,
        CrossEntropy(p, q) => {
            let (first, second) = p.values().split_at(p.values().len() / 2);
            let half = |values: &[f64]| sample(values.to_vec(), p.dimension());
            let found = kernel::parzen(q, &half(first), &half(second), &sigmas);
            Some(found.map(|found| Estimate {
                value: Nats(-found.value.0),
                ..found
            }))
        }
    }
}

fn by_bins(of: &Question, width: Width) -> Option<Result<Estimate>> {
    Some(histogram::entropy(
        alone(of)?,
        width,
        Estimator::MillerMadow,
    ))
}

/// The entropy of a univariate density, sampled by the quantiles of uniform numbers.
fn on_line<P, E>(name: &str, p: std::result::Result<P, E>) -> Task<Question>
where
    P: Entropy + ContinuousCDF<f64, f64> + 'static,
    E: std::fmt::Debug,
{
    let p = p.expect("parameters of a density");
    Task {
        group: "H, one column",
        name: name.into(),
        truth: Entropy::entropy(&p).expect("a closed form").0,
        draw: Box::new(move |seed| {
            let u = uniforms(seed, 0, N).into_iter();
            // The quantile of 0 may be infinite.
            let x = u.map(|u| p.inverse_cdf(u.max(f64::EPSILON)));
            Question::Entropy(sample(x.collect(), 1))
        }),
    }
}

/// The entropy of d normal columns, each of which correlates with the previous one by 0.6.
fn chain(d: usize) -> Task<Question> {
    let rho: f64 = 0.6;
    let covariance = (0..d * d).map(|at| rho.powi((at / d).abs_diff(at % d) as i32));
    let exact = MultivariateNormal::new(vec![0.0; d], &covariance.collect::<Vec<f64>>());
    Task {
        group: "H, normal, neighbouring columns ρ = 0.6",
        name: format!("{d} columns"),
        truth: Entropy::entropy(&exact.expect("a covariance"))
            .expect("a closed form")
            .0,
        draw: Box::new(move |seed| {
            let mut x = normals(seed, 0, N * d);
            for row in x.chunks_exact_mut(d) {
                for j in 1..d {
                    row[j] = rho * row[j - 1] + (1.0 - rho * rho).sqrt() * row[j];
                }
            }
            Question::Entropy(sample(x, d))
        }),
    }
}

/// N(0, I) and N(μ, I) with |μ| = 1: the divergence is ½ nats, and the cross-entropy is H(p) + ½ nats.
fn shifted(group: &'static str, d: usize) -> Task<Question> {
    let mu = (d as f64).recip().sqrt();
    let identity = |at: usize| if at / d == at % d { 1.0 } else { 0.0 };
    let identity: Vec<f64> = (0..d * d).map(identity).collect();
    let at = |mu: f64| MultivariateNormal::new(vec![mu; d], &identity).expect("a covariance");
    let (p, q) = (at(0.0), at(mu));
    let truth = if group == CROSS {
        p.cross_entropy(&q)
    } else {
        p.kullback_leibler(&q)
    };
    Task {
        group,
        name: if d == 1 {
            "1 column".into()
        } else {
            format!("{d} columns")
        },
        truth: truth.expect("a closed form").0,
        draw: Box::new(move |seed| {
            let of_q = normals(seed, 1, N * d).into_iter().map(|z| z + mu);
            let (p, q) = (
                sample(normals(seed, 0, N * d), d),
                sample(of_q.collect(), d),
            );
            if group == CROSS {
                CrossEntropy(p, q)
            } else {
                Divergence(p, q)
            }
        }),
    }
}
