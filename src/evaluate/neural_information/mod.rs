//! Mutual information by a network: one that learns to tell pairs that belong together from pairs that do not,
//! or one that learns to read one variable off the other.
//!
//! The bounds are in [`gan::bounds`](crate::gan::bounds). A network learns on one half of the rows, and the bound is
//! taken on the other: on the rows that it learnt from, a network can make any bound as large as it likes.
//!
//! Networks see each column by its ranks, as normal scores: information does not change when a column is mapped
//! so that order is kept, and one far value would leave all others in a corner that no network tells apart.
//!
//! Rows are assumed to be independent draws. None of the bounds is unbiased: a network is never the best there is,
//! InfoNCE stays below ln n, what NWJ and MINE say of much information rests on few pairs (McAllester & Stratos 2020: no bound from N rows that is right with
//! confidence exceeds about ln N), and InfoGAN's needs an entropy that is known of one column only. So each
//! estimate reports by how much the same network with the same budget is off for a Gaussian of the same dimensions
//! and rows whose information is known, and of which it says as much as was found, where there is one.

mod contrast;
mod learner;
mod reading;

use std::fmt;

use rand::RngExt;
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal};

use crate::error::{Error, Result, counted_are};
use crate::info::{Estimate, Sample};
use crate::optim::OptimizerConfig;
use crate::random::{Stream, rng, standard_normal};

/// Which bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NeuralBound {
    /// Donsker and Varadhan's, as Belghazi et al. (2018) descend it.
    Mine,
    /// Nguyen, Wainwright and Jordan's (2010).
    Nwj,
    /// Van den Oord, Li and Vinyals' (2018).
    #[default]
    InfoNce,
    /// Barber and Agakov's (2003), InfoGAN's (Chen et al. 2016): Q reads x off y, so that x must have a density.
    ///
    /// The entropy of x's normal scores is known if it is one column; if it is several, it is estimated by nearest
    /// neighbours, and the value is no bound. q is a normal distribution with independent columns, of which the
    /// linear part of what x's columns share has been taken.
    BarberAgakov,
}

impl NeuralBound {
    fn name(self) -> &'static str {
        match self {
            NeuralBound::Mine => "mine",
            NeuralBound::Nwj => "nwj",
            NeuralBound::InfoNce => "info-nce",
            NeuralBound::BarberAgakov => "barber-agakov",
        }
    }
}

/// A Gaussian and by how much a bound is off there.
#[derive(Clone, Copy)]
struct Calibration {
    known: f64,
    bias: f64,
    /// Whether as much is found of it.
    matched: bool,
}

impl fmt::Display for Calibration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Calibration { known, bias, .. } = self;
        match self.matched {
            true => write!(
                f,
                "of a Gaussian of {known:.4} nats in as many dimensions and rows as much is found: it is off by \
                 {bias:+.4} nats there"
            ),
            false => write!(
                f,
                "for a Gaussian of {known:.4} nats in as many dimensions and rows it is off by {bias:+.4} nats, and none \
                 was met of which as much is found: how far off it is here is not known"
            ),
        }
    }
}

/// Gaussians that the bias is looked for on, at most.
const GAUSSIANS: usize = 5;
/// Nats by which what is found of the last may be beside what was found, if their standard errors are less.
const CLOSE: f64 = 0.02;
/// No network that has learnt anything says so little, in nats.
const LOST: f64 = -100.0;

/// A bound, and how its network learns.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NeuralInformation {
    pub bound: NeuralBound,
    /// Updates of the network.
    pub steps: u64,
    /// Pairs an update; InfoNCE sees all their combinations.
    pub batch: usize,
    /// Units of the network's two hidden layers.
    pub units: usize,
    /// Adam's learning rate.
    pub lr: f64,
    /// Every random number follows from it.
    pub seed: u64,
}

impl Default for NeuralInformation {
    fn default() -> Self {
        NeuralInformation {
            bound: NeuralBound::default(),
            steps: 2000,
            batch: 64,
            units: 64,
            lr: 1e-3,
            seed: 1,
        }
    }
}

impl NeuralInformation {
    /// I(X; Y) from below, with the bias found on a Gaussian.
    ///
    /// The standard error is of the rows that the bound is taken on, with the network as it is. O(`steps` · `batch`)
    /// evaluations of the network, O(`steps` · `batch`²) for InfoNCE, and the same again for each Gaussian, of which
    /// there are at most five: the next has as many nats more as the last was found too low.
    ///
    /// ```
    /// use ganscope::evaluate::{NeuralBound, NeuralInformation};
    /// use ganscope::info::Sample;
    /// use ganscope::random::{Stream, standard_normal};
    /// let normal = |step| standard_normal(1, Stream::Data, step, 4000).into_iter().map(f64::from);
    /// let x = Sample::new(normal(0).collect(), 1)?;
    /// let y = Sample::new(normal(0).zip(normal(1)).map(|(x, own)| 0.8 * x + 0.6 * own).collect(), 1)?;
    /// for bound in [NeuralBound::Nwj, NeuralBound::BarberAgakov] {
    ///     let found = NeuralInformation { bound, steps: 500, ..Default::default() }.of(&x, &y)?;
    ///     // −½ ln(1 − 0.8²), within three standard errors
    ///     assert!((found.value.0 - 0.510_826).abs() < 0.1, "{found}");
    ///     assert!(found.parameters["bias_on_gaussian"].as_f64().is_some_and(|bias| bias.abs() < 0.1));
    /// }
    /// # Ok::<(), ganscope::Error>(())
    /// ```
    ///
    /// The others, of the same variables:
    ///
    /// ```
    /// # use ganscope::evaluate::{NeuralBound, NeuralInformation};
    /// # use ganscope::info::Sample;
    /// # use ganscope::random::{Stream, standard_normal};
    /// # let normal = |step| standard_normal(1, Stream::Data, step, 4000).into_iter().map(f64::from);
    /// # let x = Sample::new(normal(0).collect(), 1)?;
    /// # let y = Sample::new(normal(0).zip(normal(1)).map(|(x, own)| 0.8 * x + 0.6 * own).collect(), 1)?;
    /// for bound in [NeuralBound::Mine, NeuralBound::InfoNce] {
    ///     let found = NeuralInformation { bound, steps: 500, ..Default::default() }.of(&x, &y)?;
    ///     assert!((found.value.0 - 0.510_826).abs() < 0.1, "{found}");
    /// }
    /// # Ok::<(), ganscope::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Usage`] for settings of 0, samples of different lengths, of fewer than four batches, or with a
    /// constant variable, and for Barber and Agakov's bound an x that repeats its values, or whose columns give each
    /// other away, and for a network that diverged or knows the rows that it learnt from by heart;
    /// [`Error::Diverged`] where a gradient is not finite; [`Error::Device`].
    pub fn of(&self, x: &Sample, y: &Sample) -> Result<Estimate> {
        self.validate()?;
        let found = self.bound(x, y)?;
        let (n, d) = (x.len(), [x.dimension(), y.dimension()]);
        let calibration = self.calibrated(&found, n, d)?;
        let Calibration { known, bias, .. } = calibration;
        let what = match self.bound == NeuralBound::BarberAgakov && x.dimension() > 1 {
            true => "no bound, since the entropy of x is an estimate, too",
            false => "a lower bound",
        };
        let mut found = found
            .with("bias_on_gaussian", bias)
            .with("gaussian", known)
            .with("steps", self.steps)
            .with("batch", self.batch)
            .with("units", self.units)
            .with("lr", self.lr)
            .with("seed", self.seed)
            .noting(format!("{what}; {calibration}"));
        let error = found.standard_error.map_or(0.0, |error| error.0);
        if found.value.0 < -3.0 * error {
            let several = self.bound == NeuralBound::BarberAgakov && x.dimension() > 1;
            found = found.noting(match several {
                false => {
                    "below 0, which information never is: the network has learnt nothing that holds on other rows; more \
                     rows, fewer steps or a smaller lr may help"
                }
                true => {
                    "below 0, which information never is: columns of x may nearly be functions of each other, which the \
                     entropy by nearest neighbours does not see; leave one out, or take another bound"
                }
            });
        } else if found.value.0 < 0.0 {
            found = found.noting("below 0 by no more than chance: as of independent variables");
        }
        let most = (self.batch as f64).ln();
        if self.bound == NeuralBound::InfoNce && found.value.0 > 0.8 * most {
            found = found.noting(format!(
                "with batches of {} InfoNCE cannot exceed {most:.4} nats; take a larger batch, or NWJ",
                self.batch
            ));
        }
        Ok(found)
    }

    /// By how much the same is off for a Gaussian of which as much is found, or else for one of what was found.
    fn calibrated(&self, found: &Estimate, n: usize, d: [usize; 2]) -> Result<Calibration> {
        let error = |of: &Estimate| of.standard_error.map_or(0.0, |error| error.0);
        let at = |known: f64| -> Result<Calibration> {
            let (x, y) = self.gaussian(n, d, known)?;
            let there = self.bound(&x, &y)?;
            let close = error(found).hypot(error(&there)).max(CLOSE);
            Ok(Calibration {
                known,
                bias: there.value.0 - known,
                matched: (found.value.0 - there.value.0).abs() <= close,
            })
        };
        let first = at(found.value.0.max(0.0))?;
        let mut last = first;
        for _ in 1..GAUSSIANS {
            if last.matched {
                break;
            }
            let next = at((found.value.0 - last.bias).max(0.0))?;
            // Of more information less is found: none says as much.
            if !next.matched && next.known + next.bias < last.known + last.bias {
                break;
            }
            last = next;
        }
        Ok(if last.matched { last } else { first })
    }

    fn bound(&self, x: &Sample, y: &Sample) -> Result<Estimate> {
        let found = match self.bound {
            NeuralBound::BarberAgakov => self.reading(x, y),
            _ => self.contrast(x, y),
        }?;
        match found.value.0 > LOST && found.value.0.is_finite() {
            true => Ok(found),
            false => Err(Error::Usage(format!(
                "{} comes to {:e} nats on rows that its network has not learnt from: it diverged, or knows the others \
                 by heart; take a smaller lr, fewer steps or more rows",
                self.bound.name(),
                found.value.0
            ))),
        }
    }

    fn validate(&self) -> Result<()> {
        let sizes = [("steps", self.steps as usize), ("units", self.units)];
        if let Some((name, _)) = sizes.iter().find(|(_, size)| *size == 0) {
            return Err(Error::Usage(format!("{name} must be at least 1, not 0")));
        }
        if self.batch < 2 {
            return Err(Error::Usage(format!(
                "batch must be at least 2, so that pairs can be shuffled, not {}",
                self.batch
            )));
        }
        OptimizerConfig::adam(self.lr, 0.9, 0.999).validate()
    }

    /// Gaussians of these dimensions that share `nats`, in as many pairs of variables as there are:
    /// ρ² = 1 − e^{−2I/m}.
    fn gaussian(&self, n: usize, [d_x, d_y]: [usize; 2], nats: f64) -> Result<(Sample, Sample)> {
        let shared = d_x.min(d_y);
        let rho = (1.0 - (-2.0 * nats / shared as f64).exp()).sqrt();
        let draw = |step, d| standard_normal(self.seed, Stream::Simulation, step, n * d);
        let x: Vec<f64> = draw(1, d_x).into_iter().map(f64::from).collect();
        let mut y: Vec<f64> = draw(2, d_y).into_iter().map(f64::from).collect();
        for (x, y) in x.chunks(d_x).zip(y.chunks_mut(d_y)) {
            for (x, y) in x.iter().zip(y).take(shared) {
                *y = rho * x + (1.0 - rho * rho).sqrt() * *y;
            }
        }
        Ok((Sample::new(x, d_x)?, Sample::new(y, d_y)?))
    }
}

/// Rows in an order of their own: one half to learn from, the other to take the bound on.
struct Halves {
    learnt: Vec<usize>,
    kept: Vec<usize>,
}

impl Halves {
    fn new(n: usize, settings: &NeuralInformation) -> Result<Halves> {
        let half = n / 2;
        if half < 2 * settings.batch {
            return Err(Error::Usage(format!(
                "{} too few for batches of {}: half of them are for learning, and should be two batches at least; take \
                 a smaller batch",
                counted_are(n, "row"),
                settings.batch
            )));
        }
        let mut order: Vec<usize> = (0..n).collect();
        order.shuffle(&mut rng(settings.seed, Stream::Critic, 0));
        let kept = order.split_off(half);
        Ok(Halves {
            learnt: order,
            kept,
        })
    }

    /// A batch to learn from.
    fn drawn(&self, settings: &NeuralInformation, step: u64) -> Vec<usize> {
        let mut rng = rng(settings.seed, Stream::Critic, step + 1);
        let any = |_| self.learnt[rng.random_range(0..self.learnt.len())];
        (0..settings.batch).map(any).collect()
    }
}

/// Φ⁻¹((r − ½)/N) of each column's ranks r; equal values have the mean of theirs. No outlier is far from the others,
/// and nothing that keeps their order changes it.
fn normal_scores(sample: &Sample) -> Result<Sample> {
    let (n, d) = (sample.len(), sample.dimension());
    let normal = Normal::standard();
    let mut scores = vec![0.0; n * d];
    for j in 0..d {
        let column: Vec<f64> = sample.column(j).collect();
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by(|&a, &b| column[a].total_cmp(&column[b]));
        let mut below = 0;
        for equal in order.chunk_by(|&a, &b| column[a] == column[b]) {
            if equal.len() == n {
                return Err(Error::Usage(format!(
                    "variable {} is {} in every row: it tells nothing; leave it out",
                    j + 1,
                    column[0]
                )));
            }
            let middle = below as f64 + equal.len() as f64 / 2.0;
            let score = normal.inverse_cdf(middle / n as f64);
            equal.iter().for_each(|&row| scores[row * d + j] = score);
            below += equal.len();
        }
    }
    Sample::new(scores, d)
}

/// As networks take them.
fn single(sample: &Sample) -> Vec<f32> {
    sample.values().iter().map(|&x| x as f32).collect()
}

fn mean_and_error(terms: &[f64]) -> (f64, f64) {
    let n = terms.len() as f64;
    let mean = terms.iter().sum::<f64>() / n;
    let squares: f64 = terms.iter().map(|t| (t - mean).powi(2)).sum();
    (mean, (squares / (n - 1.0) / n).sqrt())
}
