//! Entropy and mutual information of continuous variables in bins.
//!
//! $$ \hat H = H(\text{bins}) + \sum_j\ln h_j, \qquad
//!    \hat I = H(\text{bins}_x) + H(\text{bins}_y) - H(\text{bins}_{xy}) $$
//!
//! Wide bins smooth the density and lose information; narrow ones find information where there is none: the bias of the
//! plug-in estimate is about the number of occupied bins divided by 2n, and the [estimator](super::discrete::Estimator)
//! corrects a part of it. Use it for comparison with published values, in one or two columns; nearest neighbours need no
//! bins. Assumes independent rows, and a density that hardly changes within a bin.

use super::discrete::{Estimator, Symbols, entropy as of_counts, mutual_information as of_symbols};
use super::estimator::{Columns, Cost, Descriptor, Quantity};
use super::kind::{Kind, Repeats, column};
use super::resampling::quantile;
use super::{Estimate, Nats, Sample};
use crate::error::{Error, Result};

/// The estimator as `ganscope measure` offers it.
pub(super) static DESCRIPTOR: Descriptor = Descriptor {
    name: "histogram",
    summary: "counts in bins; width by the rule of Freedman & Diaconis (1981)",
    columns: Columns::Numbers,
    assumes: "a density that hardly changes within a bin; one or two columns",
    cost: Cost::Sorting,
    neighbours: false,
    duplicates_mislead: false,
    auto: None,
    runs: &[
        (Quantity::Entropy, |input| {
            let x = &input.variable(0).sample;
            entropy(x, Width::FreedmanDiaconis, Estimator::MillerMadow)
        }),
        (Quantity::Mi, |input| {
            let [x, y] = [0, 1].map(|i| &input.variable(i).sample);
            mutual_information(x, y, Width::FreedmanDiaconis, Estimator::MillerMadow)
        }),
    ],
};

/// Rule for the width of the bins of a variable, one of d variables that are binned together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Width {
    /// 2 IQR n^(−1/(d+2)) (Freedman & Diaconis 1981, for d = 1).
    FreedmanDiaconis,
    /// (24√π)^(1/3) σ n^(−1/(d+2)) = 3.49 σ n^(−1/(d+2)) (Scott 1979 for d = 1, 1992).
    Scott,
    /// The range divided by ⌈log₂ n⌉ + 1 (Sturges 1926).
    Sturges,
    /// The same given width for every variable.
    Fixed(f64),
}

impl Width {
    fn name(self) -> &'static str {
        match self {
            Width::FreedmanDiaconis => "freedman-diaconis",
            Width::Scott => "scott",
            Width::Sturges => "sturges",
            Width::Fixed(_) => "fixed",
        }
    }

    fn of(self, sorted: &[f64], d: usize) -> f64 {
        let n = sorted.len() as f64;
        let shrink = n.powf(-1.0 / (d as f64 + 2.0));
        match self {
            Width::FreedmanDiaconis => {
                2.0 * (quantile(sorted, 0.75) - quantile(sorted, 0.25)) * shrink
            }
            Width::Scott => {
                let mean = sorted.iter().sum::<f64>() / n;
                let variance = sorted.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
                let constant = (24.0 * std::f64::consts::PI.sqrt()).cbrt();
                constant * variance.sqrt() * shrink
            }
            Width::Sturges => (sorted[sorted.len() - 1] - sorted[0]) / (n.log2().ceil() + 1.0),
            Width::Fixed(h) => h,
        }
    }
}

/// Estimates the entropy H(x) of x with d columns.
///
/// ```
/// use ganscope::info::{Sample, discrete::Estimator, histogram::{Width, entropy}};
/// // Uniform on (0, 8), in bins of 2.
/// let x = Sample::new((0..800).map(|i| f64::from(i) / 100.0).collect(), 1)?;
/// let found = entropy(&x, Width::Fixed(2.0), Estimator::PlugIn)?;
/// assert!((found.value.0 - 8f64.ln()).abs() < 1e-12);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// O(n log n). The standard error is that of the entropy of the bins; it does not include the error from smoothing.
///
/// # Errors
/// [`Error::Usage`] for a constant variable, a discrete one, and a width that is not positive or so small that f64
/// cannot distinguish the bins.
pub fn entropy(x: &Sample, width: Width, by: Estimator) -> Result<Estimate> {
    let bins = Bins::new(x, width, x.dimension())?;
    let counts = bins.symbols.counts()?;
    let of_bins = of_counts(&counts, by)?;
    let volume: f64 = bins.widths.iter().map(|h| h.ln()).sum();
    let found = Estimate {
        value: of_bins.value + Nats(volume),
        ..of_bins
    };
    Ok(described(found, x.dimension(), width, by, &bins.widths))
}

/// Estimates I(x; y), where x and y may have several columns.
///
/// ```
/// use ganscope::info::{Sample, discrete::Estimator, histogram::{Width, mutual_information}};
/// // y = x: the largest value for four bins, ln 4.
/// let x = Sample::new((0..400).map(|i| f64::from(i) / 100.0).collect(), 1)?;
/// let found = mutual_information(&x, &x, Width::Fixed(1.0), Estimator::PlugIn)?;
/// assert!((found.value.0 - 4f64.ln()).abs() < 1e-12);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// O(n log n).
///
/// # Errors
/// As [`entropy`], and for different lengths.
pub fn mutual_information(x: &Sample, y: &Sample, width: Width, by: Estimator) -> Result<Estimate> {
    x.as_long_as(y)?;
    let d = x.dimension() + y.dimension();
    let (of_x, of_y) = (Bins::new(x, width, d)?, Bins::new(y, width, d)?);
    let found = of_symbols(&of_x.symbols, &of_y.symbols, by)?;
    let widths = [of_x.widths, of_y.widths].concat();
    Ok(described(found, d, width, by, &widths))
}

/// The estimate with the rule and the widths as parameters.
fn described(
    found: Estimate,
    dimension: usize,
    width: Width,
    by: Estimator,
    widths: &[f64],
) -> Estimate {
    Estimate {
        estimator: "histogram",
        dimension,
        ..found
    }
    .with("entropy", by.name())
    .with("rule", width.name())
    .with("widths", widths)
}

/// The bin of each observation.
struct Bins {
    symbols: Symbols,
    widths: Vec<f64>,
}

impl Bins {
    /// Bins of the columns of x, some of the `d` columns that are binned together.
    fn new(x: &Sample, width: Width, d: usize) -> Result<Bins> {
        let mut all: Option<Symbols> = None;
        let mut widths = Vec::new();
        for j in 0..x.dimension() {
            continuous(x, j)?;
            let column: Vec<f64> = x.column(j).collect();
            let mut sorted = column.clone();
            sorted.sort_by(f64::total_cmp);
            let h = width.of(&sorted, d);
            let (low, high) = (sorted[0], sorted[sorted.len() - 1]);
            let usable = h.is_finite() && h > 0.0 && (high - low) / h < 1e15;
            if !usable {
                return Err(Error::Usage(format!(
                    "variable {}: bins of width {h} (rule {}) cannot divide the range from {low} to {high}, \
                     because the width is zero, not finite or far too small; use another estimator, or set a \
                     fixed width in the library",
                    j + 1,
                    width.name()
                )));
            }
            let bins: Vec<i64> = column
                .iter()
                .map(|x| ((x - low) / h).floor() as i64)
                .collect();
            let bins = Symbols::new(&bins)?;
            all = Some(match all {
                Some(before) => before.beside(&bins)?,
                None => bins,
            });
            widths.push(h);
        }
        let symbols = all.ok_or_else(|| Error::Usage("there is no variable to bin".into()))?;
        Ok(Bins { symbols, widths })
    }
}

/// Refuses a constant variable, and a discrete one.
pub(super) fn continuous(variable: &Sample, j: usize) -> Result<()> {
    let (n, first) = (variable.len(), variable.row(0)[j]);
    let repeats = Repeats::of(&column(variable, j));
    Err(Error::Usage(match repeats.kind() {
        Kind::Constant if n == 1 => "a single observation has no entropy".into(),
        Kind::Constant => format!(
            "variable {} is {first} in all {n} observations: a constant has differential entropy −∞ and carries no information; leave it out",
            j + 1
        ),
        Kind::Discrete => format!(
            "variable {} has {} different values in {n} observations: it is discrete; use an estimator for \
             counts, such as plug-in",
            j + 1,
            repeats.different
        ),
        Kind::Mixed | Kind::Continuous => return Ok(()),
    }))
}
