//! Regression trees on codes in intervals.
//!
//! A node is divided at the code and threshold with the largest decrease of the sum of squares, S²_left/n_left +
//! S²_right/n_right − S²/n, where S is a sum of residuals r. A leaf R has the value Σ_R r / Σ_R |r| (1 − |r|), the Newton step of
//! the log-likelihood of a class (Friedman 2001).

use super::binning::Binned;

/// Largest depth of a tree.
pub(super) const MAXIMUM_DEPTH: usize = 3;
/// A decrease of the sum of squares below this fraction of it is rounding error.
const ROUNDING: f64 = 1e-12;
/// Smallest denominator of the value of a leaf.
const SMALLEST_DENOMINATOR: f64 = 1e-150;

/// A division of a node: samples whose code is in interval `bin` or below go left.
#[derive(Clone, Copy)]
struct Division {
    code: usize,
    bin: u8,
}

/// A regression tree. An undivided node passes all samples to its left child.
pub(super) struct Tree {
    /// Divisions, level by level from the root.
    divisions: [Option<Division>; (1 << MAXIMUM_DEPTH) - 1],
    /// Values of the leaves, already multiplied by the factor of the ensemble.
    pub values: [f64; 1 << MAXIMUM_DEPTH],
    depth: usize,
}

impl Tree {
    /// Leaf of a sample.
    pub(super) fn leaf(&self, codes: &[Vec<u8>], sample: usize) -> usize {
        let mut node = 0;
        for level in 0..self.depth {
            let right = self.divisions[(1 << level) - 1 + node]
                .is_some_and(|d| codes[d.code][sample] > d.bin);
            node = 2 * node + usize::from(right);
        }
        node
    }
}

/// Number of samples and sum of residuals.
#[derive(Clone, Copy, Default)]
struct Cell {
    n: f64,
    s: f64,
}

impl Cell {
    /// S²/n, by which the mean of the cell reduces its sum of squares.
    fn reduction(self) -> f64 {
        self.s * self.s / self.n
    }

    fn with(self, other: Cell) -> Cell {
        Cell {
            n: self.n + other.n,
            s: self.s + other.s,
        }
    }

    fn without(self, other: Cell) -> Cell {
        Cell {
            n: self.n - other.n,
            s: self.s - other.s,
        }
    }
}

/// Memory that all trees of a classifier use.
pub(super) struct TreeBuilder {
    /// Node of each sample on the current level of the tree, at the end its leaf.
    node: Vec<u8>,
    /// Number of intervals of all codes before each code.
    offsets: Vec<usize>,
    /// Number of intervals of all codes.
    intervals: usize,
    /// Cells of the current level of the tree: nodes × intervals of all codes.
    cells: Vec<Cell>,
    /// Cells of the previous level.
    parents: Vec<Cell>,
    /// Samples whose cells are summed: the sample, the first cell of its node, and its residual.
    summed: Vec<(u32, u32, f64)>,
}

impl TreeBuilder {
    pub(super) fn new(data: &Binned, n: usize) -> TreeBuilder {
        let before = |code: usize| data.sizes[..code].iter().sum();
        TreeBuilder {
            node: vec![0; n],
            offsets: (0..data.sizes.len()).map(before).collect(),
            intervals: data.sizes.iter().sum(),
            cells: Vec::new(),
            parents: Vec::new(),
            summed: Vec::with_capacity(n),
        }
    }

    /// Leaf of each sample in the tree that was grown last.
    pub(super) fn leaves(&self) -> &[u8] {
        &self.node
    }

    /// Fits a tree of at most `depth` divisions between the root and a leaf to `residuals`, and adds to the importances.
    /// The values of its leaves are multiplied by `factor`.
    pub(super) fn grow(
        &mut self,
        data: &Binned,
        residuals: &[f64],
        depth: usize,
        factor: f64,
        importances: &mut [f64],
    ) -> Tree {
        let mut tree = Tree {
            divisions: [None; (1 << MAXIMUM_DEPTH) - 1],
            values: [0.0; 1 << MAXIMUM_DEPTH],
            depth,
        };
        let squares: f64 = residuals.iter().map(|r| r * r).sum();
        self.node.fill(0);
        for level in 0..depth {
            let nodes = 1 << level;
            self.sum_cells(data, residuals, nodes);
            let best: Vec<Option<(f64, Division)>> = (0..nodes)
                .map(|node| self.best_division(data, node, ROUNDING * squares))
                .collect();
            for (node, found) in best.iter().enumerate() {
                if let Some((gain, division)) = found {
                    importances[division.code] += gain;
                    tree.divisions[nodes - 1 + node] = Some(*division);
                }
            }
            for (sample, node) in self.node.iter_mut().enumerate() {
                let right = best[usize::from(*node)]
                    .is_some_and(|(_, d)| data.codes[d.code][sample] > d.bin);
                *node = 2 * *node + u8::from(right);
            }
        }
        let mut sums = [(0.0, 0.0); 1 << MAXIMUM_DEPTH];
        for (r, leaf) in residuals.iter().zip(&self.node) {
            let (numerator, denominator) = &mut sums[usize::from(*leaf)];
            *numerator += r;
            *denominator += r.abs() * (1.0 - r.abs());
        }
        for (value, (numerator, denominator)) in tree.values.iter_mut().zip(sums) {
            if denominator > SMALLEST_DENOMINATOR {
                *value = factor * numerator / denominator;
            }
        }
        tree
    }

    /// Sums the residuals of the samples in each cell of each node.
    ///
    /// Of two children, only the samples of the smaller one are read; the cells of the other are those of the parent
    /// without them.
    fn sum_cells(&mut self, data: &Binned, residuals: &[f64], nodes: usize) {
        let mut sizes = [0usize; 1 << MAXIMUM_DEPTH];
        self.node
            .iter()
            .for_each(|node| sizes[usize::from(*node)] += 1);
        let is_read = |node: usize| match nodes {
            1 => true,
            _ if node.is_multiple_of(2) => sizes[node] < sizes[node + 1],
            _ => sizes[node - 1] >= sizes[node],
        };
        std::mem::swap(&mut self.cells, &mut self.parents);
        self.cells.clear();
        self.cells.resize(nodes * self.intervals, Cell::default());
        self.summed.clear();
        for (sample, (node, r)) in self.node.iter().zip(residuals).enumerate() {
            let node = usize::from(*node);
            if is_read(node) {
                let first = node * self.intervals;
                self.summed.push((sample as u32, first as u32, *r));
            }
        }
        for (bins, offset) in data.codes.iter().zip(&self.offsets) {
            for (sample, first, r) in &self.summed {
                let bin = usize::from(bins[*sample as usize]);
                let cell = &mut self.cells[*first as usize + offset + bin];
                cell.n += 1.0;
                cell.s += r;
            }
        }
        if nodes == 1 {
            return;
        }
        let parents = self.parents.chunks_exact(self.intervals);
        let pairs = self.cells.chunks_exact_mut(2 * self.intervals).zip(parents);
        for (pair, (children, parent)) in pairs.enumerate() {
            let (left, right) = children.split_at_mut(self.intervals);
            let (read, other) = if is_read(2 * pair) {
                (left, right)
            } else {
                (right, left)
            };
            for ((other, read), parent) in other.iter_mut().zip(read.iter()).zip(parent) {
                *other = parent.without(*read);
            }
        }
    }

    /// The best division of a node with its decrease of the sum of squares, if it is above `least`.
    fn best_division(&self, data: &Binned, node: usize, least: f64) -> Option<(f64, Division)> {
        let mut best: Option<(f64, Division)> = None;
        for (code, (&size, offset)) in data.sizes.iter().zip(&self.offsets).enumerate() {
            let cells = &self.cells[node * self.intervals + offset..][..size];
            let all = cells
                .iter()
                .fold(Cell::default(), |all, cell| all.with(*cell));
            let undivided = all.reduction();
            let mut left = Cell::default();
            for (bin, cell) in cells[..size - 1].iter().enumerate() {
                left = left.with(*cell);
                let right = all.without(left);
                if cell.n == 0.0 || right.n == 0.0 {
                    continue;
                }
                let gain = left.reduction() + right.reduction() - undivided;
                if gain > best.map_or(least, |(gain, _)| gain) {
                    let bin = bin as u8;
                    best = Some((gain, Division { code, bin }));
                }
            }
        }
        best
    }
}
