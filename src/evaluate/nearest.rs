//! Exact squared distances between two sets of features, block by block.
//!
//! $$ \lVert a - b\rVert^2 = \lVert a\rVert^2 + \lVert b\rVert^2 - 2\,a \cdot b $$
//!
//! The products are one matrix product a block, in double precision. No more than a block of the
//! n × m distances exists at a time, and blocks are cut by size alone, so that the result does not
//! depend on the number of threads.

use rayon::prelude::*;

use super::Features;
use crate::error::{Error, Result};
use crate::tensor::gemm::{View, gemm_serial};

/// Queries of a block.
const ROWS: usize = 128;
/// Points of a block.
const COLUMNS: usize = 1024;
/// Points in memory where they are made piece by piece.
const PIECE: usize = 8192;
/// What remains of the difference of equal rows, at most, as a share of ‖a‖² + ‖b‖².
const ROUNDING: f64 = 1e-12;

/// Goes through the distances of every query to every point: `visit(state, query, first point, d²)`
/// gets a run of points at a time, in order. `start` makes the state of a block of queries from the
/// first of them; the states come back in order.
pub(super) fn distances<S: Send>(
    queries: &Features,
    points: &Features,
    start: impl Fn(std::ops::Range<usize>) -> S + Sync,
    visit: impl Fn(&mut S, usize, usize, &[f64]) + Sync,
) -> Vec<S> {
    let norms = |f: &Features| -> Vec<f64> {
        let rows = (0..f.len()).into_par_iter();
        rows.map(|i| f.row(i).iter().map(|v| v * v).sum()).collect()
    };
    let (query_norms, point_norms) = (norms(queries), norms(points));
    let blocks = (0..queries.len().div_ceil(ROWS)).into_par_iter();
    let block = |block: usize| {
        let first = block * ROWS;
        let rows = ROWS.min(queries.len() - first);
        let mut state = start(first..first + rows);
        let dimension = queries.dimension();
        let a = View::rows(queries.rows(first, rows), dimension);
        for from in (0..points.len()).step_by(COLUMNS) {
            let columns = COLUMNS.min(points.len() - from);
            let b = View::rows(points.rows(from, columns), dimension).t();
            let mut products = vec![0.0; rows * columns];
            gemm_serial(&mut products, (rows, columns, dimension), a, b, false);
            for (row, products) in products.chunks_exact_mut(columns).enumerate() {
                let a = query_norms[first + row];
                for (d, b) in products.iter_mut().zip(&point_norms[from..]) {
                    let squared = a + b - 2.0 * *d;
                    *d = if squared > ROUNDING * (a + b) {
                        squared
                    } else {
                        0.0
                    };
                }
                visit(&mut state, first + row, from, products);
            }
        }
        state
    };
    blocks.map(block).collect()
}

/// The points nearest to each query.
#[derive(Debug, Clone, PartialEq)]
pub struct Nearest {
    /// How many a query.
    pub k: usize,
    /// Which points, the nearest first; of equally near ones the first. Row-major [queries, k].
    pub indices: Vec<usize>,
    /// Their squared Euclidean distances, in the same order.
    pub squared: Vec<f64>,
}

impl Nearest {
    /// The `k` points nearest to each query.
    ///
    /// ```
    /// use ganscope::evaluate::{Features, Nearest};
    /// let points = Features::new(vec![0.0, 3.0, 4.0, 10.0], 1)?;
    /// let nearest = Nearest::of(&Features::new(vec![3.4], 1)?, &points, 2)?;
    /// assert_eq!(nearest.indices, [1, 2]);
    /// assert!((nearest.squared[1] - 0.36).abs() < 1e-12);
    /// # Ok::<(), ganscope::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Usage`] for features of two spaces, and when there are not `k` points, or `k` is 0.
    pub fn of(queries: &Features, points: &Features, k: usize) -> Result<Self> {
        Self::search(queries, points, k, false)
    }

    /// The `k` other points nearest to each point of a set: a point is no neighbour of itself.
    ///
    /// # Errors
    /// As [`of`](Self::of).
    pub fn among(points: &Features, k: usize) -> Result<Self> {
        Self::search(points, points, k, true)
    }

    /// As [`of`](Self::of) among `total` points of which `points` makes a range at a time: for more
    /// than should be in memory at once.
    ///
    /// # Errors
    /// As `of`, and those of `points`.
    pub(super) fn in_pieces(
        queries: &Features,
        total: usize,
        k: usize,
        mut points: impl FnMut(std::ops::Range<usize>) -> Result<Features>,
    ) -> Result<Self> {
        if k == 0 || k > total {
            return Err(too_few(k, total));
        }
        let mut all = vec![(f64::INFINITY, usize::MAX); queries.len() * k];
        for first in (0..total).step_by(PIECE) {
            let piece = points(first..(first + PIECE).min(total))?;
            let here = k.min(piece.len());
            let found = Self::of(queries, &piece, here)?;
            let rows = found.squared.chunks(here).zip(found.indices.chunks(here));
            for (best, (squared, indices)) in all.chunks_exact_mut(k).zip(rows) {
                for (d, i) in squared.iter().zip(indices) {
                    insert(best, (*d, first + i));
                }
            }
        }
        Ok(Self::sorted(k, all.iter()))
    }

    fn sorted<'a>(k: usize, found: impl Iterator<Item = &'a (f64, usize)> + Clone) -> Self {
        Nearest {
            k,
            indices: found.clone().map(|(_, i)| *i).collect(),
            squared: found.map(|(d, _)| *d).collect(),
        }
    }

    fn search(queries: &Features, points: &Features, k: usize, others: bool) -> Result<Self> {
        queries.same_space(points)?;
        let there_are = points.len() - usize::from(others);
        if k == 0 || k > there_are {
            return Err(too_few(k, there_are));
        }
        let start = |rows: std::ops::Range<usize>| {
            (
                rows.start,
                vec![(f64::INFINITY, usize::MAX); rows.len() * k],
            )
        };
        let visit = |(first, found): &mut (usize, Vec<(f64, usize)>), query, from, d: &[f64]| {
            let best = &mut found[(query - *first) * k..][..k];
            for (i, &d) in (from..).zip(d) {
                if !(others && i == query) {
                    insert(best, (d, i));
                }
            }
        };
        let found = distances(queries, points, start, visit);
        Ok(Self::sorted(k, found.iter().flat_map(|(_, block)| block)))
    }
}

/// Puts a point into the `best`, nearest first, if it is nearer than the last of them.
fn insert(best: &mut [(f64, usize)], point: (f64, usize)) {
    if best.last().is_some_and(|worst| point.0 < worst.0) {
        let place = best.partition_point(|other| other.0 <= point.0);
        best[place..].rotate_right(1);
        best[place] = point;
    }
}

fn too_few(k: usize, there_are: usize) -> Error {
    Error::Usage(format!(
        "{k} nearest neighbours are asked for, of {there_are} points"
    ))
}
