//! The bound of Barber and Agakov, which InfoGAN uses: Q predicts x from y.
//!
//! $$ I(X; Y) \;\ge\; h(X') + \mathbb{E}[\ln q(x' \mid y)], \qquad x'_j = \Phi^{-1}(F_j(x_j)) $$
//!
//! (Barber & Agakov 2003). InfoGAN draws its codes itself, so their entropy is known; that of data is not. So each
//! column of x is replaced by the normal scores x′ of its ranks, which does not change the information.
//!
//! - One column of normal scores is standard normal: h(X′) = ½ ln 2πe, and the value is a bound, up to the error of
//!   ranks from N rows.
//! - For several columns only the marginal distributions are known. Each column is replaced by the residual of its
//!   linear regression on the columns before it, scaled to standard deviation 1, which does not change the information
//!   either. h(X′) is estimated by nearest neighbours (Kozachenko & Leonenko, k = 3), and the value is not a bound: it
//!   is too high where this entropy is too high.
//!
//! q is a normal distribution whose mean and log σ for each column are functions of y. The bound loses the
//! dependence between columns of x given y, and any deviation of p(x′|y) from a normal distribution.

use std::f64::consts::{E, TAU};

use super::halves::Halves;
use super::learner::Learner;
use super::settings::NeuralInformation;
use super::statistics::{mean_and_error, normal_scores, single_precision};
use crate::error::{Error, Result, counted, short};
use crate::gan::bounds;
use crate::info::{Estimate, Kind, Knn, Nats, Norm, Sample, entropy_knn};
use crate::tensor::Batch;

impl NeuralInformation {
    /// Trains Q on one half of the rows, and evaluates the bound on the other half.
    pub(super) fn barber_agakov(&self, x: &Sample, y: &Sample) -> Result<Estimate> {
        let dimension = x.beside(y)?.dimension();
        let n = x.len();
        let halves = Halves::new(n, self)?;
        // Scores of x and y together, so that errors number the variables as everywhere else.
        let both = normal_scores(&x.beside(y)?)?;
        let (columns_x, columns_y): (Vec<usize>, Vec<usize>) =
            (0..dimension).partition(|j| *j < x.dimension());
        let inputs = Rows {
            values: single_precision(&both.of_columns(&columns_y)),
            width: columns_y.len(),
        };
        check_continuous(x)?;
        let scores = decorrelate(&both.of_columns(&columns_x))?;
        let (entropy, entropy_error, entropy_method) = entropy(&scores)?;
        let targets = Rows {
            values: single_precision(&scores),
            width: x.dimension(),
        };
        let d = targets.width;
        // At first q(x′|y) is N(0, 1) and the bound 0. With random outputs σ might start near 0, and the large
        // gradients there would dominate the moving averages of Adam for a long time.
        let mut q = Learner::new("reader", inputs.width, 2 * d, self)?.with_zero_outputs();
        for step in 0..self.steps {
            let batch = halves.batch(self, step);
            let outputs = q.outputs(inputs.of(&batch)?, step)?;
            q.descend(bounds::barber_agakov(outputs, targets.of(&batch)?)?, step)?;
        }
        // ln q(x′|y) for rows that Q was not trained on.
        let mut terms = Vec::with_capacity(halves.evaluation.len());
        let outputs = q.values(inputs.of(&halves.evaluation)?)?;
        for (&row, outputs) in halves.evaluation.iter().zip(outputs.chunks_exact(2 * d)) {
            let (means, log_sigmas) = outputs.split_at(d);
            let columns = scores.row(row).iter().zip(means).zip(log_sigmas);
            let log_density = |((x, mean), log_sigma): ((&f64, &f64), &f64)| {
                -0.5 * ((x - mean) * (-log_sigma).exp()).powi(2) - log_sigma - 0.5 * TAU.ln()
            };
            terms.push(columns.map(log_density).sum());
        }
        let (mean, error) = mean_and_error(&terms);
        let value = entropy + mean;
        let mut estimate = Estimate::new(self.bound.name(), Nats(value), n, dimension)
            .with("entropy", entropy_method)
            .with("x", "normal scores of each column");
        estimate.standard_error = Some(Nats(error.hypot(entropy_error)));
        Ok(estimate)
    }
}

/// The entropy h(X′), its standard error, and how it was obtained.
fn entropy(scores: &Sample) -> Result<(f64, f64, &'static str)> {
    if scores.dimension() == 1 {
        return Ok((0.5 * (TAU * E).ln(), 0.0, "of a normal variable"));
    }
    let estimate = entropy_knn(scores, Knn::new(3), Norm::Euclidean)?;
    let error = estimate.standard_error.map_or(0.0, |error| error.0);
    Ok((estimate.value.0, error, "kozachenko-leonenko, k = 3"))
}

/// Refuses columns of x with repeated values, whose normal scores are not normally distributed.
fn check_continuous(x: &Sample) -> Result<()> {
    for j in 0..x.dimension() {
        let column = Sample::new(x.column(j).collect(), 1)?;
        if Kind::of(&column) != Kind::Continuous {
            return Err(Error::Usage(format!(
                "variable {} of {} repeats its values, but barber-agakov needs an x that has a density; exchange x \
                 and y if y has one, or use another bound",
                j + 1,
                counted(x.dimension(), "column")
            )));
        }
    }
    Ok(())
}

/// Smallest relative standard deviation of a residual, times √N. A smaller residual is lost in the rounding to the
/// ranks of N rows.
const SMALLEST_RESIDUAL: f64 = 2.0;

/// Replaces each column by the residual of its linear regression on the columns before it, scaled to standard
/// deviation 1 (Gram-Schmidt orthogonalisation).
fn decorrelate(scores: &Sample) -> Result<Sample> {
    let (n, d) = (scores.len() as f64, scores.dimension());
    let mut columns: Vec<Vec<f64>> = Vec::with_capacity(d);
    let deviation = |column: &[f64]| (column.iter().map(|x| x * x).sum::<f64>() / n).sqrt();
    for j in 0..d {
        let mut column: Vec<f64> = scores.column(j).collect();
        let total = deviation(&column);
        // Two passes are enough for orthogonality up to rounding (Kahan; Parlett 1980, section 6.9).
        for _ in 0..2 {
            for other in &columns {
                let coefficient = column
                    .iter()
                    .zip(other)
                    .map(|(x, o)| x * o / n)
                    .sum::<f64>();
                column
                    .iter_mut()
                    .zip(other)
                    .for_each(|(x, o)| *x -= coefficient * o);
            }
        }
        let residual = deviation(&column);
        if residual < SMALLEST_RESIDUAL / n.sqrt() * total {
            return Err(Error::Usage(format!(
                "variable {} of x is almost a function of the variables before it: after a linear regression of its normal scores on theirs, the residual has only {} of the standard deviation of these scores, too little to be estimated from \
                 {n} rows; replace the variable by its residual, or leave it out",
                j + 1,
                short(residual / total)
            )));
        }
        column.iter_mut().for_each(|x| *x /= residual);
        columns.push(column);
    }
    let rows = (0..scores.len()).flat_map(|i| columns.iter().map(move |column| column[i]));
    Sample::new(rows.collect(), d)
}

/// Rows of numbers from which batches are taken.
struct Rows {
    /// Row-major [rows, width].
    values: Vec<f32>,
    width: usize,
}

impl Rows {
    /// The rows with these indices.
    fn of(&self, rows: &[usize]) -> Result<Batch> {
        let row = |&row: &usize| {
            self.values[row * self.width..][..self.width]
                .iter()
                .copied()
        };
        Batch::new(rows.iter().flat_map(row).collect(), rows.len(), self.width)
    }
}
