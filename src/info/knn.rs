//! Settings that all estimators by nearest neighbours share, and the checks that they make first.

use rand::RngExt;

use super::kind::Repeats;
use super::neighbours::{Neighbours, Norm};
use super::{Estimate, Nats, Sample};
use crate::error::{Error, Result, counted, short, thousands};
use crate::random::{Stream, rng};

/// Number of nearest neighbours, and whether noise breaks ties.
///
/// ```
/// use ganscope::info::{Knn, Sample, Norm, entropy_knn};
/// let rounded = Sample::new((0..60).map(|i| f64::from(i % 20)).collect(), 1)?;
/// let refused = entropy_knn(&rounded, Knn::new(2), Norm::Euclidean).unwrap_err().to_string();
/// assert!(refused.contains("row 1 has 2 or more exact copies"), "{refused}");
/// assert!(entropy_knn(&rounded, Knn::new(2).jittered(7), Norm::Euclidean).is_ok());
/// # Ok::<(), ganscope::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Knn {
    /// Number of neighbours. Few give a small bias, many a small variance.
    pub k: usize,
    /// Random seed of noise that spreads rounded numbers over the intervals that were rounded to them; `None` adds no
    /// noise. The noise is uniform, and as wide as the smallest gap in its column. Information between the rounded
    /// numbers is the same as between the spread ones, and the differential entropy of the spread numbers is the
    /// entropy of the rounded ones plus the logarithm of the gap. Much smaller noise, which Kraskov et al. (2004) add
    /// to break ties, would make the differential entropy go to −∞.
    pub jitter: Option<u64>,
}

impl Default for Knn {
    fn default() -> Knn {
        Knn::new(3)
    }
}

impl Knn {
    /// k neighbours, without noise.
    pub fn new(k: usize) -> Knn {
        Knn { k, jitter: None }
    }

    /// The same with noise from this seed.
    pub fn jittered(self, seed: u64) -> Knn {
        Knn {
            jitter: Some(seed),
            ..self
        }
    }

    /// The samples as the estimator will use them, with noise if asked for. Messages call them by `names`.
    ///
    /// # Errors
    /// k of 0 or not less than a sample's length; a constant column.
    pub(super) fn prepare<const M: usize>(
        &self,
        samples: [&Sample; M],
        names: [&str; M],
    ) -> Result<[Sample; M]> {
        for (sample, name) in samples.iter().zip(names) {
            enough(self.k, sample.len())?;
            vary(sample, name)?;
        }
        let Some(seed) = self.jitter else {
            return Ok(samples.map(Sample::clone));
        };
        let mut noisy = samples.map(Sample::clone);
        for (variable, sample) in noisy.iter_mut().enumerate() {
            // Each variable has its own noise, since common noise would make them dependent.
            *sample = with_noise(sample, seed, variable as u64)?;
        }
        Ok(noisy)
    }

    /// The estimate mean(terms) + rest, with these settings as parameters.
    pub(super) fn estimate(
        &self,
        estimator: &'static str,
        terms: &[f64],
        rest: f64,
        dimension: usize,
    ) -> Result<Estimate> {
        let mean = terms.iter().sum::<f64>() / terms.len() as f64;
        let found =
            Estimate::new(estimator, Nats(mean + rest), terms.len(), dimension).with("k", self.k);
        if !found.value.0.is_finite() {
            return Err(out_of_range());
        }
        Ok(match self.jitter {
            None => found,
            Some(seed) => found.with("jitter", seed),
        })
    }
}

/// The standard error of the mean of the terms, as if they were independent.
pub(super) fn standard_error(terms: &[f64]) -> Nats {
    let n = terms.len() as f64;
    let mean = terms.iter().sum::<f64>() / n;
    let squares: f64 = terms.iter().map(|t| (t - mean) * (t - mean)).sum();
    Nats((squares / (n - 1.0) / n).sqrt())
}

/// Refuses k = 0, and n ≤ k.
pub(super) fn enough(k: usize, n: usize) -> Result<()> {
    if k == 0 {
        return Err(Error::Usage("k must be at least 1".into()));
    }
    if n <= k {
        return Err(Error::Usage(format!(
            "{} neighbours need more than {} rows, and there are {}; lower k or use more data",
            thousands(k as u64),
            thousands(k as u64),
            thousands(n as u64)
        )));
    }
    Ok(())
}

/// Refuses a constant column.
pub(super) fn vary(sample: &Sample, name: &str) -> Result<()> {
    let first = sample.row(0);
    let constant =
        |j: &usize| (sample.len() > 1) && sample.column(*j).all(|value| value == first[*j]);
    match (0..sample.dimension()).find(constant) {
        None => Ok(()),
        Some(j) => Err(Error::Usage(format!(
            "column {} of {name} is {} in every row: it has no density and carries no information; leave it out",
            j + 1,
            first[j]
        ))),
    }
}

/// The distance of each row to its k-th nearest other row. Refuses distances of 0.
pub(super) fn distances_to_kth(sample: &Sample, k: usize, norm: Norm) -> Result<Vec<f64>> {
    let points = Neighbours::new(sample);
    let distances = points.of_each(|row, point, room| points.kth(point, Some(row), k, norm, room));
    let Some(row) = distances.iter().position(|&distance| distance == 0.0) else {
        return Ok(distances);
    };
    let room = &mut Vec::new();
    if points.kth(sample.row(row), Some(row), k, Norm::Maximum, room) > 0.0 {
        // The square of the distance underflowed.
        return Err(out_of_range());
    }
    Err(Error::Usage(format!(
        "row {} has {} or more exact copies (as do {} of {} rows in total), and the logarithm of a distance of 0 is −∞; discrete \
         data need an estimator for counts, rounded data need `jitter`",
        row + 1,
        k,
        thousands(distances.iter().filter(|&&d| d == 0.0).count() as u64),
        thousands(sample.len() as u64),
    )))
}

fn out_of_range() -> Error {
    Error::Usage(
        "the differences between these numbers are too large or too small for double precision; divide each column by \
         its standard deviation"
            .into(),
    )
}

/// Adds notes on a variable that repeats its values, which draws from a density do not, and on a column that dominates
/// distances in the maximum norm.
pub(super) fn note_data(mut found: Estimate, variables: &[(&Sample, &str)]) -> Estimate {
    for (sample, name) in variables {
        let repeats = Repeats::of(sample);
        if repeats.are_many() {
            found = found.noting(format!(
                "{name} has {} in {}: it has no density; if it is discrete or partly discrete, use an estimator for mixed \
                 data",
                counted(repeats.different, "different value"),
                counted(sample.len(), "row"),
            ));
        }
    }
    let widths = variables.iter().flat_map(|(sample, _)| deviations(sample));
    let (least, most) = widths.fold((f64::INFINITY, 0.0), |(least, most), w| {
        (w.min(least), w.max(most))
    });
    if most > 100.0 * least {
        found = found.noting(format!(
            "one column varies {} times as much as another, which then hardly affects distances: divide each column by \
             its standard deviation, or use ranks",
            short(most / least)
        ));
    }
    found
}

/// The sample with uniform noise as wide as the smallest gap between two values of each column: each number is spread
/// over the interval that was rounded to it. Different values stay different, so the information about other variables stays
/// the same.
fn with_noise(sample: &Sample, seed: u64, variable: u64) -> Result<Sample> {
    let gaps: Vec<f64> = noise_widths(sample).collect();
    let mut random = rng(seed, Stream::Jitter, variable);
    let mut noisy = |(x, gap): (&f64, &f64)| x + gap * (random.random::<f64>() - 0.5);
    let values = sample.values().iter().zip(gaps.iter().cycle());
    Sample::new(values.map(&mut noisy).collect(), sample.dimension())
}

/// The width of the noise that jitter adds to each column: the smallest gap between two values.
pub(super) fn noise_widths(sample: &Sample) -> impl Iterator<Item = f64> {
    let columns = deviations(sample).enumerate();
    columns.map(|(j, deviation)| gap(sample.column(j), deviation))
}

/// The smallest gap between two values. Gaps below 10⁻⁹ of the `deviation` are rounding error and do not count.
fn gap(column: impl Iterator<Item = f64>, deviation: f64) -> f64 {
    let mut values: Vec<f64> = column.collect();
    values.sort_by(f64::total_cmp);
    let gaps = values.windows(2).map(|pair| pair[1] - pair[0]);
    let least = gaps
        .filter(|gap| *gap > 1e-9 * deviation)
        .fold(f64::INFINITY, f64::min);
    if least.is_finite() { least } else { 0.0 }
}

/// The standard deviation of each column. Squares of the numbers may overflow f64.
pub(super) fn deviations(sample: &Sample) -> impl Iterator<Item = f64> {
    let n = sample.len() as f64;
    (0..sample.dimension()).map(move |j| {
        let largest = sample
            .column(j)
            .fold(0.0, |largest: f64, x| largest.max(x.abs()));
        if largest == 0.0 {
            return 0.0;
        }
        let scaled = || sample.column(j).map(|x| x / largest);
        let mean = scaled().sum::<f64>() / n;
        largest * (scaled().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt()
    })
}

/// The share of ln N above which nearest neighbours underestimate information.
const LIMIT: f64 = 0.5;

/// Whether information is so large that nearest neighbours underestimate it.
pub(super) fn near_limit(information: &Estimate) -> bool {
    information.value.0 > LIMIT * (information.n as f64).ln()
}

/// A warning for information that is [`near_limit`].
pub(super) fn limit_warning(information: &Estimate) -> Option<String> {
    near_limit(information).then(|| {
        format!(
            "the value is near the largest that nearest neighbours can find in {} (ln n = {}): if one variable is a \
             function of the other, the information is infinite",
            counted(information.n, "row"),
            short((information.n as f64).ln())
        )
    })
}
