//! Level lines of a function sampled on a grid, by marching squares (Lorensen and Cline 1987, in 2-D).
//!
//! Each cell has four nodes and contains zero, one or two segments of a level line. The ends of a segment lie
//! on edges of the cell, at the points where the linearly interpolated function equals the level. An edge belongs
//! to at most two cells, so the segments join into lines: open ones that end at the border, and closed ones.

use crate::{Error, Result};

/// Values of a function on the nodes of a regular grid, including the border.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    x: (f64, f64),
    y: (f64, f64),
    columns: usize,
    rows: usize,
    values: Vec<f32>,
}

impl Grid {
    /// Creates a grid over the ranges `x` and `y` from values [rows, columns]; the first row is at `y.0`, the last at
    /// `y.1`.
    ///
    /// # Errors
    /// [`Error::Usage`] for fewer than 2 × 2 nodes, an empty range, or a wrong number of values.
    ///
    /// ```
    /// use ganscope::report::Grid;
    /// // Evaluate the function at each node, in this order, and pass the values to `Grid::new`.
    /// let nodes = Grid::nodes((0.0, 1.0), (0.0, 2.0), 2, 2);
    /// assert_eq!(nodes, [[0.0, 0.0], [1.0, 0.0], [0.0, 2.0], [1.0, 2.0]]);
    /// let grid = Grid::new((0.0, 1.0), (0.0, 2.0), 2, 2, vec![0.0, 1.0, 0.0, 1.0])?;
    /// assert_eq!(grid.interpolate([0.25, 1.0]), Some(0.25));
    /// # Ok::<(), ganscope::Error>(())
    /// ```
    pub fn new(
        x: (f64, f64),
        y: (f64, f64),
        columns: usize,
        rows: usize,
        values: Vec<f32>,
    ) -> Result<Self> {
        let increasing = |r: (f64, f64)| r.0.is_finite() && r.1.is_finite() && r.0 < r.1;
        if columns < 2 || rows < 2 || !increasing(x) || !increasing(y) {
            return Err(Error::Usage(format!(
                "a grid needs at least 2 × 2 nodes and increasing ranges, but got {columns} × {rows} nodes over x {x:?}, y {y:?}"
            )));
        }
        if columns.checked_mul(rows) != Some(values.len()) {
            return Err(Error::Usage(format!(
                "a grid of {columns} columns and {rows} rows needs {} values, but got {}",
                columns.saturating_mul(rows),
                values.len()
            )));
        }
        Ok(Self {
            x,
            y,
            columns,
            rows,
            values,
        })
    }

    /// Returns the nodes of a grid, [rows × columns, 2], in the order in which [`Grid::new`] expects the values.
    pub fn nodes(x: (f64, f64), y: (f64, f64), columns: usize, rows: usize) -> Vec<[f32; 2]> {
        let at = |(from, to): (f64, f64), i: usize, n: usize| {
            (from + (to - from) * i as f64 / (n.max(2) - 1) as f64) as f32
        };
        let row = |r: usize| (0..columns).map(move |c| [at(x, c, columns), at(y, r, rows)]);
        (0..rows).flat_map(row).collect()
    }

    /// Horizontal range.
    pub fn x(&self) -> (f64, f64) {
        self.x
    }

    /// Vertical range.
    pub fn y(&self) -> (f64, f64) {
        self.y
    }

    /// Number of nodes, (columns, rows).
    pub fn size(&self) -> (usize, usize) {
        (self.columns, self.rows)
    }

    /// Values, [rows, columns], bottom row first.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// Interpolates bilinearly between the nodes; `None` outside the grid.
    pub fn interpolate(&self, point: [f64; 2]) -> Option<f64> {
        let place = |v: f64, (from, to): (f64, f64), n: usize| {
            let t = (v - from) / (to - from) * (n - 1) as f64;
            let inside = (0.0..=(n - 1) as f64).contains(&t);
            let cell = (t as usize).min(n - 2);
            inside.then_some((cell, t - cell as f64))
        };
        let (c, u) = place(point[0], self.x, self.columns)?;
        let (r, v) = place(point[1], self.y, self.rows)?;
        let lower = (1.0 - u) * self.at(c, r) + u * self.at(c + 1, r);
        let upper = (1.0 - u) * self.at(c, r + 1) + u * self.at(c + 1, r + 1);
        Some((1.0 - v) * lower + v * upper)
    }

    /// Returns the lines on which the function has the value `level`, as points in the units of `x` and `y`.
    ///
    /// A closed line repeats its first point at its end. Cells with a value that is not finite are skipped. In a
    /// saddle cell, the mean of the four nodes decides which corners are connected.
    ///
    /// ```
    /// use ganscope::report::Grid;
    /// let values = vec![0.0, 1.0, 0.0, 1.0];
    /// let slope = Grid::new((0.0, 1.0), (0.0, 1.0), 2, 2, values)?;
    /// assert_eq!(slope.level_lines(0.5), [[[0.5, 0.0], [0.5, 1.0]]]);
    /// # Ok::<(), ganscope::Error>(())
    /// ```
    pub fn level_lines(&self, level: f64) -> Vec<Vec<[f64; 2]>> {
        let joined = self.joined_edges(level);
        let mut seen = vec![false; joined.len()];
        let mut lines = Vec::new();
        let is_end = |edge: &usize| joined[*edge][0].is_some() && joined[*edge][1].is_none();
        let is_inside = |edge: &usize| joined[*edge][1].is_some();
        // Follow the open lines first, from one of their ends. The edges left over belong to closed lines.
        let starts = (0..joined.len())
            .filter(is_end)
            .chain((0..joined.len()).filter(is_inside));
        for start in starts {
            if seen[start] {
                continue;
            }
            let mut line = Vec::new();
            let mut next = Some(start);
            let mut last = start;
            while let Some(edge) = next {
                seen[edge] = true;
                line.push(self.crossing(edge, level));
                last = edge;
                next = joined[edge].into_iter().flatten().find(|&e| !seen[e]);
            }
            if joined[last].contains(&Some(start)) && line.len() > 2 {
                line.push(self.crossing(start, level));
            }
            lines.push(line);
        }
        lines
    }

    fn at(&self, column: usize, row: usize) -> f64 {
        f64::from(self.values[row * self.columns + column])
    }

    /// For each edge, the edges that segments connect it to. Edge 2i goes right from node i, edge 2i + 1 goes up.
    fn joined_edges(&self, level: f64) -> Vec<[Option<usize>; 2]> {
        let mut joined = vec![[None; 2]; 2 * self.values.len()];
        let mut join = |a: usize, b: usize| {
            for (from, to) in [(a, b), (b, a)] {
                let slot = usize::from(joined[from][0].is_some());
                joined[from][slot] = Some(to);
            }
        };
        for row in 0..self.rows - 1 {
            for column in 0..self.columns - 1 {
                let node = row * self.columns + column;
                let [bottom, left] = [2 * node, 2 * node + 1];
                let [right, top] = [2 * (node + 1) + 1, 2 * (node + self.columns)];
                // Corners counter-clockwise from the lower left.
                let corners = [(0, 0), (1, 0), (1, 1), (0, 1)];
                let values = corners.map(|(c, r)| self.at(column + c, row + r));
                if values.iter().any(|v| !v.is_finite()) {
                    continue;
                }
                let centre_is_high = values.iter().sum::<f64>() / 4.0 >= level;
                match values.map(|v| v >= level) {
                    [false, false, false, false] | [true, true, true, true] => {}
                    [a, b, c, d] if a == c && b == d => {
                        // A saddle: cut off the two corners whose side of the level differs from the centre's.
                        if a == centre_is_high {
                            join(bottom, right);
                            join(top, left);
                        } else {
                            join(left, bottom);
                            join(right, top);
                        }
                    }
                    [a, b, c, d] => {
                        let crossed = [
                            (a != b, bottom),
                            (b != c, right),
                            (c != d, top),
                            (d != a, left),
                        ];
                        let mut ends = crossed.iter().filter(|e| e.0).map(|e| e.1);
                        if let (Some(from), Some(to)) = (ends.next(), ends.next()) {
                            join(from, to);
                        }
                    }
                }
            }
        }
        joined
    }

    /// Point on an edge where the interpolated function equals the level.
    fn crossing(&self, edge: usize, level: f64) -> [f64; 2] {
        let (node, up) = (edge / 2, edge % 2);
        let (column, row) = (node % self.columns, node / self.columns);
        let (from, to) = (self.at(column, row), self.at(column + 1 - up, row + up));
        let t = (level - from) / (to - from);
        let place =
            |(from, to): (f64, f64), i: f64, n: usize| from + (to - from) * i / (n - 1) as f64;
        let (dx, dy) = if up == 1 { (0.0, t) } else { (t, 0.0) };
        [
            place(self.x, column as f64 + dx, self.columns),
            place(self.y, row as f64 + dy, self.rows),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    fn grid_of(n: usize, f: impl Fn(f64, f64) -> f64) -> Grid {
        let range = (-1.0, 1.0);
        let values = Grid::nodes(range, range, n, n)
            .iter()
            .map(|&[x, y]| f(x.into(), y.into()) as f32)
            .collect();
        Grid::new(range, range, n, n, values).unwrap()
    }

    fn length(line: &[[f64; 2]]) -> f64 {
        line.windows(2)
            .map(|w| (w[1][0] - w[0][0]).hypot(w[1][1] - w[0][1]))
            .sum()
    }

    #[test]
    fn a_circle_is_one_closed_line_of_length_two_pi_r() {
        let grid = grid_of(64, f64::hypot);
        for r in [0.2, 0.5, 0.8] {
            let lines = grid.level_lines(r);
            assert_eq!(lines.len(), 1);
            assert_eq!(lines[0].first(), lines[0].last());
            let ratio = length(&lines[0]) / (TAU * r);
            assert!((ratio - 1.0).abs() < 0.01, "r = {r}: {ratio}");
            for p in &lines[0] {
                assert!((p[0].hypot(p[1]) - r).abs() < 0.005, "{p:?}");
            }
        }
    }

    #[test]
    fn a_circle_cut_by_the_border_is_four_open_arcs() {
        let lines = grid_of(81, f64::hypot).level_lines(1.2);
        assert_eq!(lines.len(), 4);
        // Each arc spans π/2 − 2 arccos(1 / 1.2).
        let arc = 1.2 * (TAU / 4.0 - 2.0 * (1.0f64 / 1.2).acos());
        for line in lines {
            assert_ne!(line.first(), line.last());
            assert!(
                (length(&line) / arc - 1.0).abs() < 0.01,
                "{} {arc}",
                length(&line)
            );
        }
    }

    #[test]
    fn the_two_branches_of_a_saddle_stay_separate() {
        for level in [-0.1, 0.1] {
            assert_eq!(grid_of(50, |x, y| x * y).level_lines(level).len(), 2);
        }
    }

    #[test]
    fn cells_with_nan_are_skipped_and_a_constant_has_no_lines() {
        assert!(grid_of(9, |_, _| 0.5).level_lines(0.5).is_empty());
        let with_nan = grid_of(9, |x, y| if x == 0.0 && y == 0.0 { f64::NAN } else { x });
        assert_eq!(with_nan.level_lines(0.1).len(), 2);
    }

    #[test]
    fn a_grid_of_the_wrong_size_or_range_is_an_error() {
        let unit = (0.0, 1.0);
        assert!(Grid::new(unit, unit, 3, 2, vec![0.0; 5]).is_err());
        assert!(Grid::new(unit, unit, 1, 2, vec![0.0; 2]).is_err());
        assert!(Grid::new((1.0, 1.0), unit, 2, 2, vec![0.0; 4]).is_err());
        let grid = Grid::new(unit, unit, 2, 2, vec![0.0; 4]).unwrap();
        assert_eq!(grid.interpolate([1.1, 0.5]), None);
        assert_eq!(grid.interpolate([f64::NAN, 0.5]), None);
    }
}
