//! A test whether a generator copies its training samples (Meehan, Chaudhuri & Dasgupta 2020).
//!
//! Let d(x) be the distance of x to the nearest training sample. The test compares d of m generated samples y with d of
//! n held-out samples x, which have the distribution of the training samples but were not used for training:
//!
//! $$ U = \sum_{i=1}^{m} \sum_{j=1}^{n} \Bigl(\mathbf 1[d(y_i) > d(x_j)] + \tfrac12 \mathbf 1[d(y_i) = d(x_j)]\Bigr), \qquad
//!    Z_U = \frac{U - mn/2}{\sqrt{mn(m + n + 1)/12}} $$
//!
//! If the generated samples have the distribution of the data, Z_U is close to standard normal (Mann & Whitney 1947),
//! whatever the training samples are. Z_U ≪ 0 means that generated samples are nearer to the training samples than new
//! samples of the data are: the generator copies. Z_U ≫ 0 means that they are further away: the generator underfits.
//! With ties the variance is mn/12 · ((N + 1) − Σ_t (t³ − t)/(N(N − 1))) for N = m + n and groups of t equal distances.
//!
//! A generator can copy in one region and underfit in another, and Z_U of all samples can hide this. So the test is
//! repeated in the cells π of a k-means partition of the training samples:
//!
//! $$ C_T = \frac{\sum_\pi \hat P(\pi)\, Z_U(\pi)}{\sum_\pi \hat P(\pi)}, \qquad
//!    \mathrm{sd}(C_T) = \frac{\sqrt{\sum_\pi \hat P(\pi)^2}}{\sum_\pi \hat P(\pi)} $$
//!
//! where P̂(π) is the fraction of the held-out samples in cell π, and sd(C_T) is for independent cells without copying.
//! The sums are over the cells with enough samples. (The paper leaves out cells with few generated samples; here cells
//! with few held-out samples are left out, too, because the normal distribution would not be accurate.) As in the
//! definition of the paper, d is the distance to the nearest of all training samples; the authors' program takes those
//! of the same cell.

mod cells;
mod rank_test;
mod settings;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use rank_test::{RankTest, rank_test};
pub use settings::CopyingSettings;

use cells::{cells_of, distances, mean_row, partition};
use rank_test::tails;

use crate::error::{Error, Result, counted, thousands};
use crate::interpret::rows::count_rows;

/// Largest absolute value of a feature, so that squared distances are finite.
const LARGEST: f64 = 1e100;
/// Level of significance of the finding in words, and of the cells together.
const ALPHA: f64 = 0.05;

/// One cell of the partition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CopyingCell {
    /// Number of training samples in the cell.
    pub training: usize,
    /// Number of held-out samples in the cell.
    pub held_out: usize,
    /// Number of generated samples in the cell.
    pub generated: usize,
    /// The test in this cell; `None` with too few samples.
    pub test: Option<RankTest>,
}

/// Result of the three-sample test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CopyingTest {
    /// The test of all samples.
    pub all: RankTest,
    /// C_T, the mean Z_U of the cells, weighted by the held-out samples; `None` if no cell has enough samples.
    pub c_t: Option<f64>,
    /// Standard deviation of C_T without copying and underfitting.
    pub c_t_deviation: Option<f64>,
    /// Probability of a C_T at least as small without copying and underfitting.
    pub p_copying: Option<f64>,
    /// Probability of a C_T at least as large without copying and underfitting.
    pub p_underfitting: Option<f64>,
    /// The cells.
    pub cells: Vec<CopyingCell>,
    /// Number of cells that copy: p below 0.05 divided by the number of tested cells.
    pub cells_copying: usize,
    /// Median distance of a generated sample to the nearest training sample.
    pub median_generated: f64,
    /// Median distance of a held-out sample to the nearest training sample.
    pub median_held_out: f64,
    /// Number of training samples.
    pub training: usize,
    /// Number of features of a sample.
    pub dimension: usize,
    /// The partition.
    pub protocol: CopyingSettings,
}

impl fmt::Display for CopyingTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.verdict())?;
        writeln!(
            f,
            "all samples        Z_U = {:.2} (p = {:.2e} for copying, {:.2e} for underfitting)",
            self.all.z, self.all.p_copying, self.all.p_underfitting
        )?;
        let tested = self.cells.iter().filter(|cell| cell.test.is_some()).count();
        match (
            self.c_t,
            self.c_t_deviation,
            self.p_copying,
            self.p_underfitting,
        ) {
            (Some(c_t), Some(deviation), Some(copying), Some(underfitting)) => writeln!(
                f,
                "cells              C_T = {c_t:.2}, standard deviation {deviation:.2} by chance (p = {copying:.2e} for copying, \
                 {underfitting:.2e} for underfitting); {} of {tested} tested cells copy",
                self.cells_copying
            )?,
            _ => writeln!(
                f,
                "cells              not tested: none has {} generated and {} held-out samples",
                self.protocol.fewest, self.protocol.fewest
            )?,
        }
        writeln!(
            f,
            "median distance    {:.4} of generated and {:.4} of held-out samples to the nearest training sample",
            self.median_generated, self.median_held_out
        )?;
        write!(
            f,
            "protocol           {} training, {} held-out, {} generated samples with {}; {} of at least {} samples; \
             seed {}",
            thousands(self.training as u64),
            thousands(self.all.held_out as u64),
            thousands(self.all.generated as u64),
            counted(self.dimension, "feature"),
            counted(self.cells.len(), "cell"),
            self.protocol.fewest,
            self.protocol.seed
        )
    }
}

impl CopyingTest {
    /// The finding in words. A generator with the distribution of the data is found to copy with a probability of at
    /// most 5 %: the test of all samples, C_T, and the cells together have a third of it each.
    fn verdict(&self) -> &'static str {
        let each = ALPHA / 3.0;
        let below = |p: Option<f64>| p.is_some_and(|p| p < each);
        let tests: Vec<RankTest> = self.cells.iter().filter_map(|cell| cell.test).collect();
        let in_cell = |test: &RankTest| test.p_copying < each / tests.len() as f64;
        if self.all.p_copying < each || below(self.p_copying) {
            "copying: generated samples are nearer to the training samples than held-out samples are"
        } else if tests.iter().any(in_cell) {
            "copying in some cells: there, generated samples are nearer to the training samples than held-out samples are"
        } else if self.all.p_underfitting < each || below(self.p_underfitting) {
            "underfitting: generated samples are further from the training samples than held-out samples are"
        } else {
            "no copying found: generated and held-out samples are at similar distances from the training samples"
        }
    }
}

/// Tests whether `generated` samples are copies of `training` samples, by comparison with `held_out` samples.
///
/// All samples are row-major [number, dimension]: pixels, or better features in which similar samples are close. The
/// held-out samples must not have been used for training. The distances are exact; memory is used for a few thousand
/// samples at a time.
///
/// ```
/// use ganscope::random::{Stream, standard_normal};
/// use ganscope::interpret::{CopyingSettings, copying_test};
/// let normal = |step, n: usize| -> Vec<f64> {
///     standard_normal(1, Stream::Data, step, 2 * n).into_iter().map(f64::from).collect()
/// };
/// let (training, held_out) = (normal(0, 300), normal(1, 200));
/// // A generator that returns its training samples with a little noise.
/// let copies: Vec<f64> = training.iter().zip(normal(2, 300)).map(|(x, e)| x + 0.001 * e).collect();
/// let settings = CopyingSettings { cells: 3, ..CopyingSettings::default() };
/// let test = copying_test(&training, &held_out, &copies, 2, &settings)?;
/// assert!(test.all.z < -10.0 && test.p_copying.is_some_and(|p| p < 1e-6));
/// // A generator with the distribution of the data.
/// let test = copying_test(&training, &held_out, &normal(3, 300), 2, &settings)?;
/// assert!(test.all.p_copying > 0.05);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] for samples that are missing or not whole rows, for values that are not finite or larger than
/// 1e100, and if the number of cells is 0 or larger than the number of training samples.
pub fn copying_test(
    training: &[f64],
    held_out: &[f64],
    generated: &[f64],
    dimension: usize,
    settings: &CopyingSettings,
) -> Result<CopyingTest> {
    for (name, samples) in [
        ("training", training),
        ("held-out", held_out),
        ("generated", generated),
    ] {
        check_rows(name, samples, dimension)?;
    }
    let n = training.len() / dimension;
    if settings.cells == 0 || settings.cells > n {
        return Err(Error::Usage(format!(
            "{} cannot be divided into {}; use 1 to {n}",
            counted(n, "training sample"),
            counted(settings.cells, "cell")
        )));
    }
    let centre = mean_row(training, dimension);
    let of_held_out = distances(held_out, training, &centre)?;
    let of_generated = distances(generated, training, &centre)?;
    let all = rank_test(&of_generated, &of_held_out)?;
    let (centroids, training_cells) = partition(training, &centre, settings)?;
    let held_out_cells = cells_of(held_out, &centroids, &centre)?;
    let generated_cells = cells_of(generated, &centroids, &centre)?;

    let in_cell = |distances: &[f64], cells: &[usize], cell: usize| -> Vec<f64> {
        let pairs = distances.iter().zip(cells);
        pairs
            .filter(|(_, c)| **c == cell)
            .map(|(d, _)| *d)
            .collect()
    };
    let mut cells = Vec::new();
    for cell in 0..centroids.len() / dimension {
        let held_out = in_cell(&of_held_out, &held_out_cells, cell);
        let generated = in_cell(&of_generated, &generated_cells, cell);
        let enough = held_out.len().min(generated.len()) >= settings.fewest.max(1);
        cells.push(CopyingCell {
            training: training_cells.iter().filter(|c| **c == cell).count(),
            held_out: held_out.len(),
            generated: generated.len(),
            test: if enough {
                Some(rank_test(&generated, &held_out)?)
            } else {
                None
            },
        });
    }
    let tested: Vec<(&CopyingCell, RankTest)> = (cells.iter())
        .filter_map(|cell| cell.test.map(|test| (cell, test)))
        .collect();
    let sum = |of: &dyn Fn(f64, f64) -> f64| -> f64 {
        let terms = tested
            .iter()
            .map(|(cell, test)| of(cell.held_out as f64, test.z));
        terms.sum()
    };
    let weight = sum(&|w, _| w);
    let c_t = (weight > 0.0).then(|| sum(&|w, z| w * z) / weight);
    let c_t_deviation = (weight > 0.0).then(|| sum(&|w, _| w * w).sqrt() / weight);
    let p = c_t.zip(c_t_deviation).map(|(c_t, sd)| tails(c_t / sd));
    let threshold = ALPHA / tested.len().max(1) as f64;
    let copies = |(_, test): &&(&CopyingCell, RankTest)| test.p_copying < threshold;
    let cells_copying = tested.iter().filter(copies).count();
    Ok(CopyingTest {
        all,
        c_t,
        c_t_deviation,
        p_copying: p.map(|p| p.0),
        p_underfitting: p.map(|p| p.1),
        cells,
        cells_copying,
        median_generated: median(of_generated),
        median_held_out: median(of_held_out),
        training: n,
        dimension,
        protocol: settings.clone(),
    })
}

fn check_rows(name: &str, samples: &[f64], dimension: usize) -> Result<()> {
    count_rows(samples, dimension, &format!("the {name} features"))?;
    let usable = |v: &f64| v.abs() <= LARGEST;
    if let Some(at) = samples.iter().position(|v| !usable(v)) {
        return Err(Error::Usage(format!(
            "{name} sample {} (counted from 0) has a feature that is {}; features must be at most 1e100 in size",
            at / dimension,
            samples[at]
        )));
    }
    Ok(())
}

/// The median of values, of which there is at least one.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 {
        values[middle]
    } else {
        0.5 * (values[middle - 1] + values[middle])
    }
}
