//! MINE, NWJ and InfoNCE: T learns to tell pairs that belong together from pairs that do not.

use std::f64::consts::E;

use rand::seq::SliceRandom;

use super::learner::Learner;
use super::{Halves, NeuralBound, NeuralInformation, mean_and_error, normal_scores, single};
use crate::error::Result;
use crate::gan::{Scores, bounds};
use crate::info::{Estimate, Nats, Sample};
use crate::random::{Stream, rng};
use crate::tensor::Batch;

/// Decay of MINE's moving average.
const AVERAGE: f64 = 0.99;
/// Shuffled pairs for each pair that the bound is taken on.
const SHUFFLES: usize = 10;
/// Pairs that go through T at a time.
const CHUNK: usize = 4096;

impl NeuralInformation {
    /// Learns T on one half of the rows, and takes the bound on the other.
    pub(super) fn contrast(&self, x: &Sample, y: &Sample) -> Result<Estimate> {
        let both = x.beside(y)?;
        let (n, d) = (both.len(), both.dimension());
        let halves = Halves::new(n, self)?;
        let rows = single(&normal_scores(&both)?);
        let pairs = Pairs {
            rows: &rows,
            width: d,
            of_x: x.dimension(),
        };
        let mut critic = Learner::new("critic", d, 1, self)?;
        // MINE's moving average of E[e^T].
        let mut average = None;
        for step in 0..self.steps {
            let drawn = halves.drawn(self, step);
            let loss = match self.bound {
                NeuralBound::InfoNce => {
                    let scores = Scores::of(critic.outputs(pairs.all(&drawn)?, step)?)?;
                    bounds::info_nce(scores, self.batch)?
                }
                bound => {
                    let mut others = drawn.clone();
                    // A rotation leaves no pair together, unless a row was drawn twice.
                    others.rotate_left(1);
                    let joint = Scores::of(critic.outputs(pairs.of(&drawn, &drawn)?, step)?)?;
                    let product = Scores::of(critic.outputs(pairs.of(&drawn, &others)?, step)?)?;
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
        let (value, error) = self.take(&critic, &pairs, &halves.kept)?;
        let mut found = Estimate::new(self.bound.name(), Nats(value), n, d);
        found.standard_error = Some(Nats(error));
        Ok(found)
    }

    /// The bound on rows that T has not learnt from, and its standard error.
    fn take(&self, critic: &Learner, pairs: &Pairs, kept: &[usize]) -> Result<(f64, f64)> {
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

/// Normal scores of rows [x, y], and how much of each is x.
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

fn mean_exp(scores: &[f32]) -> f64 {
    scores.iter().map(|&t| f64::from(t).exp()).sum::<f64>() / scores.len() as f64
}
