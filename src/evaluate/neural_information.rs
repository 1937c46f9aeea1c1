//! Mutual information by a network that learns to tell pairs that belong together from pairs that do not.
//!
//! The bounds are in [`gan::bounds`](crate::gan::bounds). T learns on one half of the rows, and the bound is
//! taken on the other: on the rows that it learnt from, a network can make any bound as large as it likes.
//!
//! None of them is unbiased: T is never the best there is, InfoNCE stays below ln n, and what NWJ and MINE say
//! of much information rests on few pairs (McAllester & Stratos 2020: no bound from N rows that is right with
//! confidence exceeds about ln N). So each estimate reports what the same network with the same budget says
//! of a Gaussian of the same dimensions and rows whose information is known, and as large as what was found.

use std::f64::consts::E;

use rand::RngExt;
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

use crate::data::SampleShape;
use crate::error::{Error, Result};
use crate::gan::{Loss, Scores, bounds};
use crate::info::{Estimate, Nats, Sample};
use crate::nn::{Initializer, LayerSpec, Network, NetworkSpec, Pass};
use crate::optim::{Optimizer, OptimizerConfig};
use crate::random::{Stream, rng, standard_normal};
use crate::tensor::{Batch, Gradients};

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
}

impl NeuralBound {
    fn name(self) -> &'static str {
        match self {
            NeuralBound::Mine => "mine",
            NeuralBound::Nwj => "nwj",
            NeuralBound::InfoNce => "info-nce",
        }
    }
}

/// A bound, and how T learns.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NeuralInformation {
    pub bound: NeuralBound,
    /// Updates of T.
    pub steps: u64,
    /// Pairs an update; InfoNCE sees all their combinations.
    pub batch: usize,
    /// Units of T's two hidden layers.
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

/// Decay of MINE's moving average.
const AVERAGE: f64 = 0.99;
/// Shuffled pairs for each pair that the bound is taken on.
const SHUFFLES: usize = 10;

impl NeuralInformation {
    /// I(X; Y) from below, with the bias found on a Gaussian.
    ///
    /// Variables are brought to mean 0 and deviation 1, which changes no information. The standard error is
    /// of the rows that the bound is taken on, with T as it is. O(`steps` · `batch`) evaluations of T,
    /// O(`steps` · `batch`²) for InfoNCE.
    ///
    /// ```
    /// use ganscope::evaluate::{NeuralBound, NeuralInformation};
    /// use ganscope::info::Sample;
    /// use ganscope::random::{Stream, standard_normal};
    /// let normal = |step| standard_normal(1, Stream::Data, step, 4000).into_iter().map(f64::from);
    /// let x = Sample::new(normal(0).collect(), 1)?;
    /// let y = Sample::new(normal(0).zip(normal(1)).map(|(x, own)| 0.8 * x + 0.6 * own).collect(), 1)?;
    /// let nwj = NeuralInformation { bound: NeuralBound::Nwj, steps: 500, ..Default::default() };
    /// let found = nwj.of(&x, &y)?;
    /// // −½ ln(1 − 0.8²), within three standard errors
    /// assert!((found.value.0 - 0.510_826).abs() < 0.1, "{found}");
    /// assert!(found.parameters["bias_on_gaussian"].as_f64().is_some_and(|bias| bias.abs() < 0.1));
    /// # Ok::<(), ganscope::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Usage`] for settings of 0, samples of different lengths, of fewer than four batches, or with a
    /// constant variable; [`Error::Diverged`]; [`Error::Device`].
    pub fn of(&self, x: &Sample, y: &Sample) -> Result<Estimate> {
        self.validate()?;
        let found = self.bound(x, y)?;
        let (n, d) = (x.len(), [x.dimension(), y.dimension()]);
        let known = found.value.0.max(0.0);
        let (gauss_x, gauss_y) = self.gaussian(n, d, known)?;
        let bias = self.bound(&gauss_x, &gauss_y)?.value.0 - known;
        let mut found = found
            .with("bias_on_gaussian", bias)
            .with("steps", self.steps)
            .with("batch", self.batch)
            .with("units", self.units)
            .with("lr", self.lr)
            .with("seed", self.seed)
            .noting(format!(
                "a lower bound; for a Gaussian of {known:.4} nats in as many dimensions and rows it is off by \
                 {bias:+.4} nats"
            ));
        let most = (self.batch as f64).ln();
        if self.bound == NeuralBound::InfoNce && found.value.0 > 0.8 * most {
            found = found.noting(format!(
                "with batches of {} InfoNCE cannot exceed {most:.4} nats; take a larger batch, or NWJ",
                self.batch
            ));
        }
        Ok(found)
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

    /// Learns T on one half of the rows, in an order of their own, and takes the bound on the other.
    fn bound(&self, x: &Sample, y: &Sample) -> Result<Estimate> {
        let both = x.beside(y)?;
        let (n, d) = (both.len(), both.dimension());
        let half = n / 2;
        if half < 2 * self.batch {
            return Err(Error::Usage(format!(
                "{n} rows are too few for batches of {}: half of them are for learning, and should be two \
                 batches at least; take a smaller batch",
                self.batch
            )));
        }
        let rows = standardised(&both)?;
        let mut order: Vec<usize> = (0..n).collect();
        order.shuffle(&mut rng(self.seed, Stream::Critic, 0));
        let (learnt, kept) = order.split_at(half);
        let pairs = Pairs {
            rows: &rows,
            width: d,
            of_x: x.dimension(),
        };
        let mut critic = Critic::new(d, self)?;
        // MINE's moving average of E[e^T].
        let mut average = None;
        for step in 0..self.steps {
            let mut rng = rng(self.seed, Stream::Critic, step + 1);
            let drawn: Vec<usize> = (0..self.batch)
                .map(|_| learnt[rng.random_range(0..half)])
                .collect();
            let loss = match self.bound {
                NeuralBound::InfoNce => {
                    let scores = critic.scores(pairs.all(&drawn)?, step)?;
                    bounds::info_nce(scores, self.batch)?
                }
                bound => {
                    let mut others = drawn.clone();
                    // A rotation leaves no pair together, unless a row was drawn twice.
                    others.rotate_left(1);
                    let joint = critic.scores(pairs.of(&drawn, &drawn)?, step)?;
                    let product = critic.scores(pairs.of(&drawn, &others)?, step)?;
                    let c = match bound {
                        NeuralBound::Mine => {
                            let now = mean_exp(&product.values());
                            let last = average.unwrap_or(now);
                            *average.insert(AVERAGE * last + (1.0 - AVERAGE) * now)
                        }
                        _ => E,
                    };
                    bounds::with_constant(joint, product, c)
                }
            };
            critic.descend(loss, step)?;
        }
        let (value, error) = self.take(&critic, &pairs, kept)?;
        let mut found = Estimate::new(self.bound.name(), Nats(value), n, d);
        found.standard_error = Some(Nats(error));
        Ok(found)
    }

    /// The bound on rows that T has not learnt from, and its standard error.
    fn take(&self, critic: &Critic, pairs: &Pairs, kept: &[usize]) -> Result<(f64, f64)> {
        if self.bound == NeuralBound::InfoNce {
            let mut terms = Vec::new();
            for rows in kept.chunks_exact(self.batch) {
                let scores = critic.values(pairs.all(rows)?)?;
                let scores = scores.chunks(self.batch).enumerate();
                terms.extend(scores.map(|(i, of_x)| {
                    let most = of_x.iter().fold(f64::MIN, |most, t| most.max(*t));
                    let sum: f64 = of_x.iter().map(|t| (t - most).exp()).sum();
                    of_x[i] - most - sum.ln() + (self.batch as f64).ln()
                }));
            }
            return Ok(mean_and_error(&terms));
        }
        let mut joint = Vec::with_capacity(kept.len());
        for rows in kept.chunks(CHUNK) {
            joint.extend(critic.values(pairs.of(rows, rows)?)?);
        }
        let mut exponentials = Vec::with_capacity(SHUFFLES * kept.len());
        let mut others = kept.to_vec();
        for shuffle in 0..SHUFFLES as u64 {
            others.shuffle(&mut rng(self.seed, Stream::CriticShuffle, shuffle));
            for (rows, others) in kept.chunks(CHUNK).zip(others.chunks(CHUNK)) {
                let scores = critic.values(pairs.of(rows, others)?)?;
                exponentials.extend(scores.into_iter().map(f64::exp));
            }
        }
        let (on_joint, error_joint) = mean_and_error(&joint);
        let (on_product, error_product) = mean_and_error(&exponentials);
        // The derivative of what is subtracted, with respect to the mean of e^T.
        let (subtracted, slope) = match self.bound {
            NeuralBound::Mine => (on_product.ln(), 1.0 / on_product),
            _ => (on_product / E, 1.0 / E),
        };
        // The shuffles of one row are not independent: count rows, not pairs.
        let error_product = error_product * slope * (SHUFFLES as f64).sqrt();
        Ok((on_joint - subtracted, error_joint.hypot(error_product)))
    }
}

/// Pairs that go through T at a time.
const CHUNK: usize = 4096;

/// Standardised rows [x, y], and how much of each is x.
struct Pairs<'a> {
    rows: &'a [f32],
    width: usize,
    of_x: usize,
}

impl Pairs<'_> {
    /// x of each row of `x` with y of the row of `y` beside it.
    fn of(&self, x: &[usize], y: &[usize]) -> Result<Batch> {
        let mut values = Vec::with_capacity(x.len() * self.width);
        for (&x, &y) in x.iter().zip(y) {
            values.extend_from_slice(&self.rows[x * self.width..][..self.of_x]);
            values.extend_from_slice(&self.rows[y * self.width + self.of_x..(y + 1) * self.width]);
        }
        Batch::new(values, x.len(), self.width)
    }

    /// x of each row with y of each row.
    fn all(&self, rows: &[usize]) -> Result<Batch> {
        let n = rows.len();
        let x: Vec<usize> = (rows.iter())
            .flat_map(|&row| std::iter::repeat_n(row, n))
            .collect();
        self.of(&x, &rows.repeat(n))
    }
}

/// T with its optimiser.
struct Critic {
    network: Network,
    optimizer: Optimizer,
}

impl Critic {
    fn new(inputs: usize, settings: &NeuralInformation) -> Result<Self> {
        let dense = |inputs, outputs| LayerSpec::Dense {
            inputs,
            outputs,
            bias: true,
        };
        let units = settings.units;
        let spec = NetworkSpec {
            input: SampleShape::Vector { len: inputs },
            init: Initializer::He,
            spectral_norm: false,
            layers: vec![
                dense(inputs, units),
                LayerSpec::Relu {},
                dense(units, units),
                LayerSpec::Relu {},
                dense(units, 1),
            ],
        };
        Ok(Critic {
            network: Network::new("critic", &spec, settings.seed, Stream::CriticInit)?,
            optimizer: OptimizerConfig::adam(settings.lr, 0.9, 0.999).init()?,
        })
    }

    fn scores(&mut self, pairs: Batch, step: u64) -> Result<Scores> {
        let pass = Pass::training(0, step);
        Scores::of(self.network.forward(pairs.record(), pass)?)
    }

    fn values(&self, pairs: Batch) -> Result<Vec<f64>> {
        let scores = self.network.infer(pairs)?;
        Ok(scores.values().iter().map(|&t| t.into()).collect())
    }

    fn descend(&mut self, loss: Loss, step: u64) -> Result<()> {
        let mut gradients = Gradients::of(loss.into_scalar())?;
        self.optimizer.begin_step();
        for (index, (name, parameter)) in self.network.parameters_mut().into_iter().enumerate() {
            let gradient = gradients.take(parameter)?;
            if gradient.iter().any(|g| !g.is_finite()) {
                return Err(Error::Diverged {
                    step,
                    network: "critic".into(),
                    layer: name,
                    what: "a gradient".into(),
                    remedy: "lower lr".into(),
                });
            }
            let mut outcome = Ok(());
            parameter.update(|w| outcome = self.optimizer.update(index, 1.0, w, &gradient));
            outcome?;
        }
        Ok(())
    }
}

/// Each variable with mean 0 and deviation 1.
fn standardised(sample: &Sample) -> Result<Vec<f32>> {
    let d = sample.dimension();
    let mut values = vec![0.0; sample.values().len()];
    for j in 0..d {
        let n = sample.len() as f64;
        let mean = sample.column(j).sum::<f64>() / n;
        let variance = sample.column(j).map(|x| (x - mean).powi(2)).sum::<f64>() / n;
        if variance == 0.0 {
            return Err(Error::Usage(format!(
                "variable {} is {mean} in every row: it tells nothing; leave it out",
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

fn mean_exp(scores: &[f32]) -> f64 {
    scores.iter().map(|&t| f64::from(t).exp()).sum::<f64>() / scores.len() as f64
}

fn mean_and_error(terms: &[f64]) -> (f64, f64) {
    let n = terms.len() as f64;
    let mean = terms.iter().sum::<f64>() / n;
    let squares: f64 = terms.iter().map(|t| (t - mean).powi(2)).sum();
    (mean, (squares / (n - 1.0) / n).sqrt())
}
