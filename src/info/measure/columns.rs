//! Columns that look like something else than numbers drawn at random: words that are numbers, ids and grids, values far
//! from all others.

use statrs::function::gamma::digamma;

use super::choice::Looks;
use super::{Quantity, Variable};
use crate::data::stands_for_missing;
use crate::error::short;
use crate::info::Kind;
use crate::info::knn::deviations;

/// Standard deviations, as the middle half of a column has them, that its own may be.
const FAR: f64 = 5.0;
/// The correlation of successive rows from which they are alike, and rows that are too few to tell.
const ALIKE: f64 = 0.5;
const FEW_IN_ORDER: usize = 30;
/// The share of gaps between values that are the smallest gap; of numbers drawn from a density one is.
const EVEN: f64 = 0.5;

impl Looks<'_> {
    /// Words that are numbers to people: `12 %`, `3,5`.
    pub(super) fn written_numbers(&self) -> Vec<String> {
        let columns = self.variables.iter().flat_map(|v| {
            let name = |j: &usize| &v.columns[*j];
            v.symbols.iter().map(move |(j, texts)| (name(j), texts))
        });
        columns
            .filter_map(|(name, texts)| {
                let mut words = texts.iter().filter(|text| !stands_for_missing(text));
                let first = words.next()?;
                let (plain, unit) = plain_number(first)?;
                let alike = |text: &String| plain_number(text).is_some_and(|(_, own)| own == unit);
                words.all(alike).then(|| {
                    format!(
                        "column \"{name}\" holds text like {first:?}, which is counted as a word; to have it taken \
                         for a number, write {plain}"
                    )
                })
            })
            .collect()
    }

    /// Columns of which a few values are far from all others, so that distances, measured in the standard deviation,
    /// hardly tell the others apart: of normal variables with I = 0.51 nats in 1,000 rows KSG finds 0.40 when one x is
    /// 1,000 instead, and 0.002 when it is 100,000; of exp(2x) 0.41, of exp(6x) 0.08.
    pub(super) fn far(&self) -> Vec<String> {
        // Of one column alone the scale does not matter.
        let width: usize = self.variables.iter().map(|v| v.sample.dimension()).sum();
        if width == 1 || (self.measure.quantity.of_two_samples() && width == 2) {
            return Vec::new();
        }
        let mut notes = Vec::new();
        for variable in self.variables {
            let kinds = variable.kinds();
            for (j, deviation) in deviations(&variable.sample).enumerate() {
                if kinds[j] != Kind::Continuous {
                    continue;
                }
                let mut values: Vec<f64> = variable.sample.column(j).collect();
                values.sort_by(f64::total_cmp);
                let quarter = values.len() / 4;
                // Of a normal variable one deviation.
                let middle = (values[values.len() - 1 - quarter] - values[quarter]) / 1.349;
                if deviation > FAR * middle {
                    notes.push(format!(
                        "column \"{}\" has values far from its others (its standard deviation is {} times that of its \
                         middle half), and distances are measured by these: the value may be much too small; look at them, \
                         or take logarithms or ranks of the column, which tell as much",
                        variable.columns[j],
                        short(deviation / middle)
                    ));
                } else if deviation > FAR * spacing(&values) {
                    notes.push(format!(
                        "column \"{}\" is of groups that are far apart: distances are measured by these, and the values \
                         within a group hardly differ; the value may be much too small; measure each group by itself, or \
                         take ranks of the column, which tell as much",
                        variable.columns[j]
                    ));
                }
            }
        }
        notes
    }

    /// Columns that are one line but for less than neighbours are apart: these lie along it, and what is across it is
    /// not seen. Of y = x + 0.001 e in 3,000 rows the entropy is found 0.6 nats too large, of 0.0001 e 2.6.
    pub(super) fn nearly_lines(&self) -> Vec<String> {
        let apart: Vec<Vec<&Variable>> = match self.measure.quantity.of_two_samples() {
            true => self.variables.iter().map(|v| vec![v]).collect(),
            false => vec![self.variables.iter().collect()],
        };
        let mut notes: Vec<String> = Vec::new();
        for together in apart {
            let columns: Vec<(&String, Vec<f64>)> = together
                .iter()
                .flat_map(|v| {
                    let numbers = (0..v.sample.dimension()).filter(|j| !v.symbols.contains_key(j));
                    numbers.map(|j| (&v.columns[j], v.sample.column(j).collect()))
                })
                .collect();
            for (i, (name, x)) in columns.iter().enumerate() {
                for (other, y) in &columns[..i] {
                    let r = correlation(x, y);
                    if (1.0 - r * r).max(0.0).sqrt() < 2.0 / (x.len() as f64).sqrt() {
                        notes.push(format!(
                            "columns \"{other}\" and \"{name}\" are nearly one line: nearest neighbours lie along it, \
                             what is across it is not seen, and the value may be far off; take of one of them its \
                             difference from the line"
                        ));
                    }
                }
            }
        }
        notes.dedup();
        notes
    }

    /// Rows that are like the ones before them.
    pub(super) fn series(&self) -> Option<String> {
        fn alike(v: &Variable) -> Option<&String> {
            let numbers = (0..v.sample.dimension()).filter(|j| !v.symbols.contains_key(j));
            let mut numbers = numbers.filter(|j| {
                let column: Vec<f64> = v.sample.column(*j).collect();
                column.len() > FEW_IN_ORDER
                    && correlation(&column[1..], &column[..column.len() - 1]) > ALIKE
            });
            numbers.next().map(|j| &v.columns[j])
        }
        let alike: Option<Vec<&String>> = self.variables.iter().map(alike).collect();
        let first = alike?.first().copied()?;
        Some(format!(
            "each row is like the one before (column \"{first}\", and one of each other variable): if rows follow each \
             other in time, they are not independent, and the standard error and p-value are too small"
        ))
    }

    /// Numbers as evenly spaced as ids and grids, whose neighbours are farther than those of as many random ones. Of
    /// values one apart the k-th is ⌈k/2⌉ away, and the entropy of n too large by ln 2⌈k/2⌉ − ψ(k). What they tell of
    /// others is not concerned: ranks, which tell as much, are as even.
    pub(super) fn even(&self) -> Vec<String> {
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
                     among numbers drawn at random, and of one such column the entropy is up to {} nats too large at k = {k}{}",
                    short(off),
                    match self.measure.quantity {
                        Quantity::Entropy => "; compare with histogram",
                        _ => "",
                    }
                )
            })
            .collect()
    }
}

/// Pearson's, of columns of any size.
fn correlation(x: &[f64], y: &[f64]) -> f64 {
    let unit = |v: &[f64]| {
        let largest = v.iter().fold(f64::MIN_POSITIVE, |m, v| m.max(v.abs()));
        let mean = v.iter().map(|v| v / largest).sum::<f64>() / v.len() as f64;
        let centred: Vec<f64> = v.iter().map(|v| v / largest - mean).collect();
        let size = centred.iter().map(|v| v * v).sum::<f64>().sqrt();
        centred.into_iter().map(move |v| v / size)
    };
    unit(x).zip(unit(y)).map(|(x, y)| x * y).sum()
}

/// What a column of n values would span if all gaps were the median one: of a normal variable 2.6 deviations.
fn spacing(sorted: &[f64]) -> f64 {
    let mut values = sorted.to_vec();
    values.dedup();
    let mut gaps: Vec<f64> = values.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let middle = gaps.len() / 2;
    match gaps.is_empty() {
        true => f64::INFINITY,
        false => *gaps.select_nth_unstable_by(middle, f64::total_cmp).1 * values.len() as f64,
    }
}

/// Whether most values are at the smallest distance that any two are.
fn is_even(column: impl Iterator<Item = f64>) -> bool {
    let mut values: Vec<f64> = column.collect();
    values.sort_by(f64::total_cmp);
    values.dedup();
    let gaps = || values.windows(2).map(|pair| pair[1] - pair[0]);
    let least = gaps().fold(f64::INFINITY, f64::min);
    // What arithmetic makes of equal gaps depends on how large the values are.
    let equal = values.windows(2).filter(|pair| {
        let size = pair[0].abs().max(pair[1].abs());
        pair[1] - pair[0] - least <= 1e-6 * least + 4.0 * f64::EPSILON * size
    });
    // Of few values many gaps may be alike by chance.
    values.len() > 20 && equal.count() as f64 > EVEN * values.len() as f64
}

/// How a number that people write in another way is to be written for programs, and the unit that it had.
fn plain_number(text: &str) -> Option<(String, &str)> {
    let amount = text.trim().trim_start_matches(['$', '€', '£']).trim_start();
    let unit = amount.find(|c: char| !c.is_ascii_digit() && !".,+-".contains(c));
    let (amount, unit) = amount.split_at(unit.unwrap_or(amount.len()));
    let groups: Vec<&str> = amount.split(',').collect();
    let (whole, rest) = groups.split_first()?;
    // 1,234,567.8 or 1,234: thousands. But 0,123 has none.
    let thousands = !rest.is_empty()
        && !["", "0", "-0"].contains(whole)
        && rest
            .iter()
            .all(|group| group.split('.').next().map(str::len) == Some(3));
    let plain = match (thousands, rest.len()) {
        (true, _) => groups.concat(),
        (false, 0 | 1) => groups.join("."),
        _ => return None,
    };
    plain.parse::<f64>().ok().map(|_| (plain, unit.trim()))
}
