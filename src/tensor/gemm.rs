//! Matrix products on host slices, in parallel, with the same result for any number of threads.

use rayon::prelude::*;

/// What matrices are made of: `f32` in networks, `f64` in measurements.
pub(crate) trait Number: Copy + Send + Sync + 'static {
    const ONE: Self;
}

impl Number for f32 {
    const ONE: f32 = 1.0;
}

impl Number for f64 {
    const ONE: f64 = 1.0;
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
    // SAFETY: the caller's promise; strides fit in isize because the slices do.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            c,
            1,
            c_row as isize,
            accumulate,
            a.data.as_ptr(),
            a.column as isize,
            a.row as isize,
            b.data.as_ptr(),
            b.column as isize,
            b.row as isize,
            T::ONE,
            T::ONE,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(n: usize, seed: u64) -> Vec<f32> {
        crate::random::standard_normal(seed, crate::random::Stream::Data, 0, n)
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
