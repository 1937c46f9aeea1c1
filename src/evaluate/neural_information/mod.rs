//! Mutual information by a network: one that learns to tell pairs that belong together from pairs that do not,
//! or one that learns to read one variable off the other.
//!
//! The bounds are in [`gan::bounds`](crate::gan::bounds). A network learns on one half of the rows, and the bound is
//! taken on the other: on the rows that it learnt from, a network can make any bound as large as it likes.
//!
//! Rows are assumed to be independent draws. None of the bounds is unbiased: a network is never the best there is,
//! InfoNCE stays below ln n, what NWJ and MINE say of much information rests on few pairs (McAllester & Stratos 2020: no bound from N rows that is right with
//! confidence exceeds about ln N), and InfoGAN's needs an entropy that is known of one column only. So each
//! estimate reports what the same network with the same budget says of a Gaussian of the same dimensions and rows
//! whose information is known, and as large as what was found.

mod contrast;
mod learner;
mod reading;

use rand::RngExt;
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
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
    /// x is looked at by its ranks, as normal scores, whose entropy is known if it is one column; if it is several,
    /// their entropy is estimated by nearest neighbours, and the value is no bound. q is a normal distribution with
    /// independent columns.
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
    /// Variables are brought to mean 0 and deviation 1, or to normal scores, which changes no information. The
    /// standard error is of the rows that the bound is taken on, with the network as it is. O(`steps` · `batch`)
    /// evaluations of the network, O(`steps` · `batch`²) for InfoNCE.
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
    /// constant variable, and for Barber and Agakov's bound an x that repeats its values; [`Error::Diverged`];
    /// [`Error::Device`].
    pub fn of(&self, x: &Sample, y: &Sample) -> Result<Estimate> {
        self.validate()?;
        let found = self.bound(x, y)?;
        let (n, d) = (x.len(), [x.dimension(), y.dimension()]);
        let known = found.value.0.max(0.0);
        let (gauss_x, gauss_y) = self.gaussian(n, d, known)?;
        let bias = self.bound(&gauss_x, &gauss_y)?.value.0 - known;
        let what = match self.bound == NeuralBound::BarberAgakov && x.dimension() > 1 {
            true => "no bound, since the entropy of x is an estimate, too",
            false => "a lower bound",
        };
        let mut found = found
            .with("bias_on_gaussian", bias)
            .with("steps", self.steps)
            .with("batch", self.batch)
            .with("units", self.units)
            .with("lr", self.lr)
            .with("seed", self.seed)
            .noting(format!(
                "{what}; for a Gaussian of {known:.4} nats in as many dimensions and rows it is off by \
                 {bias:+.4} nats"
            ));
        if found.value.0 < 0.0 {
            found = found.noting(
                "below 0, which information never is: the network has learnt nothing that holds on other rows; more rows, \
                 or a smaller lr, may help",
            );
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

    fn bound(&self, x: &Sample, y: &Sample) -> Result<Estimate> {
        match self.bound {
            NeuralBound::BarberAgakov => self.reading(x, y),
            _ => self.contrast(x, y),
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
                "{n} rows are too few for batches of {}: half of them are for learning, and should be two \
                 batches at least; take a smaller batch",
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

/// Each variable with mean 0 and deviation 1.
fn standardised(sample: &Sample) -> Result<Vec<f32>> {
    let d = sample.dimension();
    let mut values = vec![0.0; sample.values().len()];
    for j in 0..d {
        let n = sample.len() as f64;
        let first = sample.row(0)[j];
        if sample.column(j).all(|x| x == first) {
            return Err(Error::Usage(format!(
                "variable {} is {first} in every row: it tells nothing; leave it out",
                j + 1
            )));
        }
        let mean = sample.column(j).map(|x| x / n).sum::<f64>();
        let variance = sample
            .column(j)
            .map(|x| (x - mean).powi(2) / n)
            .sum::<f64>();
        if !variance.is_normal() {
            return Err(Error::Usage(format!(
                "variable {} has a variance of {variance:e}, beyond double precision: choose another unit for it",
                j + 1
            )));
        }
        let brought = sample
            .column(j)
            .map(|x| ((x - mean) / variance.sqrt()) as f32);
        let to = values.iter_mut().skip(j).step_by(d);
        to.zip(brought).for_each(|(to, x)| *to = x);
    }
    Ok(values)
}

fn mean_and_error(terms: &[f64]) -> (f64, f64) {
    let n = terms.len() as f64;
    let mean = terms.iter().sum::<f64>() / n;
    let squares: f64 = terms.iter().map(|t| (t - mean).powi(2)).sum();
    (mean, (squares / (n - 1.0) / n).sqrt())
}
