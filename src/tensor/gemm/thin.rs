//! Matrix products with one row, one column, or at most two products per element, in the order that
//! [`gemm`](super) documents.
//!
//! For such shapes the library adds along k in the lanes of a vector, whose number depends on the
//! processor. Here each lane computes one element of C.

use super::number::Number;
use super::view::View;

/// Number of elements of C that are computed at once if M's rows are contiguous.
const LANES: usize = 32;

/// Number of elements of C that are computed at once otherwise.
const COLUMNS: usize = 8;

/// Computes C ← A·B, or C ← C + A·B when `accumulate`, where m or n is 1, or k is at most 2; `row(i)` is
/// row i of C.
pub(super) fn product<'c, T: Number>(
    row: impl Fn(usize) -> &'c mut [T],
    (m, n, k): (usize, usize, usize),
    a: View<'_, T>,
    b: View<'_, T>,
    accumulate: bool,
) {
    let put = |c: &mut T, sum: T| *c = if accumulate { *c + sum } else { sum };
    pulp::Arch::new().dispatch(
        #[inline(always)]
        || {
            if m == 1 {
                let c = row(0);
                row_times_matrix(a, b, k, n, |j, sum| put(&mut c[j], sum));
            } else if n == 1 {
                row_times_matrix(b.t(), a.t(), k, m, |i, sum| put(&mut row(i)[0], sum));
            } else {
                // B is copied row by row, so that the loop over columns is vectorised whatever B's layout.
                let b: Vec<T> = (0..k)
                    .flat_map(|p| (0..n).map(move |j| b.at(p, j)))
                    .collect();
                for i in 0..m {
                    let c = row(i);
                    for (j, c) in c.iter_mut().enumerate() {
                        let term = |sum, p| a.at(i, p).multiply_add(b[p * n + j], sum);
                        put(c, (0..k).fold(T::ZERO, term));
                    }
                }
            }
        },
    );
}

/// Calls `put(j, element)` for each element of the row u·M, for u `[1, k]` and M `[k, n]`.
#[inline(always)]
fn row_times_matrix<T: Number>(
    u: View<'_, T>,
    matrix: View<'_, T>,
    k: usize,
    n: usize,
    mut put: impl FnMut(usize, T),
) {
    let u: Vec<T> = (0..k).map(|p| u.at(0, p)).collect();
    let mut first = 0;
    while first < n {
        let sums = rows_at_once(&u, matrix, first, n);
        let width = if let Some(sums) = sums {
            (0..LANES).for_each(|lane| put(first + lane, sums[lane]));
            LANES
        } else {
            let sums = columns_at_once(&u, matrix, first, n);
            let width = COLUMNS.min(n - first);
            (0..width).for_each(|lane| put(first + lane, sums[lane]));
            width
        };
        first += width;
    }
}

/// Computes Σ uₚ Mₚⱼ for [`LANES`] columns from `first` on, if there are so many and they are contiguous.
#[inline(always)]
fn rows_at_once<T: Number>(
    u: &[T],
    matrix: View<'_, T>,
    first: usize,
    n: usize,
) -> Option<[T; LANES]> {
    if n - first < LANES {
        return None;
    }
    let mut sums = [T::ZERO; LANES];
    for (p, &u) in u.iter().enumerate() {
        let row = matrix.run(p, first, LANES)?.first_chunk::<LANES>()?;
        for (sum, &x) in sums.iter_mut().zip(row) {
            *sum = u.multiply_add(x, *sum);
        }
    }
    Some(sums)
}

/// Computes Σ uₚ Mₚⱼ for [`COLUMNS`] columns from `first` on, and repeats the sum of the last column after
/// it.
#[inline(always)]
fn columns_at_once<T: Number>(
    u: &[T],
    matrix: View<'_, T>,
    first: usize,
    n: usize,
) -> [T; COLUMNS] {
    let column = |lane: usize| (first + lane).min(n - 1);
    let mut sums = [T::ZERO; COLUMNS];
    let runs: [Option<&[T]>; COLUMNS] =
        std::array::from_fn(|lane| matrix.t().run(column(lane), 0, u.len()));
    for (p, &u) in u.iter().enumerate() {
        for (lane, sum) in sums.iter_mut().enumerate() {
            let x = match runs[lane] {
                Some(run) => run[p],
                None => matrix.at(p, column(lane)),
            };
            *sum = u.multiply_add(x, *sum);
        }
    }
    sums
}
