//! What estimators by nearest neighbours ask of their points, in parallel over points.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::Sample;
use super::kd_tree::{KdTree, Largest, Squares, Ties};

/// How long a difference of two observations is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Norm {
    /// The largest difference of a coordinate: balls are cubes.
    Maximum,
    /// The root of the sum of squares: balls are round, and turning the space changes nothing.
    #[default]
    Euclidean,
}

impl Norm {
    /// Its name in a protocol.
    pub(super) fn name(self) -> &'static str {
        match self {
            Norm::Maximum => "maximum",
            Norm::Euclidean => "euclidean",
        }
    }
}

/// Points whose k nearest others are looked for.
pub(super) struct Neighbours(KdTree);

impl Neighbours {
    pub(super) fn new(sample: &Sample) -> Neighbours {
        Neighbours(KdTree::new(sample.values(), sample.dimension()))
    }

    /// The k nearest rows to `query` but for row `except`, nearest first: distance in the largest coordinate,
    /// and row; of rows at one distance the first.
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

    /// The distance to the k-th nearest row but for row `except`: infinite where there are fewer.
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

    /// Other rows at most `radius` from `of`, which is one of them, in the largest coordinate.
    pub(super) fn within(&self, of: &[f64], radius: f64) -> usize {
        self.0.count(of, |distance| distance <= radius) - 1
    }

    /// Other rows that are equal to `of`, which is one of them.
    pub(super) fn copies(&self, of: &[f64]) -> usize {
        self.within(of, 0.0)
    }

    /// What `f` finds at each row, in the order of the rows. It gets the row, its numbers, and room for neighbours.
    ///
    /// Rows that are near are visited one after the other, so that what one has read the next finds in the cache.
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

/// Points that one thread looks at in a row.
const CHUNK: usize = 512;

/// Observations of one variable, to be counted around any of them in the norm of the largest coordinate.
pub(super) enum Marginal {
    /// A single number each, sorted.
    Line(Vec<f64>),
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

    /// Other observations nearer than `radius` to `of`, which is one of them.
    pub(super) fn nearer(&self, of: &[f64], radius: f64) -> usize {
        // At a radius of 0 not even the observation itself is counted.
        self.count(of, |distance| distance < radius) - usize::from(radius > 0.0)
    }

    /// Other observations at most `radius` from `of`, which is one of them.
    pub(super) fn within(&self, of: &[f64], radius: f64) -> usize {
        self.count(of, |distance| distance <= radius) - 1
    }

    fn count(&self, of: &[f64], inside: impl Fn(f64) -> bool) -> usize {
        match self {
            Marginal::Space(tree) => tree.count(of, inside),
            Marginal::Line(sorted) => {
                let x = of[0];
                let at = sorted.partition_point(|&other| other < x);
                first_few(at, |i| inside(x - sorted[at - 1 - i]))
                    + first_few(sorted.len() - at, |i| inside(sorted[at + i] - x))
            }
        }
    }
}

/// How many of 0, 1, …, n − 1 come before the first that is not `near`, by steps that double and then halve: they are
/// few beside n, and what is looked at lies close together.
fn first_few(n: usize, near: impl Fn(usize) -> bool) -> usize {
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
