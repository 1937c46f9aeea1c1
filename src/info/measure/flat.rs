//! Data that lie in a plane: a column that others decide linearly. Together they have no density, which estimators
//! from samples would not notice.

use super::choice::Looks;
use super::{Method, Quantity};
use crate::error::{Error, Result};
use crate::info::{Kind, Sample};

/// What is left of a column when others are taken off, by its own size: less comes from rounding.
const REST: f64 = 1e-10;
/// What is left of most rows, by their spread, that is more than rounding.
const SOME: f64 = 1e-3;

impl Looks<'_> {
    /// Refuses amounts that are infinite, or none, since a column is a linear function of others.
    pub(super) fn flat(&self, method: Method) -> Result<()> {
        let of_densities = method.counts().is_none()
            && !matches!(method, Method::Gaussian | Method::Ross)
            && !method.takes_mixtures();
        let numbers = self.kinds().iter().all(|kind| *kind == Kind::Continuous);
        // Noise of its own makes of each rounded column what the others do not decide.
        if !of_densities || !numbers || self.measure.jitter {
            return Ok(());
        }
        let all: Vec<&Sample> = self.variables.iter().map(|v| &v.sample).collect();
        let refuse = |(i, j): (usize, usize), what: &str| {
            Err(Error::Usage(format!(
                "column \"{}\" of {} is a linear function of the columns before it: {what}; leave it out",
                self.variables[i].columns[j], self.names[i]
            )))
        };
        match self.measure.quantity {
            Quantity::Entropy => match decided(&all) {
                None => Ok(()),
                Some(place) => refuse(
                    place,
                    "together they have no density, and their entropy is −∞",
                ),
            },
            Quantity::Kl | Quantity::CrossEntropy | Quantity::Js => {
                for (i, sample) in all.iter().enumerate() {
                    if let Some((_, j)) = decided(&[sample]) {
                        return refuse((i, j), "together they have no density to compare");
                    }
                }
                Ok(())
            }
            Quantity::Mi | Quantity::ConditionalMi | Quantity::ConditionalEntropy => {
                // That one side says a thing twice changes nothing.
                let alone = |left_out: usize| {
                    let rest = all.iter().enumerate().filter(|(i, _)| *i != left_out);
                    decided(&rest.map(|(_, sample)| *sample).collect::<Vec<_>>()).is_some()
                };
                match decided(&all) {
                    Some(place) if !alone(0) && !alone(1) => refuse(
                        place,
                        match self.measure.quantity {
                            Quantity::ConditionalEntropy => {
                                "x decides y, and what is left of its entropy is −∞"
                            }
                            _ => "x and y decide each other, and the information is infinite",
                        },
                    ),
                    _ => Ok(()),
                }
            }
        }
    }
}

/// The sample and the column of it that the columns before it, of all samples side by side, decide linearly: by Gram
/// and Schmidt's orthogonalisation. O(n d²).
fn decided(samples: &[&Sample]) -> Option<(usize, usize)> {
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
            let left = norm(&rest);
            if left <= REST * size {
                match is_left_by_most(sample, j, largest, &rest) {
                    false => return Some((i, j)),
                    // A few values far from the others decide the directions.
                    true => continue,
                }
            }
            rest.iter_mut().for_each(|v| *v /= left);
            basis.push(rest);
        }
    }
    None
}

/// Whether what is left of most rows is no rounding of their spread: the column is then decided at a few rows only.
fn is_left_by_most(sample: &Sample, j: usize, largest: f64, rest: &[f64]) -> bool {
    let median = |mut values: Vec<f64>| {
        let middle = values.len() / 2;
        *values.select_nth_unstable_by(middle, f64::total_cmp).1
    };
    let scaled: Vec<f64> = sample.column(j).map(|v| v / largest).collect();
    let centre = median(scaled.clone());
    let spread = median(scaled.iter().map(|v| (v - centre).abs()).collect());
    median(rest.iter().map(|v| v.abs()).collect()) > SOME * spread
}

fn norm(v: &[f64]) -> f64 {
    v.iter().map(|v| v * v).sum::<f64>().sqrt()
}
