//! What a reader has to know that the estimator itself does not say.

use super::choice::{Looks, PLENTY, STRONG, WIDE};
use super::data::stacked;
use super::{Measure, Method, Quantity, Variable};
use crate::data::stands_for_missing;
use crate::error::{Error, Result, counted, counted_are, short, thousands};
use crate::info::kind::Repeats;
use crate::info::{Estimate, Kind, Nats};

impl Measure {
    /// What only the value gives away.
    pub(super) fn doubts(&self, method: Method, found: &Estimate) -> Option<String> {
        let (value, error) = (found.value.0, found.standard_error.map_or(0.0, |e| e.0));
        match self.quantity {
            Quantity::Entropy | Quantity::CrossEntropy | Quantity::ConditionalEntropy => None,
            _ if value < -(3.0 * error).max(FAR_BELOW) => Some(format!(
                "{} is never below 0: the value is the estimator's own error, and says how large that is{}",
                self.quantity.name(),
                match (method.takes_mixtures(), self.jitter) {
                    (true, false) => "; if numbers that repeat were only rounded, --jitter",
                    _ => "",
                }
            )),
            Quantity::Mi | Quantity::ConditionalMi if method.has_neighbours() => strong(found),
            _ => None,
        }
    }

    /// What nearest neighbours find of few columns of numbers, where bins, a kernel or a normal distribution were asked
    /// for and are far from it: bins too wide for y = x² and some noise, a kernel too wide for a long tail, ...
    pub(super) fn second_opinion(
        &self,
        variables: &[Variable],
        kinds: &[Kind],
        method: Method,
        found: &Estimate,
    ) -> Option<String> {
        let columns: usize = variables.iter().map(|v| v.sample.dimension()).sum();
        let numbers = kinds.iter().all(|kind| *kind == Kind::Continuous);
        let assumes = matches!(
            method,
            Method::Histogram | Method::Kernel | Method::Gaussian
        );
        let few = found.n < FEW * self.k;
        // Of what is infinite where one variable decides the other neighbours see little.
        let of_rest = self.quantity == Quantity::ConditionalEntropy;
        if !(assumes && numbers && columns <= NARROW) || few || of_rest {
            return None;
        }
        let by_neighbours = Measure {
            method: None,
            bootstrap: 0,
            permutations: 0,
            ..self.clone()
        };
        let other = by_neighbours.of(variables).ok()?;
        let other_value = match self.quantity {
            Quantity::Entropy | Quantity::CrossEntropy => other.estimate.value,
            // Less says nothing but 0.
            _ => Nats(other.estimate.value.0.max(0.0)),
        };
        if strong(&other.estimate).is_some() && found.value > other_value {
            return None;
        }
        // KSG's, of normal variables, where it tells none.
        let usual = 1.0 / (found.n as f64).sqrt();
        let error = |e: &Estimate| e.standard_error.map_or(usual, |e| e.0);
        let chance = 2.0 * error(&other.estimate).hypot(error(found));
        ((other_value.0 - found.value.0).abs() > chance.max(APART)).then(|| {
            format!(
                "{} finds {} nats, {} bits: one of the two is far off, since they differ by more than their errors",
                other.method.name(),
                short(other_value.0),
                short(other_value.bits().0)
            )
        })
    }
}

/// Nats by which two estimates may differ that are both right.
const APART: f64 = 0.1;

/// What to say of information near ln n, by neighbours.
pub(super) fn strong(found: &Estimate) -> Option<String> {
    let most = (found.n as f64).ln();
    (found.value.0 > STRONG * most).then(|| {
        format!(
            "more than {} can show well (ln n is {}): if one variable is a function of the other, the information is \
             infinite",
            counted(found.n, "row"),
            short(most)
        )
    })
}

impl Looks<'_> {
    /// What the estimator itself does not say.
    pub(super) fn notes(&self, method: Method) -> Result<Vec<String>> {
        let mut notes = self.missing();
        notes.extend(self.written_numbers());
        let kinds = self.kinds();
        let repeat = kinds.iter().any(|kind| *kind != Kind::Continuous);
        match method {
            Method::Gaussian if repeat => {
                notes.push("values repeat, which normal variables' do not".into());
            }
            Method::Histogram | Method::Kernel if repeat => notes.push(format!(
                "values repeat, which those of a density do not: {}",
                match self.measure.quantity {
                    Quantity::Entropy => {
                        "if some have a probability of their own, the entropy is −∞, and the value depends on the width"
                    }
                    _ => "the value depends on the width",
                }
            )),
            _ => {}
        }
        if method.counts().is_some() && !self.measure.quantity.of_two_samples() {
            let seen = self.together()?;
            if seen.n < PLENTY * seen.different {
                notes.push(format!(
                    "{} few for {}: the value may be far off; compare with {}{}",
                    counted_are(seen.n, "row"),
                    counted(seen.different, "different outcome"),
                    if method == Method::Nsb {
                        "grassberger"
                    } else {
                        "nsb"
                    },
                    self.rounded()
                ));
            }
        }
        let (bootstrap, permutations) = (self.measure.bootstrap, self.measure.permutations);
        if bootstrap > 0 || permutations > 0 {
            notes.extend(self.series());
        }
        if (1..FOR_INTERVAL).contains(&bootstrap) {
            notes.push(format!(
                "{} few for an interval of 95 %: take {FOR_INTERVAL} at least",
                counted_are(bootstrap, "replicate")
            ));
        }
        if (1..FOR_P_VALUE).contains(&permutations) {
            notes.push(format!(
                "of {} no p-value is below {}: take {FOR_P_VALUE} at least",
                counted(permutations, "permutation"),
                short(1.0 / (permutations as f64 + 1.0))
            ));
        }
        let least = self.variables.iter().map(|v| v.sample.len()).min();
        if let Some(n) = least.filter(|n| *n < FEW * self.measure.k)
            && method.counts().is_none()
            && method != Method::Gaussian
        {
            notes.push(format!(
                "{} few to {}: the value says little",
                counted_are(n, "row"),
                match method.has_neighbours() {
                    true => format!(
                        "find {} among",
                        counted(self.measure.k, "nearest neighbour")
                    ),
                    false => "tell a density by".into(),
                }
            ));
        }
        if !method.has_neighbours() {
            if method.counts().is_none() && self.names.len() > 1 {
                let copies = self.together()?;
                if copies.are_many() && self.only_together(&copies) {
                    notes.push(format!(
                        "{} of {} have an exact copy: if an observation was written twice, remove it, since the \
                         standard error counts it as two",
                        thousands(copies.repeated as u64),
                        counted(copies.n, "row")
                    ));
                }
            }
            return Ok(notes);
        }
        notes.extend(self.even());
        notes.extend(self.far());
        let columns: usize = self.variables.iter().map(|v| v.sample.dimension()).sum();
        // Of two single columns LNC sees what is across the line.
        if columns > 2 || self.measure.quantity != Quantity::Mi {
            notes.extend(self.nearly_lines());
        }
        if method == Method::Ross && !self.measure.quantity.of_two_samples() {
            notes.extend(self.rare_classes());
        }
        if self.measure.quantity.of_two_samples() {
            self.compared(&mut notes)?;
        } else {
            let copies = self.together()?;
            // Rounded numbers come again, but seldom all of them together.
            let rounded = self.measure.jitter && !self.only_together(&copies);
            if copies.are_many() && !rounded {
                notes.push(format!(
                    "{} of {} have an exact copy: {}if an observation was written twice, remove it, since {}",
                    thousands(copies.repeated as u64),
                    counted(copies.n, "row"),
                    match method.takes_mixtures() {
                        true => "equal numbers are taken for symbols; if they were only rounded, --jitter; ",
                        false => "",
                    },
                    match self.measure.quantity {
                        Quantity::Entropy => "copies are nearer than chance would have them",
                        _ => "neighbours take copies for dependence",
                    }
                ));
            }
            if columns > WIDE {
                notes.push(format!(
                    "in {columns} columns nearest neighbours are far, and the value is far from the truth: compare with \
                     gaussian, or take fewer columns"
                ));
            } else if columns > NARROW {
                notes.push(bias(columns));
            }
        }
        Ok(notes)
    }

    /// Words that may stand for no value at all.
    fn missing(&self) -> Vec<String> {
        let mut notes = Vec::new();
        for variable in self.variables {
            for (&j, texts) in &variable.symbols {
                let marks: Vec<f64> = (0..texts.len())
                    .filter(|&code| stands_for_missing(&texts[code]))
                    .map(|code| code as f64)
                    .collect();
                let rows = variable.sample.column(j);
                let rows = rows.filter(|code| marks.contains(code)).count();
                if rows > 0 {
                    let said = marks
                        .iter()
                        .map(|&code| format!("{:?}", texts[code as usize]));
                    notes.push(format!(
                        "column \"{}\" says {} in {}, which is counted as a word like others: if it stands for a \
                         missing value, remove the row (--drop-missing)",
                        variable.columns[j],
                        said.collect::<Vec<_>>().join(" or "),
                        counted(rows, "row")
                    ));
                }
            }
        }
        notes
    }

    /// Classes in which there are hardly any others to be near.
    fn rare_classes(&self) -> Option<String> {
        let i = self
            .kinds()
            .iter()
            .position(|kind| *kind == Kind::Discrete)?;
        let classes = Repeats::of(self.sample(i));
        (classes.n < FEW * classes.different).then(|| {
            format!(
                "{} few for {} of {}: the value says little",
                counted_are(classes.n, "row"),
                counted(classes.different, "different value"),
                self.names[i]
            )
        })
    }

    /// Symbols that look like rounded numbers.
    fn rounded(&self) -> String {
        let many = |i: &usize| {
            let repeats = Repeats::of(self.sample(*i));
            self.variables[*i].symbols.is_empty() && repeats.different * 10 > repeats.n
        };
        match (0..self.variables.len()).find(many) {
            Some(i) => format!(
                ", or, if {} was only rounded, take it for a number by --jitter",
                self.names[i]
            ),
            None => String::new(),
        }
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
        for (name, repeats) in [("p", &own), ("q", &others)] {
            if numbers && !self.measure.jitter && repeats.are_many() {
                notes.push(format!(
                    "{} of {} of {name} have an exact copy: if an observation was written twice, remove it; if numbers \
                     were only rounded, --jitter",
                    thousands(repeats.repeated as u64),
                    counted(repeats.n, "row")
                ));
            }
        }
        // Rounded numbers coincide by themselves.
        let chance = own.are_many() || others.are_many() || self.measure.jitter;
        if numbers && !chance && shared * 50 > p.len().min(q.len()) {
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
        } else if p.dimension() > NARROW {
            notes.push(bias(p.dimension()));
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

/// Replicates whose 2.5 and 97.5 % are any of them, and permutations of which one in 20 is the least.
const FOR_INTERVAL: usize = 40;
const FOR_P_VALUE: usize = 19;
/// Nats below 0 that are more than chance.
const FAR_BELOW: f64 = 0.1;
/// Rows a neighbour below which an estimate is mostly its own noise.
const FEW: usize = 10;
/// Columns above which neighbours are no longer near: of 4 + 4 normal ones, correlated by 0.9 in pairs, the entropy is
/// found 0.7 nats too large in 1,000 rows, and of I = 3.3 nats 2.4.
const NARROW: usize = 4;

fn bias(columns: usize) -> String {
    format!(
        "in {columns} columns nearest neighbours are not near: the value may be off by many times its standard error; \
         compare with fewer columns, or with gaussian"
    )
}
