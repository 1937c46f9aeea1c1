//! Estimators from counts against brute force and other implementations of their formulas.

use crate::checks::{close, refused};
use ganscope::info::discrete::{
    Counts, Estimator, Symbols, conditional_entropy, entropy, jensen_shannon, joint_entropy,
    kullback_leibler, kullback_leibler_with_prior, mutual_information, total_correlation,
};
use ganscope::random::{Stream, rng};
use rand::RngExt;

const ALL: [Estimator; 6] = [
    Estimator::PlugIn,
    Estimator::MillerMadow,
    Estimator::Grassberger,
    Estimator::ChaoShen,
    Estimator::Dirichlet(0.5),
    Estimator::Nsb,
];

fn of(counts: &[u64], by: Estimator) -> (f64, f64) {
    let found = entropy(&Counts::new(counts.to_vec()).unwrap(), by).unwrap();
    // There is no standard error where it vanishes to first order.
    (found.value.0, found.standard_error.map_or(0.0, |e| e.0))
}

/// The same formulas in NumPy 2.4.6; NSB by mpmath with 40 digits over −40 < ln β < 35, its posterior's standard
/// deviation from 200,000 draws of the mixture (to about 1 %).
#[test]
fn values_of_other_implementations() {
    let counts = [4, 2, 3, 0, 2, 4, 0, 0, 2, 1, 1];
    let (value, error) = of(&counts, Estimator::Nsb);
    close(value, 2.187_774_463_092_1, 1e-8);
    close(error, 0.140_576, 0.002);
    let (value, error) = of(&counts, Estimator::Dirichlet(0.5));
    close(value, 2.002_666_298_710_98, 1e-9);
    close(error, 0.111_266, 0.001);
    close(
        of(&counts, Estimator::Grassberger).0,
        2.144_626_386_031_427,
        1e-9,
    );
    close(
        of(&counts, Estimator::ChaoShen).0,
        2.201_137_101_279_585,
        1e-9,
    );

    // Five of twenty outcomes, each observed once: the prior determines how much is unseen.
    let mut singletons = vec![1; 5];
    singletons.resize(20, 0);
    let (value, error) = of(&singletons, Estimator::Nsb);
    close(value, 2.537_716_057_044_3, 1e-8);
    close(error, 0.3602, 0.005);
    close(
        of(&singletons, Estimator::ChaoShen).0,
        3.486_890_381_894_241_4,
        1e-9,
    );

    let (value, error) = of(&[5000, 3000, 1500, 500, 0], Estimator::Nsb);
    close(value, 1.142_268_069_893_4, 1e-8);
    close(error, 0.005_996, 0.0001);
}

/// The exact bias, over all outcomes of 12 draws, against the same sum with independently written formulas in NumPy 2.4.6.
#[test]
fn expectations_by_enumeration() {
    let p: [f64; 3] = [0.5, 0.3, 0.2];
    let truth: f64 = p.iter().map(|p| -p * p.ln()).sum();
    let n = 12u64;
    let ln_factorial = |k: u64| (1..=k).map(|j| (j as f64).ln()).sum::<f64>();
    let bias = |by| {
        let mut mean = 0.0;
        for a in 0..=n {
            for b in 0..=n - a {
                let counts = [a, b, n - a - b];
                let ln = ln_factorial(n)
                    + counts
                        .iter()
                        .zip(p)
                        .map(|(&k, p)| k as f64 * p.ln() - ln_factorial(k))
                        .sum::<f64>();
                mean += ln.exp() * of(&counts, by).0;
            }
        }
        mean - truth
    };
    close(bias(Estimator::PlugIn), -0.091_629_990_101, 1e-9);
    close(bias(Estimator::MillerMadow), -0.011_746_861_124, 1e-9);
    close(bias(Estimator::Grassberger), 0.042_162_322_609, 1e-9);
    close(bias(Estimator::ChaoShen), -0.028_058_111_991, 1e-9);
    close(bias(Estimator::Dirichlet(0.5)), -0.121_506_600_766, 1e-9);
}

fn drawn(p: &[f64], n: usize, seed: u64) -> Vec<u32> {
    let mut rng = rng(seed, Stream::Data, 0);
    let draw = |_| {
        let mut u: f64 = rng.random();
        let mut k = 0;
        while k + 1 < p.len() && u >= p[k] {
            u -= p[k];
            k += 1;
        }
        k as u32
    };
    (0..n).map(draw).collect()
}

/// N = 10,000, 10 seeds: the mean error is at most 0.02 nats, and the standard error is right.
#[test]
fn entropy_and_information_are_accurate() {
    // 4 × 5 dependent outcomes.
    let weights: Vec<f64> = (0..20).map(|i| 1.0 + f64::from((i * 7) % 11)).collect();
    let sum: f64 = weights.iter().sum();
    let joint: Vec<f64> = weights.iter().map(|w| w / sum).collect();
    let truth = ganscope::info::exact::Probabilities::new(joint.clone()).unwrap();
    let h: f64 = joint.iter().map(|p| -p * p.ln()).sum();
    let i = truth.mutual_information(5).unwrap().0;
    for by in ALL {
        let (mut of_h, mut of_i, mut squared, mut claimed) = (0.0, 0.0, 0.0, 0.0);
        for seed in 0..10 {
            let pairs = drawn(&joint, 10_000, seed);
            let x = Symbols::new(&pairs.iter().map(|k| k / 5).collect::<Vec<_>>()).unwrap();
            let y = Symbols::new(&pairs.iter().map(|k| k % 5).collect::<Vec<_>>()).unwrap();
            let found = mutual_information(&x, &y, by).unwrap();
            of_i += (found.value.0 - i) / 10.0;
            squared += (found.value.0 - i).powi(2) / 10.0;
            claimed += found.standard_error.unwrap().0 / 10.0;
            of_h += (joint_entropy(&[&x, &y], by).unwrap().value.0 - h) / 10.0;
        }
        assert!(
            of_h.abs() < 0.02 && of_i.abs() < 0.02,
            "{by:?}: {of_h} {of_i}"
        );
        let ratio = squared.sqrt() / claimed;
        assert!((0.5..1.8).contains(&ratio), "{by:?}: {ratio}");
    }
}

/// With far more outcomes than observations the plug-in is off by more than a nat, and the corrected estimates are not.
#[test]
fn undersampled_distributions() {
    let p = vec![1e-3; 1000];
    let truth = 1000f64.ln();
    let mean = |by| {
        let value = |seed| {
            let symbols = Symbols::new(&drawn(&p, 300, seed))
                .unwrap()
                .among(1000)
                .unwrap();
            entropy(&symbols.counts().unwrap(), by).unwrap().value.0
        };
        (0..5).map(value).sum::<f64>() / 5.0 - truth
    };
    assert!(mean(Estimator::PlugIn) < -1.0);
    assert!((-1.0..-0.5).contains(&mean(Estimator::MillerMadow)));
    assert!(mean(Estimator::ChaoShen).abs() < 0.15);
    assert!(mean(Estimator::Nsb).abs() < 0.1);
    let counts = Symbols::new(&drawn(&p, 300, 1)).unwrap().counts().unwrap();
    let found = entropy(&counts, Estimator::PlugIn).unwrap();
    assert!(
        found.notes[0].contains("more than half"),
        "{:?}",
        found.notes
    );
}

/// Against the definitions, with a table that is counted in the test.
#[test]
fn joint_measures_by_brute_force() {
    let (x, y, z): (Vec<_>, Vec<_>, Vec<_>) = (
        drawn(&[0.3, 0.3, 0.4], 500, 1),
        drawn(&[0.6, 0.4], 500, 2),
        drawn(&[0.2, 0.8], 500, 3),
    );
    let y: Vec<u32> = x.iter().zip(y).map(|(x, y)| (x + y) % 3).collect();
    let h = |key: &dyn Fn(usize) -> (u32, u32, u32)| {
        let mut table = std::collections::HashMap::new();
        for i in 0..500 {
            *table.entry(key(i)).or_insert(0.0) += 1.0 / 500.0;
        }
        table.values().map(|p: &f64| -p * p.ln()).sum::<f64>()
    };
    let (h_x, h_y, h_z) = (
        h(&|i| (x[i], 0, 0)),
        h(&|i| (0, y[i], 0)),
        h(&|i| (0, 0, z[i])),
    );
    let (h_xy, h_xyz) = (h(&|i| (x[i], y[i], 0)), h(&|i| (x[i], y[i], z[i])));
    let [x, y, z] = [&x, &y, &z].map(|v| Symbols::new(v).unwrap());
    let by = Estimator::PlugIn;
    close(
        mutual_information(&x, &y, by).unwrap().value.0,
        h_x + h_y - h_xy,
        1e-12,
    );
    close(
        conditional_entropy(&y, &x, by).unwrap().value.0,
        h_xy - h_x,
        1e-12,
    );
    close(
        joint_entropy(&[&x, &y, &z], by).unwrap().value.0,
        h_xyz,
        1e-12,
    );
    let total = total_correlation(&[&x, &y, &z], by).unwrap();
    close(total.value.0, h_x + h_y + h_z - h_xyz, 1e-12);
    assert_eq!((total.n, total.dimension), (500, 3));
}

/// E[KL] after Dirichlet priors of ½: NumPy, a million draws of both posteriors, ± 0.0006.
#[test]
fn divergences() {
    let counts = |n: &[u64]| Counts::new(n.to_vec()).unwrap();
    let found = kullback_leibler_with_prior(&counts(&[3, 1, 0]), &counts(&[1, 2, 2]), 0.5).unwrap();
    close(found.value.0, 0.7985, 0.0025);
    let (p, q) = (counts(&[3, 1, 0]), counts(&[1, 2, 1]));
    let expected = 0.75 * 3f64.ln() + 0.25 * 0.5f64.ln();
    close(kullback_leibler(&p, &q).unwrap().value.0, expected, 1e-14);
    let m: [f64; 3] = [0.5, 0.375, 0.125];
    let h = |p: &[f64]| {
        p.iter()
            .filter(|p| **p > 0.0)
            .map(|p| -p * p.ln())
            .sum::<f64>()
    };
    let expected = h(&m) - h(&[0.75, 0.25]) / 2.0 - h(&[0.25, 0.5, 0.25]) / 2.0;
    close(jensen_shannon(&p, &q).unwrap().value.0, expected, 1e-14);
}

/// Counts with one outcome, or nearly so.
#[test]
fn extreme_counts() {
    for by in ALL {
        let (value, error) = of(&[7], by);
        // ln 7 − G(7), which is 2 + ⅔ + ⅖ − γ − ln 2.
        let expected = match by {
            Estimator::Grassberger => 0.149_606_327_8,
            _ => 0.0,
        };
        close(value, expected, 1e-9);
        assert!(error < 1e-9, "{by:?}: {error}");
        for counts in [
            vec![1],
            vec![1, 0],
            vec![1, 1],
            vec![1 << 40, 1],
            vec![0, 1 << 52],
        ] {
            let (value, error) = of(&counts, by);
            assert!(
                value.is_finite() && error.is_finite(),
                "{by:?} {counts:?}: {value} ± {error}"
            );
            assert!(value > -1e-3, "{by:?} {counts:?}: {value}");
        }
    }
}

#[test]
fn bad_input_is_refused() {
    refused(Counts::new(vec![]), "no outcome was observed");
    refused(Counts::new(vec![0, 0]), "no outcome was observed");
    refused(Counts::new(vec![u64::MAX, 1]), "observations");
    refused(Counts::new(vec![1 << 60]), "observations");
    let none: [u32; 0] = [];
    refused(Symbols::new(&none), "0 observations");
    let (x, y) = (
        Symbols::new(&[1, 2, 3]).unwrap(),
        Symbols::new(&[1, 2]).unwrap(),
    );
    refused(
        mutual_information(&x, &y, Estimator::PlugIn),
        "3 observations of one variable and 2",
    );
    refused(x.clone().among(2), "3 different symbols");
    refused(
        joint_entropy(&[], Estimator::PlugIn),
        "at least one variable",
    );
    refused(
        total_correlation(&[], Estimator::PlugIn),
        "at least one variable",
    );
    let counts = Counts::new(vec![1, 2]).unwrap();
    for a in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        refused(entropy(&counts, Estimator::Dirichlet(a)), "pseudo-counts");
        refused(
            kullback_leibler_with_prior(&counts, &counts, a),
            "pseudo-counts",
        );
    }
    let other = Counts::new(vec![1, 0]).unwrap();
    refused(
        kullback_leibler(&counts, &other),
        "outcome 2 occurs 2 times",
    );
    let longer = Counts::new(vec![1, 1, 1]).unwrap();
    refused(
        kullback_leibler(&counts, &longer),
        "counts of 2 outcomes, the other of 3",
    );
    refused(jensen_shannon(&counts, &longer), "counts of 2 outcomes");
}
