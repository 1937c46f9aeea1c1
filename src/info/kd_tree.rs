//! A k-d tree of bounding boxes, for nearest neighbours and for counting rows within a radius.
//!
//! $$ \min_{p \in B}\|q - p\| = \Big\|\big(\max(l_a - q_a,\ q_a - h_a,\ 0)\big)_a\Big\| $$
//!
//! Each node B stores the bounding box [l, h] of its rows and splits them at the median of its widest side. So the tree
//! stays balanced for any number of equal coordinates, and a box that lies wholly within a radius is counted without
//! visiting its rows. No crate does both: kiddo 6.3 takes O(N²) where a column is mostly one value, nabo has only the
//! Euclidean norm, and kdtree 0.8 returns every row that it counts.

use rayon::prelude::*;

/// Largest number of rows in a leaf. Fewer rows mean more boxes, and more rows more distances.
const LEAF: usize = 32;
/// Number of rows below which one thread orders both halves.
const SEQUENTIAL: usize = 1 << 13;

/// Combines the differences along the axes into a distance, which grows with each of them from 0.
pub(super) trait Metric {
    fn join(total: f64, gap: f64) -> f64;
}

/// maxₐ |gapₐ|. It is exact in floating point, so rounding breaks no ties.
pub(super) struct Largest;
impl Metric for Largest {
    #[inline(always)]
    fn join(total: f64, gap: f64) -> f64 {
        if gap > total { gap } else { total }
    }
}

/// Σₐ gapₐ²: the square of the Euclidean distance.
pub(super) struct Squares;
impl Metric for Squares {
    #[inline(always)]
    fn join(total: f64, gap: f64) -> f64 {
        total + gap * gap
    }
}

/// Which rows are taken among those at the same distance.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Ties {
    /// Any of them, because only the distances are used.
    Any,
    /// Those that come first in the sample.
    FirstRow,
}

/// Rows in the order of a balanced binary tree: node j of level l holds the positions from ⌊j n / 2ˡ⌋ to
/// ⌊(j + 1) n / 2ˡ⌋.
pub(super) struct KdTree {
    dimension: usize,
    levels: u32,
    /// Coordinates, row-major, in the order of the tree.
    points: Vec<f64>,
    /// The row of the sample at each position.
    rows: Vec<usize>,
    /// l₁ … l_d, h₁ … h_d of node j of level l, at index 2ˡ − 1 + j.
    boxes: Vec<f64>,
}

impl KdTree {
    /// Builds the tree from n > 0 rows of `dimension` finite numbers in O(n log n).
    pub(super) fn new(values: &[f64], dimension: usize) -> KdTree {
        let n = values.len() / dimension;
        let levels = (0..).find(|&l| n >> l <= LEAF).unwrap_or(0);
        let mut keyed: Vec<(f64, usize)> = (0..n).map(|row| (0.0, row)).collect();
        order(&mut keyed, values, dimension, (0, 0, n), levels);
        let rows: Vec<usize> = keyed.into_iter().map(|(_, row)| row).collect();
        let row = |&r: &usize| &values[r * dimension..][..dimension];
        let points: Vec<f64> = rows.iter().flat_map(row).copied().collect();
        let mut tree = KdTree {
            dimension,
            levels,
            points,
            rows,
            boxes: Vec::new(),
        };
        tree.boxes = tree.bounds();
        tree
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The row of the sample at a position in the order of the tree, and its numbers.
    pub(super) fn at(&self, position: usize) -> (usize, &[f64]) {
        let point = &self.points[position * self.dimension..][..self.dimension];
        (self.rows[position], point)
    }

    /// The row of the sample at each position.
    pub(super) fn rows(&self) -> &[usize] {
        &self.rows
    }

    /// Writes the k rows nearest to `query` except row `except` into `best`, nearest first: the distance (as M combines
    /// it) and the row. Writes fewer if there are fewer rows.
    pub(super) fn nearest<M: Metric>(
        &self,
        query: &[f64],
        except: Option<usize>,
        k: usize,
        ties: Ties,
        best: &mut Vec<(f64, usize)>,
    ) {
        best.clear();
        best.resize(k, (f64::INFINITY, usize::MAX));
        let mut search = Search {
            tree: self,
            query,
            except: except.unwrap_or(usize::MAX),
            ties,
            best,
        };
        search.visit::<M>(0, 0, 0.0);
        let found = best.partition_point(|&(_, row)| row != usize::MAX);
        best.truncate(found);
    }

    /// The number of rows whose distance to `query` in the maximum norm is `inside`. The condition must hold up to some
    /// distance and not beyond.
    pub(super) fn count(&self, query: &[f64], inside: impl Fn(f64) -> bool) -> usize {
        self.count_in(query, &inside, 0, 0)
    }

    fn count_in(&self, query: &[f64], inside: &impl Fn(f64) -> bool, l: u32, j: usize) -> usize {
        let (low, high) = self.sides(l, j);
        let (mut nearest, mut farthest) = (0.0, 0.0);
        for ((q, l), h) in query.iter().zip(low).zip(high) {
            let (below, above) = (l - q, q - h);
            nearest = Largest::join(nearest, if below > above { below } else { above });
            farthest = Largest::join(farthest, if below > above { h - q } else { q - l });
        }
        if !inside(nearest) {
            return 0;
        }
        let (start, end) = self.span(l, j);
        if inside(farthest) {
            return end - start;
        }
        if l < self.levels {
            return self.count_in(query, inside, l + 1, 2 * j)
                + self.count_in(query, inside, l + 1, 2 * j + 1);
        }
        let points = &self.points[start * self.dimension..end * self.dimension];
        let within = |point: &&[f64]| inside(distance::<Largest>(query, point));
        points.chunks_exact(self.dimension).filter(within).count()
    }

    /// The range of positions of node j of level l.
    fn span(&self, l: u32, j: usize) -> (usize, usize) {
        ((j * self.len()) >> l, ((j + 1) * self.len()) >> l)
    }

    /// The bounding box of node j of level l.
    fn sides(&self, l: u32, j: usize) -> (&[f64], &[f64]) {
        let node = (1 << l) - 1 + j;
        self.boxes[node * 2 * self.dimension..][..2 * self.dimension].split_at(self.dimension)
    }

    /// Computes the boxes of the leaves from their points, and that of every other node from those of its children.
    fn bounds(&self) -> Vec<f64> {
        let d = self.dimension;
        let leaves = 1 << self.levels;
        let mut boxes = vec![0.0; (2 * leaves - 1) * 2 * d];
        let (inner, outer) = boxes.split_at_mut((leaves - 1) * 2 * d);
        let of_leaf = |(j, sides): (usize, &mut [f64])| {
            let (start, end) = self.span(self.levels, j);
            let (low, high) = sides.split_at_mut(d);
            enclose(low, high, self.points[start * d..end * d].chunks_exact(d));
        };
        outer
            .par_chunks_exact_mut(2 * d)
            .enumerate()
            .for_each(of_leaf);
        for node in (0..inner.len() / (2 * d)).rev() {
            let (before, after) = boxes.split_at_mut((2 * node + 1) * 2 * d);
            let (low, high) = before[node * 2 * d..][..2 * d].split_at_mut(d);
            // The box of the node encloses the four corners l and h of both children.
            enclose(low, high, after[..4 * d].chunks_exact(d));
        }
        boxes
    }
}

/// Sets [low, high] to the bounding box of the points.
fn enclose<'a>(low: &mut [f64], high: &mut [f64], points: impl Iterator<Item = &'a [f64]>) {
    low.fill(f64::INFINITY);
    high.fill(f64::NEG_INFINITY);
    for point in points {
        for ((l, h), &x) in low.iter_mut().zip(high.iter_mut()).zip(point) {
            *l = if x < *l { x } else { *l };
            *h = if x > *h { x } else { *h };
        }
    }
}

/// Orders the rows of node j of level l, which are all of `keyed`, as the tree needs them.
fn order(
    keyed: &mut [(f64, usize)],
    values: &[f64],
    d: usize,
    (l, j, n): (u32, usize, usize),
    levels: u32,
) {
    if l == levels {
        return;
    }
    let (mut low, mut high) = (vec![0.0; d], vec![0.0; d]);
    let row = |&(_, r): &(f64, usize)| &values[r * d..][..d];
    enclose(&mut low, &mut high, keyed.iter().map(row));
    let width = |a: &usize| high[*a] - low[*a];
    let widest = (0..d).max_by(|a, b| width(a).total_cmp(&width(b)));
    let axis = widest.unwrap_or(0);
    for (key, row) in keyed.iter_mut() {
        *key = values[*row * d + axis];
    }
    let middle = (((2 * j + 1) * n) >> (l + 1)) - ((j * n) >> l);
    keyed.select_nth_unstable_by(middle, |a, b| a.0.total_cmp(&b.0));
    let large = keyed.len() > SEQUENTIAL;
    let (left, right) = keyed.split_at_mut(middle);
    let mut lower = move || order(left, values, d, (l + 1, 2 * j, n), levels);
    let mut upper = move || order(right, values, d, (l + 1, 2 * j + 1, n), levels);
    if large {
        rayon::join(lower, upper);
    } else {
        lower();
        upper();
    }
}

/// A search for nearest rows, with the best rows so far in order.
struct Search<'a> {
    tree: &'a KdTree,
    query: &'a [f64],
    except: usize,
    ties: Ties,
    best: &'a mut [(f64, usize)],
}

impl Search<'_> {
    /// Searches node j of level l, whose box is at distance `away`.
    fn visit<M: Metric>(&mut self, l: u32, j: usize, away: f64) {
        if self.cannot_help(away) {
            return;
        }
        if l == self.tree.levels {
            return self.scan::<M>(l, j);
        }
        let (left, right) = (2 * j, 2 * j + 1);
        let (to_left, to_right) = (self.away::<M>(l + 1, left), self.away::<M>(l + 1, right));
        if to_left <= to_right {
            self.visit::<M>(l + 1, left, to_left);
            self.visit::<M>(l + 1, right, to_right);
        } else {
            self.visit::<M>(l + 1, right, to_right);
            self.visit::<M>(l + 1, left, to_left);
        }
    }

    /// Whether no row at this distance or beyond can change the result.
    fn cannot_help(&self, away: f64) -> bool {
        let farthest = self.best[self.best.len() - 1].0;
        // If k copies of the query have been found, no other row is nearer.
        away > farthest || (away == farthest && (self.ties == Ties::Any || farthest == 0.0))
    }

    fn away<M: Metric>(&self, l: u32, j: usize) -> f64 {
        let (low, high) = self.tree.sides(l, j);
        let mut total = 0.0;
        for ((q, l), h) in self.query.iter().zip(low).zip(high) {
            let (below, above) = (l - q, q - h);
            let gap = if below > above { below } else { above };
            total = M::join(total, if gap > 0.0 { gap } else { 0.0 });
        }
        total
    }

    fn scan<M: Metric>(&mut self, l: u32, j: usize) {
        let (start, end) = self.tree.span(l, j);
        for position in start..end {
            let (row, point) = self.tree.at(position);
            let found = (distance::<M>(self.query, point), row);
            let last = self.best.len() - 1;
            if row == self.except || found >= self.best[last] {
                continue;
            }
            let place = self.best.partition_point(|b| *b < found);
            self.best.copy_within(place..last, place + 1);
            self.best[place] = found;
        }
    }
}

#[inline(always)]
fn distance<M: Metric>(a: &[f64], b: &[f64]) -> f64 {
    let gaps = a.iter().zip(b).map(|(a, b)| (a - b).abs());
    gaps.fold(0.0, M::join)
}
