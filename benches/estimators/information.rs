//! Tasks for mutual information.

mod methods;

use std::f64::consts::{LN_2, PI};

use ganscope::info::Sample;
use ganscope::info::exact::{MultivariateNormal, MultivariateStudent, Probabilities};
use ganscope::info::quadrature::integrate;
use rand_distr::{ChiSquared, Distribution, Poisson};
use statrs::distribution::ContinuousCDF;
use statrs::function::gamma::ln_gamma;

use crate::draw::{N, correlated, sample, standard_normal, uniforms};
use crate::trial::{Family, Task};

/// Samples of two variables.
struct Pair {
    x: Sample,
    y: Sample,
    kind: Kind,
}

/// Which variables of a pair are discrete.
#[derive(PartialEq)]
enum Kind {
    /// None.
    Continuous,
    /// x.
    ClassX,
    /// y.
    ClassY,
    /// Both in some rows and none in the others.
    Mixture,
}

/// Tasks and methods for mutual information.
pub fn family() -> Family {
    Family::new(
        ["information", "Mutual information: estimate − truth, nats"],
        tasks,
        &methods::METHODS,
    )
}

fn tasks() -> Vec<Task<Pair>> {
    let mut tasks = Vec::new();
    for rho in [0.0, 0.3, 0.6, 0.9, 0.99] {
        let name = format!("1 + 1, ρ = {rho}");
        tasks.push(mapped("normal", &name, rho, |x| x, |y| y));
    }
    for d in [2, 3, 5, 25] {
        tasks.push(blocks(d));
    }
    tasks.push(mapped(
        "normal, ρ = 0.9, after maps of x and y",
        "x³ and exp y",
        0.9,
        |x| x.powi(3),
        f64::exp,
    ));
    let group = tasks[tasks.len() - 1].group;
    let phi = |x| standard_normal().cdf(x);
    tasks.push(mapped(group, "Φ(x) and Φ(y)", 0.9, phi, phi));
    tasks.push(swiss_roll(0.75));
    tasks.push(swiss_roll(0.99));
    tasks.extend([1.0, 2.0, 3.0].map(student));
    tasks.extend([0.1, 0.75].map(noise));
    tasks.extend([staircase(), zero_inflated(), half_symbols()]);
    tasks
}

fn task(
    group: &'static str,
    name: &str,
    truth: f64,
    draw: impl Fn(u64) -> Pair + 'static,
) -> Task<Pair> {
    Task {
        group,
        name: name.into(),
        truth,
        draw: Box::new(draw),
    }
}

fn line(x: Vec<f64>, y: Vec<f64>, kind: Kind) -> Pair {
    Pair {
        x: sample(x, 1),
        y: sample(y, 1),
        kind,
    }
}

/// Mutual information of two normal variables: −½ ln(1 − ρ²).
fn of_normals(rho: f64) -> f64 {
    -(-rho * rho).ln_1p() / 2.0
}

/// f(x) and g(y) for normal x and y. Invertible f and g do not change the mutual information.
fn mapped(
    group: &'static str,
    name: &str,
    rho: f64,
    f: impl Fn(f64) -> f64 + 'static,
    g: impl Fn(f64) -> f64 + 'static,
) -> Task<Pair> {
    task(group, name, of_normals(rho), move |seed| {
        let [x, y] = correlated(seed, rho, N);
        let (x, y) = (x.into_iter().map(&f), y.into_iter().map(&g));
        line(x.collect(), y.collect(), Kind::Continuous)
    })
}

/// d + d normal variables, where xᵢ and yᵢ correlate by 0.6.
fn blocks(d: usize) -> Task<Pair> {
    let rho = 0.6;
    let correlation = |i: usize, j: usize| match i.abs_diff(j) {
        0 => 1.0,
        distance if distance == d => rho,
        _ => 0.0,
    };
    let all: Vec<f64> = (0..4 * d * d)
        .map(|at| correlation(at / (2 * d), at % (2 * d)))
        .collect();
    let exact = MultivariateNormal::new(vec![0.0; 2 * d], &all)
        .and_then(|p| p.mutual_information(&Vec::from_iter(0..d), &Vec::from_iter(d..2 * d)));
    let name = format!("{d} + {d}, ρ = {rho}");
    task(
        "normal",
        &name,
        exact.expect("a covariance").0,
        move |seed| {
            let [x, y] = correlated(seed, rho, N * d).map(|values| sample(values, d));
            let kind = Kind::Continuous;
            Pair { x, y, kind }
        },
    )
}

/// The Swiss roll (Czyż et al. 2023): x becomes the point t(cos t, sin t)/21 with t = 1.5π(1 + 2Φ(x)), and y becomes
/// Φ(y).
fn swiss_roll(rho: f64) -> Task<Pair> {
    let group = "normal, x rolled up";
    task(
        group,
        &format!("Swiss roll, ρ = {rho}"),
        of_normals(rho),
        move |seed| {
            let [x, y] = correlated(seed, rho, N);
            let phi = |x: &f64| standard_normal().cdf(*x);
            let on_spiral = x.iter().map(phi).flat_map(|u| {
                let t = 1.5 * PI * (1.0 + 2.0 * u);
                [t.cos() * t / 21.0, t.sin() * t / 21.0]
            });
            Pair {
                x: sample(on_spiral.collect(), 2),
                y: sample(y.iter().map(phi).collect(), 1),
                kind: Kind::Continuous,
            }
        },
    )
}

/// Two variables of a bivariate t distribution: normal variables with ρ = 0.6, both divided by √(χ²/ν).
fn student(nu: f64) -> Task<Pair> {
    let rho = 0.6;
    let exact = MultivariateStudent::new(nu, &[1.0, rho, rho, 1.0], 2)
        .and_then(|p| p.mutual_information(&[0], &[1]));
    let truth = exact.expect("a scale matrix").0;
    task(
        "long tails: Student, ρ = 0.6",
        &format!("ν = {nu}"),
        truth,
        move |seed| {
            let [mut x, mut y] = correlated(seed, rho, N);
            let chi = ChiSquared::new(nu).expect("positive degrees of freedom");
            let mut random = ganscope::random::rng(seed, ganscope::random::Stream::Data, 2);
            for (x, y) in x.iter_mut().zip(&mut y) {
                let scale = (chi.sample(&mut random) / nu).sqrt();
                (*x, *y) = (*x / scale, *y / scale);
            }
            line(x, y, Kind::Continuous)
        },
    )
}

/// y = x + U(−ε, ε) with x from U(0, 1). The mutual information is ε − ln 2ε nats for ε ≤ ½, else 1/4ε.
fn noise(epsilon: f64) -> Task<Pair> {
    let truth = if epsilon <= 0.5 {
        epsilon - (2.0 * epsilon).ln()
    } else {
        0.25 / epsilon
    };
    let group = "y = x + uniform noise up to ±ε";
    task(group, &format!("ε = {epsilon}"), truth, move |seed| {
        let (x, u) = (uniforms(seed, 0, N), uniforms(seed, 1, N));
        let y = x.iter().zip(&u).map(|(x, u)| x + epsilon * (2.0 * u - 1.0));
        line(x.clone(), y.collect(), Kind::Continuous)
    })
}

/// x in 0 … 4 and y = x + U(0, 2) (Gao et al. 2017). The mutual information is ln 5 − (4/5) ln 2, because a y can come from
/// two values of x unless 0 < y < 1 or 5 < y < 6.
fn staircase() -> Task<Pair> {
    let truth = 5f64.ln() - 0.8 * LN_2;
    task(MIXED, "x of 0 … 4, y = x + U(0, 2)", truth, |seed| {
        let x = uniforms(seed, 0, N).into_iter().map(|u| (5.0 * u).floor());
        let x: Vec<f64> = x.collect();
        let y = x.iter().zip(uniforms(seed, 1, N)).map(|(x, u)| x + 2.0 * u);
        line(x.clone(), y.collect(), Kind::ClassX)
    })
}

const MIXED: &str = "discrete and mixed";

/// x is exponential; y is 0 with probability p = 0.15, else a Poisson variable with mean x.
///
/// The mutual information is ∫ e⁻ˣ Σ p(k|x) ln(p(k|x)/p(k)) dx, by quadrature, where p(k) = (1 − p)2⁻ᵏ⁻¹ + p[k = 0]. The
/// formula of Gao et al. (2017), (1 − p)(2 ln 2 − γ − Σ ln k 2⁻ᵏ), holds if it is known which zeros are inflated.
fn zero_inflated() -> Task<Pair> {
    let p = 0.15;
    let inflated = |k: i32| if k == 0 { p } else { 0.0 };
    let of_count = |k: i32| {
        let overall = (1.0 - p) * 2f64.powi(-k - 1) + inflated(k);
        integrate(0.0, 200.0, |x| {
            let ln_poisson = f64::from(k) * x.ln() - x - ln_gamma(f64::from(k) + 1.0);
            let given = (1.0 - p) * ln_poisson.exp() + inflated(k);
            if given > 0.0 {
                (-x).exp() * given * (given / overall).ln()
            } else {
                0.0
            }
        })
        .expect("a smooth function")
    };
    let truth = (0..100).map(of_count).sum();
    task(MIXED, "zero-inflated Poisson", truth, move |seed| {
        let x: Vec<f64> = uniforms(seed, 0, N).iter().map(|u| -(-u).ln_1p()).collect();
        let mut random = ganscope::random::rng(seed, ganscope::random::Stream::Data, 2);
        let y = x.iter().zip(uniforms(seed, 1, N)).map(|(x, u)| {
            let poisson = Poisson::new(x.max(f64::MIN_POSITIVE)).expect("a positive mean");
            let count = poisson.sample(&mut random);
            if u < p { 0.0 } else { count }
        });
        line(x.clone(), y.collect(), Kind::ClassY)
    })
}

/// Half of the rows are normal with ρ = 0.9, the other half are pairs of ±1 that agree in nine of ten rows (Gao et al.
/// 2017). Each variable shows which half a row belongs to, so the mutual information is ln 2 plus the mean of those of the
/// two halves.
fn half_symbols() -> Task<Pair> {
    let table = Probabilities::new(vec![0.45, 0.05, 0.05, 0.45]);
    let of_symbols = table
        .and_then(|p| p.mutual_information(2))
        .expect("a table")
        .0;
    let truth = LN_2 + of_normals(0.9) / 2.0 + of_symbols / 2.0;
    task(MIXED, "half normal, half ±1", truth, |seed| {
        let [mut x, mut y] = correlated(seed, 0.9, N);
        let sign = |positive: bool| if positive { 1.0 } else { -1.0 };
        let (half, side, agree) = (
            uniforms(seed, 2, N),
            uniforms(seed, 3, N),
            uniforms(seed, 4, N),
        );
        for i in 0..N {
            if half[i] < 0.5 {
                x[i] = sign(side[i] < 0.5);
                y[i] = x[i] * sign(agree[i] < 0.9);
            }
        }
        line(x, y, Kind::Mixture)
    })
}
