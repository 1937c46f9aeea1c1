//! Estimates made of other estimates, and divergences made of mutual information.

use rand::seq::SliceRandom;

use super::data::{Data, stacked};
use super::input::Settings;
use crate::error::Result;
use crate::info::rows::Rows;
use crate::info::{Estimate, Nats};
use crate::random::{Stream, rng};

/// The estimate with the number of columns that it is made from.
pub(in crate::info) fn of_dimension(found: Estimate, dimension: usize) -> Estimate {
    Estimate { dimension, ..found }
}

/// a + sign · b, with the parameters and notes of both. The two errors are not independent, so the combined estimate
/// has no standard error.
pub(in crate::info) fn combined(
    name: &'static str,
    a: &Estimate,
    sign: f64,
    b: &Estimate,
) -> Estimate {
    let mut found = b.clone();
    found.value = Nats(a.value.0 + sign * b.value.0);
    found.standard_error = None;
    found.estimator = name;
    for (name, value) in &a.parameters {
        found.parameters.insert(name, value.clone());
    }
    if a.estimator != found.estimator {
        found.parameters.insert("entropy", a.estimator.into());
    }
    for note in &a.notes {
        if !found.notes.contains(note) {
            found.notes.push(note.clone());
        }
    }
    found
}

/// For JSD(p‖q) = I(label; value): the labels, true for a value that comes from q, and the values of both
/// samples. Each label is as frequent as the other: of the larger sample as many rows as the smaller has are taken at
/// random.
pub(in crate::info) fn labelled(
    p: &Data,
    q: &Data,
    settings: Settings,
) -> Result<(Vec<bool>, Data)> {
    let n = p.count().min(q.count());
    let (p, q) = (drawn(p, n, settings.seed)?, drawn(q, n, settings.seed)?);
    let values = Data {
        sample: stacked(&p.sample, &q.sample)?,
        texts: p.texts,
    };
    Ok(((0..2 * n).map(|i| i >= n).collect(), values))
}

/// n of the rows, at random.
fn drawn(data: &Data, n: usize, seed: u64) -> Result<Data> {
    let mut places: Vec<usize> = (0..data.count()).collect();
    if n < data.count() {
        // The replicates of subsampling use the steps from 0 of this stream.
        places.shuffle(&mut rng(seed, Stream::Subsample, u64::MAX));
    }
    data.draw(&places[..n])
}
