//! What a reader has to know that the estimator itself does not say.

use super::choice::{Looks, PLENTY, WIDE};
use super::data::stacked;
use super::{Method, Quantity};
use crate::data::stands_for_missing;
use crate::error::{Error, Result, counted, thousands};
use crate::info::Kind;
use crate::info::kind::Repeats;

impl Looks<'_> {
    /// What the estimator itself does not say.
    pub(super) fn notes(&self, method: Method) -> Result<Vec<String>> {
        let mut notes = self.missing();
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
                         missing value, remove the row",
                        variable.columns[j],
                        said.collect::<Vec<_>>().join(" or "),
                        counted(rows, "row")
                    ));
                }
            }
        }
        notes
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
