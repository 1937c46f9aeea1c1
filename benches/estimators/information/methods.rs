//! Methods for mutual information.

use ganscope::Result;
use ganscope::info::discrete::Estimator;
use ganscope::info::histogram::{Width, mutual_information};
use ganscope::info::{
    Estimate, Knn, Ksg, Sample, discrete_continuous, gaussian, ksg, local_nonuniformity,
    mixture_information,
};

use super::{Kind, Pair};
use crate::draw::scores;
use crate::trial::{Method, SEEDS};

const K: usize = 3;

pub static METHODS: [Method<Pair>; 10] = [
    method("ksg-1, k = 3", "KSG 1", |of| {
        Some(ksg(&of.x, &of.y, Ksg::One, Knn::new(K)))
    }),
    method("ksg-2, k = 3", "KSG 2", |of| {
        Some(ksg(&of.x, &of.y, Ksg::Two, Knn::new(K)))
    }),
    method("ksg-1 of normal scores, k = 3", "KSG 1\nranks", |of| {
        let fits = of.kind == Kind::Continuous;
        fits.then(|| ksg(&scores(&of.x), &scores(&of.y), Ksg::One, Knn::new(K)))
    }),
    Method {
        name: "lnc, k = 5 or 2 a column",
        heading: "LNC",
        estimate: |of| {
            let k = (2 * columns(of)).max(5);
            Some(local_nonuniformity(&of.x, &of.y, Knn::new(k)))
        },
        seeds: |of| if columns(of) > 20 { 1 } else { SEEDS },
    },
    method("gao-mixture, k = 3", "mixture", |of| {
        Some(mixture_information(&of.x, &of.y, K))
    }),
    method("ross, k = 3", "class", |of| match of.kind {
        Kind::ClassX => Some(of_class(&of.x, &of.y)),
        Kind::ClassY => Some(of_class(&of.y, &of.x)),
        Kind::Continuous | Kind::Mixture => None,
    }),
    quick("gaussian", "normal", |of| {
        Some(gaussian::mutual_information(&of.x, &of.y))
    }),
    quick(
        "histogram, freedman-diaconis, miller-madow",
        "bins\nF.–D.",
        |of| binned(of, Width::FreedmanDiaconis),
    ),
    quick("histogram, scott, miller-madow", "bins\nScott", |of| {
        binned(of, Width::Scott)
    }),
    quick("histogram, sturges, miller-madow", "bins\nSturges", |of| {
        binned(of, Width::Sturges)
    }),
];

/// A nearest-neighbour method.
const fn method(
    name: &'static str,
    heading: &'static str,
    estimate: fn(&Pair) -> Option<Result<Estimate>>,
) -> Method<Pair> {
    Method {
        name,
        heading,
        estimate,
        seeds,
    }
}

/// A method that is fast enough for all seeds.
const fn quick(
    name: &'static str,
    heading: &'static str,
    estimate: fn(&Pair) -> Option<Result<Estimate>>,
) -> Method<Pair> {
    Method {
        seeds: |_| SEEDS,
        ..method(name, heading, estimate)
    }
}

/// Number of seeds of the nearest-neighbour methods: fewer in many dimensions, where they are slow and vary little.
fn seeds(of: &Pair) -> u64 {
    if columns(of) > 20 { 3 } else { SEEDS }
}

fn columns(of: &Pair) -> usize {
    of.x.dimension() + of.y.dimension()
}

fn of_class(class: &Sample, number: &Sample) -> Result<Estimate> {
    let class: Vec<u64> = class.column(0).map(|c| c as u64).collect();
    discrete_continuous(&class, number, K)
}

fn binned(of: &Pair, width: Width) -> Option<Result<Estimate>> {
    Some(mutual_information(
        &of.x,
        &of.y,
        width,
        Estimator::MillerMadow,
    ))
}
