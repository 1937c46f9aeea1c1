//! Which estimator fits the data, and which do not.

use super::apply::unseen;
use super::data::stacked;
use super::{Measure, Method, Quantity, Variable};
use crate::error::{Error, Result, counted, short, thousands};
use crate::info::kind::{Repeats, column};
use crate::info::{Kind, Sample};

/// Columns above which neighbours are nowhere near.
const WIDE: usize = 8;
/// Rows an outcome from which Miller-Madow errs less than Grassberger: for I of two variables of 5 values that are
/// independent, by 0.36, 0.10, 0.015 nats with 20, 50, 200 rows, against 0.26, 0.10, 0.02; of 10 values by 0.08 and
/// 0.007 with 200 and 1,000, against 0.05 and 0.009.
const PLENTY: usize = 4;
/// The share of ln N above which KSG-1 falls short. Of normal variables with I = 3, 4, 5, 6 nats in N = 1,000 rows
/// it finds 2.99, 3.93, 4.72, 5.23, and LNC 3.02, 3.98, 4.84, 5.52; below, LNC is too high by 0.02.
const STRONG: f64 = 0.5;

/// An estimator, and what a reader has to know of it.
pub(super) struct Choice {
    pub method: Method,
    pub why: String,
    pub notes: Vec<String>,
    pub kinds: Vec<Kind>,
}

impl Measure {
    pub(super) fn choose(&self, variables: &[Variable]) -> Result<Choice> {
        let names = self.quantity.variables();
        let kinds: Vec<Kind> = variables.iter().map(|v| Kind::of(&v.sample)).collect();
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
        if self.jitter && !method.breaks_ties() {
            return Err(Error::Usage(format!(
                "ties do not matter to {}: leave jitter out",
                method.name()
            )));
        }
        Ok(Choice {
            notes: looks.notes(method)?,
            method,
            why,
            kinds,
        })
    }
}

/// The variables and what they look like.
struct Looks<'a> {
    measure: &'a Measure,
    names: &'a [&'a str],
    variables: &'a [Variable],
    kinds: &'a [Kind],
    /// Of two samples: what the values of both are.
    shared: Vec<Kind>,
}

impl Looks<'_> {
    fn sample(&self, i: usize) -> &Sample {
        &self.variables[i].sample
    }

    /// As each estimator is to see it: with jitter, repeated numbers are rounded ones.
    fn kinds(&self) -> Vec<Kind> {
        let kinds = match self.shared.is_empty() {
            true => self.kinds,
            false => &self.shared,
        };
        let seen = |kind: &Kind| match (self.measure.jitter, kind) {
            (true, Kind::Mixed | Kind::Discrete) => Kind::Continuous,
            _ => *kind,
        };
        kinds.iter().map(seen).collect()
    }

    /// As many rows, or as many columns, as the quantity needs.
    fn fit(&self) -> Result<()> {
        let first = self.sample(0);
        for (i, other) in self.variables.iter().enumerate().skip(1) {
            let other = &other.sample;
            match self.measure.quantity.of_two_samples() {
                true if first.dimension() != other.dimension() => {
                    return Err(Error::Usage(format!(
                        "p has {} and q has {}; a divergence compares the same variables",
                        counted(first.dimension(), "column"),
                        counted(other.dimension(), "column")
                    )));
                }
                false if first.len() != other.len() => {
                    return Err(Error::Usage(format!(
                        "{} of {} and {} of {}; each row must have both",
                        counted(first.len(), "observation"),
                        self.names[0],
                        counted(other.len(), "observation"),
                        self.names[i]
                    )));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Two samples of numbers may have numbers in common; of anything else all values count.
    fn of_both(&self) -> Result<Kind> {
        match self.kinds.iter().all(|kind| *kind == Kind::Continuous) {
            true => Ok(Kind::Continuous),
            false => Ok(Kind::of(&stacked(self.sample(0), self.sample(1))?)),
        }
    }

    /// Refuses a constant column, unless it is to be counted.
    fn vary(&self) -> Result<()> {
        let kinds = self.kinds();
        let Some(i) = kinds.iter().position(|kind| *kind == Kind::Constant) else {
            return Ok(());
        };
        if self.measure.method.is_some_and(|m| m.counts().is_some()) {
            return Ok(());
        }
        let (sample, columns) = (self.sample(i), &self.variables[i].columns);
        let constant = |j: &usize| Repeats::of(&column(sample, *j)).kind() == Kind::Constant;
        let j = (0..sample.dimension()).find(constant).unwrap_or(0);
        Err(Error::Usage(format!(
            "column \"{}\" is {} in {}: as a number its entropy is −∞, as a symbol 0, and it tells nothing of \
             others; leave it out, or count it as a symbol (--estimator plug-in)",
            columns[j],
            sample.row(0)[j],
            match sample.len() {
                1 => "the only row".into(),
                n => format!("all {} rows", thousands(n as u64)),
            }
        )))
    }

    /// Refuses an estimator that was asked for where it cannot be right.
    fn accept(&self, method: Method) -> Result<()> {
        let kinds = self.kinds();
        let first = |kind: Kind| kinds.iter().position(|other| *other == kind);
        let refuse = |i: usize, what: String| {
            let alternative = match self.choose() {
                Ok((method, _)) => format!("; use {}", method.name()),
                Err(_) => String::new(),
            };
            Err(Error::Usage(format!(
                "{}: {what}{alternative}",
                self.described(i)
            )))
        };
        if method.counts().is_some() {
            return match first(Kind::Continuous) {
                None => Ok(()),
                Some(i) => refuse(
                    i,
                    format!(
                        "it is continuous, and {} counts values, of which each is there once",
                        method.name()
                    ),
                ),
            };
        }
        let of_entropy = self.measure.quantity == Quantity::ConditionalEntropy;
        match method {
            Method::Ross | Method::GaoMixture if of_entropy && kinds[1] == Kind::Mixed => {
                Err(self.neither(1))
            }
            Method::GaoMixture | Method::Gaussian => Ok(()),
            Method::Ross if self.measure.quantity != Quantity::Js => {
                let discrete = kinds.iter().filter(|kind| **kind == Kind::Discrete).count();
                match (discrete, first(Kind::Discrete)) {
                    (1, _) => Ok(()),
                    (_, Some(i)) => refuse(
                        i,
                        "both are discrete, and ross is for a class and a number".into(),
                    ),
                    (_, None) => refuse(
                        0,
                        "it is not discrete, nor is y, and ross is for a class and a number".into(),
                    ),
                }
            }
            _ => match first(Kind::Discrete) {
                None => Ok(()),
                Some(i) => refuse(
                    i,
                    format!(
                        "it is discrete, and {} is for numbers that have a density; if it was only rounded, --jitter \
                         breaks the ties for an estimator by nearest neighbours",
                        method.name()
                    ),
                ),
            },
        }
    }

    /// The estimator that fits, and why.
    fn choose(&self) -> Result<(Method, String)> {
        let kinds = self.kinds();
        let all = |kind: Kind| kinds.iter().all(|other| *other == kind);
        let quantity = self.measure.quantity;
        let words = self.words(&kinds);
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
                    match seen.n >= PLENTY * seen.different {
                        true => (Method::MillerMadow, words),
                        false => (Method::Grassberger, words),
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
        let found = information.apply(Method::Ksg1, &[x, y])?.value.0;
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
            let samples: Vec<&Sample> = self.variables.iter().map(|v| &v.sample).collect();
            self.measure.apply(Method::Ross, &samples).is_err()
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

    /// `x (column "a": 3 different values in 1,000 rows)`.
    fn described(&self, i: usize) -> String {
        let (sample, columns) = (self.sample(i), &self.variables[i].columns);
        let (j, repeats) = (0..sample.dimension())
            .map(|j| (j, Repeats::of(&column(sample, j))))
            .max_by_key(|(_, repeats)| repeats.n - repeats.different)
            .unwrap_or((0, Repeats::of(sample)));
        format!(
            "{} (column \"{}\": {} in {})",
            self.names[i],
            columns[j],
            counted(repeats.different, "different value"),
            counted(repeats.n, "row")
        )
    }

    /// No entropy of what is partly discrete.
    fn neither(&self, i: usize) -> Error {
        let sample = self.sample(i);
        let kinds = (0..sample.dimension()).map(|j| Repeats::of(&column(sample, j)).kind());
        let kinds: Vec<Kind> = kinds.collect();
        let discrete = kinds.iter().position(|kind| *kind == Kind::Discrete);
        let number = kinds.iter().position(|kind| *kind == Kind::Continuous);
        if let Some((discrete, number)) = discrete.zip(number) {
            let columns = &self.variables[i].columns;
            return Error::Usage(format!(
                "{}: column \"{}\" is discrete and column \"{}\" continuous, so that together they have neither a \
                 density nor symbols to count; measure the entropy of the one, and the conditional-entropy of the \
                 other given it",
                self.names[i], columns[discrete], columns[number]
            ));
        }
        let fitting = self.measure.quantity.methods();
        let names: Vec<&str> = fitting.iter().map(|method| method.name()).collect();
        Error::Usage(format!(
            "{}: it is partly discrete or rounded, so that it has neither a density nor symbols to count; remove \
             copies, use --jitter if they are rounded numbers, or say what it is by --estimator ({})",
            self.described(i),
            names.join(", ")
        ))
    }

    /// How often rows of all variables together repeat.
    fn together(&self) -> Result<Repeats> {
        let others = self.variables[1..].iter();
        let all = others.fold(
            Ok(self.sample(0).clone()),
            |all: Result<Sample>, variable| all?.beside(&variable.sample),
        );
        Ok(Repeats::of(&all?))
    }

    /// What the estimator itself does not say.
    fn notes(&self, method: Method) -> Result<Vec<String>> {
        let mut notes = Vec::new();
        let kinds = self.kinds();
        if method == Method::Gaussian && kinds.iter().any(|kind| *kind != Kind::Continuous) {
            notes.push("values repeat, which normal variables' do not".into());
        }
        if method.counts().is_some() && !self.measure.quantity.of_two_samples() {
            let seen = self.together()?;
            if seen.n < PLENTY * seen.different {
                notes.push(format!(
                    "{} are few for {}: the value may be far off; compare with nsb",
                    counted(seen.n, "row"),
                    counted(seen.different, "different outcome")
                ));
            }
        }
        if !method.has_neighbours() {
            return Ok(notes);
        }
        if self.measure.quantity.of_two_samples() {
            self.compared(&mut notes)?;
        } else {
            let copies = self.together()?;
            if copies.kind() != Kind::Continuous {
                notes.push(format!(
                    "{} of {} have an exact copy: if an observation was written twice, remove it, since neighbours \
                     take copies for dependence",
                    thousands(copies.repeated as u64),
                    counted(copies.n, "row")
                ));
            }
            let width: usize = self.variables.iter().map(|v| v.sample.dimension()).sum();
            if width > WIDE {
                notes.push(format!(
                    "in {} columns nearest neighbours are far, and the value is far from the truth: compare with \
                     gaussian, or take fewer columns",
                    width
                ));
            }
        }
        Ok(notes)
    }

    /// Samples that share rows were not drawn apart.
    fn compared(&self, notes: &mut Vec<String>) -> Result<()> {
        let (p, q) = (self.sample(0), self.sample(1));
        let all = Repeats::of(&stacked(p, q)?);
        let (own, others) = (Repeats::of(p), Repeats::of(q));
        // Rows of p that stand in q too, each different one once.
        let shared = own.different + others.different - all.different;
        let numbers = self.kinds().iter().all(|kind| *kind == Kind::Continuous);
        if numbers && shared * 2 > p.len().min(q.len()) {
            return Err(Error::Usage(format!(
                "{} of p stand in q too: a point is then its own nearest neighbour in q, and the divergence of a \
                 sample from itself is 0; compare samples that were drawn apart",
                counted(shared, "row")
            )));
        }
        if numbers && shared * 50 > p.len().min(q.len()) {
            notes.push(format!(
                "{} of p stand in q too: the samples were not drawn apart, and the value is too low",
                counted(shared, "row")
            ));
        }
        if p.dimension() > WIDE {
            notes.push(format!(
                "in {} columns nearest neighbours are far, and the value is far from the truth; take fewer columns",
                p.dimension()
            ));
        }
        if self.measure.quantity == Quantity::Js && p.len() != q.len() {
            notes.push(format!(
                "of the larger sample as many rows as the smaller has, {}, were taken at random",
                thousands(p.len().min(q.len()) as u64)
            ));
        }
        Ok(())
    }
}
