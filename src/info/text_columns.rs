//! Columns of text beside numbers, for the estimators for mixtures.
//!
//! The distance between two different texts is infinite, and that between equal ones 0: they are represented by numbers
//! so far apart that the theorem of Gao et al. (2017) holds for them, as it does for any numbers that stand for symbols.
//! The k nearest neighbours of row i are then rows with the same text. If x is text and N_x of the N rows have the text of
//! row i, its term is
//!
//! $$ \psi(\tilde k) + \ln N - \psi(N_x) - \psi(n_y) $$
//!
//! This is Ross's (2014) term, except that k̃ also counts copies of yᵢ. Rows whose combination of texts occurs at most k
//! times have no k neighbours at a finite distance and are left out.

use super::Sample;
use super::discrete::symbols;
use super::estimator::{Data, standardised};
use super::rows::Rows;
use crate::error::{Error, Result, counted};

/// Distance between two texts. Numbers are measured in their standard deviation, in which N rows are at most 2√N apart.
const TEXT_DISTANCE: f64 = 1e7;

/// The rows whose combination of texts occurs more than k times, and a note on the others.
pub(super) fn frequent_rows(variables: &[&Data], k: usize) -> Result<(Vec<usize>, Option<String>)> {
    let n = variables[0].count();
    let texts_of = |data: &&Data| {
        let texts = data.texts.iter().map(|&j| data.sample.column(j).collect());
        texts.collect::<Vec<Vec<f64>>>()
    };
    let texts: Vec<Vec<f64>> = variables.iter().flat_map(texts_of).collect();
    if texts.is_empty() {
        return Ok(((0..n).collect(), None));
    }
    let rows = (0..n).flat_map(|i| texts.iter().map(move |text| text[i]));
    let combinations = symbols(&Sample::new(rows.collect(), texts.len())?)?;
    let counts = combinations.counts()?;
    let frequent = |&i: &usize| counts.values()[combinations.codes()[i] as usize] > k as u64;
    let kept: Vec<usize> = (0..n).filter(frequent).collect();
    let is_constant = |text: &Vec<f64>| kept.iter().all(|&i| text[i] == text[kept[0]]);
    if texts.iter().any(is_constant) {
        return Err(Error::Usage(format!(
            "only {} have text that occurs more than {k} times, as is necessary for {k} nearest neighbours; in these rows a text column is constant; lower k, or merge rare texts",
            counted(kept.len(), "row")
        )));
    }
    let note = (kept.len() < n).then(|| {
        format!(
            "{} left out: their text occurs at most {k} times, too rarely for {k} nearest neighbours; the value is that of \
             the other rows",
            counted(n - kept.len(), "row")
        )
    });
    Ok((kept, note))
}

/// The numbers divided by their standard deviations, and the texts at [`TEXT_DISTANCE`] from each other.
pub(super) fn separated_text(x: &Data) -> Result<Sample> {
    let scaled = standardised(&x.sample)?;
    let d = x.dimension();
    let each = scaled.values().iter().zip(x.sample.values()).enumerate();
    let value = |(place, (scaled, code)): (usize, (&f64, &f64))| {
        if x.texts.contains(&(place % d)) {
            TEXT_DISTANCE * code
        } else {
            *scaled
        }
    };
    Sample::new(each.map(value).collect(), d)
}
