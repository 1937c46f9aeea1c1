//! InfoGAN's bound: Q reads x off y.
//!
//! $$ I(X; Y) \;\ge\; h(X') + \mathbb{E}[\ln q(x' \mid y)], \qquad x'_j = \Phi^{-1}(F_j(x_j)) $$
//!
//! (Barber & Agakov 2003). InfoGAN draws its codes itself and knows their entropy; that of data is not known. So
//! each column of x is brought to normal scores x′ by its ranks, which changes no information. Then
//!
//! - x of one column is standard normal: h(X′) = ½ ln 2πe, and the bound is one, but for the error of ranks
//!   from N rows;
//! - of several columns only the margins are known. Each is replaced by what the ones before it leave of it in a
//!   linear regression, at deviation 1, which changes no information either. h(X′) is estimated by nearest neighbours
//!   (Kozachenko & Leonenko, k = 3), and the value is no bound any more: it is too high where the entropy is.
//!
//! q is normal, with a mean and a log σ for each column, which are functions of y. What the columns of x still share
//! once y is known, and what is not normal in p(x′|y), is lost.

use std::f64::consts::{E, TAU};

use super::learner::Learner;
use super::{Halves, NeuralInformation, mean_and_error, normal_scores, single};
use crate::error::{Error, Result, counted, short};
use crate::gan::bounds;
use crate::info::{Estimate, Kind, Knn, Nats, Norm, Sample, entropy_knn};
use crate::tensor::Batch;

impl NeuralInformation {
    /// Learns Q on one half of the rows, and takes the bound on the other.
    pub(super) fn reading(&self, x: &Sample, y: &Sample) -> Result<Estimate> {
        let dimension = x.beside(y)?.dimension();
        let n = x.len();
        let halves = Halves::new(n, self)?;
        // Of both at once, so that variables are counted as everywhere.
        let both = normal_scores(&x.beside(y)?)?;
        let (of_x, of_y): (Vec<usize>, Vec<usize>) =
            (0..dimension).partition(|j| *j < x.dimension());
        let given = Rows {
            values: single(&both.of_columns(&of_y)),
            width: of_y.len(),
        };
        continuous(x)?;
        let scores = apart(&both.of_columns(&of_x))?;
        let (entropy, error_of_entropy, how) = entropy(&scores)?;
        let read = Rows {
            values: single(&scores),
            width: x.dimension(),
        };
        let d = read.width;
        // At first q(x′|y) is N(0, 1), and the bound 0. A σ that a random layer makes near 0 would leave Adam a
        // gradient of 10⁶ to forget.
        let mut q = Learner::new("reader", given.width, 2 * d, self)?.silent();
        for step in 0..self.steps {
            let drawn = halves.drawn(self, step);
            let outputs = q.outputs(given.of(&drawn)?, step)?;
            q.descend(bounds::barber_agakov(outputs, read.of(&drawn)?)?, step)?;
        }
        // ln q(x′|y) of rows that Q has not learnt from.
        let mut terms = Vec::with_capacity(halves.kept.len());
        let outputs = q.values(given.of(&halves.kept)?)?;
        for (&row, outputs) in halves.kept.iter().zip(outputs.chunks_exact(2 * d)) {
            let (means, log_sigmas) = outputs.split_at(d);
            let columns = scores.row(row).iter().zip(means).zip(log_sigmas);
            let of_column = |((x, mean), log_sigma): ((&f64, &f64), &f64)| {
                -0.5 * ((x - mean) * (-log_sigma).exp()).powi(2) - log_sigma - 0.5 * TAU.ln()
            };
            terms.push(columns.map(of_column).sum());
        }
        let (mean, error) = mean_and_error(&terms);
        let value = entropy + mean;
        let mut found = Estimate::new(self.bound.name(), Nats(value), n, dimension)
            .with("entropy", how)
            .with("x", "normal scores of each column");
        found.standard_error = Some(Nats(error.hypot(error_of_entropy)));
        Ok(found)
    }
}

/// h(X′) with its standard error, and how it is known.
fn entropy(scores: &Sample) -> Result<(f64, f64, &'static str)> {
    if scores.dimension() == 1 {
        return Ok((0.5 * (TAU * E).ln(), 0.0, "of a normal variable"));
    }
    let found = entropy_knn(scores, Knn::new(3), Norm::Euclidean)?;
    let error = found.standard_error.map_or(0.0, |error| error.0);
    Ok((found.value.0, error, "kozachenko-leonenko, k = 3"))
}

/// Refuses columns of x whose ranks are no normal scores.
fn continuous(x: &Sample) -> Result<()> {
    for j in 0..x.dimension() {
        let column = Sample::new(x.column(j).collect(), 1)?;
        if Kind::of(&column) != Kind::Continuous {
            return Err(Error::Usage(format!(
                "variable {} of {} repeats its values: barber-agakov reads numbers that have a density; exchange x \
                 and y if y has one, or take another bound",
                j + 1,
                counted(x.dimension(), "column")
            )));
        }
    }
    Ok(())
}

/// The share of a column's deviation that the ones before it leave, times √N, below which it is lost among the ranks
/// of N rows. (Of x and x + 0.01 e in 10,000 rows, 1, the value is 0.08 nats low; of x + 0.005 e 0.5.)
const OWN: f64 = 2.0;

/// Each column less its linear regression on the ones before it, at deviation 1 (Gram & Schmidt).
fn apart(scores: &Sample) -> Result<Sample> {
    let (n, d) = (scores.len() as f64, scores.dimension());
    let mut columns: Vec<Vec<f64>> = Vec::with_capacity(d);
    let deviation = |column: &[f64]| (column.iter().map(|x| x * x).sum::<f64>() / n).sqrt();
    for j in 0..d {
        let mut column: Vec<f64> = scores.column(j).collect();
        let whole = deviation(&column);
        // Twice is enough to leave nothing but rounding (Kahan; Parlett 1980, section 6.9).
        for _ in 0..2 {
            for other in &columns {
                let shared = column
                    .iter()
                    .zip(other)
                    .map(|(x, o)| x * o / n)
                    .sum::<f64>();
                column
                    .iter_mut()
                    .zip(other)
                    .for_each(|(x, o)| *x -= shared * o);
            }
        }
        let own = deviation(&column);
        if own < OWN / n.sqrt() * whole {
            return Err(Error::Usage(format!(
                "variable {} of x is nearly a function of those before it: of its ranks they leave a share of {}, which \
                 is lost among those of {n} rows; take its difference from that function, or leave it out",
                j + 1,
                short(own / whole)
            )));
        }
        column.iter_mut().for_each(|x| *x /= own);
        columns.push(column);
    }
    let rows = (0..scores.len()).flat_map(|i| columns.iter().map(move |column| column[i]));
    Sample::new(rows.collect(), d)
}

/// Row-major numbers that batches are taken from.
struct Rows {
    values: Vec<f32>,
    width: usize,
}

impl Rows {
    fn of(&self, rows: &[usize]) -> Result<Batch> {
        let row = |&row: &usize| {
            self.values[row * self.width..][..self.width]
                .iter()
                .copied()
        };
        Batch::new(rows.iter().flat_map(row).collect(), rows.len(), self.width)
    }
}
