//! Closed forms against quadrature to 10⁻⁹ nats, and against SciPy.

use crate::checks::close;
use ganscope::info::exact::{
    Entropy, KullbackLeibler, LineDensity, MultivariateNormal, MultivariateStudent, PlaneDensity,
};
use statrs::distribution::{
    Bernoulli, Beta, Binomial, Cauchy, Chi, ChiSquared, Continuous, ContinuousCDF, DiscreteUniform,
    Erlang, Exp, FisherSnedecor, Gamma, Geometric, Gumbel, Hypergeometric, InverseGamma, Laplace,
    Levy, LogNormal, NegativeBinomial, Normal, Pareto, Poisson, StudentsT, Triangular, Uniform,
    Weibull,
};

const CLOSE: f64 = 1e-9;

#[track_caller]
fn entropy_is_by_quadrature<P>(p: &P)
where
    P: Entropy + Continuous<f64, f64> + ContinuousCDF<f64, f64>,
{
    let found = p.entropy().unwrap().0;
    close(
        found,
        LineDensity::of(p).unwrap().entropy().unwrap().0,
        CLOSE,
    );
}

#[track_caller]
fn agrees_with_quadrature<P>(p: &P, q: &P)
where
    P: KullbackLeibler + Continuous<f64, f64> + ContinuousCDF<f64, f64>,
{
    entropy_is_by_quadrature(p);
    entropy_is_by_quadrature(q);
    let (by_p, by_q) = (LineDensity::of(p).unwrap(), LineDensity::of(q).unwrap());
    close(
        p.kullback_leibler(q).unwrap().0,
        by_p.kullback_leibler(&by_q).unwrap().0,
        CLOSE,
    );
    close(
        p.cross_entropy(q).unwrap().0,
        by_p.cross_entropy(&by_q).unwrap().0,
        CLOSE,
    );
    close(p.kullback_leibler(p).unwrap().0, 0.0, 1e-14);
}

#[test]
fn families_on_the_whole_line() {
    let normal = |m, s| Normal::new(m, s).unwrap();
    agrees_with_quadrature(&normal(0.0, 1.0), &normal(2.0, 0.7));
    agrees_with_quadrature(&normal(1e4, 1e-3), &normal(1e4, 2e-3));
    let laplace = |m, b| Laplace::new(m, b).unwrap();
    agrees_with_quadrature(&laplace(0.0, 1.0), &laplace(1.5, 2.0));
    agrees_with_quadrature(&laplace(1.5, 2.0), &laplace(0.0, 1.3));
    let cauchy = |m, g| Cauchy::new(m, g).unwrap();
    agrees_with_quadrature(&cauchy(0.0, 1.0), &cauchy(3.0, 0.2));
    for nu in [0.7, 1.0, 2.0, 3.0, 30.0] {
        entropy_is_by_quadrature(&StudentsT::new(0.5, 2.0, nu).unwrap());
    }
}

/// The logarithm of Gumbel's density in `statrs` underflows, so quadrature uses another one.
#[test]
fn gumbel() {
    let ln = |m: f64, b: f64| move |x: f64| -(x - m) / b - (-(x - m) / b).exp() - b.ln();
    let everywhere = [f64::NEG_INFINITY, 0.0, 3.0, f64::INFINITY];
    let by = |m, b| LineDensity::new(&everywhere, ln(m, b)).unwrap();
    let closed = |m, b| Gumbel::new(m, b).unwrap();
    for ((m, b), (n, c)) in [((1.0, 2.0), (0.0, 1.5)), ((0.0, 1.5), (1.0, 2.0))] {
        let (p, q) = (closed(m, b), closed(n, c));
        close(p.entropy().unwrap().0, by(m, b).entropy().unwrap().0, CLOSE);
        let kl = by(m, b).kullback_leibler(&by(n, c)).unwrap();
        close(p.kullback_leibler(&q).unwrap().0, kl.0, CLOSE);
    }
}

#[test]
fn families_on_the_half_line() {
    let exp = |r| Exp::new(r).unwrap();
    agrees_with_quadrature(&exp(2.0), &exp(0.3));
    let gamma = |k, r| Gamma::new(k, r).unwrap();
    agrees_with_quadrature(&gamma(0.3, 1.0), &gamma(2.5, 1.5));
    agrees_with_quadrature(&gamma(2.5, 1.5), &gamma(0.3, 1.0));
    agrees_with_quadrature(&Erlang::new(3, 2.0).unwrap(), &Erlang::new(2, 1.0).unwrap());
    let chi_squared = |k| ChiSquared::new(k).unwrap();
    agrees_with_quadrature(&chi_squared(1.0), &chi_squared(4.0));
    agrees_with_quadrature(&Chi::new(4).unwrap(), &Chi::new(1).unwrap());
    let inverse = |k, b| InverseGamma::new(k, b).unwrap();
    agrees_with_quadrature(&inverse(3.0, 2.0), &inverse(1.5, 1.0));
    let weibull = |k, l| Weibull::new(k, l).unwrap();
    agrees_with_quadrature(&weibull(0.7, 1.0), &weibull(1.5, 2.0));
    agrees_with_quadrature(&weibull(3.0, 2.0), &weibull(1.0, 0.5));
    let log_normal = |m, s| LogNormal::new(m, s).unwrap();
    agrees_with_quadrature(&log_normal(0.7, 0.5), &log_normal(0.0, 1.0));
    let pareto = |x, a| Pareto::new(x, a).unwrap();
    agrees_with_quadrature(&pareto(2.0, 3.0), &pareto(1.0, 0.5));
    entropy_is_by_quadrature(&Levy::new(1.0, 2.0).unwrap());
    entropy_is_by_quadrature(&FisherSnedecor::new(5.0, 7.0).unwrap());
    entropy_is_by_quadrature(&FisherSnedecor::new(1.0, 2.0).unwrap());
}

#[test]
fn families_on_an_interval() {
    let uniform = |a, b| Uniform::new(a, b).unwrap();
    agrees_with_quadrature(&uniform(0.0, 1.0), &uniform(-1.0, 3.0));
    let beta = |a, b| Beta::new(a, b).unwrap();
    agrees_with_quadrature(&beta(0.5, 2.0), &beta(2.0, 3.0));
    agrees_with_quadrature(&beta(2.0, 3.0), &beta(0.5, 2.0));
    entropy_is_by_quadrature(&Triangular::new(-1.0, 3.0, 0.3).unwrap());
}

/// KL is infinite exactly where p has mass and q has none.
#[test]
fn divergence_is_infinite_where_q_has_no_mass() {
    let infinite =
        |kl: ganscope::Result<ganscope::info::Nats>| assert_eq!(kl.unwrap().0, f64::INFINITY);
    let (narrow, wide) = (
        Uniform::new(0.0, 1.0).unwrap(),
        Uniform::new(0.0, 2.0).unwrap(),
    );
    infinite(wide.kullback_leibler(&narrow));
    let (p, q) = (
        LineDensity::of(&wide).unwrap(),
        LineDensity::of(&narrow).unwrap(),
    );
    infinite(p.kullback_leibler(&q));
    let pareto = |x| Pareto::new(x, 2.0).unwrap();
    infinite(pareto(1.0).kullback_leibler(&pareto(1.1)));
    infinite(
        Bernoulli::new(0.5)
            .unwrap()
            .kullback_leibler(&Bernoulli::new(0.0).unwrap()),
    );
    infinite(
        Binomial::new(0.5, 4)
            .unwrap()
            .kullback_leibler(&Binomial::new(0.5, 3).unwrap()),
    );
    let integers = |a, b| DiscreteUniform::new(a, b).unwrap();
    infinite(integers(0, 5).kullback_leibler(&integers(0, 4)));
    close(
        integers(0, 3).kullback_leibler(&integers(-4, 3)).unwrap().0,
        2f64.ln(),
        1e-15,
    );
    let geometric = |p| Geometric::new(p).unwrap();
    infinite(geometric(0.5).kullback_leibler(&geometric(1.0)));
    close(
        geometric(1.0).kullback_leibler(&geometric(0.5)).unwrap().0,
        2f64.ln(),
        1e-15,
    );
    close(geometric(1.0).entropy().unwrap().0, 0.0, 0.0);
}

/// SciPy 1.17.1: `scipy.stats.NAME(...).entropy()`, in nats. The ψ of `statrs` is accurate to 10⁻¹⁰.
#[test]
fn entropies_agree_with_scipy() {
    let is = |p: &dyn Entropy, expected: f64| close(p.entropy().unwrap().0, expected, CLOSE);
    is(&Normal::new(1.0, 2.0).unwrap(), 2.112_085_713_764_618);
    is(&Gamma::new(2.5, 1.5).unwrap(), 1.324_482_801_396_891);
    is(&Beta::new(0.5, 2.0).unwrap(), -0.765_278_955_334_776_7);
    is(
        &StudentsT::new(0.0, 1.0, 3.0).unwrap(),
        1.773_477_571_863_290_7,
    );
    is(
        &StudentsT::new(0.0, 2.0, 2.5).unwrap(),
        2.540_907_251_135_866_6,
    );
    is(
        &FisherSnedecor::new(5.0, 7.0).unwrap(),
        1.252_403_133_378_504,
    );
    is(&Weibull::new(1.5, 2.0).unwrap(), 1.480_087_294_085_625_1);
    is(&Pareto::new(2.0, 3.0).unwrap(), 0.927_868_225_225_168_8);
    is(&Gumbel::new(1.0, 2.0).unwrap(), 2.270_362_845_461_478);
    is(&Levy::new(0.0, 2.0).unwrap(), 4.017_629_982_071_686);
    is(&InverseGamma::new(3.0, 2.0).unwrap(), 0.695_157_020_726_022);
    is(&Chi::new(4).unwrap(), 1.019_249_907_072_326_7);
    is(&LogNormal::new(0.7, 0.5).unwrap(), 1.425_791_352_644_727_4);
    is(&Cauchy::new(0.0, 2.0).unwrap(), 3.224_171_427_529_236);
    is(&Laplace::new(0.0, 2.0).unwrap(), 2.386_294_361_119_891);
    is(
        &Triangular::new(0.0, 4.0, 1.0).unwrap(),
        1.193_147_180_559_945_4,
    );
    is(&Geometric::new(0.3).unwrap(), 2.036_214_340_182_978);
    let sigma = [2.0, 0.5, 0.3, 0.5, 1.0, 0.2, 0.3, 0.2, 1.5];
    let normal = MultivariateNormal::new(vec![0.0; 3], &sigma).unwrap();
    is(&normal, 4.717_952_001_389_871);
    let student = MultivariateStudent::new(3.0, &sigma, 3).unwrap();
    is(&student, 5.671_103_328_716_598);
}

/// mpmath with 40 digits.
#[test]
fn many_degrees_of_freedom_on_the_line() {
    let of = |nu| StudentsT::new(0.0, 1.0, nu).unwrap().entropy().unwrap().0;
    close(of(1e4), 1.419_038_535_704_51, 1e-9);
    close(of(1e5), 1.418_948_533_229_67, 1e-9);
    close(of(1e6), 1.418_939_533_204_92, 1e-14);
    close(of(f64::INFINITY), 1.418_938_533_204_672_7, 1e-14);
}

/// A density that is very narrow compared with the other: mpmath with 40 digits.
#[test]
fn jensen_shannon_of_a_narrow_density() {
    let (p, q) = (
        Normal::new(0.0, 1.0).unwrap(),
        Normal::new(3.3, 0.01).unwrap(),
    );
    let found = ganscope::info::jensen_shannon(&p, &q).unwrap();
    close(found.0, 0.692_541_938_787_693, 1e-11);
}

/// NumPy: −Σ exp(l) l with l of SciPy 1.17.1's `logpmf` over all outcomes of any mass.
#[test]
fn sums_agree_with_scipy() {
    let is = |p: &dyn Entropy, expected: f64| close(p.entropy().unwrap().0, expected, 1e-9);
    let poisson = |l| Poisson::new(l).unwrap();
    is(&poisson(0.01), 0.056_086_311_342_591_025);
    is(&poisson(0.5), 0.927_637_467_495_797_5);
    is(&poisson(2.0), 1.704_882_643_932_983_8);
    is(&poisson(30.0), 3.116_711_039_988_249_6);
    is(&poisson(1e4), 6.024_100_385_512_978);
    is(&poisson(2e4), 6.370_678_142_638_362);
    is(&Binomial::new(0.3, 10).unwrap(), 1.779_078_784_090_062_8);
    is(&Binomial::new(0.01, 1000).unwrap(), 2.556_644_043_112_857_6);
    is(&Binomial::new(0.4, 100_000).unwrap(), 6.461_842_948_477_404);
    is(&Binomial::new(1.0, 7).unwrap(), 0.0);
    is(
        &NegativeBinomial::new(3.5, 0.2).unwrap(),
        3.437_982_383_827_999_5,
    );
    is(
        &Hypergeometric::new(50, 20, 12).unwrap(),
        1.819_909_957_110_798,
    );

    let (p, q) = (
        NegativeBinomial::new(3.5, 0.2).unwrap(),
        NegativeBinomial::new(2.0, 0.3).unwrap(),
    );
    close(
        p.kullback_leibler(&q).unwrap().0,
        1.422_196_995_363_048_2,
        1e-9,
    );
    let (p, q) = (
        Binomial::new(0.3, 10).unwrap(),
        Binomial::new(0.2, 15).unwrap(),
    );
    close(
        p.kullback_leibler(&q).unwrap().0,
        0.004_753_045_249_567_2,
        1e-12,
    );
}

/// From the definition, term by term.
#[test]
fn divergences_on_integers() {
    let sum = |p: &dyn Fn(u64) -> f64, q: &dyn Fn(u64) -> f64| -> f64 {
        (0..400)
            .map(|k| (p(k), q(k)))
            .filter(|(p, _)| *p > 0.0)
            .map(|(p, q)| p * (p / q).ln())
            .sum()
    };
    use statrs::distribution::Discrete;
    let (p, q) = (Poisson::new(2.0).unwrap(), Poisson::new(3.5).unwrap());
    close(
        p.kullback_leibler(&q).unwrap().0,
        sum(&|k| p.pmf(k), &|k| q.pmf(k)),
        1e-12,
    );
    let (p, q) = (Geometric::new(0.3).unwrap(), Geometric::new(0.2).unwrap());
    close(
        p.kullback_leibler(&q).unwrap().0,
        sum(&|k| p.pmf(k), &|k| q.pmf(k)),
        1e-12,
    );
    let (p, q) = (
        Binomial::new(0.3, 9).unwrap(),
        Binomial::new(0.6, 9).unwrap(),
    );
    close(
        p.kullback_leibler(&q).unwrap().0,
        sum(&|k| p.pmf(k), &|k| q.pmf(k)),
        1e-12,
    );
    let (p, q) = (Bernoulli::new(0.3).unwrap(), Bernoulli::new(0.6).unwrap());
    close(
        p.kullback_leibler(&q).unwrap().0,
        sum(&|k| p.pmf(k), &|k| q.pmf(k)),
        1e-12,
    );
    let (p, q) = (
        Binomial::new(1.0, 3).unwrap(),
        Binomial::new(0.5, 5).unwrap(),
    );
    // q(3) = 10/32.
    close(p.kullback_leibler(&q).unwrap().0, (3.2f64).ln(), 1e-12);
    let (p, q) = (
        Binomial::new(0.0, 7).unwrap(),
        Binomial::new(0.5, 5).unwrap(),
    );
    close(p.kullback_leibler(&q).unwrap().0, 32f64.ln(), 1e-12);
}

fn normal_in_the_plane(rho: f64) -> PlaneDensity<impl Fn(f64, f64) -> f64> {
    let line = [f64::NEG_INFINITY, -2.0, 2.0, f64::INFINITY];
    let rest = 1.0 - rho * rho;
    let constant = (2.0 * std::f64::consts::PI).ln() + rest.ln() / 2.0;
    PlaneDensity::new(&line, &line, move |x, y| {
        -(x * x - 2.0 * rho * x * y + y * y) / (2.0 * rest) - constant
    })
    .unwrap()
}

#[test]
fn the_plane() {
    for rho in [0.0, 0.6, 0.9] {
        let sigma = [1.0, rho, rho, 1.0];
        let closed = MultivariateNormal::new(vec![0.0, 0.0], &sigma).unwrap();
        let by = normal_in_the_plane(rho);
        close(by.entropy().unwrap().0, closed.entropy().unwrap().0, CLOSE);
        let information = closed.mutual_information(&[0], &[1]).unwrap().0;
        close(information, -0.5 * (1.0 - rho * rho).ln(), 1e-14);
        close(by.mutual_information().unwrap().0, information, CLOSE);
        let other = MultivariateNormal::new(vec![0.0, 0.0], &[1.0, 0.3, 0.3, 1.0]).unwrap();
        let kl = by.kullback_leibler(&normal_in_the_plane(0.3)).unwrap();
        close(closed.kullback_leibler(&other).unwrap().0, kl.0, CLOSE);
    }
}

/// Student's t in the plane, ν = 2 with correlated scale.
#[test]
fn the_plane_with_long_tails() {
    let (nu, rho) = (2.0, 0.5);
    let rest: f64 = 1.0 - rho * rho;
    let constant = (2.0 * std::f64::consts::PI).ln() + rest.ln() / 2.0;
    let line = [f64::NEG_INFINITY, -3.0, 3.0, f64::INFINITY];
    let by = PlaneDensity::new(&line, &line, |x, y| {
        let square = (x * x - 2.0 * rho * x * y + y * y) / rest;
        -(nu + 2.0) / 2.0 * (square / nu).ln_1p() - constant
    })
    .unwrap();
    let closed = MultivariateStudent::new(nu, &[1.0, rho, rho, 1.0], 2).unwrap();
    close(by.entropy().unwrap().0, closed.entropy().unwrap().0, CLOSE);
    let information = closed.mutual_information(&[1], &[0]).unwrap().0;
    close(by.mutual_information().unwrap().0, information, CLOSE);
}

/// y = x + noise, x uniform on (0, 1), the noise on (−ε, ε): I = H(y) − ln 2ε, where y's density is a
/// trapezoid: ε − ln 2ε for ε < ½, 1/4ε above.
#[test]
fn additive_uniform_noise() {
    for (epsilon, expected) in [(0.1f64, 1.709_437_912_434_100_3), (0.75, 1.0 / 3.0)] {
        let (low, high) = (epsilon.min(1.0 - epsilon), epsilon.max(1.0 - epsilon));
        let width = 2.0 * epsilon;
        let ln_p =
            |y: f64| (f64::min(1.0, y + epsilon).min(1.0 + epsilon - y).min(width) / width).ln();
        let y = LineDensity::new(&[-epsilon, low, high, 1.0 + epsilon], ln_p).unwrap();
        let noise = Uniform::new(-epsilon, epsilon).unwrap();
        let information = y.entropy().unwrap() - Entropy::entropy(&noise).unwrap();
        close(information.0, expected, CLOSE);
    }
}

#[test]
fn blocks_of_normal_variables() {
    // x₁, x₂ independent given nothing; y = x₁ + x₂ + noise of variance 1: I = ½ ln 3.
    let sigma = [1.0, 0.0, 1.0, 0.0, 1.0, 1.0, 1.0, 1.0, 3.0];
    let p = MultivariateNormal::new(vec![0.0; 3], &sigma).unwrap();
    let of = |x: &[usize], y: &[usize]| p.mutual_information(x, y).unwrap().0;
    close(of(&[0, 1], &[2]), 0.5 * 3f64.ln(), 1e-14);
    close(of(&[2], &[1, 0]), 0.5 * 3f64.ln(), 1e-14);
    close(of(&[0], &[1]), 0.0, 1e-15);
    close(of(&[0], &[2]), 0.5 * 1.5f64.ln(), 1e-14);
}

/// For many degrees of freedom the t distribution, and so its information, approaches the normal one.
#[test]
fn many_degrees_of_freedom() {
    let sigma = [1.0, 0.6, 0.6, 1.0];
    let t = MultivariateStudent::new(1e6, &sigma, 2).unwrap();
    let normal = MultivariateNormal::new(vec![0.0; 2], &sigma).unwrap();
    close(t.entropy().unwrap().0, normal.entropy().unwrap().0, 5e-6);
    let (a, b) = (
        t.mutual_information(&[0], &[1]),
        normal.mutual_information(&[0], &[1]),
    );
    close(a.unwrap().0, b.unwrap().0, 1e-8);
}
