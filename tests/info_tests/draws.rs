//! Samples whose information is known in closed form.

use ganscope::info::Sample;
use ganscope::random::{Stream, rng};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::{ChiSquared, Distribution, StandardNormal};
use statrs::function::gamma::{digamma, ln_gamma};

pub struct Draws(ChaCha8Rng);

impl Draws {
    pub fn new(seed: u64) -> Draws {
        Draws(rng(seed, Stream::Data, 99))
    }

    pub fn normal(&mut self) -> f64 {
        StandardNormal.sample(&mut self.0)
    }

    pub fn uniform(&mut self, low: f64, high: f64) -> f64 {
        self.0.random_range(low..high)
    }

    pub fn normals(&mut self, n: usize, d: usize) -> Sample {
        sample((0..n * d).map(|_| self.normal()), d)
    }

    /// Standard normal X and Y of d columns; each of Y has correlation ρ with its own of X.
    pub fn correlated(&mut self, n: usize, d: usize, rho: f64) -> (Sample, Sample) {
        let x = self.normals(n, d);
        let own = (1.0 - rho * rho).sqrt();
        let y = x.values().iter().map(|x| rho * x + own * self.normal());
        let y = sample(y.collect::<Vec<f64>>(), d);
        (x, y)
    }

    /// Bivariate Student t of ν degrees of freedom: a normal pair over one √(χ²_ν/ν).
    pub fn student(&mut self, n: usize, rho: f64, nu: f64) -> (Sample, Sample) {
        let (x, y) = self.correlated(n, 1, rho);
        let squared = ChiSquared::new(nu).unwrap();
        let scales: Vec<f64> = (0..n)
            .map(|_| (squared.sample(&mut self.0) / nu).sqrt())
            .collect();
        let over = |v: &Sample| sample(v.values().iter().zip(&scales).map(|(v, s)| v / s), 1);
        (over(&x), over(&y))
    }

    /// X uniform on [0, 1], Y = X + noise uniform on [−ε, ε].
    pub fn noisy_uniform(&mut self, n: usize, epsilon: f64) -> (Sample, Sample) {
        let x: Vec<f64> = (0..n).map(|_| self.uniform(0.0, 1.0)).collect();
        let y: Vec<f64> = x
            .iter()
            .map(|x| x + self.uniform(-epsilon, epsilon))
            .collect();
        (sample(x, 1), sample(y, 1))
    }
}

pub fn sample(values: impl IntoIterator<Item = f64>, d: usize) -> Sample {
    Sample::new(values.into_iter().collect(), d).unwrap()
}

pub fn mapped(s: &Sample, f: impl Fn(f64) -> f64) -> Sample {
    sample(s.values().iter().map(|&v| f(v)), s.dimension())
}

/// −(d/2) ln(1 − ρ²).
pub fn normal_information(d: usize, rho: f64) -> f64 {
    -(d as f64) / 2.0 * (1.0 - rho * rho).ln()
}

/// 2 h(t₁) − h(t₂) − ½ ln(1 − ρ²), with h of the standard t in one and two dimensions.
pub fn student_information(rho: f64, nu: f64) -> f64 {
    let h = |d: f64| {
        let half = (nu + d) / 2.0;
        ln_gamma(nu / 2.0) - ln_gamma(half)
            + d / 2.0 * (nu * std::f64::consts::PI).ln()
            + half * (digamma(half) - digamma(nu / 2.0))
    };
    2.0 * h(1.0) - h(2.0) + normal_information(1, rho)
}

/// h(Y) − ln 2ε; Y's density is a trapezium.
pub fn noisy_uniform_information(epsilon: f64) -> f64 {
    let width = 2.0 * epsilon;
    if width <= 1.0 {
        width / 2.0 - width.ln()
    } else {
        1.0 / (2.0 * width)
    }
}
