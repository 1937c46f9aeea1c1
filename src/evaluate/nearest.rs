//! Exact squared distances between two sets of features, block by block.
//!
//! $$ \lVert a - b\rVert^2 = \lVert a\rVert^2 + \lVert b\rVert^2 - 2\,a \cdot b $$
//!
//! Each block is one matrix product in double precision. Only one block of the n × m distances per thread is
//! in memory at a time. The blocks depend on the sizes alone, so that the result does not depend on the
//! number of threads.

use rayon::prelude::*;

use super::Features;
use crate::error::{Error, Result};
use crate::tensor::gemm::{View, gemm_serial};

/// Number of queries in a block.
const ROWS: usize = 128;
/// Number of points in a block.
const COLUMNS: usize = 1024;
/// Number of points that are computed and searched at a time by [`Nearest::in_pieces`].
const PIECE: usize = 8192;
/// Smaller squared distances, relative to ‖a‖² + ‖b‖², are rounding errors and count as 0.
const ROUNDING: f64 = 1e-12;

/// Computes the squared distance of every query to every point and passes them on, in order, as
/// `visit(state, query, first point, d²)` for a range of points at a time. `start` creates the state for a
/// block of queries. Returns the states of all blocks in order.
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
    /// Number of neighbours of each query.
    pub k: usize,
    /// Indices of the neighbours, row-major [queries, k]. The nearest is first; of points at the same
    /// distance, the one with the smallest index.
    pub indices: Vec<usize>,
    /// Squared Euclidean distances of the neighbours, in the same order.
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
    /// [`Error::Usage`] for features of different dimensions, for fewer than `k` points, and for k = 0.
    pub fn of(queries: &Features, points: &Features, k: usize) -> Result<Self> {
        Self::search(queries, points, k, false)
    }

    /// The `k` nearest neighbours of each point of a set among the other points.
    ///
    /// # Errors
    /// Those of [`of`](Self::of).
    pub fn among(points: &Features, k: usize) -> Result<Self> {
        Self::search(points, points, k, true)
    }

    /// Like [`of`](Self::of), for `total` points that `points` computes one range at a time, so that they
    /// need not fit into memory.
    ///
    /// # Errors
    /// Those of `of` and of `points`.
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
        let available = points.len() - usize::from(others);
        if k == 0 || k > available {
            return Err(too_few(k, available));
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

/// Inserts a point into `best`, which is sorted by distance, if it is nearer than the last of them.
fn insert(best: &mut [(f64, usize)], point: (f64, usize)) {
    if best.last().is_some_and(|worst| point.0 < worst.0) {
        let place = best.partition_point(|other| other.0 <= point.0);
        best[place..].rotate_right(1);
        best[place] = point;
    }
}

fn too_few(k: usize, available: usize) -> Error {
    Error::Usage(format!(
        "{k} nearest neighbours were requested, but there are only {available} points"
    ))
}
