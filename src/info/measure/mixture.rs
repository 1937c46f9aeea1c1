//! The estimator for mixtures where columns of text stand beside numbers.
//!
//! Of two different words the distance is ∞, of equal ones 0: as numbers FAR apart, for which, as for any numbers
//! that stand for symbols, the theorem of Gao et al. (2017) holds. The k nearest of row i are then rows of its own words.
//! With x a word, N_x of the N rows have it, and the term of row i is
//!
//! $$ \psi(\tilde k) + \ln N - \psi(N_x) - \psi(n_y) $$
//!
//! which is Ross's (2014), but for copies of yᵢ among them, which k̃ counts. Rows whose words, of all columns together, are
//! there at most k times have no k neighbours at a finite distance and are left out.

use super::apply::{standardised, symbols};
use super::data::Data;
use crate::error::{Error, Result, counted};
use crate::info::resampling::Rows;
use crate::info::{Estimate, Sample, mixture_conditional_information, mixture_information};

/// Between two words, in standard deviations of a number, of which N rows are at most 2√N apart.
const FAR: f64 = 1e7;

/// I(x; y).
pub(super) fn mixture(x: &Data, y: &Data, k: usize) -> Result<Estimate> {
    let (rows, left_out) = common(&[x, y], k)?;
    let of = |data: &Data| apart(&data.draw(&rows)?);
    let mut found = mixture_information(&of(x)?, &of(y)?, k)?;
    found.notes.extend(left_out);
    Ok(found)
}

/// I(x; y | z).
pub(super) fn mixture_given(x: &Data, y: &Data, z: &Data, k: usize) -> Result<Estimate> {
    let (rows, left_out) = common(&[x, y, z], k)?;
    let of = |data: &Data| apart(&data.draw(&rows)?);
    let mut found = mixture_conditional_information(&of(x)?, &of(y)?, &of(z)?, k)?;
    found.notes.extend(left_out);
    Ok(found)
}

/// The rows whose words are there more than k times, and what to say of the others.
fn common(all: &[&Data], k: usize) -> Result<(Vec<usize>, Option<String>)> {
    let n = all[0].count();
    let texts = |data: &&Data| {
        let texts = data.texts.iter().map(|&j| data.sample.column(j).collect());
        texts.collect::<Vec<Vec<f64>>>()
    };
    let texts: Vec<Vec<f64>> = all.iter().flat_map(texts).collect();
    if texts.is_empty() {
        return Ok(((0..n).collect(), None));
    }
    let rows = (0..n).flat_map(|i| texts.iter().map(move |text| text[i]));
    let words = symbols(&Sample::new(rows.collect(), texts.len())?)?;
    let counts = words.counts()?;
    let often = |&i: &usize| counts.values()[words.codes()[i] as usize] > k as u64;
    let kept: Vec<usize> = (0..n).filter(often).collect();
    let same = |text: &Vec<f64>| kept.iter().all(|&i| text[i] == text[kept[0]]);
    if texts.iter().any(same) {
        return Err(Error::Usage(format!(
            "{} have text that is there more than {k} times, which neighbours are looked for in, and not two \
             different ones: lower k, or join words that are rare",
            counted(kept.len(), "row")
        )));
    }
    let note = (kept.len() < n).then(|| {
        format!(
            "{} left out: the text is there at most {k} times, too seldom for {k} neighbours; the value is that of the \
             rest",
            counted(n - kept.len(), "row")
        )
    });
    Ok((kept, note))
}

/// Numbers by their standard deviations, words FAR apart.
fn apart(x: &Data) -> Result<Sample> {
    let near = standardised(&x.sample)?;
    let d = x.dimension();
    let each = near.values().iter().zip(x.sample.values()).enumerate();
    let value = |(at, (near, code)): (usize, (&f64, &f64))| match x.texts.contains(&(at % d)) {
        true => FAR * code,
        false => *near,
    };
    Sample::new(each.map(value).collect(), d)
}
