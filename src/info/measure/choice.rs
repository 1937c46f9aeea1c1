//! Which estimator fits the data, and which do not.

use super::apply::unseen;
use super::data::stacked;
use super::{Measure, Method, Quantity, Variable};
use crate::error::{Error, Result, short, thousands};
use crate::info::kind::Repeats;
use crate::info::{Kind, Sample};

/// Columns above which neighbours are nowhere near.
pub(super) const WIDE: usize = 8;
/// Rows an outcome from which Miller-Madow serves. Below, of 20 rows of two variables of 5 values, it finds 0.39,
/// 0.63 and 1.36 nats where I is 0, 0.38 and 1.22; Grassberger 0.17, 0.45 and 1.34, NSB 0.05, 0.25 and 1.05; of 8
/// rows of two coins with I = 0 they find 0.14, 0.24 and 0.08. Differences of entropies that were each corrected
/// can be anything, so NSB is for information; but of one entropy it sees only the outcomes that came: of 30 rows
/// of 100 equal outcomes, H = 4.61, it finds 3.19, Miller-Madow 3.57 and Grassberger 4.08. (Means over 12 and 10
/// seeds.)
pub(super) const PLENTY: usize = 4;
/// The same for information, and for conditional entropy, which is an entropy without it: of 100 rows of two
/// variables of 20 values H(y | x) is 3.00 where they are independent, and NSB finds 2.90, Grassberger 2.42 and
/// Miller-Madow 1.89; of 8 rows of two coins (0.69) 0.52, 0.56 and 0.53, with errors of 0.26, 0.41 and 0.36. (Means
/// over 8 seeds.) Of 966 rows of a class of three (3, 25 and 72 %) and an independent whole number of deviation 14.5,
/// 6 rows an outcome, Miller-Madow finds 0.035 ± 0.005 nats, Grassberger 0.013 and NSB 0.004; of 3,000, 14 an
/// outcome, 0.011 ± 0.002, 0.005 and 0.003; where I = 0.119 of the same rows 0.132, 0.127 and 0.123. (Means over 6
/// seeds.)
const PLENTY_TOGETHER: usize = 20;
/// The share of ln N above which KSG-1 falls short. Of normal variables with I = 3, 4, 5, 6 nats in N = 1,000 rows
/// it finds 2.99, 3.93, 4.72, 5.23, and LNC 3.02, 3.98, 4.84, 5.52; below, LNC is too high by 0.02.
pub(super) const STRONG: f64 = 0.5;

/// An estimator, and what a reader has to know of it.
pub(super) struct Choice {
    pub method: Method,
    pub why: String,
    pub notes: Vec<String>,
    /// What may help where the estimator fails.
    pub hints: Vec<String>,
    pub kinds: Vec<Kind>,
}

impl Measure {
    pub(super) fn choose(&self, variables: &[Variable]) -> Result<Choice> {
        let names = self.quantity.variables();
        let kinds: Vec<Kind> = variables.iter().map(Variable::kind).collect();
        let mut looks = Looks {
            measure: self,
            names,
            variables,
            kinds: &kinds,
            shared: Vec::new(),
        };
        looks.fit()?;
        if self.quantity.of_two_samples() {
            looks.shared = vec![looks.of_both()?];
        }
        looks.vary()?;
        let (method, why) = match self.method {
            Some(method) => {
                looks.accept(method)?;
                (method, "asked for".into())
            }
            None => looks.choose()?,
        };
        looks.read(method)?;
        looks.flat(method)?;
        looks.copied(method)?;
        if self.jitter && !method.breaks_ties() {
            return Err(Error::Usage(format!(
                "ties do not matter to {}: leave jitter out",
                method.name()
            )));
        }
        Ok(Choice {
            hints: looks.written_numbers(),
            notes: looks.notes(method)?,
            method,
            why,
            kinds,
        })
    }
}

/// The variables and what they look like.
pub(super) struct Looks<'a> {
    pub measure: &'a Measure,
    pub names: &'a [&'a str],
    pub variables: &'a [Variable],
    pub kinds: &'a [Kind],
    /// Of two samples: what the values of both are.
    shared: Vec<Kind>,
}

impl Looks<'_> {
    pub(super) fn sample(&self, i: usize) -> &Sample {
        &self.variables[i].sample
    }

    /// As each estimator is to see it: with jitter, repeated numbers are rounded ones.
    pub(super) fn kinds(&self) -> Vec<Kind> {
        let kinds = match self.shared.is_empty() {
            true => self.kinds,
            false => &self.shared,
        };
        // No word is a rounded number.
        let seen = |(kind, variable): (&Kind, &Variable)| match kind {
            Kind::Mixed | Kind::Discrete if self.measure.jitter && variable.symbols.is_empty() => {
                Kind::Continuous
            }
            _ => *kind,
        };
        kinds.iter().zip(self.variables).map(seen).collect()
    }

    /// Two samples of numbers may have numbers in common; of anything else all values count.
    fn of_both(&self) -> Result<Kind> {
        match self.kinds.iter().all(|kind| *kind == Kind::Continuous) {
            true => Ok(Kind::Continuous),
            false => {
                let both = Variable {
                    sample: stacked(self.sample(0), self.sample(1))?,
                    ..self.variables[0].clone()
                };
                Ok(both.kind())
            }
        }
    }

    /// The estimator that fits, and why.
    pub(super) fn choose(&self) -> Result<(Method, String)> {
        let kinds = self.kinds();
        let all = |kind: Kind| kinds.iter().all(|other| *other == kind);
        let quantity = self.measure.quantity;
        let words = self.words(&kinds);
        self.alike()?;
        if all(Kind::Discrete) {
            let (p, q) = (self.sample(0), self.variables.last().map(|v| &v.sample));
            return Ok(match (quantity, q) {
                (Quantity::Js, _) => (Method::PlugIn, words),
                (Quantity::Kl | Quantity::CrossEntropy, Some(q)) => match unseen(p, q)? {
                    false => (
                        Method::PlugIn,
                        format!("{words}, and q has every value of p"),
                    ),
                    true => (
                        Method::Dirichlet,
                        format!(
                            "{words}, and q lacks values that p has: without a prior the value is infinite"
                        ),
                    ),
                },
                _ => {
                    let seen = self.together()?;
                    let (enough, else_by) = match quantity {
                        Quantity::Entropy => (PLENTY, Method::Grassberger),
                        _ => (PLENTY_TOGETHER, Method::Nsb),
                    };
                    match seen.n >= enough * seen.different {
                        true => (Method::MillerMadow, words),
                        false => (else_by, words),
                    }
                }
            });
        }
        if all(Kind::Continuous) {
            return self.continuous(words);
        }
        let mixed = kinds.iter().position(|kind| *kind == Kind::Mixed);
        match (quantity, mixed) {
            (Quantity::Entropy | Quantity::Kl | Quantity::CrossEntropy, _) => Err(self.neither(0)),
            (Quantity::ConditionalEntropy, _) if kinds[1] == Kind::Mixed => Err(self.neither(1)),
            (Quantity::Mi | Quantity::ConditionalEntropy, None) => self.class_and_number(words),
            (Quantity::ConditionalMi, _) => Ok((Method::MesnerShalizi, words)),
            _ => Ok((Method::GaoMixture, words)),
        }
    }

    fn continuous(&self, words: String) -> Result<(Method, String)> {
        let width: usize = match self.measure.quantity.of_two_samples() {
            true => self.sample(0).dimension(),
            false => self.variables.iter().map(|v| v.sample.dimension()).sum(),
        };
        let wide = width > WIDE;
        let too_wide = format!(
            "{words}, and in {width} columns the nearest neighbours are far: the normal distribution of the same \
             covariance stands in"
        );
        Ok(match self.measure.quantity {
            Quantity::Entropy if wide => (Method::Gaussian, too_wide),
            Quantity::Entropy => (Method::KozachenkoLeonenko, words),
            Quantity::Kl | Quantity::CrossEntropy => (Method::WangKulkarniVerdu, words),
            Quantity::Js => (
                Method::Ross,
                format!("{words}: JSD is what a value tells of the sample it is from"),
            ),
            _ if wide => (Method::Gaussian, too_wide),
            Quantity::ConditionalMi => (Method::FrenzelPompe, words),
            Quantity::Mi | Quantity::ConditionalEntropy => self.two_numbers(words)?,
        })
    }

    /// KSG, and its correction where it is known to fall short.
    fn two_numbers(&self, words: String) -> Result<(Method, String)> {
        let (x, y) = (self.sample(0), self.sample(1));
        if x.dimension() > 1 || y.dimension() > 1 || self.measure.k <= 2 {
            return Ok((Method::Ksg1, words));
        }
        let information = Measure {
            quantity: Quantity::Mi,
            ..self.measure.clone()
        };
        let (of_x, of_y) = (self.variables[0].data(), self.variables[1].data());
        let found = information.apply(Method::Ksg1, &[&of_x, &of_y])?.value.0;
        Ok(match found > STRONG * (x.len() as f64).ln() {
            false => (Method::Ksg1, words),
            true => (
                Method::Lnc,
                format!(
                    "{words}, and so dependent (ksg-1 finds {} nats in {} rows) that ksg falls short",
                    short(found),
                    thousands(x.len() as u64)
                ),
            ),
        })
    }

    fn class_and_number(&self, words: String) -> Result<(Method, String)> {
        let copies = self.variables.iter().zip(self.kinds);
        let copies = copies
            .filter(|(_, kind)| **kind != Kind::Discrete)
            .any(|(v, _)| Repeats::of(&v.sample).repeated > 0);
        // A number that is a few times the same in a class has no density there.
        let refused = copies && {
            let all: Vec<_> = self.variables.iter().map(Variable::data).collect();
            let all: Vec<_> = all.iter().collect();
            self.measure.apply(Method::Ross, &all).is_err()
        };
        Ok(match refused {
            false => (Method::Ross, words),
            true => (
                Method::GaoMixture,
                format!("{words}, with copies in one class"),
            ),
        })
    }

    /// "x is discrete, y is continuous".
    fn words(&self, kinds: &[Kind]) -> String {
        let word = |kind: &Kind| match kind {
            Kind::Constant => "constant",
            Kind::Discrete => "discrete",
            Kind::Mixed => "mixed (some values repeat)",
            Kind::Continuous => "continuous",
        };
        let same = kinds.iter().all(|kind| *kind == kinds[0]);
        match (same, self.names) {
            (true, [one]) => format!("{one} is {}", word(&kinds[0])),
            (true, [first @ .., last]) => {
                format!("{} and {last} are {}", first.join(", "), word(&kinds[0]))
            }
            _ => {
                let each = self.names.iter().zip(kinds);
                let each: Vec<String> = each.map(|(n, k)| format!("{n} is {}", word(k))).collect();
                each.join(", ")
            }
        }
    }

    /// How often rows of all variables together repeat.
    pub(super) fn together(&self) -> Result<Repeats> {
        let mut others = self.variables[1..].iter();
        let all = others.try_fold(self.sample(0).clone(), |all, v| all.beside(&v.sample))?;
        Ok(Repeats::of(&all))
    }
}
