//! Columns that are linear functions of other columns: together they have no density, which estimators from samples
//! would not notice.

use crate::error::{Error, Result};
use crate::info::estimator::{Descriptor, Quantity, Summary};
use crate::info::{Kind, Sample};

/// Size of the residual of a column, relative to the column, below which it is rounding error.
const ROUNDING: f64 = 1e-10;
/// Median residual, relative to the spread of the column, above which it is more than rounding error.
const MEDIAN_ROUNDING: f64 = 1e-3;

/// Refuses quantities that are infinite or undefined because a column is a linear function of others.
pub(super) fn refuse_linear_columns(table: &Summary<'_>, estimator: &Descriptor) -> Result<()> {
    // Jitter gives each rounded column noise of its own, which no other column determines.
    if !estimator.needs_density() || !table.all(Kind::Continuous) || table.settings.jitter {
        return Ok(());
    }
    let all: Vec<&Sample> = table.variables.iter().map(|v| &v.sample).collect();
    let Some((i, j, problem)) = linear_column(table.quantity, &all) else {
        return Ok(());
    };
    let (rows, columns) = (all[i].len(), table.width());
    if rows <= columns {
        return Err(Error::Usage(format!(
            "{rows} rows are too few for {columns} columns, in which they always lie on a line or a plane; use many more rows"
        )));
    }
    Err(Error::Usage(format!(
        "column \"{}\" of {} is a linear function of the columns before it: {problem}; leave it out",
        table.variables[i].columns[j],
        table.names()[i]
    )))
}

/// The variable, the column, and what follows for the quantity.
fn linear_column(quantity: Quantity, all: &[&Sample]) -> Option<(usize, usize, &'static str)> {
    match quantity {
        Quantity::Entropy => linear_function(all).map(|(i, j)| {
            let problem = "together they have no density, and their entropy is −∞";
            (i, j, problem)
        }),
        Quantity::Kl | Quantity::CrossEntropy | Quantity::Js => {
            let mut samples = all.iter().enumerate();
            samples.find_map(|(i, sample)| {
                let (_, j) = linear_function(&[sample])?;
                Some((i, j, "together they have no density to compare"))
            })
        }
        Quantity::Mi | Quantity::ConditionalMi | Quantity::ConditionalEntropy => {
            let (i, j) = linear_function(all)?;
            // It changes nothing that one variable contains the same column twice.
            let without = |left_out: usize| {
                let rest = all.iter().enumerate().filter(|(i, _)| *i != left_out);
                linear_function(&rest.map(|(_, sample)| *sample).collect::<Vec<_>>())
            };
            if without(0).is_some() || without(1).is_some() {
                return None;
            }
            let problem = match quantity {
                Quantity::ConditionalEntropy => "x determines y, and H(y | x) is −∞",
                _ => "x and y determine each other, and the information is infinite",
            };
            Some((i, j, problem))
        }
    }
}

/// The first sample and column of it that is a linear function of the columns before it, of all samples side by side,
/// by Gram–Schmidt orthogonalisation. O(n d²).
fn linear_function(samples: &[&Sample]) -> Option<(usize, usize)> {
    let mut basis: Vec<Vec<f64>> = Vec::new();
    for (i, sample) in samples.iter().enumerate() {
        for j in 0..sample.dimension() {
            let mut rest: Vec<f64> = sample.column(j).collect();
            let largest = rest
                .iter()
                .fold(0.0, |largest: f64, v| largest.max(v.abs()));
            let mean = rest.iter().map(|v| v / largest).sum::<f64>() / rest.len() as f64;
            rest.iter_mut().for_each(|v| *v = *v / largest - mean);
            let size = norm(&rest);
            for direction in &basis {
                let along: f64 = rest.iter().zip(direction).map(|(v, e)| v * e).sum();
                rest.iter_mut()
                    .zip(direction)
                    .for_each(|(v, e)| *v -= along * e);
            }
            let residual = norm(&rest);
            if residual <= ROUNDING * size {
                if !most_rows_differ(sample, j, largest, &rest) {
                    return Some((i, j));
                }
                // A few outliers determine the direction; the other rows do not follow it.
                continue;
            }
            rest.iter_mut().for_each(|v| *v /= residual);
            basis.push(rest);
        }
    }
    None
}

/// Whether the residual of most rows is more than rounding error of the column's spread: the column is then a linear
/// function at a few outliers only.
fn most_rows_differ(sample: &Sample, j: usize, largest: f64, rest: &[f64]) -> bool {
    let median = |mut values: Vec<f64>| {
        let middle = values.len() / 2;
        *values.select_nth_unstable_by(middle, f64::total_cmp).1
    };
    let scaled: Vec<f64> = sample.column(j).map(|v| v / largest).collect();
    let centre = median(scaled.clone());
    let spread = median(scaled.iter().map(|v| (v - centre).abs()).collect());
    median(rest.iter().map(|v| v.abs()).collect()) > MEDIAN_ROUNDING * spread
}

fn norm(v: &[f64]) -> f64 {
    v.iter().map(|v| v * v).sum::<f64>().sqrt()
}
