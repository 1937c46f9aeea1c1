//! Samples that have one factor in common, for the scores that ask for them.

use crate::interpret::intervals::wilson;
use crate::random::{Stream, rng};
use rand::RngExt;
use serde::{Deserialize, Serialize};

use super::representation::MAXIMUM_CODE;
use super::{Factor, Representation};
use crate::error::{Error, Result, counted};

/// Largest number of samples of one request, unless a single point needs more.
const ROWS: usize = 512;
/// Largest number of samples of all points.
const MAXIMUM_SAMPLES: usize = 10_000_000;
/// Offset of the steps whose random numbers are the seeds of requests, beyond all points.
const REQUESTS: u64 = 1 << 32;

/// A request for the codes of samples in which one factor has given levels.
///
/// A caller answers it with the codes of `levels.len()` samples, row-major. Factor `factor` of sample i has the level
/// `levels[i]`; all other factors are drawn at random, with random numbers that are a function of `seed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Position of the factor in [`Representation::factors`].
    pub factor: usize,
    /// Level of the factor for each sample.
    pub levels: Vec<usize>,
    /// Random seed of the other factors.
    pub seed: u64,
}

/// Numbers of points and of samples.
pub(super) struct Plan {
    /// Number of points for training, then for the test.
    pub points: [usize; 2],
    /// Number of levels that are drawn for each point.
    pub levels: usize,
    /// Number of samples that have each of these levels.
    pub samples: usize,
    /// Random seed.
    pub seed: u64,
}

/// One point: the factor that was fixed, and what was computed from the codes of its samples.
pub(super) struct Point<T> {
    pub factor: usize,
    pub value: T,
}

impl Plan {
    fn check(&self, representation: &Representation) -> Result<()> {
        if let Some(factor) = representation.factors().iter().find(|f| f.levels < 2) {
            return Err(Error::Usage(format!(
                "factor \"{}\" has a single level, so fixing it changes nothing; leave it out of this score",
                factor.name
            )));
        }
        if representation.factors().len() < 2 {
            return Err(Error::Usage(
                "this score tells which factor is fixed, so it needs at least 2 factors".into(),
            ));
        }
        let rows = self.levels.saturating_mul(self.samples);
        let points = self.points[0].saturating_add(self.points[1]);
        let samples = points.saturating_mul(rows);
        if !self.points.contains(&0) && rows >= 2 && samples <= MAXIMUM_SAMPLES {
            return Ok(());
        }
        Err(Error::Usage(format!(
            "{} training and {} test points of {} are out of range; use at least 1 of both with at least 2 samples, and at most \
             10,000,000 samples in all",
            self.points[0],
            self.points[1],
            counted(rows, "sample")
        )))
    }

    /// Draws a factor and its levels for each point, asks for the samples, and computes a value from the codes of each
    /// point.
    pub(super) fn points<T>(
        &self,
        representation: &Representation,
        draw: impl Fn(&Group) -> Result<Vec<f64>>,
        mut value: impl FnMut(&[f64]) -> T,
    ) -> Result<[Vec<Point<T>>; 2]> {
        self.check(representation)?;
        let factors = representation.factors();
        let all = self.points[0] + self.points[1];
        let chosen: Vec<(usize, Vec<usize>)> =
            (0..all).map(|i| self.choose(factors, i as u64)).collect();
        let mut points: Vec<Option<T>> = (0..all).map(|_| None).collect();
        let mut request = 0;
        for factor in 0..factors.len() {
            // Points with the same factor are requested together, so that a network has large batches.
            let with_factor: Vec<usize> = (0..all).filter(|i| chosen[*i].0 == factor).collect();
            let per_point = self.levels * self.samples;
            for batch in with_factor.chunks((ROWS / per_point).max(1)) {
                let levels = batch.iter().flat_map(|i| &chosen[*i].1).copied();
                let group = Group {
                    factor,
                    levels: levels.collect(),
                    seed: rng(self.seed, Stream::Group, REQUESTS + request).random(),
                };
                request += 1;
                let codes = draw(&group)?;
                check_codes(&codes, group.levels.len(), representation.width())?;
                let rows = codes.chunks_exact(per_point * representation.width());
                for (i, codes) in batch.iter().zip(rows) {
                    points[*i] = Some(value(codes));
                }
            }
        }
        let points = chosen.into_iter().zip(points);
        // Each point has a factor, so each has a value.
        let points =
            points.filter_map(|((factor, _), value)| value.map(|value| Point { factor, value }));
        let mut training: Vec<Point<T>> = points.collect();
        let test = training.split_off(self.points[0]);
        Ok([training, test])
    }

    /// The factor of point `i`, uniform, and the level of each of its samples, uniform.
    fn choose(&self, factors: &[Factor], i: u64) -> (usize, Vec<usize>) {
        let mut rng = rng(self.seed, Stream::Group, i);
        let factor = rng.random_range(0..factors.len());
        let mut level = || rng.random_range(0..factors[factor].levels);
        let levels = (0..self.levels).flat_map(|_| vec![level(); self.samples]);
        (factor, levels.collect())
    }
}

/// Checks the answer to a request.
fn check_codes(codes: &[f64], rows: usize, width: usize) -> Result<()> {
    if codes.len() != rows * width {
        return Err(Error::Usage(format!(
            "{} were requested with {width} codes each, so {} numbers are needed, but {} were returned",
            counted(rows, "sample"),
            rows * width,
            codes.len()
        )));
    }
    let usable = |code: &f64| code.abs() <= MAXIMUM_CODE;
    if let Some(wrong) = codes.iter().find(|code| !usable(code)) {
        return Err(Error::Usage(format!(
            "a code of a requested sample is {wrong}; codes must be finite and at most {MAXIMUM_CODE:e} in size"
        )));
    }
    Ok(())
}

/// Fraction of `right` among `n` ≥ 1 test points, and its 95 % interval (Wilson 1927).
pub(super) fn accuracy(right: usize, n: usize) -> (f64, [f64; 2]) {
    let (low, high) = wilson(right, n);
    (right as f64 / n as f64, [low, high])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilsons_interval_is_as_published() {
        // Newcombe 1998, table I: 81 of 263 (0.2553, 0.3662), 0 of 20 (0, 0.1611), 29 of 29 (0.8830, 1).
        for (right, n, low, high) in [
            (81, 263, 0.2553, 0.3662),
            (0, 20, 0.0, 0.1611),
            (29, 29, 0.8830, 1.0),
        ] {
            let (_, interval) = accuracy(right, n);
            let close = (interval[0] - low).abs() < 6e-5 && (interval[1] - high).abs() < 6e-5;
            assert!(close, "{interval:?}");
        }
    }
}
