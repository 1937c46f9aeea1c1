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
    let (both, left_out) = common(&[x, y], k)?;
    let [x, y] = &both[..] else {
        return mixture_information(&x.sample, &y.sample, k);
    };
    let mut found = mixture_information(&apart(x)?, &apart(y)?, k)?;
    found.notes.extend(left_out);
    Ok(found)
}

/// I(x; y | z).
pub(super) fn mixture_given(x: &Data, y: &Data, z: &Data, k: usize) -> Result<Estimate> {
    let (all, left_out) = common(&[x, y, z], k)?;
    let apart: Vec<Sample> = all.iter().map(apart).collect::<Result<_>>()?;
    let mut found = match &apart[..] {
        [x, y, z] => mixture_conditional_information(x, y, z, k)?,
        _ => mixture_conditional_information(&x.sample, &y.sample, &z.sample, k)?,
    };
    found.notes.extend(left_out);
    Ok(found)
}

/// The rows whose words are there more than k times, and what to say of the others.
fn common(of: &[&Data], k: usize) -> Result<(Vec<Data>, Option<String>)> {
    let all: Vec<Data> = of.iter().map(|&data| data.clone()).collect();
    let texts = |data: &Data| {
        let texts = data.texts.iter().map(|&j| data.sample.column(j).collect());
        texts.collect::<Vec<Vec<f64>>>()
    };
    let texts: Vec<Vec<f64>> = all.iter().flat_map(texts).collect();
    let Some(first) = texts.first() else {
        return Ok((all, None));
    };
    let (n, width) = (first.len(), texts.len());
    let rows = (0..n).flat_map(|i| texts.iter().map(move |text| text[i]));
    let words = symbols(&Sample::new(rows.collect(), width)?)?;
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
    if kept.len() == n {
        return Ok((all, None));
    }
    let note = format!(
        "{} left out: the text is there at most {k} times, too seldom for {k} neighbours; the value is that of the \
         rest",
        counted(n - kept.len(), "row")
    );
    let drawn: Result<Vec<Data>> = all.iter().map(|data| data.draw(&kept)).collect();
    Ok((drawn?, Some(note)))
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
