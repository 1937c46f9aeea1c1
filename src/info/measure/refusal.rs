//! What cannot be measured, and why.

use super::choice::Looks;
use super::{Method, Quantity};
use crate::error::{Error, Result, counted, thousands};
use crate::info::Kind;
use crate::info::kind::{Repeats, column};
use crate::info::knn::deviations;

/// The share of rows with a copy from which a table was copied.
const COPIED: f64 = 0.95;

impl Looks<'_> {
    /// As many rows, or as many columns, as the quantity needs.
    pub(super) fn fit(&self) -> Result<()> {
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

    /// Refuses a constant column, unless it is to be counted.
    pub(super) fn vary(&self) -> Result<()> {
        let kinds = self.kinds();
        let Some(i) = kinds.iter().position(|kind| *kind == Kind::Constant) else {
            return self.in_range();
        };
        if self.measure.method.is_some_and(|m| m.counts().is_some()) {
            return Ok(());
        }
        let (sample, variable) = (self.sample(i), &self.variables[i]);
        let constant = |j: &usize| Repeats::of(&column(sample, *j)).kind() == Kind::Constant;
        let j = (0..sample.dimension()).find(constant).unwrap_or(0);
        let value = sample.row(0)[j];
        let text = variable.symbols.get(&j);
        let (value, entropy) = match text.and_then(|texts| texts.get(value as usize)) {
            Some(text) => (format!("{text:?}"), "its entropy is 0"),
            None => (
                value.to_string(),
                "as a number its entropy is −∞, as a symbol 0",
            ),
        };
        let countable = !kinds.contains(&Kind::Continuous);
        Err(Error::Usage(format!(
            "column \"{}\" is {value} in {}: {entropy}, and it tells nothing of others; leave it out{}",
            variable.columns[j],
            match sample.len() {
                1 => "the only row".into(),
                n => format!("all {} rows", thousands(n as u64)),
            },
            match countable {
                true => ", or count it as a symbol (--estimator plug-in)",
                false => "",
            }
        )))
    }

    /// Refuses numbers whose differences double precision cannot hold.
    fn in_range(&self) -> Result<()> {
        if self.measure.method.is_some_and(|m| m.counts().is_some()) {
            return Ok(());
        }
        for variable in self.variables {
            let columns = variable.columns.iter().zip(variable.kinds());
            for ((name, kind), deviation) in columns.zip(deviations(&variable.sample)) {
                if kind != Kind::Constant && !deviation.is_normal() {
                    return Err(Error::Usage(format!(
                        "column \"{name}\" has a standard deviation of {deviation:e}, beyond double precision: choose \
                         another unit for it"
                    )));
                }
            }
        }
        Ok(())
    }

    /// Refuses a table that was written more than once: neighbours take copies for dependence.
    pub(super) fn copied(&self, method: Method) -> Result<()> {
        if !method.has_neighbours()
            || self.measure.quantity.of_two_samples()
            || self.names.len() < 2
        {
            return Ok(());
        }
        let all = self.together()?;
        if self.only_together(&all) && all.repeated as f64 > COPIED * all.n as f64 {
            return Err(Error::Usage(format!(
                "{} of {} have an exact copy, and no value of {} comes again without the others: if each observation \
                 was written more than once, remove the copies; if {} decide each other, count the values \
                 (--estimator plug-in)",
                thousands(all.repeated as u64),
                counted(all.n, "row"),
                self.names.join(" or "),
                self.names.join(" and "),
            )));
        }
        Ok(())
    }

    /// Whether no variable repeats a value without all others: discrete values come again with other ones.
    pub(super) fn only_together(&self, all: &Repeats) -> bool {
        let mut each = self.variables.iter().map(|v| Repeats::of(&v.sample));
        each.all(|own| own.different == all.different)
    }

    /// Refuses to compare symbols with numbers.
    pub(super) fn alike(&self) -> Result<()> {
        let (p, q) = match (self.measure.quantity.of_two_samples(), self.kinds) {
            (true, [Kind::Discrete, Kind::Continuous]) => ("discrete", "continuous"),
            (true, [Kind::Continuous, Kind::Discrete]) => ("continuous", "discrete"),
            _ => return Ok(()),
        };
        if self.measure.jitter {
            return Ok(());
        }
        Err(Error::Usage(format!(
            "p is {p} and q is {q}: neither is ever where the other is, so that KL(p‖q) and H(p, q) are infinite and \
             JSD is 1 bit; compare like with like, or use --jitter if the one was only rounded"
        )))
    }

    /// Refuses an estimator that was asked for where it cannot be right.
    pub(super) fn accept(&self, method: Method) -> Result<()> {
        let kinds = self.kinds();
        let first = |kind: Kind| kinds.iter().position(|other| *other == kind);
        let refuse = |i: usize, what: String| {
            let alternative = match self.choose() {
                Ok((method, _)) => format!("; use {}", method.name()),
                Err(_) => String::new(),
            };
            let rounded = self.variables[i].symbols.is_empty() && kinds[i] == Kind::Discrete;
            let jitter = match (rounded, method.breaks_ties() && method != Method::Ross) {
                (false, _) => "",
                (true, true) => "; if it was only rounded, --jitter breaks the ties",
                (true, false) => {
                    "; if it was only rounded, --jitter breaks the ties for an estimator by nearest neighbours"
                }
            };
            Err(Error::Usage(format!(
                "{}: {what}{alternative}{jitter}",
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
            Method::GaoMixture | Method::MesnerShalizi | Method::Gaussian => Ok(()),
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
                        "it is discrete, and {} is for numbers that have a density",
                        method.name()
                    ),
                ),
            },
        }
    }

    /// Refuses text where an estimator would measure distances.
    pub(super) fn read(&self, method: Method) -> Result<()> {
        if method.counts().is_some() || method == Method::Ross || method.takes_mixtures() {
            return Ok(());
        }
        let mut texts = self
            .variables
            .iter()
            .filter_map(|v| v.columns.get(*v.symbols.keys().next()?));
        match texts.next() {
            None => Ok(()),
            Some(text) => Err(Error::Usage(format!(
                "column \"{text}\" holds text, and {} measures distances: leave it out, or code it as numbers",
                method.name()
            ))),
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
    pub(super) fn neither(&self, i: usize) -> Error {
        // Of two samples it may be either.
        let blamed = self.kinds.iter().position(|kind| *kind != Kind::Continuous);
        let i = match self.measure.quantity.of_two_samples() {
            true => blamed.unwrap_or(i),
            false => i,
        };
        let kinds = self.variables[i].kinds();
        let discrete = kinds.iter().position(|kind| *kind == Kind::Discrete);
        let number = kinds.iter().position(|kind| *kind != Kind::Discrete);
        if let Some((discrete, number)) = discrete.zip(number) {
            let columns = &self.variables[i].columns;
            return Error::Usage(format!(
                "{}: column \"{}\" is discrete and column \"{}\" {}, so that together they have neither a density nor \
                 symbols to count; measure the entropy of the one, and the conditional-entropy of the other given it",
                self.names[i],
                columns[discrete],
                columns[number],
                match kinds[number] {
                    Kind::Continuous => "continuous",
                    _ => "not, or not wholly",
                }
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
}
