//! The product of two matrices, in pieces for rayon.

use super::number::Number;
use super::thin;
use super::view::View;
use rayon::prelude::*;

/// Largest number of products in one slice of an element's sum.
///
/// The library's kernels never cut a sum of this length themselves, whatever the caches are.
const SLICE: usize = 512;

/// Largest number of elements of C for which the library sums along k across the lanes of a vector, if
/// both matrices are contiguous along k.
const MAX_SUMMED_ACROSS_LANES: usize = 16 * 16;

/// Smallest number of multiplications for which another thread saves more time than it costs.
const MIN_PARALLEL_WORK: usize = 1 << 19;

/// Computes C ← A·B, or C ← C + A·B when `accumulate`; C is `[m, n]` row-major, A `[m, k]`, B `[k, n]`.
pub(crate) fn gemm<T: Number>(
    c: &mut [T],
    mnk: (usize, usize, usize),
    a: View<'_, T>,
    b: View<'_, T>,
    accumulate: bool,
) {
    gemm_then(c, mnk, a, b, accumulate, |_, _| {});
}

/// Computes [`gemm`] and calls `epilogue(first column, piece of a row)` on every piece of a row while it is
/// in the cache.
pub(crate) fn gemm_then<T: Number>(
    c: &mut [T],
    (m, n, k): (usize, usize, usize),
    a: View<'_, T>,
    b: View<'_, T>,
    accumulate: bool,
    epilogue: impl Fn(usize, &mut [T]) + Sync,
) {
    assert!(c.len() == m * n && a.holds(m, k) && b.holds(k, n));
    let work = m * n * k;
    // The pieces depend on the sizes alone, never on the number of threads.
    let pieces = (work / MIN_PARALLEL_WORK).clamp(1, 8);
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

/// Computes [`gemm`] on the calling thread.
pub(crate) fn gemm_serial<T: Number>(
    c: &mut [T],
    (m, n, k): (usize, usize, usize),
    a: View<'_, T>,
    b: View<'_, T>,
    accumulate: bool,
) {
    assert!(c.len() == m * n && a.holds(m, k) && b.holds(k, n));
    // SAFETY: C is a whole row-major matrix, exclusively borrowed; A and B hold what is read.
    unsafe { serial(c.as_mut_ptr(), n, (m, n, k), a, b, accumulate) }
}

/// A pointer that is shared between threads, which must access disjoint elements.
struct SharedMatrix<T>(*mut T);
// SAFETY: in its only use, in `gemm_then`, every thread accesses columns of its own.
unsafe impl<T: Number> Sync for SharedMatrix<T> {}

/// Computes [`gemm`] into a part of a matrix, slice by slice.
///
/// # Safety
/// As for [`Number::kernel`].
unsafe fn serial<T: Number>(
    c: *mut T,
    c_row: usize,
    (m, n, k): (usize, usize, usize),
    a: View<'_, T>,
    b: View<'_, T>,
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
        // SAFETY: the caller's guarantee holds for a part of k.
        unsafe { one_slice(c, c_row, size, a, b, accumulate || slice > 0) }
    }
}

/// Computes [`serial`] for at most [`SLICE`] products per element.
///
/// # Safety
/// As for [`Number::kernel`].
unsafe fn one_slice<T: Number>(
    c: *mut T,
    c_row: usize,
    (m, n, k): (usize, usize, usize),
    a: View<'_, T>,
    b: View<'_, T>,
    accumulate: bool,
) {
    if m == 1 || n == 1 || k <= 2 {
        // SAFETY: the caller guarantees that each row is valid and accessed by nothing else.
        let rows = |i: usize| unsafe { std::slice::from_raw_parts_mut(c.add(i * c_row), n) };
        return thin::product(rows, (m, n, k), a, b, accumulate);
    }
    // A copy of the smaller matrix that is contiguous along the columns selects a kernel that sums in order.
    let across_lanes = a.column == 1 && b.row == 1 && m * n <= MAX_SUMMED_ACROSS_LANES;
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
    // SAFETY: the caller gives the same guarantee.
    unsafe { T::kernel(c, c_row, (m, n, k), a, b, accumulate) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(n: usize, seed: u64) -> Vec<f32> {
        crate::random::standard_normal(seed, crate::random::Stream::Data, 0, n)
    }

    /// Computes c in the documented order, one scalar operation after the other.
    fn in_order<T: Number>(
        c: &mut [T],
        (m, n, k): (usize, usize, usize),
        a: View<'_, T>,
        b: View<'_, T>,
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

    /// Compares every kernel that shapes and layouts can select with the documented order, bit for bit. If
    /// this test passes on two processors, they compute the same bits.
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
        // Shapes that are divided between threads, one of them with a last piece of one column.
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

    /// Compares every layout and size class with three loops in f64.
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
