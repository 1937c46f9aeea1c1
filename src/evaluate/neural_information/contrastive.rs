//! MINE, NWJ and InfoNCE: a critic T learns to distinguish pairs (x, y) of the same row from pairs of different rows.

use std::f64::consts::E;

use rand::seq::SliceRandom;

use super::halves::Halves;
use super::learner::Learner;
use super::settings::{NeuralBound, NeuralInformation};
use super::statistics::{mean_and_error, normal_scores, single_precision};
use crate::error::Result;
use crate::gan::{Scores, bounds};
use crate::info::{Estimate, Nats, Sample};
use crate::random::{Stream, rng};
use crate::tensor::Batch;

/// Decay of the moving average in MINE.
const DECAY: f64 = 0.99;
/// Number of shuffled pairs for each row on which the bound is evaluated.
const SHUFFLES: usize = 10;
/// Number of pairs that are evaluated at a time.
const CHUNK: usize = 4096;

impl NeuralInformation {
    /// Trains T on one half of the rows, and evaluates the bound on the other half.
    pub(super) fn contrastive(&self, x: &Sample, y: &Sample) -> Result<Estimate> {
        let both = x.beside(y)?;
        let (n, d) = (both.len(), both.dimension());
        let halves = Halves::new(n, self)?;
        let rows = single_precision(&normal_scores(&both)?);
        let pairs = Pairs {
            rows: &rows,
            width: d,
            width_x: x.dimension(),
        };
        let mut critic = Learner::new("critic", d, 1, self)?;
        // The moving average of E[e^T] in MINE.
        let mut average = None;
        for step in 0..self.steps {
            let batch = halves.batch(self, step);
            let loss = match self.bound {
                NeuralBound::InfoNce => {
                    let scores = Scores::of(critic.outputs(pairs.all(&batch)?, step)?)?;
                    bounds::info_nce(scores, self.batch)?
                }
                bound => {
                    let mut others = batch.clone();
                    // After a rotation no pair is of one row, except where a row was drawn twice.
                    others.rotate_left(1);
                    let joint = Scores::of(critic.outputs(pairs.of(&batch, &batch)?, step)?)?;
                    let product = Scores::of(critic.outputs(pairs.of(&batch, &others)?, step)?)?;
                    let c = match bound {
                        NeuralBound::Mine => {
                            let current = mean_exp(&product.values());
                            let last = average.unwrap_or(current);
                            *average.insert(DECAY * last + (1.0 - DECAY) * current)
                        }
                        _ => E,
                    };
                    bounds::with_constant(joint, product, c)
                }
            };
            critic.descend(loss, step)?;
        }
        let (value, error) = self.evaluate(&critic, &pairs, &halves.evaluation)?;
        let mut estimate = Estimate::new(self.bound.name(), Nats(value), n, d);
        estimate.standard_error = Some(Nats(error));
        Ok(estimate)
    }

    /// The bound on `rows`, which T was not trained on, and its standard error.
    fn evaluate(&self, critic: &Learner, pairs: &Pairs<'_>, rows: &[usize]) -> Result<(f64, f64)> {
        if self.bound == NeuralBound::InfoNce {
            let mut terms = Vec::new();
            for rows in rows.chunks_exact(self.batch) {
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
        let mut joint = Vec::with_capacity(rows.len());
        for rows in rows.chunks(CHUNK) {
            joint.extend(critic.values(pairs.of(rows, rows)?)?);
        }
        let mut exponentials = Vec::with_capacity(SHUFFLES * rows.len());
        let mut others = rows.to_vec();
        for shuffle in 0..SHUFFLES as u64 {
            others.shuffle(&mut rng(self.seed, Stream::CriticShuffle, shuffle));
            for (rows, others) in rows.chunks(CHUNK).zip(others.chunks(CHUNK)) {
                let scores = critic.values(pairs.of(rows, others)?)?;
                exponentials.extend(scores.into_iter().map(f64::exp));
            }
        }
        let (on_joint, error_joint) = mean_and_error(&joint);
        let (on_product, error_product) = mean_and_error(&exponentials);
        // The term that is subtracted, and its derivative with respect to the mean of e^T.
        let (subtracted, slope) = match self.bound {
            NeuralBound::Mine => (on_product.ln(), 1.0 / on_product),
            _ => (on_product / E, 1.0 / E),
        };
        // The shuffled pairs of one row are not independent, so the error is that of the number of rows.
        let error_product = error_product * slope * (SHUFFLES as f64).sqrt();
        Ok((on_joint - subtracted, error_joint.hypot(error_product)))
    }
}

/// Normal scores of rows [x, y].
struct Pairs<'a> {
    rows: &'a [f32],
    /// Number of columns of x and y together.
    width: usize,
    /// Number of columns of x.
    width_x: usize,
}

impl Pairs<'_> {
    /// Pairs of the x of row `x[i]` with the y of row `y[i]`.
    fn of(&self, x: &[usize], y: &[usize]) -> Result<Batch> {
        let mut values = Vec::with_capacity(x.len() * self.width);
        for (&x, &y) in x.iter().zip(y) {
            values.extend_from_slice(&self.rows[x * self.width..][..self.width_x]);
            values
                .extend_from_slice(&self.rows[y * self.width + self.width_x..(y + 1) * self.width]);
        }
        Batch::new(values, x.len(), self.width)
    }

    /// Pairs of the x of each row with the y of each row.
    fn all(&self, rows: &[usize]) -> Result<Batch> {
        let n = rows.len();
        let x: Vec<usize> = (rows.iter())
            .flat_map(|&row| std::iter::repeat_n(row, n))
            .collect();
        self.of(&x, &rows.repeat(n))
    }
}

/// The mean of e^T.
fn mean_exp(scores: &[f32]) -> f64 {
    scores.iter().map(|&t| f64::from(t).exp()).sum::<f64>() / scores.len() as f64
}
