//! Rows of a table as symbols: each combination of the columns' values is one outcome.

use super::{Counts, Symbols};
use crate::error::Result;
use crate::info::Sample;
use crate::info::estimator::stacked;

/// The outcome of each row.
pub(in crate::info) fn symbols(x: &Sample) -> Result<Symbols> {
    let column = |j: usize| {
        // Integers in the order of the numbers that they stand for; −0 is 0.
        let key = |x: f64| {
            let bits = (x + 0.0).to_bits() as i64;
            bits ^ (((bits >> 63) as u64) >> 1) as i64
        };
        Symbols::new(&x.column(j).map(key).collect::<Vec<i64>>())
    };
    (1..x.dimension()).try_fold(column(0)?, |all, j| all.beside(&column(j)?))
}

/// Counts of p and of q, over the outcomes that occur in either.
pub(super) fn outcomes(p: &Sample, q: &Sample) -> Result<(Counts, Counts)> {
    let all = symbols(&stacked(p, q)?)?;
    let (of_p, of_q) = all.codes().split_at(p.len());
    let outcomes = all.codes().iter().max().map_or(0, |top| *top as usize + 1);
    let count = |codes: &[u32]| {
        let mut n = vec![0; outcomes];
        for &code in codes {
            n[code as usize] += 1;
        }
        Counts::new(n)
    };
    Ok((count(of_p)?, count(of_q)?))
}

/// Whether q lacks an outcome that p has.
pub(super) fn q_lacks_an_outcome(p: &Sample, q: &Sample) -> Result<bool> {
    let (p, q) = outcomes(p, q)?;
    let mut pairs = p.values().iter().zip(q.values());
    Ok(pairs.any(|(p, q)| *p > 0 && *q == 0))
}
