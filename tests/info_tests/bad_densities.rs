//! Input that the exact forms refuse.

use crate::checks::{close, refused};
use ganscope::info::exact::{
    Entropy, KullbackLeibler, LineDensity, MultivariateNormal, MultivariateStudent, PlaneDensity,
    Probabilities,
};
use ganscope::info::jensen_shannon;
use statrs::distribution::{Cauchy, Continuous, Normal, StudentsT};
use statrs::statistics::Distribution;

#[test]
fn functions_that_are_not_densities_are_refused() {
    let unit = [0.0, 1.0];
    refused(
        LineDensity::new(&unit, |_| 2f64.ln()),
        "integrates to 2.000000000 from 0 to 1",
    );
    refused(LineDensity::new(&unit, |_| f64::NAN), "not finite");
    refused(
        LineDensity::new(&[0.0], |_| 0.0),
        "at least two ascending points",
    );
    refused(LineDensity::new(&[1.0, 0.0], |_| 0.0), "ascending");
    refused(LineDensity::new(&[0.0, f64::NAN], |_| 0.0), "ascending");
    refused(LineDensity::new(&unit, |x: f64| -x.ln()), "from 0 to 1");
    // A very narrow density, whose mass is missed and found missing.
    let needle = |x: f64| {
        -0.5 * ((x - 3e5) * 1e3).powi(2) + (1e3 / (2.0 * std::f64::consts::PI).sqrt()).ln()
    };
    let everywhere = [f64::NEG_INFINITY, f64::INFINITY];
    refused(
        LineDensity::new(&everywhere, needle),
        "add points near the peak",
    );
    let near = [f64::NEG_INFINITY, 3e5 - 2e-3, 3e5 + 2e-3, f64::INFINITY];
    close(
        LineDensity::new(&near, needle)
            .unwrap()
            .entropy()
            .unwrap()
            .0,
        1.418_938_533_204_672_7 - 1e3f64.ln(),
        1e-7,
    );
    refused(
        PlaneDensity::new(&unit, &unit, |x, _| x.ln()),
        "integrates to 0.5",
    );
    refused(
        PlaneDensity::new(&unit, &unit, |_, _| f64::NAN),
        "not finite",
    );
    // KL(Cauchy ‖ normal) is infinite though q is nowhere 0.
    let (p, q) = (
        Cauchy::new(0.0, 1.0).unwrap(),
        Normal::new(0.0, 1.0).unwrap(),
    );
    let (p, q) = (LineDensity::of(&p).unwrap(), LineDensity::of(&q).unwrap());
    refused(p.kullback_leibler(&q), "infinite");
    let p = StudentsT::new(0.0, 1.0, 1.9).unwrap();
    refused(
        LineDensity::of(&p).unwrap().kullback_leibler(&q),
        "infinite",
    );
}

#[test]
fn parameters_that_define_no_distribution_are_refused() {
    refused(
        Normal::new(0.0, f64::INFINITY)
            .unwrap()
            .kullback_leibler(&Normal::new(0.0, f64::INFINITY).unwrap()),
        "KL(",
    );
    let normal = |sigma: &[f64]| MultivariateNormal::new(vec![0.0, 0.0], sigma);
    refused(
        normal(&[1.0, 1.0, 1.0, 1.0]),
        "variable 2 is constant, or a linear function",
    );
    refused(normal(&[1.0, 2.0, 2.0, 1.0]), "variable 2");
    refused(normal(&[0.0, 0.0, 0.0, 1.0]), "variable 1 is constant");
    refused(normal(&[1.0, 0.5, 0.4, 1.0]), "0.4 in one place");
    refused(normal(&[1.0, f64::NAN, f64::NAN, 1.0]), "NaN");
    refused(normal(&[1.0]), "needs 2 × 2 numbers");
    refused(MultivariateNormal::new(vec![], &[]), "0 × 0 numbers");
    refused(
        MultivariateNormal::new(vec![f64::NAN], &[1.0]),
        "mean of variable 1",
    );
    let p = normal(&[1.0, 0.5, 0.5, 1.0]).unwrap();
    refused(p.mutual_information(&[0], &[0]), "named twice");
    refused(p.mutual_information(&[0], &[2]), "no variable 2");
    refused(p.mutual_information(&[], &[1]), "at least one variable");
    let other = MultivariateNormal::new(vec![0.0], &[1.0]).unwrap();
    refused(p.kullback_leibler(&other), "2 and 1 dimensions");
    for nu in [0.0, -1.0, f64::NAN, 1e7] {
        refused(
            MultivariateStudent::new(nu, &[1.0], 1),
            "degrees of freedom",
        );
    }
    refused(Probabilities::new(vec![0.5, 0.6]), "add up to 1.100000000");
    refused(Probabilities::new(vec![]), "add up to 0.000000000");
    refused(
        Probabilities::new(vec![1.5, -0.5]),
        "probability 2 of 2 is -0.5",
    );
    refused(Probabilities::new(vec![f64::NAN]), "NaN");
    let p = Probabilities::new(vec![0.5, 0.25, 0.25]).unwrap();
    refused(
        p.kullback_leibler(&Probabilities::new(vec![1.0]).unwrap()),
        "3 outcomes, the other 1",
    );
    refused(p.mutual_information(2), "do not form a table of 2 columns");
    refused(p.mutual_information(0), "do not form a table of 0 columns");
}

/// Twice a normal density, which integrates to 2.
struct Twice(Normal);

impl Continuous<f64, f64> for Twice {
    fn pdf(&self, x: f64) -> f64 {
        2.0 * self.0.pdf(x)
    }
    fn ln_pdf(&self, x: f64) -> f64 {
        self.pdf(x).ln()
    }
}

impl Distribution<f64> for Twice {
    fn mean(&self) -> Option<f64> {
        self.0.mean()
    }
    fn variance(&self) -> Option<f64> {
        self.0.variance()
    }
}

#[test]
fn densities_without_a_jensen_shannon_divergence_are_refused() {
    let normal = Normal::new(0.0, 1.0).unwrap();
    let refused = |found: ganscope::Result<ganscope::info::Nats>, says: &str| {
        let message = found.expect_err("a bad input").to_string();
        assert!(message.contains(says), "{message}");
    };
    refused(
        jensen_shannon(&Twice(normal), &normal),
        "p integrates to 2.000000000",
    );
    refused(
        jensen_shannon(&normal, &Twice(normal)),
        "q integrates to 2.000000000",
    );
    // P(|T| > 40 sd) of 2.1 degrees of freedom, sd² = ν/(ν − 2), by SciPy: 2 t.sf(40 · 4.5826, 2.1) = 1.89e-5.
    let long = StudentsT::new(0.0, 1.0, 2.1).unwrap();
    refused(jensen_shannon(&long, &normal), "p integrates to 0.99998");
    refused(
        jensen_shannon(&normal, &Cauchy::new(0.0, 1.0).unwrap()),
        "without finite mean",
    );
}
