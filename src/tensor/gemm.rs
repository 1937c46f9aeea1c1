//! Matrix products on host slices, in parallel, with the same bits for any number of threads and on
//! every processor with fused multiply-add.
//!
//! Every element is computed in one order, whatever the shape and the layout of the matrices:
//!
//! $$ c_{ij} = \sum_s \Big( \sum_{p \in s} a_{ip} b_{pj} \Big) $$
//!
//! where the inner sum starts at 0 and adds one product after the other, each by a fused multiply-add,
//! and the slices s of k are equally long, at most [`SLICE`], and added in order. Large products go to
//! the crates `gemm-f32` and `gemm-f64`, whose kernels follow this order within a call: vectors run along the columns, so
//! their width does not matter. It would cut k itself by the size of the caches that it finds, but never
//! below `SLICE`. What it sums across a vector instead ([`super::thin`]), or without fused
//! multiply-adds, is computed here.

use super::thin;
use rayon::prelude::*;
use std::ops::Add;

/// What matrices are made of: `f32` in networks, `f64` in measurements.
pub(crate) trait Number: Copy + Send + Sync + Add<Output = Self> + 'static {
    const ZERO: Self;

    /// self · factor + sum, rounded once.
    fn multiply_add(self, factor: Self, sum: Self) -> Self;

    /// Cᵀ ← Bᵀ·Aᵀ, or Cᵀ ← Cᵀ + Bᵀ·Aᵀ when `accumulate`, on the vectors of this processor: the kernels
    /// prefer a C whose columns are contiguous.
    ///
    /// # Safety
    /// As for [`serial`].
    unsafe fn kernel(
        c: *mut Self,
        c_row: usize,
        mnk: (usize, usize, usize),
        a: View<Self>,
        b: View<Self>,
        accumulate: bool,
    );
}

macro_rules! kernel {
    ($library:path) => {
        unsafe fn kernel(
            c: *mut Self,
            c_row: usize,
            (m, n, k): (usize, usize, usize),
            a: View<Self>,
            b: View<Self>,
            accumulate: bool,
        ) {
            use $library as library;
            // SAFETY: the caller's promise; strides fit in isize because the slices do.
            unsafe {
                library::get_gemm_fn()(
                    n,
                    m,
                    k,
                    c,
                    c_row as isize,
                    1,
                    accumulate,
                    b.data.as_ptr(),
                    b.row as isize,
                    b.column as isize,
                    a.data.as_ptr(),
                    a.row as isize,
                    a.column as isize,
                    1.0,
                    1.0,
                    false,
                    false,
                    false,
                    gemm_common::Parallelism::None,
                );
            }
        }
    };
}

impl Number for f32 {
    const ZERO: f32 = 0.0;

    #[inline(always)]
    fn multiply_add(self, factor: f32, sum: f32) -> f32 {
        self.mul_add(factor, sum)
    }

    kernel!(gemm_f32::gemm::f32);
}

impl Number for f64 {
    const ZERO: f64 = 0.0;

    #[inline(always)]
    fn multiply_add(self, factor: f64, sum: f64) -> f64 {
        self.mul_add(factor, sum)
    }

    kernel!(gemm_f64::gemm::f64);
}

/// A matrix seen in a slice: element (i, j) is `data[i * row + j * column]`.
#[derive(Clone, Copy)]
pub(crate) struct View<'a, T> {
    data: &'a [T],
    row: usize,
    column: usize,
}

impl<'a, T: Number> View<'a, T> {
    /// A row-major matrix with this many columns.
    pub fn rows(data: &'a [T], columns: usize) -> Self {
        View {
            data,
            row: columns,
            column: 1,
        }
    }

    /// The transpose.
    pub fn t(self) -> Self {
        View {
            data: self.data,
            row: self.column,
            column: self.row,
        }
    }

    /// Element (row, column).
    #[inline(always)]
    pub fn at(&self, row: usize, column: usize) -> T {
        self.data[row * self.row + column * self.column]
    }

    /// The `len` elements of row `row` from column `column` on, where they lie side by side.
    #[inline(always)]
    pub fn run(&self, row: usize, column: usize, len: usize) -> Option<&'a [T]> {
        let start = row * self.row + column;
        (self.column == 1).then(|| &self.data[start..start + len])
    }

    fn skip_columns(self, count: usize) -> Self {
        View {
            data: &self.data[count * self.column..],
            ..self
        }
    }

    fn skip_rows(self, count: usize) -> Self {
        View {
            data: &self.data[count * self.row..],
            ..self
        }
    }

    fn holds(&self, rows: usize, columns: usize) -> bool {
        rows == 0
            || columns == 0
            || (rows - 1) * self.row + (columns - 1) * self.column < self.data.len()
    }
}

/// Products that an element adds up before the sum is put aside and a new one begins.
///
/// Its kernels never cut a product of this depth themselves, whatever the caches are.
const SLICE: usize = 512;

/// Elements of C below which the library sums along k in the lanes of a vector when both matrices
/// lie along k.
const ACROSS_LANES_BELOW: usize = 16 * 16;

/// Multiplications below which another thread costs more than it saves.
const PARALLEL_FROM: usize = 1 << 19;

/// C ← A·B, or C ← C + A·B when `accumulate`; C is `[m, n]` row-major, A `[m, k]`, B `[k, n]`.
pub(crate) fn gemm<T: Number>(
    c: &mut [T],
    mnk: (usize, usize, usize),
    a: View<T>,
    b: View<T>,
    accumulate: bool,
) {
    gemm_then(c, mnk, a, b, accumulate, |_, _| {});
}

/// [`gemm`], and then `epilogue(first column, row piece)` on every piece of a row while it is hot.
pub(crate) fn gemm_then<T: Number>(
    c: &mut [T],
    (m, n, k): (usize, usize, usize),
    a: View<T>,
    b: View<T>,
    accumulate: bool,
    epilogue: impl Fn(usize, &mut [T]) + Sync,
) {
    assert!(c.len() == m * n && a.holds(m, k) && b.holds(k, n));
    let work = m * n * k;
    // The cut depends on the sizes alone, never on the number of threads.
    let pieces = (work / PARALLEL_FROM).clamp(1, 8);
    if n >= 64 && pieces > 1 {
        let width = n.div_ceil(pieces.min(n / 64)).next_multiple_of(16);
        let shared = SharedMatrix(c.as_mut_ptr());
        (0..n.div_ceil(width)).into_par_iter().for_each(|piece| {
            let first = piece * width;
            let columns = width.min(n - first);
            let shared = &shared;
            // SAFETY: the pieces cover disjoint column ranges of C, which outlives this loop.
            unsafe {
                let corner = shared.0.add(first);
                serial(
                    corner,
                    n,
                    (m, columns, k),
                    a,
                    b.skip_columns(first),
                    accumulate,
                );
                for i in 0..m {
                    let row = std::slice::from_raw_parts_mut(corner.add(i * n), columns);
                    epilogue(first, row);
                }
            }
        });
    } else {
        let height = m.div_ceil(pieces).max(8);
        let piece = |(i, c): (usize, &mut [T])| {
            let rows = c.len() / n.max(1);
            gemm_serial(c, (rows, n, k), a.skip_rows(i * height), b, accumulate);
            c.chunks_mut(n.max(1)).for_each(|row| epilogue(0, row));
        };
        if pieces > 1 {
            c.par_chunks_mut(height * n.max(1))
                .enumerate()
                .for_each(piece);
        } else if !c.is_empty() {
            let rows = c.len() / n;
            gemm_serial(c, (rows, n, k), a, b, accumulate);
            c.chunks_mut(n).for_each(|row| epilogue(0, row));
        }
    }
}

/// [`gemm`] on the calling thread.
pub(crate) fn gemm_serial<T: Number>(
    c: &mut [T],
    (m, n, k): (usize, usize, usize),
    a: View<T>,
    b: View<T>,
    accumulate: bool,
) {
    assert!(c.len() == m * n && a.holds(m, k) && b.holds(k, n));
    // SAFETY: C is a whole row-major matrix, exclusively borrowed; A and B hold what is read.
    unsafe { serial(c.as_mut_ptr(), n, (m, n, k), a, b, accumulate) }
}

/// A pointer that may cross threads; who uses it answers for disjoint access.
struct SharedMatrix<T>(*mut T);
// SAFETY: see the one use above: every thread writes columns of its own.
unsafe impl<T: Number> Sync for SharedMatrix<T> {}

/// # Safety
/// `c` must be valid for reads and writes of `m` rows of `n` numbers, `c_row` apart, that nobody else
/// touches meanwhile; `a` must hold `[m, k]` and `b` `[k, n]`.
unsafe fn serial<T: Number>(
    c: *mut T,
    c_row: usize,
    (m, n, k): (usize, usize, usize),
    a: View<T>,
    b: View<T>,
    accumulate: bool,
) {
    if m == 0 || n == 0 {
        return;
    }
    let slices = k.div_ceil(SLICE).max(1);
    let depth = k.div_ceil(slices);
    for slice in 0..slices {
        let first = slice * depth;
        let size = (m, n, depth.min(k - first));
        let (a, b) = (a.skip_columns(first), b.skip_rows(first));
        // SAFETY: the caller's promise, for a part of its k.
        unsafe { one_slice(c, c_row, size, a, b, accumulate || slice > 0) }
    }
}

/// [`serial`] for at most [`SLICE`] products an element.
///
/// # Safety
/// As for [`serial`].
unsafe fn one_slice<T: Number>(
    c: *mut T,
    c_row: usize,
    (m, n, k): (usize, usize, usize),
    a: View<T>,
    b: View<T>,
    accumulate: bool,
) {
    if m == 1 || n == 1 || k <= 2 {
        // SAFETY: the caller's promise, row by row.
        let rows = |i: usize| unsafe { std::slice::from_raw_parts_mut(c.add(i * c_row), n) };
        return thin::product(rows, (m, n, k), a, b, accumulate);
    }
    // Laid out along the columns instead, the smaller matrix leads to the kernels that sum in order.
    let across_lanes = a.column == 1 && b.row == 1 && m * n <= ACROSS_LANES_BELOW;
    let copy: Vec<T>;
    let (a, b) = if !across_lanes {
        (a, b)
    } else if n <= m {
        copy = (0..k)
            .flat_map(|p| (0..n).map(move |j| b.at(p, j)))
            .collect();
        (a, View::rows(&copy, n))
    } else {
        copy = (0..k)
            .flat_map(|p| (0..m).map(move |i| a.at(i, p)))
            .collect();
        (View::rows(&copy, m).t(), b)
    };
    // SAFETY: the caller's promise, passed on.
    unsafe { T::kernel(c, c_row, (m, n, k), a, b, accumulate) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(n: usize, seed: u64) -> Vec<f32> {
        crate::random::standard_normal(seed, crate::random::Stream::Data, 0, n)
    }

    /// c in the order that the module promises, one scalar operation after the other.
    fn in_order<T: Number>(
        c: &mut [T],
        (m, n, k): (usize, usize, usize),
        a: View<T>,
        b: View<T>,
        accumulate: bool,
    ) {
        let depth = k.div_ceil(k.div_ceil(512));
        for (i, row) in c.chunks_exact_mut(n).enumerate() {
            assert!(i < m);
            for (j, c) in row.iter_mut().enumerate() {
                let slices = (0..k).step_by(depth).map(|first| {
                    (first..k.min(first + depth))
                        .fold(T::ZERO, |sum, p| a.at(i, p).multiply_add(b.at(p, j), sum))
                });
                let before = accumulate.then_some(*c);
                *c = before
                    .into_iter()
                    .chain(slices)
                    .reduce(|sum, slice| sum + slice)
                    .unwrap();
            }
        }
    }

    /// Bit for bit, on whatever vectors this processor has, for every kernel that shapes and layouts
    /// lead to: so no two processors with fused multiply-add differ.
    fn products_are_summed_in_order<T: Number + PartialEq + std::fmt::Debug>(
        numbers: impl Fn(usize, u64) -> Vec<T>,
    ) {
        let sizes = [1, 2, 3, 8, 17, 33];
        let mut shapes: Vec<(usize, usize, usize)> = Vec::new();
        for m in sizes {
            for n in sizes {
                shapes.extend([1, 2, 3, 64, 512, 513].map(|k| (m, n, k)));
            }
        }
        // Those that are cut for threads, and one whose last piece is one column wide.
        shapes.extend([
            (256, 321, 64),
            (300, 20, 1200),
            (2000, 1, 600),
            (1, 2000, 600),
            (784, 64, 128),
            (100, 100, 513),
        ]);
        for (m, n, k) in shapes {
            let (a, b) = (numbers(m * k, 1), numbers(k * n, 2));
            for (ta, tb, accumulate) in [
                (false, false, false),
                (true, false, true),
                (false, true, false),
                (false, true, true),
                (true, true, true),
            ] {
                let view = |data, transposed, rows, columns| {
                    if transposed {
                        View::rows(data, rows).t()
                    } else {
                        View::rows(data, columns)
                    }
                };
                let (a, b) = (view(&a, ta, m, k), view(&b, tb, k, n));
                let mut c = numbers(m * n, 3);
                let mut expected = c.clone();
                gemm(&mut c, (m, n, k), a, b, accumulate);
                in_order(&mut expected, (m, n, k), a, b, accumulate);
                let differing = c.iter().zip(&expected).position(|(c, e)| c != e);
                assert_eq!(
                    differing, None,
                    "{m}×{n}×{k}, transposed {ta} {tb}, accumulate {accumulate}"
                );
            }
        }
    }

    #[test]
    fn products_of_f32_are_summed_in_order() {
        products_are_summed_in_order(numbers);
    }

    #[test]
    fn products_of_f64_are_summed_in_order() {
        products_are_summed_in_order(|n, seed| {
            numbers(n, seed)
                .into_iter()
                .map(f64::from)
                .collect::<Vec<f64>>()
        });
    }

    /// Every layout and size class against three loops in f64.
    #[test]
    fn gemm_equals_three_loops() {
        for (m, n, k) in [
            (1, 1, 1),
            (3, 5, 7),
            (64, 1, 33),
            (128, 200, 96),
            (300, 20, 200),
        ] {
            let (a, b) = (numbers(m * k, 1), numbers(k * n, 2));
            for (ta, tb, accumulate) in [
                (false, false, false),
                (true, false, true),
                (false, true, false),
                (true, true, true),
            ] {
                let view = |data, transposed, rows, columns| {
                    if transposed {
                        View::rows(data, rows).t()
                    } else {
                        View::rows(data, columns)
                    }
                };
                let start = numbers(m * n, 3);
                let mut c = start.clone();
                gemm(
                    &mut c,
                    (m, n, k),
                    view(&a, ta, m, k),
                    view(&b, tb, k, n),
                    accumulate,
                );
                for i in 0..m {
                    for j in 0..n {
                        let at = |p| if ta { a[p * m + i] } else { a[i * k + p] } as f64;
                        let bt = |p| if tb { b[j * k + p] } else { b[p * n + j] } as f64;
                        let mut expected: f64 = (0..k).map(|p| at(p) * bt(p)).sum();
                        if accumulate {
                            expected += start[i * n + j] as f64;
                        }
                        let error = (c[i * n + j] as f64 - expected).abs();
                        assert!(
                            error < 1e-5 * (k as f64).sqrt() * 4.0,
                            "{m}x{n}x{k}: {error}"
                        );
                    }
                }
            }
        }
    }
}
