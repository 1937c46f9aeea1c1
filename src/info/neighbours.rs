//! Nearest neighbours of points, and numbers of points within a radius, in parallel over points.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::Sample;
use super::kd_tree::{KdTree, Largest, Squares, Ties};

/// Norm that measures the distance between two observations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Norm {
    /// The largest difference in a coordinate. Balls are cubes.
    Maximum,
    /// The square root of the sum of squares. It does not change when the coordinates are rotated.
    #[default]
    Euclidean,
}

impl Norm {
    /// The name among the parameters of an estimate.
    pub(super) fn name(self) -> &'static str {
        match self {
            Norm::Maximum => "maximum",
            Norm::Euclidean => "euclidean",
        }
    }
}

/// Points among which nearest neighbours are searched.
pub(super) struct Neighbours(KdTree);

impl Neighbours {
    pub(super) fn new(sample: &Sample) -> Neighbours {
        Neighbours(KdTree::new(sample.values(), sample.dimension()))
    }

    /// The k rows nearest to `query` except row `except`, nearest first: the distance in the maximum norm, and the
    /// row. Among rows at the same distance the first ones are taken.
    pub(super) fn nearest(
        &self,
        query: &[f64],
        except: usize,
        k: usize,
        best: &mut Vec<(f64, usize)>,
    ) {
        let (except, ties) = (Some(except), Ties::FirstRow);
        self.0.nearest::<Largest>(query, except, k, ties, best);
    }

    /// The distance to the k-th nearest row except row `except`; infinite if there are fewer rows.
    pub(super) fn kth(
        &self,
        query: &[f64],
        except: Option<usize>,
        k: usize,
        norm: Norm,
        best: &mut Vec<(f64, usize)>,
    ) -> f64 {
        match norm {
            Norm::Maximum => self.0.nearest::<Largest>(query, except, k, Ties::Any, best),
            Norm::Euclidean => self.0.nearest::<Squares>(query, except, k, Ties::Any, best),
        }
        match (best.get(k - 1), norm) {
            (None, _) => f64::INFINITY,
            (Some(found), Norm::Maximum) => found.0,
            (Some(found), Norm::Euclidean) => found.0.sqrt(),
        }
    }

    /// The number of other rows at most `radius` from row `of` in the maximum norm.
    pub(super) fn within(&self, of: &[f64], radius: f64) -> usize {
        self.0.count(of, |distance| distance <= radius) - 1
    }

    /// The number of other rows equal to row `of`.
    pub(super) fn copies(&self, of: &[f64]) -> usize {
        self.within(of, 0.0)
    }

    /// Calls `f` for each row with its index, its numbers, and a buffer for neighbours. Returns the results in the order of
    /// the rows.
    ///
    /// Rows that are close are visited one after the other, so that the points around them are still in the cache.
    pub(super) fn of_each<T: Send + Copy>(
        &self,
        f: impl Fn(usize, &[f64], &mut Vec<(f64, usize)>) -> T + Sync,
    ) -> Vec<T> {
        let n = self.0.len();
        let chunk = |start: usize| {
            let mut room = Vec::new();
            let each = |position| {
                let (row, point) = self.0.at(position);
                f(row, point, &mut room)
            };
            (start..n.min(start + CHUNK)).map(each).collect::<Vec<T>>()
        };
        let starts: Vec<usize> = (0..n).step_by(CHUNK).collect();
        let found: Vec<T> = starts.into_par_iter().flat_map_iter(chunk).collect();
        let mut by_row = found.clone();
        for (&row, found) in self.0.rows().iter().zip(found) {
            by_row[row] = found;
        }
        by_row
    }
}

/// Number of points that one parallel task visits.
const CHUNK: usize = 512;

/// Observations of one variable, prepared for counting those within a radius in the maximum norm.
pub(super) enum Marginal {
    /// Sorted numbers of a variable with one column.
    Line(Vec<f64>),
    /// A tree for a variable with several columns.
    Space(KdTree),
}

impl Marginal {
    pub(super) fn new(sample: &Sample) -> Marginal {
        match sample.dimension() {
            1 => {
                let mut sorted = sample.values().to_vec();
                sorted.par_sort_unstable_by(f64::total_cmp);
                Marginal::Line(sorted)
            }
            dimension => Marginal::Space(KdTree::new(sample.values(), dimension)),
        }
    }

    /// The number of other observations nearer than `radius` to the observation `of`.
    pub(super) fn nearer(&self, of: &[f64], radius: f64) -> usize {
        // At radius 0 the observation itself is not counted either.
        self.count(of, |distance| distance < radius) - usize::from(radius > 0.0)
    }

    /// The number of other observations at most `radius` from the observation `of`.
    pub(super) fn within(&self, of: &[f64], radius: f64) -> usize {
        self.count(of, |distance| distance <= radius) - 1
    }

    fn count(&self, of: &[f64], inside: impl Fn(f64) -> bool) -> usize {
        match self {
            Marginal::Space(tree) => tree.count(of, inside),
            Marginal::Line(sorted) => {
                let x = of[0];
                let at = sorted.partition_point(|&other| other < x);
                leading_near(at, |i| inside(x - sorted[at - 1 - i]))
                    + leading_near(sorted.len() - at, |i| inside(sorted[at + i] - x))
            }
        }
    }
}

/// The number of leading elements of 0, 1, …, n − 1 that are `near`. The step doubles and then halves: the number is
/// usually small compared with n, and this touches only memory close to the start.
fn leading_near(n: usize, near: impl Fn(usize) -> bool) -> usize {
    let mut step = 1;
    while step <= n && near(step - 1) {
        step *= 2;
    }
    let (mut low, mut high) = (step / 2, n.min(step));
    while low < high {
        let middle = low + (high - low) / 2;
        if near(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}
