//! What a reader has to know that the estimator itself does not say.

use statrs::function::gamma::digamma;

use super::choice::{Looks, PLENTY, WIDE};
use super::data::stacked;
use super::{Method, Quantity};
use crate::data::stands_for_missing;
use crate::error::{Error, Result, counted, short, thousands};
use crate::info::Kind;
use crate::info::kind::Repeats;

impl Looks<'_> {
    /// What the estimator itself does not say.
    pub(super) fn notes(&self, method: Method) -> Result<Vec<String>> {
        let mut notes = self.missing();
        notes.extend(self.written_numbers());
        let kinds = self.kinds();
        if method == Method::Gaussian && kinds.iter().any(|kind| *kind != Kind::Continuous) {
            notes.push("values repeat, which normal variables' do not".into());
        }
        if method.counts().is_some() && !self.measure.quantity.of_two_samples() {
            let seen = self.together()?;
            if seen.n < PLENTY * seen.different {
                notes.push(format!(
                    "{} are few for {}: the value may be far off; compare with {}{}",
                    counted(seen.n, "row"),
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
        if !method.has_neighbours() {
            return Ok(notes);
        }
        let least = self.variables.iter().map(|v| v.sample.len()).min();
        if let Some(n) = least.filter(|n| *n < FEW * self.measure.k) {
            notes.push(format!(
                "{} are few to find {} nearest neighbours among: the value says little",
                counted(n, "row"),
                self.measure.k
            ));
        }
        notes.extend(self.even());
        if self.measure.quantity.of_two_samples() {
            self.compared(&mut notes)?;
        } else {
            let copies = self.together()?;
            if copies.are_many() && !self.measure.jitter {
                notes.push(format!(
                    "{} of {} have an exact copy: {}if an observation was written twice, remove it, since neighbours \
                     take copies for dependence",
                    thousands(copies.repeated as u64),
                    counted(copies.n, "row"),
                    match method {
                        Method::GaoMixture => "equal numbers are taken for symbols; if they were only rounded, --jitter; ",
                        _ => "",
                    }
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

    /// Words that are numbers to people: `12 %`, `3,5`.
    fn written_numbers(&self) -> Vec<String> {
        let columns = self.variables.iter().flat_map(|v| {
            let name = |j: &usize| &v.columns[*j];
            v.symbols.iter().map(move |(j, texts)| (name(j), texts))
        });
        columns
            .filter_map(|(name, texts)| {
                let mut words = texts.iter().filter(|text| !stands_for_missing(text));
                let first = words.next()?;
                let plain = plain_number(first)?;
                words.all(|text| plain_number(text).is_some()).then(|| {
                    format!(
                        "column \"{name}\" holds text like {first:?}, which is counted as a word; to have it taken \
                         for a number, write {plain}"
                    )
                })
            })
            .collect()
    }

    /// Numbers as evenly spaced as ids and grids, whose neighbours are farther than those of as many random ones. Of
    /// values one apart the k-th is ⌈k/2⌉ away, and the entropy of n too large by ln 2⌈k/2⌉ − ψ(k). What they tell of
    /// others is not concerned: ranks, which tell as much, are as even.
    fn even(&self) -> Vec<String> {
        let k = self.measure.k;
        let of = match self.measure.quantity {
            Quantity::Entropy => &self.variables[..1],
            Quantity::ConditionalEntropy => &self.variables[1..],
            Quantity::Kl | Quantity::CrossEntropy => self.variables,
            Quantity::Mi | Quantity::ConditionalMi | Quantity::Js => &[],
        };
        let columns = of.iter().flat_map(|v| {
            let kinds = v.kinds().into_iter().enumerate();
            let number = kinds.filter(|(_, kind)| *kind == Kind::Continuous);
            number
                .filter(|(j, _)| is_even(v.sample.column(*j)))
                .map(|(j, _)| &v.columns[j])
        });
        columns
            .map(|name| {
                let off = (2.0 * k.div_ceil(2) as f64).ln() - digamma(k as f64);
                format!(
                    "the values of column \"{name}\" are evenly spaced, as ids and grids are: neighbours are farther than \
                     among numbers drawn at random, and of one such column the entropy is {} nats too large at k = {k}{}",
                    short(off),
                    match self.measure.quantity {
                        Quantity::Entropy => "; compare with histogram",
                        _ => "",
                    }
                )
            })
            .collect()
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

/// Rows a neighbour below which an estimate is mostly its own noise.
const FEW: usize = 10;
/// The share of gaps between values that are the smallest gap; of numbers drawn from a density one is.
const EVEN: f64 = 0.5;

/// Whether most values are at the smallest distance that any two are.
fn is_even(column: impl Iterator<Item = f64>) -> bool {
    let mut values: Vec<f64> = column.collect();
    values.sort_by(f64::total_cmp);
    values.dedup();
    let gaps = || values.windows(2).map(|pair| pair[1] - pair[0]);
    let least = gaps().fold(f64::INFINITY, f64::min);
    // What arithmetic makes of equal gaps depends on how large the values are.
    let size = values.iter().fold(0.0, |most: f64, v| most.max(v.abs()));
    let equal = gaps().filter(|gap| gap - least <= 1e-6 * least + 4.0 * f64::EPSILON * size);
    // Of few values many gaps may be alike by chance.
    values.len() > 20 && equal.count() as f64 > EVEN * values.len() as f64
}

/// How a number that people write in another way is to be written for programs.
fn plain_number(text: &str) -> Option<String> {
    let signless = text
        .trim()
        .trim_end_matches('%')
        .trim_start_matches(['$', '€', '£']);
    let plain = signless.trim().replace(',', ".");
    plain.parse::<f64>().ok().map(|_| plain)
}
